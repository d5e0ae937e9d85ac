"""Headers and types of NumPy files, and arrays as columns. Nothing is unpickled."""

from __future__ import annotations

import ast
import math
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.source import Column, Frame, Kind, Stored
from ce_cli.memory.limit import require
from ce_cli.memory.sizes import shown
from ce_cli.record import Record
from ce_cli.text import plural, quoted

if TYPE_CHECKING:
    import pyarrow as pa

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16
_SLICE = 4 << 20  # bytes of a slice
_COPIES = 4  # of a slice while its losses are computed
_PLAIN = "biufUS"
_STORED: dict[int, Stored] = {2: "float16", 4: "float32"}
_OF_TYPES = (  # what NumPy raises for a description that is not one of a type
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    SyntaxError,
    TypeError,
    ValueError,
)
PICKLED = "Python objects (a pickle, which ce does not load: save it as a plain array)"

Array = NDArray[Any]


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes."""
        ...


class Header(Record):
    """The header of an array.

    Attributes
    ----------
    dtype : numpy.dtype
        Type of one element.
    shape : tuple of int
        Shape, rows first.
    is_fortran : bool
        Whether the array is stored column by column.
    size : int
        Bytes of the header.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    size: int

    @property
    def rows(self) -> int:
        """Length of the first axis."""
        return self.shape[0] if self.shape else 0

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return int(self.dtype.itemsize) * math.prod(self.shape[1:])


def header_of(stream: Readable) -> Header:
    """Read a header of any version.

    Raises
    ------
    ValueError
        There is no valid header; the message names the reason.
    """
    start = stream.read(8)
    if len(start) < 8 or not start.startswith(_MAGIC):
        raise ValueError("it does not begin like a NumPy array")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(stream.read(width), "little")
    if start[6] not in (1, 2, 3) or length > _LONGEST_HEADER:
        raise ValueError("its header has an unknown version")
    text = stream.read(length)
    if len(text) < length:
        raise ValueError("its header is cut short")
    fields = _fields_in(text.decode("utf-8" if start[6] == 3 else "latin-1", "replace"))
    if fields is None or {*fields} != {"descr", "shape", "fortran_order"}:
        raise ValueError("its header is broken")
    shape, is_fortran = fields["shape"], fields["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(size) is int for size in shape):
        raise ValueError("the shape in its header is not valid")
    dtype = _type_in(fields["descr"])
    if dtype.subdtype is not None:  # elements that are arrays are more axes
        dtype, shape, is_fortran = dtype.base, (*shape, *dtype.shape), False
    header = Header(dtype, shape, bool(is_fortran), 8 + width + length)
    check_shape(header)
    return header


def _fields_in(text: str) -> dict[str, Any] | None:
    """The fields of a header, a literal of Python; None if it is none."""
    with warnings.catch_warnings():  # of the parser, about odd literals
        warnings.simplefilter("ignore")
        try:
            fields = ast.literal_eval(text)
        except (SyntaxError, ValueError, TypeError, LookupError, RecursionError, MemoryError):
            return None
    return fields if isinstance(fields, dict) else None


def _type_in(described: Any) -> np.dtype[Any]:
    """The type that a header describes."""
    with warnings.catch_warnings():  # about types that NumPy will drop
        warnings.simplefilter("ignore")
        try:
            return np.lib.format.descr_to_dtype(described)
        except _OF_TYPES as error:
            raise ValueError("the type in its header is not valid") from error


def check_shape(header: Header) -> None:
    """Check that an array of this shape can exist.

    Raises
    ------
    ValueError
        It cannot; the message names the reason.
    """
    if any(size < 0 for size in header.shape):
        raise ValueError("its shape has a negative size")
    count = max(1, int(header.dtype.itemsize))
    for size in header.shape:
        count *= max(1, size)
        if count > sys.maxsize:  # checked at each step, since the product of many takes hours
            raise ValueError("its shape is larger than any memory")
    if header.rows and not header.dtype.itemsize:
        raise ValueError("its elements have no bytes")


def check_length(header: Header, size: int) -> None:
    """Check that an array is within the `size` bytes that there are of it and its header.

    Python objects are a pickle of any length, which is refused when its column is chosen.

    Raises
    ------
    ValueError
        It is not; the message names the number of bytes that are missing.
    """
    missing = header.size + header.rows * header.row_bytes - size
    if header.shape and missing > 0 and not header.dtype.hasobject:
        raise ValueError(f"it ends {missing:,} bytes too early")


def column_of(name: str, dtype: np.dtype[Any], shape: Sequence[int]) -> Column:
    """The column for an array of this type and shape; of kind ``other`` if it is not usable."""
    inner = tuple(shape[1:])
    if dtype.subdtype is not None:
        dtype, inner = dtype.base, (*inner, *dtype.shape)
    kind: Kind = {"b": "boolean", "U": "text", "S": "text"}.get(dtype.kind, "number")  # type: ignore[assignment]
    stored = _STORED.get(dtype.itemsize, "float64") if dtype.kind == "f" else "float64"
    if dtype.hasobject:
        return Column(name, "other", PICKLED)
    if not shape or len(inner) > 1 or dtype.kind not in _PLAIN or inner == (0,):
        return Column(name, "other", _described(dtype, (*shape[:1], *inner)))
    if inner in ((), (1,)):
        return Column(name, kind, str(dtype), stored)
    kind = "nested" if kind == "text" else "list"
    return Column(name, kind, f"lists of {inner[0]} {dtype}", stored, inner[0])


def _described(dtype: np.dtype[Any], shape: Sequence[int]) -> str:
    elements = "records" if dtype.names else str(dtype)
    axes = {0: "a single value", 1: "an array", 2: "a 2-D array"}
    return f"{axes.get(len(shape), f'a {len(shape)}-D array')} of {elements}"


def as_column(values: Array) -> pa.Array:
    """Rows of a usable array as an Arrow column of numbers, texts, or lists of numbers.

    Raises
    ------
    ValueError
        A text has a character that Unicode lacks.
    """
    import pyarrow as pa

    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2:
        flat = np.ascontiguousarray(values).reshape(-1)
        if flat.dtype == np.bool_:
            flat = flat.view(np.uint8)
        return pa.FixedSizeListArray.from_arrays(_plain(flat), values.shape[1])
    return _plain(values)


def _plain(values: Array) -> pa.Array:
    if values.dtype.kind in "US":
        check_unicode(values)
        found = values.tolist()
        if values.dtype.kind == "S":
            found = [one.decode(errors="backslashreplace") for one in found]
        return arrays.encoded(found)
    return arrays.numbers(values)


def check_unicode(values: Array) -> None:
    """Check the characters of texts, since Python makes no text of others.

    Raises
    ------
    ValueError
        One is outside Unicode.
    """
    if values.dtype.kind == "U":
        native = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
        if native.view(np.uint32).max(initial=0) > sys.maxunicode:
            raise ValueError("a character is outside Unicode")


def fields_of(name: str, dtype: np.dtype[Any], shape: Sequence[int]) -> tuple[Column, ...]:
    """One column for each field of a 1-D array of records, otherwise one for the array.

    Records with a Python object are one column, since all of them are in its pickle.
    """
    if dtype.names and len(shape) == 1 and not dtype.hasobject:
        return tuple(column_of(field, dtype[field], shape) for field in dtype.names)
    return (column_of(name, dtype, shape),)


def check_usable(name: str, columns: Iterable[Column]) -> None:
    """Check that arrays can be used as columns.

    Raises
    ------
    DataError
        One of them cannot.
    """
    for column in columns:
        if column.kind == "other":
            raise DataError(
                f"{name}: {quoted(column.name)} holds {column.type}, not one value or one list of "
                "numbers per row."
            )


def check_lengths(name: str, lengths: Mapping[str, int]) -> None:
    """Check that arrays have the same number of rows.

    Parameters
    ----------
    name : str
        The file, for messages.
    lengths : mapping of str to int
        The rows of each array.

    Raises
    ------
    DataError
        One array has another number, or there is none.
    """
    if not lengths:
        raise DataError(
            f"{name}: holds no array that can be a column: save a 1-D array for each column, or a "
            "2-D one for lists."
        )
    (first, rows), *others = lengths.items()
    for other, count in others:
        if count != rows:
            raise DataError(
                f"{name}: {quoted(first)} has {plural(rows, 'row')}, but {quoted(other)} has "
                f"{count:,}; save arrays of equal length, one row per prediction."
            )


def rows_at_once(name: str, headers: Iterable[Header]) -> int:
    """How many rows of these arrays make a slice of bounded size.

    Parameters
    ----------
    name : str
        The file, for messages.
    headers : iterable of Header
        Those of the arrays.

    Raises
    ------
    OutOfMemoryError
        A single row takes more than there may be.
    """
    size = sum(header.row_bytes for header in headers)
    if size > _SLICE:
        require(_COPIES * size, f"{name}: a row of {shown(size)}")
    return max(1, _SLICE // max(1, size))


def frame_of_arrays(name: str, columns: Mapping[str, Array], rows: int) -> Frame:
    """Arrays of equal length as columns."""
    try:
        return Frame({column: as_column(values) for column, values in columns.items()}, rows)
    except OverflowError as error:
        raise DataError(f"{name}: has rows of more numbers than ce can read ({error}).") from error
    except ValueError as error:
        raise DataError(f"{name}: holds text that is not Unicode ({error}).") from error


def read_rows(stream: Readable, header: Header, rows: int) -> Array:
    """The next rows of an array that is stored row by row.

    Raises
    ------
    EOFError
        The file ends too early.
    """
    size = rows * header.row_bytes
    data = bytearray()
    while len(data) < size and (piece := stream.read(min(size - len(data), 1 << 24))):
        data += piece
    if len(data) < size:
        raise EOFError(f"it ends {size - len(data):,} bytes too early")
    return np.frombuffer(data, header.dtype, rows * math.prod(header.shape[1:])).reshape(
        rows, *header.shape[1:]
    )
