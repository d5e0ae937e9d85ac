"""Markdown tables, for pull requests and job summaries."""

from __future__ import annotations

from ce_cli.outputs.canvas import Canvas
from ce_cli.outputs.flat import Line, tables
from ce_cli.outputs.numbers import shown
from ce_cli.result import Result, Scalar
from ce_cli.text import sanitize


def render(result: Result, canvas: Canvas) -> str:
    """A headline, then every table."""
    value = result.metrics.get("cross_entropy")
    head = "" if value is None else f"**Cross-entropy {shown(value)} {result.unit}**"
    parts = [_escaped(", ".join(result.inputs)), head, *(_table(table) for table in tables(result))]
    parts += [f"> {_escaped(warning.message)}" for warning in result.warnings]
    parts.append(f"`{result.signature}`")
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(lines: list[Line]) -> str:
    names = list(lines[0])
    rule = ["---:" if _is_number(lines[0][name]) else "---" for name in names]
    rows = [names, rule, *([_cell(line[name]) for name in names] for line in lines)]
    return "\n".join(
        "| " + " | ".join(row if row is rule else [_escaped(c) for c in row]) + " |" for row in rows
    )


def _cell(value: Scalar) -> str:
    if value is None:
        return ""
    return shown(value) if isinstance(value, float) else str(value)


def _is_number(value: Scalar) -> bool:
    return isinstance(value, int | float)


def _escaped(text: str) -> str:
    safe = sanitize(text, 1000)
    for mark in "\\|*_`<>[]":
        safe = safe.replace(mark, "\\" + mark)
    return safe
