"""Lists of numbers in a simple form, read at once from a whole column of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

Bytes = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

NONE = ("None", "null", "NULL", "NaN", "nan")
PAIRS = {"[": "]", "(": ")"}

_TOKEN, _SPACE, _COMMA, _BRACKET = range(4)
_SEPARATORS = {" \t\r\n": _SPACE, ",": _COMMA, "[]()": _BRACKET}
_KINDS = bytearray(256)
_LINES = bytearray(range(256))
for _characters, _kind in _SEPARATORS.items():
    for _byte in _characters.encode():
        _KINDS[_byte], _LINES[_byte] = _kind, ord("\n")


def read_at_once(texts: pa.Array) -> pa.Array | None:
    """Lists of float64 from texts; None if some cell has a form that has to be read separately."""
    _, offset_buffer, data = texts.buffers()
    if data is None:
        return None
    bounds = np.frombuffer(offset_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    text = data[int(bounds[0]) : int(bounds[-1])].to_pybytes()
    bounds = bounds.astype(np.int64) - bounds[0]
    filled = np.flatnonzero(np.diff(bounds))
    kinds = np.frombuffer(text.translate(_KINDS), np.uint8)
    ends = bounds[filled], bounds[filled + 1] - 1
    whole = len(filled) == len(texts) - texts.null_count
    if not whole or not _are_bracketed(np.frombuffer(text, np.uint8), kinds, *ends):
        return None
    is_number = kinds == _TOKEN
    starts = np.flatnonzero(is_number & ~np.concatenate([[False], is_number[:-1]]))
    offsets = np.searchsorted(starts, bounds)
    if not _are_separated(np.flatnonzero(kinds == _COMMA), starts, offsets):
        return None
    if text.startswith(b"(") and not _are_tuples(kinds, np.diff(offsets)[filled]):
        return None
    numbers = _parsed(text.translate(_LINES), len(starts))
    return None if numbers is None else list_array(numbers, offsets, _known(texts))


def list_array(numbers: Floats, offsets: Places, known: Bools) -> pa.Array:
    """An Arrow array of lists, null where they are missing.

    It is built from buffers, since `pyarrow.array` imports pandas.
    """
    import pyarrow as pa

    values = pa.Array.from_buffers(pa.float64(), len(numbers), [None, pa.py_buffer(numbers)])
    buffers = [bits(known), pa.py_buffer(offsets.astype(np.int32))]
    return pa.Array.from_buffers(pa.list_(pa.float64()), len(known), buffers, children=[values])


def text_array(texts: Sequence[str]) -> pa.Array:
    """An Arrow array of texts, also built from buffers."""
    import pyarrow as pa

    encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.utf8(), len(texts), buffers)


def bits(known: Bools) -> pa.Buffer:
    """The Arrow bitmap of the values that are not null."""
    import pyarrow as pa

    return pa.py_buffer(np.packbits(known, bitorder="little"))


def _are_bracketed(text: Bytes, kinds: Bytes, first: Places, last: Places) -> bool:
    """Whether brackets of one kind are at both ends of every cell, and nowhere else."""
    if np.count_nonzero(kinds == _BRACKET) != 2 * len(first):
        return False
    if len(first) and text[first[0]] == ord("("):
        return bool((text[first] == ord("(")).all() and (text[last] == ord(")")).all())
    return bool((text[first] == ord("[")).all() and (text[last] == ord("]")).all())


def _are_separated(commas: Places, starts: Places, offsets: Places) -> bool:
    """Whether there are no commas, or exactly one between any two numbers of a cell."""
    if not len(commas):
        return True
    inner = np.ones(len(starts) + 1, np.bool_)
    inner[offsets] = False  # the first number of a cell has no comma before it
    return np.array_equal(np.searchsorted(starts, commas), np.flatnonzero(inner))


def _are_tuples(kinds: Bytes, lengths: Places) -> bool:
    """Whether commas make tuples of the numbers in parentheses."""
    return bool((lengths > 1).all() and (kinds == _COMMA).any())


def _parsed(lines: bytes, count: int) -> Floats | None:
    """The `count` numbers, one per line, NaN where missing."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if not count:
        return np.zeros(0)
    try:
        table = arrow_csv.read_csv(
            pa.py_buffer(lines),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(lines) + 1, column_names=["number"]
            ),
            parse_options=arrow_csv.ParseOptions(quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types={"number": pa.float64()}, null_values=NONE
            ),
        )
    except pa.ArrowInvalid:
        return None
    column = table.column(0).combine_chunks()
    if len(column) != count:
        return None
    numbers = np.frombuffer(column.buffers()[1], np.float64, count, column.offset * 8)
    known = _known(column)
    return numbers if known.all() else np.where(known, numbers, np.nan)


def _known(column: pa.Array) -> Bools:
    """Where a column is not null, shape (n,)."""
    packed = column.buffers()[0]
    if packed is None:
        return np.ones(len(column), np.bool_)
    unpacked = np.unpackbits(
        np.frombuffer(packed, np.uint8), count=column.offset + len(column), bitorder="little"
    )
    return unpacked[column.offset :].view(np.bool_)
