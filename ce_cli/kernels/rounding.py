"""Quotients of many exact sums at once, correctly rounded.

Each sum is taken as an unevaluated sum of two float64 (a double-double, Dekker, Numer. Math. 18,
1971), which has about twice the digits. Where its error cannot change the rounding (Ziv, ACM Trans.
Math. Softw. 17, 1991), the rounding is that of the exact sum; elsewhere, the caller has to divide
whole numbers.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.error_free import two_product, two_sum
from ce_cli.record import Record

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_LIMB_BITS = 32
_MOST_LIMBS = 24  # so that neither the lowest limb nor an error of it is subnormal
_ERROR = 2.0**-96  # more than the relative error of a quotient of double-doubles
_NORMAL = (2.0**-1000, 2.0**1000)  # results out of here could be subnormal, or overflow


class Doubles(Record):
    """Non-negative numbers ``(high + low) * 2**exponent``, with a relative error below 2**-100.

    Attributes
    ----------
    high, low : ndarray, shape (G,)
        `high` is the sum of both, rounded; it is 0 or from 0.5 to 1.
    exponent : ndarray of int, shape (G,)
        Powers of two.
    """

    high: Floats
    low: Floats
    exponent: Ints

    @classmethod
    def of_limbs(cls, limbs: Ints, lowest: int) -> Self | None:
        """Numbers of limbs in [0, 2**32), shape (L, G); None if there are too many limbs."""
        if not 0 < len(limbs) <= _MOST_LIMBS:
            return None
        high = limbs[-1].astype(np.float64)
        low = np.zeros_like(high)
        for place in range(2, len(limbs) + 1):
            limb = np.ldexp(limbs[-place].astype(np.float64), _LIMB_BITS * (1 - place))
            high, error = two_sum(high, limb)
            low += error
        high, low = two_sum(high, low)
        return cls._scaled(high, low, _LIMB_BITS * (lowest + len(limbs) - 1))

    @classmethod
    def _scaled(cls, high: Floats, low: Floats, exponent: Ints | int) -> Self:
        high, own = np.frexp(high)
        return cls(high, np.ldexp(low, -own), own.astype(np.int64) + exponent)


def rounded_quotients(dividends: Doubles, divisors: Doubles) -> tuple[Floats, Bools]:
    """Quotients by positive numbers, and where their rounding is certain, shape (G,) each."""
    with np.errstate(all="ignore"):
        first = dividends.high / divisors.high
        product, error = two_product(first, divisors.high)
        rest = (dividends.high - product) - error
        rest += dividends.low - first * divisors.low
        second = rest / divisors.high
        doubt = _ERROR * first
        least, most = first + (second - doubt), first + (second + doubt)
        return _certain(least, most, dividends.exponent - divisors.exponent)


def _certain(least: Floats, most: Floats, exponent: Ints) -> tuple[Floats, Bools]:
    """Numbers between two bounds, times 2**exponent; certain where both bounds are one number."""
    within = np.clip(exponent, -4096, 4096)
    values = np.ldexp(least, within.astype(np.int32))
    normal = (values > _NORMAL[0]) & (values < _NORMAL[1]) | (least == 0.0)
    return values, (least == most) & normal
