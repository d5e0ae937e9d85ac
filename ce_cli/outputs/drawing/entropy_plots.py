"""Plots of two classes: H(p, q) over q with its minimum and the gap to it, and H(p) over p."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ce_cli.outputs.drawing.blocks import Line, Span
from ce_cli.outputs.drawing.plot import (
    MARGIN,
    NAMES,
    Cell,
    column_of,
    draw_curve,
    empty_cells,
    framed,
    row_of,
    width_of_plot,
)
from ce_cli.outputs.numbers import shown
from ce_cli.results.explain_curves import CrossEntropyCurve, EntropyCurve
from ce_cli.text import sanitize

_NAME = 20
_TOPS = {"nats": 2.0, "bits": 3.0, "bans": 1.0}
_HIGHEST_ENTROPY = {"nats": math.log(2), "bits": 1.0, "bans": math.log10(2)}
_SIGNS = {"mark": "bold red", "lowest": "bold green"}


def cross_entropy_lines(curve: CrossEntropyCurve, unit: str, columns: int) -> Iterator[Line]:
    """The plot of H(p, q), at most `columns` wide, and a legend of its marks.

    Parameters
    ----------
    curve : CrossEntropyCurve
        The curve, its minimum and its marks.
    unit : str
        The unit of the heights.
    columns : int
        The width of the page.
    """
    width, top = width_of_plot(columns), _top(curve, unit)
    cells = empty_cells(width)
    draw_curve(cells, curve.points, top)
    x, lowest = curve.minimum
    level = row_of(lowest, top)
    cells[level] = [one if one[0] != " " else ("┈", "guide") for one in cells[level]]
    marks = curve.marks[: len(NAMES)]
    for number, (_, q, height) in reversed(list(enumerate(marks))):
        _mark_gap(cells, level, row_of(height, top), column_of(q, width), _sign(curve, number))
    if cells[level][column_of(x, width)][1] != "mark":
        cells[level][column_of(x, width)] = ("○", "lowest")
    below = f"q, the predicted probability of {sanitize(curve.name, _NAME)}"
    yield from framed(cells, top, f"cross-entropy H(p, q) ({unit})", below)
    yield _legend("○", "lowest", f"q = p = {shown(x)}: H(p) = {shown(lowest)} {unit}, the minimum")
    for number, (name, q, height) in enumerate(marks):
        gap = shown(max(0.0, height - lowest))
        at = f"q = {shown(q)}: H(p, q) = {shown(height)}"
        if name is not None:
            text = f"{sanitize(name, _NAME)}: {at}, KL = {gap}"
            yield _legend(_sign(curve, number), "mark", text)
            continue
        yield _legend(_sign(curve, number), "mark", f"{at} {unit}")
        yield _legend("┃", "mark", f"KL(p‖q) = {gap} {unit}, the gap")
    if len(marks) < len(curve.marks):
        yield Line((Span(f"{'':{MARGIN}}… and {len(curve.marks) - len(marks):,} more", "dim"),))


def entropy_lines(curve: EntropyCurve, unit: str, columns: int) -> Iterator[Line]:
    """The plot of H(p), at most `columns` wide, and a legend of its mark.

    Parameters
    ----------
    curve : EntropyCurve
        The curve, and the label on it.
    unit : str
        The unit of the heights.
    columns : int
        The width of the page.
    """
    highest = _HIGHEST_ENTROPY[unit]
    width, top = width_of_plot(columns), highest * 1.05
    cells = empty_cells(width)
    draw_curve(cells, curve.points, top)
    if curve.mark is not None:
        x, height = curve.mark
        row, column = row_of(height, top), column_of(x, width)
        for below in range(row + 1, len(cells)):
            if cells[below][column][0] == " ":
                cells[below][column] = ("┊", "guide")
        cells[row][column] = ("●", "mark")
    name = "of one of two classes" if curve.name is None else f"of {sanitize(curve.name, _NAME)}"
    yield from framed(cells, top, f"entropy H(p) ({unit})", f"p, the probability {name}")
    if curve.mark is not None:
        x, height = curve.mark
        yield _legend("●", "mark", f"p = {shown(x)}: H(p) = {shown(height)} {unit}")


def _top(curve: CrossEntropyCurve, unit: str) -> float:
    """The upper end of the vertical axis: high enough for every finite mark."""
    highest = max((y for *_, y in curve.marks if math.isfinite(y)), default=0.0)
    return max(_TOPS[unit], math.ceil(highest * 1.05))


def _sign(curve: CrossEntropyCurve, number: int) -> str:
    return "●" if len(curve.marks) == 1 else NAMES[number]


def _mark_gap(cells: list[list[Cell]], level: int, row: int, column: int, sign: str) -> None:
    """Draw the line from a prediction down to the level of the minimum: the KL divergence."""
    for between in range(row + 1, level + 1):
        cells[between][column] = ("┃", "gap")
    cells[row][column] = (sign, "mark")


def _legend(sign: str, kind: str, text: str) -> Line:
    return Line((Span(f"{sign:>{MARGIN + 1}} ", _SIGNS[kind]), Span(text)))
