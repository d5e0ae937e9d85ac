"""What a page for people is made of: lines of text, and grids of cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.outputs.numbers import shown
from ce_cli.record import Record
from ce_cli.results.document import Scalar
from ce_cli.results.score import Interval, Note
from ce_cli.text import sanitize


class Span(Record):
    """Some text in one style, of those that rich knows by name."""

    text: str
    style: str = ""


class Line(Record):
    """Text that a terminal may wrap."""

    spans: tuple[Span, ...] = ()


class Grid(Record):
    """Cells in columns.

    Attributes
    ----------
    header : tuple of str
        Column names; none for a grid without a header.
    right : tuple of bool
        Which columns are aligned to the right.
    rows : tuple of tuple of Span
        As many cells as columns, each.
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
    """From the lower to the upper bound."""
    return f"{shown(interval.low)} … {shown(interval.high)}" if interval else ""


def shortened(items: Sequence[str], most: int, noun: str = "classes") -> str:
    """Items between commas; of many, the first and the last."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[: most - 1])}, … {items[-1]} ({len(items)} {noun})"


def noted(warnings: Sequence[Note]) -> Iterator[Line]:
    """Warnings, with the first rows that they are about."""
    for warning in warnings:
        word = "Row" if warning.count == 1 else "Rows"
        rows = f" {word} {', '.join(f'{row:,}' for row in warning.rows)}" if warning.rows else ""
        more = ", …" if len(warning.rows) < warning.count else ""
        place = f"{rows}{more}." if rows else ""
        yield Line((Span("! ", "bold yellow"), Span(warning.message), Span(place, "dim")))
