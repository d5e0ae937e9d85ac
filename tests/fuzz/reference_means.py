"""Means, their errors and their intervals, by the definitions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from mpmath import mp, mpf

from tests.fuzz.reference_rows import HALF, INFINITY, ONE, ZERO, Number, Rules

Interval = tuple[Number, Number]


@dataclass(frozen=True)
class Mean:
    """A weighted mean, with what its interval needs."""

    value: Number
    error: Number | None  # None without a spread to estimate: a single row
    n: Number
    skewness: Number

    @property
    def has_interval(self) -> bool:
        """Whether there are enough rows for an interval."""
        return self.error is not None and self.n >= mpf("1.1")


def total(weights: Sequence[Number]) -> Number:
    """Σ w."""
    return mp.fsum(weights)


def kish(weights: Sequence[Number]) -> Number:
    """(Σ w)² / Σ w²."""
    squares = mp.fsum(w * w for w in weights)
    return total(weights) ** 2 / squares if squares else ZERO


def plain(values: Sequence[Number], weights: Sequence[Number]) -> Number:
    """Σ w·v / Σ w; a row of weight 0 is no observation."""
    parts = [w * v for v, w in zip(values, weights, strict=True) if w]
    if any(p == INFINITY for p in parts):
        return INFINITY
    return mp.fsum(parts) / total(weights)


def mean(values: Sequence[Number], weights: Sequence[Number], clusters: Sequence[str]) -> Mean:
    """The mean, its standard error, n and the skewness of the mean.

    `clusters` has the cluster of each row, or nothing if rows are independent.
    """
    centre = plain(values, weights)
    if centre == INFINITY:
        return Mean(centre, None, kish(weights), ZERO)
    sizes, residuals = list(weights), _residuals(values, weights, centre)
    if clusters:
        names = sorted(set(clusters))
        sizes = [
            total([w for w, c in zip(weights, clusters, strict=True) if c == n]) for n in names
        ]
        residuals = [
            total([r for r, c in zip(residuals, clusters, strict=True) if c == n]) for n in names
        ]
    n = kish(sizes)
    if n <= 1:
        return Mean(centre, None, n, ZERO)
    squares = mp.fsum(r * r for r in residuals)
    error = mp.sqrt(n / (n - 1) * squares) / total(weights)
    return Mean(centre, error, n, _skewness(residuals, sizes, n, centre))


def _residuals(values: Sequence[Number], weights: Sequence[Number], centre: Number) -> list[Number]:
    return [w * (v - centre) if w else ZERO for v, w in zip(values, weights, strict=True)]


def _skewness(
    residuals: Sequence[Number], sizes: Sequence[Number], n: Number, centre: Number
) -> Number:
    """k of Hall's transformation."""
    squares = mp.fsum(r * r for r in residuals)
    if squares == 0:
        return ZERO
    summed = mp.fsum(r**3 for r in residuals) / squares ** mpf("1.5")
    k = summed
    if len({float(s) for s in sizes if s}) > 1:
        variance = mp.fsum(r * r / s for r, s in zip(residuals, sizes, strict=True) if s)
        third = mp.fsum(r**3 / s**2 for r, s in zip(residuals, sizes, strict=True) if s)
        whole = total(sizes)
        k = third / whole / (variance / whole) ** mpf("1.5") / mp.sqrt(n)
        if k * summed > 0 and abs(summed) > abs(k):
            k = mp.sign(k) * min(abs(summed), 2 * abs(k))
    return max(-ONE, min(ONE, k))


@functools.cache
def normal_quantile(confidence: float) -> Number:
    """Where the normal distribution has this share within ±."""
    return mp.sqrt(2) * mp.erfinv(mpf(confidence))


@functools.cache
def t_quantile(confidence: float, freedom: float) -> Number:
    """Where Student's t has this share within ±."""
    tail = mp.log(1 - mpf(confidence))

    def beyond(log_t: Number) -> Number:
        t = mp.exp(log_t)
        return mp.log(t_tails(t, mpf(freedom))) - tail

    high = mp.log(normal_quantile(confidence))
    low = high - 1
    while beyond(high) > 0:
        low, high = high, high + 1
    found = mp.findroot(beyond, (low, high), solver="anderson", tol=mpf(10) ** -40, verify=False)
    return mp.exp(found)


def t_tails(t: Number, freedom: Number) -> Number:
    """The share of Student's t beyond ±t."""
    with mp.workdps(25):
        return mp.betainc(freedom / 2, HALF, 0, freedom / (freedom + t * t), regularized=True)


def hall(t: Number, k: Number) -> Number:
    """g(t) = t + k·t²/3 + k²·t³/27 + k/6."""
    return t + k * t**2 / 3 + k**2 * t**3 / 27 + k / 6


def hall_inverse(x: Number, k: Number) -> Number:
    """The t for which g(t) is x: g is ((1 + k·t/3)³ − 1) / k + k/6."""
    if abs(k) < mpf(10) ** -18:  # as good as none, and the cube below would lose its digits
        return x
    cube = 1 + k * (x - k / 6)
    root = mp.sign(cube) * mp.cbrt(abs(cube))
    return 3 / k * (root - 1)


def interval(of: Mean, rules: Rules, low: Number = -INFINITY, high: Number = INFINITY) -> Interval:
    """The means m with g((mean − m) / error) within ± t; Student's without skewness."""
    assert of.error is not None
    t = t_quantile(rules.confidence, float(of.n - 1))
    k = of.skewness if rules.skewed else ZERO
    ends = [of.value - of.error * hall_inverse(x, k) for x in (t, -t)]
    return (
        max(low, min(ends[0], of.value)),
        min(high, max(ends[1], of.value)),
    )


def wilson(share: Number, n: Number, confidence: float) -> Interval:
    """Wilson's score interval of a share of n rows."""
    z = normal_quantile(confidence)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * mp.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2) / (1 + z * z / n)
    return max(ZERO, middle - half), min(ONE, middle + half)
