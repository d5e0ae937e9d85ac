"""What the tests share: runs of ce, and small files of predictions."""

from __future__ import annotations

import csv
import gc
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

import ce_cli
from ce_cli.errors import pasteable
from tests import in_process
from tests.stores import s3_server  # noqa: F401 - a fixture for all tests

ROOT = Path(__file__).parents[1]
gc.set_threshold(100_000, 20, 100)  # as ce does: tests make many objects and little garbage

SAMPLES = ROOT / "sample_data"
ABOUT_FEW = {"few_rows", "rare_class", "expected_loss"}  # warnings that small files have
_RESULTS = Path(ce_cli.__file__).parent / "results"
_SCHEMAS = {
    f"ce.{name}/1": json.loads((_RESULTS / f"{name}.schema.json").read_text())
    for name in ("score", "compare", "gate", "inspect", "explain", "calibration")
}
_REGISTRY = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in _SCHEMAS.items()
)
SCHEMAS = {
    name: Draft202012Validator(schema, registry=_REGISTRY) for name, schema in _SCHEMAS.items()
}
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # in the background of a shell, and inherited
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("untimed", deadline=None)  # nothing is timed in the tests
settings.load_profile("untimed")

COMMAND = (sys.executable, "-m", "ce_cli")
_UNSET = (
    *("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CE_TRACEBACK", "PYTHONIOENCODING"),
    "PYTHONDONTWRITEBYTECODE",  # or every run would compile ce anew
)

Completed = subprocess.CompletedProcess[str]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of the tests, without what would change the output."""
    kept = {name: value for name, value in os.environ.items() if name not in _UNSET}
    return kept | {"PYTHONUTF8": "1"} | dict(extra or {})


def run_ce(
    *args: str | Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Completed:
    """Run ``ce ARGS`` to its end, in this process; without `stdin` nothing is piped in.

    Where a process is the point (start-up, signals, streams that break), `spawn_ce` is one.
    """
    assert not any(name.startswith("PYTHON") for name in env or ()), "only a new process reads it"
    words = [*map(str, args)]
    code, *written = in_process.run(words, environment(env), stdin, cwd)
    return _completed([*COMMAND, *words], code, *written)


def spawn_ce(
    *args: str | Path,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Completed:
    """Run ``ce ARGS`` to its end, as a process; without `stdin` nothing is piped in."""
    feed: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    command = [*COMMAND, *map(str, args)]
    done = subprocess.run(
        command, capture_output=True, check=False, env=environment(env), cwd=cwd, **feed
    )
    return _completed(command, done.returncode, done.stdout, done.stderr)


def run_pasted(command: str, cwd: Path) -> Completed:
    """Run a command as it would be pasted into a shell, which is spared where ``ce`` is all."""
    if command.startswith("ce ") and not set(command) & set("|&;<>()$`\\*?[]#~{}!\n"):
        return run_ce(*shlex.split(command)[1:], cwd=cwd)
    script = (
        f'ce() {{ {shlex.join(COMMAND)} "$@"; }}\n'
        f'python3() {{ {shlex.quote(sys.executable)} "$@"; }}\n{command}'
    )
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=environment({"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}),
        stdin=subprocess.DEVNULL,
    )
    return _completed([command], done.returncode, done.stdout, done.stderr)


def _completed(command: list[str], code: int, stdout: bytes, stderr: bytes) -> Completed:
    decoded = [written.decode("utf-8", "backslashreplace") for written in (stdout, stderr)]
    return subprocess.CompletedProcess(command, code, *decoded)


def as_number(text: str) -> float:
    """A number as pages show it: with a minus sign, and commas between thousands."""
    assert "-" not in text.partition("e")[0], "a hyphen in place of a minus sign"
    return float(text.replace(",", "").replace("−", "-"))


def score_json(*args: str | Path, stdin: bytes | None = None) -> dict[str, Any]:
    """The strict JSON of ``ce score ARGS --json``, which must work."""
    done = run_ce("score", *args, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    return strict(done.stdout)


def compare_json(*args: str | Path, stdin: bytes | None = None) -> dict[str, Any]:
    """The strict JSON of ``ce compare ARGS --json``, which must work."""
    done = run_ce("compare", *args, "--json", stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert "RuntimeWarning" not in done.stderr
    return strict(done.stdout)


def strict(text: str) -> dict[str, Any]:
    """Parse a document that is strict JSON, without NaN or Infinity, and fits its schema."""
    document: dict[str, Any] = json.loads(text, parse_constant=_not_json)
    SCHEMAS[document["schema"]].validate(document)
    return document


def complaints(done: Completed, code: int) -> list[str]:
    """The sentences of a run that fails as it should: `code`, nothing on stdout, no traceback."""
    assert done.returncode == code, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert "Warning:" not in done.stderr
    lines = done.stderr.splitlines()
    assert lines, "it fails without a word"
    for line in lines:
        assert line.startswith("ce: ")
        assert line.isprintable()
        assert pasteable(line) == line  # no full stop that would be typed
    return lines


def write_csv(path: Path, columns: Mapping[str, Iterable[Any]]) -> Path:
    """Write columns as a CSV file; floats round-trip."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def write_parquet(path: Path, columns: Mapping[str, object]) -> Path:
    """Write columns, Arrow arrays or sequences, as a Parquet file."""
    pq.write_table(pa.table(dict(columns)), path)
    return path


def _not_json(word: str) -> NoReturn:
    raise AssertionError(f"{word} is not JSON")


def pytest_collection_finish() -> None:
    """Look for garbage among what tests make, not among the tests themselves."""
    gc.freeze()
