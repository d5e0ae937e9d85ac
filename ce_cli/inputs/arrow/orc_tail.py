"""The end of an ORC file, checked before Arrow reads it: its reader trusts the sizes there.

The last byte is the length of the postscript, a message of Protocol Buffers: pairs of a key and a
number, or of a key, a length and bytes. See https://orc.apache.org/specification/ORCv1/.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

_LONGEST = 256  # bytes of a postscript and its length
_FOOTER, _COMPRESSION, _BLOCK, _METADATA = 1, 2, 3, 5  # fields of the postscript
_LARGEST_BLOCK = 1 << 23  # bytes, since the header of a block has 23 bits for its length
_NUMBER, _BYTES = 0, 2  # kinds of fields


def check_tail(file: io.BufferedReader) -> None:
    """Check the sizes in the postscript of a file.

    Raises
    ------
    ValueError
        They cannot be right; the message names the reason.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _LONGEST))
    end = file.read(_LONGEST)
    length = end[-1] if end else 0
    if not 0 < length < len(end):
        raise ValueError("it has no postscript")
    fields = dict(_numbers(end[-1 - length : -1]))
    if fields.get(_COMPRESSION) and not 0 < fields.get(_BLOCK, 1) <= _LARGEST_BLOCK:
        raise ValueError(f"its blocks of {fields[_BLOCK]:,} bytes are too large")
    tail = fields.get(_FOOTER, 0) + fields.get(_METADATA, 0) + length + 1
    if tail > size:
        raise ValueError(f"its footer of {tail:,} bytes is longer than the file")


def _numbers(message: bytes) -> Iterator[tuple[int, int]]:
    """The fields that are numbers."""
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        if key & 7 not in (_NUMBER, _BYTES):
            raise ValueError("its postscript is broken")
        value, place = _number(message, place)
        if key & 7 == _NUMBER:
            yield key >> 3, value
        else:
            place += value


def _number(message: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it."""
    value = shift = 0
    while place < len(message) and shift < 64:
        byte = message[place]
        value, place, shift = value | (byte & 127) << shift, place + 1, shift + 7
        if byte < 128:
            return value, place
    raise ValueError("its postscript is broken")
