"""Quantiles of Student's t distribution, for confidence intervals of a mean."""

from __future__ import annotations

import math

_TINY = 1e-300
_LARGE = 10_000_000  # degrees of freedom from which t and normal agree to 7 digits


def t_quantile(confidence: float, degrees: int) -> float:
    """Half-width, in standard errors, of a two-sided interval.

    Parameters
    ----------
    confidence : float
        Between 0 and 1, both excluded.
    degrees : int
        Degrees of freedom, at least 1.

    Returns
    -------
    float
        t with ``P(|T| <= t) == confidence``.

    Notes
    -----
    ``P(|T| > t) = I_x(v/2, 1/2)`` with ``x = v / (v + t**2)``, where I is the regularised
    incomplete beta function (DLMF 8.17); its continued fraction is DLMF 8.17.22, evaluated by
    Lentz's method, and t is found by bisection on log t.
    """
    outside = 1.0 - confidence
    degrees = min(degrees, _LARGE)
    low, high = -60.0, 1.0
    while _two_sided_tail(math.exp(high), degrees) > outside and high < 700:
        high += 10.0
    while high - low > 1e-14 * max(1.0, abs(low)):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if _two_sided_tail(math.exp(middle), degrees) > outside:
            low = middle
        else:
            high = middle
    return math.exp(0.5 * (low + high))


def _two_sided_tail(t: float, degrees: int) -> float:
    square = t * t
    return _incomplete_beta(0.5 * degrees, 0.5, degrees, square)


def _incomplete_beta(a: float, b: float, near: float, far: float) -> float:
    """I_x(a, b) at x = near / (near + far), both parts given so that 1 − x keeps its digits."""
    x, y = near / (near + far), far / (near + far)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    log_front += a * -math.log1p(far / near) + b * math.log(y) if y > 0 else -math.inf
    front = math.exp(log_front)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(x, a, b) / a
    return 1.0 - front * _continued_fraction(y, b, a) / b


def _continued_fraction(x: float, a: float, b: float) -> float:
    value = 1.0
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, 100_000):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 + step * d
            d = 1.0 / (d if abs(d) > _TINY else _TINY)
            c = 1.0 + step / c
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1.0) < 1e-16:
            break
    return value
