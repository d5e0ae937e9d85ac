"""Several tables in one file, between blank lines."""

from __future__ import annotations

import re

from ce_cli.errors import DataError
from ce_cli.inputs.text.dialect import records_in
from ce_cli.inputs.text.layouts.layout import is_number
from ce_cli.text import quoted

_BLANK = re.compile(rb"(?<=\n)(?:[ \t]*\r?\n)+")


def check_one_table(head: bytes, delimiter: str, name: str) -> None:
    """Raise if another table with its own header follows a blank line.

    Raises
    ------
    DataError
        There are two tables.
    """
    for gap in _BLANK.finditer(head):
        above, below = head[: gap.start()], head[gap.end() :]
        first = records_in(above, delimiter)
        second = records_in(below, delimiter)
        if len(first) < 2 or len(second) < 2 or (b'"' in above and above.count(b'"') % 2):
            continue
        names, row = second[:2]
        texts = not any(map(is_number, names)) and all(name.strip() for name in names)
        if len(names) > 1 and texts and len(row) == len(names) and any(map(is_number, row)):
            line = head.count(b"\n", 0, gap.end()) + 1
            if not any(map(is_number, first[1])) or names == first[0]:
                continue
            raise DataError(
                f"{name}: another table begins on line {line} ({quoted(names[0])}, …), after a "
                "blank line; write each table to its own file."
            )
