"""The jackknife: intervals of figures that are not means, for rows in clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ce_cli.metrics.bounds import reach_of
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import States, figures_of, merged

Floats = NDArray[np.float64]
_NEGLIGIBLE = 1e-9  # a share of the weight, of one part or of all others


def jackknifed(parts: Sequence[States], confidence: float) -> dict[str, tuple[float, float]]:
    """Intervals of the figures in `State.jackknifed`, from their values without each of the parts.

    Parameters
    ----------
    parts : sequence of mapping
        At least one; the states of independent parts of the rows, each with one group and a weight
        above 0.
    confidence : float
        The level of the intervals, between 0 and 1.

    Returns
    -------
    dict
        Lower and upper end by figure; NaN if there is only one part, or nothing varies.

    Notes
    -----
    The variance for parts of unequal size is that of Busing, Meijer and van der Leeden ("Delete-m
    jackknife for unequal m", Statistics and Computing 9, 1999). For a figure that is not
    smooth, such as an absolute value, the jackknife finds half of the bias; the interval is widened
    by twice the bias found, on that side.
    """
    whole, others = _whole_and_others(parts)
    weights = np.array([_weight(part) for part in parts])
    shares = weights / weights.sum()
    figures, without = _figures(whole), [_figures(states) for states in others]
    return {
        name: _ends(figures[name], np.array([own[name] for own in without]), shares, confidence)
        for kind in whole
        for name in kind.jackknifed
    }


def _weight(states: States) -> float:
    return float(states[Loss].weight.floats()[0])


def _figures(states: States) -> dict[str, float]:
    return {name: float(values[0]) for name, values in figures_of(states).items()}


def _ends(value: float, without: Floats, shares: Floats, confidence: float) -> tuple[float, float]:
    count = len(without)
    balanced = shares.min() > _NEGLIGIBLE and shares.max() < 1.0 - _NEGLIGIBLE
    if count < 2 or not (balanced and np.isfinite(value) and np.isfinite(without).all()):
        return math.nan, math.nan
    parts = 1.0 / shares
    corrected = count * value - float(np.dot(1.0 - shares, without))
    pseudo = parts * value - (parts - 1.0) * without
    error = math.sqrt(float(np.mean((pseudo - corrected) ** 2 / (parts - 1.0))))
    if not error:
        return math.nan, math.nan
    degrees = 1.0 / float(np.dot(shares, shares))  # Kish's number of parts
    reach, bias = reach_of(degrees, confidence) * error, 2.0 * (value - corrected)
    return value - reach - max(bias, 0.0), value + reach - min(bias, 0.0)


def _whole_and_others(parts: Sequence[States]) -> tuple[States, list[States]]:
    """The states of all parts together, and of all parts but each one."""
    before = list(accumulate(parts, merged))
    after = list(accumulate(reversed(parts), merged))[::-1]
    others = [
        reduce(merged, [*before[place - 1 : place], *after[place + 1 : place + 2]])
        if len(parts) > 1
        else parts[0]
        for place in range(len(parts))
    ]
    return before[-1], others
