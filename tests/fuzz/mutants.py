"""Mutation testing: does a test fail when a line of the package is changed?

``python -m tests.fuzz.mutants`` draws mutants of Cosmic Ray at random, each at its own place in the
code, and runs for each one the tests that reach its line, until one of them fails. The data of
``coverage run -m pytest`` say which tests these are: run that first, and ``coverage combine``.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import math
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from multiprocessing.pool import IMapIterator
from pathlib import Path
from typing import Any, NamedTuple

import coverage
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from scipy import stats

ROOT = Path(__file__).parents[2]
FOLDERS = ("kernels", "metrics", "binding", "gating")
_COPIED = ("ce_cli", "tests", "sample_data", ".github", ".ci", "README.md", "pyproject.toml")

# Cosmic Ray's operators that need arguments, and the one that changes nothing.
_LEFT_OUT = ("VariableReplacer", "VariableInserter", "NoOp")


class Mutant(NamedTuple):
    """A change at one place."""

    path: Path
    line: int
    operator: str
    occurrence: int


class Verdict(NamedTuple):
    """What became of a mutant: killed, survived, or reached by no test."""

    mutant: Mutant
    outcome: str
    change: str
    tests: int


def main() -> int:
    """Draw the mutants, test them, and print the score and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.mutants", description=__doc__)
    parser.add_argument("folders", nargs="*", default=FOLDERS, help="folders of ce_cli")
    parser.add_argument("--sample", type=int, default=100, help="mutants; 0 is all of them")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=math.inf, help="leave out the rest then")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--coverage", default=ROOT / ".coverage", help="data with contexts")
    given = parser.parse_args()
    chosen = drawn(given.folders, given.sample, given.seed)
    data = coverage.CoverageData(given.coverage)
    data.read()
    reached = {path: tests_by_line(data, path) for path in {one.path for one in chosen}}
    tasks = [(one, reached[one.path].get(one.line, ())) for one in chosen]
    _preload()
    verdicts, end = [], time.monotonic() + given.seconds
    with multiprocessing.get_context("fork").Pool(given.jobs, _start) as pool:
        for verdict in _until(end, pool.imap_unordered(_tested, tasks)):
            verdicts.append(verdict)
            if verdict.outcome != "killed":
                print(_described(verdict), flush=True)
    print(table(verdicts))
    return 0


def _until(end: float, verdicts: IMapIterator[Verdict]) -> Iterator[Verdict]:
    """Those that are there before the clock shows `end`."""
    with contextlib.suppress(StopIteration, multiprocessing.TimeoutError):
        while True:
            left = end - time.monotonic()
            yield verdicts.next(None if left == math.inf else max(0.0, left))


def drawn(folders: Sequence[str], count: int, seed: int) -> Sequence[Mutant]:
    """So many mutants, each at another place; all of every place for a count of 0."""
    places: dict[tuple[Path, tuple[int, int]], list[Mutant]] = defaultdict(list)
    for folder in folders:
        for path in sorted((ROOT / "ce_cli" / folder).rglob("*.py")):
            for start, mutant in _mutants(path):
                places[path, start].append(mutant)
    if not count:
        return [mutant for every in places.values() for mutant in every]
    chance = random.Random(seed)
    every = chance.sample(list(places.values()), min(count, len(places)))
    return [chance.choice(one) for one in every]


def _mutants(path: Path) -> Iterator[tuple[tuple[int, int], Mutant]]:
    """The place and the mutant of every change of a file that is code at run time."""
    tree, unused = get_ast_from_path(path), _never_run(path)
    for name in operator_names():
        if name.endswith(_LEFT_OUT):
            continue
        operator, occurrence = get_operator(name)(), 0
        for node in ast_nodes(tree):
            for start, _ in operator.mutation_positions(node):
                if not any(low <= start < high for low, high in unused):
                    yield start, Mutant(path, start[0], name, occurrence)
                occurrence += 1


def _never_run(path: Path) -> Sequence[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations are, which are never evaluated, and the imports for the type checker."""
    found: list[ast.AST | None] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found.append(node)
    return [
        ((node.lineno, node.col_offset), (node.end_lineno or 0, node.end_col_offset or 0))
        for node in found
        if isinstance(node, ast.expr | ast.stmt)
    ]


def tests_by_line(data: coverage.CoverageData, path: Path) -> dict[int, Sequence[str]]:
    """The tests that run each line, those of the mirrored folder first.

    Lines that run when the module is imported are run by every test that uses the module.
    """
    (name,) = [one for one in data.measured_files() if one.endswith(str(path.relative_to(ROOT)))]
    mirror = f"tests/{path.relative_to(ROOT / 'ce_cli').parts[0]}/"
    contexts = data.contexts_by_lineno(name)
    found = {
        line: {_node(one) for one in own if one.startswith("tests.")}
        for line, own in contexts.items()
    }
    anywhere = set().union(*found.values())
    return {
        line: sorted(own or anywhere, key=lambda one: (not one.startswith(mirror), one))
        for line, own in found.items()
    }


def _node(context: str) -> str:
    """What pytest calls a test that coverage calls ``tests.folder.module.test``."""
    words = context.split(".")
    place = next(place for place, word in enumerate(words) if word.startswith("test_"))
    return "::".join(["/".join(words[: place + 1]) + ".py", *words[place + 1 :]])


def _preload() -> None:
    """Import what most tests import, once for all."""
    import hypothesis  # noqa: F401
    import mpmath  # noqa: F401
    import pandas as pd  # noqa: F401
    import pyarrow.parquet as pq  # noqa: F401
    import pytest  # noqa: F401
    import rich.table  # noqa: F401
    import sklearn.metrics  # noqa: F401
    import typer  # noqa: F401


def _start() -> None:
    """Give this process its own copy of the project."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder / name)
    os.chdir(folder)


def _tested(task: tuple[Mutant, Sequence[str]]) -> Verdict:
    """Whether a test fails with the mutant in place of its file."""
    mutant, tests = task
    original = mutant.path.read_text("utf-8")
    changed = mutate_code(original, get_operator(mutant.operator)(), mutant.occurrence)
    lines = difflib.unified_diff(original.splitlines(), str(changed).splitlines(), n=0, lineterm="")
    change = " ".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
    if not tests:
        return Verdict(mutant, "reached by no test", change, 0)
    place, left = mutant.path.relative_to(ROOT), list(tests)
    while True:
        place.write_text(str(changed), "utf-8")
        try:
            failed = _first_failure(left)
        finally:
            place.write_text(original, "utf-8")
        if failed is None:
            return Verdict(mutant, "survived", change, len(tests))
        if failed == "" or _first_failure([failed]) is None:
            return Verdict(mutant, "killed", change, len(tests))
        left = [one for one in left if one != failed.partition("[")[0]]  # it never passes here


def _first_failure(tests: Sequence[str]) -> str | None:
    """The first test that fails, None if all pass, or nothing if the code does not even run."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os._exit(_run(tests, writing))
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123
        failed = pipe.read().partition("\n")[0]
    return None if os.waitpid(child, 0)[1] == 0 else failed


class _Failures:
    """Writes the name of each test that fails into a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def pytest_runtest_logreport(self, report: Any) -> None:
        """What pytest calls after each test."""
        if report.failed:
            os.write(self._pipe, f"{report.nodeid}\n".encode())


def _run(tests: Sequence[str], failures: int) -> int:
    """Run the tests in this process, silently, until one fails."""
    import pytest

    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.path.insert(0, str(Path.cwd()))
    os.environ["PYTHONPATH"], os.environ["PYTHONDONTWRITEBYTECODE"] = str(Path.cwd()), "1"
    sys.dont_write_bytecode = True
    for name in [one for one in sys.modules if one.partition(".")[0] in ("ce_cli", "tests")]:
        del sys.modules[name]
    hanging = ("faulthandler_timeout=60", "faulthandler_exit_on_timeout=true")
    options = ["-x", "-q", "-n0", "-pno:cacheprovider", *(f"-o{one}" for one in hanging)]
    return int(pytest.main([*options, *tests], [_Failures(failures)]))


def _described(verdict: Verdict) -> str:
    mutant = verdict.mutant
    place = f"{mutant.path.relative_to(ROOT)}:{mutant.line}"
    return f"{verdict.outcome}  {place}  {mutant.operator.partition('/')[2]}\n    {verdict.change}"


def table(verdicts: Sequence[Verdict]) -> str:
    """Mutants, killed ones and the score of each folder, with its interval of 95 %."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        folder = verdict.mutant.path.relative_to(ROOT / "ce_cli").parts[0]
        for key in (folder, "all"):
            kinds[key][verdict.outcome] += 1
    lines = ["| folder | mutants | killed | score | 95 % interval |", "|---|---|---|---|---|"]
    for folder, counts in sorted(kinds.items(), key=lambda one: (one[0] == "all", one[0])):
        count, killed = counts.total(), counts["killed"]
        found = stats.binomtest(killed, count).proportion_ci(method="wilson")
        low, high = math.floor(100 * found.low), math.ceil(100 * found.high)
        share = 100 * killed / count
        lines.append(f"| {folder} | {count} | {killed} | {share:.0f} % | {low} to {high} % |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
