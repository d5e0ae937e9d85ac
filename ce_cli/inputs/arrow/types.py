"""Columns from Arrow types, for every input that has a schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.arrow.levels import joined_levels
from ce_cli.inputs.arrow.plain import plain, plain_type
from ce_cli.inputs.arrow.scores import holds_scores, maps_of, number_type
from ce_cli.inputs.arrow.text_cells import read_cells, seen_as
from ce_cli.inputs.arrow.type_tests import check_lengths, is_list, is_text, is_text_list
from ce_cli.inputs.source import Column, Frame, Kind, Projection, Split, Stored

if TYPE_CHECKING:
    import pyarrow as pa

    First = Callable[[Sequence[str]], Mapping[str, pa.Array]]


def columns_of_schema(schema: pa.Schema, first: First | None = None) -> Sequence[Column]:
    """The columns of `schema`, with the kinds that follow from their types.

    Parameters
    ----------
    schema : pyarrow.Schema
        The names and types in the file.
    first : callable, optional
        Gives the first rows of some columns, by their names in the file: cells of text may hold
        numbers.
    """
    in_file = schema.names  # each access makes a list
    names = joined_levels(in_file)
    columns = [
        _column(name, field.type).replace(type=str(field.type))
        for name, field in zip(names, schema, strict=True)
    ]
    classes = _class_labels(schema.metadata)
    for place, column in enumerate(columns):
        if column.name != in_file[place]:
            columns[place] = column.replace(name_in_file=in_file[place])
        if column.name in classes and column.kind == "number":
            columns[place] = column.replace(classes=classes[column.name])
    counts = Counter(in_file)  # the cells of a name that occurs twice may be those of either
    texts = [
        place
        for place, field in enumerate(schema)
        if _may_hold_numbers(field.type) and counts[in_file[place]] == 1
    ]
    if first is None or not texts:
        return tuple(columns)
    cells = first([in_file[place] for place in texts])
    for place in texts:
        known = cells.get(in_file[place])
        if known is not None:
            columns[place] = seen_as(columns[place], plain(known))
    return tuple(columns)


def first_frame(splits: Iterable[Split]) -> Frame | None:
    """The first frame that has a row, for a sample; None if there is no row."""
    frames = (frame for split in splits for frame in split.frames())
    return next((frame for frame in frames if frame.rows), None)


def names_in_file(schema: pa.Schema) -> dict[str, str]:
    """The name in the file of each column whose levels of names are joined."""
    joined = joined_levels(schema.names)
    return {new: old for new, old in zip(joined, schema.names, strict=True) if new != old}


def places_of(schema: pa.Schema, names: Iterable[str]) -> list[int]:
    """Where the columns of some names are, in order; a name may be that of several columns."""
    return sorted({place for name in names for place in schema.get_all_field_indices(name)})


def frame_of_batch(
    batch: pa.RecordBatch | pa.Table,
    projection: Projection,
    in_file: Mapping[str, str] | None = None,
) -> Frame:
    """Take the columns of the projection from `batch`, as plain columns of what it asks for.

    `in_file` has the names in the file where these are different.
    """
    columns: dict[str, pa.Array] = {}
    issues: list[RowIssue] = []
    invalid: list[tuple[str, tuple[int, ...]]] = []
    for name in projection.names:
        *_, place = places_of(batch.schema, [(in_file or {}).get(name, name)])
        column = batch.column(place)
        whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
        columns[name] = _verbatim(whole) if name in projection.verbatim else plain(whole)
        if is_text(columns[name].type):
            check_lengths(name, columns[name])
        as_text = name in projection.texts or name in projection.words
        if as_text or not _holds_text(columns[name].type):
            continue
        read = read_cells(name, columns[name], projection)
        columns[name] = read.column
        issues += read.issues
        invalid += [(name, read.invalid)] if read.invalid else []
    for name in projection.maps:
        if holds_scores(columns[name].type):
            columns[name] = maps_of(columns[name])
    return Frame(columns, batch.num_rows, (), tuple(issues), tuple(invalid))


def _holds_text(type_: pa.DataType) -> bool:
    return is_text(type_) or is_text_list(type_)


def _may_hold_numbers(type_: pa.DataType) -> bool:
    return _holds_text(plain_type(type_))


def _verbatim(column: pa.Array) -> pa.Array:
    """Text or bytes whose bytes are counted: views, which have no offsets, as plain columns."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        words = _verbatim(column.dictionary)
        same = words.type == column.type.value_type
        return column if same else pa.DictionaryArray.from_arrays(column.indices, words)
    plain_types = {"string_view": pa.large_string(), "binary_view": pa.large_binary()}
    type_ = plain_types.get(str(column.type))
    return column if type_ is None else column.cast(type_)


def _class_labels(metadata: Mapping[bytes, bytes] | None) -> dict[str, tuple[str, ...]]:
    """The names of the classes that a data set of Hugging Face keeps with its columns."""
    if not metadata or b"huggingface" not in metadata:
        return {}
    import json

    found: dict[str, tuple[str, ...]] = {}
    try:
        features = json.loads(metadata[b"huggingface"])["info"]["features"]
        for name, feature in features.items():
            if feature.get("_type") == "ClassLabel":
                found[name] = tuple(map(str, feature["names"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    return {name: names for name, names in found.items() if len(set(names)) == len(names) > 1}


def has_row_numbers(metadata: Mapping[bytes, bytes] | None) -> bool:
    """Whether the index of pandas is 0, 1, 2, …, which it writes beside the columns."""
    if not metadata or b"pandas" not in metadata:
        return False
    import json

    try:
        (index,) = json.loads(metadata[b"pandas"]).get("index_columns", ())
        return (index["kind"], index["start"], index["step"]) == ("range", 0, 1)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False


def _column(name: str, type_: pa.DataType) -> Column:
    from pyarrow import types

    if holds_scores(type_):
        return Column(name, "map", str(type_), _stored(number_type(type_)))
    type_ = plain_type(type_)
    if is_list(type_):
        inner = _column(name, type_.value_type)
        width = type_.list_size if types.is_fixed_size_list(type_) else None
        kind: Kind = "list" if inner.kind in ("number", "boolean") else "nested"
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


def no_rows(schema: pa.Schema) -> pa.Table:
    """A table without rows; Arrow cannot make one with a union, so such a column has no type."""
    import pyarrow as pa

    def column(field: pa.Field) -> Any:
        try:
            return pa.schema([field]).empty_table().column(0)
        except pa.ArrowNotImplementedError:
            return pa.nulls(0)

    return pa.table([column(field) for field in schema], names=schema.names)
