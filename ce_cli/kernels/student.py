"""Student's t distribution: quantiles for the interval of a mean, and tails for its test."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST = 0.1  # degrees of freedom; with fewer, the ends of an interval mean nothing
_TINY = 1e-300
_NEAR = 1e-20  # below it the tail is 1 to the last digit
_FAR = 1e150  # the largest t whose square is a float
_MANY = 8192.0  # degrees of freedom from which the series in 1/v has all digits
_NO_OCTAVE = 9999
_POINTS = 22
_FIRST = 0.7  # where log t is looked for first
_LINEAR = 0.1  # the relative excess of a tail above which its logarithm is the straighter one
_CLOSE = 1e-9  # a step of Newton's method whose square is below the last digit
_LARGE = 10_000_000  # degrees of freedom beyond which t changes in the 7th digit only


@lru_cache(maxsize=4096)
def t_quantile(confidence: float, degrees: float) -> float:
    """Half-width, in standard errors, of a two-sided interval: `t_quantiles` for one number.

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
    """
    return float(t_quantiles(confidence, np.array([degrees], np.float64))[0])


def t_quantiles(confidence: float, degrees: Floats) -> Floats:
    """Half-widths, in standard errors, of two-sided intervals.

    Parameters
    ----------
    confidence : float
        Between 0 and 1, both excluded.
    degrees : ndarray, shape (n,)
        Degrees of freedom, at least `FEWEST` each.

    Returns
    -------
    ndarray, shape (n,)
        The t with ``P(|T| <= t) == confidence``. Each depends on its own degrees only, to the last
        bit.

    Notes
    -----
    Between two powers of 2, log t is a polynomial in 1/v, through the quantiles at Chebyshev's
    points. From `_MANY` degrees on, t is Cornish and Fisher's series in 1/v (Abramowitz and
    Stegun, Handbook of Mathematical Functions, 26.7.5).
    """
    found = np.empty(len(degrees))
    many = degrees >= _MANY
    found[many] = _by_series(confidence, degrees[many])
    mantissas, octaves = np.frexp(degrees)
    octaves[many] = _NO_OCTAVE
    for octave in np.unique(octaves[~many]).tolist():
        own = octaves == octave
        x = 2.0 / mantissas[own] - 3.0  # from −1 to 1
        first, *others = _coefficients(confidence, octave)
        here = before = np.zeros(len(x))
        for coefficient in reversed(others):  # Clenshaw's recurrence
            here, before = 2.0 * x * here - before + coefficient, here
        found[own] = np.exp(x * here - before + first)
    return found


def _by_series(confidence: float, degrees: Floats) -> Floats:
    """The normal quantile, and the first four corrections for many degrees of freedom."""
    z, inverse = normal_quantile(confidence), 1.0 / degrees
    s = z * z
    terms = (
        (s + 1.0) / 4.0,
        ((5.0 * s + 16.0) * s + 3.0) / 96.0,
        (((3.0 * s + 19.0) * s + 17.0) * s - 15.0) / 384.0,
        ((((79.0 * s + 776.0) * s + 1482.0) * s - 1920.0) * s - 945.0) / 92160.0,
    )
    excess = np.zeros(len(degrees))
    for term in reversed(terms):
        excess = (excess + term) * inverse
    return z + z * excess


@lru_cache(maxsize=64)
def normal_quantile(confidence: float) -> float:
    """The z with ``P(|Z| <= z) == confidence``, by Newton's method on log P(|Z| > z)."""
    outside, z = 1.0 - confidence, math.sqrt(-2.0 * math.log1p(-confidence))  # z is less
    for _ in range(100):  # pragma: no branch - Newton ends long before
        x = z / math.sqrt(2.0)
        tail, slope = math.erfc(x), math.sqrt(2.0 / math.pi) * math.exp(-x * x)
        near = math.fabs(tail / outside - 1.0) < _LINEAR
        excess = confidence - math.erf(x) if z < 1.0 else tail - outside
        step = (excess if near else tail * math.log(tail / outside)) / slope
        z += step
        if abs(step) <= _CLOSE * z:
            break
    return z


@lru_cache(maxsize=256)
def _coefficients(confidence: float, octave: int) -> tuple[float, ...]:
    """Of log t in Chebyshev polynomials, for degrees from 2^(octave − 1) to 2^octave."""
    angles = math.pi * (np.arange(_POINTS) + 0.5) / _POINTS
    logs, log_t = list[float](), _FIRST
    for x in np.cos(angles).tolist():
        log_t = _log_quantile(confidence, math.ldexp(2.0 / (x + 3.0), octave), log_t)
        logs.append(log_t)
    waves = np.cos(np.outer(np.arange(_POINTS), angles)) * np.array(logs)
    sums = [math.fsum(wave) * 2.0 / _POINTS for wave in waves.tolist()]
    return (0.5 * sums[0], *sums[1:])


def _log_quantile(confidence: float, degrees: float, log_t: float) -> float:
    """Logarithm of t, by Newton's method from `log_t`, kept inside a bracket.

    ``P(|T| > t) = I_x(v/2, 1/2)`` with ``x = v / (v + t**2)``, where I is the regularised
    incomplete beta function (DLMF 8.17); its continued fraction is DLMF 8.17.22, evaluated by
    Lentz's method.
    """
    outside = 1.0 - confidence
    low, high = -300.0, 700.0
    for _ in range(200):
        tail, rest = _both_tails(math.exp(log_t), degrees)
        excess = tail - outside if tail < rest else confidence - rest
        low, high = (log_t, high) if excess > 0.0 else (low, log_t)
        if tail > 0.0 and abs(excess) > _LINEAR * outside:
            excess = tail * math.log(tail / outside)
        following = log_t + excess * math.exp(min(-_log_density(log_t, degrees), 700.0))
        following = following if low <= following <= high else 0.5 * (low + high)
        step, log_t = abs(following - log_t), following
        if step <= _CLOSE:
            break
    return log_t


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
    return math.log(2.0) + log_t + front - (half + 0.5) * _log_growth(math.exp(log_t), degrees)


def _log_growth(t: float, degrees: float) -> float:
    """log(1 + t²/v), also where t² is not a float."""
    return 2.0 * math.log(t) - math.log(degrees) if t > _FAR else math.log1p(t * t / degrees)


def _two_sided_tail(t: float, degrees: float) -> float:
    """P(|T| > t)."""
    return _both_tails(t, degrees)[0]


def _both_tails(t: float, degrees: float) -> tuple[float, float]:
    """P(|T| > t) and P(|T| <= t), of which one is 1 less the other.

    The first is I_x(a, b) with a = v/2 and b = 1/2; x and 1 − x both come from t, so neither loses
    digits.
    """
    a, b, square = 0.5 * degrees, 0.5, min(t, _FAR) ** 2
    x, y = degrees / (degrees + square), square / (degrees + square)
    log_front = _log_gamma_step(a) - 0.5 * math.log(math.pi)
    log_front += 0.5 * math.log(y) - a * _log_growth(t, degrees)
    front = math.exp(log_front)
    if x < (a + 1.0) / (a + b + 2.0):
        tail = front * _continued_fraction(x, a, b) / a
        return tail, 1.0 - tail
    inside = front * _continued_fraction(y, b, a) / b
    return 1.0 - inside, inside


def _log_gamma_step(a: float) -> float:
    """The step log Γ(a + 1/2) − log Γ(a), by its series for an a that is large enough."""
    ratio = 1.0
    while a < 20.0:
        ratio *= a / (a + 0.5)
        a += 1.0
    inverse = 1.0 / a
    square = inverse * inverse
    series = -1 / 8 + square * (1 / 192 + square * (-1 / 640 + square * 17 / 14336))
    return 0.5 * math.log(a) + inverse * series + math.log(ratio)


def _continued_fraction(x: float, a: float, b: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, 100_000):  # pragma: no branch - it ends long before
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
