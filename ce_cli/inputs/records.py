"""Cutting a stream of delimited text into blocks at record ends."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream, display_name
from ce_cli.text import counted

LONGEST_RECORD = 64 << 20
_QUOTE = b'"'


def blocks(stream: ByteStream, size: int, newline: bytes = b"\n") -> Iterator[bytes]:
    """Cut the rest of `stream` into blocks of whole records.

    A newline ends a record when the quotes before it are even in number: inside a quoted field
    they are odd, and a doubled quote counts twice.

    Parameters
    ----------
    stream : ByteStream
        Standing at the start of a record.
    size : int
        Bytes of a block, roughly; a longer record makes a longer block.
    newline : bytes
        What ends a line.

    Raises
    ------
    DataError
        A record is longer than `LONGEST_RECORD`.
    """
    pieces: list[bytes] = []
    held = 0
    while piece := stream.read(size):
        pieces.append(piece)
        held += len(piece)
        if held < size:
            continue
        data = b"".join(pieces)
        end = record_end(data, newline)
        if not end and held > LONGEST_RECORD:
            raise DataError(
                f"{display_name(stream.path)}: a record is longer than "
                f"{counted(LONGEST_RECORD >> 20, 'MB').removesuffix('s')}: "
                "a quote is never closed, or this is not a text table."
            )
        if not end:
            size = max(size, 2 * held)  # look again only when there is much more to see
        else:
            yield data[:end]
            pieces, held = [data[end:]], len(data) - end
    if rest := b"".join(pieces):
        yield rest


def record_end(data: bytes, newline: bytes = b"\n") -> int:
    """The offset behind the last newline that ends a record, 0 if there is none."""
    end = data.rfind(newline)
    if _QUOTE not in data:
        return end + 1
    quotes = data.count(_QUOTE, 0, max(end, 0))
    while end >= 0 and quotes % 2:
        before = data.rfind(newline, 0, end)
        quotes -= data.count(_QUOTE, max(before, 0), end)
        end = before
    return end + 1


def first_record_end(data: bytes, newline: bytes = b"\n") -> int:
    """The offset behind the first newline that ends a record, or the length of `data`."""
    start = 0
    while (end := data.find(newline, start)) >= 0:
        if data.count(_QUOTE, 0, end) % 2 == 0:
            return end + 1
        start = end + 1
    return len(data)
