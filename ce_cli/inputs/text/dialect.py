"""The dialect of a text table, from its first lines."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

from ce_cli.inputs.source import FORMATS
from ce_cli.text import is_number

DELIMITERS = ("\t", ";", "|", ",")  # a comma, which numbers and texts hold too, comes last
LAST_RESORT = " "
SNIFFED_BYTES = 1 << 16
_SNIFFED_RECORDS = 50
_BLANK_LINES = rb"\A(?:[ \t]*[\r\n]+)+"
_BLANK_LINE = re.compile(rb"\n[ \t]*\r?\n[ \t]*[^\s]")
_ODD = "[ \t|│┃║┆]".encode()
_ODD_STARTS = ("#", "'", "┌", "╭", "╔", "┏", "│", "┃", "║")
_DIGIT = re.compile("[0-9]")
_EXCEL = re.compile(rb'"?sep=([^"\r\n])"?(?:\r\n|\r|\n)', re.IGNORECASE)


def declared_delimiter(head: bytes) -> tuple[str, int]:
    """The delimiter in Excel's first line ``sep=;``, and the line's length; empty without one."""
    match = _EXCEL.match(head)
    delimiter = match[1].decode("ascii", "replace") if match else ""
    return (delimiter, match.end()) if match and delimiter.isascii() else ("", 0)


def are_values(record: Sequence[str], whole: bool = False) -> bool:
    """Whether a first record is data: numbers, not all of which may be the names of classes.

    With `whole`, whole numbers are data as well.
    """
    if not all(is_number(field.strip()) for field in record):
        return False
    return whole or any(mark in field for field in record for mark in ".eE")


def without_blank_lines(head: bytes) -> bytes:
    """The text from its first line that is not blank."""
    may_be_blank = head[:1] in (b"\n", b"\r", b" ", b"\t")
    return re.sub(_BLANK_LINES, b"", head, count=1) if may_be_blank else head


def not_text(head: bytes) -> str:
    """Why a file with a byte NUL is not a text table, without its name."""
    place = head.index(0)
    order = "le" if place % 2 else "be"
    if head[place : place + 6 : 2] == b"\0\0\0" and b"\0" not in head[place + 1 : place + 6 : 2]:
        return f"is UTF-16 text without a mark of its byte order; use --encoding utf-16-{order}."
    return f"is not a text table (byte {place + 1:,} is NUL); ce reads {FORMATS}."


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


def looks_plain(head: bytes, delimiter: str) -> bool:
    """Whether nothing in the first records needs a closer look: most files are plain.

    Names are in the first record, each once; all records have as many fields as it has; and there
    is no blank line among them.
    """
    if head[:1] in b"|+@%" or _BLANK_LINE.search(head):
        return False
    first, *rows = records_in(head, delimiter) or [[]]
    if len(first) < 2 and re.search(_ODD, head):
        return False
    if any(len(row) != len(first) for row in rows) or "" in first[1:]:
        return False
    if len(set(first)) < len(first) or (first[:1] and first[0].startswith(_ODD_STARTS)):
        return False
    if delimiter == LAST_RESORT and (b"  " in head or head[:1] == b" "):
        return False
    return not rows or any(map(_DIGIT.search, rows[0]))  # not a rule, or names once more


def records_in(head: bytes, delimiter: str) -> list[list[str]]:
    """The first records; of a long text, the last one may be incomplete and is left out."""
    found = list(_records(head.decode(errors="replace"), delimiter))
    incomplete = len(head) >= SNIFFED_BYTES // 2 and len(found) < _SNIFFED_RECORDS
    return found[:-1] if incomplete and len(found) > 1 else found


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    """The first records that are not blank; none from one with a field that is too long."""
    with contextlib.suppress(csv.Error):  # so this is not the delimiter
        records = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        yield from islice(filter(None, records), _SNIFFED_RECORDS)


def _counts(text: str, delimiter: str) -> list[int]:
    """How many fields the first records have; the last of them may be cut short."""
    counts = [len(record) for record in _records(text, delimiter)]
    return counts[:-1] if len(counts) > 2 else counts
