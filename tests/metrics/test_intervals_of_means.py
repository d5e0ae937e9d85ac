"""Intervals of metrics that are means, against scipy and numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ce_cli import score
from tests.conftest import SCHEMAS
from tests.metrics.hall import hall_interval, kish

ROWS = 400


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(6)
    prob = rng.beta(0.7, 0.7, ROWS)
    label = (rng.random(ROWS) < prob).astype(int)
    segment = rng.choice(["eu", "us"], ROWS)
    weight = rng.exponential(1.0, ROWS)
    return pd.DataFrame({"label": label, "prob": prob, "segment": segment, "w": weight})


def values(data: pd.DataFrame) -> dict[str, np.ndarray]:
    """What each metric is the mean of."""
    label, prob = data["label"].to_numpy(), data["prob"].to_numpy()
    return {
        "accuracy": ((prob > 0.5) == label).astype(float),
        "brier": (prob - label) ** 2,
        "confidence": stats.entropy([prob, 1 - prob]),
        "bias": prob - label,
        "cross_entropy": -np.log(np.where(label == 1, prob, 1 - prob)),
    }


@pytest.mark.parametrize("name", ["brier", "confidence", "bias"])
def test_an_interval_is_that_of_students_t(name: str) -> None:
    data = frame()
    result = score(data, metric=[name], by="segment", confidence=0.9, interval="t")
    SCHEMAS["ce.score/1"].validate(result.to_dict())
    parts = [(result.metrics, result.intervals, data)]
    for group in result.groups:
        parts.append((group.metrics, group.intervals, data[data.segment == group.by["segment"]]))
    for metrics, intervals, rows in parts:
        expected = stats.ttest_1samp(values(rows)[name], 0.0).confidence_interval(0.9)
        assert metrics[name] == pytest.approx(values(rows)[name].mean(), rel=1e-12)
        found = intervals[name]
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-9)
        assert list(intervals) == [name]


@pytest.mark.parametrize("name", ["brier", "confidence", "bias", "cross_entropy"])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_interval_is_that_of_halls_t(name: str, weighted: bool) -> None:
    data = frame()
    weights = data["w"].to_numpy() if weighted else np.ones(ROWS)
    names = [name, "standard_error"]
    result = score(data.assign(w=weights), metric=names, by="segment", weight="w")
    numbers = values(data)[name]
    parts = [(result.intervals, np.ones(ROWS, np.bool_))]
    parts += [
        (one.intervals, (data.segment == one.by["segment"]).to_numpy()) for one in result.groups
    ]
    for intervals, chosen in parts:
        found = intervals[name]
        expected = hall_interval(numbers[chosen], 0.95, weights[chosen])
        assert (found.low, found.high) == pytest.approx(expected, rel=1e-8)
        assert found.method == "Hall's transformed t on the weighted mean"


@pytest.mark.parametrize("name", ["brier", "confidence", "bias"])
def test_weights_count_in_the_error_as_in_the_mean(name: str) -> None:
    data = frame()
    own = score(data, metric=name, weight="w", interval="t").intervals[name]
    weights, numbers = data["w"].to_numpy(), values(data)[name]
    mean, count = np.average(numbers, weights=weights), kish(weights)
    residuals = weights * (numbers - mean)
    error = np.sqrt(count / (count - 1) * np.dot(residuals, residuals)) / weights.sum()
    reach = stats.t.ppf(0.975, count - 1) * error
    assert (own.low, own.high) == pytest.approx((mean - reach, mean + reach), rel=1e-9)


def test_one_row_has_no_interval_and_equal_rows_one_of_no_width() -> None:
    one = score(frame().iloc[:1], metric="brier").intervals["brier"]
    assert np.isnan(one.low)
    assert np.isnan(one.high)
    same = pd.DataFrame({"label": [1] * 9, "prob": [0.75] * 9})
    found = score(same, metric="brier")
    interval = found.intervals["brier"]
    assert (interval.low, interval.high) == pytest.approx((found.metrics["brier"],) * 2)


@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
@pytest.mark.parametrize(("right", "rows"), [(0, 3), (3, 3), (1, 1), (17, 20), (500, 900)])
def test_the_interval_of_accuracy_is_wilsons(right: int, rows: int, confidence: float) -> None:
    data = pd.DataFrame({"label": [1] * right + [0] * (rows - right), "prob": [0.75] * rows})
    own = score(data.assign(w=2.0), metric="accuracy", confidence=confidence, weight="w")
    expected = stats.binomtest(right, rows).proportion_ci(confidence, method="wilson")
    interval = own.intervals["accuracy"]
    assert (interval.low, interval.high) == pytest.approx(
        (expected.low, expected.high), rel=1e-5, abs=1e-15
    )
    assert interval.method == "Wilson score"


def test_labels_that_are_partly_right_have_an_interval_of_a_mean() -> None:
    rng = np.random.default_rng(9)
    label, prob = rng.integers(0, 2, (50, 3)), rng.random((50, 3))
    columns = {f"y_{k}": label[:, k] for k in range(3)} | {f"p_{k}": prob[:, k] for k in range(3)}
    own = score(pd.DataFrame(columns), task="multilabel", label="y_*", pred="p_*")
    rows = ((prob > 0.5) == label).mean(axis=1)
    interval = own.intervals["accuracy"]
    assert (interval.low, interval.high) == pytest.approx(hall_interval(rows, 0.95), rel=1e-8)
