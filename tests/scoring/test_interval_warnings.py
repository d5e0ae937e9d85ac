"""What the page says where few rows decide about an interval."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from ce_cli import score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import Probabilities
from ce_cli.kernels.outcomes import Hard
from ce_cli.results.score import Note
from ce_cli.scoring.rarity import FEW, Rarity

Floats = NDArray[np.float64]

ABOUT_INTERVALS = {"few_rows", "heavy_tail", "few_clusters", "rare_class", "expected_loss"}
ABOUT_INTERVALS |= {"few_rows_in_groups", "few_rows_of_class", "baseline_estimated"}


def notes(data: pd.DataFrame, **options: Any) -> dict[str, Note]:
    found = [one for one in score(data, **options).warnings if one.code in ABOUT_INTERVALS]
    assert len({one.code for one in found}) == len(found)
    return {one.code: one for one in found}


def of_two(positives: int, rows: int, q: float = 0.02) -> pd.DataFrame:
    """A model that gives all rows the same probability of the class 1."""
    return pd.DataFrame({"label": (np.arange(rows) < positives).astype(int), "prob": q})


def calibrated(rows: int, classes: int = 2, seed: int = 1) -> pd.DataFrame:
    """Labels that follow the predictions, most of which leave doubts."""
    rng = np.random.default_rng(seed)
    q = special.softmax(rng.normal(0.0, 1.0, (rows, classes)), axis=1)
    label = (q.cumsum(axis=1) < rng.random((rows, 1))).sum(axis=1)
    return pd.DataFrame({"label": label, **{f"p_{k}": q[:, k] for k in range(classes)}})


# Fewer than ten rows of the rarer class


@pytest.mark.parametrize(("positives", "warned"), [(0, True), (9, True), (10, False)])
def test_fewer_than_ten_rows_of_the_rarer_class_are_reported(positives: int, warned: bool) -> None:
    data = of_two(positives, 100)
    assert ("rare_class" in notes(data, label="label", pred="prob")) == warned
    swapped = data.assign(label=1 - data["label"], prob=1 - data["prob"])
    assert ("rare_class" in notes(swapped, label="label", pred="prob")) == warned


def test_the_report_counts_the_rows_and_names_the_class() -> None:
    found = notes(of_two(3, 400))["rare_class"]
    assert found.count == 3
    assert found.message.startswith("Only 3 rows have the class '1'")
    none = notes(of_two(0, 400, 0.02))["rare_class"].message
    assert none.startswith("No row has the class '1'")


@pytest.mark.parametrize(("others", "warned"), [(9, True), (10, False)])
def test_of_more_classes_the_commonest_is_not_alone(others: int, warned: bool) -> None:
    label = np.where(np.arange(60) < others, np.arange(60) % 2, 2)
    data = pd.DataFrame({"label": label, "p_0": 0.2, "p_1": 0.2, "p_2": 0.6})
    found = notes(data)
    assert ("rare_class" in found) == warned
    assert not warned or "another class than '2'" in found["rare_class"].message


def test_rows_of_weight_0_are_no_rows_of_a_class() -> None:
    data = of_two(12, 100).assign(w=1.0)
    assert "rare_class" not in notes(data, weight="w")
    data.loc[:3, "w"] = 0.0
    assert notes(data, weight="w")["rare_class"].count == 8


def test_a_class_whose_weight_is_that_of_a_few_rows_is_rare() -> None:
    """(Σ w)² / Σ w² of 30 rows of which one weighs 100: 129² / 10,029 = 1.66."""
    data = of_two(30, 400).assign(w=1.0)
    data.loc[0, "w"] = 100.0
    assert notes(data, weight="w")["rare_class"].count == 2


def test_a_class_that_few_clusters_have_is_rare() -> None:
    rows = np.arange(2000)
    data = of_two(0, 2000).assign(user=rows // 10)
    data["label"] = (data["user"] < 4).astype(int)  # 40 rows, 4 users
    found = notes(data, cluster="user")["rare_class"]
    assert "cluster" in found.message
    assert found.count <= 4
    spread = data.assign(label=(rows % 50 == 0).astype(int))
    assert "rare_class" not in notes(spread, cluster="user")


@pytest.mark.parametrize("metric", ["standard_error", "brier", "bias", "auc", "ece", "skill"])
def test_every_interval_that_is_named_is_reported(metric: str) -> None:
    assert "rare_class" in notes(of_two(3, 100).assign(x=1), metric=metric)


@pytest.mark.parametrize("metric", ["cross_entropy", "accuracy", "median"])
def test_figures_without_an_interval_or_that_hold_for_any_rows_are_not(metric: str) -> None:
    assert not notes(of_two(3, 100), metric=metric)


# What the predictions expect


def net(errors: int, rows: int = 100, right: float = 0.97) -> pd.DataFrame:
    """Ten classes, of which the predicted one has 0.97, and a few errors."""
    predicted = np.arange(rows) % 10
    label = np.where(np.arange(rows) < errors, (predicted + 1) % 10, predicted)
    columns = {f"p_{k}": np.where(predicted == k, right, (1 - right) / 9) for k in range(10)}
    return pd.DataFrame({"label": label, **columns})


def test_errors_that_are_expected_but_missing_are_reported() -> None:
    """100 rows expect 3 errors: none has a chance of 5 % (Poisson), and then no row varies."""
    found = notes(net(0))["expected_loss"].message
    q = np.array([0.97, *[0.03 / 9] * 9])
    assert f"a loss of {stats.entropy(q):.3g} nats and about 3 errors" in found
    assert "there is none" in found
    assert "expected_loss" not in notes(net(3))


def test_they_are_not_where_chance_cannot_explain_how_few_they_are() -> None:
    """40 expected errors and none: the model is under-confident, and nothing is missing."""
    assert stats.poisson.cdf(0, 40) < 0.001 < stats.poisson.cdf(0, 3)
    assert "expected_loss" not in notes(net(0, 100, 0.6))


def test_a_file_without_a_single_event_is_reported() -> None:
    assert notes(of_two(0, 100)).keys() == {"rare_class", "expected_loss"}


# Healthy data


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("rows", [300, 3000])
def test_healthy_data_are_not_warned_of(classes: int, rows: int) -> None:
    segment = np.arange(rows) % 2
    for seed in range(5):
        data = calibrated(rows, classes, seed).assign(segment=segment)
        assert not notes(data, metric="all", by="segment"), seed


# Other figures, classes and groups


@pytest.mark.parametrize("options", [{}, {"metric": ["skill"]}])
def test_nearly_every_file_of_few_positives_is_warned_of(options: dict[str, Any]) -> None:
    """The interval of skill covers the truth in 65 % of such files (200 were simulated)."""
    rng = np.random.default_rng(9)
    warned = 0
    for _ in range(20):
        prob = special.expit(rng.normal(-4.5, 1.1, 100))  # 2 % on average
        label = (rng.random(100) < prob).astype(int)
        found = notes(pd.DataFrame({"label": label, "prob": prob}), **options)
        warned += not ABOUT_INTERVALS.isdisjoint(found)
    assert warned >= 18


def test_the_figures_that_few_rows_dominate_are_named() -> None:
    """One row in 200 is wrong by far, so the mean of its errors rests on it."""
    data = calibrated(200).assign(p_0=0.5, p_1=0.5)
    data["label"] = np.arange(200) % 2
    data.loc[0, ["p_0", "p_1"]] = [0.001, 0.999]
    found = notes(data, metric=["brier", "bias"])["few_rows"].message
    assert "dominate the spread of brier" in found
    assert "bias" not in found
    assert not notes(data, metric="bias")


def test_small_classes_are_named_where_their_intervals_are_shown() -> None:
    data = calibrated(300, 3)
    data["label"] = np.where(np.arange(300) < 5, 2, np.arange(300) % 2)
    assert "'2'" in notes(data, metric="all")["few_rows_of_class"].message
    assert "few_rows_of_class" not in notes(data)


def test_groups_are_counted_and_named_in_one_warning() -> None:
    data = calibrated(600).assign(segment=np.repeat([f"s{n}" for n in range(6)], 100))
    few = (np.arange(600) >= 200) & (np.arange(600) % 100 > 4)
    data.loc[few, "label"] = 0  # in four groups, at most 5 rows have the class 1
    found = notes(data, by="segment")["few_rows_in_groups"]
    assert found.count == 4
    assert "4 of 6 groups by 'segment'" in found.message
    assert "'s2', 's3', 's4' and 1 more" in found.message


def test_clusters_that_are_too_unequal_are_few() -> None:
    """100 clusters, one of which has 1,000 rows: (1,099)² / (1,000² + 99) = 1.2."""
    user = np.concatenate([np.zeros(1000), np.arange(1, 100)]).astype(int)
    data = calibrated(len(user)).assign(user=user)
    assert "count as 1.21 equal ones" in notes(data, cluster="user")["few_clusters"].message
    assert "few_clusters" not in notes(data.assign(user=np.arange(len(user))), cluster="user")


# The baseline


def test_a_baseline_from_few_rows_is_reported_with_the_skill_it_leaves() -> None:
    rng = np.random.default_rng(5)
    classes, rows = 200, 200
    predictions = pd.DataFrame(1.0 / classes, range(rows), [f"p_{k}" for k in range(classes)])
    data = pd.concat([pd.Series(rng.integers(0, classes, rows), name="label"), predictions], axis=1)
    result = score(data)
    (found,) = [one for one in result.warnings if one.code == "baseline_estimated"]
    missing = np.log(classes) - result.metrics["baseline"]
    assert f"about {missing:.1g}" in found.message[: found.message.index("too low")]
    assert result.metrics["skill"] < -0.05
    assert "baseline_estimated" not in notes(calibrated(1000, 5))


# The state


def test_rarity_is_a_monoid_and_does_not_depend_on_how_rows_are_split() -> None:
    rng = np.random.default_rng(7)
    q = special.softmax(rng.normal(0.0, 3.0, (40, 3)), axis=1).T.copy()
    codes = np.where(np.arange(40) % 6, q.argmax(axis=0), rng.integers(0, 3, 40))
    weights = rng.integers(0, 3, 40).astype(float)
    rows = np.arange(40)
    whole = Batch(Hard(Probabilities(q), codes, 3), weights, None, 1, rows, rows)
    expected = Rarity.of(whole)
    assert expected.errors < FEW
    for cuts in [(1,), (7, 20), tuple(range(1, 40))]:
        parts = [Rarity.of(whole.take(slice(*ends))) for ends in itertools.pairwise((0, *cuts, 40))]
        for order in (parts, parts[::-1]):
            total = Rarity()
            for part in order:
                total = total.merge(pickle.loads(pickle.dumps(part)))
            assert total == expected
    wrong = Rarity.of(whole.replace(outcomes=Hard(Probabilities(q), (codes + 1) % 3, 3)))
    assert wrong.errors == FEW
    assert wrong.merge(expected) == expected.merge(wrong)
    assert np.isnan(wrong.merge(expected).expected_loss)
