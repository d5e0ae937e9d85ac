"""Arrays of labels and predictions as one Arrow table."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.record import Record
from ce_cli.text import plural, quoted, quoted_list

if TYPE_CHECKING:
    import pyarrow as pa

_LABEL = "label"
_PREDICTION = "pred"


class ArrayTable(Record):
    """Labels and predictions side by side.

    Attributes
    ----------
    table : pyarrow.Table
        Both.
    label, pred : tuple of str
        The names of their columns.
    classes : tuple of str
        The classes of lists, in order, if a table names them.
    """

    table: pa.Table
    label: tuple[str, ...]
    pred: tuple[str, ...]
    classes: tuple[str, ...] = ()


def table_of_arrays(labels: object, predictions: object) -> ArrayTable:
    """Labels and predictions as one table.

    Parameters
    ----------
    labels : array_like or table
        One label per row, or a share of each class, shape (n, K).
    predictions : array_like or table
        One number per row, one per class, shape (n, K), or a table with a column for each class.

    Raises
    ------
    DataError
        They are not arrays of these shapes, or do not have the same rows or classes.
    """
    import pyarrow as pa

    _check_index(labels, predictions)
    if isinstance(predictions, Mapping):
        predictions = table_of_columns(predictions)
    table, shares = table_in(predictions), table_in(labels)
    classes: tuple[str, ...] = ()
    if shares is not None and shares.num_columns > 1:
        shares = shares if table is None else _in_order(shares, table.column_names)
        classes, labels = tuple(shares.column_names), _matrix(shares)
    elif shares is not None and shares.num_columns:
        labels = shares.column(0)
    column = column_of(labels, "labels")
    if table is not None and table.num_columns > 1 and pa.types.is_fixed_size_list(column.type):
        classes, predictions, table = tuple(table.column_names), _matrix(table), None
    if table is None:
        table = pa.table({_PREDICTION: column_of(predictions, "predictions")})
    if not table.num_columns:  # such as a frame of no columns
        raise DataError("The predictions have no columns.")
    if len(column) != table.num_rows:
        raise DataError(
            f"There are {plural(len(column), 'label')}, but {plural(table.num_rows, 'row')} of "
            "predictions."
        )
    pred, label = tuple(table.column_names), _LABEL
    while label in pred:
        label += "_"
    return ArrayTable(table.append_column(label, column), (label,), pred, classes)


def _in_order(shares: pa.Table, classes: list[str]) -> pa.Table:
    """The shares of classes in the order of the predictions."""
    if sorted(shares.column_names) != sorted(classes):
        raise DataError(
            f"The labels are for the classes {quoted_list(shares.column_names)}, but the "
            f"predictions are for {quoted_list(classes)}; name the columns of both alike."
        )
    return shares.select(classes)


def _matrix(table: pa.Table) -> NDArray[Any]:
    return np.column_stack([np.asarray(column) for column in table.columns])


def table_of_columns(columns: Mapping[Any, object]) -> pa.Table:
    """A mapping from names to columns as a table.

    Raises
    ------
    DataError
        A value is not a column, or the columns differ in length.
    """
    import pyarrow as pa

    arrays = {str(name): column_of(one, str(name)) for name, one in columns.items()}
    lengths = {name: len(one) for name, one in arrays.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{quoted(name)} has {count:,}" for name, count in lengths.items())
        raise DataError(f"The columns differ in length: {listed}.")
    return pa.table(arrays)


def table_in(data: object) -> pa.Table | None:
    """A table of pandas or Arrow, or any Arrow stream of rows, as an Arrow table; None otherwise.

    Raises
    ------
    DataError
        Arrow cannot read it.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    try:
        if _is_frame(data):
            return pa.Table.from_pandas(data, preserve_index=False)
        streams = hasattr(data, "__arrow_c_stream__") and not _is_column(data)
        return pa.table(data) if streams or isinstance(data, pa.RecordBatch) else None
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"The data cannot be read as an Arrow table: {error}.") from error


def column_of(values: object, name: str) -> pa.Array | pa.ChunkedArray:
    """A column of an array: of lists, if it has two dimensions and more than one column.

    Raises
    ------
    DataError
        It is not an array of one or two dimensions.
    """
    import pyarrow as pa

    if isinstance(values, pa.Array | pa.ChunkedArray):
        return values
    try:
        array = _array(values)
        if array.ndim == 2 and array.shape[1] == 1:
            array, values = array[:, 0], array[:, 0]
        if array.ndim == 1:
            return numbers(array) if array.dtype.kind in "biuf" else _words(values, array)
    except (pa.ArrowException, ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{quoted(name)} cannot be read as an array: {error}.") from error
    if array.ndim != 2 or not array.shape[1] or array.dtype.kind not in "biuf":
        raise DataError(
            f"{quoted(name)} must be an array of shape (n,), or of numbers of shape (n, K), not of "
            f"{array.dtype} and shape {array.shape}."
        )
    cells = array.astype(np.int8) if array.dtype == np.bool_ else array
    return pa.FixedSizeListArray.from_arrays(numbers(cells.ravel()), array.shape[1])


def _array(values: object) -> NDArray[Any]:
    """An array, with NaN where it is masked."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        return np.ma.filled(values.astype(np.float64), np.nan)
    return np.asarray(values)


def _words(values: object, array: NDArray[Any]) -> pa.Array:
    """Texts and other values that are not plain numbers; None and NaN are missing."""
    import pyarrow as pa

    if _is_column(values) and hasattr(values, "__arrow_c_stream__"):
        return pa.chunked_array(values)
    listed = values if isinstance(values, list | tuple) else array
    return pa.array(listed, from_pandas=True)


def _check_index(labels: object, predictions: object) -> None:
    """Refuse to match rows by their order if the indexes of pandas match them otherwise."""
    both = [getattr(one, "index", None) for one in (labels, predictions)]
    if all(hasattr(one, "equals") for one in both) and not both[0].equals(both[1]):  # type: ignore[union-attr]
        raise DataError(
            "The labels and the predictions have different indexes; put the rows in one order, "
            "or call reset_index(drop=True) on both if they already are."
        )


def _is_frame(data: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def _is_column(data: object) -> bool:
    """Whether it is one column, such as a series of pandas or polars."""
    import pyarrow as pa

    return isinstance(data, pa.Array | pa.ChunkedArray) or (
        hasattr(data, "to_frame") and not (hasattr(data, "columns"))
    )
