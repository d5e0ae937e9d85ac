"""Rows of one data set sorted into parts by their keys, in memory or in a temporary file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.joining.row_keys import RowKeys
from ce_cli.inputs.arrow.arrays import text_bytes
from ce_cli.record import Record

Column = NDArray[Any]
Places = NDArray[np.integer]

PARTS = 256
_SHIFT = np.uint64(56)  # the first byte of a key is the number of its part


class KeyedRows(Record):
    """Some rows: the keys of their ids, none of which is missing, and further columns."""

    keys: RowKeys
    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(self.keys.keys)

    @classmethod
    def joined(cls, pieces: Sequence[KeyedRows]) -> KeyedRows:
        """The rows of all pieces, one after another."""
        if len(pieces) == 1:
            return pieces[0]
        names = dict.fromkeys(name for piece in pieces for name in piece.columns)
        columns = {
            name: np.concatenate([_column(piece, name) for piece in pieces]) for name in names
        }
        return cls(RowKeys.joined([piece.keys for piece in pieces]), columns)

    def taken(self, places: Places) -> KeyedRows:
        """Some of the rows."""
        columns = {name: column[places] for name, column in self.columns.items()}
        return KeyedRows(self.keys.taken(places), columns)

    def between(self, first: int, last: int) -> KeyedRows:
        """The rows from place `first` to `last`, exclusive, without copying."""
        columns = {name: column[first:last] for name, column in self.columns.items()}
        names = None if self.keys.names is None else self.keys.names.slice(first, last - first)
        return KeyedRows(RowKeys(self.keys.keys[first:last], names), columns)


def _column(piece: KeyedRows, name: str) -> Column:
    """A column of a piece; where it has none, no row was scored."""
    column = piece.columns.get(name)
    if column is not None:
        return column
    return np.zeros(len(piece), np.int32) if name == "group" else np.full(len(piece), np.nan)


class SortedParts:
    """The rows of one data set, by part; within a part, they keep the order of their arrival.

    Attributes
    ----------
    held : int
        About how many bytes are in memory.
    counts : ndarray of int, shape (PARTS,)
        The number of rows in each part.
    """

    def __init__(self) -> None:
        self.held = 0
        self.counts = np.zeros(PARTS, np.int64)
        self._pieces: list[_Piece] = []
        self._path: Path | None = None

    def add(self, rows: KeyedRows) -> None:
        """Append rows."""
        parts = (rows.keys.keys >> _SHIFT).astype(np.uint8)
        counts = np.bincount(parts, minlength=PARTS)
        order = np.argsort(parts, kind="stable")
        piece = _Piece(rows.taken(order), np.concatenate(([0], np.cumsum(counts))))
        self._pieces.append(piece)
        self.counts += counts
        self.held += piece.size

    def write(self, path: Path) -> None:
        """Move all rows in memory to the end of a file, always the same one."""
        self._path = path
        with path.open("ab") as file:
            for piece in self._pieces:
                piece.write(file)
        self.held = 0

    def between(self, first: int, last: int) -> KeyedRows:
        """The rows of the parts from `first` to `last`, exclusive."""
        if self._path is None:
            pieces = [piece.between(first, last, None) for piece in self._pieces]
        else:
            with self._path.open("rb", buffering=0) as file:
                pieces = [piece.between(first, last, file) for piece in self._pieces]
        return KeyedRows.joined(pieces) if pieces else NO_ROWS


NO_ROWS = KeyedRows(RowKeys(np.zeros(0, np.uint64)), {"row": np.zeros(0, np.int64)})


class _Piece:
    """Rows sorted by part, and the place of the first row of each part."""

    def __init__(self, rows: KeyedRows, edges: NDArray[np.int64]) -> None:
        self._rows: KeyedRows | None = rows
        self._edges = edges
        self._written: dict[str, tuple[np.dtype[Any], int]] = {}
        self.size = sum(column.nbytes for column in _arrays(rows).values())

    def write(self, file: BinaryIO) -> None:
        if self._rows is None:
            return
        for name, column in _arrays(self._rows).items():
            self._written[name] = column.dtype, file.tell()
            file.write(np.ascontiguousarray(column).data)
        self._rows = None

    def between(self, first: int, last: int, file: BinaryIO | None) -> KeyedRows:
        low, high = int(self._edges[first]), int(self._edges[last])
        if self._rows is not None or file is None:
            return NO_ROWS if self._rows is None else self._rows.between(low, high)
        columns = {
            name: self._read(file, name, low, high)
            for name in self._written
            if name not in (_KEY, _OFFSETS, _TEXTS)
        }
        names = None
        if _TEXTS in self._written:
            offsets = self._read(file, _OFFSETS, low, high + 1)
            texts = self._read(file, _TEXTS, int(offsets[0]), int(offsets[-1]))
            buffers = [None, pa.py_buffer(offsets - offsets[0]), pa.py_buffer(texts)]
            names = pa.Array.from_buffers(pa.utf8(), high - low, buffers)
        return KeyedRows(RowKeys(self._read(file, _KEY, low, high), names), columns)

    def _read(self, file: BinaryIO, name: str, low: int, high: int) -> Column:
        dtype, start = self._written[name]
        column = np.empty(high - low, dtype)
        file.seek(start + low * dtype.itemsize)
        rest = column.data.cast("B")
        while rest:
            rest = rest[file.readinto(rest) :]  # type: ignore[attr-defined]
        return column


_KEY, _OFFSETS, _TEXTS = "key", "offsets", "texts"


def _arrays(rows: KeyedRows) -> dict[str, Column]:
    """All that is written of rows."""
    names = rows.keys.names
    arrays = {_KEY: rows.keys.keys, **rows.columns}
    if names is not None:
        arrays[_TEXTS], bounds = text_bytes(names)
        arrays[_OFFSETS] = bounds.astype(np.int32)
    return arrays
