"""A run: the engine that does the work, and the progress that it reports."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, cast

from ce_cli import registry
from ce_cli.engines.threads import Threads
from ce_cli.errors import UsageError
from ce_cli.memory.limit import check
from ce_cli.record import Record

if TYPE_CHECKING:
    from ce_cli.engines.engine import Engine, LocalEngine
    from ce_cli.results.score import Note

_HERE = "--engine threads"
Item = TypeVar("Item", bound=tuple[Any, ...])
One = TypeVar("One")
Made = TypeVar("Made")


class Progress(Protocol):
    """Receives how much has been done."""

    def add_rows(self, count: int) -> None:
        """Add rows that have been read."""
        ...

    def add_bytes(self, count: int) -> None:
        """Add bytes of files whose rows have been read."""
        ...


class Run(Record):
    """How the splits of a data set are worked on; nothing here changes a number.

    Attributes
    ----------
    engine : LocalEngine
        Where the work is done in this process.
    progress : Progress or None
        Receives how much has been done.
    workers : int
        How many items are worked on at once.
    elsewhere : Engine or None
        Where tasks are folded instead of working on splits here.
    task_bytes : int or None
        The size of a task; if None, it is found from the files and the workers.
    name : str
        The engine in the registry.
    """

    engine: LocalEngine
    progress: Progress | None = None
    workers: int = 1
    elsewhere: Engine | None = None
    task_bytes: int | None = None
    name: str = "threads"

    def results(self, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """The results of `work`, in the order of `items`.

        An item is a tuple: the number of a file, a split of it, and anything else that `work`
        needs. A split counts as done when its result is yielded.

        Raises
        ------
        UsageError
            The work is to be done elsewhere, but this is not done by tasks.
        """
        self.refuse_elsewhere("This")
        if self.workers > 1:
            items = _read_ahead(items, self.workers)
        if self.progress is None:
            return _watched(self.engine.map_in_order(work, items))
        return _watched(self._counted(work, items, self.progress))

    def _counted(
        self, work: Callable[[Item], Made], items: Iterable[Item], progress: Progress
    ) -> Iterator[Made]:
        sizes: deque[int] = deque()  # of the items that the engine took ahead

        def taken() -> Iterator[Item]:
            for item in items:
                sizes.append(item[1].size)
                yield item

        for made in self.engine.map_in_order(work, taken()):
            progress.add_bytes(sizes.popleft())
            yield made

    def here(self) -> Self:
        """The same run, with the work done in this process."""
        return self.replace(elsewhere=None, name="threads")

    def close(self) -> None:
        """End what the engine has started elsewhere."""
        if self.elsewhere is not None:
            self.elsewhere.close()

    def refuse_elsewhere(self, what: str) -> None:
        """Refuse what only this process does.

        Raises
        ------
        UsageError
            The work is to be done elsewhere.
        """
        if self.elsewhere is not None:
            raise UsageError(f"{what} is not possible with --engine {self.name}: use {_HERE}.")

    def near(self, work: Callable[[One], Made], items: Iterable[One]) -> Iterator[Made]:
        """The results for data that this machine holds already: by threads, whatever the engine."""
        return Threads(self.workers).map_in_order(work, items)

    def add_rows(self, count: int) -> None:
        """Report rows that have been read."""
        if self.progress is not None:
            self.progress.add_rows(count)

    def notes(self) -> tuple[Note, ...]:
        """A note for each kind of worker that rounds otherwise than this machine."""
        if self.elsewhere is None:
            return ()
        from ce_cli.results.score import Note

        return tuple(Note("other_arithmetic", text) for text in self.elsewhere.differences)


def run_on(
    engine: str,
    workers: int,
    progress: Progress | None = None,
    scheduler: object = None,
    say: Callable[[str], None] | None = None,
) -> Run:
    """A run on an engine of the registry.

    Parameters
    ----------
    engine : str
        Its name.
    workers : int
        How many items, or tasks on this machine, are worked on at once.
    progress : Progress, optional
        Receives how much has been done.
    scheduler : object
        What ``--scheduler`` names.
    say : callable, optional
        Called with a sentence that says where the work is done, if that is elsewhere.

    Raises
    ------
    UsageError
        There is no such engine, or it has no scheduler.
    """
    entry = registry.find(registry.ENGINES, engine, "engine")
    kind = entry.load()
    if entry.elsewhere:
        made: Engine = kind(workers, scheduler, Seen(engine, progress, say))
        return Run(Threads(workers), progress, workers, made, name=engine)
    if scheduler is not None:
        from ce_cli.engines.engine import NO_SCHEDULER

        raise UsageError(NO_SCHEDULER)
    return Run(kind(workers), progress, workers)


class Seen:
    """Shows where an engine works, once, and how far it is.

    Parameters
    ----------
    engine : str
        Its name.
    progress : Progress or None
        Receives how much has been done.
    say : callable or None
        Called with a sentence.
    """

    def __init__(
        self, engine: str, progress: Progress | None, say: Callable[[str], None] | None
    ) -> None:
        self._engine, self._progress, self._say = engine, progress, say

    def running(self, where: str) -> None:
        """Say where the work begins, the first time."""
        if self._say is not None:
            self._say(f"runs on {where} (--engine {self._engine}).")
        self._say = None

    def done(self, task: object) -> None:
        """Count the bytes of a task."""
        if self._progress is not None:
            self._progress.add_bytes(getattr(task, "size", 0))


def _watched(results: Iterator[Made]) -> Iterator[Made]:
    """The results, as long as what is kept of them fits the memory."""
    for made in results:
        yield made
        check("the rows that were read so far", "compare or score fewer rows at once")


def _read_ahead(items: Iterable[Item], workers: int) -> Iterator[Item]:
    """The items; if they are fewer than the workers, those that can do so read ahead."""
    remaining = iter(items)
    first = list(islice(remaining, workers))
    few = len(first) < workers
    for item in first:
        ahead = getattr(item[1], "read_ahead", None) if few else None
        yield item if ahead is None else cast(Item, (item[0], ahead(), *item[2:]))
    yield from remaining
