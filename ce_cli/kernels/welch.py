"""The difference of two independent means, with its interval and test."""

from __future__ import annotations

import math

from ce_cli.kernels.student import t_p_value, t_quantile
from ce_cli.record import Record

METHOD = "Welch's t on two independent means"


class MeanEstimate(Record):
    """A mean, its standard error and its number of rows."""

    value: float
    standard_error: float
    rows: int


class DifferenceEstimate(Record):
    """A difference with its interval; NaN where a figure is unknown.

    Attributes
    ----------
    degrees : float
        Degrees of freedom of the interval.
    p_value : float
        Two-sided, of the hypothesis that there is no difference.
    """

    value: float
    low: float
    high: float
    standard_error: float
    degrees: float
    p_value: float


def difference(
    model: MeanEstimate, reference: MeanEstimate, confidence: float
) -> DifferenceEstimate:
    """How much larger one mean is than another, as if they were of different rows.

    Notes
    -----
    The variances add up, and the degrees of freedom are (s₁² + s₂²)² / (s₁⁴/(n₁−1) + s₂⁴/(n₂−1))
    for standard errors s: B. L. Welch, "The generalization of 'Student's' problem when several
    different population variances are involved", Biometrika 34 (1947), and F. E. Satterthwaite,
    Biometrics Bulletin 2 (1946).
    """
    value = model.value - reference.value
    errors = (model.standard_error, reference.standard_error)
    return _around(value, errors, (model.rows, reference.rows), confidence)


def relative_difference(
    model: MeanEstimate, reference: MeanEstimate, confidence: float
) -> DifferenceEstimate:
    """The same as a share of the reference, which is itself uncertain.

    Notes
    -----
    By the delta method the variance of a ratio a/b of independent means is about
    (s_a² + (a/b)² s_b²) / b²: G. Casella and R. L. Berger, Statistical Inference (2002), example
    5.5.27. Satterthwaite's formula for the degrees of freedom takes its two terms.
    """
    if not 0.0 < reference.value < math.inf:
        nan = math.nan
        return DifferenceEstimate(nan, nan, nan, nan, nan, nan)
    # a/b − 1 would lose the digits of a small difference
    value = (model.value - reference.value) / reference.value
    ratio = model.value / reference.value
    errors = (
        model.standard_error / reference.value,
        ratio * reference.standard_error / reference.value,
    )
    return _around(value, errors, (model.rows, reference.rows), confidence)


def _around(
    value: float, errors: tuple[float, float], rows: tuple[int, int], confidence: float
) -> DifferenceEstimate:
    """An interval around the sum of two terms with independent errors."""
    error = math.hypot(*errors)
    if not (math.isfinite(value) and math.isfinite(error) and min(rows) > 1):
        return DifferenceEstimate(value, math.nan, math.nan, math.nan, math.nan, math.nan)
    if error == 0.0:
        return DifferenceEstimate(value, value, value, 0.0, math.inf, 1.0 if value == 0.0 else 0.0)
    parts = ((own / error) ** 4 / (count - 1) for own, count in zip(errors, rows, strict=True))
    degrees = max(1.0, 1.0 / sum(parts))
    reach = t_quantile(confidence, degrees) * error
    p_value = t_p_value(value / error, degrees)
    return DifferenceEstimate(value, value - reach, value + reach, error, degrees, p_value)
