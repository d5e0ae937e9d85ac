"""Blocks of whole records from a part of a file, which begins and ends anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import Bytes, ByteStream
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.inputs.text import records
from ce_cli.reading import Span

_AFTER = 1 << 16  # bytes that are read at once to find a line end


def divided(stream: ByteStream, span: Span) -> Span | None:
    """The span, if this text can be read from any place; it says so then."""
    if stream.offset() is None:
        return None
    span.is_divided = True
    return span


def blocks_of_span(
    stream: ByteStream,
    span: Span,
    newline: bytes,
    blocks: Callable[[Bytes], Iterator[bytes]],
    end_of: Callable[[bytes, int], int],
) -> Iterator[bytes]:
    """The records of a span, and where they begin and end.

    Its first record is the one after the first line end, as if that were outside quotes. Whether
    it was shows when the span before it has been read: that ends where a record does.

    Parameters
    ----------
    stream : ByteStream
        Positioned at the first record of the file.
    span : Span
        The part to read, which is given its beginning and end.
    newline : bytes
        The end of a line.
    blocks : callable
        Cuts a stream that begins with a record into blocks of whole records.
    end_of : callable
        Returns the offset after the first line end from an offset on that ends a record, 0 if
        there is none, given text that begins with a record.

    Raises
    ------
    DataError
        A record is longer than `LONGEST_RECORD`.
    """
    first = stream.offset() or 0
    begin = first if span.exact is None else span.exact
    if span.start and span.exact is None:
        begin = _after_line_end(stream, max(span.start, first), newline)
    span.begin = span.end = begin
    stop = None if span.stop is None else max(span.stop, first)  # the first record is in the first
    if stop is not None and begin > stop:
        return
    if begin != stream.offset():
        stream.move_to(begin)
    last, offset = b"", begin
    for block in blocks(stream if stop is None else _Limited(stream, stop - begin)):
        if last:
            yield last
        last, offset = block, offset + len(last)
    if stop is not None:
        last = _completed(stream, last, lambda data: end_of(data, stop - offset))
    span.end = offset + len(last)
    if last:
        yield last


def _completed(stream: Bytes, text: bytes, end_of: Callable[[bytes], int]) -> bytes:
    """A text and what follows it in the stream, up to where `end_of` finds the end."""
    more = _AFTER
    while not (end := end_of(text)) and (piece := stream.read(more)):
        text += piece
        more = max(more, len(text))  # look again only when there is much more to see
        if len(text) > 2 * LONGEST_RECORD:
            raise DataError(records.too_long(stream.path))
    return text[: end or None]


def _after_line_end(stream: ByteStream, offset: int, newline: bytes) -> int:
    """The offset after the first line end at or after an offset; without one, that of the end."""
    stream.move_to(offset)
    while piece := stream.read(_AFTER):
        place = piece.find(newline)
        if place >= 0:
            return offset + place + 1
        offset += len(piece)
    return offset


class _Limited:
    """The next so many bytes of a stream."""

    def __init__(self, stream: ByteStream, count: int) -> None:
        self.path = stream.path
        self._stream = stream
        self._left = count

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, roughly; empty only at the end."""
        data = self._stream.read(min(size, self._left)) if self._left else b""
        if len(data) > self._left:  # bytes that the stream held already
            self._stream.push_back(data[self._left :])
            data = data[: self._left]
        self._left -= len(data)
        return data
