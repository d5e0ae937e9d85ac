"""Fieller's interval of a relative difference: the ratios that a test would not reject.

For the means D of differences d and B of references b, and a ratio θ, the mean of d − θ·b is 0 if θ
is the true ratio, so T(θ) = (D − θB) / its standard error is a statistic of the usual test (E. C.
Fieller, "Some problems in interval estimation", J. R. Stat. Soc. B 16, 1954). T(0) is that of the
difference itself: the interval excludes 0 exactly if the test rejects that there is no difference.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

from ce_cli.record import Record

if TYPE_CHECKING:
    from fractions import Fraction

    Number = Fraction | float

LOWEST = -1.0  # a mean of losses is at least 0, so it is not lower by more than all of another


class RatioMoments(Record):
    """Two means and their errors, of which only the ratios matter.

    Floats are taken as they are: everything up to the last root and quotient is exact, because the
    quadratic equation for an end loses all digits where a difference is small. It is computed with
    whole numbers, since fractions would be reduced at each step, which takes most of the time.

    Attributes
    ----------
    difference, reference : int, Fraction or float
        D and B; the reference is at least 0.
    variance, covariance, reference_variance : int, Fraction or float
        The squared standard error of D, the covariance of D and B, and the squared error of B.
    scale : tuple of int
        Numerator and denominator of a factor of these three, at least 0.
    """

    difference: Number
    reference: Number
    variance: Number
    covariance: Number
    reference_variance: Number
    scale: tuple[int, int] = (1, 1)

    def ends(self, lowest: float, highest: float) -> tuple[float, float]:
        """The interval of the ratio.

        Parameters
        ----------
        lowest, highest : float
            The smallest and the largest value of T that are not unusual.

        Returns
        -------
        tuple of float
            The smallest and the largest ratio from `LOWEST` on whose T is between these; the upper
            end is NaN where it is unbounded, because the reference is not clearly above 0. Where
            the test rejects 0 itself, only ratios on the side of D count.
        """
        if not (math.isfinite(lowest) and math.isfinite(highest)):
            return math.nan, math.nan
        low, high = LOWEST, math.nan
        if self._beyond(0, highest) or self._beyond(int(LOWEST), highest):
            low = max(LOWEST, self._crossing(highest))
        if self._below(0, lowest) or self._clear(lowest):
            high = max(LOWEST, self._crossing(lowest))
        return low, high

    def _beyond(self, ratio: int, limit: float) -> bool:
        """Whether T of the ratio is above the limit."""
        return self._compared(ratio, limit) > 0

    def _below(self, ratio: int, limit: float) -> bool:
        """Whether T of the ratio is below the limit."""
        return self._compared(ratio, limit) < 0

    def _compared(self, ratio: int, limit: float) -> int:
        """An integer that has the sign of T − limit: that of their signed squares' difference."""
        d, b, variance, covariance, own = self._wholes
        top, bottom = self._square(limit)
        square = max(0, variance - 2 * ratio * covariance + ratio * ratio * own)
        return bottom * _signed_square(d - ratio * b) - _sign(limit) * top * square

    def _clear(self, limit: float) -> bool:
        """Whether T, which falls to −B / its error for large ratios, gets below the limit."""
        _, b, _, _, own = self._wholes
        top, bottom = self._square(limit)
        return -bottom * _signed_square(b) < _sign(limit) * top * own

    @cached_property
    def _wholes(self) -> tuple[int, int, int, int, int]:
        """The numbers in units in which they are whole: one of means, another of the squares."""
        d, b = _over(self._mean_unit, (self.difference, self.reference))
        squares = (self.variance, self.covariance, self.reference_variance)
        return (d, b, *_over(self._square_unit, squares))  # type: ignore[return-value]

    @cached_property
    def _mean_unit(self) -> int:
        """How many units of the means are 1."""
        return _common((self.difference, self.reference))

    @cached_property
    def _square_unit(self) -> int:
        return _common((self.variance, self.covariance, self.reference_variance))

    def _square(self, limit: float) -> tuple[int, int]:
        """The numerator and the denominator of limit² by which squares in whole units count."""
        top, bottom = limit.as_integer_ratio()
        scale, divisor = self.scale
        unit = self._mean_unit
        return top * top * scale * unit * unit, bottom * bottom * divisor * self._square_unit

    def _crossing(self, limit: float) -> float:
        """The ratio at which T falls through the limit.

        A root of (D − θB)² = limit² · (variance − 2θ·covariance + θ²·reference_variance), that is
        of a·θ² − 2h·θ + c = 0: (h − √(h² − a·c)) / a for limits above 0, and with + below.
        """
        d, b, variance, covariance, own = self._wholes
        top, bottom = self._square(limit)
        a = bottom * b * b - top * own
        h = bottom * d * b - top * covariance
        c = bottom * d * d - top * variance
        root, shift = _root(h * h - a * c)
        root = root if limit > 0.0 else -root
        a, h, c = a << shift, h << shift, c << shift
        if (h or root) and (h > 0) == (root > 0):  # no cancellation in h + root
            return _quotient(c, h + root)
        return _quotient(h - root, a)


def _common(numbers: tuple[Number, ...]) -> int:
    """A number that all of some numbers become whole by."""
    return math.lcm(*(one.as_integer_ratio()[1] for one in numbers))


def _over(unit: int, numbers: tuple[Number, ...]) -> tuple[int, ...]:
    """Some numbers times another, by which they become whole."""
    parts = (one.as_integer_ratio() for one in numbers)
    return tuple(top * (unit // bottom) for top, bottom in parts)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)


def _signed_square(number: int) -> int:
    return number * abs(number)


def _root(square: int) -> tuple[int, int]:
    """√square · 2^shift and the shift, to 100 binary digits and more; 0 for negative ones."""
    if square <= 0:
        return 0, 0
    shift = max(0, 201 - square.bit_length()) // 2
    return math.isqrt(square << 2 * shift), shift


def _quotient(top: int, bottom: int) -> float:
    try:
        return top / bottom
    except OverflowError:
        return math.inf if (top > 0) == (bottom > 0) else -math.inf
