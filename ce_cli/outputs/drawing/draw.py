"""Where a page becomes text: with rich on a terminal, plain elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from ce_cli.outputs.drawing.blocks import Block
from ce_cli.outputs.drawing.canvas import Canvas


def drawn(page: Iterable[Block], canvas: Canvas) -> str:
    """The whole page; `rich` is imported only where its colours and widths are of use."""
    if canvas.width is None and not canvas.colour:
        from ce_cli.outputs.drawing import plain

        return plain.drawn(page)
    from ce_cli.outputs.drawing import coloured

    return coloured.drawn(page, canvas)
