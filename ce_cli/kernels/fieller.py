"""Fieller's interval of a relative difference: the ratios that a test would not reject.

For the means D of differences d and B of references b, and a ratio θ, the mean of d − θ·b is 0 if θ
is the true ratio, so T(θ) = (D − θB) / its standard error is a statistic of the usual test (E. C.
Fieller, "Some problems in interval estimation", J. R. Stat. Soc. B 16, 1954). T(0) is that of the
difference itself: the interval excludes 0 exactly if the test rejects that there is no difference.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ce_cli.record import Record

Number = Fraction | float

LOWEST = -1.0  # a mean of losses is at least 0, so it is not lower by more than all of another


class RatioMoments(Record):
    """Two means and their errors, of which only the ratios matter.

    Floats are taken as they are: everything up to the last root and quotient is exact, because the
    quadratic equation for an end loses all digits where a difference is small.

    Attributes
    ----------
    difference, reference : Fraction or float
        D and B; the reference is at least 0.
    variance, covariance, reference_variance : Fraction or float
        The squared standard error of D, that of B, and the covariance of D and B.
    """

    difference: Number
    reference: Number
    variance: Number
    covariance: Number
    reference_variance: Number

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
        distance, square = self._distance(ratio)
        return _signed_square(distance) > _signed_square(limit) * square

    def _below(self, ratio: int, limit: float) -> bool:
        """Whether T of the ratio is below the limit."""
        distance, square = self._distance(ratio)
        return _signed_square(distance) < _signed_square(limit) * square

    def _clear(self, limit: float) -> bool:
        """Whether T, which falls to −B / its error for large ratios, gets below the limit."""
        own = -_signed_square(self.reference)
        return own < _signed_square(limit) * Fraction(self.reference_variance)

    def _distance(self, ratio: int) -> tuple[Fraction, Fraction]:
        """D − θB, and its squared standard error."""
        variance, own = Fraction(self.variance), Fraction(self.reference_variance)
        square = variance - 2 * ratio * Fraction(self.covariance) + ratio * ratio * own
        return Fraction(self.difference) - ratio * Fraction(self.reference), max(square, Fraction())

    def _crossing(self, limit: float) -> float:
        """The ratio at which T falls through the limit.

        A root of (D − θB)² = limit² · (variance − 2θ·covariance + θ²·reference_variance), that is
        of a·θ² − 2h·θ + c = 0: (h − √(h² − a·c)) / a for limits above 0, and with + below.
        """
        square, d, b = Fraction(limit) ** 2, Fraction(self.difference), Fraction(self.reference)
        a = b * b - square * Fraction(self.reference_variance)
        h = d * b - square * Fraction(self.covariance)
        c = d * d - square * Fraction(self.variance)
        root = _root(h * h - a * c) * (1 if limit > 0.0 else -1)
        if (h > 0) == (root > 0):  # no cancellation in h + root
            return _quotient(c, h + root)
        return _quotient(h - root, a)


def _signed_square(number: Number) -> Fraction:
    value = Fraction(number)
    return value * abs(value)


def _root(square: Fraction) -> Fraction:
    """√square, to 100 binary digits and more; 0 for negative ones."""
    if square <= 0:
        return Fraction()
    top, bottom = square.numerator, square.denominator
    shift = max(0, 200 - top.bit_length() + bottom.bit_length())
    shift += shift % 2
    return Fraction(math.isqrt((top << shift) // bottom), 1 << shift // 2)


def _quotient(top: Fraction, bottom: Fraction) -> float:
    if not bottom:
        return math.nan
    try:
        return float(top / bottom)
    except OverflowError:
        return math.inf if (top > 0) == (bottom > 0) else -math.inf
