"""Processes of this machine: as threads, but none waits for the interpreter of another."""

from __future__ import annotations

import contextlib
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import TYPE_CHECKING, cast

from ce_cli.engines.engine import NO_SCHEDULER, Unwatched
from ce_cli.engines.process_worker import FOLD, MERGE, TASK, received, send
from ce_cli.engines.shipped import Parcel, Shipped
from ce_cli.engines.tree import Tree
from ce_cli.errors import StorageError, UsageError
from ce_cli.memory.limit import LEAST, limit
from ce_cli.text import plural

if TYPE_CHECKING:
    from ce_cli.engines.engine import Fold, Folded, Task, Watch

_AHEAD = 2  # tasks submitted for each process, so that none waits for the next
_TRIES = 2  # a task on which a process ends is done once more
_TO_END = 2.0  # seconds that a process has that was asked to end
_START = (
    "import sys; sys.path[:] = sys.argv[1:]; from ce_cli.engines.process_worker import main; main()"
)


class Processes:
    """Processes that are started with the first task, and end with `close` or with this one.

    They are started anew, not forked, since a fork amidst threads can keep their locks forever; and
    without the program's main module, which nobody needs to protect against being run again.

    Parameters
    ----------
    workers : int
        How many tasks are worked on at once.
    scheduler : object
        Not needed.
    watch : Watch, optional
        Sees how far the work is.
    """

    def __init__(self, workers: int, scheduler: object = None, watch: Watch | None = None) -> None:
        if scheduler is not None:
            raise UsageError(NO_SCHEDULER)
        self.workers = workers
        self._watch = watch or Unwatched()
        self.differences: tuple[str, ...] = ()
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        self._processes: list[_Process] = []

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        """The merged results of all tasks."""
        shipped = Shipped.of(fold, max(LEAST, limit() // self.workers))
        if not tasks:
            return fold.empty()
        pool = self._ready(pickle.dumps(shipped), min(self.workers, len(tasks)))
        try:
            parcel = self._parcel(pool, tasks)
        except BaseException:
            self.close()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        pool.shutdown()
        self.differences = parcel.differences
        return cast("Folded", parcel.opened())

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.close()
        self._processes.clear()
        self._idle = SimpleQueue()

    def _ready(self, fold: bytes, count: int) -> ThreadPoolExecutor:
        """A thread for each process, which waits for it."""
        self._watch.running(plural(count, "process"))
        for process in self._processes:
            process.fold = fold
        while len(self._processes) < count:
            process = _Process(fold)
            self._processes.append(process)
            self._idle.put(process)
        return ThreadPoolExecutor(max(1, len(self._processes)))

    def _parcel(
        self,
        pool: ThreadPoolExecutor,
        tasks: Sequence[Task],
    ) -> Parcel:
        tree: Tree[Future[bytes]] = Tree(lambda several: pool.submit(self._merge, several))
        waiting: deque[tuple[Task, Future[bytes]]] = deque()

        def finish_first() -> None:
            task, future = waiting.popleft()
            future.result()
            tree.add(future)
            self._watch.done(task)

        for task in tasks:
            waiting.append((task, pool.submit(self._ask, TASK, pickle.dumps(task))))
            if len(waiting) >= _AHEAD * self.workers:
                finish_first()
        while waiting:
            finish_first()
        total = tree.total()
        assert total is not None
        return cast(Parcel, pickle.loads(total.result()))

    def _merge(self, several: Sequence[Future[bytes]]) -> bytes:
        return self._ask(MERGE, pickle.dumps([one.result() for one in several]))

    def _ask(self, kind: bytes, rest: bytes) -> bytes:
        """Let an idle process work; a task on which it ends is done once more."""
        idle = self._idle
        process = idle.get()
        try:
            return process.answer(kind, rest)
        finally:
            idle.put(process)


class _Process:
    """One process, which one thread at a time waits for."""

    def __init__(self, fold: bytes) -> None:
        self.fold = fold
        self._sent: bytes | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._is_closed = False
        self._starting_or_closing = Lock()

    def answer(self, kind: bytes, rest: bytes) -> bytes:
        """What the process answers.

        Raises
        ------
        StorageError
            It ends instead, repeatedly, or is closed.
        """
        code = 0
        for _ in range(_TRIES):
            process = self._running()
            with contextlib.suppress(EOFError, OSError, ValueError):  # the last if it is closed
                return self._asked(process, kind, rest)
            self._process, code = None, _end(process)
        self._check_open()
        raise StorageError(
            f"a process that scored rows was ended {_how(code)}, {_TRIES} times: if memory is "
            "short, use fewer (--threads)."
        )

    def _running(self) -> subprocess.Popen[bytes]:
        with self._starting_or_closing:
            self._check_open()
            if self._process is None:
                command = [sys.executable, "-P", "-c", _START, *sys.path]
                pipe = subprocess.PIPE
                self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe)
                self._sent = None
            return self._process

    def _check_open(self) -> None:
        if self._is_closed:
            raise StorageError("the processes that scored rows were closed while they worked.")

    def _asked(self, process: subprocess.Popen[bytes], kind: bytes, rest: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        if self._sent is not self.fold:
            send(process.stdin, FOLD, self.fold)
            self._sent = self.fold
        send(process.stdin, kind, rest)
        return received(process.stdout)

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._starting_or_closing:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> int:
    """The exit code of a process, which has ended or is ended."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):  # what it did not read is lost with it
                stream.close()
    try:
        return process.wait(_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _how(code: int) -> str:
    import signal

    if code >= 0:
        return f"with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"
