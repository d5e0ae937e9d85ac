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
    both = both[both["segment"].isin(data["segment"])]
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
