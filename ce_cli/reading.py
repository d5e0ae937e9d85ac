"""How bytes become rows: every decision that only changes whether a file can be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.record import Record
from ce_cli.text import quoted


class Reading(Record):
    """How bytes become rows: nothing here changes a number, only whether a file can be read.

    Attributes
    ----------
    delimiter : str or None
        Between fields of text files; None is found from the first lines.
    encoding : str
        Of text files.
    threads : int
        How many blocks are worked on at once.
    block_bytes : int
        Size of a block of text.
    decimal : str
        What stands before the fraction of a number in text, a point or a comma.
    header : bool
        Whether the first record of text names the columns; if not, they are counted from 1.
    names_columns : callable or None
        Tells of the fields of a first record whether they are names all the same.
    comment : str or None
        Lines of text that begin with this character are left out.
    input_format : str or None
        A name of the registry; None is found from the first bytes.
    """

    delimiter: str | None = None
    encoding: str = "utf-8"
    threads: int = 1
    block_bytes: int = 4 << 20
    decimal: str = "."
    header: bool = True
    names_columns: Callable[[Sequence[str]], bool] | None = None
    comment: str | None = None
    input_format: str | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """How options of the command line, a file or Python say that bytes become rows."""
        typed = options.get("delimiter")
        return cls(
            delimiter=None if typed is None else values.delimiter(typed),
            encoding=options.get("encoding") or "utf-8",
            threads=values.thread_count(options.get("threads")),
            decimal=options.get("decimal") or ".",
            header=not options.get("no_header"),
            comment=options.get("comment"),
            input_format=options.get("input_format"),
        )

    def check(self) -> None:
        """Refuse what is out of range."""
        given = self.delimiter
        if given is not None and (len(given) != 1 or not given.isascii() or given in '"\r\n\0'):
            raise UsageError("--delimiter takes one character, for example ';' or '\\t'.")
        if self.threads < 1:
            raise UsageError(f"--threads {self.threads} is not 1 or more.")
        if self.block_bytes < 1:
            raise UsageError("The block size is not 1 or more.")
        if self.decimal not in (".", ","):
            raise UsageError(f"--decimal {quoted(self.decimal)} is neither '.' nor ','.")
        self._check_comment()

    def _check_comment(self) -> None:
        given = self.comment
        if given is None:
            return
        if len(given) != 1 or not given.isascii() or given.isalnum() or given in '"\r\n\0 -+.':
            raise UsageError(
                "--comment takes one character that no row of data begins with, for example '#'."
            )
        if given == self.delimiter:
            raise UsageError(f"{quoted(given)} cannot be both --comment and --delimiter.")
