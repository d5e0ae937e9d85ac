"""Slopes and biases of each class: the optimum of scipy on the same objective."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from ce_cli.kernels.recalibration import Rows, tempered
from ce_cli.kernels.scaling import beta_scaled, vector_scaled

Floats = NDArray[np.float64]


def two_classes(seed: int, slope: float, bias: float, rows: int = 400) -> Rows:
    """Predictions of two classes, and labels drawn by a logistic curve of their logit."""
    dice = np.random.default_rng(seed)
    logits = dice.normal(size=rows) * 3.0
    odds = 1.0 / (1.0 + np.exp(-(slope * logits + bias)))
    codes = (dice.random(rows) < odds).astype(np.intp)
    return Rows(np.stack([-np.logaddexp(0.0, logits), -np.logaddexp(0.0, -logits)]), codes)


def beta_loss(numbers: Floats, rows: Rows, weights: Floats) -> float:
    """Betacal's objective: logistic regression on log q and −log(1 − q)."""
    a, b, c = numbers
    score = a * rows.logs[1] - b * rows.logs[0] + c
    losses = np.logaddexp(0.0, np.where(rows.codes == 1, -score, score))
    return float(np.average(losses, weights=weights))


@pytest.mark.parametrize("seed", range(6))
def test_beta_is_the_constrained_optimum(seed: int) -> None:
    rows = two_classes(seed, 0.3 + 0.3 * seed, 0.5 - 0.3 * seed)
    weights = np.random.default_rng(seed).random(len(rows)) + 0.1
    found = beta_scaled(rows, weights, tempered(rows, weights, biased=True))
    own = np.array([found.slopes[1], found.slopes[0], found.biases[1] - found.biases[0]])
    bounds = [(0.0, None), (0.0, None), (None, None)]
    best = minimize(
        beta_loss, [1.0, 1.0, 0.0], (rows, weights), bounds=bounds, options={"gtol": 1e-10}
    )
    assert beta_loss(own, rows, weights) <= best.fun + 1e-9
    assert own == pytest.approx(best.x, abs=1e-3)
    assert (own[:2] >= 0.0).all()


def test_a_slope_of_beta_that_would_be_negative_is_0() -> None:
    """As betacal does it: that slope is left out, and the rest is fitted again."""
    dice = np.random.default_rng(1)
    logits = dice.normal(size=3000) * 2.0
    logs = np.stack([-np.logaddexp(0.0, logits), -np.logaddexp(0.0, -logits)])
    score = 1.5 * logs[1] + 0.8 * logs[0] + 1.0  # b = −0.8
    codes = (dice.random(3000) < 1.0 / (1.0 + np.exp(-score))).astype(np.intp)
    rows, weights = Rows(logs, codes), np.ones(3000)
    found = beta_scaled(rows, weights, tempered(rows, weights, biased=True))
    assert found.slopes[0] == 0.0
    free = minimize(
        lambda two: beta_loss(np.array([two[0], 0.0, two[1]]), rows, weights),
        [1.0, 0.0],
        options={"gtol": 1e-9},
    )
    assert [found.slopes[1], found.biases[1]] == pytest.approx(free.x, abs=1e-4)


@pytest.mark.parametrize("soft", [False, True])
def test_vector_scaling_is_the_penalised_optimum(soft: bool) -> None:
    dice = np.random.default_rng(2)
    count, rows_count = 4, 600
    logits = dice.normal(size=(count, rows_count)) * 2.0
    logs = logits - np.log(np.exp(logits).sum(axis=0))
    scores = logs * np.array([[0.5], [1.0], [1.5], [0.8]]) + np.array([[0.0], [1.0], [0.0], [-1.0]])
    shares = np.exp(scores)
    shares /= shares.sum(axis=0)
    codes = (shares.cumsum(axis=0) < dice.random(rows_count)).sum(axis=0).astype(np.intp)
    rows = Rows(logs, codes, shares if soft else None)
    weights = dice.random(rows_count) + 0.5
    start = tempered(rows, weights, biased=True)
    targets = shares if soft else np.eye(count)[:, codes]

    def objective(numbers: Floats) -> float:
        slopes, biases = np.split(numbers, 2)
        own = slopes[:, np.newaxis] * start.slope * logs + biases[:, np.newaxis]
        own = own - np.log(np.exp(own).sum(axis=0))
        away = numbers - np.concatenate([np.ones(count), start.biases])
        loss = np.average(-(targets * own).sum(axis=0), weights=weights)
        return float(loss + 0.5 / rows_count * away @ away)

    best = minimize(
        objective, np.concatenate([np.ones(count), start.biases]), options={"gtol": 1e-9}
    )
    found = vector_scaled(rows, weights, start)
    own = np.concatenate([found.slopes / start.slope, found.biases])
    assert objective(own) <= best.fun + 1e-12
    assert own == pytest.approx(best.x, abs=1e-5)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_extreme_predictions_have_a_finite_fit(scale: float) -> None:
    rows = two_classes(3, 0.5, 0.0)
    logits = (rows.logs[1] - rows.logs[0]) * scale
    logs = np.stack([-np.logaddexp(0.0, logits), -np.logaddexp(0.0, -logits)])
    extreme = rows.replace(logs=logs)
    weights = np.ones(len(rows))
    found = beta_scaled(extreme, weights, tempered(extreme, weights, biased=True))
    assert np.isfinite(found.slopes).all()
    assert np.isfinite(found.biases).all()
    plain = tempered(extreme, weights, biased=True)
    common = np.array([plain.slope, plain.slope, plain.biases[1] - plain.biases[0]])
    own = np.array([found.slopes[1], found.slopes[0], found.biases[1] - found.biases[0]])
    assert beta_loss(own, extreme, weights) <= beta_loss(common, extreme, weights) + 1e-12
