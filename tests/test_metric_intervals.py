"""Intervals of metrics that are means, against scipy and numpy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ce_cli import score
from tests.conftest import SCHEMAS

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
    }


@pytest.mark.parametrize("name", ["accuracy", "brier", "confidence", "bias"])
def test_an_interval_is_that_of_students_t(name: str) -> None:
    data = frame()
    result = score(data, metrics=[name], by="segment", confidence=0.9)
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


@pytest.mark.parametrize("name", ["accuracy", "brier", "confidence", "bias"])
def test_weights_count_in_the_error_as_in_the_mean(name: str) -> None:
    data = frame()
    own = score(data, metrics=name, weight="w").intervals[name]
    weights, numbers = data["w"].to_numpy(), values(data)[name]
    mean = np.average(numbers, weights=weights)
    residuals = weights * (numbers - mean)
    error = np.sqrt(ROWS / (ROWS - 1) * np.dot(residuals, residuals)) / weights.sum()
    reach = stats.t.ppf(0.975, ROWS - 1) * error
    assert (own.low, own.high) == pytest.approx((mean - reach, mean + reach), rel=1e-9)


def test_one_row_has_no_interval_and_equal_rows_one_of_no_width() -> None:
    one = score(frame().iloc[:1], metrics="accuracy").intervals["accuracy"]
    assert np.isnan(one.low)
    assert np.isnan(one.high)
    same = pd.DataFrame({"label": [1] * 9, "prob": [0.75] * 9})
    for name in ("accuracy", "brier"):
        found = score(same, metrics=name)
        interval = found.intervals[name]
        assert (interval.low, interval.high) == pytest.approx((found.metrics[name],) * 2)
