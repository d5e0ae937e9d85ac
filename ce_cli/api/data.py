"""Data as Python has them, as a data set: paths, tables, streams, columns and arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ce_cli.binding.joining.joined import reading_of_labels
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.arrow.memory import TableSource
from ce_cli.inputs.dataset import DataSet, Files
from ce_cli.inputs.locate import located, opener, with_names
from ce_cli.inputs.source import Source
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import without_secrets

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import ArrayLike

    Array: TypeAlias = ArrayLike | pd.Series | pd.DataFrame
    Columns: TypeAlias = Mapping[str, Any]
    Table: TypeAlias = "pd.DataFrame | pa.Table | ArrowStream | Columns"
    Path: TypeAlias = str | os.PathLike[str]
    Data: TypeAlias = Path | Sequence[Path] | Table | Array | tuple[Array, Array]


class ArrowStream(Protocol):
    """What gives its rows as an Arrow stream: frames of polars, relations of DuckDB, readers."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Give the rows."""


class Given(Record):
    """Data as they were passed, before they are read.

    Attributes
    ----------
    names : tuple of str
        Files, directories expanded; or the title of a table.
    table : pyarrow.Table or None
        The table; None for files.
    label, pred : tuple of str
        The columns of arrays, which have no names of their own.
    classes : tuple of str
        The classes of arrays, in order, if a table names them.
    typed : tuple of str
        How a call would repeat them: paths, or names for what is in memory.
    """

    names: tuple[str, ...]
    table: pa.Table | None = None
    label: tuple[str, ...] = ()
    pred: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    typed: tuple[str, ...] = ("data",)

    def bound(self, spec: Spec) -> Spec:
        """The spec with the columns of arrays.

        Raises
        ------
        UsageError
            It names columns, but arrays have none.
        """
        if not self.label:
            return spec
        for name in ("label", "pred"):
            if getattr(spec, name):
                raise UsageError(f"{name} names columns of a table; arrays have none.")
        classes = spec.classes or self.classes
        return spec.replace(label=self.label, pred=self.pred, classes=classes)

    def sources(self, reading: Reading) -> Callable[[], Iterator[Source]]:
        """What opens the files or the table, each time anew."""
        if self.table is None:
            return opener(self.names, reading)
        source = TableSource(self.names[0], self.table)
        return lambda: iter([with_names(source)])


def given(data: object, predictions: object = None, called: str | None = None) -> Given:
    """Data in any of the forms that the API takes.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array
        An array holds labels, and needs predictions; a tuple of two arrays holds both.
    predictions : array or table, optional
        The predictions for labels in an array.
    called : str, optional
        The title of a table.

    Raises
    ------
    UsageError
        There is nothing to read.
    DataError
        It has none of these forms.
    StorageError
        A file does not exist.
    """
    if predictions is None and _is_pair(data):
        data, predictions = data  # type: ignore[misc]
    if predictions is not None:
        return _given_arrays(data, predictions, called)
    if isinstance(data, str | os.PathLike):
        data = [data]
    if isinstance(data, list | tuple) and data and all(map(_is_path, data)):
        paths = tuple(os.fspath(path) for path in data)
        return Given(tuple(located(paths)), typed=paths)
    if isinstance(data, list | tuple) and not data:
        raise UsageError("There is no file to read.")
    from ce_cli.api.arrays import table_in, table_of_columns

    if isinstance(data, Mapping):
        return Given((called or "columns",), table_of_columns(data))
    table = table_in(data)
    if table is None:
        hint = ": call collect() first" if hasattr(data, "collect") else ""
        raise DataError(
            "The data must be a path, a list of paths, a table (pandas.DataFrame, pyarrow.Table, "
            "or anything with an Arrow stream), a mapping of columns, or two arrays, labels and "
            f"predictions; this is one {type(data).__name__}{hint}."
        )
    return Given((called or _title(data),), table)


def _given_arrays(labels: object, predictions: object, called: str | None) -> Given:
    if _is_path(labels) or isinstance(labels, Mapping):
        raise UsageError(
            "predictions go with an array of labels; a path or a table holds both: name its "
            "columns with label and pred."
        )
    from ce_cli.api.arrays import table_of_arrays

    found = table_of_arrays(labels, predictions)
    return Given(
        names=(called or "arrays",),
        table=found.table,
        label=found.label,
        pred=found.pred,
        classes=found.classes,
        typed=("labels", "predictions"),
    )


def data_set(data: Given, options: Mapping[str, Any], spec: Spec, reading: Reading) -> DataSet:
    """The data set, with its labels if they are in a file or table of their own."""
    labels = options.get("labels")
    own = None if labels is None else _labels(labels, reading_of_labels(reading, spec))
    path = os.fspath(labels) if isinstance(labels, str | os.PathLike) else None
    files = Files(data.names, reading, path) if data.table is None else None
    return DataSet(tuple(map(without_secrets, data.names)), data.sources(reading), own, files)


def _labels(labels: object, reading: Reading) -> Callable[[], Source]:
    found = given(labels)
    if len(found.names) > 1:
        raise UsageError("The labels have to be one file or table.")
    sources = found.sources(reading)
    return lambda: next(sources())


def _is_path(value: object) -> bool:
    return isinstance(value, str | os.PathLike)


def _is_pair(data: object) -> bool:
    """Whether it is labels and predictions, not paths."""
    return isinstance(data, tuple) and len(data) == 2 and not any(map(_is_path, data))


def _title(data: object) -> str:
    """The name of a table in messages."""
    import pyarrow as pa

    return "table" if isinstance(data, pa.Table) else type(data).__name__
