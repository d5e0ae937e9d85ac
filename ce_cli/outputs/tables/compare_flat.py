"""Comparisons as lines of a table."""

from __future__ import annotations

from ce_cli.outputs.tables.flat import Line
from ce_cli.results.compare import Compared, Comparison

_SHORT = {"absolute": "difference"}


def lines(result: Compared) -> list[Line]:
    """A line for each comparison of all rows; with groups, only those of every group."""
    if not result.groups:
        metrics = {model.name: model.metrics for model in result.models}
        return [
            _line(one, result.rows["compared"], result.weight_sum, metrics)
            for one in result.comparisons
        ]
    found: list[Line] = []
    for group in result.groups:
        for one in group.comparisons:
            line = _line(one, group.rows, group.weight_sum, group.metrics)
            by = {f"by_{name}" if name in line else name: value for name, value in group.by.items()}
            found.append({**by, **line})
    return found


def _line(
    one: Comparison, rows: int, weight_sum: float, metrics: dict[str, dict[str, float]]
) -> Line:
    line: Line = {
        "model": one.model,
        "reference": one.reference,
        "rows": rows,
        "weight_sum": weight_sum,
        "cross_entropy": metrics[one.model]["cross_entropy"],
        "reference_cross_entropy": metrics[one.reference]["cross_entropy"],
    }
    for kind, value in one.difference.items():
        name, interval = _SHORT.get(kind, kind), one.intervals[kind]
        line |= {name: value, f"{name}_low": interval.low, f"{name}_high": interval.high}
    return line | {
        "standard_error": one.standard_error,
        "p_value": one.p_value,
        "p_adjusted": one.p_adjusted,
        "win_rate": one.win_rate,
        "tie_rate": one.tie_rate,
        "verdict": one.verdict,
        "more_rows": one.more_rows,
    }
