"""Sums over a number of each row, from which the mean has its standard error and skewness."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]

_ROUNDING = 16.0 * np.finfo(np.float64).eps  # of a sum of powers, as a share of its terms
_CLEAR = 1e-3  # rounding may change the skewness by this


class Cubes(State):
    """Σ (w·v)³, Σ w³·v², Σ w³·v and Σ w³ by group, of a number v of each row.

    Without weights only the first is kept: the others are sums of the smaller powers.
    """

    third: ExactSums
    second: ExactSums
    first: ExactSums
    weight: ExactSums

    def floats(
        self, weight: ExactSums, first: ExactSums, second: ExactSums
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """The four sums, from the third to the lowest power, given Σ w², Σ w²·v and Σ w²·v².

        These are equal to the last three where there are no weights.
        """
        weighted = len(self.weight.limbs) > 0
        others = (self.second, self.first, self.weight) if weighted else (second, first, weight)
        third, *smaller = (one.floats() for one in (self.third, *others))
        return third, smaller[0], smaller[1], smaller[2]

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The sums over the finite losses of one batch."""
        return cls.of_rows(batch, batch.finite_losses, batch.finite_ends)

    @classmethod
    def of_rows(cls, batch: Batch, values: Floats, ends: tuple[float, float] | None = None) -> Self:
        """The sums of one batch, each row rounded; `ends` are the extremes of `values`, if known.

        Numbers too large to be cubed count as the largest float.
        """
        with np.errstate(over="ignore"):
            squares = values * values
            cubes = bounded(squares * values)
        if batch.weights is not None:
            return cls.of_powers(batch, cubes, squares, values, np.ones(len(values)))
        cubed = ends and (_cube(ends[0]), _cube(ends[1]))
        third = ExactSums.of(cubes, batch.groups, batch.group_count, cubed)
        none = ExactSums.empty(batch.group_count)
        return cls(third, none, none, none)

    @classmethod
    def of_powers(
        cls, batch: Batch, third: Floats, second: Floats, first: Floats, zeroth: Floats
    ) -> Self:
        """Σ w³·v for numbers v in place of v³, v², v and 1."""
        none, weights = ExactSums.empty(batch.group_count), batch.weights
        if weights is None:
            return cls(batch.sums(bounded(third)), none, none, none)
        with np.errstate(over="ignore"):
            own = bounded(weights * weights * weights)
            powers = (bounded(one * own) for one in (third, second, first, zeroth))
            counted = (np.where(weights > 0, one, 0.0) for one in powers)
        return cls(*(ExactSums.of(one, batch.groups, batch.group_count) for one in counted))

    def minus(self, other: Self) -> Self:
        """Subtract other sums."""
        pairs = ((getattr(self, name), getattr(other, name)) for name in self._fields)
        return type(self)(*(own.minus(others) for own, others in pairs))


def effective_count(weight: Floats, squared_weight: Floats) -> Floats:
    """Kish's number of rows, (Σ w)² / Σ w², by group: n if all weights are equal.

    L. Kish, Survey Sampling, 1965, section 11.7. NaN for no rows.
    """
    with np.errstate(all="ignore"):
        count: Floats = weight * (weight / squared_weight)
    return count


def squares_about(means: Floats, squared_weight: Floats, first: Floats, second: Floats) -> Floats:
    """Σ w²(v − mean)² from Σ w², Σ w²·v and Σ w²·v², element by element.

    It is 0 where it is so small that rounding errors alone may explain it.
    """
    with np.errstate(all="ignore"):
        squares = second - 2.0 * means * first + means * means * squared_weight
        return np.where(squares <= _ROUNDING * second, 0.0, squares)


def skewness_about(
    means: Floats,
    squares: Floats,
    sums: tuple[Floats, Floats, Floats, Floats],
) -> Floats:
    """Σ (w·(v − mean))³ / (Σ (w·(v − mean))²)^(3/2), between −1 and 1, element by element.

    Parameters
    ----------
    means : ndarray
        Σ w·v / Σ w.
    squares : ndarray
        Σ w²(v − mean)².
    sums : tuple of ndarray
        Σ w³·v³, Σ w³·v², Σ w³·v and Σ w³.

    Returns
    -------
    ndarray
        For n equal weights, the skewness divided by √n. It is 0 where nothing varies, and where
        rounding errors would dominate it.
    """
    with np.errstate(all="ignore"):
        root = np.sqrt(squares)
        third, second, first, weight = sums
        scaled, ratio = means / root, (second / root / root, first / root)
        terms = np.stack(
            [
                third / root / root / root,
                -3.0 * scaled * ratio[0],
                3.0 * scaled * scaled * ratio[1],
                -(scaled**3) * weight,
            ]
        )
        skewness = terms.sum(axis=0)
        clear = _ROUNDING * np.abs(terms).sum(axis=0) < _CLEAR
    return np.where(clear, np.clip(skewness, -1.0, 1.0), 0.0)


def _cube(value: float) -> float:
    """The cube, rounded as that of an array."""
    one = np.array([value])
    with np.errstate(over="ignore"):
        return float(bounded(one * one * one)[0])
