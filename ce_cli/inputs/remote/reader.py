"""A file of a server as a file of Python: read from its beginning, or in any order."""

from __future__ import annotations

import io
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from ce_cli.inputs.remote.fetching import FETCHERS, Started
from ce_cli.inputs.remote.remote_file import RemoteFile

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_FIRST = 1 << 17  # bytes, which show the format
_FASTER = 16  # times as many bytes for each request, as long as all are read …
_MOST = 1 << 23  # … up to so many
_AHEAD = 2  # such requests are made ahead
_BLOCK = 1 << 22
_BLOCKS = 8  # of one file, which are kept


class _Reader(io.RawIOBase):
    """A file of a server that is read from any place.

    Parameters
    ----------
    file : RemoteFile
        The file.
    """

    def __init__(self, file: RemoteFile) -> None:
        self.file = file
        self._place = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place; nothing is fetched."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.file.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes, as many as there are in one piece."""
        view = memoryview(buffer).cast("B")
        if not len(view) or self._place >= self.file.size:
            return 0
        data = self._piece_from(self._place, len(view))[: len(view)]
        view[: len(data)] = data
        self._place += len(data)
        return len(data)

    def _piece_from(self, place: int, wanted: int) -> memoryview:
        """The bytes from a place that are there, or were fetched since some are wanted."""
        raise NotImplementedError


class RemoteReader(_Reader):
    """Bytes that are fetched in pieces, which grow as long as these are read in order."""

    def __init__(self, file: RemoteFile) -> None:
        super().__init__(file)
        self._piece, self._start = memoryview(b""), 0
        self._step = _FIRST
        self._coming: deque[tuple[int, Started[memoryview]]] = deque()

    def _piece_from(self, place: int, wanted: int) -> memoryview:
        if not self._start <= place < self._start + len(self._piece):
            self._next_piece(wanted)
        return self._piece[place - self._start :]

    def close(self) -> None:
        """Fetch nothing more."""
        self._drop()
        super().close()

    def _next_piece(self, wanted: int) -> None:
        in_order = self._place == self._start + len(self._piece)
        if not in_order:
            self._drop()
            self._step = _FIRST
        if self._coming and self._coming[0][0] == self._place:
            piece = self._coming.popleft()[1].result()
        elif self._place == 0:
            piece = memoryview(self.file.keep(0, _FIRST))
        else:
            if in_order:
                self._step = min(_MOST, self._step * _FASTER)
            piece = self.file.read_at(self._place, max(self._step, min(wanted, _MOST)))
        self._piece, self._start = piece, self._place
        if self._step == _MOST:
            self._fetch_ahead()

    def _fetch_ahead(self) -> None:
        place = self._start + len(self._piece)
        for begun, _ in self._coming:
            place = begun + _MOST
        while len(self._coming) < _AHEAD and place < self.file.size:
            call = partial(self.file.read_at, place, _MOST)
            self._coming.append((place, FETCHERS.start(call)))
            place += _MOST

    def _drop(self) -> None:
        for _, started in self._coming:
            started.cancel()
        self._coming.clear()


class BlockReader(_Reader):
    """The same for formats that jump in their files: large blocks, which all readers share."""

    def _piece_from(self, place: int, wanted: int) -> memoryview:
        number, start = divmod(place, _BLOCK)
        call = partial(self.file.read_at, number * _BLOCK, _BLOCK)
        return self.file.shared(number, lambda: FETCHERS.start(call), _BLOCKS).result()[start:]
