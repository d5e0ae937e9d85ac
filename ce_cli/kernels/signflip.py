"""The sign-flip test of whether the mean of paired differences is 0.

Where a difference and its negative are equally likely, every choice of signs gives differences that
could equally have been observed (Fisher, The Design of Experiments, 1935, section 21). The p-value
is the share of all choices whose statistic is at least as far from 0 as the observed one.

The statistic is the total, or Hall's transformed t. The second is nearly as reliable as the test by
t where differences are not symmetric but skewed (A. Janssen, "Studentized permutation tests for
non-i.i.d. hypotheses", Statistics and Probability Letters 36, 1997, for t itself).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.hall import transformed

Floats = NDArray[np.float64]

DRAWS = 9_999
ALL_CHOICES = 16  # with at most so many sums, every choice of signs is evaluated
_SEED = 0x5EED
_AT_ONCE = 1 << 22  # signs
_ROUNDING = 1e-9  # statistics that differ by rounding alone count as equally far from 0
_FLAT = 1e-12  # a share of the squares below which residuals are rounding errors


def sign_flip_p_value(sums: Floats, weights: Floats | None = None) -> float:
    """Two-sided p-value of the total of `sums`, each of which may change its sign.

    Parameters
    ----------
    sums : ndarray, shape (B,)
        Weighted differences, or sums of differences that change their signs together.
    weights : ndarray, shape (B,), optional
        Σ w of each sum, with which the statistic is Hall's transformed t; without, the total.

    Returns
    -------
    float
        Exact for up to `ALL_CHOICES` sums that are not 0; otherwise from `DRAWS` random choices,
        with the observed one counted as one more (Phipson and Smyth, Stat. Appl. Genet. Mol.
        Biol. 9, 2010), so that it is never 0. Always the same for the same sums.
    """
    flipping = np.flatnonzero(sums)
    if not math.fsum(sums.tolist()):  # nothing is nearer to 0
        return 1.0
    sums = sums / np.abs(sums).max()
    statistic = _Total(sums) if weights is None else _Transformed(sums, weights)
    terms = statistic.terms[flipping]
    observed = float(statistic.sizes(terms.sum(axis=0, keepdims=True))[0])
    limit = observed * (1.0 - _ROUNDING)
    if len(flipping) <= ALL_CHOICES:
        choices = np.arange(1 << len(flipping))[:, np.newaxis] >> np.arange(len(flipping)) & 1
        return float(np.mean(statistic.sizes((1.0 - 2.0 * choices) @ terms) >= limit))
    drawn = (statistic.sizes(flipped) >= limit for flipped in _flipped(terms))
    return (1 + sum(int(far.sum()) for far in drawn)) / (1 + DRAWS)


def fewest_to_decide(level: float) -> int:
    """The fewest sums that can give a p-value below `level`: with n, it is at least 2 / 2ⁿ."""
    return math.floor(1.0 - math.log2(level)) + 1


class _Statistic(Protocol):
    """A statistic that depends on the signs s only through sums Σ s·term.

    `terms`, shape (B, m), has what changes its sign; `sizes` takes sums of these, shape (k, m).
    """

    terms: Floats

    def sizes(self, sums: Floats) -> Floats: ...


class _Total:
    """The size of Σ s·x."""

    def __init__(self, sums: Floats) -> None:
        self.terms = sums[:, np.newaxis]

    def sizes(self, sums: Floats) -> Floats:
        """|Σ s·x|, shape (k,)."""
        sizes: Floats = np.abs(sums[:, 0])
        return sizes


class _Transformed:
    """The size of Hall's g(t), for the residuals r = s·x − m·v of sums x with weights v.

    The mean is m = Σ s·x / Σ v, and with s² = 1 the sums of powers of r are
    Σ x² − 2m·Σ s·xv + m²·Σ v² and Σ s·x³ − 3m·Σ x²v + 3m²·Σ s·xv² − m³·Σ v³.
    """

    def __init__(self, sums: Floats, weights: Floats) -> None:
        x, v = sums, weights / weights.max()
        self.terms = np.stack([x, x * v, x**3, x * v * v], axis=1)
        self._weight, self._count = float(v.sum()), float(v.sum() ** 2 / (v * v).sum())
        powers = (x * x, x * x * v, v * v, v**3)
        self._powers = tuple(float(power.sum()) for power in powers)

    def sizes(self, sums: Floats) -> Floats:
        """|g(t)|, shape (k,)."""
        total, mixed, cubes, others = sums.T
        square, square_weight, weight_square, weight_cube = self._powers
        mean = total / self._weight
        squares = square - 2.0 * mean * mixed + mean * mean * weight_square
        third = cubes - 3.0 * mean * square_weight + 3.0 * mean**2 * others - mean**3 * weight_cube
        flat = squares <= _FLAT * square
        root = np.sqrt(np.where(flat, 1.0, squares))
        skewness = np.where(flat, 0.0, np.clip(third / root**3, -1.0, 1.0))
        factor = math.sqrt(max(self._count - 1.0, 0.0) / self._count)
        t = np.where(flat, np.copysign(np.inf, total), total / root * factor)
        sizes: Floats = np.abs(np.where(flat, t, transformed(np.where(flat, 0.0, t), skewness)))
        return sizes


def _flipped(terms: Floats) -> Iterator[Floats]:
    """Σ s·term for random choices of signs, a few thousand at once."""
    random, count = np.random.default_rng(_SEED), len(terms)
    width = -(-count // 8)
    most = max(1, _AT_ONCE // count)
    for start in range(0, DRAWS, most):
        rows = min(most, DRAWS - start)
        drawn = np.frombuffer(random.bytes(rows * width), np.uint8).reshape(rows, width)
        signs = np.unpackbits(drawn, axis=1, count=count).astype(np.float64)
        yield terms.sum(axis=0) - 2.0 * (signs @ terms)
