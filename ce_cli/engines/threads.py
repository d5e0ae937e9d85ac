"""The threads of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

_AHEAD = 2  # items in hand for each thread, so that none waits for the next


def map_in_order(
    work: Callable[[Item], Made], items: Iterable[Item], threads: int
) -> Iterator[Made]:
    """Apply `work` on `threads` threads; results come in the order of `items`.

    At most a few items for each thread are taken ahead, so memory is bounded however many there
    are. A lone item, or a lone thread, needs no pool and gets none.
    """
    remaining = iter(items)
    first = list(islice(remaining, 2))
    if threads == 1 or len(first) < 2:
        yield from map(work, chain(first, remaining))
        return
    from concurrent.futures import Future, ThreadPoolExecutor

    pool = ThreadPoolExecutor(threads)
    waiting: deque[Future[Made]] = deque()
    try:
        for item in chain(first, remaining):
            waiting.append(pool.submit(work, item))
            if len(waiting) >= _AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
