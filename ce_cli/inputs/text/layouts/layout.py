"""The layout of a text table that is not plain CSV, and its records as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from ce_cli.record import Record

Rows = Sequence[Sequence[str]]


class Layout(Record):
    """How to read a text table as plain delimited text.

    Attributes
    ----------
    form : str
        What the table is, in words; empty if it is merely delimited text.
    delimiter : str
        The delimiter of `header` and of the records that `rewrite` returns.
    consumed : int
        The bytes at the beginning that `header` replaces.
    header : bytes
        Records, the first of which names the columns.
    rewrite : callable or None
        Turns whole lines after the header into records of plain delimited text.
    whole_records : bool
        Whether `rewrite` needs whole records, which quotes may spread over several lines.
    note : str
        The decision that users should know about, as a clause without the name of the file.
    """

    form: str
    delimiter: str
    consumed: int = 0
    header: bytes = b""
    rewrite: Callable[[bytes], bytes] | None = None
    whole_records: bool = False
    note: str = ""


def as_csv(rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    """Rows of cells as delimited text."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def lines_of(head: bytes) -> list[bytes]:
    """The lines of some bytes, with their ends."""
    return head.splitlines(keepends=True)


def is_number(cell: str) -> bool:
    """Whether a cell is a number, perhaps with a decimal comma."""
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def are_names(cells: Sequence[str]) -> bool:
    """Whether these cells may name columns: each has a text, and few of them are numbers."""
    filled = all(cell.strip() for cell in cells)
    return filled and 2 * sum(map(is_number, cells)) < len(cells)
