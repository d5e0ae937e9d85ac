"""Cutting a stream of delimited text into blocks at record ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import Bytes
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.text import display_name

_QUOTE = b'"'
_NEVER = np.iinfo(np.int64).max
_FEW = 8

Places = NDArray[np.int64]


def blocks(stream: Bytes, size: int, newline: bytes, delimiters: bytes) -> Iterator[bytes]:
    """Cut the rest of `stream` into blocks of whole records.

    Parameters
    ----------
    stream : Bytes
        Positioned at the start of a record.
    size : int
        Bytes of a block, roughly; a longer record makes a longer block.
    newline : bytes
        The end of a line.
    delimiters : bytes
        The characters that may precede a field.

    Raises
    ------
    DataError
        A record is longer than `LONGEST_RECORD`.
    """

    def end_of(data: bytes) -> int:
        return last_record_end(data, newline, delimiters)

    return cut(stream, size, newline, end_of, too_long)


def cut(
    stream: Bytes,
    size: int,
    newline: bytes,
    end_of: Callable[[bytes], int] | None,
    too_long: Callable[[str], str],
) -> Iterator[bytes]:
    """Cut the rest of `stream` into blocks.

    Parameters
    ----------
    stream : Bytes
        Positioned at the start of a block.
    size : int
        Bytes of a block, roughly.
    newline : bytes
        The end of a line, where a block may end if there is no quote in it.
    end_of : callable or None
        Returns the last offset at which a block with quotes may end, 0 if there is none; None if
        quotes do not matter.
    too_long : callable
        Returns the message, given the path, if `LONGEST_RECORD` bytes have no such offset.
    """
    pieces: list[bytes] = []
    held, enough = 0, size
    quotes = False
    while piece := stream.read(size):
        pieces.append(piece)
        held += len(piece)
        quotes = quotes or (end_of is not None and _QUOTE in piece)
        if held < enough:
            continue
        end = 0 if quotes else piece.rfind(newline) + 1
        if not end:
            pieces = [b"".join(pieces)]
            end = end_of(pieces[0]) if quotes and end_of else pieces[0].rfind(newline) + 1
        if end:
            last = pieces[-1]
            yield b"".join([*pieces[:-1], memoryview(last)[:end]])
            pieces, held, enough = [last[end:]], len(last) - end, size
            quotes = quotes and _QUOTE in pieces[0]
        elif held > LONGEST_RECORD:
            raise DataError(too_long(stream.path))
        else:
            enough = 2 * held  # search again only when there is much more data
    if rest := b"".join(pieces):
        yield rest


def too_long(path: str) -> str:
    """The message for a record that does not end."""
    return (
        f"{display_name(path)}: a record is longer than {LONGEST_RECORD >> 20} MB: "
        "a quote is not closed, or the file is not a text table."
    )


def last_record_end(data: bytes, newline: bytes, delimiters: bytes) -> int:
    """The offset after the last newline that ends a record, 0 if there is none."""
    end = data.rfind(newline)
    if _QUOTE not in data:
        return end + 1
    opens, closes = quoted_parts(data, delimiters + b"\r\n")
    for _ in range(_FEW):  # mostly the first is the one
        part = int(np.searchsorted(opens, end)) - 1
        if end < 0 or part < 0 or closes[part] < end:
            return end + 1
        end = data.rfind(newline, 0, int(opens[part]))
    ends = _ends_outside(data[: end + 1], newline, opens, closes)
    return int(ends[-1]) + 1 if len(ends) else 0


def first_record_end(data: bytes, newline: bytes, delimiters: bytes, least: int = 0) -> int:
    """The offset after the first newline from `least` on that ends a record; 0 without one."""
    end = data.find(newline, least)
    if end < 0 or _QUOTE not in data[:end]:
        return end + 1
    opens, closes = quoted_parts(data, delimiters + b"\r\n")
    ends = _ends_outside(data, newline, opens, closes)
    ends = ends[ends >= least]
    return int(ends[0]) + 1 if len(ends) else 0


def _ends_outside(data: bytes, newline: bytes, opens: Places, closes: Places) -> Places:
    """The offsets of the newlines outside quoted parts."""
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == newline[0])
    if not len(opens):
        return ends
    parts = np.searchsorted(opens, ends) - 1
    return ends[(parts < 0) | (closes[parts] < ends)]


def quoted_parts(data: bytes, before: bytes) -> tuple[Places, Places]:
    """Where quoted fields open and close, as the CSV reader sees them.

    A quote opens a field only where the field begins, after one of `before`; any other is text.
    If every second quote is in such a place, quotes simply pair up.
    """
    text = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(text == _QUOTE[0])
    opening = quotes[::2]
    starts = np.zeros(256, np.bool_)
    starts[list(before)] = True
    at_start = (opening == 0) | starts[text[opening - 1]]
    doubled = opening[1:] == quotes[1::2][: len(opening) - 1] + 1  # which continues the field
    at_start[1:] |= doubled
    if not at_start.all():
        return _walked(text, quotes, starts)
    closes = quotes[1::2]
    if len(closes) < len(opening):
        closes = np.append(closes, _NEVER)
    return opening, closes


def _walked(
    text: NDArray[np.uint8], quotes: Places, starts: NDArray[np.bool_]
) -> tuple[Places, Places]:
    """The same where some quotes are text, by runs of adjacent quotes.

    In a quoted field, two quotes are text, so a run of odd length closes it. Outside, a run at the
    start of a field opens one, which a run of even length closes too; any other run is text.
    """
    is_first = np.diff(quotes, prepend=-2) > 1
    firsts = quotes[is_first]
    lasts = quotes[np.append(is_first[1:], True)]
    odd = (lasts - firsts) % 2 == 0
    at_start = (firsts == 0) | starts[text[firsts - 1]]
    flips = np.cumsum(odd & at_start)
    places = np.arange(len(firsts))
    closed = np.maximum.accumulate(np.where(odd & ~at_start, places, -1))  # whatever was before
    inside = (flips - np.where(closed < 0, 0, flips[closed])) % 2 == 1
    was_inside = np.append(False, inside[:-1])
    opening = ~was_inside & at_start
    closes = lasts[np.where(was_inside, odd, at_start & ~odd)]
    if inside[-1]:
        closes = np.append(closes, _NEVER)
    return firsts[opening], closes
