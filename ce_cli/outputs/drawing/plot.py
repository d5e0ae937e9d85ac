"""A curve drawn with braille dots, two by four in each character, and marks on it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from ce_cli.outputs.drawing.blocks import Line, Span
from ce_cli.outputs.numbers import shown
from ce_cli.results.explain_curves import Curve
from ce_cli.text import sanitize

WIDTH, HEIGHT = 60, 15
MARGIN = 8  # columns to the left of the plot, and one to its right
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))  # by column, from the top
_TOPS = {"nats": 5.0, "bits": 7.0, "bans": 2.0}
_TICKS = 5
_STYLES = {
    "dots": "cyan",
    "mark": "bold red",
    "gap": "red",
    "lowest": "bold green",
    "guide": "dim",
    "": "",
}
NAMES = "abcdefghij"

Cell = tuple[str, str]  # a character and its kind


def lines(curve: Curve, unit: str, columns: int) -> Iterator[Line]:
    """The plot, at most `columns` wide, and a legend of its marks.

    Parameters
    ----------
    curve : Curve
        Evenly spaced points: two for each column of the plot, or a multiple of that.
    unit : str
        The unit of the surprisals.
    columns : int
        The width of the page.
    """
    width = width_of_plot(columns)
    top = _top(curve, unit)
    title = f"surprisal ({unit})"
    yield from framed(_cells(curve, top, width), top, title, "probability of the observed outcome")
    yield from _legend(curve, unit)


def width_of_plot(columns: int) -> int:
    """How many columns of a page with `columns` the plot takes."""
    return WIDTH if columns >= WIDTH + MARGIN + 1 else WIDTH // 2


def framed(cells: Sequence[Sequence[Cell]], top: float, title: str, below: str) -> Iterator[Line]:
    """The cells between their axes: from 0 to `top`, and from 0 to 1.

    Parameters
    ----------
    cells : sequence of sequence of (str, str)
        Rows of characters with their kinds.
    top : float
        The upper end of the vertical axis.
    title, below : str
        What the vertical and the horizontal axis show.
    """
    width = len(cells[0])
    yield Line((Span(f" {title}", "dim"),))
    labels = _labels(top)
    for row, line in enumerate(cells):
        label = Span(f"{labels.get(row, ''):>{MARGIN - 2}} {'┤' if row in labels else '│'}", "dim")
        yield Line((label, *_spans(line)))
    yield Line((Span(_axis(width), "dim"),))
    yield Line((Span(_scale(width), "dim"),))
    yield Line((Span(" " * MARGIN + f"{below:^{width}}".rstrip(), "dim"),))


def empty_cells(width: int) -> list[list[Cell]]:
    """Cells to draw in, row by row."""
    return [[(" ", "")] * width for _ in range(HEIGHT)]


def _top(curve: Curve, unit: str) -> float:
    """The upper end of the vertical axis: high enough for every finite mark."""
    highest = max((y for _, _, y in curve.marks if math.isfinite(y)), default=0.0)
    return max(_TOPS[unit], math.ceil(highest * 1.05))


def _cells(curve: Curve, top: float, width: int) -> list[list[Cell]]:
    cells = empty_cells(width)
    draw_curve(cells, curve.points, top)
    alone = len(curve.marks) == 1
    for number, (_, x, y) in reversed(list(enumerate(curve.marks))):
        row, column = row_of(y, top), column_of(x, width)
        if alone:
            _guide(cells, row, column)
        cells[row][column] = ("●" if alone else NAMES[number], "mark")
    return cells


def draw_curve(cells: list[list[Cell]], points: Sequence[tuple[float, float]], top: float) -> None:
    """Fill each column of dots from one point to the next, so that the curve has no gaps.

    Parameters
    ----------
    cells : list of list of (str, str)
        To draw in.
    points : sequence of (float, float)
        Evenly spaced: two for each column of the plot, or a multiple of that, and one more.
    top : float
        The upper end of the vertical axis.
    """
    step = (len(points) - 1) // (2 * len(cells[0]))
    for place, ((_, left), (_, right)) in enumerate(pairwise(points[::step])):
        if min(left, right) > top:
            continue
        first, last = sorted((_dot(left, top), _dot(right, top)))
        for dot in range(first, last + 1):
            row, column = dot // 4, place // 2
            before = ord(cells[row][column][0]) if cells[row][column][1] else _BRAILLE
            cells[row][column] = (chr(before | _DOTS[place % 2][dot % 4]), "dots")


def row_of(height: float, top: float) -> int:
    """The row of cells that a height is in, counted from the top."""
    return _dot(height, top) // 4


def column_of(x: float, width: int) -> int:
    """The column of cells that a probability is in."""
    return min(width - 1, int(x * width))


def _dot(surprisal: float, top: float) -> int:
    """The row of dots, counted from the top; larger surprisals are at the top."""
    last = 4 * HEIGHT - 1
    return last - round(min(surprisal, top) / top * last)


def _guide(cells: list[list[Cell]], row: int, column: int) -> None:
    """Draw lines from a mark to the axes, behind the curve."""
    for left in range(column):
        if cells[row][left][0] == " ":
            cells[row][left] = ("┈", "guide")
    for below in range(row + 1, HEIGHT):
        if cells[below][column][0] == " ":
            cells[below][column] = ("┊", "guide")


def _spans(line: Sequence[Cell]) -> Iterator[Span]:
    for kind, run in groupby(line, key=lambda cell: cell[1]):
        yield Span("".join(character for character, _ in run), _STYLES[kind])


def _labels(top: float) -> dict[int, str]:
    """The labels of the vertical axis, by row."""
    step = _step(top)
    ticks = [number * step for number in range(int(top / step + 1e-9) + 1)]
    return {_dot(tick, top) // 4: f"{tick:g}" for tick in ticks}


def _step(top: float) -> float:
    """The distance between ticks: 1, 2 or 5 times a power of 10."""
    power = 10.0 ** math.floor(math.log10(top / _TICKS))
    return next(power * one for one in (1, 2, 5, 10) if top / (power * one) <= _TICKS + 1e-9)


def _axis(width: int) -> str:
    ticks = {round(quarter * (width - 1) / 4) for quarter in range(5)}
    line = "".join("┬" if column in ticks else "─" for column in range(width))
    return " " * (MARGIN - 1) + "└" + line


def _scale(width: int) -> str:
    line = [" "] * (width + MARGIN + 4)
    for quarter, text in enumerate(("0", "0.25", "0.5", "0.75", "1")):
        middle = MARGIN + round(quarter * (width - 1) / 4)
        start = middle - len(text) // 2
        line[start : start + len(text)] = text
    return "".join(line).rstrip()


def _legend(curve: Curve, unit: str) -> Iterator[Line]:
    for number, (name, x, y) in enumerate(curve.marks):
        sign = "●" if len(curve.marks) == 1 else NAMES[number]
        label = f" {sanitize(name, 24)}:" if name is not None else ""
        text = f"{label} q = {shown(x)}, surprisal {shown(y)} {unit}"
        yield Line((Span(f"{sign:>{MARGIN + 1}}", "bold red"), Span(text)))
    if curve.more:
        yield Line((Span(f"{'':{MARGIN}}… and {curve.more:,} more", "dim"),))
