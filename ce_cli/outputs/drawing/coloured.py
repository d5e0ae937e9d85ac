"""Drawing a page with rich, for a terminal."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ce_cli.outputs.drawing.blocks import Block, Grid, Line
from ce_cli.outputs.drawing.canvas import Canvas

_UNBOUNDED = 100_000


def drawn(page: Iterable[Block], canvas: Canvas) -> str:
    """The page as styled text; grids shrink to the width of the terminal."""
    text = io.StringIO()
    console = Console(
        file=text,
        width=canvas.width or _UNBOUNDED,
        force_terminal=canvas.colour,
        color_system="standard" if canvas.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for block in page:
        if isinstance(block, Line):
            console.print(_text(block), soft_wrap=not block.wrapped)
        else:
            console.print(_table(block))
    return text.getvalue()


def _text(line: Line) -> Text:
    return Text.assemble(*((span.text, span.style) for span in line.spans))


def _table(grid: Grid) -> Table:
    table = Table(
        box=None,
        pad_edge=False,
        padding=(0, 2, 0, 0),
        header_style="dim",
        show_header=bool(grid.header),
    )
    names = grid.header or ("",) * len(grid.right)
    for name, at_right in zip(names, grid.right, strict=True):
        table.add_column(Text(name), justify="right" if at_right else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(Text(span.text, span.style) for span in row))
    return table
