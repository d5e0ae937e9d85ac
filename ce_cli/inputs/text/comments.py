"""Skipping comment lines in a stream of delimited text."""

from __future__ import annotations

import re

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.inputs.text import records

_NEWLINE_SEEN = 1 << 16  # bytes after which it is known what ends a line


class Uncommented:
    """A stream without the lines that begin with a comment character.

    Inside a quoted field such a line is data. Every read ends where a record does, so that no
    quote is open where the next read begins.

    Parameters
    ----------
    stream : ByteStream
        Positioned at the first byte.
    comment : bytes
        The comment character.
    delimiters : bytes
        The characters that may precede a field.
    """

    def __init__(self, stream: ByteStream, comment: bytes, delimiters: bytes) -> None:
        self.path = stream.path
        self._stream = stream
        self._comment = comment
        self._newline = b""
        self._rest = b""  # a record whose end has not been read yet
        self._held = b""
        self.set_delimiters(delimiters)

    def set_delimiters(self, delimiters: bytes) -> None:
        """Set the characters that precede a field, once they are known."""
        self._delimiters = delimiters

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, roughly; empty only at the end."""
        if self._held:
            held, self._held = self._held, b""
            return held
        pieces, self._rest = [self._rest], b""
        held_bytes = len(pieces[0])
        enough = max(held_bytes + 1, 0 if self._newline else _NEWLINE_SEEN)
        while piece := self._stream.read(size):
            pieces.append(piece)
            held_bytes += len(piece)
            if held_bytes < enough:
                continue
            kept, rest = self._cut(b"".join(pieces))
            if kept:
                self._rest = rest
                return kept
            if len(rest) > LONGEST_RECORD:
                raise DataError(records.too_long(self.path))
            pieces, held_bytes = [rest], len(rest)
            enough = 2 * held_bytes  # look again only when there is much more to see
        return self._without_comments(b"".join(pieces))

    def push_back(self, data: bytes) -> None:
        """Return bytes to the stream, to be read next."""
        self._held = data + self._held

    def _cut(self, data: bytes) -> tuple[bytes, bytes]:
        """The whole records of `data`, and the start of the next one."""
        if not self._newline:
            self._newline = b"\n" if b"\n" in data or b"\r" not in data[:-1] else b"\r"
        line_end = data.rfind(self._newline) + 1
        text = self._without_comments(data[:line_end])
        end = records.last_record_end(text, self._newline, self._delimiters)
        return text[:end], text[end:] + data[line_end:]

    def _without_comments(self, text: bytes) -> bytes:
        newline = self._newline or (b"\n" if b"\n" in text or b"\r" not in text else b"\r")
        if not text.startswith(self._comment) and newline + self._comment not in text:
            return text
        comment = re.escape(newline + self._comment) + b"[^" + newline + b"]*+"
        if b'"' in text:  # a quoted field is matched as a whole, and kept
            before = re.escape(self._delimiters + b"\r\n")
            quoted = b"([" + before + b']"[^"]*+(?:""[^"]*+)*+(?:"|\\Z))'
            return re.sub(quoted + b"|" + comment, rb"\1", newline + text)[1:]
        return re.sub(comment, b"", newline + text)[1:]
