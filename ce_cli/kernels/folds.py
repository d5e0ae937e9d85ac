"""Cross-fitting: each row is recalibrated by a fit to the other folds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.hashing import Hashes, mixed, uniforms
from ce_cli.kernels.recalibration import Recalibration, Rows, tempered

Floats = NDArray[np.float64]

FOLDS = 5
_MANY = 64  # from so many identical rows on, all are divided among the folds at once


def fold_weights(weights: Floats, counts: Floats, keys: Hashes) -> Floats:
    """The weight of each entry in each fold, shape (FOLDS, n).

    Every row goes to one fold, chosen by the key of its entry, so that nothing depends on the order
    of the rows; identical rows are separate rows, and may go to different folds.

    Parameters
    ----------
    weights, counts : ndarray, shape (n,)
        Weight of each entry, and the number of rows it represents: rounded, and at least 1.
    keys : ndarray of uint64, shape (n,)
        Identifies each entry.
    """
    wholes = np.maximum(np.rint(counts), 1.0)
    shares = np.zeros((FOLDS, len(weights)))
    few = np.flatnonzero(wholes <= _MANY)
    entries = np.repeat(few, wholes[few].astype(np.intp))
    numbers = np.arange(len(entries)) - np.repeat(
        np.cumsum(wholes[few]) - wholes[few], wholes[few].astype(np.intp)
    )
    drawn = mixed(keys[entries] + numbers.astype(np.uint64)) % np.uint64(FOLDS)
    cells = drawn.astype(np.intp) * len(weights) + entries
    shares += np.bincount(cells, minlength=shares.size).reshape(shares.shape)
    many = np.flatnonzero(wholes > _MANY)
    shares[:, many] = _shared_out(wholes[many], keys[many])
    found: Floats = shares * (weights / wholes)
    return found


def cross_fitted(
    rows: Rows, weights: Floats, parts: Floats, biased: bool, whole: Recalibration
) -> Floats:
    """Loss of each row, recalibrated by the best fit to the rows of the other folds, shape (n,).

    Parameters
    ----------
    rows, weights : Rows, ndarray of shape (n,)
        The rows to recalibrate.
    parts : ndarray, shape (FOLDS, n)
        `fold_weights`; the loss of rows in several folds is the mean.
    biased : bool
        Whether biases are fitted as well as the temperature.
    whole : Recalibration
        The best fit to all rows, to start from.
    """
    total = np.zeros(len(rows))
    for part in parts:
        fit = tempered(rows, np.maximum(weights - part, 0.0), biased, whole)
        own = np.flatnonzero(part > 0)
        shares = None if rows.shares is None else rows.shares[:, own]
        held = Rows(rows.logs[:, own], rows.codes[own], shares)
        total[own] += part[own] * held.recalibrated(fit)
    return np.divide(total, weights, out=np.zeros(len(rows)), where=weights > 0)


def _shared_out(counts: Floats, keys: Hashes) -> Floats:
    """Divide many identical rows among the folds at random: the normal limit of the multinomial."""
    draws = [mixed(keys + np.uint64(number)) for number in range(2 * FOLDS)]
    radius = [np.sqrt(-2.0 * np.log1p(-uniforms(one))) for one in draws[:FOLDS]]
    turns = [np.cos(2.0 * np.pi * uniforms(one)) for one in draws[FOLDS:]]
    normals = np.stack([far * turn for far, turn in zip(radius, turns, strict=True)])
    normals -= normals.mean(axis=0)
    shares: Floats = np.maximum(counts / FOLDS + np.sqrt(counts / FOLDS) * normals, 0.0)
    shares *= counts / shares.sum(axis=0)
    return shares
