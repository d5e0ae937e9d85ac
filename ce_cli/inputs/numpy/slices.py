"""Some rows of an array in a file, which are read rather than mapped into memory.

If a mapped file is truncated while it is read, the system ends the process without a word.
"""

from __future__ import annotations

import math
from typing import BinaryIO

import numpy as np

from ce_cli.inputs.numpy.headers import Array, Header


def rows_in_file(path: str, header: Header, start: int, rows: int) -> Array:
    """The rows from `start` on, at most `rows` of them.

    Raises
    ------
    EOFError
        The file ends too early.
    """
    rows = max(0, min(rows, header.rows - start))
    inner = header.shape[1:]
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        if not (header.is_fortran and inner):
            place = header.size + start * header.row_bytes
            return _read(file, header, place, rows * math.prod(inner)).reshape(rows, *inner)
        columns = np.empty((math.prod(inner), rows), header.dtype)
        for number, column in enumerate(columns):
            place = header.size + (number * header.rows + start) * header.dtype.itemsize
            column[:] = _read(file, header, place, rows)
        return columns.reshape(*reversed(inner), rows).T


def _read(file: BinaryIO, header: Header, place: int, count: int) -> Array:
    """`count` elements at a place in the file."""
    values = np.empty(count, header.dtype)
    file.seek(place)
    rest = memoryview(values.view(np.uint8)) if values.nbytes else memoryview(b"")  # type: ignore[arg-type]
    while rest:
        size = file.readinto(rest)  # type: ignore[attr-defined]
        if not size:
            raise EOFError(f"it ends {len(rest):,} bytes too early")
        rest = rest[size:]
    return values
