"""Pipes, terminals and sockets, read so that Ctrl-C always ends a read that waits for bytes."""

from __future__ import annotations

import io
import select
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PAUSE = 100  # milliseconds


class Pipe(io.RawIOBase):
    """A file whose bytes may not be there yet.

    A signal that comes after Python has looked for one, but before the system starts to wait,
    does not interrupt the wait. The time between is short, but it is where other threads take
    over, and the wait may have no end. So Python looks again every tenth of a second.

    Parameters
    ----------
    file : io.FileIO
        The open file.
    """

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._poll = select.poll()
        self._poll.register(file.fileno(), select.POLLIN)

    def readable(self) -> bool:
        """Yes."""
        return True

    def fileno(self) -> int:
        """That of the file."""
        return self._file.fileno()

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Wait for bytes and read those that are there."""
        while not self._poll.poll(_PAUSE):
            pass
        return self._file.readinto(buffer)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
