"""How a text table is written, as its first lines show."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence

DELIMITERS = (",", "\t", ";", "|")
_SNIFFED_RECORDS = 50


def found_delimiter(head: bytes) -> str:
    """The candidate that cuts the first records into equally many fields, and most of them."""
    text = head.decode(errors="replace")
    best, best_rank = ",", (False, 1)
    for delimiter in DELIMITERS:
        counts: list[int] = []
        with contextlib.suppress(csv.Error):  # a field too long: it is none of this delimiter
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                if record:
                    counts.append(len(record))
                if len(counts) == _SNIFFED_RECORDS:
                    break
        complete = counts[:-1] if len(counts) > 2 else counts
        rank = (len(set(complete)) == 1, counts[0]) if counts else (False, 1)
        if rank[1] > 1 and rank > best_rank:
            best, best_rank = delimiter, rank
    return best


def distinct(header: Sequence[str]) -> list[str]:
    """Make names unique, so that a repeated column nobody asks for does no harm."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
    return names
