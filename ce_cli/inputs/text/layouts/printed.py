"""What tables printed for people have in common: rules, remarks and rows that are left out."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ce_cli.errors import DataError

_TYPES = re.compile(
    r"(u?int|i|u|f|float)\d+|u?(tiny|small|big|huge)int|int(eger)?|double|real|float|numeric"
    r"|decimal(\(.*\))?|varchar(\(.*\))?|text|str(ing)?|bool(ean)?|object|date|time(stamp)?"
    r"|datetime(\[.*\])?|cat(egory)?|enum(\(.*\))?|<(chr|dbl|int|lgl|fct)>|chr|dbl|lgl|fct",
    re.IGNORECASE,
)
_COUNTS = re.compile(
    r"\(?\[?\d[\d,._ ]* rows?\b.*|shape: \(.*\)|# a tibble:.*|time: .*|run time: .*",
    re.IGNORECASE,
)
_DOTS = {"...", "…", "..", "·", "⋮", ":"}


def is_rule(line: str) -> bool:
    """Whether a line is drawn: nothing but dashes and corners, two dashes at least."""
    bare = line.strip()
    dashes = sum(map(bare.count, "-=─═━╌"))
    return dashes > 1 and not bare.strip("|+:-= \t─│┼├┤┌┐└┘╭╮╰╯═║╪╞╡┬┴╔╗╚╝╠╣╦╩╬━┃┏┓┗┛┡┩╇┳┻┠┨╂╌")


def are_types(cells: Sequence[str]) -> bool:
    """Whether these are names of types, which some tools print below the names of columns."""
    return bool(cells) and all(_TYPES.fullmatch(cell.strip()) for cell in cells if cell.strip())


def is_remark(line: str) -> bool:
    """Whether a line counts rows or says how long the query took."""
    return bool(_COUNTS.fullmatch(line.strip(" \t\r\n│|┃║")))


def check_whole(cells: Sequence[str], name: str) -> None:
    """Raise if a row stands for rows that were not printed."""
    filled = {cell.strip() for cell in cells} - {""}
    if filled and filled <= _DOTS:
        raise DataError(
            f"{name}: rows are left out of this printed table ({filled.pop()!r}); write all rows, "
            "for example as CSV."
        )
