"""Drawing a page: with rich on a terminal, as plain text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from ce_cli.outputs.drawing.blocks import Block
from ce_cli.outputs.drawing.canvas import Canvas


def drawn(page: Iterable[Block], canvas: Canvas) -> str:
    """The whole page; `rich` is imported only if its colours and widths are needed."""
    if canvas.width is None and not canvas.colour:
        from ce_cli.outputs.drawing import plain

        return plain.drawn(page)
    from ce_cli.outputs.drawing import coloured

    return coloured.drawn(page, canvas)
