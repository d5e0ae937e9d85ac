"""The file and number of a row, and how messages refer to rows."""

from __future__ import annotations

from bisect import bisect_right
from typing import Self

from ce_cli.findings.row_issues import RowIssue
from ce_cli.record import Record
from ce_cli.text import display_name, files_title, plural


class RowLocations(Record):
    """The file and number of each row of the data set.

    Attributes
    ----------
    names : tuple of str
        Names of the files.
    starts : tuple of int
        Number of rows before each file, for the files begun so far.
    """

    names: tuple[str, ...]
    starts: tuple[int, ...] = ()

    def begun(self, part: int, rows: int) -> Self:
        """The same once file number `part`, from 0, is begun, with `rows` rows before it."""
        missing = part + 1 - len(self.starts)
        if missing <= 0:
            return self
        return self.replace(starts=(*self.starts, *([rows] * missing)))

    def ended(self, rows: int) -> Self:
        """The same once all files are read, which have `rows` rows."""
        return self.begun(len(self.names) - 1, rows)

    def of(self, row: int) -> tuple[str, int]:
        """File and 1-based row in it, for a row of the data set counted from 0."""
        part = max(bisect_right(self.starts, row) - 1, 0)
        return self.names[part], row - self.starts[part] + 1

    @property
    def title(self) -> str:
        """The first file, and how many more there are."""
        return files_title(self.names)

    def first(self, issue: RowIssue) -> str:
        """``preds.csv: row 17``, the first row of an issue."""
        return self.describe(issue.rows[0])

    def describe(self, row: int) -> str:
        """``preds.csv: row 17``, for a row of the data set counted from 0."""
        name, number = self.of(row)
        return f"{display_name(name)}: row {number:,}"

    def others(self, issue: RowIssue) -> str:
        """`` (and 4 more rows: 18, 19, 7 of b.csv, …)``, or nothing if there is only one."""
        more = issue.count - 1
        if not more:
            return ""
        first, places = self.of(issue.rows[0])[0], map(self.of, issue.rows[1:])
        rows = ", ".join(
            f"{number:,}" if name == first else f"{number:,} of {display_name(name)}"
            for name, number in places
        )
        tail = ", …" if issue.count > len(issue.rows) else ""
        return f" (and {plural(more, 'more row')}: {rows}{tail})"

    def worst(self, issue: RowIssue) -> str:
        """``; the worst is row 17 with 1.2``, or nothing if the worst row is unknown."""
        if issue.worst is None:
            return ""
        _, row, value = issue.worst
        name, number = self.of(row)
        inside = f" of {display_name(name)}" if len(self.names) > 1 else ""
        which = "it is" if issue.count == 1 else "the worst is"
        return f"; {which} row {number:,}{inside} with {value}"


class UnnumberedRows(RowLocations):
    """The rows of a table that is spread over machines, in no order: their numbers mean nothing."""

    def describe(self, row: int) -> str:
        """``DataFrame: a row``."""
        return f"{self.title}: a row"

    def others(self, issue: RowIssue) -> str:
        """`` (and 4 more rows)``, or nothing if there is only one."""
        more = issue.count - 1
        return f" (and {plural(more, 'more row')})" if more else ""

    def worst(self, issue: RowIssue) -> str:
        """``; the worst has 1.2``, or nothing if the worst row is unknown."""
        return "" if issue.worst is None else f"; the worst has {issue.worst[2]}"
