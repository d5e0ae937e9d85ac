"""Items that a thread of its own makes while those before them are used."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextvars import copy_context
from threading import Condition, Thread, current_thread
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """The items of an iterable, in order; an error comes after the items before it.

    Parameters
    ----------
    items : iterable
        Iterated in the thread, which ends with them or after `stop`.
    most : int
        How many items wait at most.
    """

    def __init__(self, items: Iterable[Item], most: int) -> None:
        self._items, self._most = items, most
        self._waiting: deque[Item] = deque()
        self._changed = Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self._thread = Thread(target=copy_context().run, args=(self._fill,), daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if self._waiting:
                self._changed.notify()
                return self._waiting.popleft()
        if self._error is not None:
            raise self._error
        raise StopIteration

    def stop(self) -> None:
        """Wait for the thread, which makes at most one more item."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not current_thread():  # in which garbage may be collected
            self._thread.join()

    def _fill(self) -> None:
        try:
            for item in self._items:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopped or len(self._waiting) < self._most)
                    if self._stopped:
                        break
                    self._waiting.append(item)
                    self._changed.notify()
        except BaseException as error:  # it is raised where the items are used
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()
