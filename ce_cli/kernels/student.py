"""Student's t distribution: quantiles for the interval of a mean, and tails for its test."""

from __future__ import annotations

import math
from functools import lru_cache

FEWEST = 0.1  # degrees of freedom; with fewer, the ends of an interval mean nothing
_TINY = 1e-300
_NEAR = 1e-20  # below it the tail is 1 to the last digit
_FAR = 1e150  # the largest t whose square is a float
_LARGE = 10_000_000  # degrees of freedom beyond which t changes in the 7th digit only


@lru_cache(maxsize=4096)
def t_quantile(confidence: float, degrees: float) -> float:
    """Half-width, in standard errors, of a two-sided interval.

    Parameters
    ----------
    confidence : float
        Between 0 and 1, both excluded.
    degrees : float
        Degrees of freedom, at least `FEWEST`; they need not be whole, as in Welch's test.

    Returns
    -------
    float
        t with ``P(|T| <= t) == confidence``.

    Notes
    -----
    ``P(|T| > t) = I_x(v/2, 1/2)`` with ``x = v / (v + t**2)``, where I is the regularised
    incomplete beta function (DLMF 8.17); its continued fraction is DLMF 8.17.22, evaluated by
    Lentz's method, and log t is found by Newton's method, kept inside a bracket.
    """
    outside = 1.0 - confidence
    degrees = min(degrees, _LARGE)
    low, high = -60.0, 10.0
    while _two_sided_tail(math.exp(high), degrees) > outside and high < 700:
        low, high = high, high + 10.0
    log_t = 0.7
    for _ in range(200):
        tail = _two_sided_tail(math.exp(log_t), degrees)
        low, high = (log_t, high) if tail > outside else (low, log_t)
        slope = _log_density(log_t, degrees)
        newton = log_t + (tail - outside) * math.exp(min(-slope, 700.0))
        following = newton if low < newton < high else 0.5 * (low + high)
        if abs(following - log_t) <= 1e-15 * max(1.0, abs(log_t)):
            break
        log_t = following
    return math.exp(log_t)


def t_p_value(t: float, degrees: float) -> float:
    """The p-value of a two-sided test.

    Parameters
    ----------
    t : float
        The difference in standard errors, of either sign.
    degrees : float
        Degrees of freedom, at least 1.

    Returns
    -------
    float
        ``P(|T| >= |t|)``; NaN if `t` is NaN.
    """
    if math.isnan(t):
        return t
    if math.isinf(t):
        return 0.0
    if abs(t) < _NEAR:
        return 1.0
    return _two_sided_tail(min(abs(t), _FAR), min(degrees, _LARGE))


def _log_density(log_t: float, degrees: float) -> float:
    """Logarithm of minus the slope of the two-sided tail against log t."""
    half = 0.5 * degrees
    front = _log_gamma_step(half) - 0.5 * math.log(degrees * math.pi)
    return (
        math.log(2.0) + log_t + front - (half + 0.5) * math.log1p(math.exp(2.0 * log_t) / degrees)
    )


def _two_sided_tail(t: float, degrees: float) -> float:
    """I_x(a, b) with a = v/2 and b = 1/2; x and 1 − x both come from t, so neither loses digits."""
    a, b, square = 0.5 * degrees, 0.5, t * t
    x, y = degrees / (degrees + square), square / (degrees + square)
    log_front = _log_gamma_step(a) - 0.5 * math.log(math.pi)
    log_front += 0.5 * math.log(y) - a * math.log1p(square / degrees)
    front = math.exp(log_front)
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _continued_fraction(x, a, b) / a
    return 1.0 - front * _continued_fraction(y, b, a) / b


def _log_gamma_step(a: float) -> float:
    """The step log Γ(a + 1/2) − log Γ(a); by its series for large a, where the logs cancel."""
    if a < 50.0:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    inverse = 1.0 / a
    square = inverse * inverse
    series = -1 / 8 + square * (1 / 192 + square * (-1 / 640 + square * 17 / 14336))
    return 0.5 * math.log(a) + inverse * series


def _continued_fraction(x: float, a: float, b: float) -> float:
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
