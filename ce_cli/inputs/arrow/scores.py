"""Arrow columns that hold the scores of classes with their names, as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.arrow.type_tests import is_list, is_text

if TYPE_CHECKING:
    import pyarrow as pa


def holds_scores(type_: pa.DataType) -> bool:
    """Whether values are lists of a name and a number, perhaps in another list.

    Also a struct of a list of names and a list of numbers.
    """
    return _list_of_pairs(type_) or _two_lists(type_)


def number_type(type_: pa.DataType) -> pa.DataType:
    """The type of the numbers in a column that `holds_scores`."""
    if not is_list(type_):
        return next(field.type.value_type for field in type_ if _is_number(field.type.value_type))
    inner = type_.value_type
    pairs = inner.value_type if is_list(inner) else inner
    return next(field.type for field in pairs if _is_number(field.type))


def maps_of(column: pa.Array) -> pa.Array:
    """Maps from name to number: made of the same buffers, where nothing is missing."""
    import pyarrow as pa

    pairs = column.values if pa.types.is_list(column.type) else None
    if pairs is not None and pa.types.is_struct(pairs.type) and not pairs.null_count:
        named = next(place for place, field in enumerate(pairs.type) if not _is_number(field.type))
        keys, items = pairs.field(named), pairs.field(1 - named)
        if not keys.null_count:
            offsets = pa.py_buffer(arrays.offsets(column).astype(np.int32))
            return arrays.map_array(keys, items, offsets, _validity(column), len(column))
    from ce_cli.inputs.json.named_scores import scores_in

    return arrays.maps([value and (scores_in(value) or []) for value in column.to_pylist()])


def _validity(column: pa.Array) -> pa.Buffer | None:
    """The bitmap of a column that may be part of another."""
    import pyarrow as pa

    packed = column.buffers()[0]
    if packed is None or not column.null_count:
        return None
    bits = np.unpackbits(
        np.frombuffer(packed, np.uint8), count=column.offset + len(column), bitorder="little"
    )
    return pa.py_buffer(np.packbits(bits[column.offset :], bitorder="little"))


def _list_of_pairs(type_: pa.DataType) -> bool:
    from pyarrow import types

    if not is_list(type_):
        return False
    inner = type_.value_type
    inner = inner.value_type if is_list(inner) else inner
    if not types.is_struct(inner) or inner.num_fields != 2:
        return False
    kinds = [(_is_number(field.type), is_text(field.type)) for field in inner]
    return sorted(kinds) == [(False, True), (True, False)]


def _two_lists(type_: pa.DataType) -> bool:
    from pyarrow import types

    if not types.is_struct(type_) or type_.num_fields != 2:
        return False
    if not all(is_list(field.type) for field in type_):
        return False
    kinds = [(_is_number(f.type.value_type), is_text(f.type.value_type)) for f in type_]
    return sorted(kinds) == [(False, True), (True, False)]


def _is_number(type_: pa.DataType) -> bool:
    """Whether these may be scores: whole numbers count or locate something."""
    from pyarrow import types

    return bool(types.is_floating(type_))
