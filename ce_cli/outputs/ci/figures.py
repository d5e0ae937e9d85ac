"""The numbers of a gate, flat, for tools that follow numbers over time."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.record import Record
from ce_cli.results.gate import Gate
from ce_cli.results.score import Interval

_IN_UNIT = frozenset(
    {
        *("cross_entropy", "total", "standard_error", "min", "median", "p90", "p99", "max"),
        *("baseline", "entropy", "kl_divergence"),
    }
)


class Figure(Record):
    """A number, what it is called, what it says, and the unit that it is in, if any."""

    name: str
    value: float
    about: str
    unit: str = ""


def figures(gate: Gate) -> Iterator[Figure]:
    """Rows, metrics with the ends of their intervals, and the difference to the baseline."""
    score = gate.score
    yield Figure("rows", score.rows["scored"], "Rows that were scored.")
    for name, value in score.metrics.items():
        unit = score.unit if name in _IN_UNIT else ""
        figure = Figure(name, value, f"The metric {name} of the rows that were scored.", unit)
        yield from _with_ends(figure, score.intervals.get(name))
    for comparison in gate.comparisons[:1]:
        for kind, name, unit, of in (
            ("absolute", "regression", score.unit, ""),
            ("relative", "regression_relative", "", " as a share of it"),
        ):
            if kind in comparison.difference:
                about = f"How much higher than the baseline the cross-entropy is{of}."
                figure = Figure(name, comparison.difference[kind], about, unit)
                yield from _with_ends(figure, comparison.intervals.get(kind))


def _with_ends(figure: Figure, interval: Interval | None) -> Iterator[Figure]:
    yield figure
    if interval is not None:
        for end, value in (("low", interval.low), ("high", interval.high)):
            name, about = f"{figure.name}_{end}", f"The {end} end of the interval of {figure.name}."
            yield Figure(name, value, about, figure.unit)
