"""How checks, gates and comparisons are told in words, the same on every page."""

from __future__ import annotations

import math

from ce_cli.outputs.numbers import shown, signed
from ce_cli.results.compare import Comparison
from ce_cli.results.gate import Check, Gate
from ce_cli.results.score import Interval, Note
from ce_cli.text import plural, sanitize

_DIGITS = (5, 7, 9, 12, 17)
_LONGEST = 200


def limit_text(check: Check) -> str:
    """``<= 0.5``, ``<= 1 %``: not rounded."""
    return f"{check.operator} {_limit(check)}{_percent(check)}"


def value_text(check: Check) -> str:
    """``0.45120 (0.43000 … 0.47000), judged by 0.47000``: what was found.

    The interval is there if there is one, and the last part if that, and not the value, was held
    against the limit.
    """
    text = number_text(check.value, check)
    if check.interval is not None and math.isfinite(check.interval.low):
        ends = (number_text(end, check) for end in (check.interval.low, check.interval.high))
        text += f" ({' … '.join(ends)})"
    if check.compared != check.value and not math.isnan(check.compared):
        text += f", judged by {number_text(check.compared, check)}"
    return text


def margin_text(check: Check) -> str:
    """``0.048800``: the room up to the limit, below 0 where it is broken."""
    margin = _count(check.margin, check) or shown(_scale(check) * check.margin)
    return margin + (_percent(check) if math.isfinite(check.margin) else "")


def group_text(check: Check) -> str:
    """``segment=eu, country=—``; nothing for a check of all rows."""
    return ", ".join(
        f"{sanitize(name)}={'—' if value is None else sanitize(value)}"
        for name, value in (check.by or {}).items()
    )


def title_text(check: Check) -> str:
    """``cross_entropy.by(segment) <= 0.5 [segment=eu]``: what tells a check from the others."""
    group = group_text(check)
    return sanitize(check.name, _LONGEST) + (f" [{group}]" if group else "")


def failure_text(check: Check) -> str:
    """What was found and what had to be, in one sentence."""
    metric = sanitize(check.metric)
    if math.isnan(check.value):
        return f"{metric} is not defined, limit {limit_text(check)}."
    return f"{metric} is {value_text(check)}, limit {limit_text(check)}."


def verdict_text(gate: Gate) -> str:
    """``nightly failed: 2 of 14 checks``."""
    name = sanitize(gate.name)
    if not gate.checks:
        return f"{name} failed: there is nothing to check"
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
    """The checks that did not pass, in their order."""
    return [check for check in gate.checks if not check.passed]


def warnings(gate: Gate) -> list[Note]:
    """What is worth knowing about the figures and about the gate, each once."""
    return list(dict.fromkeys((*gate.score.warnings, *gate.warnings)))


def _limit(check: Check) -> str:
    """As it was written down, as far as that can be told."""
    if not math.isfinite(check.limit):
        return shown(check.limit)
    scale = _scale(check)
    short = f"{scale * check.limit:.10g}"
    return short if float(short) / scale == check.limit else repr(scale * check.limit)


def number_text(number: float, check: Check) -> str:
    """A number in as many digits as it takes to be seen on its side of the limit."""
    if not math.isfinite(number):
        return shown(number)
    scaled = _scale(check) * number
    limit = float(_limit(check)) if math.isfinite(check.limit) else check.limit
    texts = [_count(number, check) or shown(scaled, digits) for digits in _DIGITS]
    telling = (
        text
        for text in texts
        if _side(float(text.replace(",", "")), limit) == _side(number, check.limit)
    )
    return next(telling, texts[-1]) + _percent(check)


def _count(number: float, check: Check) -> str:
    """How many rows, where that is what was looked at."""
    return f"{number:,.0f}" if check.metric == "rows" and number.is_integer() else ""


def _side(number: float, limit: float) -> int:
    return (number > limit) - (number < limit)


def _scale(check: Check) -> float:
    return 100.0 if check.relative else 1.0


def _percent(check: Check) -> str:
    return " %" if check.relative else ""


def _reach(interval: Interval) -> str:
    return f"{signed(interval.low)} … {signed(interval.high)}"
