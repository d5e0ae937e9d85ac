"""Databases by URL: SQLite and DuckDB files, and all others through SQLAlchemy."""

from __future__ import annotations

from typing import Any

from ce_cli.errors import CeError, StorageError, UsageError
from ce_cli.inputs.databases.chosen import query_for
from ce_cli.inputs.databases.rows import Rows, RowsSource
from ce_cli.inputs.databases.urls import DatabaseUrl, parsed
from ce_cli.inputs.extras import needed
from ce_cli.inputs.source import Source
from ce_cli.reading import Reading
from ce_cli.text import display_name, sanitize, without_secrets_of

_ROWS = 4096  # fetched at once


def open_database(path: str, reading: Reading) -> Source:
    """Open the database of a URL.

    Raises
    ------
    StorageError
        It cannot be reached, or its driver is not installed.
    UsageError
        The query is wrong, or there is no such table.
    DataError
        The package that reads it is not installed, or nothing is chosen of several tables.
    """
    url = parsed(path)
    query, table = reading.query or url.query, reading.table or url.table
    if url.query is not None:
        table = url.table
    if url.scheme == "sqlite" and "+" not in url.url.partition("://")[0]:
        from ce_cli.inputs.databases.sqlite import rows_of

        return rows_of(path, url.file, query, table, reading)
    if url.scheme == "duckdb":
        from ce_cli.inputs.databases.duckdb import batches_of

        return batches_of(path, url.file, query, table)
    return _by_sqlalchemy(path, url, query, table, reading)


def _by_sqlalchemy(
    path: str, url: DatabaseUrl, query: str | None, table: str | None, reading: Reading
) -> RowsSource:
    name = display_name(url.url)
    sqlalchemy = needed("sqlalchemy", "sql", f"{name}: is a database")
    errors = _SqlErrors(name, url.url)
    with errors:
        engine = sqlalchemy.create_engine(url.url.replace("postgres://", "postgresql://", 1))
        connection = engine.connect().execution_options(
            stream_results=True,
            no_parameters=True,  # a percent sign in the query is one
            postgresql_readonly=engine.dialect.name == "postgresql",
        )
        sql = query_for(
            name,
            query,
            table,
            lambda: sqlalchemy.inspect(connection).get_table_names(),
            engine.dialect.identifier_preparer.quote,
        )
        cursor = connection.exec_driver_sql(sql)
        if not cursor.returns_rows:
            connection.rollback()
            raise UsageError(f"{name}: the query returns no rows; it has to be a SELECT.")
    return RowsSource(path, engine.dialect.name, _rows(cursor, connection), errors, reading)


def _rows(cursor: Any, connection: Any) -> Rows:
    """The names and the rows; whatever the query did is never committed."""
    try:
        yield [*cursor.keys()]
        for rows in cursor.yield_per(_ROWS).partitions():
            yield from rows
    finally:
        connection.close()


class _SqlErrors:
    """Turn errors of SQLAlchemy and of drivers into sentences without passwords."""

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is None or isinstance(error, CeError) or not isinstance(error, Exception):
            return
        raise self._sentence(error) from None

    def _sentence(self, error: Exception) -> CeError:
        if isinstance(error, ImportError):
            return StorageError(
                f"{self._name}: its driver is not installed ({sanitize(str(error), 120)})."
            )
        text = without_secrets_of(self._url, str(getattr(error, "orig", None) or error))
        reason = sanitize(text.split("\n")[0], 200)
        reached = type(error).__name__ in ("ProgrammingError", "CompileError")
        if reached or "syntax" in text or "no such" in text:
            return UsageError(f"{self._name}: the query failed: {reason.rstrip('.')}.")
        return StorageError(f"{self._name}: could not be read: {reason.rstrip('.')}.")
