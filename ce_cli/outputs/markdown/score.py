"""Markdown tables, for pull requests and job summaries."""

from __future__ import annotations

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import shown
from ce_cli.outputs.tables.flat import Line, tables
from ce_cli.results.document import Scalar
from ce_cli.results.score import Result


def render(result: Result, canvas: Canvas) -> str:
    """A headline, then every table."""
    value = result.metrics.get("cross_entropy")
    head = "" if value is None else f"**Cross-entropy {shown(value)} {result.unit}**"
    parts = [escaped(", ".join(result.inputs)), head, *(_table(lines) for lines in tables(result))]
    parts += [f"> {escaped(warning.message)}" for warning in result.warnings]
    parts.append(code(result.signature))
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(lines: list[Line]) -> str:
    names = list(lines[0])
    right = [_is_number(lines[0][name]) for name in names]
    rows = [[escaped(_cell(line[name])) for name in names] for line in lines]
    return table([escaped(name) for name in names], right, rows)


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    return shown(value) if isinstance(value, float) else str(value)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float)
