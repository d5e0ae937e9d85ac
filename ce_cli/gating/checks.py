"""Check numbers against limits."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from ce_cli.errors import DataError, UsageError
from ce_cli.gating.figures import ABSOLUTE, RELATIVE, GroupFigures
from ce_cli.gating.requirements import COUNTS, REGRESSION, Requirement
from ce_cli.options.choices import Mode
from ce_cli.registry import FIGURES
from ce_cli.results.gate import Check
from ce_cli.results.score import Interval
from ce_cli.text import closest, quoted, quoted_list


def checks_of(
    requirement: Requirement, figures: Sequence[GroupFigures], confident: bool, mode: Mode
) -> Iterator[Check]:
    """One check for all rows, or one for each group that the requirement covers.

    Parameters
    ----------
    requirement : Requirement
        The limit.
    figures : sequence of GroupFigures
        Those of all rows and of all groups.
    confident : bool
        Whether the far bound of the interval has to pass instead of the value.
    mode : {"point", "confident", "proven"}
        Which number has to pass for a regression: the value, or the near or the far end of its
        interval.

    Raises
    ------
    UsageError
        `confident` needs an interval, and the metric has none.
    DataError
        There is no such group.
    """
    matching = [one for one in figures if set(one.by or ()) == set(requirement.columns)]
    matching = [one for one in matching if all((one.by or {})[k] == v for k, v in requirement.only)]
    if not matching:
        raise _unknown_group(requirement, figures)
    for one in matching:
        if requirement.is_regression:
            yield _of_regression(requirement, one, mode)
        elif confident and requirement.metric not in COUNTS:
            yield _of_bound(requirement, one, _interval(requirement, one))
        else:
            yield _of_value(requirement, one)


def _of_value(requirement: Requirement, figures: GroupFigures) -> Check:
    value = figures.values.get(requirement.metric, math.nan)
    interval = figures.intervals.get(requirement.metric)
    error = _error(requirement.metric, figures)
    compared = value + error if requirement.upper else value - error
    reason = ""
    if requirement.holds(value) and not requirement.holds(compared):
        reason = f"The value passes, but it is known only within {error:.2g}, because of its bins."
    return _check(requirement, figures, value, compared, interval, reason)


def _error(metric: str, figures: GroupFigures) -> float:
    """The error of approximation of a figure; 0 if it is exact."""
    error = FIGURES[metric].error if metric in FIGURES else ""
    return figures.values.get(error, 0.0)


def _of_bound(requirement: Requirement, figures: GroupFigures, interval: Interval) -> Check:
    """Check the end of the interval on the side of the limit."""
    value = figures.values[requirement.metric]
    bound = interval.high if requirement.upper else interval.low
    reason = ""
    if requirement.holds(value) and math.isnan(bound):
        reason = "Its interval has no bound there: there are too few rows or mistakes."
    elif requirement.holds(value) and not requirement.holds(bound):
        end = "upper" if requirement.upper else "lower"
        reason = f"The value passes, but the {end} end of its interval does not."
    return _check(requirement, figures, value, bound, interval, reason)


def _of_regression(requirement: Requirement, figures: GroupFigures, mode: Mode) -> Check:
    kind = RELATIVE if requirement.relative else ABSOLUTE
    value = figures.values.get(kind, math.nan)
    interval = figures.intervals.get(kind)
    if math.isfinite(value) and (figures.equal or (mode == "point" and figures.rounded)):
        reason = "The difference is of rounding alone, and counts as 0." if value else ""
        return _check(requirement, figures, value, 0.0, interval, reason)
    if mode == "point" or interval is None:
        return _check(requirement, figures, value, value, interval, "")
    near, far = interval.low, interval.high
    if not requirement.upper:
        near, far = far, near
    compared = near if mode == "confident" else far
    reason = ""
    if math.isfinite(value) and math.isnan(compared):
        reason = "There are too few rows for an interval of the difference."
        if math.isfinite(near):  # Fieller's interval, open at this end
            reason = (
                "The relative difference has no bound there: the baseline may be nearly 0. Set "
                "the limit in the unit of the cross-entropy, or score more rows."
            )
    elif requirement.holds(compared) and not requirement.holds(value):
        reason = "The value is beyond the limit, but its interval includes values within the limit."
    elif requirement.holds(value) and not requirement.holds(compared):
        reason = "The value is within the limit, but its interval includes values beyond the limit."
    return _check(requirement, figures, value, compared, interval, reason)


def _check(
    requirement: Requirement,
    figures: GroupFigures,
    value: float,
    compared: float,
    interval: Interval | None,
    reason: str,
) -> Check:
    """A check, with a reason if the value is not a finite number."""
    if not math.isfinite(value):
        reason = _no_number(requirement.metric, value, figures)
    return Check(
        name=requirement.text,
        metric=requirement.metric,
        by=figures.by,
        operator=requirement.operator,
        limit=requirement.limit,
        relative=requirement.relative,
        value=value,
        compared=compared,
        interval=interval,
        passed=math.isfinite(value) and requirement.holds(compared),
        reason=reason,
    )


def _no_number(metric: str, value: float, figures: GroupFigures) -> str:
    if math.isinf(value):
        return f"The {metric} is infinite."
    if figures.reason:
        return figures.reason
    if metric not in figures.values and metric != REGRESSION:
        why = figures.absent.get(metric)
        return f"There is no {metric} for these predictions{f': {why}' if why else ''}."
    return f"The {metric} is not defined for these rows."


def _interval(requirement: Requirement, figures: GroupFigures) -> Interval:
    if requirement.metric in figures.intervals:
        return figures.intervals[requirement.metric]
    raise UsageError(
        f"{quoted(requirement.text)}: --confident needs a metric with an interval, and "
        f"{requirement.metric} has none; choose from {quoted_list(figures.intervals)}."
    )


def _unknown_group(requirement: Requirement, figures: Iterable[GroupFigures]) -> DataError:
    """The error about a group that does not exist, with a close name or the groups there are."""
    named = dict(requirement.only)
    found = [one.by for one in figures if one.by and set(one.by) == set(requirement.columns)]
    shown = ", ".join(f"{name}={value or ''}" for name, value in named.items())
    known = list(dict.fromkeys(", ".join(f"{n}={key[n] or ''}" for n in named) for key in found))
    near = closest(shown, known)
    if len(named) == 1:
        known = [one.partition("=")[2] for one in known]
        near = closest(next(iter(named.values())) or "", known)
    others = f"the groups are {quoted_list(known)}" if known else "there are no groups"
    return DataError(
        f"{quoted(requirement.text)}: there is no group {quoted(shown)}{near}; {others}."
    )
