"""What tasks do where the labels are in another file: the labels are sent with the fold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from ce_cli.binding.joining.joined import JoinedSource
from ce_cli.binding.joining.label_file import LabelFile, LabelUse
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Projection, Source
from ce_cli.record import Record
from ce_cli.scoring.pieces import Outcome, Work
from ce_cli.text import plural

if TYPE_CHECKING:
    from ce_cli.scoring.run import Run

_LARGEST = 512 << 20  # bytes of the labels that are sent


class Joined(Record, Generic[Outcome]):
    """The outcome of some rows, and which labels they have."""

    outcome: Outcome
    use: LabelUse


class JoinedFiles(Record, Generic[Outcome]):
    """The work on files of predictions; picklable.

    Attributes
    ----------
    work : Work
        What is done with the rows once they have labels.
    file : LabelFile
        All labels, none of them joined.
    labels : tuple of str
        The columns that hold them.
    """

    work: Work[Outcome]
    file: LabelFile
    labels: tuple[str, ...]

    def of_source(self, part: int, source: Source, *, start: int | None) -> Joined[Outcome]:
        """The outcome of a file, or of the span of it that is read."""
        own = self.file.without_use()
        joined = JoinedSource(source, own, self.labels)
        return Joined(self.work.of_source(part, joined, start=start), own.use())

    def empty(self) -> Joined[Outcome]:
        """That of no rows."""
        return Joined(self.work.empty(), self.file.without_use().use())

    def merge(self, earlier: Joined[Outcome], later: Joined[Outcome]) -> Joined[Outcome]:
        """That of the rows of both; associative."""
        outcome = self.work.merge(earlier.outcome, later.outcome)
        return Joined(outcome, earlier.use.merge(later.use))

    def issues(self, outcome: Joined[Outcome]) -> RowIssues:
        """The issues of the rows."""
        return self.work.issues(outcome.outcome)


class Labelled(Record):
    """Predictions whose labels are in a file of their own.

    Attributes
    ----------
    file : LabelFile
        The labels.
    source : Source
        The first predictions, joined with them.
    projection : Projection
        The columns to read of both.
    columns : tuple of str
        The labels among them.
    """

    file: LabelFile
    source: Source
    projection: Projection
    columns: tuple[str, ...]

    def work(self, work: Work[Outcome], run: Run) -> JoinedFiles[Outcome]:
        """The same work for predictions alone, with all labels.

        Raises
        ------
        UsageError
            The labels are too large to be sent.
        DataError
            The labels cannot be joined.
        """
        if isinstance(self.source, JoinedSource):
            self.source.loaded(self.projection)
        if self.file.size > _LARGEST:
            rows = plural(self.file.rows, "label")
            run.refuse_elsewhere(f"Sending {rows} ({self.file.size >> 20:,} MB) to each worker")
        return JoinedFiles(work, self.file.without_use(), self.columns)
