"""Fitting a temperature, or a temperature with a bias for each class.

Recalibrated log-probabilities are log softmax(β·log q + b): β = 1/T is the slope (Guo et al., "On
calibration of modern neural networks", ICML 2017), b the biases (Alexandari, Kundaje and Shrikumar,
"Maximum likelihood with bias-corrected calibration is hard-to-beat at label shift adaptation", ICML
2020). For two classes this is Platt's scaling of the logit, and β is Cox's calibration slope
(Biometrika 45, 1958). Shapes: n rows, K classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LOWEST = -(2.0**40)  # log-probabilities are raised to this, so that squares stay finite
_CELLS = 1 << 16  # numbers processed at once, which fit the cache
_FEW_CLASSES = 8
_STEPS = 200
_HALVINGS = 50
_CLOSE = 1e-15  # nats; a step that promises less ends the search
_DAMPING = 1e-10
_NARROW = 1e-13  # relative distance of bounds at which the slope is found
_LARGEST = 1e290  # the search for a slope ends here
_BISECTED = 3  # every third step between two bounds is a bisection
_ROUNDING = 8.0  # units in the last place that predictions may differ by rounding alone


class Recalibration(Record):
    """The slope β, and the bias of each class, shape (K,)."""

    slope: float
    biases: Floats


class Rows(Record):
    """Predictions and labels to fit to.

    Attributes
    ----------
    logs : ndarray of floats, shape (K, n)
        Log-probabilities.
    codes : ndarray of int, shape (n,)
        The class that happened.
    shares : ndarray of floats, shape (K, n), or None
        The share of each class in the label, where labels are soft.
    """

    logs: NDArray[np.floating]
    codes: Codes
    shares: NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return int(self.logs.shape[1])

    def label_logs(self) -> Floats:
        """Σ p·log q of the labels, shape (n,)."""
        if self.shares is None:
            own: Floats = self.logs[self.codes, np.arange(len(self))].astype(np.float64)
            return own
        products = self.shares * self.logs.astype(np.float64)
        total: Floats = products.sum(axis=0)
        return total

    def masses(self) -> Floats:
        """Σ p of each label, shape (n,)."""
        if self.shares is None:
            return np.ones(len(self))
        total: Floats = self.shares.sum(axis=0, dtype=np.float64)
        return total

    def class_weights(self, weights: Floats) -> Floats:
        """Σ w·p of each class, shape (K,)."""
        if self.shares is None:
            return np.bincount(self.codes, weights, len(self.logs)).astype(np.float64, copy=False)
        total: Floats = self.shares @ weights
        return total

    def losses(self) -> Floats:
        """Cross-entropy of each row as it is, in nats, shape (n,)."""
        return -self.label_logs()

    def recalibrated(self, by: Recalibration) -> Floats:
        """Cross-entropy of each row once it is recalibrated, in nats, shape (n,)."""
        biases = by.biases[self.codes] if self.shares is None else by.biases @ self.shares
        odds = (part - part.max(axis=0) for part in parts(self.logs))
        spread = np.concatenate([_softmax(part, by)[1] for part in odds])
        masses = self.masses()
        return spread * masses - by.slope * (self.label_logs() - masses * self.tops()) - biases

    def tops(self) -> Floats:
        """The largest log-probability of each row, shape (n,)."""
        largest: Floats = np.maximum(self.logs.max(axis=0).astype(np.float64), LOWEST)
        return largest

    def rounding(self) -> float:
        """The relative difference that equal log-probabilities may have by rounding."""
        return _ROUNDING * float(np.finfo(self.logs.dtype).eps)

    def spread(self) -> float:
        """The largest difference of two log-probabilities in one row; 0 if it is mere rounding."""
        lows = np.maximum(self.logs.min(axis=0).astype(np.float64), LOWEST)
        tops = self.tops()
        ranges: Floats = tops - lows
        real = ranges > self.rounding() * np.maximum(np.abs(lows), np.abs(tops))
        return float(ranges.max(initial=0.0, where=real))

    def vary(self) -> bool:
        """Whether the log-odds of some class differ between rows by more than rounding."""
        first: Floats | None = None
        for part in parts(self.logs):
            tops = part.max(axis=0)
            odds = part - tops
            first = odds[:, :1] if first is None else first
            noise = 2.0 * self.rounding() * (np.abs(part) + np.abs(tops))
            if (np.abs(odds - first) > noise).any():
                return True
        return False


def fitted(
    rows: Rows, weights: Floats, biased: bool, start: Recalibration | None = None
) -> Recalibration:
    """The slope, and optionally the biases, that minimise Σ w·loss.

    The loss is convex. The slope alone is the root of a rising derivative, found between bounds, so
    that logits c times as large have a slope c times as small, whatever their size; from there
    biases are found by Newton's method with halved steps. The slope may be negative; where all
    predictions are uniform any slope is as good, and it is 1. A class without weight has the bias
    of the most common class, as its own optimum is −∞; the biases of the others are 0 on average.
    For rows that some slope separates there is no optimum: the search ends where nothing is left
    to gain.

    Parameters
    ----------
    rows : Rows
        The n rows to fit.
    weights : ndarray, shape (n,)
        Not negative, and not all 0.
    biased : bool
        Whether biases are fitted too.
    start : Recalibration, optional
        Where the search begins.
    """
    return _Search(rows, weights, biased).found(start, flat=False)


def tempered(
    rows: Rows, weights: Floats, biased: bool, start: Recalibration | None = None
) -> Recalibration:
    """Like `fitted`, but with a non-negative slope, since no temperature reverses the order.

    A slope of 0 is an infinite temperature: the predictions do not count.
    """
    search = _Search(rows, weights, biased)
    best = search.found(start, flat=False)
    return best if best.slope >= 0 else search.found(None, flat=True)


class _Search:
    """The weighted mean loss of some rows, as a function of slope and biases."""

    def __init__(self, rows: Rows, weights: Floats, biased: bool) -> None:
        chosen = np.flatnonzero(weights > 0)
        if len(chosen) < len(rows):
            shares = None if rows.shares is None else rows.shares[:, chosen]
            rows = Rows(rows.logs[:, chosen], rows.codes[chosen], shares)
            weights = weights[chosen]
        weights = weights / weights.sum()
        masses = rows.masses()
        self._rows = rows
        self._tops = rows.tops()
        self._weights = weights * masses
        self._labels = float(np.dot(weights, rows.label_logs() - masses * self._tops))
        self._classes = rows.class_weights(weights)
        present = np.flatnonzero(self._classes > 0)
        self._most_common = int(self._classes.argmax())  # its bias is 0 during the search
        others = present[present != self._most_common]
        self._free = others + 1 if biased else others[:0]
        self._present = present

    def found(self, start: Recalibration | None, flat: bool) -> Recalibration:
        """The optimum; where `flat`, the optimum with a slope of 0."""
        point = np.zeros(len(self._classes) + 1)
        free = self._free
        if not flat:
            if start is None or not len(free):
                point[0] = self._slope(0.0 if start is None else start.slope)
            else:
                point[0] = start.slope
                point[1:] = start.biases - start.biases[self._most_common]
                point[1:][self._classes <= 0] = 0.0
            free = np.concatenate(([0], free))
        if len(self._free):
            _, point = descended(self._taylor, point, free)
        biases = point[1:]
        if len(self._free):
            biases -= biases[self._present].mean()
        return Recalibration(float(point[0]), biases)

    def _slope(self, start: float) -> float:
        """The best slope without biases: where the derivative, which rises, is 0.

        The search begins at `start` if it has the same sign as the solution.
        """
        spread = self._rows.spread()
        if spread == 0:
            return 1.0
        point = np.zeros(len(self._classes) + 1)
        sign = -float(np.sign(self._taylor(point)[1][0]))
        if sign == 0:
            return 0.0
        tried = start * sign if start * sign > 0 else 1.0 / spread
        low, high, reach = 0.0, np.inf, 2.0
        for step in range(_STEPS):  # pragma: no branch - bisection ends before
            point[0] = sign * tried
            _, slopes, curves = self._taylor(point)
            slope, curve = sign * float(slopes[0]), float(curves[0, 0])
            newton = tried - slope / curve if curve > 0 else np.inf
            if slope < 0:
                low = tried
            else:
                high = tried
            promised = abs(slope) * (high - low) if curve > 0 else np.inf
            if promised <= _CLOSE or low >= (1.0 - _NARROW) * high:
                return sign * (newton if low <= newton <= high else tried)
            beyond = 2.0 * newton - tried  # most likely on the other side of the root
            if high == np.inf:
                near = step % 2 == 0 and tried < beyond <= 4.0 * tried
                tried, reach = (beyond, reach) if near else (tried * reach, reach * reach)
                if tried > _LARGEST:
                    break
            elif low == 0:
                near = step % 2 == 0 and tried / 4.0 <= beyond < tried
                tried, reach = (beyond, reach) if near else (tried / reach, reach * reach)
            elif step % _BISECTED == 0 or not low < newton < high:
                tried = float(np.sqrt(low) * np.sqrt(high))
            else:
                tried = beyond if low < beyond < high else newton
        return sign * (low or tried)

    def _taylor(self, point: Floats) -> tuple[float, Floats, Floats]:
        """Mean loss, its gradient and its Hessian by the slope and, where they are fitted, biases.

        There are 1 or 1 + K of these.
        """
        by = Recalibration(float(point[0]), point[1:])
        classes = len(self._classes)
        with_biases = len(self._free) > 0
        value = 0.0
        mean, square = 0.0, 0.0
        size = classes if with_biases else 0
        predicted, mixed, pairs = np.zeros(size), np.zeros(size), np.zeros((size, size))
        at = 0
        for logs in parts(self._rows.logs):
            own = slice(at, at + logs.shape[1])
            at = own.stop
            weights = self._weights[own]
            odds = logs - self._tops[own]  # so that a certain row has exactly 0
            shares, spread = _softmax(odds, by)
            expected = np.einsum("kn,kn->n", shares, odds)
            deviations = odds - expected
            value += float(np.dot(weights, spread))
            mean += float(np.dot(weights, expected))
            weighted = shares * weights
            deviations *= weighted
            square += float(np.einsum("kn,kn->", deviations, odds))
            if with_biases:
                predicted += weighted.sum(axis=1)
                mixed += deviations.sum(axis=1)
                pairs += weighted @ shares.T
        value -= by.slope * self._labels + float(np.dot(by.biases, self._classes))
        if not with_biases:
            return value, np.array([mean - self._labels]), np.array([[square]])
        slopes = np.concatenate(([mean - self._labels], predicted - self._classes))
        curves = np.empty((classes + 1, classes + 1))
        curves[0, 0] = square
        curves[0, 1:] = curves[1:, 0] = mixed
        curves[1:, 1:] = np.diag(predicted) - pairs
        return value, slopes, curves


def parts(logs: NDArray[np.floating]) -> Iterator[Floats]:
    """The log-probabilities in slices of rows, as float64."""
    size = max(1, _CELLS // len(logs))
    for start in range(0, max(logs.shape[1], 1), size):
        yield np.maximum(logs[:, start : start + size].astype(np.float64), LOWEST)


def _softmax(logs: Floats, by: Recalibration) -> tuple[Floats, Floats]:
    """Recalibrated probabilities, shape (K, n), and log Σ e^(β·log q + b), shape (n,)."""
    scores = by.slope * logs + by.biases[:, np.newaxis]
    largest = over_classes(np.maximum, scores)
    scores -= largest
    odds = np.exp(scores, out=scores)
    total = over_classes(np.add, odds)
    odds /= total
    return odds, np.log(total) + largest


def over_classes(operation: np.ufunc, matrix: Floats) -> Floats:
    """A matrix of shape (K, n) reduced class after class, which numpy does slowly for a few."""
    found: Floats = (
        reduce(operation, matrix) if len(matrix) <= _FEW_CLASSES else operation.reduce(matrix, 0)
    )
    return found


def descended(
    taylor: Callable[[Floats], tuple[float, Floats, Floats]], point: Floats, free: Codes
) -> tuple[float, Floats]:
    """The least value of a convex function, and where it is: Newton's method with halved steps.

    Parameters
    ----------
    taylor : callable
        The value at a point, the gradient and the Hessian.
    point : ndarray
        Where the search begins.
    free : ndarray of int
        The numbers that are changed.
    """
    value, slopes, curves = taylor(point)
    for _ in range(_STEPS):
        step = -solved(curves[np.ix_(free, free)], slopes[free])
        gain = -float(np.dot(step, slopes[free]))
        if not gain > _CLOSE:
            break
        share = 1.0
        for _ in range(_HALVINGS):
            tried = point.copy()
            tried[free] += share * step
            nearer = taylor(tried)
            if nearer[0] <= value - 1e-4 * share * gain + _CLOSE:
                break
            share /= 2.0
        else:
            break
        point = tried
        value, slopes, curves = nearer
    return value, point


def solved(curves: Floats, slopes: Floats) -> Floats:
    """Newton's step, slightly damped, since biases that no row distinguishes make it singular."""
    scale = np.sqrt(np.maximum(np.diag(curves), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    scaled = curves / np.outer(scale, scale)
    scaled[np.diag_indices_from(scaled)] += _DAMPING
    try:
        step: Floats = np.linalg.solve(scaled, slopes / scale) / scale
    except np.linalg.LinAlgError:
        step = slopes / np.square(scale)
    return step
