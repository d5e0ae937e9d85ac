"""Text in Markdown, with every character shown as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ce_cli.text import sanitize

_LONGEST = 1000
_MARKS = "\\*_`<>[]&~#$"


def escaped(text: str) -> str:
    """Text in a sentence or a cell, with its markup escaped."""
    return "".join("\\" + one if one in _MARKS else one for one in sanitize(text, _LONGEST))


def code(text: str) -> str:
    """Text as a code span, so that nothing in it becomes a mention, a link or a reference."""
    safe = sanitize(text, _LONGEST)
    if not safe:
        return ""
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    # Markdown removes one space at both ends, unless the span is only spaces.
    space = " " if safe.strip(" ") and (safe[0] in " `" or safe[-1] in " `") else ""
    return f"{fence}{space}{safe}{space}{fence}"


def table(header: Sequence[str], right: Sequence[bool], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells in Markdown; a pipe in a cell, even in code, is escaped."""
    rule = ["---:" if at_right else "---" for at_right in right]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (header, rule, *rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in cells)
