"""Read several data sets in one go: their splits in turns, so that all are about equally far."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from ce_cli.comparing.bound_models import ModelReader
from ce_cli.comparing.scored_rows import ModelRows, ScoredRows, ScoreModels
from ce_cli.inputs.source import Split
from ce_cli.record import Record
from ce_cli.scoring.run import Run

Frames = list[list[ModelRows]]


class InTurns:
    """Scores the rows of several data sets with one pool of workers.

    Rows that one data set has ahead of the others wait in memory; since the next split is always
    one of the data set that is furthest behind, they are few.

    Parameters
    ----------
    readers : sequence of ModelReader
        The data sets.
    key : str or None
        The column of row ids.
    run : Run
        Where the work is done.
    indices : sequence of sequence of str
        Further columns of each data set that identify rows.
    """

    def __init__(
        self,
        readers: Sequence[ModelReader],
        key: str | None,
        run: Run,
        indices: Sequence[Sequence[str]],
    ) -> None:
        self._readers = readers
        self._run = run
        jobs = [one.work(key, own) for one, own in zip(readers, indices, strict=True)]
        self._splits = [one.splits(job) for one, job in zip(readers, jobs, strict=True)]
        self._read = [0] * len(readers)  # rows
        self._done = [0] * len(readers)  # splits
        self._taken = [0] * len(readers)
        self._waiting: list[deque[tuple[int, Frames]]] = [deque() for _ in readers]
        self._results = run.results(ScoreEach(jobs), self._items())

    def streams(self) -> list[Iterator[list[ScoredRows]]]:
        """The rows of each data set, in stretches: for each, the rows of every model."""
        return [self._stream(place) for place in range(len(self._readers))]

    def _stream(self, place: int) -> Iterator[list[ScoredRows]]:
        waiting = self._waiting[place]
        while True:
            while not waiting:
                found = next(self._results, None)
                if found is None:
                    return
                owner, part, frames = found
                self._done[owner] += 1
                self._read[owner] += sum(pieces[0].scored.read for pieces in frames)
                self._waiting[owner].append((part, frames))
            yield from self._readers[place].taken(*waiting.popleft(), self._run)

    def _items(self) -> Iterator[tuple[int, Split, int]]:
        """The next split of the data set that is furthest behind, with the place of that one."""
        going = set(range(len(self._readers)))
        while going:
            place = min(going, key=self._reached)
            item = next(self._splits[place], None)
            if item is None:
                going.remove(place)
                continue
            self._taken[place] += 1
            yield *item, place

    def _reached(self, place: int) -> tuple[float, int, int]:
        """About how many rows have been read or are being read, and in how many splits."""
        mean = self._read[place] / max(1, self._done[place])
        return mean * self._taken[place], self._taken[place], place


class ScoreEach(Record):
    """The work on one split of any of the data sets; picklable.

    Attributes
    ----------
    jobs : sequence of ScoreModels
        That of each data set.
    """

    jobs: Sequence[ScoreModels]

    def __call__(self, task: tuple[int, Split, int]) -> tuple[int, int, Frames]:
        """Score one split of file ``task[0]`` of data set ``task[2]``."""
        part, split, place = task
        return place, part, self.jobs[place](split)
