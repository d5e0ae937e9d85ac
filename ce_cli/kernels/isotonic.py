"""Recalibration that keeps the order: the non-decreasing shares of positives that fit best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def isotonic_shares(positive: Floats, negative: Floats) -> Floats:
    """Share of positives in cells in order of their scores, never falling, shape (n,).

    Adjacent violators are pooled (Ayer et al. 1955); the shares are best for every proper score at
    once, the log score among them (Dimitriadis, Gneiting and Jordan, "Stable reliability diagrams
    for probabilistic classifiers", PNAS 118, 2021).

    Parameters
    ----------
    positive, negative : ndarray, shape (n,)
        Σ w of both classes in each cell, not both 0.
    """
    tops: list[float] = []  # Σ w of the positives of each pool …
    sums: list[float] = []  # … and of all
    cells: list[int] = []
    whole = positive + negative
    for own_top, own_sum in zip(positive.tolist(), whole.tolist(), strict=True):
        top, weight, count = own_top, own_sum, 1
        while tops and tops[-1] * weight >= top * sums[-1]:
            top += tops.pop()
            weight += sums.pop()
            count += cells.pop()
        tops.append(top)
        sums.append(weight)
        cells.append(count)
    shares: Floats = np.repeat(np.array(tops) / np.array(sums), cells)
    return shares


def isotonic_total(positive: Floats, negative: Floats) -> float:
    """Σ w·loss in nats after `isotonic_shares` took the place of the predictions."""
    kept = positive + negative > 0
    up, down = positive[kept], negative[kept]
    shares = isotonic_shares(up, down)
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(up > 0, -up * np.log(shares), 0.0)
        costs += np.where(down > 0, -down * np.log1p(-shares), 0.0)
    return float(costs.sum())
