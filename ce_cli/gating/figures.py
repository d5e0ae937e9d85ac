"""The figures that limits apply to, for all rows or for a group, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ce_cli.comparing.figures import ROUNDING
from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.score import Interval, Result

ABSOLUTE, RELATIVE = "absolute", "relative"  # the two kinds of difference


class GroupFigures(Record):
    """The figures of all rows, or of one group.

    Attributes
    ----------
    by : dict of str to str or None, or None
        The group; None for all rows.
    values : dict of float
        By metric, including the counts.
    intervals : dict of Interval
        By metric, for those that have one.
    reason : str
        Why there are no values, in one sentence.
    absent : dict of str
        Metrics that do not apply here, each with the reason.
    equal, rounded : bool
        Of a difference: whether all losses are equal but for rounding, and whether their means are.
    """

    by: dict[str, str | None] | None
    values: dict[str, float]
    intervals: dict[str, Interval]
    reason: str = ""
    absent: dict[str, str] = {}  # noqa: RUF012 - a field that is never changed
    equal: bool = False
    rounded: bool = False


def figures_of(result: Result) -> Iterator[GroupFigures]:
    """The figures of all rows of a score, then those of each group."""
    rows = {"rows": float(result.rows["scored"]), "weight_sum": result.weight_sum}
    absent = result.not_applicable
    yield GroupFigures(None, {**result.metrics, **rows}, result.intervals, absent=absent)
    for group in result.groups:
        rows = {"rows": float(group.rows), "weight_sum": group.weight_sum}
        yield GroupFigures(group.by, {**group.metrics, **rows}, group.intervals, absent=absent)


def regression_figures(
    by: dict[str, str | None] | None, comparison: Comparison | None, reason: str
) -> GroupFigures:
    """The difference from the baseline, in the unit of the score and as a share of the baseline."""
    if comparison is None:
        return GroupFigures(by, {}, {}, reason)
    if math.isnan(comparison.difference[RELATIVE]):
        reason = "The relative difference is not defined: the baseline is 0, infinite or undefined."
    return GroupFigures(
        by,
        comparison.difference,
        comparison.intervals,
        reason,
        equal=comparison.verdict == "same",
        rounded=abs(comparison.difference[RELATIVE]) <= ROUNDING,
    )
