"""Columns of many different values as codes and a column of their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.columns import as_texts, fixed, nulls, number_codes, tokens
from ce_cli.inputs.arrow.arrays import dictionary_of, numbers, text_bytes, texts

if TYPE_CHECKING:
    import pyarrow as pa

Codes = NDArray[np.intp]

_FEW = 1 << 12  # numbers; for more, Arrow's conversion is worth importing
_MISSING = -1
_VISIBLE = (np.arange(256) > 0x20) & (np.arange(256) < 0x7F)  # neither white space nor a part of it


def coded_words(column: pa.Array) -> tuple[Codes, pa.StringArray]:
    """What `tokens` returns, but with the texts as an Arrow array.

    Integers and texts without surrounding white space need no Python object for each value.
    """
    from pyarrow import types

    kind = column.type
    if types.is_integer(kind):
        return _whole_numbers(column)
    if types.is_string(kind) or types.is_large_string(kind):
        column = dictionary_of(column)
    if types.is_dictionary(column.type) and _holds_text(column.type.value_type):
        words = as_texts(column.dictionary)
        if not words.null_count and _are_plain(words):
            return _codes(column), words
    codes, names = tokens(column)
    return codes, texts(names)


def _holds_text(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind))


def _whole_numbers(column: pa.Array) -> tuple[Codes, pa.StringArray]:
    import pyarrow as pa

    codes, values = number_codes(fixed(column))
    missing = nulls(column)
    if missing is not None:
        codes = np.where(missing, _MISSING, codes)
    if len(values) <= _FEW:
        return codes, texts(list(map(str, values.tolist())))
    return codes, numbers(values).cast(pa.utf8())


def _codes(column: pa.DictionaryArray) -> Codes:
    """The codes of a column, −1 for null."""
    codes, missing = fixed(column.indices).astype(np.intp), nulls(column.indices)
    return codes if missing is None else np.where(missing, _MISSING, codes)


def _are_plain(words: pa.StringArray) -> bool:
    """Whether no word can begin or end in white space, by its first and last byte."""
    text, starts = text_bytes(words)
    begin, end = starts[:-1], starts[1:]
    filled = end > begin
    return bool(_VISIBLE[text[begin[filled]]].all() and _VISIBLE[text[end[filled] - 1]].all())
