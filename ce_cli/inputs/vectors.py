"""Vectors as Spark ML writes them, dense or sparse, in JSON and in Arrow alike."""

from __future__ import annotations

FIELDS = ("type", "size", "indices", "values")
SPARSE, DENSE = 0, 1  # the two types
_LONGEST = 1 << 20


def dense_of(size: object, indices: object, values: list[float]) -> list[float] | None:
    """The numbers of a sparse vector, 0 where it names none; None if its parts do not fit."""
    if not isinstance(indices, list) or not isinstance(size, int) or len(indices) != len(values):
        return None
    if size > _LONGEST or not all(isinstance(at, int) and 0 <= at < size for at in indices):
        return None
    dense = [0.0] * size
    for at, value in zip(indices, values, strict=True):
        dense[at] = value
    return dense
