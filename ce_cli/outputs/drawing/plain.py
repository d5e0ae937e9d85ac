"""Drawing a page as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from unicodedata import combining, east_asian_width

from ce_cli.outputs.drawing.blocks import Block, Line

_GAP = "  "


def drawn(page: Iterable[Block]) -> str:
    """The page as text: lines unchanged, grids in columns as wide as their longest cell."""
    lines: list[str] = []
    for block in page:
        if isinstance(block, Line):
            lines.append("".join(span.text for span in block.spans))
            continue
        texts = [[span.text for span in row] for row in block.rows]
        lines += _aligned([list(block.header), *texts] if block.header else texts, block.right)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    widths = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    return [
        _GAP.join(
            _padded(cell, width, at_right)
            for cell, width, at_right in zip(row, widths, right, strict=True)
        )
        for row in rows
    ]


def _padded(text: str, width: int, at_right: bool) -> str:
    space = " " * (width - width_of(text))
    return space + text if at_right else text + space


def width_of(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(combining(character) > 0 for character in text)
