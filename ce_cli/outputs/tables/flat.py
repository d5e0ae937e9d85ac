"""Results as plain tables of text, for CSV and Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ce_cli.results.document import Scalar
from ce_cli.results.score import Result, flat_group

Line = dict[str, Scalar]


def tables(result: Result) -> list[list[Line]]:
    """Every table that is not empty: the metrics, then conventions, groups, classes and others."""
    return [table for table in (metric_lines(result), *side_tables(result)) if table]


def main_table(result: Result) -> list[Line]:
    """One table for a spreadsheet: the one that the options choose, or else the metrics."""
    if result.conventions:
        return [one.row() for one in result.conventions]
    chosen = group_lines(result) or list(result.worst) or decomposition_lines(result)
    return chosen or metric_lines(result) or class_lines(result)


def metric_lines(result: Result) -> list[Line]:
    """A line for each metric, with its interval."""
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
    """A line for each group."""
    return [flat_group(group) for group in result.groups]


def class_lines(result: Result) -> list[Line]:
    """A line for each class."""
    return [one.row() for one in result.per_class]


def decomposition_lines(result: Result) -> list[Line]:
    """A line for each recalibration."""
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
    """The tables beside the metrics."""
    groups, parts = group_lines(result), decomposition_lines(result)
    conventions = [one.row() for one in result.conventions]
    return conventions, parts, groups, class_lines(result), list(result.worst)
