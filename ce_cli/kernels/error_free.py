"""Sums and products of float64 with their rounding errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def two_sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return ``a + b`` rounded and its rounding error (Knuth, TAOCP 2, 4.2.2)."""
    total = a + b
    other = total - a
    error = (a - (total - other)) + (b - other)
    return total, error


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return ``a * b`` rounded and its rounding error (Dekker's product with Veltkamp's split)."""
    with np.errstate(over="ignore", invalid="ignore"):
        if b is a:
            return _two_square(a)
        product = a * b
        a_high, a_low = _halves(a)
        b_high, b_low = _halves(b)
        error = a_high * b_high
        error -= product
        error += a_high * b_low
        error += a_low * b_high
        error += a_low * b_low
    return product, error


def _two_square(values: Floats) -> tuple[Floats, Floats]:
    """The same for equal factors, in fewer steps: twice the mixed product is exact as well."""
    square = values * values
    high, low = _halves(values)
    error = high * high
    error -= square
    high += high
    error += np.multiply(high, low, out=high)
    error += np.multiply(low, low, out=low)
    return square, error


def _halves(values: Floats) -> tuple[Floats, Floats]:
    high = values * 134217729.0  # 2**27 + 1
    low = high - values
    high -= low
    return high, np.subtract(values, high, out=low)
