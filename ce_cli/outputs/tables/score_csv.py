"""CSV: the groups or the most surprising rows if asked for, else one line a metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.tables.flat import Line, main_table
from ce_cli.results.score import Result


def render(result: Result, canvas: Canvas) -> str:
    """One table, numbers in full; what is not defined is an empty cell."""
    return table(main_table(result))


def table(lines: Sequence[Line]) -> str:
    """Lines of one table, with their names first."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(lines[0])
    for line in lines:
        # NaN alone is not equal to itself
        writer.writerow([cell if cell == cell else "" for cell in line.values()])  # noqa: PLR0124
    return text.getvalue()
