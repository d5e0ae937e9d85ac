"""Splits whose frames are read while those before them are worked on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from threading import Condition, Thread

from ce_cli.inputs.source import Frame, Split
from ce_cli.record import Record

_AHEAD = 2  # frames that wait at most


class ReadAhead(Record):
    """A split that a thread of its own reads, for when there are fewer splits than workers."""

    split: Split

    @property
    def size(self) -> int:
        """That of the split."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """Its frames, in order; an error comes after the frames before it."""
        reader = _Reader(self.split)
        try:
            yield from reader
        finally:
            reader.stop()


class _Reader:
    """The thread, and the frames that wait."""

    def __init__(self, split: Split) -> None:
        self._split = split
        self._waiting: deque[Frame] = deque()
        self._changed = Condition()
        self._stopped = self._done = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[Frame]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._done)
                if not self._waiting:
                    break
                frame = self._waiting.popleft()
                self._changed.notify()
            yield frame
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Wait for the thread, which reads at most one more frame."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._thread.join()

    def _read(self) -> None:
        try:
            for frame in self._split.frames():
                with self._changed:
                    self._changed.wait_for(lambda: self._stopped or len(self._waiting) < _AHEAD)
                    if self._stopped:
                        break
                    self._waiting.append(frame)
                    self._changed.notify()
        except BaseException as error:  # it is raised where the frames are used
            self._error = error
        with self._changed:
            self._done = True
            self._changed.notify()
