"""DuckDB databases, through the package duckdb: read-only, in Arrow record batches."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ce_cli.errors import CeError, DataError, StorageError, UsageError
from ce_cli.inputs.arrow.ipc import StreamSource
from ce_cli.inputs.arrow.types import names_in_file
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.databases.chosen import double_quoted, query_for
from ce_cli.inputs.extras import needed
from ce_cli.inputs.rephrased import Rephrased
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.text import display_name, sanitize

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 16  # of a record batch
_TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_catalog = current_database() "
    "AND table_schema = current_schema() AND table_type {} 'VIEW' ORDER BY ALL"
)


def open_duckdb(path: str, raw: io.BufferedReader, reading: Reading) -> StreamSource:
    """Open a database; anything but a local file is spooled to disk first."""
    where, spool = on_disk(path, raw, ".duckdb", local=True)
    return batches_of(path, where, reading.query, reading.table, spool)


def batches_of(
    name: str, where: str, query: str | None, table: str | None, spool: object = None
) -> StreamSource:
    """The rows of a query, or of a table.

    Raises
    ------
    StorageError
        The database cannot be opened.
    UsageError
        The query is wrong, or there is no such table.
    DataError
        The package is not installed, or the database is broken or has several tables.
    """
    shown = display_name(name)
    duckdb = needed("duckdb", "sql", f"{shown}: is a DuckDB database")
    with storage_errors(name):
        if not Path(where).is_file():
            raise FileNotFoundError
    with _duckdb_errors(shown):
        connection = duckdb.connect(where, read_only=True, config=_CLOSED)
        known = lambda: _tables(connection)  # noqa: E731 - a name for what is called at most once
        sql = query_for(shown, query, table, known, double_quoted)
        rows = connection.sql(sql)
        if rows is None:
            raise UsageError(f"{shown}: the query returns no rows; it has to be a SELECT.")
        read = getattr(rows, "to_arrow_reader", None) or rows.fetch_arrow_reader
        reader = read(_ROWS)
    return _QuerySource(shown, reader, (connection, spool))


_CLOSED = dict.fromkeys(
    ("enable_external_access", "autoinstall_known_extensions", "autoload_known_extensions"), "false"
)


def _tables(connection: Any) -> list[str]:
    for sign in ("<>", "="):
        if found := [name for (name,) in connection.execute(_TABLES.format(sign)).fetchall()]:
            return found
    return []


class _QuerySource(StreamSource):
    """The result of a query."""

    format = "DuckDB"

    def __init__(self, name: str, reader: pa.RecordBatchReader, kept: object) -> None:
        self.name = name
        self._reader = reader
        self._kept = kept
        self._is_file = False
        self._in_file = names_in_file(reader.schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while True:
            with _duckdb_errors(self.name):
                try:
                    batch = self._reader.read_next_batch()
                except StopIteration:
                    return
            yield batch


class _duckdb_errors(Rephrased):  # noqa: N801 - reads as a phrase: with _duckdb_errors(name)
    """Turn errors of DuckDB into sentences."""

    def _rephrased(self, error: BaseException) -> CeError | None:
        package = type(error).__module__.partition(".")[0]
        if package not in ("duckdb", "_duckdb", "pyarrow") and not isinstance(error, OSError):
            return None  # Arrow raises what a query runs into as an OSError
        kind, text = type(error).__name__, " ".join(str(error).split("LINE 1")[0].split())
        reason = sanitize(text, 200).rstrip(".!")
        broken = "not a valid DuckDB" in text or "Could not read enough bytes" in text
        if kind in ("IOException", "ConnectionException") and not broken:
            return StorageError(f"{self._name}: could not be read: {reason}.")
        if kind in ("ParserException", "CatalogException", "BinderException", "SyntaxException"):
            return UsageError(f"{self._name}: the query failed: {reason}.")
        if kind == "InvalidInputException" and "read-only" in text:
            return UsageError(
                f"{self._name}: ce only reads databases; the query has to be a SELECT."
            )
        return DataError(f"{self._name}: could not be read: {reason}.")
