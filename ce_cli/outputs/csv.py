"""CSV: the groups or the most surprising rows if asked for, else one line a metric."""

from __future__ import annotations

import csv
import io
import math

from ce_cli.outputs.canvas import Canvas
from ce_cli.outputs.flat import main_table
from ce_cli.result import Result, Scalar


def render(result: Result, canvas: Canvas) -> str:
    """One table, numbers in full; what is not defined is an empty cell."""
    lines = main_table(result)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: "" if _undefined(value) else value for name, value in line.items()})
    return text.getvalue()


def _undefined(value: Scalar) -> bool:
    return isinstance(value, float) and math.isnan(value)
