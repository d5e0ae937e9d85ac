"""The numbers that limits are held against: of all rows, or of a group, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ce_cli.compared import Comparison
from ce_cli.result import Group, Interval, Result
from ce_cli.value import Value

ABSOLUTE, RELATIVE = "absolute", "relative"  # the kinds of a difference


class Figures(Value):
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
    """

    by: dict[str, str | None] | None
    values: dict[str, float]
    intervals: dict[str, Interval]
    reason: str = ""


def figures_of(result: Result, scale: float) -> Iterator[Figures]:
    """Those of all rows, then those of each group.

    Parameters
    ----------
    result : Result
        A score.
    scale : float
        What its unit is in nats, `Spec.scale`.
    """
    metrics, rows = result.metrics, result.rows["scored"]
    yield _figures(None, rows, result.weight_sum, metrics, result.intervals, scale)
    for group in result.groups:
        yield group_figures(group, scale)


def group_figures(group: Group, scale: float) -> Figures:
    """Those of one group."""
    return _figures(group.by, group.rows, group.weight_sum, group.metrics, group.intervals, scale)


def regression_figures(
    by: dict[str, str | None] | None, comparison: Comparison | None, reason: str
) -> Figures:
    """The difference to the baseline, in the unit of the score and as a share of it."""
    if comparison is None:
        return Figures(by, {}, {}, reason)
    if math.isnan(comparison.difference[RELATIVE]):
        reason = "The difference is no share of the baseline, which is 0, infinite or not defined."
    return Figures(by, comparison.difference, comparison.intervals, reason)


def _figures(
    by: dict[str, str | None] | None,
    rows: int,
    weight_sum: float,
    metrics: Mapping[str, float],
    intervals: Mapping[str, Interval],
    scale: float,
) -> Figures:
    values = {**metrics, "rows": float(rows), "weight_sum": weight_sum}
    known = dict(intervals)
    if (mean := known.get("cross_entropy")) is not None:
        known["total"] = mean.replace(low=mean.low * weight_sum, high=mean.high * weight_sum)
        known["perplexity"] = mean.replace(low=_exp(mean.low * scale), high=_exp(mean.high * scale))
    return Figures(by, values, known)


def _exp(nats: float) -> float:
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf
