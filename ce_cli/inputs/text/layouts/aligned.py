"""Tables whose columns are aligned by blanks, as pandas, sqlite3 and R print them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence

from ce_cli.errors import DataError
from ce_cli.inputs.text.layouts.layout import Layout, are_names, as_csv, lines_of
from ce_cli.inputs.text.layouts.printed import are_types, check_whole, is_remark, is_rule
from ce_cli.inputs.text.layouts.row_names import have_names, is_header_in, too_short

_SEARCHED = 51
_GAP = re.compile(r" {2,}|\t+ *| +\t+ *")

Split = Callable[[str], list[str]]


def aligned(head: bytes, name: str, named: bool) -> Layout | None:
    """The layout of a table aligned by blanks, None if it is another.

    Without names of columns, only the blanks are rewritten.

    Raises
    ------
    DataError
        Rows or columns are left out.
    """
    lines = lines_of(head)
    whole = lines[:_SEARCHED] if len(lines) <= _SEARCHED else lines[: _SEARCHED - 1]
    texts = [line.decode(errors="replace") for line in whole]
    for split in (_by_blanks, _by_gaps):
        found = _header(texts, split, name) if named else None
        if found is None and not _is_nameless(texts, split, name):
            continue

        def rewrite(block: bytes, split: Split = split) -> bytes:
            return as_csv(_rows(block.splitlines(), split, name))

        header, count = found or ([], 0)
        consumed = sum(map(len, lines[:count]))
        return Layout("text in columns", ",", consumed, as_csv([header] * bool(count)), rewrite)
    return None


def _is_nameless(texts: Sequence[str], split: Split, name: str) -> bool:
    """Whether there are numbers in every column of the first line too."""
    rows = _rows([text.encode() for text in texts], split, name)
    regular = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
    return regular and not are_names(rows[0])


def _header(texts: Sequence[str], split: Split, name: str) -> tuple[list[str], int] | None:
    """The names of the columns, and how many lines there are above the first row."""
    place = 0
    while place < len(texts) and _is_above(texts[place]):
        place += 1
    if place == len(texts):
        return None
    names = split(texts[place])
    if names[0] == "#" and len(names) > 1:  # as numpy.savetxt writes the names
        names = names[1:]
    rows = _rows([text.encode() for text in texts[place + 1 :]], split, name)
    if texts[place].rstrip().endswith("\\"):
        raise DataError(
            f"{name}: this printed table is wrapped; print it wider, or write it as CSV."
        )
    place += 1
    if rows and len(rows) > 1 and are_types(rows[0]) and len(rows[0]) == len(names):
        rows, place = rows[1:], _line_after(texts, place)
    indented = texts[place - 1][:1].isspace()
    if indented and len(rows) > 1 and len(rows[0]) == 1 < len(rows[1]) == len(names) + 1:
        names, rows, place = [rows[0][0], *names], rows[1:], _line_after(texts, place)
    counts = {len(row) for row in rows}
    if len(counts) != 1 or not are_names(names) or any(name[-1] in ",;|" for name in names):
        return None
    comments = any(row[0].startswith("#") for row in rows)
    if comments or any(map(is_header_in, zip(*rows, strict=True))):
        return None
    count = counts.pop()
    if len(names) == count - 1 and (indented or len(names) > 1 or texts[0].startswith('"')):
        quoted = all(text.startswith('"') for text in texts if text.strip())
        if not indented and not have_names(names, rows, quoted):
            raise too_short(names, name)
        names = ["", *names]
    return (names, place) if len(names) == count > 1 else None


def _is_above(text: str) -> bool:
    """Whether a line is blank, drawn, or counts the rows below it."""
    return not text.strip() or is_rule(text) or is_remark(text)


def _line_after(texts: Sequence[str], place: int) -> int:
    """The place after the next line that has text and is not a rule."""
    while place < len(texts) and (not texts[place].strip() or is_rule(texts[place])):
        place += 1
    return place + 1


def _rows(lines: Sequence[bytes], split: Split, name: str) -> list[list[str]]:
    rows = []
    for encoded in lines:
        line = encoded.decode(errors="backslashreplace")
        if not line.strip() or is_rule(line) or is_remark(line):
            continue
        cells = split(line)
        check_whole(cells, name)
        rows.append(cells)
    return rows


def _by_blanks(line: str) -> list[str]:
    """Cells between any blanks; quotes may enclose blanks."""
    bare = line.strip().replace("\t", " ")
    if '"' not in bare:
        return bare.split()
    return next(csv.reader(io.StringIO(bare), delimiter=" ", skipinitialspace=True), [])


def _by_gaps(line: str) -> list[str]:
    """Cells between two blanks or a tab, where single blanks belong to the texts."""
    return _GAP.split(line.strip())
