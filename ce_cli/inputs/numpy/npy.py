"""NumPy ``.npy`` files: one array, mapped into memory and read in slices."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import PurePath

import numpy as np

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.numpy.headers import (
    Array,
    Header,
    check_length,
    check_usable,
    fields_of,
    frame_of_arrays,
    header_of,
    rows_at_once,
)
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import STDIN, display_name


def open_npy(path: str, raw: io.BufferedReader, reading: Reading) -> NpySource:
    """Open an array; anything but a local file is spooled to disk first."""
    stem = "array" if path == STDIN else PurePath(path).stem
    return NpySource(path, stem, *on_disk(path, raw, ".npy", local=True))


class NpySource:
    """An array: one column, or one for each field of its records.

    Parameters
    ----------
    name : str
        For messages.
    stem : str
        Name of the column of a plain array.
    path : str
        Path of the file.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    """

    format = "NumPy array"

    def __init__(self, name: str, stem: str, path: str, spool: object = None) -> None:
        self.name = display_name(name)
        self._path = path
        self._spool = spool
        with storage_errors(name), open(path, "rb") as file:  # noqa: PTH123
            try:
                self._header = header_of(file)
                check_length(self._header, file.seek(0, io.SEEK_END))
            except ValueError as error:
                raise DataError(_broken(self.name, error)) from error
        self._columns = fields_of(stem, self._header.dtype, self._header.shape)
        if all(column.kind == "other" for column in self._columns):
            check_usable(self.name, self._columns)
        _mapped(self.name, path, self._header)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not self._header.rows

    def columns(self) -> Sequence[Column]:
        """The column of the array, or the fields of its records."""
        return self._columns

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return next(next(self.splits(projection)).frames())

    def splits(self, projection: Projection) -> Iterator[NpySplit]:
        """Slices of bounded size, one at least."""
        check_usable(self.name, [one for one in self._columns if one.name in projection.names])
        step = rows_at_once(self.name, [self._header])
        for start in range(0, max(1, self._header.rows), step):
            size = share_of(self._path, min(step, self._header.rows - start), self._header.rows)
            yield NpySplit(
                self.name, self._path, self._header, start, step, projection, self._spool, size
            )


class NpySplit(Record):
    """Some rows of an array."""

    name: str
    path: str
    header: Header
    start: int
    rows: int
    projection: Projection
    spool: object = None  # keeps a spooled file alive while its slices wait to be read
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        rows = _mapped(self.name, self.path, self.header)[self.start : self.start + self.rows]
        fields = self.header.dtype.names or ()
        columns = {name: rows[name] if name in fields else rows for name in self.projection.names}
        yield frame_of_arrays(self.name, columns, len(rows))


def _mapped(name: str, path: str, header: Header) -> Array:
    if not header.rows * header.row_bytes:
        return np.empty(header.shape, header.dtype)
    order = "F" if header.is_fortran else "C"
    with storage_errors(name):
        try:
            return np.memmap(path, header.dtype, "r", header.size, header.shape, order)  # type: ignore[call-overload,no-any-return]
        except (ValueError, OverflowError) as error:
            raise DataError(_broken(name, error)) from error


def _broken(name: str, error: Exception) -> str:
    return f"{name}: is truncated or not a NumPy array ({error})."
