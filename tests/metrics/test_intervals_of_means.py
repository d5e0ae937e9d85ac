"""Intervals of metrics that are means, against scipy and numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ce_cli import compare, score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import Likelihood
from ce_cli.metrics.moments import Cubes
from ce_cli.results.score import Group, Result
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


# Weights that are all as many times as large


def ends_of(scored: Result | Group) -> list[float]:
    return [end for one in scored.intervals.values() for end in (one.low, one.high)]


@settings(max_examples=4)  # each scores and compares five times
@given(
    rows=st.lists(
        st.tuples(st.floats(0.02, 0.98), st.floats(0.0, 1.0), st.floats(0.1, 10.0)), min_size=8
    ),
    power=st.sampled_from([-420, -300, -200, 33, 300, 420]),
    soft=st.booleans(),
)
def test_weights_times_a_power_of_two_change_no_interval(
    rows: list[tuple[float, float, float]], power: int, soft: bool
) -> None:
    """2**420 cubed is beyond the floats, and 2**-420 cubed is 0."""
    prob, share, weight = np.array(rows).T
    group = np.arange(len(rows)) % 2
    label = share if soft else (share > 0.5).astype(int)
    data = pd.DataFrame({"label": label, "prob": prob, "g": group, "w": weight})
    other = data.assign(w=np.ldexp(weight, power))
    mixed = data.assign(w=np.where(group == 1, other["w"], weight))  # of one group only
    options: dict[str, Any] = {"weight": "w", "by": "g", "label": "label", "pred": "prob"}
    options["metric"] = ["cross_entropy", "skill", "brier", "bias", "kl_divergence"]
    one, every, some = (score(own, **options) for own in (data, other, mixed))
    ends = [[ends_of(found), *map(ends_of, found.groups)] for found in (one, every, some)]
    assert ends[1] == [pytest.approx(own, rel=1e-12, abs=1e-13, nan_ok=True) for own in ends[0]]
    for own, partly in zip(ends[0][1:], ends[2][1:], strict=True):
        assert partly == pytest.approx(own, rel=1e-12, abs=1e-13, nan_ok=True)
    preds = {"a": "prob", "b": "other"}
    first, second = (
        compare(own.assign(other=prob[::-1]), preds=preds, label="label", weight="w")
        for own in (data, other)
    )
    assert repr(first.comparisons) == repr(second.comparisons)


def test_cubes_of_weights_of_any_size_do_not_depend_on_how_rows_are_split() -> None:
    rng = np.random.default_rng(8)
    losses, rows = rng.exponential(1.0, 40), np.arange(40)
    weights = np.ldexp(rng.uniform(0.5, 1.0, 40), rng.choice([-450, -201, -1, 0, 199, 450], 40))
    batch = Batch(Likelihood(losses, losses), weights, rows % 2, 2, rows, rows)
    whole = Cubes.of(batch)
    assert 0 not in whole.weight.totals()
    for size in (1, 7):
        total = Cubes.empty(2, batch.space)
        for start in range(0, 40, size):
            total = Cubes.of(batch.take(slice(start, start + size))).merge(total)
        assert total == whole
