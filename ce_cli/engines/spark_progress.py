"""How many tasks Spark has done, while a call waits for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ce_cli.engines.engine import Watch

_PAUSE = 0.5  # seconds


@contextlib.contextmanager
def shown(session: Any, tasks: Sequence[object], watch: Watch) -> Iterator[None]:
    """Report each task to `watch` once, as soon as Spark counts it as completed."""
    reported = 0

    def report(completed: int) -> None:
        nonlocal reported
        for task in tasks[reported:completed]:
            watch.done(task)
        reported = max(reported, min(completed, len(tasks)))

    following = _followed if "connect" in type(session).__module__ else _asked
    with following(session, report):
        yield
    report(len(tasks))


@contextlib.contextmanager
def _followed(session: Any, report: Callable[[int], None]) -> Iterator[None]:
    """A server of Spark Connect tells by itself."""

    def handle(stages: Any, **_: Any) -> None:
        report(sum(stage.num_completed_tasks for stage in stages or ()))

    session.registerProgressHandler(handle)
    try:
        yield
    finally:
        session.removeProgressHandler(handle)


@contextlib.contextmanager
def _asked(session: Any, report: Callable[[int], None]) -> Iterator[None]:
    """Spark in this process is asked now and then."""
    ended = Event()
    tracker = session.sparkContext.statusTracker()

    def ask() -> None:
        while not ended.wait(_PAUSE):
            with contextlib.suppress(Exception):  # a bar that stands still harms nobody
                stages = map(tracker.getStageInfo, tracker.getActiveStageIds())
                report(sum(stage.numCompletedTasks for stage in stages if stage is not None))

    thread = Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
