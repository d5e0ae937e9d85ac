"""Arrow arrays from Python values and numpy arrays, built from buffers.

``pa.array`` silently imports pandas, and ``Array.dictionary_encode`` all of `pyarrow.compute`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

_FEW = 1 << 15
_ASCII = 127
_TYPES = {
    "b1": "bool_",
    "i1": "int8",
    "i2": "int16",
    "i4": "int32",
    "i8": "int64",
    "u1": "uint8",
    "u2": "uint16",
    "u4": "uint32",
    "u8": "uint64",
    "f2": "float16",
    "f4": "float32",
    "f8": "float64",
}


def numbers(values: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Numbers or booleans of shape (n,), not copied where their layout is that of Arrow.

    Those that are `missing` are null.
    """
    import pyarrow as pa

    if values.dtype.kind == "f" and values.dtype.itemsize > 8:
        values = values.astype(np.float64)
    values = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    type_ = getattr(pa, _TYPES[values.dtype.str[1:]])()
    packed = np.packbits(values, bitorder="little") if values.dtype == np.bool_ else values
    known = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(type_, len(values), [known, pa.py_buffer(packed)])


def floats(values: Sequence[float | None]) -> pa.Array:
    """Numbers as float64; None becomes null."""
    import pyarrow as pa

    filled = np.array([0.0 if value is None else value for value in values], np.float64)
    return pa.Array.from_buffers(
        pa.float64(), len(values), [_validity(values), pa.py_buffer(filled)]
    )


def texts(values: Sequence[str | None]) -> pa.Array:
    """Texts as UTF-8; None becomes null, and half of a surrogate pair an escape."""
    import pyarrow as pa

    coded = [b"" if value is None else value.encode(errors="backslashreplace") for value in values]
    buffers = [_validity(values), _offsets(coded), pa.py_buffer(b"".join(coded))]
    return pa.Array.from_buffers(pa.utf8(), len(values), buffers)


def encoded(values: Sequence[str | None]) -> pa.Array:
    """Texts as a dictionary column; None becomes null."""
    import pyarrow as pa

    distinct: dict[str | None, int] = dict.fromkeys(values, 0)
    distinct.pop(None, None)
    codes = dict(zip(distinct, range(len(distinct)), strict=True)) | {None: 0}
    indices = np.fromiter(map(codes.__getitem__, values), np.int32, len(values))
    column = pa.Array.from_buffers(
        pa.int32(), len(values), [_validity(values), pa.py_buffer(indices)]
    )
    return pa.DictionaryArray.from_arrays(column, texts([*distinct]))


def dictionary_of(column: pa.Array) -> pa.Array:
    """A text column as a dictionary column; Arrow's encoder is imported only for long ones."""
    quickly = dictionary_of_characters(column)
    if quickly is not None:
        return quickly
    if len(column) > _FEW:
        return column.dictionary_encode()
    return encoded(column.to_pylist())


def dictionary_of_characters(column: pa.Array) -> pa.Array | None:
    """A dictionary column with the same words in the same order as that of Arrow's encoder.

    None unless each of the texts is one ASCII character, and none of them null.
    """
    import pyarrow as pa

    ends = offsets(column)
    if not len(column) or column.null_count or str(column.type) != "string":
        return None
    lengths = np.diff(ends)
    if lengths.min() != 1 or lengths.max() != 1:
        return None
    found = np.frombuffer(column.buffers()[2], np.uint8, len(column), int(ends[0]))
    if found.max() > _ASCII:
        return None
    text = found.tobytes()
    first = {text.find(one): one for one in range(int(found.min()), int(found.max()) + 1)}
    first.pop(-1, None)
    distinct = [first[place] for place in sorted(first)]
    codes = np.zeros(1 + max(distinct), np.int32)
    codes[distinct] = np.arange(len(distinct))
    return pa.DictionaryArray.from_arrays(numbers(codes.take(found)), texts([*map(chr, distinct)]))


def constant(value: str | None, count: int) -> pa.Array:
    """One text, `count` times, as a dictionary column."""
    import pyarrow as pa

    indices = numbers(np.zeros(count, np.int32))
    if value is None:
        none = pa.py_buffer(bytes(count // 8 + 1))
        indices = pa.Array.from_buffers(pa.int32(), count, [none, indices.buffers()[1]])
    return pa.DictionaryArray.from_arrays(indices, texts([value or ""]))


def lists(values: Sequence[Sequence[float | None] | None]) -> pa.Array:
    """Lists of numbers; None becomes null."""
    import pyarrow as pa

    filled = [() if value is None else value for value in values]
    return pa.Array.from_buffers(
        pa.list_(pa.float64()),
        len(values),
        [_validity(values), _offsets(filled)],
        children=[floats([*chain.from_iterable(filled)])],
    )


def word_lists(values: Sequence[Sequence[str] | None]) -> pa.Array:
    """Lists of texts; None becomes null."""
    import pyarrow as pa

    filled = [() if value is None else value for value in values]
    buffers = [_validity(values), _offsets(filled)]
    words = texts([*chain.from_iterable(filled)])
    return pa.Array.from_buffers(pa.list_(pa.utf8()), len(values), buffers, children=[words])


def maps(values: Sequence[Sequence[tuple[str, float | None]] | None]) -> pa.Array:
    """Numbers by name; None becomes null."""
    filled = [() if value is None else value for value in values]
    keys = texts([name for value in filled for name, _ in value])
    items = floats([number for value in filled for _, number in value])
    return map_array(keys, items, _offsets(filled), _validity(values), len(values))


def map_array(
    keys: pa.Array, items: pa.Array, offsets: pa.Buffer, validity: pa.Buffer | None, count: int
) -> pa.Array:
    """`count` maps of the keys and items between the offsets, which are int32."""
    import pyarrow as pa

    type_ = pa.map_(keys.type, items.type)
    entry = pa.struct([type_.key_field, type_.item_field])
    entries = pa.Array.from_buffers(entry, len(keys), [None], children=[keys, items])
    return pa.Array.from_buffers(type_, count, [validity, offsets], children=[entries])


def offsets(column: pa.Array) -> NDArray[np.int64]:
    """Where each list, map or text of a column begins, and the last one ends, shape (n + 1,)."""
    from pyarrow import types

    if not len(column):
        return np.zeros(1, np.int64)
    large = (types.is_large_list, types.is_large_string, types.is_large_binary)
    width = np.int64 if any(one(column.type) for one in large) else np.int32
    bounds = np.frombuffer(column.buffers()[1], width)
    return bounds[column.offset : column.offset + len(column) + 1].astype(np.int64, copy=False)


def text_bytes(column: pa.Array) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The bytes of all texts, and where each begins and the last one ends, shape (n + 1,).

    A missing text has no bytes.
    """
    bounds = offsets(column)
    held = column.buffers()[2] if len(column) else None
    data = np.frombuffer(held or b"", np.uint8)[bounds[0] : bounds[-1]]
    return data, bounds - bounds[0]


def _validity(values: Sequence[object]) -> pa.Buffer | None:
    import pyarrow as pa

    if None not in values:
        return None
    present = np.array([value is not None for value in values], np.bool_)
    return pa.py_buffer(np.packbits(present, bitorder="little"))


def _offsets(values: Sequence[Any]) -> pa.Buffer:
    import pyarrow as pa

    ends = accumulate(map(len, values), initial=0)
    return pa.py_buffer(np.fromiter(ends, np.int32, len(values) + 1))
