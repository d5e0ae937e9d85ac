"""Rows of weight 0 are no observations, and equal rows have no spread."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli import score
from ce_cli.registry import FIGURES
from ce_cli.results.score import Result

ROWS = st.integers(3, 40)


def drawn(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    prob = rng.beta(0.8, 0.8, rows).round(2)
    label = (rng.random(rows) < prob).astype(int)
    label[:2] = 0, 1
    return pd.DataFrame(
        {
            "label": label,
            "prob": prob.clip(0.01, 0.99),
            "w": rng.exponential(1.0, rows),
            "user": rng.integers(0, 9, rows),
            "segment": rng.choice(["eu", "us"], rows),
        }
    )


def without_counts(result: Result) -> dict[str, Any]:
    """The document without the numbers of rows, and without lines of groups and classes' rows."""
    document = result.to_dict()
    for name in ("rows", "inputs"):
        del document[name]
    for group in document["groups"]:
        del group["rows"]
    for line in document["per_class"] + document["calibration"]:
        del line["rows"]
    return document


@settings(max_examples=25)
@given(rows=ROWS, more=st.integers(1, 60), seed=st.integers(0, 99), cluster=st.booleans())
def test_rows_of_weight_0_change_nothing(rows: int, more: int, seed: int, cluster: bool) -> None:
    data = drawn(rows, seed)
    nothing = drawn(max(more, 2), seed + 1).assign(w=0.0)
    both = pd.concat([data, nothing]).sample(frac=1, random_state=seed)
    options: dict[str, Any] = {"weight": "w", "metric": "all", "by": "segment"}
    if cluster:
        options["cluster"] = "user"
        both["user"] = both["user"].where(both["w"] > 0, both["user"] + 5)  # some are new
    both = both[both["segment"].isin(data["segment"])]  # a group of weight 0 has a line of its own
    own, others = (without_counts(score(one, **options)) for one in (data, both))
    assert own == others


@pytest.mark.parametrize("name", ["cross_entropy", "brier", "skill", "ece"])
def test_a_class_of_weight_0_is_no_observation(name: str) -> None:
    data = drawn(40, 3)
    of_one = data[data.label == 1].assign(w=1.0)
    given_ = score(data, metric=[name, "standard_error"], class_weight={"0": 0.0}).intervals
    expected = score(
        pd.concat([of_one, data[data.label == 0].assign(w=0.0)]),
        metric=[name, "standard_error"],
        weight="w",
    ).intervals
    assert repr(given_) == repr(expected)
    if name in ("cross_entropy", "brier"):
        alone = score(of_one, metric=[name, "standard_error"], positive="1").intervals[name]
        ends = (given_[name].low, given_[name].high)
        assert ends == pytest.approx((alone.low, alone.high), rel=1e-13)


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("cluster", [None, "user"])
@pytest.mark.parametrize("prob", [0.3, 0.1, 0.7, 1 / 3])
def test_equal_rows_have_no_spread(prob: float, weight: str | None, cluster: str | None) -> None:
    data = drawn(17, 5).assign(prob=prob, label=1)
    names = ["cross_entropy", "standard_error", "brier", "bias", "confidence"]
    result = score(data, metric=names, weight=weight, cluster=cluster, positive="1")
    assert result.metrics["standard_error"] == 0.0
    for name, interval in result.intervals.items():
        assert interval.low == interval.high, name
        assert interval.low == result.metrics[name], name


@settings(max_examples=40)
@given(rows=st.integers(2, 12), seed=st.integers(0, 999), cluster=st.booleans())
def test_no_interval_leaves_the_range_of_its_figure(rows: int, seed: int, cluster: bool) -> None:
    data = drawn(rows, seed)
    options: dict[str, Any] = {"cluster": "user"} if cluster else {}
    result = score(data, metric="all", weight="w", **options)
    for name, interval in result.intervals.items():
        figure = FIGURES[name]
        for end in (interval.low, interval.high):
            assert np.isnan(end) or figure.low <= end <= min(figure.high, figure.binary_high), name
    lowest = {"cross_entropy": 0.0, "perplexity": 1.0, "brier": 0.0, "kl_divergence": 0.0}
    for name, least in lowest.items():
        assert not result.intervals[name].low < least, name
    assert not result.intervals["brier"].high > 1.0
    assert not result.intervals["accuracy"].high > 1.0


def test_the_interval_names_the_number_of_rows_and_their_skewness() -> None:
    data = drawn(30, 8)
    weights = data["w"].to_numpy()
    interval = score(data, weight="w").intervals["cross_entropy"]
    assert interval.n == pytest.approx(weights.sum() ** 2 / np.square(weights).sum(), rel=1e-14)
    plain = score(data).intervals["cross_entropy"]
    losses = -np.log(np.where(data["label"] == 1, data["prob"], 1 - data["prob"]))
    away = losses - losses.mean()
    assert plain.n == 30
    assert plain.skewness == pytest.approx((away**3).sum() / (away**2).sum() ** 1.5, rel=1e-12)


def outcome(codes: list[str], data: pd.DataFrame, **options: Any) -> list[str]:
    """The messages with these codes."""
    return [one.message for one in score(data, **options).warnings if one.code in codes]


def test_rows_of_weight_0_change_no_warning() -> None:
    """Neither how many rows are needed, nor whether there is an interval."""
    label, prob = [1, 0, 1] * 20, [0.9, 0.2, 0.85] * 20
    prob[0] = 0.001
    data = pd.DataFrame({"label": label, "prob": prob, "w": 1.0})
    many = pd.concat([data] + [data.assign(w=0.0)] * 20)
    given_ = outcome(["few_rows", "heavy_tail"], data, weight="w")
    assert len(given_) == 1
    assert outcome(["few_rows", "heavy_tail"], many, weight="w") == given_
    single = pd.concat([data.iloc[:1], data.iloc[1:3].assign(w=0.0)])
    assert outcome(["no_interval"], single, weight="w") == ["A single row has no standard error."]
    flipped = data.assign(prob=1 - data["prob"], w=[1.0] * 10 + [0.0] * 50)
    assert outcome(["flipped_positive"], flipped, weight="w") == []


def test_rows_of_weight_0_are_neither_clipped_nor_infinite() -> None:
    data = pd.DataFrame({"label": [1, 0, 1], "prob": [0.9, 0.2, 0.0], "w": [1.0, 1.0, 0.0]})
    for clip in ("auto", "none"):
        result = score(data, weight="w", clip=clip)
        assert (result.rows["clipped"], result.rows["infinite"]) == (0, 0)
        assert {one.code for one in result.warnings} <= {"rare_class"}


@pytest.mark.parametrize("light", [4.0, 3.1, 0.0031])
def test_rows_that_count_as_one_have_no_interval(light: float) -> None:
    data = pd.DataFrame({"label": [1, 0], "prob": [0.3, 0.4], "w": [1000.0, light]})
    result = score(data, weight="w")
    assert np.isnan(result.intervals["cross_entropy"].high)
    (message,) = (one.message for one in result.warnings if one.code == "no_interval")
    assert message.startswith("The weights are so unequal that the rows count as 1")


@settings(max_examples=30)
@given(scale=st.floats(1e-30, 1e30), seed=st.integers(0, 99), rows=st.integers(3, 12))
def test_the_scale_of_the_weights_changes_no_interval(scale: float, seed: int, rows: int) -> None:
    data = drawn(rows, seed).assign(prob=0.3)  # the skewness of the numbers is often nearly 0
    own, other = (
        score(one, weight="w").intervals["cross_entropy"]
        for one in (data, data.assign(w=data["w"] * scale))
    )
    assert (other.low, other.high) == pytest.approx((own.low, own.high), rel=1e-6, abs=1e-9)


@given(confidence=st.floats(0.001, 0.5), seed=st.integers(0, 99))
def test_no_interval_of_a_mean_excludes_its_figure(confidence: float, seed: int) -> None:
    result = score(drawn(12, seed), metric="all", confidence=confidence)
    for name in ("cross_entropy", "brier", "bias", "confidence", "kl_divergence"):
        interval = result.intervals[name]
        assert interval.low <= result.metrics[name] <= interval.high, name
