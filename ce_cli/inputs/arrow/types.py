"""Columns from Arrow types, for every input that has a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.arrow.scores import holds_scores, maps_of, number_type
from ce_cli.inputs.source import Column, Frame, Kind, Projection, Stored

if TYPE_CHECKING:
    import pyarrow as pa


def columns_of_schema(schema: pa.Schema) -> Sequence[Column]:
    """The columns of `schema`, with the kinds that follow from their types."""
    return tuple(_column(field.name, field.type) for field in schema)


def frame_of_batch(batch: pa.RecordBatch | pa.Table, projection: Projection) -> Frame:
    """Take the columns of the projection from `batch`, with views as plain columns."""
    columns = {}
    for name in projection.names:
        column = batch.column(batch.schema.get_field_index(name))
        whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        columns[name] = _without_views(whole)
    for name in projection.maps:
        if holds_scores(columns[name].type):
            columns[name] = maps_of(columns[name])
    return Frame(columns, batch.num_rows)


def _without_views(column: pa.Array) -> pa.Array:
    """Views of text and bytes, of which Arrow cannot take rows, as plain columns."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        words = _without_views(column.dictionary)
        same = words.type == column.type.value_type
        return column if same else pa.DictionaryArray.from_arrays(column.indices, words)
    plain = {"string_view": pa.large_string(), "binary_view": pa.large_binary()}
    type_ = plain.get(str(column.type))
    return column if type_ is None else column.cast(type_)


def _column(name: str, type_: pa.DataType) -> Column:
    from pyarrow import types

    if holds_scores(type_):
        return Column(name, "map", str(type_), _stored(number_type(type_)))
    if types.is_list(type_) or types.is_large_list(type_) or types.is_fixed_size_list(type_):
        inner = _column(name, type_.value_type)
        width = type_.list_size if types.is_fixed_size_list(type_) else None
        kind: Kind = "list" if inner.kind == "number" else "nested"
        of_names = inner.kind == "text"
        return Column(name, kind, str(type_), inner.stored, width, of_names=of_names)
    if types.is_map(type_) or types.is_struct(type_):
        inner = _column(name, type_.item_type if types.is_map(type_) else _common_type(type_))
        return Column(name, "map" if inner.kind == "number" else "nested", str(type_), inner.stored)
    return Column(name, _kind(type_), str(type_), _stored(type_))


def _common_type(struct: pa.StructType) -> pa.DataType:
    """The coarsest number type in a struct, or a type in it that is not a number."""
    import pyarrow as pa

    coarse = {"float16": 0, "float32": 1, "float64": 2, "text": 3}
    fields = [field.type for field in struct]
    other = [type_ for type_ in fields if _kind(type_) != "number"]
    return other[0] if other else min(fields, key=lambda t: coarse[_stored(t)], default=pa.string())


def _kind(type_: pa.DataType) -> Kind:
    from pyarrow import types

    if types.is_dictionary(type_):
        return _kind(type_.value_type)
    if types.is_boolean(type_):
        return "boolean"
    if types.is_integer(type_) or types.is_floating(type_) or types.is_decimal(type_):
        return "number"
    if types.is_null(type_):
        return "number"
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "text"
    return "nested" if types.is_nested(type_) else "other"


def _stored(type_: pa.DataType) -> Stored:
    from pyarrow import types

    if types.is_float32(type_):
        return "float32"
    if types.is_float16(type_):
        return "float16"
    return "text" if types.is_decimal(type_) else "float64"
