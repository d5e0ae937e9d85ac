"""Checks, gates and comparisons in words, the same in every output."""

from __future__ import annotations

import math

from ce_cli.outputs.numbers import minus, shown, signed
from ce_cli.registry import FIGURES
from ce_cli.results.compare import Comparison
from ce_cli.results.gate import Check, Gate
from ce_cli.results.score import Interval, Note
from ce_cli.text import plural, sanitize

_DIGITS = (5, 7, 9, 12, 17)
_LONGEST = 200


def limit_text(check: Check) -> str:
    """``<= 0.5``, ``<= 1 %``: not rounded."""
    return f"{check.operator} {minus(_limit(check))}{_percent(check)}"


def value_text(check: Check) -> str:
    """``0.45120 (0.43000 … 0.47000), judged by 0.47000``: the value, and its interval if any.

    The last part is there only if the limit was checked against that number and not the value.
    """
    text = number_text(check.value, check)
    if check.interval is not None and math.isfinite(check.interval.low):
        ends = (number_text(end, check) for end in (check.interval.low, check.interval.high))
        text += f" ({' … '.join(ends)})"
    if is_judged_by_another(check) and not math.isnan(check.compared):
        text += f", judged by {number_text(check.compared, check)}"
    return text


def is_judged_by_another(check: Check) -> bool:
    """Whether the limit was checked against a number that differs from the value as it is shown."""
    return number_text(check.compared, check) != number_text(check.value, check)


def margin_text(check: Check) -> str:
    """``0.048800``: the distance to the limit, below 0 if the check failed."""
    margin = _count(check.margin, check) or shown(
        _scale(check) * check.margin, _digits_of(check)[0]
    )
    return margin + (_percent(check) if math.isfinite(check.margin) else "")


def group_text(check: Check) -> str:
    """``segment=eu, country=—``; empty for a check of all rows."""
    return ", ".join(
        f"{sanitize(name)}={'—' if value is None else sanitize(value)}"
        for name, value in (check.by or {}).items()
    )


def title_text(check: Check) -> str:
    """``cross_entropy.by(segment) <= 0.5 [segment=eu]``: what distinguishes a check."""
    group = group_text(check)
    return sanitize(check.name, _LONGEST) + (f" [{group}]" if group else "")


def failure_text(check: Check) -> str:
    """The value and the limit that it broke, in one sentence."""
    metric = sanitize(check.metric)
    if math.isnan(check.value):
        return f"{metric} is not defined; the limit is {limit_text(check)}."
    return f"{metric} is {value_text(check)}; the limit is {limit_text(check)}."


def verdict_text(gate: Gate) -> str:
    """``nightly failed: 2 of 14 checks``."""
    name = sanitize(gate.name)
    if not gate.checks:
        return f"{name} failed: it has no checks"
    count = len(gate.checks)
    if gate.passed:
        return f"{name} passed: {plural(count, 'check')}"
    return f"{name} failed: {len(failed(gate)):,} of {plural(count, 'check')}"


def difference_text(comparison: Comparison, unit: str) -> str:
    """``+0.012300 nats (+0.0020000 … +0.022600), +1.2000 %, worse``."""
    interval = comparison.intervals.get("absolute")
    reach = f" ({_reach(interval)})" if interval and math.isfinite(interval.low) else ""
    absolute = f"{signed(comparison.difference['absolute'])} {unit}{reach}"
    relative = comparison.difference.get("relative", math.nan)
    share = f", {signed(100 * relative)} %" if math.isfinite(relative) else ""
    return f"{absolute}{share}, {comparison.verdict}"


def failed(gate: Gate) -> list[Check]:
    """The checks that did not pass, in order."""
    return [check for check in gate.checks if not check.passed]


def warnings(gate: Gate) -> list[Note]:
    """The warnings about the figures and about the gate, each once."""
    return list(dict.fromkeys((*gate.score.warnings, *gate.warnings)))


def _limit(check: Check) -> str:
    """The limit as it was typed, as far as its value shows."""
    if not math.isfinite(check.limit):
        return shown(check.limit)
    scale = _scale(check)
    short = f"{scale * check.limit:.10g}"
    return short if float(short) / scale == check.limit else repr(scale * check.limit)


def number_text(number: float, check: Check) -> str:
    """A number with enough digits to show on which side of the limit it is."""
    if not math.isfinite(number):
        return shown(number)
    scaled = _scale(check) * number
    limit = float(_limit(check)) if math.isfinite(check.limit) else check.limit
    texts = [_count(number, check) or shown(scaled, digits) for digits in _digits_of(check)]
    side = _side(number, check.limit)
    clear = (text for text in texts if _side(_read(text), limit) == side)
    return next(clear, texts[-1]) + _percent(check)


def _digits_of(check: Check) -> tuple[int, ...]:
    """How many significant digits to try, fewest first."""
    figure = FIGURES.get(check.metric)
    fewest = figure.digits if figure is not None else _DIGITS[0]
    return (fewest, *(digits for digits in _DIGITS if digits > fewest))


def _read(text: str) -> float:
    """The number that a text shows."""
    return float(text.replace(",", "").replace("−", "-"))


def _count(number: float, check: Check) -> str:
    """A number of rows; empty if the check is of something else."""
    counts = check.metric == "rows" and number.is_integer()
    return minus(f"{number:,.0f}") if counts else ""


def _side(number: float, limit: float) -> int:
    return (number > limit) - (number < limit)


def _scale(check: Check) -> float:
    return 100.0 if check.relative else 1.0


def _percent(check: Check) -> str:
    return " %" if check.relative else ""


def _reach(interval: Interval) -> str:
    return f"{signed(interval.low)} … {signed(interval.high)}"
