"""Markdown that says what a text says, whatever characters it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ce_cli.text import sanitize

_LONGEST = 1000
_MARKS = "\\*_`<>[]&~#$"


def escaped(text: str) -> str:
    """Text in a sentence or a cell, none of which is markup."""
    return "".join("\\" + one if one in _MARKS else one for one in sanitize(text, _LONGEST))


def code(text: str) -> str:
    """Text as a code span, in which nothing is a mention, a link or a reference."""
    safe = sanitize(text, _LONGEST)
    if not safe:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    # One space is taken away at both ends, if there is anything else between them.
    space = " " if safe.strip(" ") and (safe[0] in " `" or safe[-1] in " `") else ""
    return f"{fence}{space}{safe}{space}{fence}"


def table(header: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown; a pipe in a cell, even in code, takes a backslash."""
    rule = ["---:" if at_right else "---" for at_right in right]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)
