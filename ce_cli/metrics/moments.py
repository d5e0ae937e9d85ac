"""Sums over a number of each row, from which the mean has its standard error and skewness."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.hall import bounded_skewness, skewness_of_mean
from ce_cli.metrics.state import State

Floats = NDArray[np.float64]

_ROUNDING = 16.0 * np.finfo(np.float64).eps  # of a sum of powers, as a share of its terms
_LARGEST = 2.0**340  # of a number whose cube is a float
_CLEAR = 1e-3  # rounding may change the skewness by this


class Cubes(State):
    """Sums for the skewness of the mean of a number v of each row, by group.

    Without weights only the first is kept: the others are sums of smaller powers, or equal to it.

    Attributes
    ----------
    third, second, first, weight : ExactSums
        Σ w³·v³, Σ w³·v², Σ w³·v and Σ w³.
    plain_third, plain_second : ExactSums
        Σ w·v³ and Σ w·v².
    """

    third: ExactSums
    second: ExactSums
    first: ExactSums
    weight: ExactSums
    plain_third: ExactSums
    plain_second: ExactSums

    def skewness(
        self,
        means: Floats,
        squares: Floats,
        weight: ExactSums,
        sums: tuple[ExactSums, ExactSums, ExactSums],
    ) -> Floats:
        """The skewness of the mean, k, by group.

        Parameters
        ----------
        means : ndarray
            Σ w·v / Σ w.
        squares : ndarray
            Σ w²(v − mean)².
        weight : ExactSums
            Σ w.
        sums : tuple of ExactSums
            Σ w², Σ w²·v and Σ w²·v².

        Notes
        -----
        For n equal weights it is the skewness of the numbers divided by √n, which is equal to
        Σ r³ / (Σ r²)^(3/2) of the residuals r = w·(v − mean). With unequal weights, this is often
        the share of a single row: see `skewness_of_mean`.
        """
        squared, first, second = (one.floats() for one in sums)
        if not len(self.weight.limbs):  # no weights
            return bounded_skewness(
                _skewness(means, squares, (self.third.floats(), second, first, squared))
            )
        cubed = (self.third, self.second, self.first, self.weight)
        of_residuals = _skewness(means, squares, tuple(one.floats() for one in cubed))
        with np.errstate(all="ignore"):
            total, one = weight.floats(), np.ones(len(means))
            third, second = self.plain_third.floats() / total, self.plain_second.floats() / total
            around = squares_about(means, one, means, second)
            of_numbers = _skewness(means, around, (third, second, means, one))
            of_numbers /= np.sqrt(effective_count(total, squared))
        return skewness_of_mean(of_numbers, of_residuals)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The sums over the finite losses of one batch."""
        return cls.of_rows(batch, batch.finite_losses, batch.finite_ends)

    @classmethod
    def of_rows(cls, batch: Batch, values: Floats, ends: tuple[float, float] | None = None) -> Self:
        """The sums of one batch, each row rounded; `ends` are the extremes of `values`, if known.

        Numbers too large to be cubed count as the largest that are not.
        """
        if batch.weights is not None:
            with np.errstate(over="ignore"):
                squares = values * values
                return cls.of_powers(batch, squares * values, squares, values, np.ones(len(values)))
        low, high = ends or (float(values.min(initial=0.0)), float(values.max(initial=0.0)))
        if max(high, -low) > _LARGEST:
            values = np.clip(values, -_LARGEST, _LARGEST)
            low, high = max(low, -_LARGEST), min(high, _LARGEST)
        cubes = values * values
        cubes *= values
        third = ExactSums.of(
            cubes, batch.groups, batch.group_count, (low * low * low, high * high * high)
        )
        none = ExactSums.empty(batch.group_count)
        return cls(third, none, none, none, none, none)

    @classmethod
    def of_powers(
        cls, batch: Batch, third: Floats, second: Floats, first: Floats, zeroth: Floats
    ) -> Self:
        """The sums with these numbers in place of v³, v², v and 1."""
        none, weights = ExactSums.empty(batch.group_count), batch.weights
        if weights is None:
            return cls(batch.sums(bounded(third)), none, none, none, none, none)
        with np.errstate(over="ignore"):
            cubed = bounded(weights * weights * weights)
            pairs = [(one, cubed) for one in (third, second, first, zeroth)]
            pairs += [(third, weights), (second, weights)]
            terms = (bounded(bounded(numbers) * factors) for numbers, factors in pairs)
            sums = (ExactSums.of(one, batch.groups, batch.group_count) for one in terms)
            return cls(*sums)

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
        whole = np.rint(count)
        return np.where(np.abs(count - whole) <= _ROUNDING * whole, whole, count)


def squares_about(means: Floats, squared_weight: Floats, first: Floats, second: Floats) -> Floats:
    """Σ w²(v − mean)² from Σ w², Σ w²·v and Σ w²·v², element by element.

    It is 0 where it is so small that rounding errors alone may explain it.
    """
    with np.errstate(all="ignore"):
        squares = second - 2.0 * means * first + means * means * squared_weight
        return np.where(squares <= _ROUNDING * second, 0.0, squares)


def _skewness(means: Floats, squares: Floats, sums: tuple[Floats, ...]) -> Floats:
    """Σ (v − mean)³ / (Σ (v − mean)²)^(3/2), with any factors in the sums.

    `sums` are those of v³, v², v and 1. It is 0 where nothing varies, and where rounding errors
    would dominate it.
    """
    with np.errstate(all="ignore"):
        root = np.sqrt(squares)
        third, second, first, zeroth = sums
        scaled = means / root
        terms = (
            third / root / root / root,
            -3.0 * scaled * (second / root / root),
            3.0 * scaled * scaled * (first / root),
            -(scaled**3) * zeroth,
        )
        skewness = terms[0] + terms[1] + terms[2] + terms[3]
        errors = _ROUNDING * sum(np.abs(term) for term in terms)
    return np.where(errors < _CLEAR * np.maximum(1.0, np.abs(skewness)), skewness, 0.0)
