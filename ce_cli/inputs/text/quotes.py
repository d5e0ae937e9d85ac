"""Quotes that are not closed where their field ends, so that they hide the rows after it."""

from __future__ import annotations

import numpy as np

from ce_cli.inputs.text import records

_QUOTE = b'"'


def hiding_quote(block: bytes, delimiter: str) -> int | None:
    """The offset of the first quote that hides rows, None without one.

    It is closed in another line, by a quote inside a field, or not at all.
    """
    if _QUOTE not in block:
        return None
    text = np.frombuffer(block, np.uint8)
    beside = np.zeros(256, np.bool_)
    beside[list(delimiter.encode() + b'\r\n"')] = True
    quotes = np.flatnonzero(text == _QUOTE[0])
    outer, inner = quotes[::2], quotes[1::2]
    outer, inner = outer[outer > 0], inner[inner + 1 < len(text)]
    pairs = not len(quotes) % 2 and beside[text[inner + 1]].all()
    if pairs and beside[text[outer - 1]].all():
        return None
    opens, closes = records.quoted_parts(block, delimiter.encode() + b"\r\n")
    ends = np.minimum(closes, len(block))
    well = beside[np.append(text, [_QUOTE[0]] * 2)[ends + 1]]
    for place in np.flatnonzero((ends == len(block)) | ~well).tolist():
        opened, end = int(opens[place]), int(ends[place])
        if end == len(block) or b"\n" in block[opened:end] or b"\r" in block[opened:end]:
            return _field_start(opens, closes, place)
    return None


def _field_start(opens: records.Places, closes: records.Places, place: int) -> int:
    """Where the field opens of which a part is quoted; doubled quotes make several of one."""
    while place and opens[place] == closes[place - 1] + 1:
        place -= 1
    return int(opens[place])


def record_start(block: bytes, place: int, delimiter: str) -> int:
    """Where the record begins that holds the byte at `place`, which is outside quotes."""
    before, delimiters = block[:place], delimiter.encode()
    return max(records.last_record_end(before, end, delimiters) for end in (b"\n", b"\r"))


def without_lines(block: bytes, line: bytes, delimiter: str) -> tuple[bytes, int]:
    """The block without the lines that equal `line`, outside quotes, and how many there were."""
    bare = line.rstrip(b"\r\n")
    if not bare or bare not in block:
        return block, 0
    quoted = records.quoted_parts(block, delimiter.encode() + b"\r\n") if _QUOTE in block else None
    kept: list[bytes] = []
    start = place = count = 0
    while (place := block.find(bare, place)) >= 0:
        end = place + len(bare)
        whole = place == 0 or block[place - 1 : place] in (b"\n", b"\r")
        whole = whole and (end == len(block) or block[end : end + 1] in (b"\n", b"\r"))
        if whole and not _is_within(place, quoted):
            kept.append(block[start:place])
            start, count = end, count + 1
        place = end
    kept.append(block[start:])
    return b"".join(kept), count


def _is_within(place: int, parts: tuple[records.Places, records.Places] | None) -> bool:
    """Whether an offset is inside one of the quoted parts."""
    if parts is None:
        return False
    opens, closes = parts
    part = int(np.searchsorted(opens, place)) - 1
    return part >= 0 and bool(closes[part] > place)
