"""A document of ce against the figures of the reference."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

from tests.conftest import run_ce
from tests.fuzz.reference import Figures, score
from tests.fuzz.reference_rows import Invalid
from tests.fuzz.soak_cases import Case, Cell, Columns

RELATIVE = mpf(10) ** -12
OF_INTERVALS = mpf(10) ** -9  # quantiles of Student's t are found by iteration
UNDERFLOW = mpf(10) ** -305  # below this, float64 loses digits
OF_QUANTILES = mpf("0.0041")
DIFFERENCES = ("standard_error", "kl_divergence", "skill", "bias", "ece", "auc")


def as_csv(columns: Columns) -> bytes:
    """The columns as CSV; a list as JSON."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(v) for v in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue().encode()


def _cell(value: Cell) -> str:
    if isinstance(value, list):
        return json.dumps(value)
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return "" if value is None else str(value)


def run_score(path: Path | str, case: Case, *more: str) -> tuple[int, str, str]:
    """The exit code, stdout and stderr of ``ce score --metric all --json``."""
    done = run_ce("score", path, *case.options, "--metric", "all", "--json", *more)
    return done.returncode, done.stdout, done.stderr


def flattened(document: dict[str, Any]) -> dict[str, Any]:
    """The figures of a document by their path; classes and groups by their names."""
    found: dict[str, Any] = {"weight_sum": document["weight_sum"]}
    for name in ("metrics", "intervals", "rows"):
        found |= dict(_paths(name, document[name]))
    for one in document["per_class"]:
        found |= dict(_paths(f"per_class.{one['class']}", one))
    for group in document["groups"]:
        name = ".".join(map(str, group["by"].values()))
        for part in ("metrics", "intervals"):
            found |= dict(_paths(f"groups.{name}.{part}", group[part]))
    return found


def _paths(start: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _paths(f"{start}.{name}", part)
    else:
        yield start, value


def against_reference(case: Case, code: int, stdout: str, stderr: str) -> list[str]:
    """What differs between ce and the reference, a line each."""
    try:
        expected = score(case.rows, case.rules, case.clustered, case.grouped)
    except Invalid as reason:
        return [] if code == 3 else [f"exit {code}, but the rows are bad: {reason}"]
    if code != 0:
        return [f"exit {code}: {stderr.strip()[:200]}"]
    return list(differences(expected, flattened(json.loads(stdout))))


def differences(expected: Figures, found: dict[str, Any]) -> Iterator[str]:
    """The figures that are not what they should be."""
    largest = max(
        (abs(v) for k, v in expected.items() if k.endswith(("metrics.max", ".cross_entropy")) if v),
        default=mpf(1),
    )
    for path, value in expected.items():
        if path not in found:
            yield f"{path} is missing; it should be {_shown(value)}"
            continue
        number = found[path]
        if value is None or not mp.isfinite(value):
            if number is not None:
                yield f"{path} is {number!r}, not {_shown(value)}"
        elif number is None or abs(number - value) > allowed(path, value, largest):
            yield f"{path} is {number!r}, not {_shown(value)}"


def allowed(path: str, value: Any, largest: Any) -> Any:
    """How far a figure may be from its exact value."""
    name = path.rpartition("metrics.")[2]
    if name in ("median", "p90", "p99"):
        return abs(value) * OF_QUANTILES + UNDERFLOW
    slack = RELATIVE * abs(value) + UNDERFLOW
    if name in DIFFERENCES or name == "normalized_cross_entropy":
        slack += RELATIVE * max(1, largest if name in ("standard_error", "kl_divergence") else 1)
    if "perplexity" in path:
        slack *= max(1, mp.log(value) if value > 1 else 1)
    if "intervals." in path or path.endswith((".low", ".high")):
        slack = OF_INTERVALS * (abs(value) + max(1, largest) / 1000)
    return slack


def _shown(value: Any) -> str:
    return "undefined" if value is None else str(mp.nstr(value, 17))
