"""Safetensors files: a JSON header and raw arrays, each of which is a column."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.numpy.headers import (
    Array,
    Header,
    check_lengths,
    check_shape,
    check_usable,
    column_of,
    frame_of_arrays,
    rows_at_once,
)
from ce_cli.inputs.numpy.slices import rows_in_file
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import display_name, quoted

_LONGEST_HEADER = 100_000_000  # as the format defines
_OF_HEADERS = (  # what a header of other JSON, or of other numbers, raises
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
_BFLOAT16 = np.dtype([("bfloat16", "<u2")])  # the upper half of a float32
_DTYPES: Mapping[str, np.dtype[Any]] = {
    "BOOL": np.dtype("?"),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "U16": np.dtype("<u2"),
    "I16": np.dtype("<i2"),
    "F16": np.dtype("<f2"),
    "BF16": _BFLOAT16,
    "U32": np.dtype("<u4"),
    "I32": np.dtype("<i4"),
    "F32": np.dtype("<f4"),
    "U64": np.dtype("<u8"),
    "I64": np.dtype("<i8"),
    "F64": np.dtype("<f8"),
}


def open_safetensors(path: str, raw: io.BufferedReader, reading: Reading) -> SafetensorsSource:
    """Open the arrays; anything but a local file is spooled to disk first."""
    return SafetensorsSource(path, *on_disk(path, raw, ".safetensors", local=True))


class SafetensorsSource:
    """Arrays of equal length, one column each.

    Parameters
    ----------
    name : str
        For messages.
    path : str
        Path of the file.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    """

    format = "safetensors"

    def __init__(self, name: str, path: str, spool: object = None) -> None:
        self.name = display_name(name)
        self._path = path
        self._spool = spool
        with storage_errors(name), open(path, "rb") as file:  # noqa: PTH123
            try:
                self._headers = _headers_of(file)
            except _OF_HEADERS as error:
                reason = str(error) if type(error) is ValueError else "its header is broken"
                raise DataError(
                    f"{self.name}: is truncated or not a safetensors file ({reason})."
                ) from error
        self._columns = [_column(name, header) for name, header in self._headers.items()]

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not any(header.rows for header in self._headers.values())

    def columns(self) -> Sequence[Column]:
        """One for each array, in their order in the file."""
        return self._columns

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return next(next(self.splits(projection)).frames())

    def splits(self, projection: Projection) -> Iterator[SafetensorsSplit]:
        """Slices of bounded size, one at least."""
        names = projection.names or [*self._headers]  # no array is usable if none is wanted
        check_usable(self.name, [one for one in self._columns if one.name in names])
        headers = {name: self._headers[name] for name in projection.names}
        check_lengths(self.name, {name: header.rows for name, header in headers.items()})
        step = rows_at_once(self.name, headers.values())
        count = max(1, *(header.rows for header in headers.values()))
        for start in range(0, count, step):
            size = share_of(self._path, min(step, count - start), count)
            yield SafetensorsSplit(self.name, self._path, headers, start, step, self._spool, size)


class SafetensorsSplit(Record):
    """Some rows of each array to read."""

    name: str
    path: str
    headers: dict[str, Header]
    start: int
    rows: int
    spool: object = None  # keeps a spooled file alive while its slices wait to be read
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        with storage_errors(self.name):
            columns = {name: self._rows(header) for name, header in self.headers.items()}
        count = min(self.rows, max(0, next(iter(self.headers.values())).rows - self.start))
        yield frame_of_arrays(self.name, columns, count)

    def _rows(self, header: Header) -> Array:
        return _as_floats(rows_in_file(self.path, header, self.start, self.rows))


def _as_floats(values: Array) -> Array:
    """A bfloat16 is the upper half of the float32 of the same value; others are as they are."""
    if values.dtype != _BFLOAT16:
        return values
    return (values["bfloat16"].astype(np.uint32) << 16).view(np.float32)


def _column(name: str, header: Header) -> Column:
    if header.dtype == _BFLOAT16:
        return column_of(name, np.dtype(np.float32), header.shape)
    if header.dtype.names:
        kind = quoted(header.dtype.names[0])
        return Column(name, "other", f"{kind}, which ce does not compute with (convert to float32)")
    return column_of(name, header.dtype, header.shape)


def _headers_of(file: io.BufferedReader) -> dict[str, Header]:
    """The type, shape and place of each array, which have to fill the file without overlap.

    Raises
    ------
    ValueError
        They do not; the message names the reason. Other errors mean that the header is broken.
    """
    length = int.from_bytes(file.read(8), "little")
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header of {length:,} bytes is too long")
    text = file.read(length)
    if len(text) < length:
        raise ValueError("its header is cut short")
    fields = json.loads(text, object_pairs_hook=_distinct, parse_constant=_not_json)
    fields.pop("__metadata__", None)
    begin = 8 + length
    end, headers = 0, {}
    for name, field in sorted(fields.items(), key=lambda one: tuple(one[1]["data_offsets"])):
        start, stop = field["data_offsets"]
        if type(start) is not int or type(stop) is not int:
            raise ValueError(f"the place of {quoted(name)} is not valid")
        if start != end:
            raise ValueError(f"the bytes of {quoted(name)} do not begin where the last array ends")
        headers[name] = _header(name, field, begin + start, stop - start)
        end = stop
    if begin + end != file.seek(0, io.SEEK_END):
        raise ValueError(f"it has {file.tell() - begin:,} bytes of arrays, not {end:,}")
    return {name: headers[name] for name in fields}


def _header(name: str, field: Mapping[str, Any], place: int, size: int) -> Header:
    dtype, shape = _DTYPES.get(field["dtype"]), tuple(field["shape"])
    if any(type(one) is not int or one < 0 for one in shape):
        raise ValueError(f"the shape of {quoted(name)} is not valid")
    if dtype is None:  # one of 8 bits or less, of which no arithmetic is exact enough
        return Header(np.dtype([(str(field["dtype"]), "V1")]), shape, False, place)
    header = Header(dtype, shape, False, place)
    try:
        check_shape(header)
    except ValueError as error:
        raise ValueError(f"of {quoted(name)}, {error}") from error
    count = int(dtype.itemsize) * math.prod(shape)
    if count != size:
        raise ValueError(f"{quoted(name)} has {size:,} bytes, but its shape has {count:,}")
    return header


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is in its header twice")
    return found


def _not_json(word: str) -> NoReturn:
    raise ValueError(f"its header contains {word}")
