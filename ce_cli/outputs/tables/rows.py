"""Writing the loss of every row as it is computed: CSV, JSON lines or Parquet by file name."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ce_cli.errors import StorageError, UsageError
from ce_cli.outputs.files import replacing
from ce_cli.text import quoted, quoted_list

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[["pa.Table"], None]

_ROW_GROUP = 1 << 18  # rows, at least, but for the last
_AT_ONCE = 1 << 14  # values of a column that are encoded together
_LINES = 1 << 14  # rows of JSON lines that are in memory at once


@contextlib.contextmanager
def row_writer(path: str, option: str = "--per-row") -> Iterator[Write]:
    """Open `path` for tables of rows, all of one schema; ``-`` is CSV on standard output.

    Parameters
    ----------
    path : str
        The file; its name ends in that of a format.
    option : str
        The option that names it.

    Raises
    ------
    UsageError
        The name does not end in the name of a format.
    StorageError
        The file cannot be written.
    """
    opened = _opener(path, option)
    if path == "-" and sys.stdout is None:
        raise StorageError("Standard output is closed.")
    with contextlib.ExitStack() as stack:
        file = sys.stdout.buffer if path == "-" else stack.enter_context(replacing(path))
        writers: list[Any] = []

        def write(table: pa.Table) -> None:
            if not writers:
                writers.append(stack.enter_context(opened(file, table.schema)))
            writers[0].write_table(table)

        yield write


def _opener(path: str, option: str) -> Callable[[IO[bytes], pa.Schema], Any]:
    suffix = ".csv" if path == "-" else _suffix(path)
    openers = {
        ".csv": _csv,
        ".jsonl": _JsonLines,
        ".ndjson": _JsonLines,
        ".parquet": _Parquet,
        ".pq": _Parquet,
    }
    if suffix not in openers:
        raise UsageError(
            f"{option} {quoted(path)}: the name must end in .csv, .jsonl or .parquet, or be -."
        )
    return openers[suffix]


def _suffix(path: str) -> str:
    """The suffix of a path or a URI, whose options are no part of its name."""
    if "://" in path:
        from ce_cli.storage.file_systems import identity

        path = identity(path)
    return Path(path).suffix.lower()


def _csv(file: IO[bytes], schema: pa.Schema) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    options = csv.WriteOptions(quoting_style="needed")
    try:
        return csv.CSVWriter(file, schema, write_options=options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # of a type that it has no text for
        nested = [field.name for field in schema if pa.types.is_nested(field.type)]
        names = quoted_list(nested or schema.names, 4)
        raise UsageError(
            f"CSV has no cells for the columns {names}, such as lists: write the rows to a file "
            "that ends in .parquet or .jsonl."
        ) from None


class _Parquet:
    """Row groups of many tables, encoded for numbers that rarely repeat.

    A dictionary of such numbers takes longer than all else and makes the file no smaller, and so
    does compression; row numbers are stored as differences. Texts keep their dictionaries in the
    file, but are read as texts; their range in each row group, which takes as long as writing
    them, is left out.
    """

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        from pyarrow.parquet import ParquetWriter

        kinds = {field.name: str(field.type) for field in schema}
        counts = [name for name, kind in kinds.items() if kind == "int64"]
        texts = [name for name, kind in kinds.items() if kind not in ("int64", "double")]
        self._writer = ParquetWriter(
            file,
            schema,
            use_dictionary=texts,
            compression={name: "snappy" if name in texts else "none" for name in kinds},
            column_encoding=dict.fromkeys(counts, "DELTA_BINARY_PACKED"),
            write_batch_size=_AT_ONCE,
            write_statistics=[name for name in kinds if name not in texts],
            store_schema=False,  # else dictionaries would become categories
        )
        self._waiting: list[pa.Table] = []
        self._rows = 0

    def __enter__(self) -> _Parquet:
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self._write_group()
        self._writer.close()

    def write_table(self, table: pa.Table) -> None:
        self._waiting.append(table)
        self._rows += len(table)
        if self._rows >= _ROW_GROUP:
            self._write_group()

    def _write_group(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting), self._rows)
        self._waiting, self._rows = [], 0


class _JsonLines:
    """A strict JSON object on each line; an infinite loss is null."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file

    def __enter__(self) -> _JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.flush()

    def write_table(self, table: pa.Table) -> None:
        """Write a line for each row, a batch of columns at a time."""
        keys = (json.dumps(name, ensure_ascii=False) for name in table.column_names)
        line = "{" + ", ".join(f"{key.replace('%', '%%')}: %s" for key in keys) + "}"
        for batch in table.to_batches(_LINES):
            cells = zip(*map(_cells, batch.columns), strict=True)
            self._file.write(("\n".join([line % row for row in cells]) + "\n").encode())


def _cells(column: pa.Array) -> list[str]:
    """The values of a column as JSON; NaN and infinity are null."""
    kind = str(column.type)
    if kind.startswith("dictionary"):
        words = _cells(column.dictionary)
        return ["null" if code is None else words[code] for code in column.indices.to_pylist()]
    values = column.to_pylist()
    if kind == "int64":
        return list(map(str, values))
    if kind == "double":
        return ["null" if v is None or not math.isfinite(v) else repr(v) for v in values]
    return [json.dumps(_strict(value), ensure_ascii=False, default=str) for value in values]


def _strict(value: Any) -> Any:
    """A value in which no number is NaN or infinite, which JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _strict(one) for key, one in value.items()}
    return [_strict(one) for one in value] if isinstance(value, list) else value
