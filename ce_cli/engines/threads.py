"""The threads of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from ce_cli.engines.memory import keep_freed_memory

if TYPE_CHECKING:
    from ce_cli.engines.engine import Item, Made

_AHEAD = 2  # items submitted for each thread, so that none waits for the next


class Threads:
    """A pool of threads; a single item or a single thread runs without a pool.

    Parameters
    ----------
    workers : int
        How many items are processed at once.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def map_in_order(self, work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
        """Apply `work` to every item and yield the results in the order of `items`."""
        keep_freed_memory()
        remaining = iter(items)
        first = list(islice(remaining, 2))
        if self._workers == 1 or len(first) < 2:
            yield from map(work, chain(first, remaining))
            return
        from concurrent.futures import Future, ThreadPoolExecutor
        from contextvars import copy_context

        pool = ThreadPoolExecutor(self._workers)
        waiting: deque[Future[Made]] = deque()
        try:
            for item in chain(first, remaining):
                # A context has the limits of the call; a thread does not inherit it.
                waiting.append(pool.submit(copy_context().run, work, item))
                if len(waiting) >= _AHEAD * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
