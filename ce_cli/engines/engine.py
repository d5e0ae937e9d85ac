"""What an engine provides: in this process a call on every item, anywhere else one fold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import pyarrow as pa

Item = TypeVar("Item")
Made = TypeVar("Made")
Task = TypeVar("Task")
NO_SCHEDULER = "Only --engine dask and --engine spark have a --scheduler."
TaskIn = TypeVar("TaskIn", contravariant=True)  # noqa: PLC0105 - not a name that is read
Folded = TypeVar("Folded")


class LocalEngine(Protocol):
    """Runs the same work on every item in this process: splits in, results out.

    The class behind a line of the registry is called with the number of workers.
    """

    def map_in_order(self, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """Apply `work` to every item and yield the results in the order of `items`.

        Items may hold data and open files. An engine takes a bounded number of items ahead, so
        that memory does not grow with the data, and drops them when the iterator is closed.
        """
        ...


class Fold(Protocol[TaskIn, Folded]):
    """From tasks to one result: a monoid in the order of the tasks.

    It is picklable, and so is what it returns. Errors of the data are values of it: what a call
    raises is a mistake in ce, or the end of a worker.
    """

    def __call__(self, task: TaskIn, /) -> Folded:
        """The result of one task: open, read, bind and score what it names."""
        ...

    def merge(self, several: Sequence[Folded], /) -> Folded:
        """The result of consecutive tasks, given those of each, in order; associative."""
        ...

    def empty(self) -> Folded:
        """The result of no task: the identity of `merge`."""
        ...


class Folding(Protocol):
    """Folds tasks."""

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        """The merged results of all tasks.

        Only neighbours are merged, in the order of the tasks, grouped in any way: the result has
        the same bits. An engine looks into none of the three.

        Raises
        ------
        StorageError
            There is no such engine, or its workers ended.
        UsageError
            Workers have another version of ce.
        """
        ...


class FrameFold(Fold[Any, Folded], Protocol[Folded]):
    """A fold that also takes rows that are there already."""

    def of_batches(self, batches: Iterable[pa.RecordBatch], /) -> Folded:
        """The result of the rows of a partition."""
        ...


class Watch(Protocol):
    """Sees where the work is done, and how much of it."""

    def running(self, where: str) -> None:
        """See where the work begins: ``4 processes``."""
        ...

    def done(self, task: object) -> None:
        """See that a task is done."""
        ...


class Unwatched:
    """A watch that nobody looks at."""

    def running(self, where: str) -> None:
        """See nothing."""

    def done(self, task: object) -> None:
        """See nothing."""


class Engine(Folding, Protocol):
    """Folds tasks in other processes, or on other machines.

    The class behind a line of the registry is called with the number of workers, with what
    ``--scheduler`` names, and with a `Watch`. It starts with the first task, and keeps running for
    more of them until it is closed.

    Attributes
    ----------
    differences : tuple of str
        What the last fold has shown about workers that round otherwise, a sentence each.
    """

    differences: tuple[str, ...]

    @property
    def workers(self) -> int:
        """How many tasks are worked on at once, for the size of tasks."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


class FrameEngine(Engine, Protocol):
    """An engine that also folds data frames of its library where these are.

    Its line in the registry names that library. The frames are those of the library, which alone
    knows their type.
    """

    def first_rows(self, frame: Any, count: int) -> pa.Table:
        """The first rows of a frame, or other few of them, from which columns are bound."""
        ...

    def folded_frame(self, fold: FrameFold[Folded], frame: Any, columns: Sequence[str]) -> Folded:
        """The merged results of the partitions of a frame, of which `columns` are read."""
        ...
