"""A score as CSV: the table that the options choose, or else a line for each metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.group_lines import write_csv
from ce_cli.outputs.tables.flat import Line, main_table
from ce_cli.results.group_table import GroupTable
from ce_cli.results.score import Result


def render(result: Result, canvas: Canvas) -> str:
    """One table; numbers have all their digits, and those not defined are empty cells."""
    if isinstance(result.groups, GroupTable) and result.groups and not result.conventions:
        text = io.StringIO()
        write_csv(result.groups, text)
        return text.getvalue()
    return table(main_table(result))


def table(lines: Sequence[Line]) -> str:
    """The lines of a table below a header."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(lines[0])
    for line in lines:
        # only NaN is not equal to itself
        writer.writerow([cell if cell == cell else "" for cell in line.values()])  # noqa: PLR0124
    return text.getvalue()
