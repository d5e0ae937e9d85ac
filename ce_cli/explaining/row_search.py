"""Which row is wanted, and what every split says of it: all rows are scored, one is found."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.columns import tokens
from ce_cli.binding.rows import bound_rows
from ce_cli.errors import UsageError
from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.source import Frame, Split
from ce_cli.record import Record
from ce_cli.scoring.reduce import ScoreSplit, SplitResult

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_NO_ROWS = np.zeros(0, np.int64)
_NO_LOSSES = np.zeros(0, np.float64)


class RowSelector(Record):
    """The row to explain: that of a number from 1, or of an id, or else the one that costs most."""

    row: int | None = None
    called: str | None = None

    def check(self) -> None:
        """Refuse what no row can be."""
        if self.row is not None and self.row < 1:
            raise UsageError(f"--row {self.row}: rows are counted from 1.")


def row_selector(row: int | None, called: str | None, ids: str | None) -> RowSelector:
    """Which row is asked for; `ids` is the column that says what rows are called.

    Raises
    ------
    UsageError
        That is said twice, or not in full.
    """
    if row is not None and called is not None:
        raise UsageError("Choose the row with --row or with --of, not with both.")
    if called is not None and ids is None:
        raise UsageError("--of names a row by its id: say which column has the ids, with --id COL.")
    return RowSelector(row, called)


class SearchedRows(Record):
    """The rows of one split, scored.

    Attributes
    ----------
    part : int
        Which file they are of.
    split : Split
        To be read again if the wanted row is among them.
    outcome : SplitResult
        What they come to.
    rows : ndarray of int, shape (n,)
        Numbers of the scored rows in the split, from 0.
    losses : ndarray, shape (n,)
        In nats.
    called : tuple of int
        Rows, scored or not, that have the id.
    """

    part: int
    split: Split
    outcome: SplitResult
    rows: Rows
    losses: Floats
    called: tuple[int, ...]


class SearchSplit(Record):
    """What is done to every split; picklable."""

    work: ScoreSplit
    called: str | None

    def __call__(self, task: tuple[int, Split]) -> SearchedRows:
        """Score one split of part ``task[0]``."""
        part, split = task
        total = self.work.empty()
        rows, losses, called = [_NO_ROWS], [_NO_LOSSES], list[int]()
        for frame in split.frames():
            start = total.issues.read
            bound = bound_rows(frame, self.work.binding, self.work.spec)
            rows += [batch.rows + start for batch in bound.batches]
            losses += [batch.losses for batch in bound.batches]
            if self.called is not None:
                called += (self._called(frame) + start).tolist()
            total = self.work.merge(total, self.work.outcome(frame, bound, None))
        return SearchedRows(
            part, split, total, np.concatenate(rows), np.concatenate(losses), tuple(called)
        )

    def _called(self, frame: Frame) -> Rows:
        """The rows of a frame that have the id."""
        codes, texts = tokens(frame.columns[self.work.binding.id or ""])
        wanted = [code for code, text in enumerate(texts) if text == self.called]
        found: Rows = frame.row_numbers[np.isin(codes, wanted)]
        return found


class FoundRow(Record):
    """The wanted row.

    Attributes
    ----------
    number : int
        In the data set, from 0.
    place : int
        In its split, from 0.
    split : Split
        Where it is.
    loss : float or None
        In nats; None if it was not scored.
    """

    number: int
    place: int
    split: Split
    loss: float | None

    def frame(self) -> tuple[Frame, int]:
        """The row alone, read again, and its number in its frame."""
        start = 0
        for frame in self.split.frames():
            if self.place < start + frame.rows:
                row = self.place - start
                return alone(frame, row), row
            start += frame.rows
        raise IndexError(self.place)


def alone(frame: Frame, row: int) -> Frame:
    """One row of a frame, with what was found wrong with it."""
    issues = tuple(
        RowIssue.of(one.code, one.column, (row,), one.values[one.rows.index(row) :])
        for one in frame.issues
        if row in one.rows
    )
    places = np.flatnonzero(frame.row_numbers == row)
    return frame.take(places).replace(issues=issues)


def name_of(frame: Frame, binding: Binding) -> dict[str, Any]:
    """What the only row of a frame is called, if rows have names."""
    if binding.id is None:
        return {}
    codes, texts = tokens(frame.columns[binding.id])
    return {"id": texts[codes[0]] if codes[0] >= 0 else None}
