"""What `ce compare` finds: differences, tests and intervals against figures from elsewhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import optimize, stats

from ce_cli import compare
from ce_cli.kernels.deciding import POWER, holm, holm_levels, rows_to_decide
from ce_cli.results.compare import Compared, Comparison
from ce_cli.results.lines import ClusterCount
from tests.conftest import SCHEMAS
from tests.metrics.hall import skewness_of_mean

Floats = NDArray[np.float64]

EXACT = 1e-12  # relative; both sides round a few times


def frame(losses: Floats, **more: object) -> pd.DataFrame:
    """Rows of exactly these losses."""
    return pd.DataFrame({"logprob": -losses, **more})


def compared(*losses: Floats, **options: Any) -> Compared:
    """Models of these losses, called a, b, c, …"""
    tables = {name: frame(own) for name, own in zip("abcdef", losses, strict=False)}
    return checked(compare(tables, **options))


def checked(result: Compared) -> Compared:
    """A result whose document fits the schema."""
    SCHEMAS["ce.compare/1"].validate(result.to_dict())
    return result


def only(result: Compared) -> Comparison:
    """The comparison of two models."""
    (one,) = result.comparisons
    return one


def losses(count: int, seed: int = 0, more: float = 0.1) -> tuple[Floats, Floats]:
    """Skewed losses of two models that go together, the second one worse by `more`."""
    rng = np.random.default_rng(seed)
    shared = rng.exponential(1.0, count)
    first, second = (np.abs(shared + rng.normal(0.0, 0.5, count)) for _ in range(2))
    return first, second + more


# The paired t test


@pytest.mark.parametrize("rows", [2, 3, 20, 1_000, 70_000])
def test_the_t_test_is_that_of_scipy(rows: int) -> None:
    a, b = losses(rows)
    one = only(compared(a, b, interval="t"))
    expected = stats.ttest_rel(b, a)
    interval = expected.confidence_interval(0.95)
    assert one.difference["absolute"] == pytest.approx(np.mean(b - a), rel=EXACT)
    assert one.standard_error == pytest.approx(stats.sem(b - a), rel=EXACT)
    assert one.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    own = one.intervals["absolute"]
    assert (own.low, own.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert own.confidence == 0.95


def hall(t: float, skewness: float) -> float:
    """g(T) by Hall's formula, with a = 1/3, b = 1/6 and γ = skewness · √n."""
    return t + (t**2 / 3 + 1 / 6) * skewness + skewness**2 * t**3 / 27


def unusual(reach: float, skewness: float) -> tuple[float, float]:
    """The T at which g(T) is ∓`reach`."""
    low, high = (
        optimize.brentq(lambda t, side: hall(t, skewness) - side, -1e3, 1e3, args=(side,))
        for side in (-reach, reach)
    )
    return float(low), float(high)


def weighted_moments(values: Floats, w: Floats) -> tuple[float, float, float, float]:
    """Mean, standard error, Kish's number of rows, and the skewness of the mean, by numpy."""
    mean, n = float(np.average(values, weights=w)), float(w.sum() ** 2 / np.sum(w**2))
    r = w * (values - mean)
    squares = float(np.sum(r**2))
    error = math.sqrt(n / (n - 1) * squares) / float(w.sum())
    return mean, error, n, skewness_of_mean(r, w)


@pytest.mark.parametrize("rows", [3, 20, 1_000])
def test_skewness_is_taken_out_as_hall_does(rows: int) -> None:
    a, b = losses(rows, seed=rows)
    b = b + np.random.default_rng(rows).exponential(1.0, rows) ** 2 / 3
    one = only(compared(a, b))
    mean, error, n, skewness = weighted_moments(b - a, np.ones(rows))
    assert stats.skew(b - a) / math.sqrt(rows) == pytest.approx(skewness)
    low, high = unusual(stats.t.ppf(0.975, n - 1), skewness)
    own = one.intervals["absolute"]
    assert (own.low, own.high) == pytest.approx((mean - high * error, mean - low * error))
    assert (own.n, own.skewness) == pytest.approx((rows, skewness))
    expected = 2 * stats.t.sf(abs(hall(mean / error, skewness)), n - 1)
    assert one.p_value == pytest.approx(expected, rel=1e-6)


def test_the_confidence_is_that_of_the_interval_and_the_verdict() -> None:
    a, b = losses(40, seed=3)
    p = stats.ttest_rel(b, a).pvalue
    for confidence, verdict in ((1 - 1.01 * p, "worse"), (1 - 0.99 * p, "unclear")):
        one = only(compared(a, b, confidence=confidence, interval="t"))
        expected = stats.ttest_rel(b, a).confidence_interval(confidence)
        own = one.intervals["absolute"]
        assert (own.low, own.high) == pytest.approx((expected.low, expected.high), abs=1e-9)
        assert (own.low > 0) == (verdict == "worse")
        assert one.verdict == verdict


@pytest.mark.parametrize(("base", "scale"), [("2", math.log(2)), ("10", math.log(10))])
def test_a_base_divides_everything_that_has_a_unit(base: str, scale: float) -> None:
    a, b = losses(50)
    nats, other = only(compared(a, b)), only(compared(a, b, base=base))
    assert other.difference["absolute"] == nats.difference["absolute"] / scale
    assert other.standard_error == nats.standard_error / scale
    assert other.intervals["absolute"].low == pytest.approx(nats.intervals["absolute"].low / scale)
    for name in ("bits", "relative"):
        assert other.difference[name] == nats.difference[name]
        assert other.intervals[name] == nats.intervals[name]
    assert (other.p_value, other.win_rate) == (nats.p_value, nats.win_rate)
    assert nats.difference["bits"] == nats.difference["absolute"] / math.log(2)


def test_rows_won_and_tied_are_counted_by_weight() -> None:
    a, b = np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.5, 2.0, 4.0, 5.0])
    one = only(compared(a, b))
    assert (one.win_rate, one.tie_rate) == (0.25, 0.25)
    tables = {"a": frame(a, w=[4, 3, 2, 1]), "b": frame(b)}
    one = only(checked(compare(tables, weight="w")))
    assert (one.win_rate, one.tie_rate) == (0.4, 0.3)


# The sign-flip test


@pytest.mark.parametrize("rows", range(2, 13))
def test_few_signs_are_all_flipped(rows: int) -> None:
    rng = np.random.default_rng(rows)
    a = rng.exponential(1.0, rows).round(1)
    b = np.abs(a + rng.normal(0.3, 0.5, rows).round(1))  # rounded, so that some sums are equal
    expected = stats.permutation_test(
        (b - a,), np.mean, permutation_type="samples", n_resamples=2**rows
    )
    one = only(compared(a, b, test="sign-flip", interval="t"))
    assert one.p_value == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("more", [0.0, 0.012, 0.02])
def test_of_many_signs_some_are_flipped_and_agree_with_t(more: float) -> None:
    a, b = losses(20_000, seed=5, more=more)
    flipped, plain = (only(compared(a, b, test=test)) for test in ("sign-flip", "t"))
    noise = math.sqrt(plain.p_value * (1 - plain.p_value) / 9_999)
    assert flipped.p_value == pytest.approx(plain.p_value, abs=4 * noise + 2e-4)
    assert flipped.replace(p_value=0.0, p_adjusted=0.0) == plain.replace(p_value=0.0, p_adjusted=0)


def test_random_signs_never_give_a_p_value_of_0() -> None:
    a, _ = losses(1_000)
    assert only(compared(a, a + 1.0, test="sign-flip")).p_value == 1 / 10_000


def test_clusters_change_their_signs_together() -> None:
    a, b = losses(60, seed=2)
    users = np.arange(60) % 10
    tables = {"a": frame(a, user=users), "b": frame(b)}
    one = only(checked(compare(tables, cluster="user", test="sign-flip", interval="t")))
    sums = pd.Series(b - a).groupby(users).sum().to_numpy()
    expected = stats.permutation_test(
        (sums,), np.sum, permutation_type="samples", n_resamples=2**10
    )
    assert one.p_value == pytest.approx(expected.pvalue)


# The relative difference


@pytest.mark.parametrize("interval", ["t", "hall"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_relative_interval_has_the_ratios_that_the_test_allows(
    interval: Any, weighted: bool
) -> None:
    """Fieller's, by a root finder; the skewness is that of the differences."""
    rows = 300
    a, b = losses(rows, seed=7)
    w = np.random.default_rng(8).uniform(0.5, 2.0, rows) if weighted else np.ones(rows)
    tables = {"a": frame(a, w=w), "b": frame(b)}
    one = only(checked(compare(tables, weight="w" if weighted else None, interval=interval)))
    _, _, n, skewness = weighted_moments(b - a, w)
    if interval == "t":
        skewness = 0.0
    low, high = unusual(stats.t.ppf(0.975, n - 1), skewness)

    def statistic(ratio: float) -> float:
        mean, error, _, _ = weighted_moments(b - a - ratio * a, w)
        return mean / error

    expected = [
        optimize.brentq(lambda x, t: statistic(x) - t, -0.9, 3.0, args=(t,)) for t in (high, low)
    ]
    own = one.intervals["relative"]
    assert one.difference["relative"] == pytest.approx(
        np.average(b, weights=w) / np.average(a, weights=w) - 1, rel=EXACT
    )
    assert (own.low, own.high) == pytest.approx(tuple(expected), rel=1e-9)


def test_a_reference_that_may_be_0_leaves_the_relative_interval_open() -> None:
    a, b = np.array([0.0, 0.0, 0.0, 0.0, 9.0]), np.array([1.0, 2.0, 1.0, 2.0, 1.0])
    result = compared(a, b, interval="t")
    own = only(result).intervals["relative"]
    assert -1.0 < own.low < 0.0
    assert math.isnan(own.high)
    assert result.to_dict()["comparisons"][0]["intervals"]["relative"]["high"] is None


# Weights and clusters


def test_the_weighted_difference_is_that_of_its_formula() -> None:
    a, b = losses(300, seed=9)
    w = np.random.default_rng(9).exponential(1.0, 300)
    tables = {"a": frame(a, w=w), "b": frame(b)}
    one = only(checked(compare(tables, weight="w", interval="t")))
    mean, error, n, _ = weighted_moments(b - a, w)
    assert n < 200
    assert one.difference["absolute"] == pytest.approx(mean, rel=EXACT)
    assert one.standard_error == pytest.approx(error, rel=EXACT)
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(mean / error), n - 1), rel=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_clustered_errors_are_those_of_sums_by_cluster(weighted: bool) -> None:
    rng = np.random.default_rng(10)
    a, b = losses(400, seed=10)
    table = pd.DataFrame({"a": a, "b": b, "user": rng.integers(0, 37, 400)})
    table["w"] = rng.exponential(1.0, 400) if weighted else 1.0
    columns = {"user": table["user"], "w": table["w"]}
    tables = {"a": frame(a, **columns), "b": frame(b)}
    weight = "w" if weighted else None
    result = checked(compare(tables, cluster="user", weight=weight, interval="t"))
    total, sizes = table["w"].sum(), table["w"].groupby(table["user"]).sum()
    count = float(total**2 / (sizes**2).sum())  # Kish's

    def error(residual: pd.Series[float]) -> float:
        sums = (table["w"] * residual).groupby(table["user"]).sum()
        return math.sqrt(count / (count - 1) * float((sums**2).sum())) / total

    mean = np.average(table["b"] - table["a"], weights=table["w"])
    one = only(result)
    assert result.cluster == ClusterCount("user", 37)
    assert one.standard_error == pytest.approx(error(table["b"] - table["a"] - mean), rel=1e-9)
    t = stats.t.ppf(0.975, count - 1)

    def statistic(ratio: float) -> float:
        residual = table["b"] - table["a"] - ratio * table["a"]
        own = np.average(residual, weights=table["w"])
        return float(own / error(residual - own))

    expected = [
        optimize.brentq(lambda x, t: statistic(x) - t, -0.9, 3.0, args=(side,)) for side in (t, -t)
    ]
    own = one.intervals["relative"]
    assert (own.low, own.high) == pytest.approx(tuple(expected), rel=1e-9)
    for model, name in zip(result.models, ("a", "b"), strict=True):
        residual = table[name] - np.average(table[name], weights=table["w"])
        assert model.metrics["standard_error"] == pytest.approx(error(residual), rel=1e-9)
    t_value = mean / one.standard_error
    assert one.p_value == pytest.approx(2 * stats.t.sf(abs(t_value), count - 1), rel=1e-9)


def test_clusters_of_one_row_are_rows() -> None:
    a, b = losses(100, seed=11)
    tables = {"a": frame(a, row=range(100)), "b": frame(b)}
    single, plain = only(compare(tables, cluster="row")), only(compare(tables))
    assert single.standard_error == pytest.approx(plain.standard_error, rel=1e-12)
    assert single.p_value == pytest.approx(plain.p_value, rel=1e-9)
    for name, interval in plain.intervals.items():
        own = single.intervals[name]
        assert (own.low, own.high) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_repeated_rows_are_no_news_if_they_are_clusters() -> None:
    a, b = losses(100, seed=12)
    thrice = {"a": frame(np.repeat(a, 3), row=np.repeat(range(100), 3)), "b": frame(b.repeat(3))}
    clustered, plain = only(compare(thrice, cluster="row")), only(compared(a, b))
    assert clustered.standard_error == pytest.approx(plain.standard_error, rel=1e-12)
    assert clustered.p_value == pytest.approx(plain.p_value, rel=1e-9)
    fooled = only(compare(thrice))
    assert fooled.standard_error < 0.6 * plain.standard_error


def test_numbers_that_no_row_has_are_no_clusters() -> None:
    a, b = losses(6)
    users = np.array([1, 1, 7, 7, 90, 90])
    by_number, by_name = (
        checked(compare({"a": frame(a, user=own), "b": frame(b)}, cluster="user"))
        for own in (users, [f"user {n}" for n in users])
    )
    assert by_number.cluster == ClusterCount("user", 3)
    assert by_number.comparisons == by_name.comparisons


@pytest.mark.parametrize("test", ["t", "sign-flip"])
def test_the_order_in_which_clusters_occur_is_all_one(test: Any) -> None:
    a, b = losses(400, seed=16)
    table = frame(a, user=np.random.default_rng(16).integers(0, 60, 400)).assign(b=-b)
    turned = table.iloc[::-1]
    options: dict[str, Any] = {
        "preds": {"a": "logprob", "b": "b"},
        "as_": "logprobs",
        "task": "likelihood",
    }
    one, other = (compare(some, cluster="user", test=test, **options) for some in (table, turned))
    assert one.comparisons == other.comparisons


# Many at once


def test_p_values_of_a_worked_example_are_adjusted() -> None:
    """Four hypotheses, of which at 5 % the first and the last are rejected."""
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_p_values_are_adjusted_as_r_does() -> None:
    """``p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm")``, and ``p.adjust(c(0.6, 0.7))``."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([0.2, math.nan, 0.01])[::2] == pytest.approx([0.2, 0.02])


def test_many_models_are_adjusted_together() -> None:
    a, _ = losses(200)
    others = [losses(200, seed=seed, more=0.02 * seed)[1] for seed in range(1, 5)]
    result = compared(a, *others, interval="t")
    expected = holm([stats.ttest_rel(b, a).pvalue for b in others])
    assert [one.p_adjusted for one in result.comparisons] == pytest.approx(expected)
    for one in result.comparisons:
        assert (one.verdict == "unclear") == (one.p_adjusted >= 0.05)


def test_groups_are_compared_each_and_adjusted_together() -> None:
    a, b = losses(300, seed=13)
    c = losses(300, seed=14)[1]
    segment = np.random.default_rng(13).choice(list("xyz"), 300)
    tables = {"a": frame(a, segment=segment), "b": frame(b), "c": frame(c)}
    result = checked(compare(tables, by="segment"))
    found: list[Comparison] = []
    for group in result.groups:
        rows = segment == group.by["segment"]
        alone = compared(a[rows], b[rows], c[rows])
        assert group.rows == rows.sum()
        assert group.metrics == {model.name: model.metrics for model in alone.models}
        for own, one in zip(group.comparisons, alone.comparisons, strict=True):
            assert own.difference == one.difference
            assert own.intervals == one.intervals
            assert (own.p_value, own.win_rate) == (one.p_value, one.win_rate)
        found += group.comparisons
    assert [group.by["segment"] for group in result.groups] == ["x", "y", "z"]
    assert [one.p_adjusted for one in found] == pytest.approx(holm([one.p_value for one in found]))
    whole = compared(a, b, c)
    assert result.comparisons == whole.comparisons


@pytest.mark.parametrize("options", [{}, {"test": "sign-flip"}, {"cluster": "user"}])
def test_clusters_and_signs_are_kept_apart_by_group(options: dict[str, Any]) -> None:
    a, b = losses(600, seed=15)
    rng = np.random.default_rng(15)
    more = {"g": rng.integers(0, 3, 600), "user": rng.integers(0, 40, 600)}
    result = checked(compare({"a": frame(a, **more), "b": frame(b)}, by="g", **options))
    for group in result.groups:
        rows = more["g"] == int(group.by["g"] or 0)
        own = {"a": frame(a[rows], user=more["user"][rows]), "b": frame(b[rows])}
        (grouped,), alone = group.comparisons, only(compare(own, **options))
        assert grouped.standard_error == pytest.approx(alone.standard_error, rel=1e-12)
        assert grouped.p_value == pytest.approx(alone.p_value, rel=0.2, abs=0.01)
    whole = only(compare({"a": frame(a, **more), "b": frame(b)}, **options))
    assert only(result).replace(p_value=0.0) == whole.replace(p_value=0.0)
    assert only(result).p_value == whole.p_value


# How many rows are needed


@pytest.mark.parametrize("level", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("effect", [1.0, 0.5, 0.2, 0.05])
def test_the_rows_promised_have_the_power_promised(effect: float, level: float) -> None:
    """By the noncentral t distribution, for normal differences of so many standard deviations."""
    rows = math.ceil(rows_to_decide(100, effect, 1.0 / math.sqrt(100), level))
    edge = stats.t.isf(level / 2, rows - 1)
    power = stats.nct.sf(edge, rows - 1, effect * math.sqrt(rows))
    assert power == pytest.approx(POWER, abs=0.03 if effect == 1.0 else 0.01)


def test_more_rows_are_what_is_missing_of_those_promised() -> None:
    a, b = losses(30, seed=17, more=0.05)
    one = only(compared(a, b))
    d = b - a
    promised = rows_to_decide(30, d.mean(), stats.sem(d), 0.05)
    assert one.verdict == "unclear"
    assert one.more_rows == math.ceil(promised) - 30
    assert only(compared(a + 1.0, a + np.tile([0.5, 1.5], 15))).more_rows is None


def test_more_clusters_are_reported_as_rows() -> None:
    a, b = losses(300, seed=18, more=0.01)
    users = np.arange(300) % 20
    one = only(checked(compare({"a": frame(a, user=users), "b": frame(b)}, cluster="user")))
    promised = rows_to_decide(20, one.difference["absolute"], one.standard_error, 0.05)
    assert one.more_rows == math.ceil(promised * 300 / 20) - 300


def test_a_level_is_shared_among_many_comparisons() -> None:
    """Else groups that are clear alone would be promised fewer rows than there are."""
    a, b = losses(4_000, seed=19, more=0.0)
    group = np.arange(4_000) % 40
    b[group == 0] += 0.2
    p = stats.ttest_rel(b[group == 0], a[group == 0]).pvalue
    assert 0.05 / 40 < p < 0.01
    result = checked(compare({"a": frame(a, g=group), "b": frame(b)}, by="g"))
    (first,) = result.groups[0].comparisons
    assert first.verdict == "unclear"
    assert first.more_rows is not None
    d = (b - a)[group == 0]
    assert (
        first.more_rows == math.ceil(rows_to_decide(100, d.mean(), stats.sem(d), 0.05 / 40)) - 100
    )
    assert holm_levels([0.03, math.nan, 0.001, 0.5], 0.05) == [0.025, 0.05, 0.05 / 3, 0.05]


def test_a_few_signs_are_never_significant() -> None:
    """Of five rows the p-value is 2 / 32 at least, of six 2 / 64."""
    a, _ = losses(5)
    one = only(compared(a, a + np.array([1.0, 1.1, 1.0, 1.1, 1.0]), test="sign-flip"))
    assert (one.p_value, one.verdict, one.more_rows) == (2 / 32, "unclear", 1)


# Columns that only one of the files has


def test_weights_groups_and_clusters_may_be_in_any_of_the_files() -> None:
    a, b = losses(60, seed=8)
    rng = np.random.default_rng(8)
    more = {
        "w": rng.integers(1, 4, 60),
        "segment": rng.choice(["eu", "us"], 60),
        "user": rng.integers(0, 9, 60).astype(str),
    }
    arguments: dict[str, Any] = {"weight": "w", "by": "segment", "cluster": "user"}
    plain, full = (frame(own, **more) for own in (a, b))
    expected = checked(compare({"a": plain, "b": full}, **arguments)).to_dict()
    for pair in ((plain, frame(b)), (frame(a), full)):
        found = checked(compare(dict(zip("ab", pair, strict=True)), **arguments)).to_dict()
        assert found == expected
