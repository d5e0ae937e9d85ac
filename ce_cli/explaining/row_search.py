"""Score all rows of a split, and search it for the row to explain."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import bound_rows
from ce_cli.binding.rows.columns import tokens
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
    """Selects the row to explain: by number from 1, by id, or else by the largest loss."""

    row: int | None = None
    id: str | None = None

    def check(self) -> None:
        """Reject a number that no row can have."""
        if self.row is not None and self.row < 1:
            raise UsageError(f"--row must be 1 or more, not {self.row}: rows are numbered from 1.")


def row_selector(row: int | None, id_: str | None, ids: str | None) -> RowSelector:
    """The selector for a row; `ids` is the column of row ids.

    Raises
    ------
    UsageError
        Both `row` and `id_` are given, or there is no column of ids.
    """
    if row is not None and id_ is not None:
        raise UsageError("Choose the row with --row or --of, not both.")
    if id_ is not None and ids is None:
        raise UsageError("--of needs the column of row ids: name it with --id COL.")
    return RowSelector(row, id_)


class SearchedRows(Record):
    """The rows of one split, scored.

    Attributes
    ----------
    part : int
        The file of the rows, from 0.
    split : Split
        To read again if the selected row is among them.
    outcome : SplitResult
        The result of scoring them.
    rows : ndarray of int, shape (n,)
        Numbers of the scored rows in the split, from 0.
    losses : ndarray, shape (n,)
        In nats.
    matching : tuple of int
        Rows with the selected id, scored or not.
    """

    part: int
    split: Split
    outcome: SplitResult
    rows: Rows
    losses: Floats
    matching: tuple[int, ...]


class SearchSplit(Record):
    """The work on one split; picklable."""

    work: ScoreSplit
    id: str | None

    def __call__(self, task: tuple[int, Split]) -> SearchedRows:
        """Score one split of file ``task[0]``."""
        part, split = task
        total = self.work.empty()
        rows, losses, matching = [_NO_ROWS], [_NO_LOSSES], list[int]()
        for frame in split.frames():
            start = total.issues.read
            bound = bound_rows(frame, self.work.binding, self.work.spec)
            rows += [batch.rows + start for batch in bound.batches]
            losses += [batch.losses for batch in bound.batches]
            if self.id is not None:
                matching += (self._matching(frame) + start).tolist()
            total = self.work.merge(total, self.work.result(frame, bound, None))
        return SearchedRows(
            part, split, total, np.concatenate(rows), np.concatenate(losses), tuple(matching)
        )

    def _matching(self, frame: Frame) -> Rows:
        """The rows of a frame with the selected id."""
        codes, texts = tokens(frame.columns[self.work.binding.id or ""])
        matching = [code for code, text in enumerate(texts) if text == self.id]
        found: Rows = frame.row_numbers[np.isin(codes, matching)]
        return found


class FoundRow(Record):
    """The selected row.

    Attributes
    ----------
    number : int
        In the data set, from 0.
    place : int
        In its split, from 0.
    split : Split
        The split that contains it.
    loss : float or None
        Its loss in nats; None if it was not scored.
    """

    number: int
    place: int
    split: Split
    loss: float | None

    def frame(self) -> tuple[Frame, int]:
        """The row on its own, read again, and its number in its frame."""
        start = 0
        for frame in self.split.frames():
            if self.place < start + frame.rows:
                row = self.place - start
                return alone(frame, row), row
            start += frame.rows
        raise IndexError(self.place)


def alone(frame: Frame, row: int) -> Frame:
    """One row of a frame, with its issues."""
    issues = tuple(
        RowIssue.of(one.code, one.column, (row,), one.values[one.rows.index(row) :])
        for one in frame.issues
        if row in one.rows
    )
    places = np.flatnonzero(frame.row_numbers == row)
    return frame.take(places).replace(issues=issues)


def id_of(frame: Frame, binding: Binding) -> dict[str, Any]:
    """The id of the only row of a frame, if rows have ids."""
    if binding.id is None:
        return {}
    codes, texts = tokens(frame.columns[binding.id])
    return {"id": texts[codes[0]] if codes[0] >= 0 else None}
