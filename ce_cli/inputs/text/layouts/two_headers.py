"""Names of columns on two lines, as pandas writes a MultiIndex."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.errors import DataError
from ce_cli.inputs.text.layouts.layout import Rows, is_number
from ce_cli.inputs.text.layouts.row_names import is_header_in
from ce_cli.text import quoted

NOTE = "the first two lines were read as names of columns"


def two_headers(first: Sequence[str], rows: Rows) -> tuple[list[str], int] | None:
    """The joined names, and how many of `rows` belong to the header; None if only `first` does.

    The second line continues the header if that makes repeated names differ, and if the line does
    not fit the rows below it: a text above numbers, or whole numbers above fractions.
    """
    if len(rows) < 2:
        return None
    upper = list(first)
    for place in range(1, len(upper)):  # a merged cell continues the one before it
        upper[place] = upper[place] or upper[place - 1]
    lower = ["" if cell.startswith("Unnamed:") else cell for cell in rows[0]]
    repeated = [upper.count(name) > 1 for name in upper]
    names = [
        f"{above}_{below}" if above and below and again else above or below
        for above, below, again in zip(upper, lower, repeated, strict=True)
    ]
    if not any(repeated) or len(set(upper)) == 1 or len(set(names)) < len(names):
        return None
    if any(is_number(cell) for cell, again in zip(lower, repeated, strict=True) if not again):
        return None
    taken = 1
    if not any(rows[1][1:]):  # the names of the index
        names[0], taken = rows[1][0], 2
    columns = list(zip(*rows[taken:], strict=True))
    pairs = list(zip(lower, columns, strict=True)) if columns else []
    if any(is_number(cell) and not _is_whole(cell) for cell in lower) or not pairs:
        return None
    return (names, taken) if any(_differs(cell, column) for cell, column in pairs) else None


def check_one_header(first: Sequence[str], rows: Rows, name: str) -> None:
    """Raise if the second line has words above numbers in every column, as the first line does.

    Raises
    ------
    DataError
        One of the two lines is not a row, and not the header.
    """
    if len(rows) > 1 and all(map(is_header_in, zip(*rows, strict=True))):
        raise DataError(
            f"{name}: the first line ({quoted(first[0])}, …) and the second line "
            f"({quoted(rows[0][0])}, …) both look like names of columns; keep one of them, for "
            "example the second: sed 1d."
        )


def _differs(cell: str, column: Sequence[str]) -> bool:
    """Whether a cell is a text above numbers, or a whole number above a fraction."""
    if not all(map(is_number, column)):
        return False
    if not is_number(cell):
        return bool(cell)
    return not all(map(_is_whole, column))


def _is_whole(cell: str) -> bool:
    return cell.strip().lstrip("+-").isdecimal()
