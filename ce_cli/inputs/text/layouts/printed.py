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
_COUNT = r"\d[\d,.]* rows?"
_REMARK = re.compile(
    rf"\({_COUNT}( affected)?\)|\[{_COUNT} x \d+ columns?\]|{_COUNT} in set.*"
    rf"|{_COUNT}( \(.*shown\))?\s+\d+ columns?|{_COUNT} \(.*shown\)"
    r"|shape: \(.*\)|# a tibble:.*|time: [\d.]+ ?m?s.*|run time: .*",
    re.IGNORECASE,
)
_DASHES = re.compile("--|==|─|═|━|╌")
_DRAWN = "|+:-= \t─│┼├┤┌┐└┘╭╮╰╯═║╪╞╡┬┴╔╗╚╝╠╣╦╩╬━┃┏┓┗┛┡┩╇┳┻┠┨╂╌"
_DOTS = {"...", "…", "..", "·", "⋮", ":"}


def is_rule(line: str) -> bool:
    """Whether a line is drawn: nothing but dashes and corners, two dashes at least."""
    bare = line.strip()
    return bool(_DASHES.search(bare)) and not bare.strip(_DRAWN)


def are_types(cells: Sequence[str]) -> bool:
    """Whether these are names of types, which some tools print below the names of columns."""
    return bool(cells) and all(_TYPES.fullmatch(cell.strip()) for cell in cells if cell.strip())


def is_remark(line: str) -> bool:
    """Whether a line counts rows or says how long the query took."""
    return bool(_REMARK.fullmatch(line.strip(" \t\r\n│|┃║")))


def check_whole(cells: Sequence[str], name: str) -> None:
    """Raise if a row stands for rows that were not printed."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    if filled and _DOTS.issuperset(filled):
        raise DataError(
            f"{name}: rows are left out of this printed table ({filled[0]!r}); write all rows, "
            "for example as CSV."
        )
