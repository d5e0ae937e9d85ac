"""Rows that begin with a name or number which the header does not name, as R writes them."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.errors import DataError
from ce_cli.inputs.text.layouts.layout import Rows, are_names, is_number
from ce_cli.spec import MISSING_TEXTS
from ce_cli.text import plural, quoted

_FEW, _SOME = 3, 5  # rows that show names of rows: texts or numbers that never repeat

NOTE = (
    "the header has one name fewer than the rows have fields, so the first field of each row was "
    "read as the name of the row"
)


def have_names(names: Sequence[str], rows: Rows, quoted: bool) -> bool:
    """Whether the first field of each row is its name, judging by the first rows.

    Parameters
    ----------
    names : sequence of str
        The header, one field shorter than the rows.
    rows : sequence of sequences of str
        The first rows.
    quoted : bool
        Whether the header and the first field of every row are in quotes.
    """
    first = [row[0] for row in rows]
    if not rows or not are_names(names) or len(set(first)) < len(first):
        return False
    columns = list(zip(*(row[1:] for row in rows), strict=True))
    if any(is_header_in(column) for column in columns):
        return False
    numbered = _count_from(first, 1)
    if quoted and numbered:
        return True
    if not any(_may_be_labels(column) for column in columns):
        return False
    if (len(rows) > 1 and numbered) or (len(rows) >= _FEW and _count_from(first, 0)):
        return True
    texts = not any(map(is_number, first))
    alike = texts or all(cell.strip().isdecimal() for cell in first)
    return alike and len(rows) >= (_FEW if quoted else _SOME)


def too_short(names: Sequence[str], name: str) -> DataError:
    """The error where the rows have one field more than the header, and it is not clear which."""
    return DataError(
        f"{name}: the header has {plural(len(names), 'name')} ({quoted(names[0])}, …), but the "
        f"rows have {len(names) + 1} fields; name every column in the first line, "
        "or, if commas are decimal marks as well, quote the numbers."
    )


def _count_from(cells: Sequence[str], start: int) -> bool:
    return list(cells) == [str(number) for number in range(start, len(cells) + start)]


def is_header_in(column: Sequence[str]) -> bool:
    """Whether a word is above numbers."""
    word = any(map(str.isalpha, column[0])) and column[0].strip() not in MISSING_TEXTS
    return word and len(column) > 1 and not is_number(column[0]) and all(map(is_number, column[1:]))


def _may_be_labels(column: Sequence[str]) -> bool:
    """Whether a column has texts or whole numbers only."""
    return all(not is_number(cell) or cell.strip().lstrip("+-").isdecimal() for cell in column)
