"""The difference of two independent means, with its interval and test."""

from __future__ import annotations

import math
from fractions import Fraction

from ce_cli.kernels.fieller import RatioMoments
from ce_cli.kernels.statistic import NO_ENDS, Ends, Statistic
from ce_cli.record import Record


class MeanEstimate(Record):
    """A mean, its standard error, its number of rows, and the skewness Σ r³ / (Σ r²)^(3/2)."""

    value: float
    standard_error: float
    rows: float
    skewness: float = 0.0


def difference(model: MeanEstimate, reference: MeanEstimate) -> Statistic:
    """How much larger one mean is than another, as if they were of different rows.

    Notes
    -----
    The variances add up, and the degrees of freedom are (s₁² + s₂²)² / (s₁⁴/(n₁−1) + s₂⁴/(n₂−1))
    for standard errors s: B. L. Welch, "The generalization of 'Student's' problem when several
    different population variances are involved", Biometrika 34 (1947), and F. E. Satterthwaite,
    Biometrics Bulletin 2 (1946). Third moments add up like the variances, so that the skewness for
    Hall's transformation is (k₁·s₁³ − k₂·s₂³) / (s₁² + s₂²)^(3/2).
    """
    pair = (model, reference)
    value = model.value - reference.value
    error = math.hypot(model.standard_error, reference.standard_error)
    if not math.isfinite(error) or min(one.rows for one in pair) <= 1.0:
        return Statistic(value, math.nan, math.nan)
    if error == 0.0:
        return Statistic(value, 0.0, math.inf)
    shares = [one.standard_error / error for one in pair]
    parts = (share**4 / (one.rows - 1.0) for share, one in zip(shares, pair, strict=True))
    skewness = model.skewness * shares[0] ** 3 - reference.skewness * shares[1] ** 3
    return Statistic(value, error, max(1.0, 1.0 / sum(parts)), skewness)


def relative_interval(tested: Statistic, reference: MeanEstimate, confidence: float) -> Ends:
    """Fieller's interval of (model − reference) / reference; NaN if the reference is not above 0.

    `tested` is the `difference` of the two, whose test and degrees of freedom are used.
    """
    if not (0.0 < reference.value < math.inf and tested.is_known):
        return NO_ENDS
    square = Fraction(reference.standard_error) ** 2
    moments = RatioMoments(
        tested.value, reference.value, Fraction(tested.error) ** 2, -square, square
    )
    return tested.interval_of_ratio(moments, confidence)
