"""Every threshold that the documentation states, from both sides of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from ce_cli import compare, score
from ce_cli.errors import DataError
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import Logits
from ce_cli.kernels.outcomes import Hard
from ce_cli.metrics.sample import Sample
from tests.conftest import write_csv

Floats = NDArray[np.float64]

OFTEN = pytest.mark.parametrize
SINGLE = float(np.finfo(np.float32).eps)
DOUBLE = float(np.finfo(np.float64).eps)
WARNED, SILENT = True, False


def codes(data: pd.DataFrame | Path, **options: Any) -> set[str]:
    """The warnings of a score."""
    return {warning.code for warning in score(data, **options).warnings}


def of_losses(losses: Sequence[float] | Floats, **columns: object) -> pd.DataFrame:
    """Rows that have these losses."""
    return pd.DataFrame({"logprob": -np.asarray(losses, np.float64), **columns})


# Values that are refused, or warned of


@OFTEN(
    ("total", "warned"),
    [(1.0009, SILENT), (1.0011, WARNED), (0.9991, SILENT), (0.9989, WARNED)],
)
def test_sums_of_probabilities_in_text_may_be_off_by_a_thousandth(
    total: float, warned: bool, tmp_path: Path
) -> None:
    path = tmp_path / "preds.csv"
    write_csv(path, {"label": ["a", "b"], "p_a": [0.5, 0.25], "p_b": [round(total - 0.5, 4), 0.75]})
    assert ("bad_sum" in codes(path)) == warned


@OFTEN("sign", [1.0, -1.0])
@OFTEN(("kind", "room"), [("float16", 3.2e-2), ("float32", 3.5e-4), ("float64", 1.5e-8)])
@OFTEN(("part", "warned"), [(0.98, SILENT), (1.02, WARNED)])
def test_sums_of_stored_probabilities_may_be_off_by_the_root_of_eps(
    kind: str, room: float, sign: float, part: float, warned: bool
) -> None:
    assert room == pytest.approx(math.sqrt(np.finfo(kind).eps), rel=0.03)
    gap = sign * part * room
    data = pd.DataFrame({"label": ["a", "b"], "p_a": [0.5, 0.25], "p_b": [0.5 + gap, 0.75]})
    data = data.astype({"p_a": kind, "p_b": kind})
    assert ("bad_sum" in codes(data)) == warned


def test_a_sum_of_nothing_is_bad_data() -> None:
    for second, refused in ((1e-300, False), (0.0, True)):
        data = pd.DataFrame({"label": ["a", "b"], "p_a": [0.5, 0.0], "p_b": [0.5, second]})
        if refused:
            with pytest.raises(DataError, match="row 2"):
                score(data)
        else:
            assert "bad_sum" in codes(data)


@OFTEN("kind", ["float64", "float32"])
@OFTEN("columns", [1, 2])
@OFTEN("end", [0.0, 1.0])
def test_probabilities_may_be_outside_by_rounding(kind: str, columns: int, end: float) -> None:
    """Beyond 1, single precision has steps of 1.2e-7: 8 of them are within 1e-6, and 9 are not."""
    room = 1e-9 if kind == "float64" else 1e-6
    parts = (
        (0.99, 1.01) if kind == "float64" or end == 0.0 else (8 * SINGLE / 1e-6, 9 * SINGLE / 1e-6)
    )
    for part, refused in zip(parts, (False, True), strict=True):
        outside = end + (part * room if end else -part * room)
        data = pd.DataFrame({"label": [0, 1], "p_1": [0.5, outside]})
        if columns == 2:
            data["p_0"] = 1.0 - data["p_1"].clip(0.0, 1.0)
        data = data.astype({name: kind for name in data.columns if name != "label"})
        if refused:
            with pytest.raises(DataError, match="row 2"):
                score(data)
        else:
            assert score(data, clip="none" if end else "auto").rows["scored"] == 2


def test_log_probabilities_may_be_above_zero_by_rounding() -> None:
    assert score(of_losses([1.0, -0.99e-9])).metrics["min"] == 0.0
    with pytest.raises(DataError, match="row 2"):
        score(of_losses([1.0, -1.01e-9]))


# Where probabilities are clipped, and what tools do


def first_row(q: float, label: int, kind: str, **options: Any) -> tuple[float, int]:
    """The loss of one row of a single probability of the class 1, and whether it was clipped."""
    data = pd.DataFrame({"label": [label, 1 - label], "prob": np.array([q, 0.5], kind)})
    result = score(data, per_row=True, **options)
    return float(result.rows_frame()["loss"].iloc[0]), result.rows["clipped"]


def raised(convention: str, q: float, kind: str) -> int | None:
    """In how many rows a tool raises a probability, as the table of conventions has it."""
    data = pd.DataFrame({"label": [1, 0], "prob": np.array([q, 0.5], kind)})
    lines = score(data, conventions=True).conventions
    return next(line.raised for line in lines if line.convention == convention)


STORED = {"keras": "float32", "xgboost": "float32"}  # what tools make of predictions

FLOORS = [
    ({}, "float64", DOUBLE),
    ({}, "float32", SINGLE),
    ({"clip": 1e-15}, "float64", 1e-15),
    ({"convention": "sklearn"}, "float64", DOUBLE),
    ({"convention": "sklearn"}, "float32", SINGLE),
    ({"convention": "yardstick"}, "float64", DOUBLE),
    ({"convention": "torch"}, "float64", math.exp(-100.0)),
    ({"convention": "keras"}, "float64", 1e-7),
    ({"convention": "xgboost"}, "float64", 1e-16),
    ({"convention": "lightgbm"}, "float64", 1e-15),
]


@OFTEN(("options", "kind", "floor"), FLOORS, ids=str)
def test_probabilities_count_as_the_floor_below_it_and_as_they_are_above(
    options: dict[str, Any], kind: str, floor: float
) -> None:
    below, above = (float(np.array(part * floor, kind)) for part in (0.98, 1.02))
    kept = float(np.array(above, STORED.get(options.get("convention", ""), kind)))
    for q, counts, clipped in ((below, floor, 1), (above, kept, 0)):
        loss, below_floor = first_row(q, 1, kind, **options)
        assert loss == pytest.approx(-math.log(counts), rel=1e-12)
        assert below_floor == clipped
        if name := options.get("convention"):
            assert raised(name, q, kind) == clipped


@OFTEN(
    ("convention", "beyond", "within", "most"),
    [
        ("keras", 2.0**-24, 2.0**-22, -math.log(2.0**-23)),
        ("xgboost", 2.98e-8, 3.02e-8, -math.log(1e-16)),
        ("yardstick", 2.0**-53, 2.0**-51, -math.log(DOUBLE)),
        ("sklearn", 2.0**-53, 2.0**-51, -math.log(DOUBLE)),
    ],
)
def test_so_do_those_near_one(convention: str, beyond: float, within: float, most: float) -> None:
    rest = 1.0 - float(np.array(1.0 - within, STORED.get(convention, "float64")))
    for gap, expected, clipped in ((beyond, most, 1), (within, -math.log(rest), 0)):
        loss, lowered = first_row(1.0 - gap, 0, "float64", convention=convention)
        assert loss == pytest.approx(expected, rel=1e-12)
        assert lowered == clipped


def test_lightgbm_has_a_higher_floor_for_labels_that_are_shares() -> None:
    for q, counts in ((0.9e-12, 1e-12), (1.1e-12, 1.1e-12)):
        data = pd.DataFrame({"label": [0.5, 0.25], "prob": [q, 0.5]})
        first = 0.5 * -math.log(counts) + 0.5 * -math.log1p(-counts)
        found = score(data, convention="lightgbm").metrics["cross_entropy"]
        assert found == pytest.approx((first + math.log(2.0)) / 2, rel=1e-12)


# Figures


def test_the_positive_class_is_predicted_above_one_half() -> None:
    for q, right in ((0.5, 0.0), (math.nextafter(0.5, 1.0), 1.0)):
        data = pd.DataFrame({"label": [1, 1, 0], "prob": [q, q, 0.9]})
        assert score(data).metrics["accuracy"] == pytest.approx(2 * right / 3)


@OFTEN("edge", [1, 4, 8, 11, 14])
def test_ece_has_fifteen_bins(edge: int) -> None:
    """Rows of both labels are bins apart around an edge, and in one bin between two edges."""
    for shift, apart in ((0.0, True), (0.5 / 15, False)):
        middle = edge / 15 + shift
        low, high = middle - 0.005, middle + 0.005
        data = pd.DataFrame({"label": [0, 1] * 10, "prob": [low, high] * 10})
        expected = (low + 1.0 - high) / 2 if apart else abs(0.5 - middle)
        found = score(data, metric="ece").metrics["ece"]
        assert found == pytest.approx(expected, abs=1e-12)


@OFTEN(("distinct", "exact"), [(1 << 15, True), ((1 << 15) + 1, False)])
@OFTEN("metric", ["auc", "decompose"])
def test_so_many_distinct_scores_are_kept_as_they_are(
    distinct: int, exact: bool, metric: str
) -> None:
    scores = np.repeat(np.linspace(0.01, 0.99, distinct), 2)
    label = (np.random.default_rng(5).random(len(scores)) < scores).astype(int)
    data = pd.DataFrame({"label": label, "prob": scores})
    if metric == "decompose":
        parts = score(data, decompose=True).decomposition
        assert parts is not None
        assert parts.basis == ("rows" if exact else "bins")
        return
    figures = score(data, metric=["auc", "auc_error"]).metrics
    assert (figures["auc_error"] == 0.0) == exact
    assert abs(figures["auc"] - roc_auc_score(label, scores)) <= figures["auc_error"] + 1e-12


# Which rows it takes


def ways(data: pd.DataFrame) -> set[str]:
    """The ways of recalibrating that can be taken."""
    parts = score(data, decompose=True).decomposition
    assert parts is not None
    return {one.name for one in parts.recalibrations}


@OFTEN(("rows", "enough"), [(19, False), (20, True)])
def test_taking_apart_takes_twenty_rows(rows: int, enough: bool) -> None:
    label = np.arange(rows) % 2
    data = pd.DataFrame({"label": label, "prob": np.linspace(0.2, 0.7, rows)})
    assert ("temperature" in ways(data)) == enough


@OFTEN(("rare", "enough"), [(4, False), (5, True)])
def test_taking_apart_takes_five_rows_of_two_classes(rare: int, enough: bool) -> None:
    label = (np.arange(60) < rare).astype(int)
    data = pd.DataFrame({"label": label, "prob": np.linspace(0.2, 0.7, 60)})
    assert ("temperature" in ways(data)) == enough


@OFTEN(("classes", "most"), [(3, 65_536), (65, 2**22 // 65)])
def test_of_more_than_two_classes_so_many_distinct_rows_are_taken(classes: int, most: int) -> None:
    """Or 4 M numbers."""
    for rows in (most, most + 1):
        logits = np.zeros((classes, rows))
        logits[0] = np.arange(rows)
        places = np.arange(rows)
        happened = Hard(Logits(logits), places % classes, classes)
        kept = Sample.of(Batch(happened, np.ones(rows), None, 1, places, places))
        assert kept.is_whole == (rows == most)
        assert len(kept.settled.parts[0]) == most


@OFTEN(("rows", "enough"), [(39, False), (40, True)])
def test_biases_take_ten_rows_a_class(rows: int, enough: bool) -> None:
    rng = np.random.default_rng(2)
    names = ["a", "b", "c", "d"]
    columns = {f"logit_{name}": rng.normal(size=rows) for name in names}
    data = pd.DataFrame({"label": [names[row % 4] for row in range(rows)], **columns})
    assert "temperature" in ways(data)
    assert ("temperature_bias" in ways(data)) == enough


def test_clear_is_more_than_two_standard_errors() -> None:
    rng = np.random.default_rng(3)
    logit = rng.normal(size=400)
    label = (rng.random(400) < 1 / (1 + np.exp(-logit))).astype(int)
    parts = score(pd.DataFrame({"label": label, "logit": 1.5 * logit}), decompose=True)
    assert parts.decomposition is not None
    one = next(way for way in parts.decomposition.recalibrations if way.name == "temperature")
    assert one.chance == pytest.approx(2.0 * one.standard_error, rel=1e-12)
    assert not one.replace(calibration=1.99 * one.standard_error).is_clear
    assert one.replace(calibration=2.01 * one.standard_error).is_clear


# What figures are warned of


@OFTEN(
    ("rows", "loss", "warned"),
    [(9, 0.5e-6, SILENT), (10, 0.5e-6, WARNED), (10, 0.98e-6, WARNED), (10, 1.02e-6, SILENT)],
)
def test_losses_of_nothing_are_warned_of(rows: int, loss: float, warned: bool) -> None:
    label = np.arange(rows) % 2
    right = math.exp(-loss)
    data = pd.DataFrame({"label": label, "prob": np.where(label, right, 1.0 - right)})
    assert ("no_loss" in codes(data)) == warned


@OFTEN(
    ("rows", "right", "warned"),
    [(29, 0.35, SILENT), (30, 0.35, WARNED), (100, 0.39, WARNED), (100, 0.4, SILENT)],
)
def test_a_model_that_is_mostly_wrong_is_warned_of(rows: int, right: float, warned: bool) -> None:
    label = np.arange(rows) % 2
    is_right = np.arange(rows) < round(right * rows)
    data = pd.DataFrame({"label": label, "prob": np.where(is_right == label, 0.9, 0.1)})
    assert score(data).metrics["accuracy"] == pytest.approx(right, abs=0.02)
    assert ("flipped_positive" in codes(data)) == warned


@OFTEN(("rows", "warned"), [(29, SILENT), (30, WARNED)])
def test_a_model_that_is_worse_than_a_constant_is_warned_of(rows: int, warned: bool) -> None:
    label = np.where(np.arange(rows) % 3 == 0, "a", "b")
    data = pd.DataFrame({"label": label, "p_a": 0.9, "p_b": 0.1})
    assert ("worse_than_constant" in codes(data)) == warned


@OFTEN(("rows", "warned"), [(29, SILENT), (30, WARNED)])
def test_one_of_three_classes_that_ten_rows_each_never_have_is_warned_of(
    rows: int, warned: bool
) -> None:
    label = np.where(np.arange(rows) % 2, "a", "b")
    data = pd.DataFrame({"label": label, "p_a": 0.4, "p_b": 0.4, "p_c": 0.2})
    assert ("class_never_seen" in codes(data)) == warned


# What intervals are warned of


@OFTEN(("clusters", "warned"), [(29, WARNED), (30, SILENT)])
def test_intervals_of_fewer_than_thirty_clusters_are_warned_of(clusters: int, warned: bool) -> None:
    rng = np.random.default_rng(1)
    label = np.arange(4 * clusters) % 2
    old = pd.DataFrame(
        {"label": label, "prob": rng.uniform(0.3, 0.7, len(label)), "user": label.cumsum() // 2}
    )
    old["user"] = np.arange(len(label)) % clusters
    assert ("few_clusters" in codes(old, cluster="user")) == warned
    new = old.assign(prob=rng.uniform(0.3, 0.7, len(label)))
    found = compare({"old": old, "new": new}, cluster="user").warnings
    assert ("few_clusters" in {one.code for one in found}) == warned


@OFTEN(("rows", "warned"), [(266, SILENT), (267, WARNED)])
@OFTEN("clustered", [False, True])
def test_so_few_rows_for_their_skewness_are_warned_of(
    rows: int, warned: bool, clustered: bool
) -> None:
    """Of two losses, 9 rows have the larger one: 10 · skewness² is 265.9 of 266, 267.02 of 267."""
    large = 9
    squared = (rows - 2 * large) ** 2 / (large * (rows - large))
    assert (rows < 10.0 * squared) == warned
    data = of_losses(np.where(np.arange(rows) < large, 3.0, 0.5), user=np.arange(rows))
    options = {"cluster": "user"} if clustered else {}
    assert ("few_rows" in codes(data, **options)) == warned


@OFTEN(
    ("rows", "part", "warned"),
    [(1000, 0.47, SILENT), (1000, 0.53, WARNED), (999, 0.53, SILENT)],
)
def test_a_thousandth_of_the_rows_must_not_carry_half_of_the_variance(
    rows: int, part: float, warned: bool
) -> None:
    """One row carries the `part` of it, and the others vary by 1 about their mean."""
    spread = np.where(np.arange(rows - 1) % 2, 1.0, -1.0)
    above = math.sqrt(part / (1.0 - part) * (rows - 1))
    losses = 10.0 + np.append(spread, above)
    gaps = losses - losses.mean()
    assert gaps[-1] ** 2 / np.dot(gaps, gaps) == pytest.approx(part, abs=0.02)
    assert ("heavy_tail" in codes(of_losses(losses))) == warned


# Comparing


def p_value(differences: Floats) -> float:
    """Of the sign-flip test of rows with such differences of their losses."""
    base = np.full(len(differences), 2.0)
    models = {"old": of_losses(base), "new": of_losses(base + differences)}
    (found,) = compare(models, test="sign-flip").comparisons
    return found.p_value


def test_sixteen_rows_have_all_choices_of_signs_and_more_have_draws() -> None:
    """Of all alike, two choices are as far from 0; of 9,999 drawn, none is likely to be."""
    assert p_value(np.full(16, 0.25)) == 2 / 2**16
    assert p_value(np.full(17, 0.25)) == pytest.approx(1 / 10_000, abs=2e-4)
    assert p_value(np.full(17, 0.25)) * 10_000 == pytest.approx(
        round(p_value(np.full(17, 0.25)) * 10_000), abs=1e-9
    )


@OFTEN(("apart", "p"), [(4095, 0.5), (4096, 1.0), (4097, 0.5)])
def test_rows_that_are_4096_apart_change_their_signs_together(apart: int, p: float) -> None:
    """Two rows that differ: apart, 2 of 4 choices of signs are as far from 0; together, all are."""
    differences = np.zeros(apart + 1)
    differences[[0, -1]] = 0.25
    assert p_value(differences) == p
