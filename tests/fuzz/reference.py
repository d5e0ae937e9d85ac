"""Every figure of a score, by the definitions: the executable form of ce_cli/metrics/README.md.

It shares no code with ce_cli, and is slow: numbers have 50 digits.
"""

from __future__ import annotations

from collections.abc import Sequence

from mpmath import mp, mpf

from tests.fuzz import reference_means as means
from tests.fuzz.reference_areas import auc_interval
from tests.fuzz.reference_figures import (
    UNITS,
    Figures,
    Scored,
    figures,
    quantiles,
    row_figures,
    scored,
    scores,
)
from tests.fuzz.reference_rows import ZERO, Number, Row, Rules, label_shares


def score(
    rows: Sequence[Row], rules: Rules, clustered: bool = False, grouped: bool = False
) -> Figures:
    """Every figure of the JSON document of ``ce score --metric all``.

    Raises
    ------
    InvalidRowsError
        If the definitions refuse the rows.
    """
    every = scored(rows, rules, clustered)
    result = {f"metrics.{name}": value for name, value in figures(every).items()}
    unit = UNITS[rules.base]
    result |= {f"metrics.{name}": value / unit for name, value in quantiles(every).items()}
    result |= intervals(every)
    result |= _per_class(every)
    result["weight_sum"] = means.total(every.weights)
    result["rows.read"], result["rows.scored"] = mpf(len(rows)), mpf(len(every.rows))
    for name in sorted({row.group for row in every.rows}) if grouped else ():
        part = every.part(lambda row, name=name: row.group == name)  # type: ignore[misc]
        if part is not None:
            result |= {f"groups.{name}.metrics.{k}": v for k, v in figures(part).items()}
            result |= {f"groups.{name}.{k}": v for k, v in _mean_intervals(part).items()}
    return result


def intervals(of: Scored) -> Figures:
    """The ends of the intervals whose definition leaves nothing open."""
    result = _mean_intervals(of)
    if of.rules.task == "binary" and not of.clusters and not of.rules.convention:
        observed = [label_shares(row.label, of.rules)[1] for row in of.rows]
        if all(y in (0, 1) for y in observed):
            ends = auc_interval(scores(of), observed, of.weights, of.rules.confidence)
            result |= _ends("auc", ends)
    return result


def _ends(name: str, ends: means.Interval | None, unit: Number = 1) -> Figures:
    if ends is None:
        return {}
    return {f"intervals.{name}.low": ends[0] / unit, f"intervals.{name}.high": ends[1] / unit}


def _mean_intervals(of: Scored) -> Figures:
    rules, unit = of.rules, UNITS[of.rules.base]
    if rules.convention:
        return {}
    spread = means.mean(of.losses, of.weights, of.clusters)
    if not spread.has_interval:
        return {}
    low, high = means.interval(spread, rules, ZERO)
    whole = means.total(of.weights)
    result = _ends("cross_entropy", (low, high), unit)
    result["intervals.cross_entropy.n"] = spread.n
    if spread.error > mpf(10) ** -100:  # smaller losses have no cubes in float64
        result["intervals.cross_entropy.skewness"] = spread.skewness
    result |= _ends("total", (low * whole, high * whole), unit)
    result |= _ends("perplexity", (mp.exp(low), mp.exp(high)))
    if rules.task == "likelihood":
        return result | _ends("bits_per_token", (low, high), mp.log(2))
    per_row = row_figures(of)
    if not of.clusters and rules.task != "multilabel":
        share = means.plain(per_row["accuracy"], of.weights)
        result |= _ends("accuracy", means.wilson(share, spread.n, rules.confidence))
    for name, limits, divisor in (
        ("brier", (ZERO, mpf(1 if rules.shares == 2 else 2)), 1),
        ("confidence", (ZERO, mp.log(rules.shares)), unit),
    ):
        part = means.mean(per_row[name], of.weights, of.clusters)
        result |= _ends(name, means.interval(part, rules, *limits), divisor)
    return result


def _per_class(of: Scored) -> Figures:
    """The rows and the mean loss of each class of hard labels."""
    result: Figures = {}
    if any(not isinstance(row.label, str) for row in of.rows) or of.rules.convention:
        return result
    for name in of.rules.classes:
        part = of.part(lambda row, name=name: row.label == name)  # type: ignore[misc]
        if part is None:
            continue
        unit = UNITS[of.rules.base]
        result[f"per_class.{name}.weight_sum"] = means.total(part.weights)
        spread = means.mean(part.losses, part.weights, [])
        result[f"per_class.{name}.cross_entropy"] = spread.value / unit
        # With fewer than two rows, t multiplies the rounding of squares by 10⁴ and more.
        if spread.has_interval and spread.n >= 2 and not of.clusters:
            low, high = means.interval(spread, of.rules, ZERO)
            result[f"per_class.{name}.low"] = low / unit
            result[f"per_class.{name}.high"] = high / unit
    return result
