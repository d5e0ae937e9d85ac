"""The same rows, read in other ways: the document must have the same bits."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.soak_checks import as_csv, run_score
from tests.fuzz.soak_drawing import Case, Columns
from tests.fuzz.soak_files import EXACT, has_infinity, in_small_pieces

OF_TEXT = {"bad_sums"}  # warnings whose tolerance depends on whether numbers are text


def bits(text: str) -> dict[str, Any]:
    """The document without the names of files, and of warnings only the codes."""
    document: dict[str, Any] = json.loads(text)
    del document["inputs"]
    document["warnings"] = sorted({w["code"] for w in document["warnings"]} - OF_TEXT)
    return document


def shuffled(columns: Columns, rng: random.Random) -> Columns:
    """The rows in another order, and the columns, too."""
    n = len(next(iter(columns.values())))
    order, names = rng.sample(range(n), n), rng.sample(list(columns), len(columns))
    return {name: [columns[name][i] for i in order] for name in names}


def applies(name: str, columns: Columns) -> bool:
    """Whether a format can hold these columns without loss."""
    if name.startswith("JSON") and has_infinity(columns):
        return False
    return not (name == "npz" and any(None in cells for cells in columns.values()))


def against_itself(case: Case, folder: Path, expected: str, tries: int = 4) -> Iterator[str]:
    """What differs from the document `expected`, a line for each variant that does."""
    rng = random.Random(case.seed + 1)
    for _ in range(tries):
        name = rng.choice([n for n in EXACT if applies(n, case.columns)])
        reorder = rng.random() < 0.4
        columns = shuffled(case.columns, rng) if reorder else case.columns
        path = EXACT[name](folder, columns, rng)
        threads = str(rng.choice([1, 1, 2, 3, 7]))
        with in_small_pieces(rng) if rng.random() < 0.6 else contextlib.nullcontext():
            code, stdout, stderr = run_score(path, case, "--threads", threads)
        how = f"as {name}, {'reordered, ' * reorder}{threads} threads"
        if code != 0:
            yield f"{how}: exit {code}: {stderr.strip()[:200]}"
            continue
        for line in changed(bits(expected), bits(stdout)):
            yield f"{how}: {line}"


def changed(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            yield from changed(one.get(name), other.get(name), f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, pair in enumerate(zip(one, other, strict=True)):
            yield from changed(*pair, f"{path}[{place}]")
    elif one != other:
        yield f"{path.lstrip('.')} is {other!r}, not {one!r}"


def first_run(case: Case, folder: Path) -> tuple[int, str, str]:
    """The case as one CSV file on one thread."""
    path = folder / "first.csv"
    path.write_bytes(as_csv(case.columns))
    return run_score(path, case, "--threads", "1")
