"""The parts of a page for people: lines of text, and grids of cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.outputs.numbers import shown
from ce_cli.record import Record
from ce_cli.results.document import Scalar
from ce_cli.results.score import Interval, Note
from ce_cli.text import sanitize


class Span(Record):
    """Some text in one style, by the name that rich has for it."""

    text: str
    style: str = ""


class Line(Record):
    """Text that is wrapped at the width of a terminal, unless it is to be pasted."""

    spans: tuple[Span, ...] = ()
    wrapped: bool = True


class Grid(Record):
    """Cells in columns.

    Attributes
    ----------
    header : tuple of str
        Column names; empty for a grid without a header.
    right : tuple of bool
        Which columns are aligned to the right.
    rows : tuple of tuple of Span
        Each with one cell for each column.
    """

    header: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[Span, ...], ...]


Block = Line | Grid


def cell(value: Scalar) -> str:
    """A value in a table for people."""
    if isinstance(value, float):
        return shown(value)
    return "—" if value is None else sanitize(f"{value:,}" if isinstance(value, int) else value)


def reach(interval: Interval | None) -> str:
    """An interval from its lower to its upper end; empty if there is none."""
    return f"{shown(interval.low)} … {shown(interval.high)}" if interval else ""


def shortened(items: Sequence[str], most: int, noun: str = "classes") -> str:
    """Items separated by commas; of many, only the first few and the last."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[: most - 1])}, … {items[-1]} ({len(items)} {noun})"


def warning_lines(warnings: Sequence[Note]) -> Iterator[Line]:
    """Warnings, each with the numbers of the first rows that it is about."""
    for warning in warnings:
        word = "Row" if warning.count == 1 else "Rows"
        rows = f" {word} {', '.join(f'{row:,}' for row in warning.rows)}" if warning.rows else ""
        more = ", …" if len(warning.rows) < warning.count else ""
        place = f"{rows}{more}." if rows else ""
        yield Line((Span("! ", "bold yellow"), Span(warning.message), Span(place, "dim")))
