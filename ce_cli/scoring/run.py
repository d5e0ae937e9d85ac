"""A run: the engine that does the work, and who is shown how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ce_cli import registry
from ce_cli.engines.engine import Engine
from ce_cli.record import Record

Progress = Callable[[int], None]
Item = TypeVar("Item")
Made = TypeVar("Made")


class Run(Record):
    """How the splits of a data set are worked on; nothing here changes a number.

    Attributes
    ----------
    engine : Engine
        Where the work is done.
    progress : callable or None
        Is given the number of rows read so far.
    """

    engine: Engine
    progress: Progress | None = None

    def results(self, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """The results of `work`, in the order of `items`."""
        return self.engine.map_in_order(work, items)

    def show(self, rows: int) -> None:
        """Show how many rows have been read."""
        if self.progress is not None:
            self.progress(rows)

    @property
    def silent(self) -> Run:
        """The same engine, and nobody is shown anything."""
        return self.replace(progress=None)


def run_on(engine: str, workers: int, progress: Progress | None = None) -> Run:
    """A run on an engine of the registry.

    Raises
    ------
    UsageError
        There is no such engine.
    """
    return Run(registry.find(registry.ENGINES, engine, "engine").load()(workers), progress)
