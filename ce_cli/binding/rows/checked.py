"""The rows of a frame while they are checked: which to keep, and the issues found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.bad_numbers import BadNumbers
from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.source import Frame

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Shown = Callable[[int], str]

_NEAR_ONE = (0.99, 1.01)  # where six digits would not show the deviation


class CheckedRows:
    """The rows of a frame that have passed all checks so far.

    Attributes
    ----------
    columns : dict of str to pyarrow.Array
        The columns of the frame.
    rows : ndarray of int, shape (n,)
        Numbers of the rows in the frame, from 0.
    keep : ndarray of bool, shape (n,)
        The rows that have passed so far.
    issues : list of RowIssue
        The issues of the others, by row of the frame.
    ignored, skipped : int
        Rows left out on purpose: by label, or because a value is missing.
    """

    def __init__(self, frame: Frame) -> None:
        self.columns = frame.columns
        self.issues = list(frame.issues)
        self.rows = frame.row_numbers
        self.keep = np.ones(len(self.rows), np.bool_)
        self.ignored = 0
        self.skipped = 0
        self._missing: dict[str, Bools] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def ignore(self, rows: Bools) -> None:
        """Leave rows out, whatever they contain."""
        self.ignored += int((rows & self.keep).sum())
        self.keep &= ~rows

    def miss(self, column: str, rows: Bools) -> None:
        """Remember where a value is missing, until `settle_missing`."""
        known = self._missing.get(column)
        self._missing[column] = rows if known is None else known | rows

    def settle_missing(self, skip: bool) -> None:
        """Drop the rows in which a value is missing, with an issue unless they are skipped."""
        for name, missing in self._missing.items():
            if not missing.any():
                continue
            if skip:
                self.skipped += int((missing & self.keep).sum())
                self.keep &= ~missing
            else:
                self.drop(missing, "missing", name, lambda row: "")

    def drop(
        self,
        bad: Bools,
        code: str,
        column: str,
        shown: Shown,
        distinct: Callable[[NDArray[np.intp]], Sequence[str]] | None = None,
    ) -> None:
        """Drop rows, with an issue; `distinct` gives the distinct values of such rows."""
        at = np.flatnonzero(bad & self.keep)
        if len(at):
            values = [shown(int(row)) for row in at[:10]]
            few = () if distinct is None else distinct(at)
            self.issues.append(RowIssue.of(code, column, self.rows[at], values, None, few))
        self.keep &= ~bad

    def note_numbers(self, matrix: Floats, bad: Bools, task: str) -> None:
        """Record what rows with numbers out of range have in common; both of shape (K, n)."""
        at = np.flatnonzero(bad.any(axis=0) & self.keep)
        if len(at):
            numbers = BadNumbers.of(
                matrix[:, at], bad[:, at], task == "likelihood", task == "multilabel"
            )
            self.issues.append(RowIssue.of("out-of-range", "", self.rows[at], numbers=numbers))

    def drop_cells(self, columns: Iterable[str], matrix: Floats, bad: Bools, code: str) -> None:
        """Drop the rows of bad cells, shape (K, n), with an issue for each column."""
        for name, values, cells in zip(columns, matrix, bad, strict=True):
            at = np.flatnonzero(cells & self.keep)
            if len(at):
                shown = _numbers(values[at[:10]])
                self.issues.append(RowIssue.of(code, name, self.rows[at], shown))
        self.keep &= ~bad.any(axis=0)


def _numbers(values: Floats) -> list[str]:
    low, high = _NEAR_ONE
    return [f"{v:.17g}" if low < v < high else f"{v:.6g}" for v in values.tolist()]
