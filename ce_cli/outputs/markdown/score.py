"""Markdown tables, for pull requests and job summaries."""

from __future__ import annotations

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import shown
from ce_cli.outputs.tables.flat import Line, tables
from ce_cli.registry import FIGURES
from ce_cli.results.document import Scalar
from ce_cli.results.score import Result

_DIGITS = 5


def render(result: Result, canvas: Canvas) -> str:
    """The cross-entropy, then every table."""
    value = result.metrics.get("cross_entropy")
    head = "" if value is None else f"**Cross-entropy {shown(value)} {result.unit}**"
    parts = [escaped(", ".join(result.inputs)), head, *(_table(lines) for lines in tables(result))]
    parts += [f"{code(name)} is of {escaped(result.class_of(name))}." for name in result.about]
    parts += [f"> {escaped(warning.message)}" for warning in result.warnings]
    parts.append(code(result.signature))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(lines: list[Line]) -> str:
    names = list(lines[0])
    right = [_is_number(lines[0][name]) for name in names]
    rows = [[escaped(_cell(line[name], _digits_of(line))) for name in names] for line in lines]
    return table([escaped(name) for name in names], right, rows)


def _digits_of(line: Line) -> int:
    """How many digits the numbers of a line have: those of its figure, if it is of one."""
    figure = FIGURES.get(str(line.get("metric")))
    return _DIGITS if figure is None else figure.digits


def _cell(value: Scalar, digits: int) -> str:
    if value is None:
        return ""
    return shown(value, digits) if isinstance(value, float) else str(value)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float)
