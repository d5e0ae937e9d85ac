"""Delimited text with an unusual header, lines above it, or delimiters at the ends of lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

from ce_cli.inputs.text import records
from ce_cli.inputs.text.dialect import found_delimiter, records_in
from ce_cli.inputs.text.layouts import row_names, two_headers
from ce_cli.inputs.text.layouts.drawn import skipped
from ce_cli.inputs.text.layouts.layout import Layout, Rows, as_csv, is_number, lines_of
from ce_cli.inputs.text.layouts.printed import is_remark, is_rule
from ce_cli.reading import Reading

_SEARCHED = 30  # lines before the table


def delimited_text(head: bytes, delimiter: str, reading: Reading, name: str) -> Layout | None:
    """The layout of delimited text, None if it is plain or a table is not evident.

    Raises
    ------
    DataError
        The rows have one field more than the header, which does not show the name of which.
    """
    first, *rows = records_in(head, delimiter) or [[]]
    if rows and is_rule("".join(rows[0])):
        return Layout("", delimiter, rewrite=_without_rules(delimiter))
    if all(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in first):
        return Layout("", delimiter, rewrite=_requoted(delimiter))
    found = _table(head, delimiter)
    regular = {len(row) for row in rows} == {len(first)} != {1}
    if found is None and regular and not _is_title(first):
        two_headers.check_one_header(first, rows, name)
    if found is not None or (regular and not _is_title(first)):
        return found
    below = _below_title(head, reading)
    short = {len(row) for row in rows} == {len(first) + 1} and not first[0].startswith("#")
    if below is None and short and len(rows) > 1:
        raise row_names.too_short(first, name)
    return below


def _table(head: bytes, delimiter: str) -> Layout | None:
    """The layout of a table that begins with the first line."""
    first, *rows = records_in(head, delimiter) or [[]]
    counts = {len(row) for row in rows}
    if not first or len(counts) > 1:
        return None
    count = counts.pop() if counts else len(first)
    names, ends, note, taken = list(first), 0, "", 0
    spare = _empty_at_end(rows, count)
    if count > len(first) and spare >= count - len(first):
        ends = count - len(first)
    elif count == len(first) and (named := _empty_at_end([first], count)):
        ends = named if spare >= named and named < count else 0
        names = names[: count - ends]
    elif count == len(first) + 1:
        if not row_names.have_names(first, rows, _begin_quoted(head)):
            return None
        names, note = ["", *first], row_names.NOTE
    elif count != len(first):
        return None
    if not ends and (several := two_headers.two_headers(names, rows)):
        (names, taken), note = several, two_headers.NOTE
    if names[0].startswith("#") and (count > 1 or all(is_number(row[0]) for row in rows)):
        names[0] = names[0].lstrip("# ") or names[0]
    if names == first and not ends:
        return None
    consumed = _end(head, taken + 1, delimiter)
    rewrite = _without_ends(delimiter, ends) if ends else None
    return Layout("", delimiter, consumed, as_csv([names], delimiter), rewrite, True, note)


def _below_title(head: bytes, reading: Reading) -> Layout | None:
    """The layout of a table below lines that do not belong to it."""
    offset = 0
    for line in lines_of(head)[:_SEARCHED]:
        offset += len(line)
        rest = head[offset:]
        delimiter = reading.delimiter or found_delimiter(rest, reading.decimal)
        table = records_in(rest, delimiter)
        if len(table) < 2:
            continue
        above = head[:offset]
        if not _is_regular(table) or not _is_header(table):
            continue
        own = [one for one in records_in(above, delimiter) if not _is_title(one)]
        if any(len(one) == len(table[0]) for one in own):
            return None
        shown = [one.decode(errors="replace").strip() for one in above.splitlines() if one.strip()]
        if any(one.startswith("#") for one in shown):
            return None  # comments, which have an option
        table_below = _table(rest, delimiter)
        note = skipped(shown)
        if table_below is None:
            return Layout("", delimiter, offset, note=note)
        consumed = offset + table_below.consumed
        return table_below.replace(consumed=consumed, note=table_below.note or note)
    return None


def _is_title(record: Sequence[str]) -> bool:
    """Whether only the first field has a text."""
    return len(record) > 1 and bool(record[0].strip()) and not any(map(str.strip, record[1:]))


def _is_regular(table: Rows) -> bool:
    return len({len(row) for row in table}) == 1 and len(table[0]) > 1


def _is_header(table: Rows) -> bool:
    """Whether the first of these records names columns, some of which hold numbers."""
    first, *rows = table
    if any(not cell.strip() or is_number(cell) for cell in first) or len(set(first)) < len(first):
        return False
    return any(all(is_number(cell) for cell in column) for column in zip(*rows, strict=True))


def _empty_at_end(rows: Rows, count: int) -> int:
    """How many fields at the end are empty in every row."""
    empty = 0
    while rows and empty < count and all(not row[count - 1 - empty].strip() for row in rows):
        empty += 1
    return empty


def _begin_quoted(head: bytes) -> bool:
    """Whether every line begins with a quote."""
    return all(line.startswith(b'"') for line in head.splitlines()[:_SEARCHED] if line.strip())


def _end(head: bytes, count: int, delimiter: str) -> int:
    """The offset after the first `count` records."""
    newline = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
    end = 0
    for _ in range(count):
        while head[end : end + 1] in (b"\r", b"\n") and end < len(head):
            end += 1
        length = records.first_record_end(head[end:], newline, delimiter.encode())
        end = end + length if length else len(head)
    return end


def _without_ends(delimiter: str, count: int) -> Callable[[bytes], bytes]:
    """A function that removes `count` delimiters from the ends of records."""
    mark = re.escape(delimiter.encode())
    before = mark + rb"\r\n"
    quoted_field = rb"((?:\A|(?<=[" + before + rb']))"[^"]*+(?:""[^"]*+)*+(?:"|\Z))'
    ends = rb"(?:" + mark + rb"[ ]*){%d}(?=[\r\n]|\Z)" % count
    pattern = re.compile(quoted_field + rb"|" + ends)

    def rewrite(block: bytes) -> bytes:
        return pattern.sub(lambda match: match[1] or b"", block)

    return rewrite


def _without_rules(delimiter: str) -> Callable[[bytes], bytes]:
    """A function that leaves out the rule below the header and the remark below the table."""

    def is_data(line: bytes) -> bool:
        text = line.decode(errors="replace")
        return not is_rule(text.replace(delimiter, " ")) and not is_remark(text)

    return lambda block: b"".join(line for line in lines_of(block) if is_data(line))


def _requoted(delimiter: str) -> Callable[[bytes], bytes]:
    """A function that turns single quotes around fields into double ones."""

    def rewrite(block: bytes) -> bytes:
        text = io.StringIO(block.decode(errors="backslashreplace"), newline="")
        return as_csv(csv.reader(text, delimiter=delimiter, quotechar="'"), delimiter)

    return rewrite
