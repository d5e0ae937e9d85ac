"""Results as plain tables of text, for CSV and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.result import Result, Scalar, flat_group

Line = dict[str, Scalar]


def tables(result: Result) -> list[list[Line]]:
    """The metrics as one table of name and value, then groups, classes and worst rows, if any."""
    return [table for table in (metric_lines(result), *side_tables(result)) if table]


def main_table(result: Result) -> list[Line]:
    """The one table that a spreadsheet wants: what was asked for, or else the metrics."""
    worst, classes = list(result.worst), list(result.per_class)
    if result.conventions:
        return list(result.conventions)
    return group_lines(result) or worst or metric_lines(result) or classes


def metric_lines(result: Result) -> list[Line]:
    """One line a metric, with its interval."""
    lines: list[Line] = []
    for name, value in result.metrics.items():
        interval = result.intervals.get(name)
        lines.append(
            {
                "metric": name,
                "value": value,
                "low": interval.low if interval else None,
                "high": interval.high if interval else None,
            }
        )
    return lines


def group_lines(result: Result) -> list[Line]:
    """One line a group."""
    return [flat_group(group) for group in result.groups]


def side_tables(result: Result) -> Sequence[list[Line]]:
    """Everything beside the metrics."""
    conventions, classes = list(result.conventions), list(result.per_class)
    return conventions, group_lines(result), classes, list(result.worst)
