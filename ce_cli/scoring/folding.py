"""Fold the files of a data set on an engine, and read pieces again that began inside of quotes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Generic

from ce_cli.errors import CeError, DataError
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet, Files
from ce_cli.inputs.tasks import Task, planned
from ce_cli.inputs.unchanged import changed
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.scoring.pieces import Folded, Outcome, Piece, TaskFold, Work
from ce_cli.scoring.run import Run
from ce_cli.storage.options import in_force
from ce_cli.text import display_name

if TYPE_CHECKING:
    from ce_cli.engines.engine import Folding
    from ce_cli.scoring.joined_files import Labelled

_ROUNDS = 3  # in which all pieces that do not fit are read again at once


def folded_files(
    run: Run, work: Work[Outcome], data: DataSet, labels: Labelled | None = None
) -> tuple[Outcome, RowLocations] | None:
    """Fold the files of a data set where `run` says, and where the rows of each file begin.

    Returns
    -------
    outcome : Outcome
        That of all rows.
    locations : RowLocations
        The number of rows before each file.

    None if a label is joined with rows of several tasks: which of them repeats it shows when all
    are read in order.

    Raises
    ------
    CeError
        The first error, in the order of the files.
    """
    files, engine = data.files, run.elsewhere
    if files is None or engine is None:
        raise TypeError("a fold needs files and an engine")
    from ce_cli.inputs.anywhere import Home

    home = Home.here()
    everywhere = files.replace(paths=tuple(map(home.path, files.paths)))
    tasks = planned(everywhere, engine.workers, run.task_bytes)
    try:
        if labels is None:
            outcome, rows = _folded(engine, fold_of(work, files), tasks)
        else:
            joined, rows = _folded(engine, fold_of(labels.work(work, run), files), tasks)
            if joined.use.is_twice:
                return None
            labels.file.take_over(joined.use, map(display_name, data.names))
            outcome = joined.outcome
    except CeError as error:
        raise home.at_home(error, f"the workers of --engine {run.name}") from None
    return outcome, locations_of(data.names, rows, work.issues(outcome).read)


def _folded(
    engine: Folding, fold: TaskFold[Outcome], tasks: Sequence[Task]
) -> tuple[Outcome, tuple[tuple[int, int], ...]]:
    return whole(engine, fold, tasks, engine.folded(fold, tasks))


def fold_of(work: Work[Outcome], files: Files | None) -> TaskFold[Outcome]:
    """The fold of some files; None for rows that are not in files."""
    if files is None:
        return TaskFold(work, Reading(), are_several=False)
    return TaskFold(work, files.reading, len(files.paths) > 1, in_force())


def whole(
    engine: Folding, fold: TaskFold[Outcome], tasks: Sequence[Task], found: Folded[Outcome]
) -> tuple[Outcome, tuple[tuple[int, int], ...]]:
    """The outcome of all tasks, once pieces that did not begin with a record are read again.

    Returns
    -------
    outcome : Outcome
        That of all rows.
    rows : tuple of (int, int)
        The number of rows of each file that has any.

    Raises
    ------
    CeError
        The first error, in the order of the files.
    """
    again = Again(engine, fold, {part: task for task in tasks for part, _ in task.files})
    for _ in range(_ROUNDS):
        if len(found.pieces) > 1:
            found = again.at_once(found.pieces)
    if not found.pieces:
        return fold.work.empty(), ()
    every = again.in_turn(found.pieces)
    if every.error is not None:
        raise every.error
    return every.outcome, every.rows


class Again(Record, Generic[Outcome]):
    """Reads pieces again from where those before them end.

    Attributes
    ----------
    engine : Folding
        Where they are read.
    fold : TaskFold
        What is done with them.
    tasks : mapping of int to Task
        A task of each file, by its number.
    """

    engine: Folding
    fold: TaskFold[Outcome]
    tasks: Mapping[int, Task]

    def at_once(self, pieces: Sequence[Piece[Outcome]]) -> Folded[Outcome]:
        """All that do not begin where the one before ends, which may have to be read again too."""
        kept: list[Piece[Outcome]] = [pieces[0]]
        wrong: list[Task] = []
        for before, piece in pairwise(pieces):
            fits = piece.is_certain or before.end is None or before.is_followed_by(piece)
            one = piece if fits else self._from(piece, before.end or 0)
            if isinstance(one, Task):
                wrong.append(one)
            else:
                kept.append(one)
        new = self.engine.folded(self.fold, wrong).pieces if wrong else ()
        every = sorted((*kept, *new), key=lambda one: (one.first, one.start))
        return self.fold.merge([Folded((piece,)) for piece in every])

    def in_turn(self, pieces: Sequence[Piece[Outcome]]) -> Piece[Outcome]:
        """All of them as one, each of which begins where the one before ends.

        Raises
        ------
        DataError
            The parts of a file do not fit together, so it has changed.
        """
        whole = pieces[0]
        for piece in pieces[1:]:
            if whole.error is not None:
                break
            both = [Folded((whole,)), Folded((piece,))]
            if not whole.is_followed_by(piece):
                one = self._from(piece, whole.end or 0)
                both[1] = (
                    self.engine.folded(self.fold, [one])
                    if isinstance(one, Task)
                    else Folded((one,))
                )
            found = self.fold.merge(both).pieces
            if len(found) > 1:
                raise self._changed(piece.first)
            whole = found[0]
        return whole

    def _from(self, piece: Piece[Outcome], begin: int) -> Task | Piece[Outcome]:
        """The task to read a piece from an offset on; a piece if no record begins in it."""
        if piece.stop is not None and begin > piece.stop:
            place = (piece.first, piece.last, piece.start, piece.stop, begin, begin)
            return Piece(*place, self.fold.work.empty(), is_certain=False)
        return self.tasks[piece.first].replace(start=piece.start, stop=piece.stop, exact=begin)

    def _changed(self, part: int) -> DataError:
        path = dict(self.tasks[part].files)[part]
        return changed(display_name(path), "was written to")


def locations_of(
    names: tuple[str, ...], rows: Iterable[tuple[int, int]], total: int
) -> RowLocations:
    """Where the rows of each file begin."""
    locations, before = RowLocations(names), 0
    starts: list[int] = []
    for part, count in rows:
        starts += [before] * (part + 1 - len(starts))
        before += count
    return locations.replace(starts=tuple(starts)).ended(total)
