"""Temperature, biases and isotonic shares, against scikit-learn, scipy and mpmath."""

from __future__ import annotations

import math
import warnings

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, special, stats
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from ce_cli.kernels.folds import FOLDS, fold_weights
from ce_cli.kernels.hashing import hash_of_rows, mixed
from ce_cli.kernels.isotonic import isotonic_total, pools
from ce_cli.kernels.recalibration import Recalibration, Rows, fitted, solved, tempered

Floats = NDArray[np.float64]


def two_classes(logits: Floats, labels: NDArray[np.intp]) -> Rows:
    return Rows(np.stack([special.log_expit(-logits), special.log_expit(logits)]), labels)


def drawn(rows: int, classes: int, seed: int = 0) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Log-probabilities, labels that are not quite theirs, and weights."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0.0, 2.0, (classes, rows))
    true = special.softmax(0.6 * logits + rng.normal(0.0, 0.5, (classes, 1)), axis=0)
    labels = (rng.random(rows) > true.cumsum(axis=0)).sum(axis=0).astype(np.intp)
    return special.log_softmax(logits, axis=0), labels, rng.exponential(1.0, rows)


# What fits best


@pytest.mark.parametrize("seed", range(3))
def test_two_classes_with_a_bias_are_a_logistic_regression_on_the_logit(seed: int) -> None:
    logs, labels, weights = drawn(400, 2, seed)
    logits = logs[1] - logs[0]
    model = LogisticRegression(C=math.inf, tol=1e-10, max_iter=1000)
    model.fit(logits[:, np.newaxis], labels, sample_weight=weights)
    found = fitted(two_classes(logits, labels), weights, biased=True)
    assert found.slope == pytest.approx(model.coef_[0, 0], rel=1e-6)
    assert found.biases[1] - found.biases[0] == pytest.approx(model.intercept_[0], rel=1e-5)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_a_temperature_is_the_one_that_scipy_finds(classes: int) -> None:
    logs, labels, weights = drawn(500, classes)

    def loss(slope: float) -> float:
        scaled = special.log_softmax(slope * logs, axis=0)
        return float(-(weights * scaled[labels, np.arange(500)]).sum() / weights.sum())

    best = optimize.minimize_scalar(loss, bracket=(0.1, 1.0), tol=1e-12)
    found = fitted(Rows(logs, labels), weights, biased=False)
    assert found.slope == pytest.approx(best.x, rel=1e-6)
    assert not found.biases.any()
    after = Rows(logs, labels).recalibrated(found)
    assert np.dot(weights, after) / weights.sum() == pytest.approx(best.fun, rel=1e-12)


@pytest.mark.parametrize("soft", [False, True])
def test_a_bias_for_each_class_is_what_scipy_finds(soft: bool) -> None:
    logs, labels, weights = drawn(500, 4)
    shares = np.eye(4)[:, labels]
    if soft:
        shares = 0.7 * shares + 0.3 * special.softmax(-logs, axis=0)

    def loss(point: Floats) -> float:
        scaled = special.log_softmax(point[0] * logs + point[1:, np.newaxis], axis=0)
        return float(-(weights * (shares * scaled).sum(axis=0)).sum() / weights.sum())

    best = optimize.minimize(loss, np.array([1.0, 0.0, 0.0, 0.0, 0.0]), tol=1e-10)
    rows = Rows(logs, labels, shares if soft else None)
    found = fitted(rows, weights, biased=True)
    assert found.slope == pytest.approx(best.x[0], abs=1e-4)
    assert found.biases == pytest.approx(best.x[1:] - best.x[1:].mean(), abs=1e-4)
    after = np.dot(weights, rows.recalibrated(found)) / weights.sum()
    assert after <= best.fun + 1e-12


def test_the_start_does_not_change_what_is_found() -> None:
    logs, labels, weights = drawn(300, 3)
    rows = Rows(logs, labels)
    cold = fitted(rows, weights, biased=True)
    warm = fitted(rows, weights, True, Recalibration(5.0, np.array([3.0, -2.0, 1.0])))
    assert warm.slope == pytest.approx(cold.slope, rel=1e-6)
    assert warm.biases == pytest.approx(cold.biases, abs=1e-6)


def test_shifted_logits_are_the_same_predictions() -> None:
    logs, labels, weights = drawn(300, 3)
    shifted = logs + np.random.default_rng(1).normal(0.0, 50.0, 300)
    one, other = (fitted(Rows(each, labels), weights, biased=True) for each in (logs, shifted))
    assert other.slope == pytest.approx(one.slope, rel=1e-9)
    assert other.biases == pytest.approx(one.biases, abs=1e-9)


def test_whole_weights_are_repeated_rows() -> None:
    logs, labels, _ = drawn(200, 3)
    counts = np.random.default_rng(2).integers(0, 4, 200)
    weighted = fitted(Rows(logs, labels), counts.astype(np.float64), biased=True)
    repeated = Rows(np.repeat(logs, counts, axis=1), np.repeat(labels, counts))
    found = fitted(repeated, np.ones(len(repeated)), biased=True)
    assert found.slope == pytest.approx(weighted.slope, rel=1e-9)
    assert found.biases == pytest.approx(weighted.biases, abs=1e-9)


@pytest.mark.parametrize("biased", [False, True])
def test_no_temperature_turns_the_order_round(biased: bool) -> None:
    """Predictions that are worth less than nothing are blotted out."""
    logs, labels, weights = drawn(300, 3)
    turned = special.log_softmax(-logs, axis=0)
    found = tempered(Rows(turned, labels), weights, biased)
    assert fitted(Rows(turned, labels), weights, biased).slope < 0
    assert found.slope == 0.0
    shares = np.bincount(labels, weights, 3) / weights.sum()
    expected = stats.entropy(shares) if biased else math.log(3.0)
    after = Rows(turned, labels).recalibrated(found)
    assert np.dot(weights, after) / weights.sum() == pytest.approx(expected, rel=1e-9)


# What is hard


def test_what_is_impossible_and_did_not_happen_does_no_harm() -> None:
    logs, labels, weights = drawn(300, 3)
    fourth = np.full((1, 300), -np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = fitted(Rows(logs, labels), weights, biased=True)
        found = fitted(
            Rows(np.maximum(np.concatenate([logs, fourth]), -1e300), labels), weights, True
        )
    assert found.slope == pytest.approx(plain.slope, rel=1e-9)
    assert found.biases[:3] == pytest.approx(plain.biases, abs=1e-9)


@pytest.mark.parametrize("biased", [False, True])
def test_rows_that_a_slope_separates_come_to_an_end(biased: bool) -> None:
    logits = np.array([-3.0, -1.0, 0.5, 2.0] * 3)
    rows = two_classes(logits, (logits > 0).astype(np.intp))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tempered(rows, np.ones(12), biased)
    assert 10.0 < found.slope < math.inf
    assert rows.recalibrated(found).max() < 1e-6


def test_constant_predictions_have_a_best_constant() -> None:
    labels = np.array([1] * 3 + [0] * 7, np.intp)
    rows = two_classes(np.full(10, 2.0), labels)
    after = rows.recalibrated(tempered(rows, np.ones(10), biased=True))
    assert after.mean() == pytest.approx(stats.entropy([0.3, 0.7]), rel=1e-9)
    uniform = two_classes(np.zeros(10), labels)
    assert tempered(uniform, np.ones(10), biased=False).slope == 1.0  # all are as good


def test_recalibrated_losses_have_the_digits_of_the_formula() -> None:
    """Against log softmax(β·log q + b) with 50 digits."""
    logs, labels, _ = drawn(20, 3)
    by = Recalibration(1.7, np.array([0.3, -1.0, 0.7]))
    found = Rows(logs, labels).recalibrated(by)
    with mp.workdps(50):
        for row, label in enumerate(labels):
            terms = [
                mp.mpf(1.7) * mp.mpf(x) + mp.mpf(b)
                for x, b in zip(logs[:, row], by.biases, strict=True)
            ]
            exact = mp.log(mp.fsum(mp.exp(term) for term in terms)) - terms[label]
            assert found[row] == pytest.approx(float(exact), rel=1e-12, abs=1e-14)


# Isotonic shares


def isotonic_shares(positive: Floats, negative: Floats) -> Floats:
    found = pools(positive, negative)
    up, down = np.bincount(found, positive), np.bincount(found, negative)
    shares: Floats = (up / (up + down))[found]
    return shares


@pytest.mark.parametrize("seed", range(5))
def test_isotonic_shares_are_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.arange(300.0)
    positive = rng.exponential(1.0, 300) * (rng.random(300) < scores / 300)
    negative = rng.exponential(1.0, 300) * (rng.random(300) < 0.5) + 0.01
    model = IsotonicRegression(y_min=0.0, y_max=1.0)
    weights = positive + negative
    expected = model.fit_transform(scores, positive / weights, sample_weight=weights)
    found = isotonic_shares(positive, negative)
    assert found == pytest.approx(expected, abs=1e-12)
    labels = np.repeat([1, 0], 300)
    both = np.concatenate([positive, negative])
    total = log_loss(labels, np.tile(expected, 2), sample_weight=both, normalize=False)
    assert isotonic_total(positive, negative) == pytest.approx(total, rel=1e-9)


def test_cells_of_equal_shares_are_one_pool() -> None:
    """scikit-learn's fit rises between pools, so it has as many values as there are pools."""
    rng = np.random.default_rng(4)
    positive, negative = rng.integers(0, 3, 200).astype(float), np.ones(200)
    shares = positive / (positive + negative)
    fit = IsotonicRegression().fit_transform(
        np.arange(200.0), shares, sample_weight=positive + negative
    )
    assert pools(positive, negative).max() + 1 == len(np.unique(fit.round(12)))
    assert pools(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])).tolist() == [0, 0, 0]


# Of 52 ensemble members, how many saw rain in Niamey on each day from July to September 2016, and
# whether it rained. Contains modified ECMWF products (CC BY 4.0) as published by Vogel et al.
# (Geophysical Research Letters 48, e2020GL091022, 2021) and in R's reliabilitydiag.
MEMBERS = """
44 38 21 42 49 50 20 41 33 42 52 52 48 40 31 25 46 52 52 52 52 40 51 52 52 49 23
49 51 24 50 48 39 52 52 36 46 48 52 52 51 52 48 38 41 52 52 52 52 49 10 35 17 46
52 52 47 52 52 52 42 42 9 27 31 49 51 36 36 47 50 49 52 19 33 52 51 11 31 20 46
44 36 43 47 8 34 47 48 7 6 10
"""
RAIN = (
    "01101100101010011111101101010110010010111011111111000110111101111011010110100000010110110000"
)


def test_the_corp_split_of_rain_in_niamey_is_the_published_one() -> None:
    """Mean Brier score 0.266 = 0.0661 − 0.0441 + 0.244, in the manual of reliabilitydiag 0.2.1."""
    forecast = np.array(MEMBERS.split(), np.float64) / 52.0
    rain = np.array(list(RAIN), np.float64)
    scores, cells = np.unique(forecast, return_inverse=True)
    positive, negative = (
        np.bincount(cells, part, len(scores)).astype(np.float64) for part in (rain, 1.0 - rain)
    )
    recalibrated = isotonic_shares(positive, negative)[cells]

    def brier(prediction: Floats | float) -> float:
        return float(np.square(prediction - rain).mean())

    mean, after, constant = brier(forecast), brier(recalibrated), brier(rain.mean())
    assert (round(mean, 3), round(constant, 3)) == (0.266, 0.244)
    assert (round(mean - after, 4), round(constant - after, 4)) == (0.0661, 0.0441)


cells = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.floats(0.01, 0.99)).filter(
        lambda cell: cell[0] + cell[1] > 0
    ),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(cells)
def test_isotonic_shares_lie_between_the_predictions_and_their_own_best(
    found: list[tuple[int, int, float]],
) -> None:
    """No non-decreasing prediction costs less: neither the one made, nor a constant."""
    found.sort(key=lambda cell: cell[2])
    positive, negative, scores = (
        np.array(column, np.float64) for column in zip(*found, strict=True)
    )
    after = isotonic_total(positive, negative)
    before = -(positive * np.log(scores) + negative * np.log1p(-scores)).sum()
    share = positive.sum() / (positive + negative).sum()
    constant = stats.entropy([share, 1.0 - share]) * (positive + negative).sum()
    assert after <= before + 1e-9
    assert after <= constant + 1e-9
    shares = isotonic_shares(positive, negative)
    assert (np.diff(shares) >= -1e-12).all()
    assert np.dot(shares, positive + negative) == pytest.approx(positive.sum(), abs=1e-9)


# Hashes and folds


def test_hashes_are_splitmix64() -> None:
    """The first numbers from seed 1234567 of the reference code (Vigna, splitmix64.c)."""
    step = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        seeds = np.uint64(1234567) + step * np.arange(3, dtype=np.uint64)
    assert mixed(seeds).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_rows_that_differ_have_different_hashes() -> None:
    rng = np.random.default_rng(0)
    numbers = np.round(rng.normal(0.0, 1.0, (3, 100_000)), 1).astype(np.float32)
    codes = rng.integers(0, 3, 100_000).astype(np.intp)
    distinct = {(*row, code) for *row, code in zip(*numbers.tolist(), codes.tolist(), strict=True)}
    assert len(set(hash_of_rows(numbers, codes).tolist())) == len(distinct)
    assert (hash_of_rows(numbers + np.float32(0), codes) == hash_of_rows(numbers, codes)).all()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.floats(0.0, 1e6), st.integers(1, 5000)), min_size=1, max_size=20))
def test_folds_share_out_all_of_the_weight(entries: list[tuple[float, int]]) -> None:
    weights, counts = (np.array(column, np.float64) for column in zip(*entries, strict=True))
    keys = mixed(np.arange(len(entries), dtype=np.uint64))
    parts = fold_weights(weights, counts, keys)
    assert parts.shape == (FOLDS, len(entries))
    assert (parts >= 0.0).all()
    assert parts.sum(axis=0) == pytest.approx(weights, rel=1e-12)
    turned = fold_weights(weights[::-1], counts[::-1], keys[::-1])
    assert (turned[:, ::-1] == parts).all()


def test_lone_rows_are_in_one_fold_and_folds_are_as_large_as_by_chance() -> None:
    keys = mixed(np.arange(50_000, dtype=np.uint64))
    lone = fold_weights(np.ones(50_000), np.ones(50_000), keys)
    assert ((lone > 0).sum(axis=0) == 1).all()
    assert stats.chisquare(lone.sum(axis=1)).pvalue > 1e-3
    for count in (40, 400):
        parts = fold_weights(np.full(50_000, float(count)), np.full(50_000, float(count)), keys)
        expected = count / FOLDS * (1.0 - 1.0 / FOLDS)  # the variance of a binomial
        assert parts.var() == pytest.approx(expected, rel=0.05)


# Rows without an optimum


def test_a_search_without_an_end_comes_near_the_limit() -> None:
    """The biases of the first and the third class are one, since the third has no row.

    With x for the odds of the second class in the first row, the total is log((1 + x)(2 + x) / x),
    which is least at x = √2, and approached only where the slope is endless.
    """
    logs = special.log_softmax(100.0 * np.array([[1.0, 1.0], [-1.0, 0.0], [0.0, 1.0]]), axis=0)
    rows = Rows(logs, np.array([1, 0]))
    found = fitted(rows, np.ones(2), biased=True)
    assert rows.recalibrated(found).mean() == pytest.approx(math.log(1.0 + math.sqrt(2.0)))


def test_a_step_that_rounding_stops_ends_the_search() -> None:
    """A line separates these rows, so that nothing is left of the loss."""
    logs = special.log_softmax(np.array([[-2.0, -8.0], [-6.0, 10.0]]), axis=0)
    rows = Rows(logs, np.array([1, 0]))
    found = fitted(rows, np.ones(2), biased=True)
    assert rows.recalibrated(found) == pytest.approx(0.0, abs=1e-13)


def test_the_slope_stays_a_number_however_near_the_predictions_are() -> None:
    rows = Rows(np.array([[0.0], [-1e-300]]), np.array([0]))
    found = fitted(rows, np.ones(1), biased=False)
    assert 1e299 < found.slope < math.inf  # its first try is 1 / spread


def test_curvatures_that_rounding_made_singular_give_each_coordinate_its_own_step() -> None:
    beyond = 1.0 + 1e-10  # the damping, so that both rows are the same
    curves = np.array([[1.0, beyond], [beyond, 1.0]])
    assert solved(curves, np.array([0.5, -2.0])).tolist() == [0.5, -2.0]
