"""Isotonic recalibration: the non-decreasing shares of positives that fit best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_FEW = 1 << 12  # cells, of which runs are not worth looking for
_FALLING = 0.95  # of the cells remain if that is no longer worth it


def pools(positive: Floats, negative: Floats) -> Codes:
    """The pool of each cell, by pooling adjacent violators (Ayer et al., Ann. Math. Stat. 1955).

    The shares of positives in the pools rise, and are the best non-decreasing ones for every proper
    score at once, the log score among them (Dimitriadis, Gneiting and Jordan, "Stable reliability
    diagrams for probabilistic classifiers", PNAS 118, 2021).

    Parameters
    ----------
    positive, negative : ndarray, shape (n,)
        Σ w of each class in each cell, in order of the scores.
    """
    merged, positive, negative = _runs(positive, negative)
    ups: list[float] = []
    downs: list[float] = []
    cells: list[int] = []
    for own_up, own_down in zip(positive.tolist(), negative.tolist(), strict=True):
        up, down, count = own_up, own_down, 1
        while ups and ups[-1] * down >= up * downs[-1]:
            up += ups.pop()
            down += downs.pop()
            count += cells.pop()
        ups.append(up)
        downs.append(down)
        cells.append(count)
    found = np.repeat(np.arange(len(cells)), cells)
    return found if merged is None else found[merged]


def _runs(positive: Floats, negative: Floats) -> tuple[Codes | None, Floats, Floats]:
    """Many cells with the runs in which shares never rise put together, and the run of each cell.

    The cells of a run are in one pool, in whatever order pools are made. None for few cells.
    """
    merged: Codes | None = None
    while len(positive) > _FEW:
        falls = positive[:-1] * negative[1:] >= positive[1:] * negative[:-1]
        first = np.concatenate(([True], ~falls))
        starts = np.flatnonzero(first)
        if len(starts) > _FALLING * len(first):
            break
        places = np.cumsum(first) - 1
        merged = places if merged is None else places[merged]
        positive = np.add.reduceat(positive, starts)
        negative = np.add.reduceat(negative, starts)
    return merged, positive, negative


def isotonic_curve(
    scores: Floats, positive: Floats, negative: Floats, rows: Floats
) -> tuple[Floats, Floats]:
    """Scores, rising, and the share of positives at each; straight lines lie between them.

    Each of the `pools` has its share from its first score to its last. A pool of one class alone
    has half a row of the other besides (Krichevsky and Trofimov, IEEE Trans. Inf. Theory 1981), or
    else a share as its neighbour has: so no probability is 0 or 1, and no loss of a new row is
    infinite.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Of each cell, rising and distinct.
    positive, negative : ndarray, shape (n,)
        Σ w of each class in each cell.
    rows : ndarray, shape (n,)
        The number of rows in each cell.
    """
    found = pools(positive, negative)
    up, down = np.bincount(found, positive), np.bincount(found, negative)
    half = 0.5 / (np.bincount(found, rows) + 1.0)
    shares = up / (up + down)
    inner = shares[(shares > 0.0) & (shares < 1.0)]
    low, high = inner.min(initial=0.5), inner.max(initial=0.5)
    shares = np.where(shares == 0.0, np.minimum(half, low), shares)
    shares = np.where(shares == 1.0, np.maximum(1.0 - half, high), shares)
    first = np.flatnonzero(np.diff(found, prepend=-1))
    last = np.append(first[1:], len(found)) - 1
    longer = last > first
    order = np.argsort(np.concatenate([first, last[longer]]), kind="stable")
    places = np.concatenate([first, last[longer]])[order]
    return scores[places], shares[found[places]]


def isotonic_chance(pooled: int, rows: float) -> float:
    """Gain in mean loss, in nats, that a fit with so many pools hardly ever exceeds by chance.

    For calibrated rows with one common share, twice the total gain is χ² distributed with one
    degree of freedom for each pool (Barlow et al., "Statistical inference under order
    restrictions", 1972). Where shares rise it is larger, as simulations show: hence twice its mean
    and three standard deviations.
    """
    return (pooled + 3.0 * float(np.sqrt(2.0 * pooled))) / rows


def isotonic_total(positive: Floats, negative: Floats) -> float:
    """Σ w·loss in nats with the shares of the `pools` in place of the predictions."""
    found = pools(positive, negative)
    up, down = np.bincount(found, positive), np.bincount(found, negative)
    whole = np.log(up + down, where=up + down > 0, out=np.zeros(len(up)))
    parts = [
        part * (whole - np.log(part, where=part > 0, out=np.zeros(len(part))))
        for part in (up, down)
    ]
    return float(sum(part.sum() for part in parts))
