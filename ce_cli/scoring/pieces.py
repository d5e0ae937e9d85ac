"""What tasks find: pieces of the rows, which merge to one in the order of the files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ce_cli.errors import CeError
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.anywhere import as_typed
from ce_cli.inputs.locate import opened, opened_or_empty
from ce_cli.inputs.source import Source
from ce_cli.inputs.tasks import Task
from ce_cli.inputs.unchanged import states_elsewhere
from ce_cli.reading import Reading, Span
from ce_cli.record import Record
from ce_cli.storage.options import StorageOptions, using
from ce_cli.text import display_name

if TYPE_CHECKING:
    import pyarrow as pa

Outcome = TypeVar("Outcome")


class Work(Protocol[Outcome]):
    """What is done with the rows of files; picklable, and a monoid in their order."""

    def of_source(self, part: int, source: Source, *, start: int | None) -> Outcome:
        """The outcome of the rows of file number `part`, or of the span of it that is read.

        `start` is where the span begins in the file; None for rows that are in no file.

        Raises
        ------
        CeError
            The file does not fit the others, or cannot be read.
        """
        ...

    def empty(self) -> Outcome:
        """That of no rows."""
        ...

    def merge(self, earlier: Outcome, later: Outcome, /) -> Outcome:
        """That of the rows of both."""
        ...

    def issues(self, outcome: Outcome, /) -> RowIssues:
        """The number of rows that have been read, and their issues."""
        ...


class Piece(Record, Generic[Outcome]):
    """Consecutive rows of one file or several.

    Attributes
    ----------
    first, last : int
        The numbers of its first and its last file.
    start, stop : int or None
        The bytes of the first and the last file between which its tasks are.
    begin, end : int or None
        Where its rows begin in the first file, and end in the last; None after an error.
    outcome : Outcome
        That of the rows.
    rows : tuple of (int, int)
        Number of rows of each file that has any.
    is_certain : bool
        Whether the rows are known to begin there, since a file or its part for one task does.
    error : CeError or None
        Why there is no outcome.
    is_rest_hidden : bool
        Whether nothing after its rows in the last file can be told apart.
    """

    first: int
    last: int
    start: int
    stop: int | None
    begin: int | None
    end: int | None
    outcome: Outcome
    rows: tuple[tuple[int, int], ...] = ()
    is_certain: bool = True
    error: CeError | None = None
    is_rest_hidden: bool = False

    def is_followed_by(self, later: Piece[Outcome]) -> bool:
        """Whether its rows end where those of the next piece begin."""
        if self.error is not None:
            return False
        if later.error is not None and later.is_certain:
            return True
        if later.is_certain and later.start == 0:
            return self.stop is None
        return self.last == later.first and self.end == later.begin


class Folded(Record, Generic[Outcome]):
    """What the tasks that were folded so far have found, in order.

    Where the pieces of a text fit together, they are one; until the first of them is known to
    begin with a record, it remains apart from those after it. It may have to be read again, and
    they not.
    """

    pieces: tuple[Piece[Outcome], ...]


class TaskFold(Record, Generic[Outcome]):
    """The fold that engines get: opens what a task names, and works on its rows.

    Attributes
    ----------
    work : Work
        What is done with the rows.
    reading : Reading
        How files are read.
    are_several : bool
        Whether there is more than one file; one of several may be empty.
    storage : StorageOptions
        How stores are reached.
    """

    work: Work[Outcome]
    reading: Reading
    are_several: bool
    storage: StorageOptions = StorageOptions()

    def __call__(self, task: Task) -> Folded[Outcome]:
        """The result of one task, in which an error is a value."""
        with using(self.storage):
            return self._joined(self._piece(task, part, path) for part, path in task.files)

    def of_batches(self, batches: Iterable[pa.RecordBatch], name: str = "table") -> Folded[Outcome]:
        """The result of rows that are there already, such as those of a partition.

        They have no place in a file: the numbers of rows count from the first that is merged.
        """
        from ce_cli.inputs.arrow.memory import TableSource
        from ce_cli.inputs.locate import with_names

        def of_batch(batch: pa.RecordBatch) -> Outcome:
            import pyarrow as pa

            table = pa.Table.from_batches([batch])
            return self.work.of_source(0, with_names(TableSource(name, table)), start=None)

        outcome = self.work.empty()
        try:
            for batch in batches:
                outcome = self.work.merge(outcome, of_batch(batch)) if batch.num_rows else outcome
        except CeError as error:
            return Folded((self._failed(0, Span(), error),))
        return Folded((Piece(0, 0, 0, None, 0, None, outcome, self._rows(0, outcome)),))

    def merge(self, several: Sequence[Folded[Outcome]]) -> Folded[Outcome]:
        """The result of consecutive tasks, given those of each."""
        return self._joined(piece for one in several for piece in one.pieces)

    def empty(self) -> Folded[Outcome]:
        """The result of no task."""
        return Folded(())

    def _piece(self, task: Task, part: int, path: str) -> Piece[Outcome]:
        span = Span(task.start, task.stop, task.exact)
        work = self.work
        try:
            states = states_elsewhere(path, task.state)
            open_it = opened_or_empty if self.are_several else opened
            source = open_it(path, self.reading.replace(span=span), states)
            source.name = display_name(as_typed(path))
            if span.start and not span.is_divided:  # whoever reads its start reads all of it
                outcome = work.empty()
            else:
                outcome = work.of_source(part, source, start=span.start)
        except CeError as error:
            return self._failed(part, span, error)
        if not span.is_divided or span.begin is None:
            span.begin, span.end = span.start, span.stop
        place = (part, part, span.start, span.stop, span.begin, span.end)
        hidden = work.issues(outcome).hide_the_rest
        return Piece(
            *place, outcome, self._rows(part, outcome), _is_certain(span), is_rest_hidden=hidden
        )

    def _failed(self, part: int, span: Span, error: CeError) -> Piece[Outcome]:
        place = (part, part, span.start, span.stop, span.begin, None)
        return Piece(*place, self.work.empty(), (), _is_certain(span), error)

    def _rows(self, part: int, outcome: Outcome) -> tuple[tuple[int, int], ...]:
        count = self.work.issues(outcome).read
        return ((part, count),) if count else ()

    def _joined(self, pieces: Iterable[Piece[Outcome]]) -> Folded[Outcome]:
        """Pieces in order, put together where they fit."""
        found: list[Piece[Outcome]] = []
        fits = False  # the last of them to the one before it
        for piece in pieces:
            if not found:
                found = [piece]
                continue
            last = found[-1]
            if last.error is not None and last.is_certain:
                break  # nothing after it counts
            follows = last.is_followed_by(piece)
            if follows and (last.is_certain or (fits and not piece.is_certain)):
                found[-1] = self._both(last, piece)
            else:
                found.append(piece)
                fits = follows
        return Folded(tuple(found))

    def _both(self, earlier: Piece[Outcome], later: Piece[Outcome]) -> Piece[Outcome]:
        both = earlier.replace(last=later.last, stop=later.stop, end=later.end, error=later.error)
        if earlier.is_rest_hidden and earlier.last == later.first:
            return both
        return both.replace(
            outcome=self.work.merge(earlier.outcome, later.outcome),
            rows=_rows_of_both(earlier.rows, later.rows),
            is_rest_hidden=later.is_rest_hidden,
        )


def _is_certain(span: Span) -> bool:
    """Whether it begins with a row, or did not come so far; text only seems to begin with one."""
    return span.start == 0 or span.begin in (span.start, None)


def _rows_of_both(
    earlier: tuple[tuple[int, int], ...], later: tuple[tuple[int, int], ...]
) -> tuple[tuple[int, int], ...]:
    if earlier and later and earlier[-1][0] == later[0][0]:
        part, count = later[0]
        return (*earlier[:-1], (part, earlier[-1][1] + count), *later[1:])
    return earlier + later
