"""SQLite databases, by the standard library: read-only, and row by row."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from ce_cli.errors import CeError, DataError, StorageError, UsageError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.databases.chosen import double_quoted, query_for
from ce_cli.inputs.databases.rows import Rows, RowsSource
from ce_cli.inputs.rephrased import Rephrased
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.text import closest, display_name, quoted_list, sanitize

_TABLES = "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"


def open_sqlite(path: str, raw: io.BufferedReader, reading: Reading) -> RowsSource:
    """Open a database; anything but a local file is spooled to disk first."""
    where, spool = on_disk(path, raw, ".sqlite", local=True)
    return rows_of(path, where, reading.query, reading.table, reading, spool)


def rows_of(
    name: str,
    where: str,
    query: str | None,
    table: str | None,
    reading: Reading,
    spool: object = None,
) -> RowsSource:
    """The rows of a query, or of a table.

    Parameters
    ----------
    name : str
        The path or URL, for messages.
    where : str
        The file.
    query, table : str or None
        What to read; if both are None, the only table.
    reading : Reading
        How files are read.
    spool : object
        Kept with the rows, since a spooled file is deleted with it.

    Raises
    ------
    StorageError
        The database cannot be opened.
    UsageError
        The query is wrong, or there is no such table.
    DataError
        The database is broken, or has several tables.
    """
    shown = display_name(name)
    with storage_errors(name):
        if not Path(where).is_file():
            raise FileNotFoundError
        is_complete = _writes_ahead(where) and not Path(f"{where}-wal").exists()
    errors = _SqliteErrors(shown, where)
    with errors:
        connection = _connected(where, is_complete)
        sql = query_for(shown, query, table, lambda: tables_of(connection), double_quoted)
        cursor = connection.execute(sql)
        if cursor.description is None:
            raise UsageError(f"{shown}: the query returns no rows; it has to be a SELECT.")
    return RowsSource(name, "SQLite", _rows(cursor, connection, spool), errors, reading)


def tables_of(connection: sqlite3.Connection) -> list[str]:
    """The tables, or the views if there are only views."""
    for kind in ("table", "view"):
        if found := [name for (name,) in connection.execute(_TABLES, (kind,))]:
            return found
    return []


def _connected(where: str, is_complete: bool) -> sqlite3.Connection:
    uri = f"{Path(where).absolute().as_uri()}?mode=ro"
    if is_complete:
        uri += "&immutable=1"  # or SQLite makes files beside it even to read
    connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
    connection.text_factory = lambda data: data.decode(errors="backslashreplace")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)  # a query could write to another database
    return connection


def _writes_ahead(where: str) -> bool:
    """Whether the database keeps its last changes in a file beside it."""
    with open(where, "rb") as file:  # noqa: PTH123
        return 2 in file.read(20)[18:]


def _rows(cursor: sqlite3.Cursor, *kept: object) -> Rows:
    yield [name for name, *_ in cursor.description]
    yield from cursor


class _SqliteErrors(Rephrased):
    """Turn errors of SQLite into sentences."""

    def __init__(self, name: str, where: str) -> None:
        super().__init__(name)
        self._where = where

    def _rephrased(self, error: BaseException) -> CeError | None:
        if isinstance(error, UnicodeDecodeError):  # of an error about a name
            return DataError(f"{self._name}: is not a sound SQLite database: a name is not UTF-8.")
        if not isinstance(error, sqlite3.Error | sqlite3.Warning):
            return None
        reason = str(error)
        shown = sanitize(reason, 160).rstrip(".")
        if reason.startswith(("unable to open", "database is locked", "disk I/O")):
            return StorageError(f"{self._name}: could not be read: {shown}.")
        if "malformed" in reason or "not a database" in reason:
            return DataError(f"{self._name}: is truncated or not a SQLite database ({shown}).")
        if "readonly" in reason:
            return UsageError(
                f"{self._name}: ce only reads databases; the query has to be a SELECT."
            )
        return UsageError(f"{self._name}: the query failed: {shown}{self._near(reason)}.")

    def _near(self, reason: str) -> str:
        """The closest table to one that does not exist, and all of them."""
        known: Sequence[str] = ()
        if reason.startswith("no such table: "):
            known = tables_of(_connected(self._where, is_complete=False))
        near = closest(reason.rpartition(": ")[2], known)
        return f"{near}; the tables are {quoted_list(known)}" if known else ""
