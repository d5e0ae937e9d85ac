"""The numbers that limits are held against: of all rows, or of a group, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.score import Interval, Result

ABSOLUTE, RELATIVE = "absolute", "relative"  # the kinds of a difference


class GroupFigures(Record):
    """Everything that is known of some rows.

    Attributes
    ----------
    by : dict of str to str or None, or None
        The group; None for all rows.
    values : dict of float
        By metric, the counts among them.
    intervals : dict of Interval
        Of those that have one.
    reason : str
        Why there are no values, in one sentence.
    absent : dict of str
        Metrics that mean nothing here, and why.
    """

    by: dict[str, str | None] | None
    values: dict[str, float]
    intervals: dict[str, Interval]
    reason: str = ""
    absent: dict[str, str] = {}  # noqa: RUF012 - a field, and never changed


def figures_of(result: Result) -> Iterator[GroupFigures]:
    """Those of all rows of a score, then those of each group."""
    rows = {"rows": float(result.rows["scored"]), "weight_sum": result.weight_sum}
    absent = result.not_applicable
    yield GroupFigures(None, {**result.metrics, **rows}, result.intervals, absent=absent)
    for group in result.groups:
        rows = {"rows": float(group.rows), "weight_sum": group.weight_sum}
        yield GroupFigures(group.by, {**group.metrics, **rows}, group.intervals, absent=absent)


def regression_figures(
    by: dict[str, str | None] | None, comparison: Comparison | None, reason: str
) -> GroupFigures:
    """The difference to the baseline, in the unit of the score and as a share of it."""
    if comparison is None:
        return GroupFigures(by, {}, {}, reason)
    if math.isnan(comparison.difference[RELATIVE]):
        reason = "The difference is no share of the baseline, which is 0, infinite or not defined."
    return GroupFigures(by, comparison.difference, comparison.intervals, reason)
