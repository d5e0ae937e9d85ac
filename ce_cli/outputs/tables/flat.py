"""Results as plain tables of text, for CSV and Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ce_cli.results.document import Scalar
from ce_cli.results.score import Result, flat_group

Line = dict[str, Scalar]


def tables(result: Result) -> list[list[Line]]:
    """The metrics as one table of name and value, then groups, classes and worst rows, if any."""
    return [table for table in (metric_lines(result), *side_tables(result)) if table]


def main_table(result: Result) -> list[Line]:
    """The one table that a spreadsheet wants: what was asked for beside the metrics, or these."""
    if result.conventions:
        return [one.row() for one in result.conventions]
    asked = group_lines(result) or list(result.worst) or decomposition_lines(result)
    return asked or metric_lines(result) or class_lines(result)


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


def class_lines(result: Result) -> list[Line]:
    """One line a class."""
    return [one.row() for one in result.per_class]


def decomposition_lines(result: Result) -> list[Line]:
    """One line for each way of recalibrating."""
    parts = result.decomposition
    if parts is None:
        return []
    return [
        {
            "recalibration": one.name,
            "uncertainty": parts.uncertainty,
            "discrimination": one.discrimination,
            "calibration": one.calibration,
            "standard_error": one.standard_error,
            "recalibrated": one.cross_entropy,
            "label_noise": parts.label_noise,
            "temperature": one.temperature,
            "slope": parts.slope if one.name == "temperature_bias" else math.nan,
            "bias": next(iter(one.biases.values())) if len(one.biases) == 1 else math.nan,
        }
        for one in parts.recalibrations
    ]


def side_tables(result: Result) -> Sequence[list[Line]]:
    """Everything beside the metrics."""
    groups, parts = group_lines(result), decomposition_lines(result)
    conventions = [one.row() for one in result.conventions]
    return conventions, parts, groups, class_lines(result), list(result.worst)
