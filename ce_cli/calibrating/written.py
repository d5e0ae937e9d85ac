"""Rows as they are written again: recalibrated predictions among the columns of their file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.errors import DataError
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.inputs.source import Frame
from ce_cli.text import display_name, quoted

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def cells(matrix: Floats, keep: Bools, binding: Binding) -> dict[str, pa.Array]:
    """Predictions of shape (K, n) or (1, n) as the columns that they were, null if not kept."""
    import pyarrow as pa

    bits = None if keep.all() else pa.py_buffer(np.packbits(keep, bitorder="little"))
    if binding.shape in ("single", "columns"):
        return {
            name: _with_nulls(numbers(row), bits)
            for name, row in zip(binding.predictions, matrix, strict=True)
        }
    (name,) = binding.predictions
    if binding.shape == "map":
        fields = [numbers(row) for row in matrix]
        whole = pa.StructArray.from_arrays(fields, list(binding.names_in_maps))
        return {name: _with_nulls(whole, bits)}
    count, rows = matrix.shape
    values = numbers(np.ascontiguousarray(matrix.T).reshape(-1))
    offsets = pa.py_buffer(np.arange(0, count * rows + 1, count, dtype=np.int64))
    type_ = pa.large_list(pa.float64())
    return {name: pa.Array.from_buffers(type_, rows, [bits, offsets], children=[values])}


def _with_nulls(column: pa.Array, bits: pa.Buffer | None) -> pa.Array:
    import pyarrow as pa

    if bits is None:
        return column
    children = [column.field(place) for place in range(column.type.num_fields)]
    buffers = [bits, *column.buffers()[1:2]] if not children else [bits]
    return pa.Array.from_buffers(column.type, len(column), buffers, children=children)


def with_predictions(frame: Frame, names: Sequence[str], own: Mapping[str, pa.Array]) -> pa.Table:
    """The rows of a frame in the columns `names`, of which `own` replace some."""
    import pyarrow as pa

    columns = [own[name] if name in own else _plain(frame.columns[name]) for name in names]
    return pa.Table.from_arrays(columns, names=list(names))


def _plain(column: pa.Array) -> pa.Array:
    """A column as any file holds it, so that the tables of all frames are alike."""
    import pyarrow as pa

    type_ = column.type
    if pa.types.is_dictionary(type_):
        return _plain(column.cast(type_.value_type))
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return column.cast(pa.utf8()) if column.nbytes < 1 << 31 else column
    return column


def alike(table: pa.Table, schema: pa.Schema, name: str) -> pa.Table:
    """A table with the types of the first one.

    Raises
    ------
    DataError
        A column has values here that this type does not hold.
    """
    import pyarrow as pa

    if table.schema.equals(schema):
        return table
    for field in schema:
        column = table.column(field.name)
        try:
            column = column.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise DataError(
                f"{display_name(name)}: the column {quoted(field.name)} holds {column.type} here, "
                f"and {field.type} before: give it one type, or recalibrate the files one by one."
            ) from None
        place = table.schema.get_field_index(field.name)
        table = table.set_column(place, field, column)
    return table
