"""Writing the loss of every row as it is computed: CSV, JSON lines or Parquet by file name."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ce_cli.errors import StorageError, UsageError
from ce_cli.outputs.files import replacing
from ce_cli.results.document import strict_row
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pyarrow as pa

Write = Callable[["pa.Table"], None]


@contextlib.contextmanager
def row_writer(path: str) -> Iterator[Write]:
    """Open `path` for tables of rows, all of one schema; ``-`` is CSV on standard output.

    Raises
    ------
    UsageError
        The name does not end in the name of a format.
    StorageError
        The file cannot be written.
    """
    opened = _opener(path)
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


def _opener(path: str) -> Callable[[IO[bytes], pa.Schema], Any]:
    suffix = ".csv" if path == "-" else Path(path).suffix.lower()
    openers = {
        ".csv": _csv,
        ".jsonl": _JsonLines,
        ".ndjson": _JsonLines,
        ".parquet": _parquet,
        ".pq": _parquet,
    }
    if suffix not in openers:
        raise UsageError(
            f"--per-row {quoted(path)}: the name must end in .csv, .jsonl or .parquet, or be -."
        )
    return openers[suffix]


def _csv(file: IO[bytes], schema: pa.Schema) -> Any:
    from pyarrow import csv

    return csv.CSVWriter(file, schema, write_options=csv.WriteOptions(quoting_style="needed"))


def _parquet(file: IO[bytes], schema: pa.Schema) -> Any:
    from pyarrow.parquet import ParquetWriter

    return ParquetWriter(file, schema)


class _JsonLines:
    """A strict JSON object on each line; an infinite loss is null."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self._file = file

    def __enter__(self) -> _JsonLines:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.flush()

    def write_table(self, table: pa.Table) -> None:
        for line in table.to_pylist():
            text = json.dumps(strict_row(line), ensure_ascii=False)
            self._file.write(text.encode() + b"\n")
