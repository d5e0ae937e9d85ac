"""The numbers of a gate as a flat list, for tools that track numbers over time."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.record import Record
from ce_cli.registry import FIGURES
from ce_cli.results.gate import Gate
from ce_cli.results.score import Interval

_REGRESSION = "Cross-entropy minus that of the baseline."


class Number(Record):
    """A number with its name, its description and its unit, if it has one."""

    name: str
    value: float
    about: str
    unit: str = ""


def figures(gate: Gate) -> Iterator[Number]:
    """Rows, metrics with the ends of their intervals, and the difference to the baseline."""
    score = gate.score
    yield Number("rows", score.rows["scored"], "Number of rows scored.")
    for name, value in score.metrics.items():
        figure = FIGURES[name]
        number = Number(name, value, figure.about, score.unit if figure.in_unit else "")
        yield from _with_ends(number, score.intervals.get(name))
    for comparison in gate.comparisons[:1]:
        for kind, name, unit, about in (
            ("absolute", "regression", score.unit, _REGRESSION),
            ("relative", "regression_relative", "", f"{_REGRESSION[:-1]}, as a share of it."),
        ):
            if kind in comparison.difference:
                number = Number(name, comparison.difference[kind], about, unit)
                yield from _with_ends(number, comparison.intervals.get(kind))


def _with_ends(number: Number, interval: Interval | None) -> Iterator[Number]:
    yield number
    if interval is not None:
        for end, value in (("low", interval.low), ("high", interval.high)):
            name, about = (
                f"{number.name}_{end}",
                f"{end.title()} end of the interval of {number.name}.",
            )
            yield Number(name, value, about, number.unit)
