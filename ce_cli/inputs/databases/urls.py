"""URLs of databases: ``sqlite:///runs.db?query=select …``."""

from __future__ import annotations

from ce_cli.record import Record

_SCHEMES = {
    *("sqlite", "duckdb", "postgresql", "postgres", "mysql", "mariadb", "mssql", "oracle"),
    *("snowflake", "bigquery", "redshift", "trino", "presto", "clickhouse", "databricks"),
    *("cockroachdb", "hive", "impala", "teradata", "teradatasql", "awsathena"),
}


class DatabaseUrl(Record):
    """A database, and what to read from it.

    Attributes
    ----------
    scheme : str
        The kind of database, without the driver.
    url : str
        The database, as SQLAlchemy takes it.
    query, table : str or None
        What to read, if the URL contains it.
    """

    scheme: str
    url: str
    query: str | None = None
    table: str | None = None

    @property
    def file(self) -> str:
        """The path of a database that is a file: absolute after four slashes."""
        from urllib.parse import unquote

        return unquote(self.url.partition("://")[2].partition("?")[0].removeprefix("/"))


def is_database(path: str) -> bool:
    """Whether a path is the URL of a database."""
    scheme, mark, _ = path.partition("://")
    return bool(mark) and scheme.partition("+")[0].lower() in _SCHEMES


def parsed(path: str) -> DatabaseUrl:
    """Take a URL apart; ``query=`` or ``table=`` and all that follows is what to read."""
    scheme = path.partition("://")[0].partition("+")[0].lower()
    import re

    found = re.search(r"[?&](query|table)=", path)
    if found is None:
        return DatabaseUrl(scheme, path)
    text = path[found.end() :]
    return DatabaseUrl(scheme, path[: found.start()], **{found[1]: _plain(text)})


def _plain(text: str) -> str:
    """As typed, or without the percent signs of a URL: only one that is encoded lacks blanks."""
    from urllib.parse import unquote_plus

    return text if len(text.split()) > 1 else unquote_plus(text)
