"""A fold on its way to workers: it says who they are, and brings back whatever goes wrong there."""

from __future__ import annotations

import contextlib
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, cast

from ce_cli.engines.engine import Folded, Task
from ce_cli.engines.handshake import Worker, this_worker
from ce_cli.engines.memory import keep_freed_memory
from ce_cli.errors import CeError
from ce_cli.memory.limit import limited
from ce_cli.record import Record

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ce_cli.engines.engine import Fold, FrameFold


_ROWS = 1 << 17


class Parcel(Record):
    """What a worker sends back.

    Attributes
    ----------
    made : object
        The result of the fold; None where it failed.
    failure : BaseException or None
        What was raised instead.
    differences : tuple of str
        What is known of workers with other arithmetic, a sentence each.
    """

    made: Any
    failure: BaseException | None = None
    differences: tuple[str, ...] = ()

    def opened(self) -> Any:
        """What was made.

        Raises
        ------
        BaseException
            What was raised on a worker.
        """
        if self.failure is not None:
            raise self.failure
        return self.made


class Shipped(Record, Generic[Task, Folded]):
    """A fold as engines send it to workers.

    Attributes
    ----------
    fold : Fold
        What is to be done; an engine never looks inside.
    driver : Worker
        Where the results are needed.
    memory : int or None
        The bytes of memory that a worker may use; None for what it finds.
    """

    fold: Fold[Task, Folded]
    driver: Worker
    memory: int | None = None

    @classmethod
    def of(cls, fold: Fold[Task, Folded], memory: int | None = None) -> Shipped[Task, Folded]:
        """The fold, for workers that must resemble this process."""
        return cls(fold, this_worker(), memory)

    def __call__(self, task: Task) -> Parcel:
        """Do a task."""
        return self.packed(lambda: self.fold(task))

    def of_batches(self, batches: Iterable[pa.RecordBatch]) -> Parcel:
        """Fold rows that are there already; the fold has to take such."""
        fold = cast("FrameFold[Folded]", self.fold)
        return self.packed(lambda: fold.of_batches(_larger(batches)))

    def of_frame(self, frame: pd.DataFrame) -> Parcel:
        """Fold the rows of a partition of pandas."""
        import pyarrow as pa

        return self.of_batches(pa.Table.from_pandas(frame, preserve_index=False).to_batches())

    def merge(self, several: Sequence[Parcel]) -> Parcel:
        """Merge contiguous results; of failures, the first counts."""
        differences = tuple(dict.fromkeys(text for one in several for text in one.differences))
        for one in several:
            if one.failure is not None:
                return Parcel(None, one.failure, differences)
        merged = self.packed(lambda: self.fold.merge([one.made for one in several]))
        differences = tuple(dict.fromkeys((*differences, *merged.differences)))
        return merged.replace(differences=differences)

    def empty(self) -> Parcel:
        """The result of no task."""
        return Parcel(self.fold.empty())

    def row(self, place: int, parcel: Parcel) -> pa.RecordBatch:
        """A parcel as a row of a frame: its place among others, and its bytes."""
        import pyarrow as pa

        columns = {
            "place": pa.array([place], pa.int64()),
            "parcel": pa.array([pickle.dumps(parcel)], pa.binary()),
        }
        return pa.RecordBatch.from_pydict(columns)

    def packed(self, work: Any) -> Parcel:
        """What `work` returns or raises, on a worker that has said who it is."""
        try:
            worker = this_worker()
            worker.refuse_other(self.driver)
            keep_freed_memory()
            with limited(self.memory):
                made = work()
        except Exception as error:  # whatever it is, the caller of the engine has to see it
            return failed(error)
        difference = worker.difference(self.driver)
        return Parcel(made, None, (difference,) if difference else ())


def _larger(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches of at least `_ROWS`, since each takes a while by itself."""
    import pyarrow as pa

    several: list[pa.RecordBatch] = []
    for batch in chain(batches, (None,)):
        if batch is not None:
            several.append(batch)
        if several and (batch is None or sum(one.num_rows for one in several) >= _ROWS):
            yield from pa.Table.from_batches(several).combine_chunks().to_batches()
            several = []


def failed(error: Exception) -> Parcel:
    """What a worker sends back in place of a result, with the place where the error was raised."""
    import traceback

    place = "On a worker:\n" + "".join(traceback.format_tb(error.__traceback__))
    error.__traceback__ = error.__cause__ = error.__context__ = None
    with contextlib.suppress(
        Exception
    ):  # an exception may be of any class, and pickle itself badly
        if not isinstance(error, CeError):
            error.add_note(place)
        pickle.loads(pickle.dumps(error))
        return Parcel(None, error)
    return Parcel(None, RuntimeError(f"{type(error).__name__}: {error}\n{place}"))
