"""Lines that are made while they are read, in place of the bytes of a file."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.inputs.bytestream import ByteStream


class LineStream:
    """The interface of a `ByteStream`, for lines that are made from what it holds.

    Parameters
    ----------
    stream : ByteStream
        The file, whose progress is reported.
    lines : iterator of bytes
        The lines, without their ends.
    """

    def __init__(self, stream: ByteStream, lines: Iterator[bytes]) -> None:
        self.path = stream.path
        self._stream = stream
        self._lines = lines
        self._held = b""

    def read(self, size: int) -> bytes:
        """At least `size` bytes of whole lines, if there are so many; empty only at the end."""
        if self._held:
            held, self._held = self._held, b""
            return held
        pieces: list[bytes] = []
        made = 0
        for line in self._lines:
            pieces += (line, b"\n")
            made += len(line) + 1
            if made >= size:
                break
        return b"".join(pieces)

    def peek(self, size: int) -> bytes:
        """Look at the next bytes, at least `size` if there are so many, without consuming them."""
        while len(self._held) < size:
            held = self._held
            self._held = b""
            piece = self.read(size - len(held))
            self._held = held + piece
            if not piece:
                break
        return self._held

    def newly_read(self) -> int:
        """The bytes read from the file since the last call."""
        return self._stream.newly_read()
