"""Fitting a slope and a bias for each class: vector scaling, and beta calibration for two classes.

Recalibrated log-probabilities are log softmax(w·log q + b), with w and b of each class (Guo et al.,
"On calibration of modern neural networks", ICML 2017). For two classes that is beta calibration
(Kull, Silva Filho and Flach, "Beta calibration", AISTATS 2017). Shapes: n rows, K classes.
"""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.recalibration import LOWEST, Recalibration, Rows, descended, over_classes, parts
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Scaling(Record):
    """The slope and the bias of each class, both of shape (K,)."""

    slopes: Floats
    biases: Floats


def beta_scaled(rows: Rows, weights: Floats, start: Recalibration) -> Scaling:
    """For two classes, the best slopes, none of them negative, and the best bias.

    Where the best slope of a class is negative, it is 0, and the rest is fitted again: of the fits
    with some slopes 0 that have no negative slope, the best one is the optimum.

    Parameters
    ----------
    rows, weights : Rows, ndarray of shape (n,)
        The rows to fit, with predictions that vary, and that no threshold separates.
    start : Recalibration
        The best common slope and biases.
    """
    point = np.array([start.slope, start.slope, 0.0, start.biases[1] - start.biases[0]])
    search = _Search(rows, weights, ridge=0.0, around=point)
    slopes = (0, 1)
    every = chain.from_iterable(combinations(slopes, count) for count in (0, 1, 2))
    best: tuple[float, Floats] | None = None
    for flat in every:
        free = np.array([*(place for place in slopes if place not in flat), 3], np.intp)
        begun = point.copy()
        begun[list(flat)] = 0.0
        loss, found = search.found(begun, free)
        if (found[:2] >= 0.0).all() and (best is None or loss < best[0]):
            best = loss, found
        if best is not None and not flat:
            break
    assert best is not None  # with both slopes 0, none is negative
    return Scaling(best[1][:2], best[1][2:])


def vector_scaled(rows: Rows, weights: Floats, start: Recalibration) -> Scaling:
    """The slopes and biases that minimise Σ w·loss with a penalty on their distance from `start`.

    In a unit in which the common slope is 1, the penalty is half the sum of the squared distances,
    against the loss of all rows: a normal prior with a standard deviation of 1. With it the optimum
    is finite and unique whatever the rows.

    Parameters
    ----------
    rows, weights : Rows, ndarray of shape (n,)
        The rows to fit.
    start : Recalibration
        The best common slope, above 0, and biases.
    """
    scaled = Rows(rows.logs * start.slope, rows.codes, rows.shares)
    around = np.concatenate([np.ones(len(rows.logs)), start.biases])
    search = _Search(scaled, weights, ridge=1.0 / np.count_nonzero(weights), around=around)
    _, found = search.found(around.copy(), np.arange(len(around)))
    slopes, biases = np.split(found, 2)
    return Scaling(slopes * start.slope, biases)


class _Search:
    """The weighted mean loss of some rows as a function of slopes and biases, 2K numbers."""

    def __init__(self, rows: Rows, weights: Floats, ridge: float, around: Floats) -> None:
        self._rows, self._weights = rows, weights / weights.sum()
        self._ridge, self._around = ridge, around
        self._spread = self._weights * rows.masses()
        self._labels = _label_sums(rows, self._weights)

    def found(self, point: Floats, free: Codes) -> tuple[float, Floats]:
        """The least loss and where it is, beginning at `point`, with only `free` numbers changed.

        Newton's method with halved steps, which cannot leave the convex valley.
        """
        return descended(self._taylor, point, free)

    def _taylor(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Mean loss with the penalty, its gradient and its Hessian."""
        count = len(self._rows.logs)
        own_slopes, biases = point[:count, np.newaxis], point[count:, np.newaxis]
        value, at = 0.0, 0
        predicted = np.zeros(2 * count)
        curves = np.zeros((2 * count, 2 * count))
        for logs in parts(self._rows.logs):
            own = slice(at, at + logs.shape[1])
            at = own.stop
            scores = own_slopes * logs + biases
            largest = over_classes(np.maximum, scores)
            shares = np.exp(scores - largest)
            total = over_classes(np.add, shares)
            shares /= total
            weights = self._spread[own]
            value += float(np.dot(weights, np.log(total) + largest))
            sides = np.concatenate([shares * logs, shares])
            predicted += sides @ weights
            weighted = sides * weights
            curves -= weighted @ sides.T
            both = shares * weights
            squares, mixed = (both * np.square(logs)).sum(axis=1), (both * logs).sum(axis=1)
            curves[np.diag_indices(count)] += squares
            places = np.arange(count)
            curves[places, places + count] += mixed
            curves[places + count, places] += mixed
            curves[places + count, places + count] += both.sum(axis=1)
        away = point - self._around
        value += 0.5 * self._ridge * float(away @ away) - float(point @ self._labels)
        gradient = predicted - self._labels + self._ridge * away
        curves[np.diag_indices(2 * count)] += self._ridge
        return value, gradient, curves


def _label_sums(rows: Rows, weights: Floats) -> Floats:
    """Σ w·p·log q and Σ w·p of each class: the part of the loss that is linear."""
    if rows.shares is not None:
        logs = (rows.shares * np.maximum(rows.logs, LOWEST)) @ weights
        return np.concatenate([logs, rows.class_weights(weights)])
    own = np.maximum(rows.label_logs(), LOWEST)
    logs = np.bincount(rows.codes, weights * own, len(rows.logs))
    return np.concatenate([logs, rows.class_weights(weights)])
