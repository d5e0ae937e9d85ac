"""Fieller's interval against a root finder at 60 digits, published limits, and its laws."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize

from ce_cli.kernels.fieller import LOWEST, RatioMoments

Floats = NDArray[np.float64]


def moments_of(model: Floats, reference: Floats) -> RatioMoments:
    """Those of paired losses, computed by numpy."""
    differences, n = model - reference, len(model)
    (variance, covariance), (_, own) = np.cov(differences, reference) / n
    return RatioMoments(
        float(differences.mean()), float(reference.mean()), variance, covariance, own
    )


def statistic(moments: RatioMoments, ratio: mpmath.mpf) -> mpmath.mpf:
    """T(θ), by its definition."""
    d, b = mpmath.mpf(moments.difference), mpmath.mpf(moments.reference)
    square = (
        mpmath.mpf(moments.variance)
        - 2 * ratio * mpmath.mpf(moments.covariance)
        + ratio**2 * mpmath.mpf(moments.reference_variance)
    )
    return (d - ratio * b) / mpmath.sqrt(square)


def found(moments: RatioMoments, limit: float, between: tuple[float, float]) -> float:
    """The ratio between two others at which T is `limit`."""
    near = optimize.brentq(lambda ratio: float(statistic(moments, ratio)) - limit, *between)
    with mpmath.workdps(60):
        return float(mpmath.findroot(lambda ratio: statistic(moments, ratio) - limit, near))


@pytest.mark.parametrize("seed", range(200))
def test_ends_are_the_roots_that_a_root_finder_finds(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(8, 400))
    reference = random.exponential(size=count)
    kinds = (
        reference * random.uniform(0.5, 2.0) + 0.1 * random.exponential(size=count),
        reference * 1.001 * np.exp(1e-4 * random.normal(size=count)),
        random.exponential(size=count) * random.uniform(0.3, 3.0),
    )
    moments = moments_of(kinds[seed % 3], reference)
    low_t, high_t = -random.uniform(1.5, 3.0), random.uniform(1.5, 3.0)
    low, high = moments.ends(low_t, high_t)
    middle = float(moments.difference / moments.reference)
    expected = [LOWEST, math.nan]
    with mpmath.workdps(60):
        above = [at for at in (0, -1) if statistic(moments, mpmath.mpf(at)) > high_t]
        if above:
            expected[0] = found(moments, high_t, (above[0], middle))
        if statistic(moments, mpmath.mpf(0)) < low_t:
            expected[1] = found(moments, low_t, (middle, 0.0))
        elif moments.reference / math.sqrt(moments.reference_variance) > -low_t:
            expected[1] = found(moments, low_t, (middle, 1e4))
    assert (low, high) == pytest.approx(tuple(expected), rel=1e-12, nan_ok=True)


def test_published_limits_of_two_independent_means() -> None:
    """As R's `mratios`: (a ± ...)/b of Fieller's formula with g = t²·s_b²/b², written out."""
    a, b, s_a, s_b, t = 12.0, 10.0, 1.5, 0.8, 2.0
    g = t * t * s_b * s_b / (b * b)
    reach = t / b * math.sqrt((1 - g) * s_a**2 + (a / b) ** 2 * s_b**2)
    expected = ((a / b - reach) / (1 - g) - 1.0, (a / b + reach) / (1 - g) - 1.0)
    moments = RatioMoments(a - b, b, s_a**2 + s_b**2, -(s_b**2), s_b**2)
    assert moments.ends(-t, t) == pytest.approx(expected, rel=1e-14)


means = st.floats(1e-3, 100.0)
errors = st.floats(1e-6, 50.0)
limits = st.floats(0.01, 50.0)


@given(a=means, b=means, s_a=errors, s_b=errors, r=st.floats(-1.0, 1.0), low=limits, high=limits)
def test_both_sides_of_zero_belong_to_the_test(
    a: float, b: float, s_a: float, s_b: float, r: float, low: float, high: float
) -> None:
    own, shared = s_b * s_b, r * s_a * s_b
    moments = RatioMoments(a - b, b, s_a * s_a - 2 * shared + own, shared - own, own)
    lower, upper = moments.ends(-low, high)
    error = math.sqrt(max(0.0, float(moments.variance)))
    t = (a - b) / error if error else math.copysign(math.inf, a - b) if a != b else 0.0
    assert lower >= LOWEST
    assert not upper < lower
    if abs(t / high - 1.0) > 1e-9:
        assert (lower > 0.0) == (t > high)
    if abs(t / -low - 1.0) > 1e-9:
        assert (upper < 0.0) == (t < -low)
    assert lower <= (a - b) / b or lower == pytest.approx((a - b) / b)
    assert not upper < (a - b) / b or upper == pytest.approx((a - b) / b)


@given(a=means, b=means, s_b=errors, factor=st.sampled_from([2.0**-40, 0.5, 2.0**60]))
def test_the_unit_does_not_matter(a: float, b: float, s_b: float, factor: float) -> None:
    square = factor * factor
    one = RatioMoments(a - b, b, 1.0, -0.25, s_b * s_b)
    other = RatioMoments((a - b) * factor, b * factor, square, -0.25 * square, s_b * s_b * square)
    assert repr(one.ends(-2.0, 2.5)) == repr(other.ends(-2.0, 2.5))


def test_a_reference_that_may_be_zero_has_no_upper_end() -> None:
    low, high = RatioMoments(0.5, 1.0, 1.0, 0.0, 1.0).ends(-2.0, 2.0)
    assert low == LOWEST
    assert math.isnan(high)


def test_without_any_spread_the_ratio_is_known() -> None:
    assert RatioMoments(0.5, 2.0, 0.0, 0.0, 0.0).ends(-2.0, 2.0) == (0.25, 0.25)


def test_without_any_difference_the_ratio_is_zero() -> None:
    for spread in (0.0, 0.25):  # of the reference, which T leaves as soon as the ratio is not 0
        assert RatioMoments(0.0, 2.0, 0.0, 0.0, spread).ends(-2.0, 2.0) == (0.0, 0.0)


def test_ends_beyond_the_floats_are_infinite() -> None:
    """A mean of 1e300 is 1e600 times one of 1e-300."""
    assert RatioMoments(1e300, 1e-300, 0.0, 0.0, 0.0).ends(-2.0, 2.0) == (math.inf, math.inf)
    assert RatioMoments(-1e300, 1e-300, 0.0, 0.0, 0.0).ends(-2.0, 2.0) == (LOWEST, LOWEST)
