"""The dialect of a text table, from its first lines."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Sequence

DELIMITERS = ("\t", ";", "|", ",")  # a comma, which numbers and texts hold too, comes last
LAST_RESORT = " "
_SNIFFED_RECORDS = 50
_EXCEL = re.compile(rb'"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)


def declared_delimiter(head: bytes) -> tuple[str, int]:
    """The delimiter in Excel's first line ``sep=;``, and the line's length; empty without one."""
    match = _EXCEL.match(head)
    delimiter = match[1].decode("ascii", "replace") if match else ""
    return (delimiter, match.end()) if match and delimiter.isascii() else ("", 0)


def found_delimiter(head: bytes, decimal: str = ".") -> str:
    """The candidate that cuts the first records into equally many fields, as many as possible.

    Spaces also occur in names and texts, so they are considered only where nothing else cuts, and
    only if they cut all records equally.

    A decimal comma would cut every number in two, so with decimal commas the comma is chosen only
    where nothing else cuts: in files that quote their numbers.
    """
    text = head.decode(errors="replace")
    best, best_rank = ",", (False, 1)
    for delimiter in DELIMITERS:
        counts = _counts(text, delimiter)
        rank = (len(set(counts)) == 1, counts[0]) if counts else (False, 1)
        if delimiter == decimal and best_rank > (False, 1):
            break
        if rank[1] > 1 and rank > best_rank:
            best, best_rank = delimiter, rank
    if best_rank == (False, 1):
        counts = _counts(text, LAST_RESORT)
        best = LAST_RESORT if counts and set(counts) == {counts[0]} != {1} else best
    return best


def distinct(header: Sequence[str]) -> list[str]:
    """Make names unique, so that a repeated column does no harm if it is not used."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
    return names


def is_misfit(first: Sequence[str], following: bytes) -> bool:
    """Whether a first record that begins with ``#`` is a comment, judging by the next records."""
    if not first or not first[0].startswith("#"):
        return False
    rest = re.sub(rb"(?m)^#.*$", b"", following).lstrip(b"\r\n")
    counts = _counts(rest.decode(errors="replace"), found_delimiter(rest))
    return bool(counts) and counts[0] != len(first)


def _counts(text: str, delimiter: str) -> list[int]:
    """How many fields the first records have; the last of them may be cut short."""
    counts: list[int] = []
    with contextlib.suppress(csv.Error):  # a field is too long, so this is not the delimiter
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if record:
                counts.append(len(record))
            if len(counts) == _SNIFFED_RECORDS:
                break
    return counts[:-1] if len(counts) > 2 else counts
