"""Multiple p-values, and the number of rows that a difference needs to be significant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

POWER = 0.8  # probability that so many rows would show the difference


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of any false alarm among them stays below the level.

    The k-th smallest of m is multiplied by m − k + 1, and none falls below the one before it
    (Holm, Scand. J. Stat. 6, 1979). A NaN stays NaN and is not counted.
    """
    order = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for rank, (p, place) in enumerate(order):
        highest = max(highest, min(1.0, p * (len(order) - rank)))
        adjusted[place] = highest
    return adjusted


def holm_levels(p_values: Sequence[float], level: float) -> list[float]:
    """The level that each p-value must stay below by Holm's method; NaN keeps `level`."""
    order = sorted((p, place) for place, p in enumerate(p_values) if not math.isnan(p))
    levels = [level] * len(p_values)
    for rank, (_, place) in enumerate(order):
        levels[place] = level / (len(order) - rank)
    return levels


def rows_to_decide(rows: float, difference: float, standard_error: float, level: float) -> float:
    """How many rows would show that such a difference is not 0, in 4 cases out of 5.

    ``n · ((z₁₋ₐ/₂ + z₀.₈) · se / difference)² + z²₁₋ₐ/₂ / 2``: the usual formula for sample size
    (Cohen, Statistical Power Analysis, 1988, section 2.4), plus the extra rows that a t test needs
    (Guenther, Am. Stat. 35, 1981), which matter for a few dozen.

    Parameters
    ----------
    rows : float
        Number of rows observed; or of clusters, and then the result is a number of clusters.
        Fewer than there are if their weights vary.
    difference, standard_error : float
        The observed values, in one unit.
    level : float
        Significance level of a two-sided test, for example 0.05.

    Returns
    -------
    float
        Infinite where the difference is 0.
    """
    if difference == 0:
        return math.inf
    normal = NormalDist()
    wide = -normal.inv_cdf(0.5 * level)
    reach = wide + normal.inv_cdf(POWER)
    return rows * (reach * standard_error / difference) ** 2 + 0.5 * wide**2
