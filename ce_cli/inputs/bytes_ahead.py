"""Bytes that a thread of its own reads, and decompresses, while those before them are used."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread, current_thread

_PIECE = 1 << 20  # bytes read at once
_AHEAD = 12  # pieces that wait at most: three blocks of text


class BytesAhead:
    """Bytes read ahead of their use, by a number of pieces.

    The thread ends at the end of the bytes, or when this object is no longer used.

    Parameters
    ----------
    read : callable
        Returns up to so many bytes, none only at the end; it never waits for long.
    position : callable
        The position in the file that has been reached.
    """

    def __init__(self, read: Callable[[int], bytes], position: Callable[[], int]) -> None:
        self._reached = 0
        self._rest = b""
        self._pieces = _Pieces(read, position)
        weakref.finalize(self, self._pieces.stop)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none only at the end; an error comes after the bytes before it."""
        piece = self._rest
        if not piece:
            piece, self._reached = self._pieces.next()
        self._rest = piece[size:]
        return piece[:size]

    def position(self) -> int:
        """The position in the file of the bytes returned so far, or of those read with them."""
        return self._reached


class _Pieces:
    """The thread, and the pieces that wait."""

    def __init__(self, read: Callable[[int], bytes], position: Callable[[], int]) -> None:
        self._read, self._position = read, position
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._changed = Condition()
        self._stopped = self._ended = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._fill, daemon=True)
        self._thread.start()

    def next(self) -> tuple[bytes, int]:
        """The next piece, and the position in the file after it; an empty one at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            if self._waiting:
                self._changed.notify()
                return self._waiting.popleft()
        if self._error is not None:
            raise self._error
        return b"", self._position()

    def stop(self) -> None:
        """Wait for the thread, which reads at most one more piece."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread is not current_thread():  # in which garbage may be collected
            self._thread.join()

    def _fill(self) -> None:
        try:
            while not self._stopped and (piece := self._read(_PIECE)):
                with self._changed:
                    self._waiting.append((piece, self._position()))
                    self._changed.notify()
                    self._changed.wait_for(lambda: self._stopped or len(self._waiting) < _AHEAD)
        except BaseException as error:  # it is raised where the bytes are used
            self._error = error
        with self._changed:
            self._ended = True
            self._changed.notify()
