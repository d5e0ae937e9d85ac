"""What to read from a database: the query, the table, or the only table that there is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ce_cli.errors import DataError, UsageError
from ce_cli.text import closest, quoted, quoted_list, shell_word


def query_for(
    name: str,
    query: str | None,
    table: str | None,
    tables: Callable[[], Sequence[str]],
    quote: Callable[[str], str],
) -> str:
    """The query that reads the rows.

    Parameters
    ----------
    name : str
        The database, for messages.
    query, table : str or None
        The choice of the user.
    tables : callable
        Lists the tables, or the views where there are only views.
    quote : callable
        Quotes the name of a table for SQL.

    Raises
    ------
    UsageError
        There is no table of that name.
    DataError
        Nothing is chosen, and there is no table, or there are several.
    """
    if query is not None:
        return query
    return f"SELECT * FROM {quote(table_for(name, table, tables(), 'table'))}"


def table_for(
    name: str, table: str | None, known: Sequence[str], noun: str, example: str | None = None
) -> str:
    """The table or the sheet to read: the one that was chosen, or the only one.

    The message about several names `example`, or else the first of them.
    """
    if table is not None:
        if table in known:
            return table
        near = closest(table, known)
        raise UsageError(
            f"{name}: has no {noun} {quoted(table)}{near}; it has {quoted_list(known) or 'none'}."
        )
    if not known:
        raise DataError(f"{name}: has no {noun}.")
    if len(known) > 1:
        raise DataError(
            f"{name}: has {len(known):,} {noun}s, {quoted_list(known)}; choose one, for example "
            f"with --table {shell_word(known[0] if example is None else example)}."
        )
    return known[0]


def double_quoted(name: str) -> str:
    """A name in the quotes of standard SQL."""
    return '"' + name.replace('"', '""') + '"'
