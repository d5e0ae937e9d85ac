"""Marks of missing values, such as -9999, among numbers of which none is nearly as large."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_NINES = frozenset(float(10**digits - 1) for digits in range(1, 10))
_ROUND = frozenset((1e9, 1e10, 1e20, 1e30))  # among logits of classes, they mean: not this class
_FAR = 10.0  # times as large as any other number


def extremes(matrix: Floats) -> tuple[float, ...]:
    """The numbers of the largest magnitude, up to the first that is not a usual mark.

    They are those of one batch, shape (K, n), in descending order; `merged` joins them.
    """
    with np.errstate(invalid="ignore"):
        low, high = float(matrix.min(initial=np.inf)), float(matrix.max(initial=-np.inf))
    several = len(matrix) > 1
    if math.isfinite(low) and math.isfinite(high):
        top = low if -low >= high else high
        if not _is_usual(top, several):
            return (top,)
    values = matrix[np.isfinite(matrix)]
    found: list[float] = []
    while values.size:
        size = float(np.abs(values).max())
        top = -size if (values == -size).any() else size
        found.append(top)
        if not _is_usual(top, several):
            break
        values = values[values != top]
    return _cut(found, several)


def merged(one: Iterable[float], other: Iterable[float], several: bool) -> tuple[float, ...]:
    """The extremes of the numbers of both; associative and commutative."""
    return _cut({*one, *other}, several)


def far_marks(found: tuple[float, ...]) -> tuple[float, ...]:
    """The usual marks among `extremes` that are far from all other numbers."""
    far = (
        place for place in range(1, len(found)) if abs(found[place - 1]) >= _FAR * abs(found[place])
    )
    return found[: max(far, default=0)]


def _cut(values: Iterable[float], several: bool) -> tuple[float, ...]:
    """In descending order of magnitude, up to the first that is not a usual mark."""
    found: list[float] = []
    for value in sorted(values, key=lambda one: (-abs(one), one)):
        found.append(value)
        if not _is_usual(value, several):
            break
    return tuple(found)


def _is_usual(value: float, several: bool) -> bool:
    size = abs(value)
    return size in _NINES or (size in _ROUND and not several)
