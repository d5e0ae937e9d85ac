"""Tables with lines between columns: Markdown, psql, MySQL, DuckDB, polars and others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ce_cli.errors import DataError
from ce_cli.inputs.text.layouts.layout import Layout, as_csv, lines_of
from ce_cli.inputs.text.layouts.printed import are_types, check_whole, is_remark, is_rule
from ce_cli.text import quoted

_SEARCHED = 30  # lines before the table
_BARS = "|│┃║┆╎¦"
_BAR = re.compile(rf"(?<!\\)[{_BARS}]")
_STRESSED = re.compile(r"(\*\*|__|\*|`)(.+)\1")


def drawn(head: bytes, name: str) -> Layout | None:
    """The layout of a table with lines between columns, None if it is another.

    Raises
    ------
    DataError
        The header has several lines, or rows are left out.
    """
    lines = [line.decode(errors="replace") for line in lines_of(head)[:_SEARCHED]]
    first = next((place for place, line in enumerate(lines) if _begins(lines, place, line)), None)
    if first is None:
        return None
    header, place = _header(lines, first)
    if len(header) > 1:
        header = [header[0], *(cells for cells in header[1:] if not _is_remark(cells))]
    if len(header) != 1:
        raise DataError(
            f"{name}: the header of this table has {len(header)} lines; write the names of the "
            "columns on one line, for example as CSV."
        )
    consumed = sum(map(len, lines_of(head)[:place]))

    def rewrite(block: bytes) -> bytes:
        return as_csv(_rows(block, name))

    above = [line.strip() for line in lines[:first] if line.strip() and not is_remark(line)]
    return Layout("a drawn table", ",", consumed, as_csv(header), rewrite, note=skipped(above))


def skipped(above: Sequence[str]) -> str:
    """The note that lines above a table were left out, empty if there are none."""
    if not above:
        return ""
    if len(above) == 1:
        return f"the line {quoted(above[0])} above the table was left out"
    return f"the {len(above)} lines above the table were left out ({quoted(above[0])}, …)"


def _begins(lines: Sequence[str], place: int, line: str) -> bool:
    """Whether a table begins at this line: a rule with corners, or names above a rule."""
    if is_rule(line):
        return bool(_BAR.search(lines[place + 1])) if place + 1 < len(lines) else False
    if not _BAR.search(line):
        return False
    if place + 1 < len(lines) and is_rule(lines[place + 1]):
        return True
    return place == 0 and all(_is_framed(one) for one in lines[:3] if one.strip())


def _is_framed(line: str) -> bool:
    bare = line.strip()
    return len(bare) > 1 and bare[0] in _BARS and bare[-1] in _BARS


def _header(lines: Sequence[str], first: int) -> tuple[list[list[str]], int]:
    """The rows of the header, and the number of lines down to the rule below it."""
    place = first
    while place < len(lines) and is_rule(lines[place]):
        place += 1
    rows: list[list[str]] = []
    while place < len(lines) and not is_rule(lines[place]) and lines[place].strip():
        rows.append(_cells(lines[place]))
        place += 1
    if place < len(lines) and is_rule(lines[place]):
        return rows, place + 1
    return rows[:1], first + 1  # there is no rule at all


def _is_remark(cells: Sequence[str]) -> bool:
    dashes = all(set(cell) <= {"-"} for cell in cells)
    return dashes or are_types(cells)


def _rows(block: bytes, name: str) -> list[list[str]]:
    rows = []
    for encoded in block.splitlines():
        line = encoded.decode(errors="backslashreplace")
        if not line.strip() or is_rule(line):
            continue
        if is_remark(line):
            _check_count(line, name)
            continue
        cells = _cells(line)
        check_whole(cells, name)
        rows.append(cells)
    return rows


def _check_count(line: str, name: str) -> None:
    if "shown" in line:
        bare = line.strip(" \t\r\n" + _BARS)
        raise DataError(
            f"{name}: rows are left out of this printed table ({bare!r}); write all rows, for "
            "example as CSV."
        )


def _cells(line: str) -> list[str]:
    bare = line.strip()
    cells = _BAR.split(bare)
    if bare[0] in _BARS:
        cells = cells[1:]
    if len(cells) > 1 and bare[-1] in _BARS and not bare.endswith("\\" + bare[-1]):
        cells = cells[:-1]
    return [_bare(cell.strip().replace("\\|", "|")) for cell in cells]


def _bare(cell: str) -> str:
    """The text of a cell that Markdown prints bold or as code."""
    match = _STRESSED.fullmatch(cell)
    return match[2] if match else cell
