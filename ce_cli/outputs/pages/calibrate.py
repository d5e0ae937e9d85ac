"""The page of ``ce calibrate fit``: what was tried, what is chosen, and what it gains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span, shortened, warning_lines
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.numbers import shown, signed
from ce_cli.outputs.pages.score import clusters_of
from ce_cli.results.calibrate import Calibrated
from ce_cli.results.calibration_document import parameters_of
from ce_cli.results.calibration_lines import Gain
from ce_cli.text import files_title, plural, sanitize

SHOWN = 50  # classes, and groups
_FEW = 8  # numbers of a list that are shown
MARKS = {
    "gain": Span("✓ ", "bold green"),
    "worse": Span("✗ ", "bold red"),
    "nothing": Span("= ", "bold cyan"),
    "chance": Span("· ", "bold cyan"),
    "prior": Span("· ", "bold cyan"),
}


def render(result: Calibrated, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)


def blocks(result: Calibrated) -> Iterator[Block]:
    """The page from top to bottom."""
    yield _headline(result)
    yield Line()
    yield _tried(result)
    yield from _reasons(result)
    yield Line()
    if numbers := parameters(result):
        yield Line((Span(f"{result.method}  ", "bold"), Span(numbers)))
        yield Line()
    yield from _parts(result)
    yield from warning_lines(result.warnings)
    yield Line((MARKS[result.verdict], Span(sentence(result), "bold")))
    yield Line((Span(result.signature, "dim"),))


def _headline(result: Calibrated) -> Line:
    rows = plural(result.rows["scored"], "row")
    if result.cluster is not None:
        rows += clusters_of(result.cluster)
    title = f"  {rows} · {result.task} · {result.calibration.values}"
    return Line((Span(files_title(result.inputs), "bold"), Span(title, "dim")))


def sentence(result: Calibrated) -> str:
    """The verdict in words."""
    own = result.whole
    if result.verdict == "nothing":
        able = [one for one in result.tried if one.reason is None]
        if len(able) == 1:
            return "Nothing could be fitted, so predictions remain as they are."
        return "Nothing to gain: no calibration is better on other rows by more than chance."
    amount = f"{shown(abs(own.gain), 3)} ± {shown(own.standard_error, 2)} {result.unit}"
    if result.verdict == "prior":
        done = "gains" if own.gain >= 0 else "loses"
        return f"Where the classes have the shares of --prior, the offset {done} {amount}."
    how = f"The calibration by {result.method}"
    endings = {
        "gain": f"gains {amount} on rows that it was not fitted to.",
        "chance": f"gains {amount} on rows that it was not fitted to, which may be chance.",
        "worse": f"loses {amount} on rows that it was not fitted to: do not use it.",
    }
    return f"{how} {endings[result.verdict]}"


def parameters(result: Calibrated) -> str:
    """The numbers of the calibration, for people."""
    if result.calibration.knots:
        return f"{len(result.calibration.knots):,} knots"
    parts = []
    for name, value in parameters_of(result.calibration).items():
        if name == "slope":
            parts.append(f"T = {shown(1.0 / value if value > 0 else math.inf)}")
        if isinstance(value, list):
            few = [
                f"{sanitize(one, 16)} {shown(number, 4)}"
                for one, number in zip(result.classes, value, strict=True)
            ]
            parts.append(f"{name} {shortened(few, _FEW)}")
        else:
            parts.append(f"{name} {shown(value)}")
    return ", ".join(parts)


def _tried(result: Calibrated) -> Grid:
    rows = [
        (
            Span(one.method, "bold" if one.method == result.method else ""),
            Span(shown(one.after)),
            Span(signed(one.gain)),
            Span(shown(one.standard_error, 3), "dim"),
        )
        for one in result.tried
        if one.reason is None
    ]
    header = ("method", f"cross-entropy ({result.unit})", "gain", "standard error")
    return Grid(header, (False, True, True, True), tuple(rows))


def _reasons(result: Calibrated) -> Iterator[Line]:
    for one in result.tried:
        if one.reason is not None:
            yield Line((Span(f"{one.method}: {one.reason}.", "dim"),))


def _parts(result: Calibrated) -> Iterator[Block]:
    """The gains by class and by group, if anything changes."""
    if result.verdict == "nothing":
        return
    classes = [((one.name,), one.rows, one) for one in result.per_class]
    yield from _gains(("class",), classes, "classes")
    if result.groups:
        groups = [(tuple(one.by.values()), one.rows, one) for one in result.groups]
        yield from _gains(tuple(map(sanitize, result.groups[0].by)), groups, "groups")


def _gains(
    names: tuple[str, ...],
    lines: Sequence[tuple[tuple[str | None, ...], int, Gain]],
    noun: str,
) -> Iterator[Block]:
    rows = [
        (
            *(Span("—" if key is None else sanitize(key, 40)) for key in keys),
            Span(f"{count:,}"),
            Span(shown(own.before)),
            Span(shown(own.after)),
            Span(signed(own.gain)),
            Span(shown(own.standard_error, 3), "dim"),
        )
        for keys, count, own in lines[:SHOWN]
    ]
    header = (*names, "rows", "before", "after", "gain", "standard error")
    right = (*(False for _ in names), *(True for _ in header[len(names) :]))
    yield Grid(header, right, tuple(rows))
    if len(lines) > SHOWN:
        more = f"… and {len(lines) - SHOWN:,} more {noun} (--json shows all)"
        yield Line((Span(more, "dim"),))
    yield Line()
