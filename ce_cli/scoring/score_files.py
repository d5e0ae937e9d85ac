"""What tasks do for ``ce score``: the result of the rows of files, and how the files begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import Fits
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Source
from ce_cli.record import Record
from ce_cli.scoring.reduce import ScoreSplit, SplitResult

if TYPE_CHECKING:
    from ce_cli.scoring.repeated_files import Beginning


class Scored(Record):
    """The result of some rows, and how their files begin, if that is compared."""

    result: SplitResult
    beginnings: tuple[Beginning, ...] = ()


class ScoreFiles(Record):
    """The work on files; picklable.

    Attributes
    ----------
    split : ScoreSplit
        The work on each split.
    fits : Fits
        What each file has to have.
    compared : Binding or None
        The columns in which the beginnings of files are compared; None if they are not.
    """

    split: ScoreSplit
    fits: Fits
    compared: Binding | None = None

    def of_source(self, part: int, source: Source, *, is_start: bool) -> Scored:
        """The result of a file, or of the span of it that is read."""
        if source.is_empty:
            return self.empty()
        self.fits.check_file(part, source)
        total = self.split.empty()
        for split in source.splits(self.split.binding.projection):
            if total.issues.hide_the_rest:
                continue  # to its end, which the next span has to begin with
            _, result, _ = self.split((part, split))
            total = self.split.merge(total, result)
            total.check_memory()
        return Scored(total, self._beginnings(part, source) if is_start else ())

    def empty(self) -> Scored:
        """That of no rows."""
        return Scored(self.split.empty())

    def merge(self, earlier: Scored, later: Scored) -> Scored:
        """That of the rows of both; associative."""
        result = self.split.merge(earlier.result, later.result)
        result.check_memory()
        return Scored(result, earlier.beginnings + later.beginnings)

    def issues(self, outcome: Scored) -> RowIssues:
        """The issues of the rows."""
        return outcome.result.issues

    def _beginnings(self, part: int, source: Source) -> tuple[Beginning, ...]:
        if self.compared is None:
            return ()
        from ce_cli.scoring.repeated_files import beginning

        return tuple(beginning(source, part, self.compared))
