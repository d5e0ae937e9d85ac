"""What the tests of gates share: the document, checked against both schemas, and small files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.conftest import Completed, run_ce, strict, write_csv

PASSED, FAILED, USAGE, BAD_DATA, STORAGE = 0, 1, 2, 3, 4

# In bits, the losses are 1, 2, 3 in eu and 2, 4, 6 in us: 2 and 4 on average, 3 in all.
HALVINGS: dict[str, list[Any]] = {
    "label": [1, 1, 1, 1, 1, 0],
    "prob": [2.0**-1, 2.0**-2, 2.0**-3, 2.0**-2, 2.0**-4, 1 - 2.0**-6],
    "segment": ["eu", "eu", "eu", "us", "us", "us"],
    "country": ["de", "fr", "fr", "us", "us", "ca"],
}


def halvings(directory: Path) -> Path:
    """Write `HALVINGS` as a file."""
    return write_csv(directory / "preds.csv", HALVINGS)


def run_gate(
    *args: str | Path, stdin: bytes | None = None, cwd: Path | None = None
) -> tuple[int, dict[str, Any]]:
    """The exit code and the document of ``ce gate ARGS --json``, which must agree."""
    done = run_ce("gate", *args, "--json", "--quiet", stdin=stdin, cwd=cwd)
    assert done.returncode in (PASSED, FAILED), done.stderr
    assert done.stderr == ""
    parsed = strict(done.stdout)
    assert parsed["passed"] == (done.returncode == PASSED)
    assert parsed["passed"] == all(gate["passed"] for gate in parsed["gates"])
    for gate in parsed["gates"]:
        assert gate["passed"] == all(check["passed"] for check in gate["checks"])
    return done.returncode, parsed


def checks(*args: str | Path, stdin: bytes | None = None, cwd: Path | None = None) -> list[Any]:
    """The checks of the only gate."""
    (gate,) = run_gate(*args, stdin=stdin, cwd=cwd)[1]["gates"]
    found: list[Any] = gate["checks"]
    return found


def refused(*args: str | Path, **options: Any) -> Completed:
    """Run ``ce gate ARGS``, which is expected to fail."""
    return run_ce("gate", *args, **options)
