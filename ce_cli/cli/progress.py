"""The progress of long work: counted from the start, and drawn from one second on."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.sizes import file_size
from ce_cli.process.signals import before_leaving

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_DELAY = 1.0  # seconds; shorter work draws nothing
_DUMB = ("dumb", "unknown")  # terminals on which nothing can be wiped


class Counter:
    """How much has been done; draws a bar on stderr if that takes long.

    Parameters
    ----------
    total : int or None
        The bytes to read, None if that is not known.
    """

    def __init__(self, total: int | None) -> None:
        self.rows = 0
        self._bytes = 0
        self._total = total
        self._start = time.monotonic()
        self._bar: Bar | None = None
        self._timer = threading.Timer(_DELAY, self._draw)
        self._timer.daemon = True
        with _signals_for_this_thread():
            self._timer.start()

    def add_rows(self, count: int) -> None:
        """Add rows that have been read."""
        self.rows += count

    def add_bytes(self, count: int) -> None:
        """Add bytes of files whose rows have been read."""
        self._bytes += count
        if self._bar is not None and self._total:
            self._bar.update(self._bar.task_ids[0], completed=self.done)

    @property
    def done(self) -> int:
        """The bytes done, at most the total, since a file may grow."""
        return min(self._bytes, self._total or 0)

    @property
    def rate(self) -> str:
        """Rows per second; nothing before the first rows."""
        return f"{self.rows / self._seconds:,.0f} rows/s" if self.rows else ""

    @property
    def left(self) -> str:
        """The time left, if the speed stays the same; nothing before there is a speed."""
        if not self.done or not self._total:
            return ""
        return f"{_clock(self._seconds * (self._total - self.done) / self.done)} left"

    @property
    def spent(self) -> str:
        """The time since the start."""
        return _clock(self._seconds)

    def close(self) -> None:
        """Wipe the bar, if it was drawn."""
        self._timer.cancel()
        self._timer.join()  # rich may be loading, and would draw the bar afterwards
        if self._bar is not None:
            self._bar.stop()

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._start

    def _draw(self) -> None:
        from ce_cli.cli.progress_bar import bar

        self._bar = bar(self, self._total)
        self._bar.start()


@contextlib.contextmanager
def shown(paths: Sequence[str]) -> Iterator[Counter | None]:
    """Show progress while files are read; None where stderr is not a terminal.

    Parameters
    ----------
    paths : sequence of str
        The files, each as often as it is read.
    """
    if sys.stderr is None or not sys.stderr.isatty() or os.environ.get("TERM") in _DUMB:
        yield None
        return
    sizes = [file_size(path) for path in paths]
    known = [size for size in sizes if size is not None]
    counter = Counter(sum(known) if len(known) == len(sizes) else None)
    take_back = before_leaving(counter.close)
    try:
        yield counter
    finally:
        counter.close()
        take_back()


@contextlib.contextmanager
def _signals_for_this_thread() -> Iterator[None]:
    """Start threads that receive no signals, since Ctrl-C must interrupt the one that reads."""
    if not hasattr(signal, "pthread_sigmask"):  # on Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _clock(seconds: float) -> str:
    """``0:42``, ``12:03`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
