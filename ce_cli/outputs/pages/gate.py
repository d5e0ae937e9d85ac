"""The page of ``ce gate``: for each gate its files and checks, and then the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.check_text import (
    group_text,
    is_judged_by_another,
    limit_text,
    margin_text,
    number_text,
    warnings,
)
from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.numbers import percent, shown, signed
from ce_cli.outputs.pages.score import clusters_of
from ce_cli.results.compare import Comparison
from ce_cli.results.gate import Check, Gate, Gated
from ce_cli.results.score import Interval
from ce_cli.text import display_name, files_title, level_text, plural, sanitize

_FAILED_SHOWN = 50
_GROUPS_SHOWN = 5  # that passed
_LONGEST = 1000
_PASSED = Span("✓", "bold green")
_FAILED = Span("✗", "bold red")


def render(result: Gated, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)


def blocks(result: Gated) -> Iterator[Block]:
    """The page from top to bottom."""
    for gate in result.gates:
        yield from _gate(gate)
        yield Line()
    yield _verdict(result)


def _gate(gate: Gate) -> Iterator[Block]:
    score = gate.score
    clusters = clusters_of(score.cluster) if score.cluster is not None else ""
    rows = f"{plural(score.rows['scored'], 'row')}{clusters} · {score.task}"
    mark = _PASSED if gate.passed else _FAILED
    name, files = f" {sanitize(gate.name)}", f"  {files_title(score.inputs)}"
    yield Line((mark, Span(name, "bold"), Span(files, "cyan"), Span(f"  {rows}", "dim")))
    yield _scored(gate)
    for comparison in gate.comparisons:
        yield from _compared(gate, comparison)
    yield Line()
    listed, rest = _listed(gate.checks)
    yield _table(listed)
    if rest:
        yield Line((Span(rest, "dim"),))
    yield Line()
    for check in (one for one in listed if one.reason):
        mark = _PASSED if check.passed else _FAILED
        yield Line(
            (mark, Span(f" {_subject(check)}: ", "dim"), Span(sanitize(check.reason, _LONGEST)))
        )
    for warning in warnings(gate):
        yield Line((Span("! ", "bold yellow"), Span(sanitize(warning.message, _LONGEST))))
    yield Line((Span(sanitize(score.signature, _LONGEST), "dim"),))


def _scored(gate: Gate) -> Line:
    score = gate.score
    mean = shown(score.metrics.get("cross_entropy", math.nan))
    spans = [Span("cross-entropy  ", "dim"), Span(f"{mean} {score.unit}")]
    interval = score.intervals.get("cross_entropy")
    if interval is not None:
        spans.append(Span(f"   {_reach(interval)}", "dim"))
    return Line(tuple(spans))


def _compared(gate: Gate, comparison: Comparison) -> Iterator[Line]:
    how = "row by row" if gate.paired else "not paired"
    yield Line(
        (
            Span("baseline       ", "dim"),
            Span(display_name(comparison.reference), "cyan"),
            Span(f"  {how}, mode {gate.mode}", "dim"),
        )
    )
    yield Line(
        (
            Span("difference     ", "dim"),
            Span(f"{signed(comparison.difference['absolute'])} {gate.score.unit}"),
            Span(f"   {signed(comparison.difference['relative'], percent)}"),
            *_reach_of_difference(gate, comparison),
        )
    )


def _reach_of_difference(gate: Gate, comparison: Comparison) -> Iterator[Span]:
    """The interval of the difference, in the unit of the limits."""
    absolute = any(one.metric == "regression" and not one.relative for one in gate.checks)
    kind = "absolute" if absolute else "relative"
    interval = comparison.intervals.get(kind)
    if interval is not None and math.isfinite(interval.low):
        formatted = shown if absolute else percent
        low, high = signed(interval.low, formatted), signed(interval.high, formatted)
        yield Span(f"   {_level(interval)} {low} … {high}", "dim")


def _listed(checks: Sequence[Check]) -> tuple[list[Check], str]:
    """The checks to list, failed ones first, and a line that counts the others."""
    failed = [check for check in checks if not check.passed]
    passed = [check for check in checks if check.passed]
    whole = [check for check in passed if check.by is None]
    groups = [check for check in passed if check.by is not None]
    some = groups if len(groups) <= _GROUPS_SHOWN else []
    hidden = (
        (len(failed) - _FAILED_SHOWN, "more check", "failed"),
        (len(groups) - len(some), "group", "passed"),
    )
    rest = [f"{plural(count, noun)} {how}" for count, noun, how in hidden if count > 0]
    shown_checks = [*failed[:_FAILED_SHOWN], *whole, *some]
    return shown_checks, f"… and {' and '.join(rest)}" if rest else ""


def _table(checks: Sequence[Check]) -> Grid:
    with_bound = any(_has_bound(check) for check in checks)
    header = ("", "check", "value", *(["bound"] if with_bound else []), "limit", "margin")
    rows = []
    for check in checks:
        colour = "" if check.passed else "red"
        bound = [Span(number_text(check.compared, check) if _has_bound(check) else "")]
        rows.append(
            (
                _PASSED if check.passed else _FAILED,
                Span(_subject(check)),
                Span(number_text(check.value, check), colour),
                *(bound if with_bound else []),
                Span(limit_text(check)),
                Span(margin_text(check), colour),
            )
        )
    return Grid(header, (False, False, *(True for _ in header[2:])), tuple(rows))


def _has_bound(check: Check) -> bool:
    """Whether the limit was checked against a number that visibly differs from the value."""
    return math.isfinite(check.compared) and is_judged_by_another(check)


def _subject(check: Check) -> str:
    """The metric, and the group if the check is of one."""
    if check.by is None:
        return sanitize(check.metric)
    return f"{sanitize(check.metric)}.by({group_text(check)})"


def _level(interval: Interval) -> str:
    return f"{level_text(interval.confidence)} interval"


def _reach(interval: Interval) -> str:
    return f"{_level(interval)} {shown(interval.low)} … {shown(interval.high)}"


def _verdict(result: Gated) -> Line:
    checks = [check for gate in result.gates for check in gate.checks]
    failed = sum(not check.passed for check in checks)
    where = ""
    if len(result.gates) > 1:
        where = f" in {len(result.gates)} gates"
    if result.passed:
        return Line((_PASSED, Span(f" passed: {plural(len(checks), 'check')}{where}", "bold")))
    if len(result.gates) > 1:
        names = ", ".join(sanitize(gate.name) for gate in result.gates if not gate.passed)
        where += f" ({names})"
    return Line(
        (_FAILED, Span(f" failed: {failed:,} of {plural(len(checks), 'check')}{where}", "bold"))
    )
