"""The language of limits: ``accuracy >= 0.9``, ``cross_entropy.by(segment=eu) <= 0.5``."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from ce_cli import registry
from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.record import Record
from ce_cli.results.gate import Operator
from ce_cli.text import closest, quoted, quoted_list

REGRESSION = "regression"
COUNTS = ("rows", "weight_sum")

_FORM = re.compile(r"\s*([A-Za-z][\w-]*)\s*(?:\.\s*by\s*\((.*)\))?\s*(<=|>=|<|>)(.*)", re.DOTALL)
_NAME = r"""\s*(?:'([^']*)'|"([^"]*)"|([^,='"]*?))\s*"""
_VALUE = r"""\s*(?:'([^']*)'|"([^"]*)"|([^,'"]*?))\s*"""
_ITEM = re.compile(rf"{_NAME}(=)?(?(4){_VALUE})(,|$)", re.DOTALL)
_NUMBER = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,9})?)\s*(%?)\s*")
_HOLDS = {"<=": operator.le, "<": operator.lt, ">=": operator.ge, ">": operator.gt}
_EXAMPLES = "'accuracy >= 0.9' or 'cross_entropy.by(segment) <= 0.5'"


class Requirement(Record):
    """One limit on one metric.

    Attributes
    ----------
    text : str
        The limit as it was written.
    metric : str
        A metric in the registry, ``rows``, ``weight_sum`` or ``regression``.
    columns : tuple of str
        Every group by these columns has to pass; empty for all rows together.
    only : tuple of (str, str or None)
        Columns with the only value to check; None is a missing value.
    operator : {"<=", "<", ">=", ">"}
        The relation that must hold between the value and the limit.
    limit : float
        The number.
    relative : bool
        Whether the limit is a share of the baseline, as for a regression in percent; without
        the percent sign, it is in the unit of the cross-entropy.
    """

    text: str
    metric: str
    columns: tuple[str, ...]
    only: tuple[tuple[str, str | None], ...]
    operator: Operator
    limit: float
    relative: bool = False

    @property
    def upper(self) -> bool:
        """Whether the limit is an upper one."""
        return self.operator in ("<=", "<")

    @property
    def is_regression(self) -> bool:
        """Whether the limit applies to the difference from the baseline."""
        return self.metric == REGRESSION

    def holds(self, number: float) -> bool:
        """Whether a number passes; infinity and NaN never do."""
        return math.isfinite(number) and _HOLDS[self.operator](number, self.limit)


def requirement(text: str) -> Requirement:
    """Read ``METRIC[.by(COL[=VALUE], …)] OPERATOR NUMBER``.

    Raises
    ------
    UsageError
        It does not have that form, there is no such metric, or the metric is not computed by
        group.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(_unreadable(text))
    metric, inside = match[1].replace("-", "_"), match[2]
    items = [] if inside is None else list(_items(text, inside))
    _check_metric(text, metric, by_group=bool(items))
    columns = tuple(dict.fromkeys(name for name, _, _ in items))
    if len(columns) < len(items):
        raise UsageError(f"{quoted(text)} names a column twice.")
    return Requirement(
        text=_tidy(match),
        metric=metric,
        columns=columns,
        only=tuple((name, value) for name, has_value, value in items if has_value),
        operator=cast(Operator, match[3]),
        limit=number(match[4], text),
        relative=_is_share(metric, match[4]),
    )


def number(text: str, where: str) -> float:
    """Read a finite number or a percentage.

    Raises
    ------
    UsageError
        It is neither; the message begins with `where` it was written.
    """
    match = _NUMBER.fullmatch(text)
    if match is not None:
        # the percent sign moves the exponent, so that 35 % is the float nearest to 0.35
        value = _percentage(match[1]) if match[2] else float(match[1])
        if math.isfinite(value):
            return value
    raise UsageError(f"{quoted(where)}: the limit {quoted(text.strip())} is not a finite number.")


def at_most(text: str) -> Requirement:
    """``--max``."""
    return _short("cross_entropy", "<=", text, "--max")


def at_least_rows(rows: int) -> Requirement:
    """``--min-rows``."""
    if rows < 0:
        raise UsageError(f"--min-rows must be 0 or more, not {rows}.")
    return _short("rows", ">=", str(rows), "--min-rows")


def no_regression(text: str) -> Requirement:
    """``--max-regression``."""
    return _short(REGRESSION, "<=", text, "--max-regression")


def groupings(requirements: Sequence[Requirement]) -> list[tuple[str, ...]]:
    """Every set of columns whose groups a requirement checks, once each."""
    sets = {frozenset(one.columns): one.columns for one in reversed(requirements) if one.columns}
    return list(reversed(sets.values()))


def _short(metric: str, sign: Operator, text: str, option: str) -> Requirement:
    limit = number(text, f"{option} {text}")
    relative = _is_share(metric, text)
    return Requirement(f"{metric} {sign} {text.strip()}", metric, (), (), sign, limit, relative)


def _is_share(metric: str, limit: str) -> bool:
    return metric == REGRESSION and limit.strip().endswith("%")


def _tidy(match: re.Match[str]) -> str:
    """The text of the limit, with one space around the operator."""
    name, inside, sign, limit = match.groups()
    by = "" if inside is None else f".by({' '.join(inside.split())})"
    return f"{name}{by} {sign} {' '.join(limit.split())}"


def _percentage(text: str) -> float:
    mantissa, _, exponent = text.lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) - 2}")


def _items(text: str, inside: str) -> Iterator[tuple[str, bool, str | None]]:
    """Each column, whether a value is given for it, and that value."""
    place = 0
    while place < len(inside) or place == 0 or inside[place - 1] == ",":
        match = _ITEM.match(inside, place)
        name = match and (match[1] or match[2] or match[3])
        if match is None or not name:
            raise UsageError(_unreadable(text))
        value = match[5] or match[6] or match[7] or None
        yield name, match[4] is not None, value
        if match[8] != ",":
            return
        place = match.end()


def _unreadable(text: str) -> str:
    return (
        f"{quoted(text)} is not a valid limit: write a metric, then <=, <, >= or >, then a number, "
        f"for example {_EXAMPLES}."
    )


def _check_metric(text: str, metric: str, by_group: bool) -> None:
    entries = [entry for entry in registry.METRICS if metric in entry.names]
    if not entries and metric not in (*COUNTS, REGRESSION):
        known = [*registry.names_of(registry.METRICS), *COUNTS, REGRESSION]
        raise UsageError(
            f"{quoted(text)}: there is no metric {quoted(metric)}{closest(metric, known)}. Choose "
            f"from: {quoted_list(known, 40)}."
        )
    if by_group and not all(entry.load().grouped for entry in entries):
        raise UsageError(
            f"{quoted(text)}: {metric} is not computed by group; set a limit for all rows, or "
            "limit the cross_entropy of the groups."
        )


LIMITS: dict[str, Callable[[Any], list[Requirement]]] = {  # by the option that sets them
    "max": lambda value: [at_most(str(value))],
    "min_rows": lambda value: [at_least_rows(value)],
    "require": lambda value: [requirement(text) for text in values.names(value or ())],
    "max_regression": lambda value: [no_regression(str(value))],
}
