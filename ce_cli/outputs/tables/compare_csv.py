"""A comparison as CSV: a line for each comparison, or for each in every group."""

from __future__ import annotations

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.tables.compare_flat import lines
from ce_cli.outputs.tables.score_csv import table
from ce_cli.results.compare import Compared


def render(result: Compared, canvas: Canvas) -> str:
    """One table; numbers have all their digits, and those not defined are empty cells."""
    return table(lines(result))
