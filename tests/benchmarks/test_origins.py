"""Data of known origin are what they say: their truths agree with many rows and other programs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from tests.benchmarks.joint import Joint
from tests.benchmarks.origins import Columns, Net, origins
from tests.benchmarks.rivals import rivals

ROWS = 100_000
BINARY = [name for name, one in origins().items() if "auc" in one.truth]


def many(name: str) -> tuple[Mapping[str, float], dict[str, np.ndarray]]:
    """The truth of an origin, and about `ROWS` of its rows."""
    origin = origins()[name]
    size = ROWS // 20 if origin.most or name.endswith("mask") else ROWS
    drawn: Columns = origin.draw(np.random.default_rng(5), size)
    return origin.truth, {column: np.asarray(own) for column, own in drawn.items()}


def near(truth: float, mean: float, error: float) -> bool:
    """Whether a mean of many rows is within what chance explains once in 10,000 cases."""
    return abs(truth - mean) < 3.9 * error + 1e-12


@pytest.mark.parametrize("name", BINARY)
def test_figures_of_two_classes_are_those_of_scikit_learn_for_many_rows(name: str) -> None:
    truth, rows = many(name)
    label, prob, weight = rows["label"], rows["prob"], rows.get("weight")
    count = len(label) if weight is None else weight.sum() ** 2 / (weight**2).sum()
    clusters = 8.0 if origins()[name].most else 1.0  # which make errors larger
    loose = 1.5 * clusters / np.sqrt(count)  # more than the errors of these figures
    given = {"sample_weight": weight}
    assert truth["auc"] == pytest.approx(roc_auc_score(label, prob, **given), abs=4 * loose)
    right = accuracy_score(label, prob > 0.5, **given)
    assert truth["accuracy"] == pytest.approx(right, abs=4 * loose)
    square = brier_score_loss(label, prob, **given)
    assert truth["brier"] == pytest.approx(square, abs=4 * loose)
    losses = -np.log(np.clip(np.where(label == 1, prob, 1 - prob), 2.2e-16, 1 - 2.2e-16))
    error = losses.std() * loose / 1.5
    mean = log_loss(label, prob, **given)
    assert near(truth["cross_entropy"], mean, error)
    for one in (0, 1):
        if f"class {one}" in truth and weight is None:
            own = losses[label == one]
            assert near(truth[f"class {one}"], own.mean(), own.std() / np.sqrt(len(own)))
    rate = np.average(label, weights=weight)
    skill = 1.0 - truth["cross_entropy"] / float(stats.entropy([rate, 1.0 - rate]))
    assert truth["skill"] == pytest.approx(skill, abs=8 * loose)
    assert truth["bias"] == pytest.approx(np.average(prob, weights=weight) - rate, abs=4 * loose)
    if weight is None:
        bins = np.minimum((prob * 15).astype(int), 14)
        apart = np.abs(np.bincount(bins, label - prob)).sum() / len(label)
        assert truth.get("ece", apart) == pytest.approx(apart, abs=4 * loose)
        for figure, share in (("median", 0.5), ("p90", 0.9)):
            reached = np.mean(losses <= truth[figure]) if figure in truth else share
            assert reached == pytest.approx(share, abs=4 * loose)


def test_equal_predictions_rank_as_if_by_chance() -> None:
    ones = np.ones(2)
    assert Joint(0.5 * ones, 0.15 * ones, 0.35 * ones).auc() == pytest.approx(0.5)


def test_most_of_the_data_have_the_share_that_their_name_says() -> None:
    assert many("rare")[1]["label"].mean() == pytest.approx(0.02, abs=0.002)
    assert (many("mask")[1]["weight"] == 0).mean() == pytest.approx(0.8, abs=1e-4)
    zeros = many("zeros")[1]
    impossible = np.where(zeros["label"] == 1, zeros["prob"], 1 - zeros["prob"]) == 0
    assert impossible.mean() == pytest.approx(1 / 500, rel=0.2)
    prob = many("rounded")[1]["prob"]
    assert np.array_equal(prob, np.round(prob, 2))
    sizes = np.bincount(many("wild_sizes")[1]["user"])
    assert np.log(sizes[sizes > 1]).std() > 1.0
    assert set(np.bincount(many("clusters")[1]["user"])) == {20}


@pytest.mark.parametrize("net", [Net(), Net(slope=0.5)])
def test_figures_of_a_net_are_those_of_many_rows(net: Net) -> None:
    truth, drawn = net.origin("net").truth, net.draw(np.random.default_rng(6), 50_000)
    rows = {name: np.asarray(own) for name, own in drawn.items()}
    probs = np.stack([rows[f"prob_{one}"] for one in range(net.classes)], axis=1)
    assert probs.sum(axis=1) == pytest.approx(1.0)
    own = np.clip(probs[np.arange(len(probs)), rows["label"]], 2.2e-16, 1 - 2.2e-16)
    right = np.argmax(probs, axis=1) == rows["label"]
    assert near(truth["accuracy"], right.mean(), right.std() / np.sqrt(len(right)))
    assert truth["accuracy"] == pytest.approx(0.97, abs=0.001)
    losses = -np.log(own)
    assert near(truth["cross_entropy"], losses.mean(), losses.std() / np.sqrt(len(losses)))
    squares = ((probs - np.eye(net.classes)[rows["label"]]) ** 2).sum(axis=1)
    assert near(truth["brier"], squares.mean(), squares.std() / np.sqrt(len(squares)))
    expected = stats.entropy(probs, axis=1)
    error = expected.std() / np.sqrt(len(expected))
    assert near(truth["confidence"], expected.mean(), error)
    assert truth["skill"] == pytest.approx(1.0 - truth["cross_entropy"] / np.log(net.classes))


@pytest.mark.parametrize("name", ["normal", "skewed", "tokens"])
def test_losses_have_the_stated_mean_and_quantiles(name: str) -> None:
    truth, rows = many(name)
    losses = -rows["logprob"]
    assert near(truth["cross_entropy"], losses.mean(), losses.std() / np.sqrt(len(losses)))
    for figure, share in (("median", 0.5), ("p90", 0.9), ("p99", 0.99)):
        assert np.mean(losses <= truth[figure] + 1e-9) >= share - 0.005
        assert np.mean(losses < truth[figure] - 1e-9) <= share + 0.005


def test_soft_labels_have_the_stated_divergence() -> None:
    truth, rows = many("soft")
    both = [np.stack([1 - own, own]) for own in (rows["label"], rows["prob"])]
    for figure, own in (
        ("kl_divergence", stats.entropy(*both)),
        ("entropy", stats.entropy(both[0])),
    ):
        assert near(truth[figure], own.mean(), own.std() / np.sqrt(len(own)))


@pytest.mark.parametrize("name", rivals())
def test_rivals_are_equally_good(name: str) -> None:
    pair = rivals()[name]
    drawn = pair.draw(np.random.default_rng(7), ROWS // 20 if pair.deviation else ROWS)
    rows = {column: np.asarray(own) for column, own in drawn.items()}
    label, weight = rows["label"], rows.get("weight", np.ones(len(rows["label"])))
    losses = [-np.log(np.where(label == 1, rows[one], 1 - rows[one])) for one in ("a", "b")]
    apart = losses[1] - losses[0]
    assert apart.std() > 0.1
    mean = np.average(apart, weights=weight)
    clusters = np.bincount(rows.get("user", np.arange(len(label))), weight * (apart - mean))
    assert near(0.0, mean, np.sqrt(np.sum(clusters**2)) / weight.sum())
    assert pair.factor > 1.2


def test_a_part_of_the_logit_is_calibrated_alone() -> None:
    pair = rivals()["rare"]
    drawn = pair.draw(np.random.default_rng(8), 400_000)
    label, careful = np.asarray(drawn["label"]), np.asarray(drawn["a"])
    for low, high in ((0.0, 0.01), (0.01, 0.04), (0.04, 1.0)):
        own = (careful >= low) & (careful < high)
        apart = (label - careful)[own]
        assert near(0.0, apart.mean(), apart.std() / np.sqrt(own.sum()))
