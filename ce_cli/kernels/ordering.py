"""The order of many numbers, by radix, which is faster than comparing them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_MANY = 1 << 12  # numbers from which on radix is faster
_PLACE_BITS = 16  # numpy sorts numbers of 16 bits by radix
_SIGN = np.uint64(1 << 63)


def ascending(values: Floats, codes: Codes | None = None) -> Codes:
    """The stable order of some numbers without NaN and −0, shape (n,), by code and then by value.

    The bits of floats, with all bits of negative numbers and the sign of others turned, are whole
    numbers in the same order.
    """
    if len(values) < _MANY:
        return np.argsort(values, kind="stable") if codes is None else np.lexsort((values, codes))
    negative = (values.view(np.int64) >> 63).view(np.uint64)
    keys = values.view(np.uint64) ^ (negative | _SIGN)
    order = _then_by(None, keys)
    return order if codes is None else _then_by(order, codes.astype(np.uint64))


def _then_by(order: Codes | None, keys: NDArray[np.uint64]) -> Codes:
    """The order by some keys, and of equal ones by an earlier order."""
    varying = int(np.bitwise_or.reduce(keys ^ keys[0]))
    for shift in range(0, varying.bit_length(), _PLACE_BITS):
        place = (keys >> np.uint64(shift)).astype(np.uint16)
        if order is None:
            order = np.argsort(place, kind="stable")
        else:
            order = order[np.argsort(place[order], kind="stable")]
    return np.arange(len(keys)) if order is None else order
