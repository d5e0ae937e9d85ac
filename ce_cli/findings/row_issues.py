"""What happened to the rows: how many were scored, and what was found, in file order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.record import Value

EXAMPLES = 5
KINDS = 200  # more kinds of findings than anyone reads are not kept


class Finding(Value):
    """One kind of trouble in one column, with its first rows.

    Attributes
    ----------
    code : str
        What is wrong; `ce_cli.findings.messages` has the sentence.
    column : str
        Where, or nothing if it is the whole row; for ``label``, which label it is.
    count : int
        How many rows.
    rows : tuple of int
        The first few of them, from 0.
    values : tuple of str
        What stands there.
    worst : (float, int, str) or None
        How bad the worst one is, its row, and what stands there.
    """

    code: str
    column: str
    count: int
    rows: tuple[int, ...]
    values: tuple[str, ...] = ()
    worst: tuple[float, int, str] | None = None

    @classmethod
    def of(
        cls,
        code: str,
        column: str,
        rows: Sequence[int] | NDArray[np.integer],
        values: Iterable[str] = (),
        worst: tuple[float, int, str] | None = None,
    ) -> Self:
        """Keep the first few rows of all that were found."""
        first = tuple(int(row) for row in rows[:EXAMPLES])
        shown = tuple(value for value, _ in zip(values, first, strict=False))
        return cls(code, column, len(rows), first, shown, worst)

    def merge(self, later: Self) -> Self:
        """Join what was found further down."""
        worst = max(
            (self.worst, later.worst),
            key=lambda one: (-1.0, 0) if one is None else (one[0], -one[1]),
        )
        return self.replace(
            count=self.count + later.count,
            rows=(self.rows + later.rows)[:EXAMPLES],
            values=(self.values + later.values)[:EXAMPLES],
            worst=worst,
        )

    def shifted(self, rows: int) -> Self:
        """The same, with `rows` rows before it."""
        worst = self.worst and (self.worst[0], self.worst[1] + rows, self.worst[2])
        return self.replace(rows=tuple(row + rows for row in self.rows), worst=worst)


class Ledger(Value):
    """Counts of rows, and findings by code and column; a monoid in file order."""

    read: int
    scored: int
    skipped: int
    ignored: int
    findings: dict[tuple[str, str], Finding]

    @classmethod
    def of(
        cls,
        findings: Iterable[Finding] = (),
        read: int = 0,
        scored: int = 0,
        skipped: int = 0,
        ignored: int = 0,
    ) -> Self:
        """Collect findings, the later of a kind joining the earlier."""
        collected: dict[tuple[str, str], Finding] = {}
        for finding in findings:
            key = (finding.code, finding.column)
            known = collected.get(key)
            if known is None and len(collected) >= KINDS:
                continue
            collected[key] = known.merge(finding) if known else finding
        return cls(read, scored, skipped, ignored, collected)

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`; associative, not commutative."""
        shifted = (finding.shifted(self.read) for finding in later.findings.values())
        return self.of(
            (*self.findings.values(), *shifted),
            self.read + later.read,
            self.scored + later.scored,
            self.skipped + later.skipped,
            self.ignored + later.ignored,
        )

    def count(self, code: str) -> int:
        """How many rows a kind of finding concerns."""
        return sum(finding.count for finding in self.findings.values() if finding.code == code)

    def named(self, code: str) -> list[Finding]:
        """The findings of a kind, in the order in which they first occurred."""
        return [finding for finding in self.findings.values() if finding.code == code]

    @property
    def labels(self) -> list[str]:
        """The labels that occurred, where the classes are not known beforehand."""
        return [finding.column for finding in self.named("label")]
