"""Arrow columns as numpy arrays, without copying and without pandas.

``Array.to_numpy`` silently imports pandas, and ``Array.is_null`` all of `pyarrow.compute`; so the
buffers are read directly.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.inputs.arrow.arrays import offsets as offsets_of
from ce_cli.inputs.arrow.arrays import texts

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]
Value = TypeVar("Value", bound=np.generic)

_WIDTHS: dict[str, type[np.number[Any]]] = {
    "float": np.float32,
    "double": np.float64,
    "halffloat": np.float16,
    "int8": np.int8,
    "int16": np.int16,
    "int32": np.int32,
    "int64": np.int64,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "uint64": np.uint64,
}


def floats(column: pa.Array) -> Floats:
    """Numbers as float64, NaN where null, shape (n,)."""
    import pyarrow as pa

    if str(column.type) in _WIDTHS:  # first, since it is so for thousands of columns
        values = fixed(column).astype(np.float64, copy=False)
    elif pa.types.is_boolean(column.type):
        values = _bits(column.buffers()[1], column.offset, len(column)).astype(np.float64)
    elif pa.types.is_dictionary(column.type):
        return of_dictionary(column, np.append(floats(column.dictionary), np.nan))
    else:  # decimals: Python rounds them correctly, Arrow's cast may not
        return np.array([np.nan if v is None else float(v) for v in column.to_pylist()], np.float64)
    missing = nulls(column) if column.null_count else None
    return values if missing is None else np.where(missing, np.nan, values)


def of_dictionary(column: pa.Array, values: NDArray[Value]) -> NDArray[Value]:
    """The value of each row, from those of the words and, at the end, that of a missing one."""
    codes = floats(column.indices)
    return values[np.where(np.isnan(codes), -1, codes).astype(np.intp)]


def nulls(column: pa.Array) -> Bools | None:
    """Where a column is null, shape (n,); None if nowhere."""
    import pyarrow as pa

    if pa.types.is_null(column.type):
        return np.ones(len(column), np.bool_)
    if not column.null_count:
        return None
    return ~_bits(column.buffers()[0], column.offset, len(column))


def tokens(column: pa.Array) -> tuple[Codes, list[str]]:
    """Values as codes into a list of texts; a missing value has code −1.

    Whole floats are written without ``.0``; surrounding white space is removed from text.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        words = column.dictionary
        if pa.types.is_temporal(words.type):  # Python may know neither their unit nor their zone
            words = as_texts(words)
        found = [v.strip() if isinstance(v, str) else _text(v) for v in words.to_pylist()]
        codes = fixed(column.indices).astype(np.intp)
        missing = nulls(column.indices)
        null_codes = [code for code, text in enumerate(found) if text is None]
        if null_codes:
            codes[np.isin(codes, null_codes)] = -1
        names = [text or "" for text in found]
    elif pa.types.is_boolean(column.type):
        codes = _bits(column.buffers()[1], column.offset, len(column)).astype(np.intp)
        missing, names = nulls(column), ["false", "true"]
    elif str(column.type) in _WIDTHS:
        codes, names = _number_tokens(fixed(column))
        missing = nulls(column)
    elif pa.types.is_decimal(column.type):
        return tokens(column.dictionary_encode())
    else:
        return tokens(as_texts(column).dictionary_encode())
    if missing is not None:
        codes = np.where(missing, -1, codes)
    return codes, names


def as_texts(column: pa.Array) -> pa.Array:
    """Values of any type as text."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_string(column.type):
        return column  # a cast would load `pyarrow.compute`
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        shown = [
            None if v is None else v.decode(errors="backslashreplace") for v in column.to_pylist()
        ]
        return pa.array(shown, pa.utf8())
    try:
        return column.cast(pa.utf8())
    except pa.ArrowNotImplementedError:
        return texts([_text(value) for value in column.to_pylist()])
    except pa.ArrowInvalid:  # the time zone is not known here, so the times are those of UTC
        if not pa.types.is_timestamp(column.type):
            raise
        return column.cast(pa.timestamp(column.type.unit)).cast(pa.utf8())


def texts_or_bytes(column: pa.Array) -> pa.Array:
    """Texts and bytes as they are, and values of any other type as text."""
    from pyarrow import types

    plain = (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)
    return column if any(one(column.type) for one in plain) else as_texts(column)


def lists(column: pa.Array) -> tuple[Floats, NDArray[np.int64]]:
    """The numbers of all lists in a column, and the offset of each list, shape (n + 1,)."""
    import pyarrow as pa

    values = floats(column.flatten())
    if pa.types.is_fixed_size_list(column.type):
        lengths = np.full(len(column), column.type.list_size, np.int64)
    else:
        lengths = np.diff(offsets_of(column))
    missing = nulls(column)
    if missing is not None:
        lengths[missing] = 0
    return values, np.concatenate([[0], np.cumsum(lengths)])


def entries(column: pa.Array) -> tuple[Codes, Codes, list[str], Floats]:
    """The entries of a column of maps or structs: rows, codes into the names, names and values.

    Entries without a value are omitted.
    """
    import pyarrow as pa

    if pa.types.is_struct(column.type):
        names = [field.name for field in column.type]
        values = np.stack([floats(column.field(place)) for place in range(len(names))])
        null = np.stack([_null_mask(column.field(place)) for place in range(len(names))])
        own = nulls(column)
        if own is not None:
            null |= own
        codes, rows = np.nonzero(~null)
        return rows, codes, names, values[codes, rows]
    from ce_cli.inputs.arrow.plain import plain

    offsets = offsets_of(column)
    keys, items = column.keys[offsets[0] : offsets[-1]], column.items[offsets[0] : offsets[-1]]
    codes, names = tokens(plain(keys))
    rows = np.repeat(np.arange(len(column)), np.diff(offsets))
    present = ~_null_mask(items)
    return rows[present], codes[present], names, floats(items)[present]


def _null_mask(column: pa.Array) -> Bools:
    missing = nulls(column)
    return np.zeros(len(column), np.bool_) if missing is None else missing


def fixed(column: pa.Array) -> NDArray[np.number[Any]]:
    """Numbers in the type of their column, with anything where null, shape (n,)."""
    dtype = _WIDTHS[str(column.type)]
    buffer = column.buffers()[1]
    if buffer is None or not len(column):
        return np.zeros(len(column), dtype)
    return np.frombuffer(buffer, dtype, len(column), column.offset * np.dtype(dtype).itemsize)


def _bits(buffer: pa.Buffer, offset: int, length: int) -> Bools:
    packed = np.frombuffer(buffer, np.uint8)
    return np.unpackbits(packed, count=offset + length, bitorder="little")[offset:].view(np.bool_)


def number_codes(values: NDArray[np.number[Any]]) -> tuple[Codes, NDArray[np.number[Any]]]:
    """Codes of numbers, and the number of each code; of integers near each other, all between."""
    if np.issubdtype(values.dtype, np.integer) and len(values):
        low, high = int(values.min()), int(values.max())
        if high - low < max(1024, len(values)) and high < 1 << 63:
            codes = values.astype(np.intp, copy=False)
            codes = codes - low if low else codes
            return codes, np.arange(high - low + 1) + low  # the end may be beyond int64
    distinct, inverse = np.unique(values, return_inverse=True)
    return inverse.astype(np.intp, copy=False), distinct


def _number_tokens(values: NDArray[np.number[Any]]) -> tuple[Codes, list[str]]:
    codes, distinct = number_codes(values)
    if np.issubdtype(values.dtype, np.floating):
        codes = np.where(np.isnan(values), -1, codes)
    return codes, [_number_text(number) for number in distinct.tolist()]


def _number_text(number: float) -> str:
    whole = isinstance(number, float) and number.is_integer() and abs(number) < 2**53
    return str(int(number)) if whole else str(number)


def _text(value: object) -> str | None:
    """A value of a dictionary as the same value would be written in a plain column."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, bool):
        return str(value).lower()
    return _number_text(value) if isinstance(value, float) else str(value).strip()
