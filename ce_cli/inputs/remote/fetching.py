"""Calls to servers that run ahead of their use, a bounded number of them at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar, copy_context
from functools import partial
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

Result = TypeVar("Result")
Item = TypeVar("Item")
Made = TypeVar("Made")

AT_ONCE = 16  # requests


class Started(Generic[Result]):
    """A call that runs in another thread, or will.

    Parameters
    ----------
    call : callable
        What to call; it has a limit on its time of its own.
    """

    def __init__(self, call: Callable[[], Result]) -> None:
        self._call: Callable[[], Result] | None = call
        self._ended = Event()
        self._result: Result
        self._error: BaseException | None = None

    def run(self) -> None:
        """Make the call, unless it is not wanted any longer."""
        call = self._call
        try:
            if call is not None:
                self._result = call()
        except BaseException as error:  # whatever it is, it belongs to the thread that waits
            self._error = error
        self._call = None
        self._ended.set()

    def cancel(self) -> None:
        """Do not make the call if it has not begun."""
        self._call = None

    def result(self) -> Result:
        """Wait for the result, or raise the error."""
        self._ended.wait()
        if self._error is not None:
            raise self._error
        return self._result


class Fetchers:
    """Threads that make calls in the order in which they were started.

    They end with the process, however long a server lets them wait.

    Parameters
    ----------
    most : int
        How many there are at most.
    """

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._count = self._idle = 0
        self._lock = Lock()
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    def start(self, call: Callable[[], Result]) -> Started[Result]:
        """Call in one of the threads, with the context of this one."""
        started = Started(call)
        self._calls.put(partial(copy_context().run, started.run))
        with self._lock:
            if self._idle > 0:
                self._idle -= 1
            elif self._count < self._most:
                self._count += 1
                Thread(target=self._work, daemon=True).start()
        return started

    def _work(self) -> None:
        while True:
            self._calls.get()()
            with self._lock:
                self._idle += 1


FETCHERS = Fetchers()  # for bytes; nothing that runs there waits for another call there
OPENERS = Fetchers()  # for files, which wait for bytes
# The columns that are sampled and read of files which are opened ahead; None for any other file.
NOTED: ContextVar[dict[str, Sequence[str]] | None] = ContextVar("noted", default=None)


def made_ahead(make: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[Made]:
    """What `make` makes of each item, in order, up to 16 of them ahead; an error comes in its turn.

    The first is made before any other, since what is wrong with it is most often wrong with all.
    """
    noted: dict[str, Sequence[str]] = {}

    def made(item: Item) -> Made:
        NOTED.set(noted)
        return make(item)

    remaining = iter(items)
    for first in remaining:
        yield copy_context().run(made, first)
        break
    waiting: deque[Started[Made]] = deque()
    try:
        for item in remaining:
            waiting.append(OPENERS.start(partial(made, item)))
            if len(waiting) >= AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for one in waiting:
            one.cancel()
