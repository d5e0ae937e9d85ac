"""How files are read: every decision that changes only whether a file can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from ce_cli.errors import UsageError
from ce_cli.memory.limit import typed_bytes
from ce_cli.options import values
from ce_cli.options.data import DataOptions
from ce_cli.options.option import options_of
from ce_cli.record import Record
from ce_cli.text import quoted

_MOST_THREADS = 4096


class Span:
    """The part of a file that one task reads, and where its rows turned out to begin and to end.

    A format whose files can be divided sets `is_divided` when it opens one, and `begin` and `end`
    when it reads the rows. Text that is read so begins after the first line end at or after
    `start`, and ends with the first record that ends at or after `stop`.

    Parameters
    ----------
    start, stop : int or None
        Bytes of the file; None is its end.
    exact : int or None
        Where the first record begins, if that is known.
    """

    def __init__(self, start: int = 0, stop: int | None = None, exact: int | None = None) -> None:
        self.start, self.stop, self.exact = start, stop, exact
        self.is_divided = False
        self.begin: int | None = None
        self.end: int | None = None

    def holds(self, place: int) -> bool:
        """Whether it holds a byte, or what is as good as one before the first."""
        after_start = not self.start or self.start <= place
        return after_start and (self.stop is None or place < self.stop)


class Reading(Record):
    """How files are read; nothing here changes a number, only whether a file can be read.

    Attributes
    ----------
    delimiter : str or None
        The character between fields of text files; if None, found from the first lines.
    encoding : str
        The encoding of text files.
    threads : int
        How many blocks are processed at once.
    block_bytes : int
        The size of a block of text.
    decimal : str
        The decimal mark of numbers in text, a point or a comma.
    header : bool
        Whether the first record of text names the columns; if not, they are numbered from 1.
    names_columns : callable or None
        Decides from the fields of a first record whether it names the columns after all.
    is_value : callable or None
        Decides from the only field of a first record, and from those after it, whether it is a
        value after all.
    comment : str or None
        Lines of text that begin with this character are left out.
    input_format : str or None
        A name of the registry; if None, found from the first bytes.
    query : str or None
        What to read from databases.
    table : str or None
        The table, sheet or file to read from what holds several.
    max_memory : int or None
        The bytes of memory that may be used; if None, as many as the machine leaves.
    span : Span or None
        The part of a file to read; if None, all of it.
    rows : (int, int) or None
        The number of the first row to read, from 0, and of the one after the last, of a file that
        says how many it has; if None, all of them.
    """

    delimiter: str | None = None
    encoding: str = "utf-8"
    threads: int = 1
    block_bytes: int = 4 << 20
    decimal: str = "."
    header: bool = True
    names_columns: Callable[[Sequence[str]], bool] | None = None
    is_value: Callable[[str, Sequence[str]], bool] | None = None
    comment: str | None = None
    input_format: str | None = None
    query: str | None = None
    table: str | None = None
    max_memory: int | None = None
    span: Span | None = None
    rows: tuple[int, int] | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The decisions made by options of the command line, a configuration file or Python."""
        delimiter, max_memory = options.get("delimiter"), options.get("max_memory")
        return cls(
            delimiter=None if delimiter is None else values.delimiter(delimiter),
            encoding=_or_default(options, "encoding"),
            threads=values.thread_count(options.get("threads")),
            decimal=_or_default(options, "decimal"),
            header=not options.get("no_header"),
            comment=options.get("comment"),
            input_format=options.get("input_format"),
            query=options.get("query"),
            table=options.get("table"),
            max_memory=None if max_memory is None else typed_bytes(max_memory),
        )

    def check(self) -> None:
        """Raise if a value is out of range."""
        mark = self.delimiter
        if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in '"\r\n\0'):
            raise UsageError("--delimiter must be one character, for example ';' or '\\t'.")
        if not 1 <= self.threads <= _MOST_THREADS:
            raise UsageError(f"--threads must be from 1 to {_MOST_THREADS:,}.")
        if self.block_bytes < 1:
            raise UsageError(f"The block size must be 1 or more, not {self.block_bytes}.")
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal must be '.' or ',', not {quoted(self.decimal)}.")
        if self.query is not None and self.table is not None:
            raise UsageError("A query names the tables that it reads, so leave out --table.")
        self._check_comment()

    def _check_comment(self) -> None:
        mark = self.comment
        if mark is None:
            return
        if len(mark) != 1 or not mark.isascii() or mark.isalnum() or mark in '"\r\n\0 -+.':
            raise UsageError(
                "--comment must be one character that no row of data begins with, for example '#'."
            )
        if mark == self.delimiter:
            raise UsageError(f"{quoted(mark)} cannot be both --comment and --delimiter.")


def _or_default(options: Mapping[str, Any], name: str) -> Any:
    value = options.get(name)
    return options_of(DataOptions)[name].default if value is None else value
