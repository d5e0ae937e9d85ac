"""The page for people: drawn by rich on a terminal, as plain text in a pipe, a file or a log."""

from __future__ import annotations

from ce_cli.outputs.canvas import Canvas
from ce_cli.outputs.drawing import drawn
from ce_cli.outputs.page import blocks
from ce_cli.results.score import Result


def render(result: Result, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)
