"""Intervals of metrics that are no means, from their definitions in numpy and from the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from ce_cli import score
from ce_cli.errors import DataError
from ce_cli.kernels.binomial import quantile_ranks
from ce_cli.results.score import Interval, Result
from tests.conftest import SCHEMAS, score_json, write_csv
from tests.metrics.hall import hall_ends, hall_interval, kish

Floats = NDArray[np.float64]

ROWS = 300
ODD_PROBABILITIES = (0.0, 1e-9, 0.2, 0.5, 0.9, 1.0)


def drawn(rows: int = ROWS, seed: int = 11) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    logit = rng.normal(-0.5, 1.5, rows)
    label = (rng.random(rows) < special.expit(0.8 * logit)).astype(int)
    prob = special.expit(logit).round(3).clip(0.001, 0.999)
    segment = rng.choice(["eu", "us"], rows)
    return pd.DataFrame({"label": label, "prob": prob, "segment": segment})


def losses_of(data: pd.DataFrame) -> Floats:
    given = np.where(data["label"] == 1, data["prob"], 1 - data["prob"])
    return np.asarray(-np.log(given))


def parts(result: Result, data: pd.DataFrame) -> list[tuple[dict[str, Interval], pd.DataFrame]]:
    """All rows, and those of each group."""
    grouped = [(g.intervals, data[data["segment"] == g.by["segment"]]) for g in result.groups]
    return [(result.intervals, data), *grouped]


def left_out(data: pd.DataFrame, figure: str) -> Floats:
    """The figure of all rows but one, for each row."""
    rows = np.arange(len(data))
    return np.array([score(data[rows != row], metric=figure).metrics[figure] for row in rows])


# Quantiles


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("count", [1, 2, 9, 50, 1_000, 1_000_000])
def test_ranks_are_quantiles_of_the_binomial(count: int, share: float, confidence: float) -> None:
    low, high = quantile_ranks(count, share, confidence)
    tail = (1 - confidence) / 2
    assert low == stats.binom.ppf(tail, count, share)
    assert high == stats.binom.ppf(1 - tail, count, share) + 1


def test_the_median_lies_between_the_order_statistics_that_tables_give() -> None:
    """For 100 rows a 95 % interval of the median is from the 40th to the 61st: Conover, 3.2."""
    assert quantile_ranks(100, 0.5, 0.95) == (40, 61)


@pytest.mark.parametrize(("name", "share"), [("median", 0.5), ("p90", 0.9)])
def test_a_quantile_lies_between_two_losses(name: str, share: float) -> None:
    data = drawn()
    interval = score(data, metric=name).intervals[name]
    ranks = stats.binom.ppf([0.025, 0.975], ROWS, share).astype(int) + np.array([0, 1])
    low, high = np.sort(losses_of(data))[ranks - 1]
    assert low * (1 - 1 / 127) <= interval.low <= low
    assert high <= interval.high <= high * (1 + 1 / 127)
    assert "order statistics" in interval.method


def test_an_end_beyond_the_largest_loss_is_open() -> None:
    few = score(drawn(50), metric=["p99", "median"], confidence=0.95).intervals
    assert np.isnan(few["p99"].high)
    assert few["p99"].low > 0
    assert np.isfinite([few["median"].low, few["median"].high]).all()
    assert score_json_of(drawn(50))["intervals"]["p99"]["high"] is None


def score_json_of(data: pd.DataFrame) -> dict[str, dict[str, dict[str, float | None]]]:
    document = score(data).to_dict()
    SCHEMAS["ce.score/1"].validate(document)
    return document


def test_a_weighted_quantile_counts_rows_as_kish_does() -> None:
    data = drawn()
    one, ten = (score(data.assign(w=w), weight="w", metric="p90") for w in (1.0, 10.0))
    assert one.intervals == score(data, metric="p90").intervals == ten.intervals
    uneven = score(data.assign(w=np.arange(ROWS) % 2 * 9 + 1.0), weight="w", metric="p90")
    assert uneven.intervals["p90"].low <= one.intervals["p90"].low
    assert uneven.intervals["p90"].high >= one.intervals["p90"].high


# Skill


@pytest.mark.parametrize("name", ["skill", "normalized_cross_entropy"])
def test_the_interval_of_skill_is_that_of_a_jackknife(name: str) -> None:
    data = drawn(150)
    result = score(data, metric=name, interval="t")
    others = left_out(data, name)
    error = np.sqrt(149 / 150 * ((others - others.mean()) ** 2).sum())
    reach = stats.t.ppf(0.975, 149) * error
    own = result.intervals[name]
    assert (own.high - own.low) / 2 == pytest.approx(reach, rel=0.03)
    middle = score(data).metrics["cross_entropy"] / baseline_without_bias(data["label"])
    middle = 1.0 - middle if name == "skill" else middle
    assert (own.high + own.low) / 2 == pytest.approx(middle, rel=1e-12)
    method = "Student's t on the infinitesimal jackknife, about the baseline without bias"
    assert own.method == method


def baseline_without_bias(label: pd.Series) -> float:
    """Σ π·(ψ(n) − ψ(n·π)) of two classes, which Miller (1955) has as H(π) + 1/(2n)."""
    counts = label.value_counts().to_numpy(float)
    rows = counts.sum()
    found = float(np.dot(counts / rows, special.digamma(rows) - special.digamma(counts)))
    assert found == pytest.approx(stats.entropy(counts) + 0.5 / rows, abs=1e-4)
    return found


@pytest.mark.parametrize(("classes", "rows"), [(2, 100), (10, 100), (1000, 100), (1000, 1000)])
def test_the_interval_of_skill_allows_for_shares_estimated_from_the_same_rows(
    classes: int, rows: int
) -> None:
    """The skill of the true distribution is 0, although its sample seems to be better."""
    rng = np.random.default_rng(classes + rows)
    shares = np.full(classes, 1.0 / classes)
    covered = 0
    for _ in range(20):
        label = rng.choice(classes, rows, p=shares)
        columns = {f"p_{k}": np.full(rows, share) for k, share in enumerate(shares.tolist())}
        result = score(pa.table({"label": label, **columns}))
        own = result.intervals["skill"]
        assert own.low <= result.metrics["skill"] <= own.high
        covered += own.low <= 1e-12 and own.high >= -1e-12
        assert "worse_than_constant" not in {one.code for one in result.warnings}
    assert covered >= 17


def error_of_skill(label: Floats, losses: Floats, weights: Floats) -> float:
    """From the slope against the weight of each row, by differences of the definition."""

    def skill(some: Floats) -> float:
        share = np.average(label, weights=some)
        return 1.0 - float(np.average(losses, weights=some) / stats.entropy([share, 1 - share]))

    step = 1e-5
    slopes = [(skill(weights + step * one) - skill(weights - step * one)) for one in np.eye(ROWS)]
    residuals = weights * np.array(slopes) / (2 * step)
    return float(np.sqrt(kish(weights) / (kish(weights) - 1) * np.dot(residuals, residuals)))


@pytest.mark.parametrize("weighted", [False, True])
def test_the_interval_of_skill_is_that_of_the_influences(weighted: bool) -> None:
    data = drawn()
    rng = np.random.default_rng(3)
    weights = rng.exponential(1.0, ROWS) if weighted else np.ones(ROWS)
    error = error_of_skill(data["label"].to_numpy(), losses_of(data), weights)
    given = {"weight": "w"} if weighted else {}
    own = score(data.assign(w=weights), metric="skill", interval="t", **given).intervals["skill"]  # type: ignore[arg-type]
    reach = stats.t.ppf(0.975, kish(weights) - 1)
    assert (own.high - own.low) / 2 == pytest.approx(reach * error, rel=1e-6)


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_interval_of_skill_allows_for_the_skewness_of_the_influences(
    weighted: bool, soft: bool
) -> None:
    """Its ends differ from those by t as Hall's transformed t of the influences does."""
    data, rng = drawn(), np.random.default_rng(3)
    label, prob = data["label"].to_numpy(np.float64), data["prob"].to_numpy(np.float64)
    label = np.abs(label - rng.uniform(0.0, 0.2, ROWS)) if soft else label
    weights = rng.uniform(0.5, 1.5, ROWS) if weighted else np.ones(ROWS)
    losses = -label * np.log(prob) - (1.0 - label) * np.log1p(-prob)
    share = np.average(label, weights=weights)
    constants = -label * np.log(share) - (1.0 - label) * np.log1p(-share)
    ratio = np.average(losses, weights=weights) / stats.entropy([share, 1.0 - share])
    residuals = weights * (losses - ratio * constants)
    scale = weights.sum() * stats.entropy([share, 1.0 - share])
    given = data.assign(label=label, w=weights)
    options = {"weight": "w"} if weighted else {}
    found = {
        method: score(given, metric="skill", interval=method, **options).intervals["skill"]  # type: ignore[arg-type]
        for method in ("t", "hall")
    }
    low, high = hall_ends(0.0, residuals, weights, 0.95)
    ends = np.array([low, high]) * weights.sum() / scale
    by_t = (found["t"].high - found["t"].low) / 2
    moved = (found["hall"].high - found["t"].high, found["hall"].low - found["t"].low)
    assert moved == pytest.approx((-ends[0] - by_t, by_t - ends[1]), rel=1e-6, abs=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_soft_labels_have_the_interval_of_their_influences(
    weighted: bool, smoothing: float
) -> None:
    rng = np.random.default_rng(13)
    soft = rng.beta(1, 9, ROWS)
    prob = np.clip(soft + rng.normal(0, 0.03, ROWS), 0.01, 0.9)
    weights = rng.exponential(1.0, ROWS) if weighted else np.ones(ROWS)
    losses = -soft * np.log(prob) - (1 - soft) * np.log(1 - prob)
    error = error_of_skill(soft, losses, weights)
    data = pd.DataFrame({"label": soft, "prob": prob, "w": weights})
    given = {"weight": "w"} if weighted else {}
    result = score(data, metric="skill", label_smoothing=smoothing, interval="t", **given)  # type: ignore[arg-type]
    own = result.intervals["skill"]
    reach = stats.t.ppf(0.975, kish(weights) - 1)
    assert (own.high - own.low) / 2 == pytest.approx(reach * error, rel=1e-5)


def test_soft_labels_of_many_classes_have_no_interval_of_skill() -> None:
    rng = np.random.default_rng(14)
    soft, shares = rng.dirichlet(np.ones(5), 50), rng.dirichlet(np.ones(5), 50)
    columns = {f"y_{k}": soft[:, k] for k in range(5)} | {f"p_{k}": shares[:, k] for k in range(5)}
    interval = score(pd.DataFrame(columns), label="y_*", pred="p_*").intervals["skill"]
    assert np.isnan([interval.low, interval.high]).all()


def test_many_classes_have_intervals_of_skill_by_group_as_alone() -> None:
    rng = np.random.default_rng(4)
    shares = rng.dirichlet(np.ones(5), ROWS)
    columns = {f"p_{k}": shares[:, k] for k in range(5)}
    label = [int(rng.choice(5, p=share)) for share in shares]
    data = pd.DataFrame({"label": label, **columns, "segment": rng.choice(["eu", "us"], ROWS)})
    for intervals, rows in parts(score(data, metric="skill", by="segment"), data):
        alone = score(rows, metric="skill").intervals["skill"]
        own = intervals["skill"]
        assert (own.low, own.high) == pytest.approx((alone.low, alone.high), rel=1e-12)
    others = left_out(data.iloc[:120], "skill")
    error = np.sqrt(119 / 120 * ((others - others.mean()) ** 2).sum())
    own = score(data.iloc[:120], metric="skill").intervals["skill"]
    assert (own.high - own.low) / 2 == pytest.approx(stats.t.ppf(0.975, 119) * error, rel=0.05)


def test_soft_labels_that_are_certain_have_the_interval_of_hard_ones() -> None:
    data = drawn()
    soft = data.assign(y_0=1.0 - data["label"], y_1=1.0 * data["label"], p_0=1 - data["prob"])
    soft = soft.rename(columns={"prob": "p_1"}).drop(columns=["label", "segment"])
    soft.loc[0, ["y_0", "y_1"]] = [1e-12, 1 - 1e-12] if data["label"][0] else [1 - 1e-12, 1e-12]
    own = score(soft, label="y_*", pred="p_*", metric="skill").intervals["skill"]
    hard = score(data, metric="skill").intervals["skill"]
    assert (own.low, own.high) == pytest.approx((hard.low, hard.high), rel=1e-6)


# AUC


def delong(label: Floats, prob: Floats) -> float:
    """The variance from the structural components of DeLong et al. 1988, pair by pair."""
    up, down = prob[label == 1], prob[label == 0]
    pairs = (up[:, None] > down) + 0.5 * (up[:, None] == down)
    return float(
        pairs.mean(axis=1).var(ddof=1) / len(up) + pairs.mean(axis=0).var(ddof=1) / len(down)
    )


def test_the_interval_of_auc_is_delongs() -> None:
    data = drawn()
    for intervals, rows in parts(score(data, metric="auc", by="segment"), data):
        label, prob = (rows[name].to_numpy(np.float64) for name in ("label", "prob"))
        area = roc_auc_score(label, prob)
        error = np.sqrt(delong(label, prob)) / (area * (1 - area))
        reach = stats.t.ppf(0.975, min(label.sum(), (1 - label).sum()) - 1) * error
        own = intervals["auc"]
        expected = special.expit(special.logit(area) + np.array([-reach, reach]))
        assert (own.low, own.high) == pytest.approx(tuple(expected), rel=1e-9)
        assert "DeLong" in own.method


@pytest.mark.parametrize("weighted", [False, True])
def test_auc_by_group_is_that_of_the_group_alone(weighted: bool) -> None:
    """Groups of one class, of one row, of ties, and of more scores than are kept exactly."""
    rng = np.random.default_rng(11)
    sizes = {"large": 40_000, "small": 60, "ties": 300, "one class": 20, "one row": 1}
    group = np.repeat(list(sizes), list(sizes.values()))
    prob = rng.uniform(0.0, 1.0, len(group))
    prob[group == "ties"] = rng.integers(1, 4, sizes["ties"]) / 4.0
    label = (rng.random(len(group)) < 0.5 * prob + 0.2).astype(int)
    label[group == "one class"] = 1
    weights = rng.integers(0, 3, len(group)).astype(float) if weighted else None
    data = pd.DataFrame({"label": label, "prob": prob, "g": group}).assign(w=weights)
    data = data.sample(frac=1.0, random_state=1)
    options: dict[str, Any] = {"metric": ["auc"], "weight": "w" if weighted else None}
    found = {one.by["g"]: one for one in score(data, by="g", **options).groups}
    for name in sizes:
        rows = data[data["g"] == name]
        if weighted and not rows["w"].any():
            continue
        alone = score(rows, **options)
        assert repr(found[name].metrics) == repr(alone.metrics)
        assert repr(found[name].intervals) == repr(alone.intervals)


def test_scores_in_bins_hardly_change_the_interval_of_auc() -> None:
    rng = np.random.default_rng(5)
    label = rng.integers(0, 2, 100_000)
    prob = special.expit(rng.normal(0.0, 1.0, 100_000) + label)
    own = score(pd.DataFrame({"label": label, "prob": prob}), metric="all")
    few = score(pd.DataFrame({"label": label, "prob": prob.round(3)}), metric="all")
    assert own.metrics["auc_error"] > 0 == few.metrics["auc_error"]
    for end in ("low", "high"):
        one, other = (getattr(result.intervals["auc"], end) for result in (own, few))
        assert one == pytest.approx(other, abs=2e-4)


def test_whole_weights_that_are_all_one_keep_the_interval_of_auc() -> None:
    data = drawn().assign(w=1.0)
    plain, weighted = score(data, metric="auc"), score(data, metric="auc", weight="w")
    for end in ("low", "high"):
        one, other = (getattr(result.intervals["auc"], end) for result in (plain, weighted))
        assert one == pytest.approx(other, rel=1e-12)


def test_a_perfect_ranking_has_no_interval_rather_than_a_certain_one() -> None:
    data = pd.DataFrame({"label": [0, 0, 0, 1, 1, 1], "prob": [0.1, 0.2, 0.3, 0.6, 0.7, 0.8]})
    result = score(data, metric="auc")
    assert result.metrics["auc"] == 1.0
    assert np.isnan([result.intervals["auc"].low, result.intervals["auc"].high]).all()


# The expected calibration error


def test_far_from_calibrated_the_interval_of_ece_is_that_of_a_mean() -> None:
    """Where all rows of a bin err to one side, the error is the mean of what is missing."""
    rng = np.random.default_rng(6)
    data = pd.DataFrame({"label": (rng.random(2_000) < 0.6).astype(int), "prob": 0.97})
    own = score(data, metric="ece").intervals["ece"]
    expected = stats.ttest_1samp(0.97 - data["label"], 0.0).confidence_interval()
    assert (own.low, own.high) == pytest.approx((expected.low, expected.high), rel=1e-9)


def test_the_interval_of_ece_reaches_0_where_predictions_are_calibrated() -> None:
    rng = np.random.default_rng(7)
    prob = rng.random(2_000)
    data = pd.DataFrame({"label": (rng.random(2_000) < prob).astype(int), "prob": prob})
    result = score(data, metric="ece")
    assert result.metrics["ece"] > 0.01
    assert result.intervals["ece"].low == 0.0


# All of them


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 1000), cut=st.integers(1, 59))
def test_intervals_are_the_same_however_rows_are_split(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int
) -> None:
    data = drawn(60, seed).assign(w=np.random.default_rng(seed).integers(1, 4, 60))
    folder = tmp_path_factory.mktemp("split")
    names = [str(folder / f"{part}.csv") for part in "ab"]
    data.iloc[:cut].to_csv(names[0], index=False)
    data.iloc[cut:].to_csv(names[1], index=False)
    whole = score(data, metric="all", weight="w", by="segment")
    split = score(names, metric="all", weight="w", by="segment")
    assert_same(whole.intervals, split.intervals)
    for one, other in zip(whole.groups, split.groups, strict=True):
        assert_same(one.intervals, other.intervals)


def assert_same(one: dict[str, Interval], other: dict[str, Interval]) -> None:
    assert one.keys() == other.keys()
    for name, interval in one.items():
        np.testing.assert_array_equal(
            [interval.low, interval.high], [other[name].low, other[name].high], err_msg=name
        )


def test_perplexity_and_total_follow_the_mean() -> None:
    result = score(drawn(), base="2")
    mean = result.intervals["cross_entropy"]
    for end in ("low", "high"):
        bits = getattr(mean, end)
        assert getattr(result.intervals["perplexity"], end) == pytest.approx(2**bits)
        assert getattr(result.intervals["total"], end) == pytest.approx(ROWS * bits)


def test_the_divergence_is_the_mean_of_its_rows() -> None:
    rng = np.random.default_rng(8)
    soft, given_ = rng.dirichlet(np.ones(3), ROWS), rng.dirichlet(np.ones(3), ROWS)
    columns = {f"y_{k}": soft[:, k] for k in range(3)} | {f"p_{k}": given_[:, k] for k in range(3)}
    data = pd.DataFrame(columns)
    own = score(data, label="y_*", pred="p_*").intervals["kl_divergence"]
    rows = np.asarray(stats.entropy(soft, given_, axis=1))
    assert (own.low, own.high) == pytest.approx(hall_interval(rows, 0.95), rel=1e-8)
    weights = rng.exponential(1.0, ROWS)
    weighted = score(data.assign(w=weights), label="y_*", pred="p_*", weight="w")
    own = weighted.intervals["kl_divergence"]
    assert (own.low, own.high) == pytest.approx(hall_interval(rows, 0.95, weights), rel=1e-8)


def test_the_document_names_the_method_of_every_interval(tmp_path: Path) -> None:
    data = drawn()
    path = write_csv(tmp_path / "p.csv", {"label": data["label"], "prob": data["prob"]})
    document = score_json(path, "--metric", "all")
    assert {"skill", "ece", "auc", "median", "p90", "p99", "bias"} <= document["intervals"].keys()
    for name, interval in document["intervals"].items():
        assert interval["method"], name


@pytest.mark.parametrize("cluster", [None, "user"])
@pytest.mark.parametrize("given", [{}, {"clip": "none"}, {"convention": "keras", "weight": "w"}])
def test_an_interval_has_its_figure_within_or_is_not_known(
    given: dict[str, str], cluster: str | None
) -> None:
    data = drawn().assign(user=np.arange(ROWS) % 40, w=np.arange(ROWS) % 3 + 0.5)
    data.loc[::30, "prob"] = 1.0 - data["label"][::30]
    result = score(data, metric="all", by="segment", cluster=cluster, **given)  # type: ignore[arg-type]
    found = [(result.metrics, result.intervals)]
    found += [(group.metrics, group.intervals) for group in result.groups]
    for metrics, intervals in found:
        for name, interval in intervals.items():
            if np.isfinite(metrics[name]):
                assert not interval.low > metrics[name], name
                assert not interval.high < metrics[name], name
            else:
                assert not np.isfinite([interval.low, interval.high]).any(), name
    for line in result.per_class:
        if line.interval is not None and np.isfinite(line.cross_entropy):
            low, high = line.interval
            assert low < line.cross_entropy < high


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(
        st.tuples(
            st.booleans(), st.sampled_from((0.0, 1e-9, 0.2, 0.5, 0.9, 1.0)), st.floats(0, 1e6)
        ),
        min_size=1,
        max_size=12,
    ).filter(lambda rows: sum(weight for _, _, weight in rows) > 0),
    confidence=st.sampled_from((0.5, 0.95, 0.9999)),
    clustered=st.booleans(),
)
def test_small_and_odd_data_have_intervals_or_none(
    rows: list[tuple[bool, float, float]], confidence: float, clustered: bool
) -> None:
    label, prob, weight = (list(column) for column in zip(*rows, strict=True))
    data = pd.DataFrame({"label": np.array(label, int), "prob": prob, "w": weight})
    data["user"] = [f"u{row % 5}" for row in range(len(rows))]
    cluster = "user" if clustered else None
    result = score(data, metric="all", weight="w", confidence=confidence, cluster=cluster)
    for name, interval in result.intervals.items():
        assert not interval.low > interval.high, name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "weights",
    [(0.0, 1e-300, 1.0, 1e300), (1e-200, 1e-200, 1e6, 1.0), (1e150, 1.0, 1e-150, 1e-160)],
)
def test_clusters_whose_weights_are_far_apart(weights: tuple[float, ...]) -> None:
    for prob in ((0.2, 0.5, 0.9, 0.0), (0.5, 0.5, 0.5, 0.5), (1e-9, 0.2, 0.9, 1.0)):
        data = pd.DataFrame({"label": [0, 1, 1, 0], "prob": prob, "w": weights, "user": [*"abca"]})
        for interval in score(data, metric="all", weight="w", cluster="user").intervals.values():
            assert not interval.low > interval.high


# What Python is told of its mistakes


def test_an_unknown_option_is_reported_with_the_closest_name() -> None:
    with pytest.raises(TypeError, match=r"'metrik'.*did you mean 'metric'"):
        score(drawn(), metrik="auc")  # type: ignore[call-arg]


@pytest.mark.parametrize("data", [None, [1, 2], 3.5])
def test_objects_that_are_not_data_are_reported_in_a_sentence(data: object) -> None:
    with pytest.raises(DataError, match="paths"):
        score(data)
