"""Every metric and the errors of its interval from their definitions, with 50 digits of mpmath."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from mpmath import mp, mpf
from scipy import stats

from ce_cli import score
from ce_cli.results.score import Result
from tests.metrics.hall import hall_interval

DIGITS = 50
ROWS = 40
BINS = 15

Numbers = Sequence[mpf]


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    prob = rng.beta(0.8, 0.8, ROWS).round(2).clip(0.01, 0.99)
    label = (rng.random(ROWS) < prob).astype(int)
    size = rng.integers(1, 9, ROWS)
    return pd.DataFrame({"label": label, "prob": prob, "w": rng.exponential(1, ROWS), "n": size})


@pytest.fixture(scope="module")
def result(data: pd.DataFrame) -> Result:
    return score(data, metric="all", weight="w", bytes="n", confidence=0.9, interval="t")


def columns(data: pd.DataFrame) -> tuple[Numbers, Numbers, Numbers]:
    """Labels, probabilities and weights."""
    label, prob, weight = ([mpf(x) for x in data[name].tolist()] for name in ("label", "prob", "w"))
    return label, prob, weight


def mean(values: Numbers, weights: Numbers) -> mpf:
    return mp.fsum(w * v for w, v in zip(weights, values, strict=True)) / mp.fsum(weights)


def error(residuals: Numbers, weights: Numbers, scale: mpf) -> mpf:
    """√( n/(n−1) · Σ (w·residual)² ) / scale."""
    squares = mp.fsum((w * r) ** 2 for w, r in zip(weights, residuals, strict=True))
    return mp.sqrt(kish(weights) / (kish(weights) - 1) * squares) / scale


def kish(weights: Numbers) -> mpf:
    """The effective number of rows."""
    return mp.fsum(weights) ** 2 / mp.fsum(w**2 for w in weights)


def reach_of(weights: Numbers) -> float:
    """The quantile of t of an interval of 90 %."""
    return float(stats.t.ppf(0.95, float(kish(weights)) - 1))


def surprisals(label: Numbers, prob: Numbers) -> Numbers:
    return [-mp.log(q if y else 1 - q) for y, q in zip(label, prob, strict=True)]


def half_width(result: Result, name: str, weights: Numbers) -> float:
    """Of the interval, in standard errors."""
    interval = result.intervals[name]
    return (interval.high - interval.low) / 2 / reach_of(weights)


def test_means_of_rows(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        pairs = list(zip(label, prob, strict=True))
        rows = {
            "cross_entropy": surprisals(label, prob),
            "kl_divergence": surprisals(label, prob),
            "accuracy": [mpf(int((q > mpf("0.5")) == (y == 1))) for y, q in pairs],
            "brier": [(q - y) ** 2 for y, q in pairs],
            "bias": [q - y for y, q in pairs],
            "confidence": [-q * mp.log(q) - (1 - q) * mp.log(1 - q) for q in prob],
        }
        hall = score(data, metric="all", weight="w", confidence=0.9).intervals
        weights = np.array(weight, np.float64)
        for name, values in rows.items():
            if name != "accuracy":
                expected = hall_interval(np.array(values, np.float64), 0.9, weights)
                assert (hall[name].low, hall[name].high) == pytest.approx(expected, rel=1e-9), name
            middle = mean(values, weight)
            own = error([v - middle for v in values], weight, mp.fsum(weight))
            assert result.metrics[name] == pytest.approx(float(middle), rel=1e-14, abs=1e-15), name
            if name != "accuracy":  # whose interval is Wilson's
                assert half_width(result, name, weight) == pytest.approx(float(own), rel=1e-12), (
                    name
                )


def test_skill_and_its_influences(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        losses, rate = surprisals(label, prob), mean(label, weight)
        baseline = -rate * mp.log(rate) - (1 - rate) * mp.log(1 - rate)
        ratio = mean(losses, weight) / baseline
        constant = [-mp.log(rate if y else 1 - rate) for y in label]
        influences = [(own - ratio * c) / baseline for own, c in zip(losses, constant, strict=True)]
        own = error(influences, weight, mp.fsum(weight))
        assert result.metrics["baseline"] == pytest.approx(float(baseline), rel=1e-14)
        assert result.metrics["skill"] == pytest.approx(float(1 - ratio), rel=1e-13)
        for name in ("skill", "normalized_cross_entropy"):
            assert half_width(result, name, weight) == pytest.approx(float(own), rel=1e-11)


def test_auc_and_delongs_error(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        up = [(q, w) for y, q, w in zip(label, prob, weight, strict=True) if y == 1]
        down = [(q, w) for y, q, w in zip(label, prob, weight, strict=True) if y == 0]

        def ranked(one: mpf, other: mpf) -> mpf:
            return mpf(1) if one > other else mpf("0.5") if one == other else mpf(0)

        totals = mp.fsum(w for _, w in up), mp.fsum(w for _, w in down)
        below = [mp.fsum(v * ranked(q, r) for r, v in down) / totals[1] for q, _ in up]
        above = [mp.fsum(v * ranked(r, q) for r, v in up) / totals[0] for q, _ in down]
        area = mp.fsum(w * b for (_, w), b in zip(up, below, strict=True)) / totals[0]
        variance, counts = mpf(0), []
        for own, parts, total in ((up, below, totals[0]), (down, above, totals[1])):
            count = total**2 / mp.fsum(w**2 for _, w in own)
            squares = mp.fsum((w * (b - area)) ** 2 for (_, w), b in zip(own, parts, strict=True))
            variance += count / (count - 1) * squares / total**2
            counts.append(count)
        reach = float(stats.t.ppf(0.95, float(min(counts)) - 1)) * mp.sqrt(variance)
        logit = mp.log(area / (1 - area))
        ends = [logit + sign * reach / (area * (1 - area)) for sign in (-1, 1)]
        expected = tuple(float(1 / (1 + mp.exp(-end))) for end in ends)
        interval = result.intervals["auc"]
        assert result.metrics["auc"] == pytest.approx(float(area), rel=1e-14)
        assert (interval.low, interval.high) == pytest.approx(expected, rel=1e-12)


def test_ece_and_its_interval(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        gaps = [y - q for y, q in zip(label, prob, strict=True)]
        edges = [k / BINS for k in range(1, BINS)]  # float64, as the probabilities are
        bins = [sum(q > edge for edge in edges) for q in prob]
        total, value, excess = mp.fsum(weight), mpf(0), mpf(0)
        signs: dict[int, mpf] = {}
        for own in set(bins):
            rows = [place for place, one in enumerate(bins) if one == own]
            gap = mp.fsum(weight[row] * gaps[row] for row in rows)
            middle = gap / mp.fsum(weight[row] for row in rows)
            value += abs(gap) / total
            signs[own] = mp.sign(gap)
            if len(rows) == 1:
                excess += abs(gap) / total
                continue
            weights = [weight[row] for row in rows]
            spread = error([gaps[row] - middle for row in rows], weights, mpf(1))
            if abs(gap) < 3 * spread:
                excess += mp.sqrt(2 / mp.pi) * spread / total
        residuals = [signs[own] * gap - value for own, gap in zip(bins, gaps, strict=True)]
        reach = reach_of(weight) * error(residuals, weight, total)
        interval = result.intervals["ece"]
        assert result.metrics["ece"] == pytest.approx(float(value), rel=1e-13)
        assert interval.high == pytest.approx(float(value + reach), rel=1e-12)
        assert interval.low == pytest.approx(max(0.0, float(value - reach - excess)), rel=1e-12)


def test_bits_per_byte_and_the_error_of_a_ratio(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        sizes, losses = [mpf(x) for x in data["n"].tolist()], surprisals(label, prob)
        ratio = mean(losses, weight) / mean(sizes, weight)
        scale = mp.fsum(w * s for w, s in zip(weight, sizes, strict=True)) * mp.log(2)
        residuals = [own - ratio * size for own, size in zip(losses, sizes, strict=True)]
        own = error(residuals, weight, scale)
        assert result.metrics["bits_per_byte"] == pytest.approx(float(ratio / mp.log(2)), rel=1e-14)
        assert half_width(result, "bits_per_byte", weight) == pytest.approx(float(own), rel=1e-12)


def test_classes_and_their_intervals(data: pd.DataFrame, result: Result) -> None:
    with mp.workdps(DIGITS):
        label, prob, weight = columns(data)
        losses = surprisals(label, prob)
        for line in result.per_class:
            rows = [place for place, y in enumerate(label) if str(int(y)) == line.name]
            own, weights = [losses[row] for row in rows], [weight[row] for row in rows]
            middle = mean(own, weights)
            spread = error([loss - middle for loss in own], weights, mp.fsum(weights))
            reach = reach_of(weights) * spread
            ends = (float(middle - reach), float(middle + reach))
            assert line.interval == pytest.approx(ends, rel=1e-11)


def test_classes_of_soft_labels_weigh_rows_by_their_share(data: pd.DataFrame) -> None:
    soft = data.assign(label=data["prob"].iloc[::-1].to_numpy())
    lines = score(soft, metric="all", weight="w", confidence=0.9, interval="t").per_class
    with mp.workdps(DIGITS):
        label, prob, weight = columns(soft)
        for line, positive in zip(lines, (False, True), strict=True):
            costs = [-mp.log(q if positive else 1 - q) for q in prob]
            shares = [w * (y if positive else 1 - y) for w, y in zip(weight, label, strict=True)]
            middle = mean(costs, shares)
            spread = error([cost - middle for cost in costs], shares, mp.fsum(shares))
            reach = reach_of(shares) * spread
            ends = (float(middle - reach), float(middle + reach))
            assert line.cross_entropy == pytest.approx(float(middle), rel=1e-13)
            assert line.interval == pytest.approx(ends, rel=1e-11)
