"""Bytes that a thread of its own reads, and decompresses, while those before them are used."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator

from ce_cli.inputs.ahead import Ahead

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
        self._pieces = Ahead(_pieces(read, position), _AHEAD)
        weakref.finalize(self, self._pieces.stop)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none only at the end; an error comes after the bytes before it."""
        piece = self._rest
        if not piece:
            piece, self._reached = next(self._pieces, (b"", self._reached))
        self._rest = piece[size:]
        return piece[:size]

    def position(self) -> int:
        """The position in the file of the bytes returned so far, or of those read with them."""
        return self._reached


def _pieces(
    read: Callable[[int], bytes], position: Callable[[], int]
) -> Iterator[tuple[bytes, int]]:
    """Each piece, and the position in the file after it; an empty one at the end."""
    piece = read(_PIECE)
    while piece:
        yield piece, position()
        piece = read(_PIECE)
    yield b"", position()
