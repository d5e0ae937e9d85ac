"""A document of ce against the figures of the reference."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mpmath import mp, mpf

from tests.conftest import run_ce
from tests.fuzz.reference import score
from tests.fuzz.reference_figures import Figures
from tests.fuzz.reference_pairs import Pair, compared, doubtful, pair
from tests.fuzz.reference_rows import InvalidRowsError
from tests.fuzz.soak_drawing import Case, Cell, Columns

RELATIVE = mpf(10) ** -12
OF_INTERVALS = mpf(10) ** -8  # their skewness is a difference of sums of cubes
UNDERFLOW = mpf(10) ** -305  # below this, float64 loses digits
LARGEST = mpf(sys.float_info.max)
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
    except InvalidRowsError as reason:
        return [] if code == 3 else [f"exit {code}, but the rows are bad: {reason}"]
    if code != 0:
        return [f"exit {code}: {stderr.strip()[:200]}"]
    return list(differences(expected, flattened(json.loads(stdout))))


def differences(expected: Figures, found: dict[str, Any]) -> Iterator[str]:
    """The figures that are not what they should be."""
    largest = max(
        (abs(v) for k, v in expected.items() if v and k.endswith((".max", ".cross_entropy"))),
        default=mpf(1),
    )
    for path, value in expected.items():
        if path not in found:
            yield f"{path} is missing; it should be {_shown(value)}"
            continue
        number = found[path]
        is_lost = value is not None and min(abs(value), abs(1 - value)) < 1e-9
        if "intervals.auc" in path and number is None and is_lost:
            continue  # an area so near 0 or 1 has lost its distance to it
        if value is None or not mp.isfinite(value) or abs(value) > LARGEST:
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
    if name in ("min", "confidence"):
        slack += RELATIVE / 1000  # −log q near 1, where q is rounded
    if path.endswith(".skewness"):
        return mpf(10) ** -7
    if "perplexity" in path:
        slack *= max(1, mp.log(value) if value > 1 else 1)
    if "intervals." in path or path.endswith((".low", ".high")):
        slack = OF_INTERVALS * (abs(value) + max(1, largest) / 1000)
    return slack


def _shown(value: Any) -> str:
    return "undefined" if value is None else str(mp.nstr(value, 17))


def gated(case: Case, path: Path, stdout: str) -> Iterator[str]:
    """The exit code of a gate whose limit is just above, and just below, the cross-entropy."""
    value = json.loads(stdout)["metrics"]["cross_entropy"]
    if not value:
        return
    options = without(case.options, "--by")
    for limit, wanted in ((value, 0), (math.nextafter(value, 0.0), 1)):
        done = run_ce("gate", path, *options, "--require", f"cross_entropy <= {limit!r}")
        if done.returncode != wanted:
            yield f"gate <= {limit!r} exits with {done.returncode}: {done.stderr.strip()[:200]}"


def without(options: tuple[str, ...], name: str) -> list[str]:
    """The options without one that takes a value."""
    pairs = zip(options[::2], options[1::2], strict=True)
    return [word for pair in pairs if pair[0] != name for word in pair]


def against_pair(case: Case, folder: Path) -> Iterator[str]:
    """A comparison with a model that has the predictions of the next row."""
    if case.rules.skip_missing:
        return
    names = {v for o, v in zip(case.options[::2], case.options[1::2], strict=True) if o == "--pred"}
    columns = {k: [*v[1:], v[0]] if k in names else v for k, v in case.columns.items()}
    others = [row.prediction for row in (*case.rows[1:], case.rows[0])]
    rows = [replace(row, prediction=q) for row, q in zip(case.rows, others, strict=True)]
    try:
        both = pair(case.rows, rows, case.rules, case.clustered)
    except InvalidRowsError:
        return
    if any(not mp.isfinite(v) for v in (*both.model.losses, *both.reference.losses)):
        return
    path = folder / "second.csv"
    path.write_bytes(as_csv(columns))
    options = without(case.options, "--by")
    done = run_ce("compare", folder / "first.csv", path, *options, "--json")
    if done.returncode != 0:
        yield f"compare exits with {done.returncode}: {done.stderr.strip()[:200]}"
        return
    (comparison,) = json.loads(done.stdout)["comparisons"]
    yield from _pair_differences(both, dict(_paths("", comparison)))


def _pair_differences(both: Pair, found: dict[str, Any]) -> Iterator[str]:
    largest = max((*both.model.losses, *both.reference.losses))
    for name, value in compared(both).items():
        number = found.get(f".{name}")
        slack = RELATIVE * (abs(value or 0) + largest) + UNDERFLOW
        if "intervals" in name or name == "p_value":
            slack = OF_INTERVALS * (abs(value or 0) + max(1, largest) / 100)
        elif name.endswith("_rate"):
            slack += doubtful(both)
        elif name == "difference.relative":
            slack = RELATIVE * (1 + abs(value or 0)) * 10
        if number is None or value is None:
            if number != value and not (value and abs(value) > LARGEST):
                yield f"compare: {name} is {number!r}, not {_shown(value)}"
        elif abs(number - value) > slack:
            yield f"compare: {name} is {number!r}, not {_shown(value)}"
