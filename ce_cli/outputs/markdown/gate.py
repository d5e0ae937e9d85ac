"""A gate in Markdown, for job summaries and comments on pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ce_cli.outputs.check_text import (
    difference_text,
    failed,
    group_text,
    limit_text,
    margin_text,
    title_text,
    value_text,
    verdict_text,
    warnings,
)
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import shown
from ce_cli.results.gate import Check, Gate, Gated
from ce_cli.text import display_name, more_files, plural

_CHECKS_SHOWN = 50
_GROUPS_SHOWN = 10
_REASONS_SHOWN = 10

Row = tuple[str, ...]


def render(result: Gated, canvas: Canvas) -> str:
    """For each gate its verdict, its checks (failed ones first), its baseline and its warnings."""
    parts = [part for gate in result.gates for part in _gate(gate)]
    if len(result.gates) != 1:
        failures = sum(not gate.passed for gate in result.gates)
        count = plural(len(result.gates), "gate")
        verdict = f"{count} passed" if result.passed else f"{failures:,} of {count} failed"
        parts.insert(0, f"**{_mark(result.passed)} {verdict}**")
    return "\n\n".join(part for part in parts if part) + "\n"


def _gate(gate: Gate) -> Iterator[str]:
    yield f"**{_mark(gate.passed)} {escaped(verdict_text(gate))}**"
    yield _scored(gate)
    if gate.checks:
        yield _checks(gate)
        yield _reasons(gate)
    yield _baseline(gate)
    for warning in warnings(gate):
        yield f"> Warning: {escaped(warning.message)}"
    yield code(gate.score.signature)


def _mark(passed: bool) -> str:
    return "✓" if passed else "✗"


def _scored(gate: Gate) -> str:
    """The file, the number of rows and the cross-entropy."""
    score = gate.score
    parts = []
    if score.inputs:
        parts.append(code(display_name(score.inputs[0])) + more_files(score.inputs))
    parts.append(plural(score.rows["scored"], "row"))
    value = score.metrics.get("cross_entropy")
    if value is not None:
        interval = score.intervals.get("cross_entropy")
        reach = f" ({shown(interval.low)} … {shown(interval.high)})" if interval else ""
        parts.append(f"cross-entropy {shown(value)} {score.unit}{reach}")
    return ", ".join(parts)


def _checks(gate: Gate) -> str:
    rows = [*_some(map(_row, failed(gate)), "failed"), *_some(_passed(gate), "passed")]
    header: Row = ("check", "group", "value", "limit", "margin", "verdict")
    if all(check.by is None for check in gate.checks):
        header, *rows = [(row[0], *row[2:]) for row in (header, *rows)]
    right = [name in ("value", "limit", "margin") for name in header]
    return table(header, right, rows)


def _reasons(gate: Gate) -> str:
    """The reasons of the checks, failed ones first."""
    checks = sorted((one for one in gate.checks if one.reason), key=lambda one: one.passed)
    lines = [f"- {code(title_text(one))}: {escaped(one.reason)}" for one in checks[:_REASONS_SHOWN]]
    more = len(checks) - len(lines)
    return "\n".join([*lines, f"- … and {more:,} more"] if more else lines)


def _passed(gate: Gate) -> Iterator[Row]:
    """The passed checks in order; if a check has many groups, they are one row."""
    groups: dict[str, list[Check]] = {}
    for check in gate.checks:
        if check.passed and check.by is not None:
            groups.setdefault(check.name, []).append(check)
    for check in gate.checks:
        if not check.passed:
            continue
        alike = groups.get(check.name, []) if check.by is not None else []
        if len(alike) <= _GROUPS_SHOWN:
            yield _row(check)
        elif check is alike[0]:
            yield _folded(alike)


def _row(check: Check) -> Row:
    return (
        code(check.name),
        code(group_text(check)),
        value_text(check),
        code(limit_text(check)),
        margin_text(check),
        f"{_mark(check.passed)} {'passed' if check.passed else 'failed'}",
    )


def _folded(checks: Sequence[Check]) -> Row:
    closest = min(checks, key=lambda check: check.margin)
    name, _, _, limit, margin, verdict = _row(closest)
    return (name, f"{len(checks):,} groups", "", limit, f"at least {margin}", verdict)


def _some(rows: Iterable[Row], word: str) -> list[Row]:
    """The first rows, and a row that counts the others."""
    rows = list(rows)
    more = len(rows) - _CHECKS_SHOWN
    if more <= 0:
        return rows
    return [*rows[:_CHECKS_SHOWN], (f"… and {more:,} more {word}", "", "", "", "", "")]


def _baseline(gate: Gate) -> str:
    if gate.baseline is None:
        return ""
    line = f"Baseline {code(gate.baseline)} ({'paired' if gate.paired else 'not paired'})"
    differences = "; ".join(difference_text(one, gate.score.unit) for one in gate.comparisons)
    return f"{line}: cross-entropy {differences}" if differences else line
