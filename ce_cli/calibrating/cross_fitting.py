"""Cross-fitting: what each method gains on rows that it was not fitted to, and which is chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.calibrating.methods import Training, fitted, is_costly, of_rows, why_not
from ce_cli.kernels.hashing import mixed
from ce_cli.record import Record
from ce_cli.text import plural

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

FOLDS = 5
FEWEST_ROWS = 20
FEWEST_OF_A_CLASS = 5  # for at least two classes


class Tried(Record):
    """A method, and the loss of each row by a fit to the other folds, shape (n,); or why not."""

    method: str
    losses: Floats | None = None
    reason: str = ""


def folds_of(codes: Codes, clusters: Codes | None, keys: Sequence[int]) -> Codes:
    """The fold of each row: they are of one size, and so are the rows of each class in them.

    Rows are dealt out in the order of a hash of their number, class by class; whole clusters in
    that of a hash of their name, so that no cluster is in two folds.

    Parameters
    ----------
    codes : ndarray of int, shape (n,)
        The classes.
    clusters : ndarray of int, shape (n,), or None
        The cluster of each row.
    keys : sequence of int
        A hash of the name of each cluster.
    """
    if clusters is not None:
        order = np.argsort(np.array(keys, np.uint64), kind="stable")
        of_cluster = np.empty(len(keys), np.intp)
        of_cluster[order] = np.arange(len(keys)) % FOLDS
        return of_cluster[clusters]
    hashes = mixed(np.arange(len(codes), dtype=np.uint64))
    folds = np.empty(len(codes), np.intp)
    folds[np.lexsort((hashes, codes))] = np.arange(len(codes)) % FOLDS
    return folds


def why_no_folds(training: Training, clusters: Codes | None) -> str | None:
    """Why nothing can be fitted that could be relied on; None if it can."""
    counts = np.sort(training.counts)
    if len(training.rows) < FEWEST_ROWS:
        rows = plural(len(training.rows), "row")
        return f"a calibration needs {FEWEST_ROWS} rows, and there {_is(len(training.rows))} {rows}"
    if counts[-1] > 0 and counts[-2] <= 0:
        return why_not("temperature", training)
    if counts[-2] < FEWEST_OF_A_CLASS:
        return f"a calibration needs {FEWEST_OF_A_CLASS} rows of each of two classes"
    if clusters is not None and clusters.max(initial=0) == 0:
        return "rows of one cluster cannot show what a calibration gains on rows of another"
    return None


def tried(
    methods: Sequence[str], training: Training, folds: Codes, is_asked_for: bool
) -> list[Tried]:
    """Every method, cross-fitted; a costly one only if it is asked for."""
    reasons = {method: why_not(method, training) for method in methods}
    for method in methods:
        if not (is_asked_for or reasons[method]) and is_costly(method, training):
            reasons[method] = f"it takes long for so many classes: --method {method} fits it"
    losses = {method: np.empty(len(training.rows)) for method in methods}
    for fold in range(int(folds.max()) + 1):
        held = folds == fold
        others = training.without(held)
        rows = of_rows(training.rows, np.flatnonzero(held))
        for method in methods:
            if not reasons[method]:
                reason = why_not(method, others)
                if reason is None:
                    losses[method][held] = fitted(method, others).losses(rows)
                else:
                    reasons[method] = f"for the rows outside of one of {FOLDS} folds, {reason}"
    return [
        Tried(method, reason=reason)
        if (reason := reasons[method])
        else Tried(method, losses[method])
        for method in methods
    ]


class Gains:
    """Means and standard errors of differences between the losses of the same rows.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        Weights of the rows.
    clusters : ndarray of int, shape (n,), or None
        Rows of one cluster depend on each other.
    """

    def __init__(self, weights: Floats, clusters: Codes | None) -> None:
        self._weights, self._clusters = weights, clusters

    def of(self, gains: Floats, chosen: Codes | slice = slice(None)) -> tuple[float, float]:
        """The weighted mean of some rows, and its standard error; NaN for a single row."""
        weights, own = self._weights[chosen], gains[chosen]
        total = float(weights.sum())
        mean = float((weights * own).sum()) / total
        away = weights * (own - mean)
        if self._clusters is not None:
            codes = self._clusters[chosen]
            away = np.bincount(codes, away).astype(np.float64)[np.unique(codes)]
        count = len(away)
        if count < 2:
            return mean, math.nan
        largest = float(np.abs(away).max()) or 1.0  # so that no square overflows
        square = float(np.square(away / largest).sum())
        return mean, largest * math.sqrt(square * count / (count - 1)) / total


def simplest(every: Sequence[Tried], gains: Gains) -> Tried:
    """The first whose loss exceeds the least one by no more than the standard error of that.

    Parameters
    ----------
    every : sequence of Tried
        The simplest first.
    gains : Gains
        The means and errors of differences.
    """
    able = [(one, one.losses) for one in every if one.losses is not None]
    means = [gains.of(losses)[0] for _, losses in able]
    best = able[int(np.argmin(means))][1]
    for one, losses in able:
        excess, error = gains.of(losses - best)
        if excess <= error or losses is best:
            return one
    raise AssertionError("the best is as good as itself")


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
