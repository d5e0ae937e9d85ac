"""Issues of rows, and counts of rows read, scored and left out, in file order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.bad_numbers import BadNumbers
from ce_cli.record import Record

EXAMPLES = 5
ABOVE_ZERO = "clipped-above-zero"  # the issue of clipped rows that would be finite unclipped
KINDS = 200  # further kinds of issues are dropped: nobody reads so many


class RowIssue(Record):
    """One kind of issue in one column, with its first rows.

    Attributes
    ----------
    code : str
        The kind; `ce_cli.findings.messages` has its sentence.
    column : str
        The column, empty if the whole row is meant; for ``label``, the label.
    count : int
        Number of rows.
    rows : tuple of int
        The first few of them, counted from 0.
    values : tuple of str
        Their values.
    worst : (float, int, str) or None
        The deviation of the worst row, its number, and its value.
    distinct : tuple of str
        The first few distinct values; empty if they are not collected.
    numbers : BadNumbers or None
        What the rows have in common, for numbers out of range.
    """

    code: str
    column: str
    count: int
    rows: tuple[int, ...]
    values: tuple[str, ...] = ()
    worst: tuple[float, int, str] | None = None
    distinct: tuple[str, ...] = ()
    numbers: BadNumbers | None = None

    @classmethod
    def of(
        cls,
        code: str,
        column: str,
        rows: Sequence[int] | NDArray[np.integer],
        values: Iterable[str] = (),
        worst: tuple[float, int, str] | None = None,
        distinct: Sequence[str] = (),
        numbers: BadNumbers | None = None,
    ) -> Self:
        """Keep the first few of all `rows`."""
        first = tuple(int(row) for row in rows[:EXAMPLES])
        shown = tuple(value for value, _ in zip(values, first, strict=False))
        few = tuple(distinct[:EXAMPLES])
        return cls(code, column, len(rows), first, shown, worst, few, numbers)

    def merge(self, later: Self) -> Self:
        """Merge with the same kind of issue in later rows."""
        worst = max(
            (self.worst, later.worst),
            key=lambda one: (-1.0, 0) if one is None else (one[0], -one[1]),
        )
        return type(self)(
            self.code,
            self.column,
            self.count + later.count,
            (self.rows + later.rows)[:EXAMPLES],
            (self.values + later.values)[:EXAMPLES],
            worst,
            tuple(dict.fromkeys(self.distinct + later.distinct))[:EXAMPLES],
            self.numbers.merge(later.numbers)
            if self.numbers is not None and later.numbers is not None
            else self.numbers or later.numbers,
        )

    def shifted(self, rows: int) -> Self:
        """The same issue after `rows` preceding rows."""
        worst = self.worst and (self.worst[0], self.worst[1] + rows, self.worst[2])
        return self.replace(rows=tuple(row + rows for row in self.rows), worst=worst)


class RowIssues(Record):
    """Counts of rows, and issues by code and column; a monoid in file order.

    Attributes
    ----------
    read, scored, skipped, ignored : int
        How many rows were read, and what was done with them.
    by_kind : dict of RowIssue
        By code and column.
    weightless : int
        How many of the scored rows have a weight of 0.
    """

    read: int
    scored: int
    skipped: int
    ignored: int
    by_kind: dict[tuple[str, str], RowIssue]
    weightless: int = 0

    @property
    def observed(self) -> int:
        """How many of the scored rows are observations: those with a weight above 0."""
        return self.scored - self.weightless

    @classmethod
    def of(
        cls,
        issues: Iterable[RowIssue] = (),
        read: int = 0,
        scored: int = 0,
        skipped: int = 0,
        ignored: int = 0,
        weightless: int = 0,
    ) -> Self:
        """Collect issues; later ones are merged into earlier ones of the same kind."""
        collected: dict[tuple[str, str], RowIssue] = {}
        for issue in issues:
            key = (issue.code, issue.column)
            known = collected.get(key)
            if known is None and len(collected) >= KINDS:
                continue
            collected[key] = known.merge(issue) if known else issue
        return cls(read, scored, skipped, ignored, collected, weightless)

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`; associative, not commutative."""
        shifted = (issue.shifted(self.read) for issue in later.by_kind.values())
        return self.of(
            (*self.by_kind.values(), *shifted),
            self.read + later.read,
            self.scored + later.scored,
            self.skipped + later.skipped,
            self.ignored + later.ignored,
            self.weightless + later.weightless,
        )

    @property
    def hide_the_rest(self) -> bool:
        """Whether nothing after these rows in their file can be told apart.

        A quote that is not closed may end anywhere, so how far it seems to reach depends on how
        the file is split. What is found after it is not merged.
        """
        return ("open-quote", "") in self.by_kind

    def count(self, code: str) -> int:
        """How many rows have an issue of this kind."""
        return sum(issue.count for issue in self.by_kind.values() if issue.code == code)

    def named(self, code: str) -> list[RowIssue]:
        """The issues of this kind, in the order in which they first occurred."""
        return [issue for issue in self.by_kind.values() if issue.code == code]

    @property
    def numbers(self) -> BadNumbers | None:
        """What rows with numbers out of range have in common, if there are such rows."""
        known = self.named("out-of-range")
        return known[0].numbers if known else None

    @property
    def labels(self) -> list[str]:
        """The labels that occurred, where the classes are not known beforehand."""
        return [issue.column for issue in self.named("label")]
