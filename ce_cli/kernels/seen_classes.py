"""The entropy of classes whose shares are known only from a few rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEP = 0.5  # of log s: the trapezoidal sum is then within 1e-8 of the integral
_GRID = np.exp(np.arange(-30.0, 4.0, _STEP))
_SERIES = (-1.0 / 12.0, 1.0 / 120.0, -1.0 / 252.0, 1.0 / 240.0, -1.0 / 132.0)
_FAR = 8  # from here on, the series of the digamma function is within 1e-12


def entropy(shares: Floats) -> Floats:
    """H(π) = −Σ π log π of the shares in the last axis, in nats.

    A share near 1 has lost the digits of its logarithm, so that is taken from the other shares.
    """
    logs = np.log(np.where(shares > 0, shares, 1.0))
    most = shares.argmax(axis=-1)[..., np.newaxis]
    rest = np.where(np.arange(shares.shape[-1]) == most, 0.0, shares).sum(axis=-1, keepdims=True)
    is_near_one = (np.arange(shares.shape[-1]) == most) & (rest < 0.5)
    logs = np.where(is_near_one, np.log1p(-np.minimum(rest, 0.5)), logs)
    summed: Floats = -(shares * logs).sum(axis=-1)
    return summed


def missing_entropy(
    shares: Floats, rows: Floats, once: Floats, twice: Floats
) -> tuple[Floats, Floats]:
    """By how much H(π) of the shares among some rows is below that of their origin.

    Parameters
    ----------
    shares : ndarray, shape (groups, K)
        The share of each class.
    rows, once, twice : ndarray, shape (groups,)
        How many rows there are, and how many classes have one of them, or two.

    Returns
    -------
    seen, unseen : tuple of ndarray, shape (groups,)
        The parts that are due to the classes in `shares` and to those without a row, in nats.

    Notes
    -----
    The first part is (K − 1)/(2n) of the K classes that have rows (G. A. Miller, "Note on the bias
    of information estimates", 1955), and terms of higher order: Σ π·(ψ(n) − ψ(n·π)) is without
    bias but for the classes that have no row. These are estimated by A. Chao, Y. T. Wang and L.
    Jost, "Entropy and the species accumulation curve", Methods Ecol. Evol. 4, 2013, equation 7.
    """
    with np.errstate(all="ignore"):
        counts = np.where(shares > 0, rows[:, np.newaxis] * shares, 1.0)
        terms = shares * (digamma(rows)[:, np.newaxis] - digamma(counts))
        seen = terms.sum(axis=1) - entropy(shares)
        rate = 2.0 / ((rows - 1.0) * (once - 1.0) + 2.0)
        rate = np.where(twice > 0, 2.0 * twice / ((rows - 1.0) * once + 2.0 * twice), rate)
        unseen = np.where(once > 0, once / rows * _later_rows(rate, rows), 0.0)
    return np.maximum(seen, 0.0), np.where(rate < 1.0, np.maximum(unseen, 0.0), 0.0)


def _later_rows(rate: Floats, rows: Floats) -> Floats:
    """Σ over j ≥ 0 of (1 − rate)^(j + 1) / (rows + j).

    With 1 / (rows + j) as the integral of e^(−(rows + j)·t), it is the integral of
    e^−s / (1 − (1 − rate)·e^(−s/rows)) by s = rows·t, times (1 − rate) / rows.
    """
    kept = np.log1p(-rate)[:, np.newaxis]
    below = -np.expm1(kept - _GRID / rows[:, np.newaxis])
    integral = (_GRID * np.exp(-_GRID) / below).sum(axis=1) * _STEP
    later: Floats = (1.0 - rate) * integral / rows
    return later


def digamma(numbers: Floats) -> Floats:
    """ψ(x), the derivative of log Γ(x), for x > 0 (DLMF 5.5.2 and 5.11.2)."""
    below: Floats = np.zeros_like(numbers)
    moved = numbers
    for _ in range(_FAR):
        near = moved < _FAR
        below = below + np.where(near, 1.0 / moved, 0.0)
        moved = np.where(near, moved + 1.0, moved)
    square = 1.0 / (moved * moved)
    tail: Floats = np.zeros_like(moved)
    for factor in reversed(_SERIES):
        tail = square * (factor + tail)
    found: Floats = np.log(moved) - 0.5 / moved + tail - below
    return found
