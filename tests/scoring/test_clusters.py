"""`--cluster` of `ce score`: errors of rows that belong together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.metrics import roc_auc_score

from ce_cli import compare, score
from ce_cli.results.score import Interval
from ce_cli.scoring.clustered import BUCKETS, buckets_of
from tests.conftest import complaints, run_ce, score_json, write_csv
from tests.metrics.hall import hall_ends, kish

Floats = NDArray[np.float64]

WRONG_USAGE, BAD_DATA = 2, 3
MEANS = ["cross_entropy", "brier", "confidence", "bias"]


def drawn(rows: int = 400, clusters: int = 30, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    user = rng.integers(0, clusters, rows)
    logit = rng.normal(0.0, 1.5, rows)
    label = (rng.random(rows) < special.expit(logit + rng.normal(0, 1, clusters)[user])).astype(int)
    return pd.DataFrame(
        {
            "label": label,
            "prob": special.expit(logit).round(3),
            "user": [f"u{one}" for one in user],
            "segment": rng.choice(["eu", "us"], rows),
            "w": rng.exponential(1.0, rows),
        }
    )


def numbers(data: pd.DataFrame) -> dict[str, Floats]:
    """What each metric is the mean of."""
    label, prob = data["label"].to_numpy(), data["prob"].to_numpy()
    return {
        "cross_entropy": -np.log(np.where(label == 1, prob, 1 - prob)),
        "accuracy": ((prob > 0.5) == label).astype(float),
        "brier": (prob - label) ** 2,
        "confidence": np.asarray(stats.entropy([prob, 1 - prob])),
        "bias": prob - label,
    }


def ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", MEANS)
def test_residuals_are_summed_within_a_cluster(name: str, weighted: bool) -> None:
    """Liang and Zeger's error by pandas and Hall's interval, of all rows and of each group."""
    data = drawn()
    if not weighted:
        data["w"] = 1.0
    names = [name, "standard_error"]
    result = score(data, cluster="user", metric=names, weight="w", by="segment", confidence=0.9)
    parts = [(result.intervals, result.metrics, data)]
    for group in result.groups:
        parts.append((group.intervals, group.metrics, data[data.segment == group.by["segment"]]))
    for intervals, metrics, rows in parts:
        own, weights = numbers(rows)[name], rows["w"].to_numpy()
        mean = np.average(own, weights=weights)
        residuals = pd.Series(weights * (own - mean)).groupby(rows["user"].to_numpy()).sum()
        sizes = pd.Series(weights).groupby(rows["user"].to_numpy()).sum()
        count = kish(sizes.to_numpy())
        error = np.sqrt(count / (count - 1) * (residuals**2).sum()) / weights.sum()
        expected = hall_ends(mean, np.asarray(residuals), np.asarray(sizes), 0.9)
        assert ends(intervals[name]) == pytest.approx(expected, rel=1e-8)
        assert "summed by cluster" in intervals[name].method
        if name == "cross_entropy":
            assert metrics["standard_error"] == pytest.approx(error, rel=1e-9)


def test_it_is_the_error_that_a_comparison_gives_a_model() -> None:
    data = drawn()
    other = data.assign(prob=0.5)
    model = compare({"own": data, "even": other}, cluster="user").models[0]
    result = score(data, cluster="user")
    assert model.metrics["standard_error"] == result.metrics["standard_error"]
    assert model.intervals["cross_entropy"] == result.intervals["cross_entropy"]


@pytest.mark.parametrize("name", MEANS)
def test_clusters_of_one_row_change_nothing(name: str) -> None:
    data = drawn().assign(user=range(400))
    for weight in (None, "w"):
        plain = score(data, metric=[name, "standard_error"], weight=weight)
        own = score(data, metric=[name, "standard_error"], weight=weight, cluster="user")
        assert ends(own.intervals[name]) == pytest.approx(ends(plain.intervals[name]), rel=1e-9)
        assert own.metrics == pytest.approx(plain.metrics, rel=1e-9)


def figure(name: str, data: pd.DataFrame) -> float:
    if name == "auc":
        return float(roc_auc_score(data["label"], data["prob"], sample_weight=data["w"]))
    return score(data, metric=name, weight="w").metrics[name]


@pytest.mark.parametrize("name", ["auc", "ece", "skill", "normalized_cross_entropy"])
def test_figures_that_are_not_means_have_the_interval_of_a_jackknife(name: str) -> None:
    """Busing et al. 1999, equations 4 to 8, leaving the rows of one bucket out after another."""
    data = drawn(600, 200)
    bucket = buckets_of([str(user).encode() for user in data["user"]])
    value, total = figure(name, data), data["w"].sum()
    parts = [(total / own["w"].sum(), data[bucket != key]) for key, own in data.groupby(bucket)]
    share = np.array([part for part, _ in parts])
    count = 1 / (1 / share**2).sum()  # Kish's number of buckets
    without = np.array([figure(name, rest) for _, rest in parts])
    estimate = len(parts) * value - ((1 - 1 / share) * without).sum()
    pseudo = share * value - (share - 1) * without
    error = np.sqrt(((pseudo - estimate) ** 2 / (share - 1)).mean())
    reach = stats.t.ppf(0.975, count - 1) * error
    bias = 2 * (value - estimate)
    low, high = value - reach - max(bias, 0), value + reach - min(bias, 0)
    own = score(data, metric=name, weight="w", cluster="user").intervals[name]
    assert ends(own) == pytest.approx((max(low, 0) if name != "skill" else low, high), rel=1e-6)
    assert own.method == f"jackknife over {BUCKETS} buckets of clusters"


def test_accuracy_counts_as_many_rows_as_would_vary_as_much() -> None:
    """Wilson's interval with the effective number of rows, as Korn and Graubard 1998 advise."""
    data = drawn()
    own = numbers(data)["accuracy"]
    residuals = pd.Series(own - own.mean()).groupby(data["user"].to_numpy()).sum()
    count = kish(data.groupby("user").size().to_numpy().astype(float))
    variance = count / (count - 1) * (residuals**2).sum() / len(own) ** 2
    rows = own.mean() * (1 - own.mean()) / variance
    reach = stats.norm.ppf(0.975)
    middle = (own.mean() + reach**2 / (2 * rows)) / (1 + reach**2 / rows)
    inner = own.mean() * (1 - own.mean()) / rows + reach**2 / (4 * rows**2)
    half = reach * np.sqrt(inner) / (1 + reach**2 / rows)
    found = score(data, metric="accuracy", cluster="user").intervals["accuracy"]
    assert ends(found) == pytest.approx((middle - half, middle + half), rel=1e-9)
    right = data.assign(label=(data["prob"] > 0.5).astype(int))
    perfect = score(right, metric="accuracy", cluster="user").intervals["accuracy"]
    assert perfect.low < 0.9
    assert perfect.high == 1.0


def test_groups_are_jackknifed_as_if_they_were_alone() -> None:
    data = drawn(600, 200)
    names = ["auc", "ece", "skill"]
    for group in score(data, metric=names, cluster="user", by="segment").groups:
        own = score(data[data.segment == group.by["segment"]], metric=names, cluster="user")
        assert group.intervals.keys() == own.intervals.keys() == set(names)
        for name, interval in group.intervals.items():
            assert ends(interval) == pytest.approx(ends(own.intervals[name]), rel=1e-12)


def test_many_scores_are_jackknifed_in_bins() -> None:
    rng = np.random.default_rng(5)
    rows = 30_000
    label = rng.integers(0, 2, rows)
    prob = special.expit(rng.normal(0.0, 1.0, rows) + label)
    user = rng.integers(0, 3_000, rows)
    data = pd.DataFrame({"label": label, "prob": prob, "user": user})
    own, plain = (score(data, metric="auc", cluster=cluster) for cluster in ("user", None))
    widths = [np.subtract(*ends(one.intervals["auc"])) for one in (own, plain)]
    assert widths[0] == pytest.approx(widths[1], rel=0.35)  # rows are independent here


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 1000), cut=st.integers(1, 79))
def test_the_split_of_the_rows_is_all_one(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cut: int
) -> None:
    data = drawn(80, 12, seed)
    folder = tmp_path_factory.mktemp("split")
    names = [str(folder / f"{part}.csv") for part in "ab"]
    data.iloc[:cut].to_csv(names[0], index=False)
    data.iloc[cut:].to_csv(names[1], index=False)
    whole, split = (
        score(some, metric="all", weight="w", cluster="user", by="segment")
        for some in (data, names)
    )
    found = [[one.intervals, *(group.intervals for group in one.groups)] for one in (whole, split)]
    for one, other in zip(*found, strict=True):
        assert one.keys() == other.keys()
        for name, interval in one.items():
            np.testing.assert_array_equal(ends(interval), ends(other[name]), name)
    assert whole.metrics["standard_error"] == split.metrics["standard_error"]


def test_quantiles_count_fewer_rows() -> None:
    data = drawn(2_000, 20)
    data["prob"] = special.expit(special.logit(data["prob"].clip(0.01, 0.99)) - 1)
    own, plain = (score(data, cluster=cluster).intervals for cluster in ("user", None))
    for name in ("median", "p90"):
        assert own[name].low <= plain[name].low < plain[name].high <= own[name].high
        assert "design effect" in own[name].method


# The command line


def test_the_page_and_the_document_show_the_clusters(tmp_path: Path) -> None:
    data = drawn()
    path = tmp_path / "p.csv"
    data.to_csv(path, index=False)
    page = run_ce("score", path, "--cluster", "user")
    assert "400 rows in 30 clusters by user" in page.stdout
    document = score_json(path, "--cluster", "user", "--by", "segment")
    assert document["cluster"] == {"column": "user", "count": 30}
    assert document["columns"]["by"] == ["segment"]
    assert [list(group["by"]) for group in document["groups"]] == [["segment"]] * 2
    assert score_json(path)["cluster"] is None


def test_few_clusters_are_warned_of(tmp_path: Path) -> None:
    data = drawn(50, 5)
    path = tmp_path / "p.csv"
    data.to_csv(path, index=False)
    codes = [note["code"] for note in score_json(path, "--cluster", "user")["warnings"]]
    assert "few_clusters" in codes
    assert "few_clusters" not in [note["code"] for note in score_json(path)["warnings"]]


def test_one_cluster_has_no_interval(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [1, 0], "prob": [0.8, 0.3], "user": ["a", "a"]})
    document = score_json(path, "--cluster", "user", "--metric", "all")
    for name in ("cross_entropy", "skill", "auc", "brier"):
        assert document["intervals"][name]["low"] is None
    assert document["metrics"]["standard_error"] is None


def test_a_row_without_a_cluster_is_bad_data(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [1, 0], "prob": [0.8, 0.3], "user": ["a", ""]})
    (message,) = complaints(run_ce("score", path, "--cluster", "user"), BAD_DATA)
    assert "row 2" in message
    assert "'user'" in message
    left = score_json(path, "--cluster", "user", "--missing", "skip")
    assert left["rows"]["skipped"] == 1


def test_a_cluster_that_is_not_a_column_is_reported_with_the_closest_name(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [1, 0], "prob": [0.8, 0.3], "user": ["a", "b"]})
    (message,) = complaints(run_ce("score", path, "--cluster", "usr"), WRONG_USAGE)
    assert "did you mean 'user'?" in message


# Gates


def test_a_gate_holds_the_far_end_of_the_interval_by_cluster(tmp_path: Path) -> None:
    path, other = tmp_path / "p.csv", tmp_path / "old.csv"
    data = drawn()
    data.to_csv(path, index=False)
    data.assign(prob=(data["prob"] * 0.9 + 0.05)).to_csv(other, index=False)
    limits = ("--require", "auc >= 0.1", "--require", "brier.by(segment) <= 0.9", "--confident")
    done = run_ce("gate", path, "--cluster", "user", *limits, "--json")
    checks = json.loads(done.stdout)["gates"][0]["checks"]
    own = score(data, metric="all", by="segment", cluster="user")
    highs = [group.intervals["brier"].high for group in own.groups]
    assert [one["compared"] for one in checks] == [own.intervals["auc"].low, *highs]
    proven = ("--baseline", other, "--max-regression", "9", "--mode", "proven")
    done = run_ce("gate", path, "--cluster", "user", *proven, "--json")
    (check,) = json.loads(done.stdout)["gates"][0]["checks"]
    both = compare({"old": other, "new": path}, cluster="user").comparisons[0]
    assert check["compared"] == both.intervals["absolute"].high


def test_a_document_of_clusters_counts_them_as_independent(tmp_path: Path) -> None:
    """Welch's interval of two means, by scipy, with effective clusters in the place of rows."""
    old, new = drawn(200, 8), drawn(200, 8).assign(prob=lambda data: 0.2 + 0.6 * data["prob"])
    path, document = tmp_path / "new.csv", tmp_path / "old.json"
    new.to_csv(path, index=False)
    before = score(old, cluster="user")
    document.write_text(json.dumps(before.to_dict()))
    limits = ("--baseline", document, "--max-regression", "9", "--mode", "proven")
    done = run_ce("gate", path, "--cluster", "user", "--interval", "t", *limits, "--json")
    (check,) = json.loads(done.stdout)["gates"][0]["checks"]
    results = (score(new, cluster="user"), before)
    means = [one.metrics["cross_entropy"] for one in results]
    errors = np.array([one.metrics["standard_error"] for one in results])
    counts = np.array(
        [kish(np.asarray(one.groupby("user").size(), np.float64)) for one in (new, old)]
    )
    spreads = errors * np.sqrt(counts)
    (mean, other), (count, others), (spread, others_spread) = means, counts, spreads
    welch = stats.ttest_ind_from_stats(
        mean, spread, count, other, others_spread, others, equal_var=False
    )
    degrees = (errors**2).sum() ** 2 / (errors**4 / (counts - 1)).sum()  # Welch and Satterthwaite
    high = mean - other + stats.t.ppf(0.975, degrees) * np.hypot(*errors)
    assert check["compared"] == pytest.approx(high, rel=1e-9)
    assert welch.statistic == pytest.approx((mean - other) / np.hypot(*errors))


def test_an_infinite_mean_has_no_standard_error(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "label": [1, 1, 0],
        "prob": [0.5, 0.0, 0.5],
        "user": ["a", "b", "c"],
    }
    path = write_csv(tmp_path / "f.csv", columns)
    document = score_json(path, "--clip", "none", "--cluster", "user")
    assert document["metrics"]["cross_entropy"] is None
    assert document["metrics"]["standard_error"] is None
