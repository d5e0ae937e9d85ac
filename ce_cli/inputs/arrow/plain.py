"""Arrow types that hold the same as a plainer one: bytes of text, views, wrappers, vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ce_cli.inputs import vectors
from ce_cli.inputs.arrow import arrays

if TYPE_CHECKING:
    import pyarrow as pa

_WRAPPERS = frozenset(  # names of the only field in a struct that do not name a class
    "value values element item prob proba probability p score prediction logit logprob double "
    "float".split()
)


def plain_type(type_: pa.DataType) -> pa.DataType:
    """The type of a column of `type_` after `plain`."""
    import pyarrow as pa

    types = pa.types
    if isinstance(type_, pa.BaseExtensionType):
        return pa.utf8() if _is_uuid(type_) else plain_type(type_.storage_type)
    if types.is_run_end_encoded(type_) or types.is_dictionary(type_):
        value = plain_type(type_.value_type)
        return pa.dictionary(type_.index_type, value) if types.is_dictionary(type_) else value
    if types.is_list_view(type_) or types.is_large_list_view(type_):
        return pa.large_list(type_.value_type)
    return _plain_struct(type_) if types.is_struct(type_) else _plain_value(type_)


def _plain_value(type_: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    types = pa.types
    if _is_narrow_decimal(type_):
        return pa.decimal128(type_.precision, type_.scale)
    large = types.is_large_binary(type_) or types.is_binary_view(type_)
    if large or types.is_string_view(type_):
        return pa.large_utf8()
    return pa.utf8() if types.is_binary(type_) or types.is_fixed_size_binary(type_) else type_


def _plain_struct(type_: pa.StructType) -> pa.DataType:
    import pyarrow as pa

    if is_vector(type_):
        return pa.list_(pa.float64())
    return plain_type(type_.field(0).type) if is_wrapper(type_) else type_


def plain(column: pa.Array) -> pa.Array:
    """The values of `column` in the type that `plain_type` gives."""
    import pyarrow as pa

    types, type_ = pa.types, column.type
    if types.is_primitive(type_):
        return column
    if isinstance(type_, pa.BaseExtensionType):
        return _uuids(column) if _is_uuid(type_) else plain(column.storage)
    if types.is_run_end_encoded(type_):
        from pyarrow import compute

        return plain(compute.run_end_decode(column))
    if types.is_dictionary(type_):
        words = plain(column.dictionary)
        same = words.type == type_.value_type
        return column if same else pa.DictionaryArray.from_arrays(column.indices, words)
    if types.is_struct(type_):
        return _of_struct(column)
    return column if plain_type(type_) == type_ else _converted(column)


def _of_struct(column: pa.StructArray) -> pa.Array:
    if is_vector(column.type):
        return _vectors(column)
    return plain(column.flatten()[0]) if is_wrapper(column.type) else column


def _converted(column: pa.Array) -> pa.Array:
    """Views of lists or text, and bytes of any kind, as lists and text."""
    import pyarrow as pa

    types, type_ = pa.types, column.type
    if types.is_list_view(type_) or types.is_large_list_view(type_):
        return pa.array(column.to_pylist(), plain_type(type_))  # its cast may lose numbers
    if types.is_string_view(type_) or _is_narrow_decimal(type_):
        return column.cast(plain_type(type_))
    if types.is_binary_view(type_):
        return _decoded(column.cast(pa.large_binary()))
    return _decoded(column.cast(pa.binary()) if types.is_fixed_size_binary(type_) else column)


def _is_narrow_decimal(type_: pa.DataType) -> bool:
    """Whether these are decimals of 32 or 64 bits, which newer versions of Arrow have."""
    return str(type_).startswith(("decimal32", "decimal64"))


def is_wrapper(type_: pa.DataType) -> bool:
    """Whether a struct has one field only, with a name that any value may have."""
    from pyarrow import types

    if not types.is_struct(type_) or type_.num_fields != 1:
        return False
    return type_.field(0).name.lower() in _WRAPPERS


def is_vector(type_: pa.DataType) -> bool:
    """Whether this is a vector of Spark ML, dense or sparse."""
    from pyarrow import types

    if not types.is_struct(type_) or type_.num_fields != len(vectors.FIELDS):
        return False
    fields = [type_.field(place) for place in range(type_.num_fields)]
    named = tuple(field.name for field in fields) == vectors.FIELDS
    return named and all(types.is_list(field.type) for field in fields[2:])


def _is_uuid(type_: Any) -> bool:
    return bool(type_.extension_name == "arrow.uuid")


def _uuids(column: pa.Array) -> pa.Array:
    return arrays.texts([None if one is None else str(one) for one in column.to_pylist()])


def _decoded(column: pa.Array) -> pa.Array:
    """Bytes as text in the same buffers; with escapes where they are not UTF-8."""
    import pyarrow as pa

    large = pa.types.is_large_binary(column.type)
    type_ = pa.large_utf8() if large else pa.utf8()
    text = pa.Array.from_buffers(
        type_, len(column), column.buffers(), column.null_count, column.offset
    )
    try:
        text.validate(full=True)
    except pa.ArrowInvalid:
        words = column.to_pylist()
        shown = [None if one is None else one.decode(errors="backslashreplace") for one in words]
        escaped = arrays.texts(shown)
        return escaped.cast(type_) if large else escaped
    return text


def _vectors(column: pa.Array) -> pa.Array:
    """Vectors of Spark ML as lists; one whose parts do not fit as an empty list, to be reported."""
    rows: list[Sequence[float | None] | None] = []
    for vector in column.to_pylist():
        if vector is None or vector["values"] is None:
            rows.append(None)
        elif vector["type"] == vectors.SPARSE and vector["indices"] is not None:
            rows.append(vectors.dense_of(vector["size"], vector["indices"], vector["values"]) or [])
        else:
            rows.append(vector["values"])
    return arrays.lists(rows)
