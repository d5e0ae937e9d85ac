"""How numbers of many classes lie in memory, and the pieces of them that fit the cache.

Matrices have shape (K, n). Those of few classes are stored class by class, so that every step runs
along the rows; those of many classes row by row, as lists are stored in files. All functions accept
both orders.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

NARROW = 32  # the most classes that are stored class by class
_PIECE = 1 << 15  # numbers of a piece, of which several fit the processor's cache


def stored(classes: int, rows: int, made: Callable[[tuple[int, int]], Floats] = np.empty) -> Floats:
    """A matrix of shape (classes, rows), in the order that suits the number of classes."""
    return made((classes, rows)) if classes <= NARROW else made((rows, classes)).T


def pieces(classes: int, rows: int) -> Iterator[slice]:
    """The rows of each piece."""
    size = max(1, _PIECE // classes)
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def class_rows(matrix: Floats) -> Iterator[tuple[slice, Floats]]:
    """Pieces of a matrix, shape (rows, K), in which the numbers of each row are contiguous."""
    rows = matrix.T
    if rows.strides[1] == rows.itemsize or not len(rows):
        yield slice(0, len(rows)), rows
        return
    for piece in pieces(len(matrix), len(rows)):
        yield piece, np.ascontiguousarray(rows[piece])


def of_rows(matrix: Floats, rows: Codes | slice) -> Floats:
    """The columns of a matrix for some rows, in the same order in memory."""
    if isinstance(rows, slice) or len(matrix) <= NARROW:
        return matrix[:, rows]
    return np.asarray(matrix.T[rows]).T
