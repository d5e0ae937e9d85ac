"""The one call that an engine provides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


class Engine(Protocol):
    """Runs the same work on every item: splits in, results out.

    The class behind a line of the registry is called with the number of workers.
    """

    def map_in_order(self, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """Apply `work` to every item and yield the results in the order of `items`.

        `work`, items and results are picklable. An engine takes a bounded number of items ahead,
        so that memory does not grow with the data, and drops them when the iterator is closed.
        """
        ...
