"""Student's t: the half-width of an interval against scipy and published tables."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

from ce_cli.kernels.student import FEWEST, normal_quantile, t_p_value, t_quantile, t_quantiles

CONFIDENCES = (0.001, 0.1, 0.5, 0.6827, 0.8, 0.9, 0.95, 0.99, 0.999, 1.0 - 1e-6, 1.0 - 1e-9)
DEGREES = (*range(1, 31), 40, 60, 100, 120, 500, 1000, 10_000, 99_999, 1_000_000)


def quantile_of_scipy(confidence: float, degrees: float) -> float:
    """The upper tail is used, since ``ppf`` near 1 has lost the digits of the tail."""
    return float(scipy.stats.t.isf((1.0 - confidence) / 2.0, degrees))


@pytest.mark.parametrize("confidence", CONFIDENCES)
@pytest.mark.parametrize("degrees", DEGREES)
def test_the_quantile_is_that_of_scipy(confidence: float, degrees: int) -> None:
    expected = quantile_of_scipy(confidence, degrees)
    assert t_quantile(confidence, degrees) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.001, 1.0 - 1e-9), st.integers(1, 1_000_000))
def test_any_quantile_is_that_of_scipy(confidence: float, degrees: int) -> None:
    """A little looser than for the confidences that people ask for."""
    expected = quantile_of_scipy(confidence, degrees)
    assert t_quantile(confidence, degrees) == pytest.approx(expected, rel=1e-8)


@settings(max_examples=100, deadline=None)
@given(st.floats(0.001, 1.0 - 1e-9), st.floats(1.0, 1e6))
def test_degrees_need_not_be_whole(confidence: float, degrees: float) -> None:
    expected = quantile_of_scipy(confidence, degrees)
    assert t_quantile(confidence, degrees) == pytest.approx(expected, rel=1e-8)


@settings(max_examples=200, deadline=None)
@given(st.floats(-40.0, 40.0), st.floats(1.0, 1e6))
def test_the_tail_is_that_of_scipy(t: float, degrees: float) -> None:
    expected = 2.0 * float(scipy.stats.t.sf(abs(t), degrees))
    assert t_p_value(t, degrees) == pytest.approx(expected, rel=1e-7, abs=1e-12)


def test_the_tail_ends_where_floats_do() -> None:
    assert t_p_value(0.0, 3.0) == 1.0
    assert t_p_value(float("inf"), 3.0) == pytest.approx(0.0, abs=1e-100)
    assert t_p_value(5e-324, 3.0) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("confidence", "degrees", "published"),
    [
        (0.90, 1, 6.314),
        (0.95, 1, 12.706),
        (0.99, 1, 63.657),
        (0.95, 2, 4.303),
        (0.95, 5, 2.571),
        (0.90, 10, 1.812),
        (0.95, 10, 2.228),
        (0.99, 10, 3.169),
        (0.95, 30, 2.042),
        (0.95, 120, 1.980),
    ],
)
def test_the_quantile_is_in_the_tables(confidence: float, degrees: int, published: float) -> None:
    """Critical values of the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2."""
    assert round(t_quantile(confidence, degrees), 3) == published


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("degrees", [10**7, 10**9, 10**15])
def test_with_many_degrees_the_quantile_is_the_normal_one(confidence: float, degrees: int) -> None:
    expected = float(scipy.stats.norm.isf((1.0 - confidence) / 2.0))
    assert t_quantile(confidence, degrees) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("degrees", [1, 2, 7, 100, 1_000_000])
def test_more_confidence_makes_a_wider_interval(degrees: int) -> None:
    widths = [t_quantile(confidence, degrees) for confidence in CONFIDENCES]
    assert widths == sorted(widths)
    assert len(set(widths)) == len(widths)


@pytest.mark.parametrize("confidence", CONFIDENCES)
def test_more_degrees_make_a_narrower_interval(confidence: float) -> None:
    widths = [t_quantile(confidence, degrees) for degrees in (1, 2, 3, 5, 10, 100, 1000, 10_000)]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize("degrees", [1, 2, 3, 7, 30, 99, 1_000, 49_999, 1_000_000])
@pytest.mark.parametrize("t", [1e-9, 0.01, 0.7, 1.0, 1.96, 5.0, 12.0, 37.0, 300.0])
def test_the_p_value_is_that_of_scipy(t: float, degrees: int) -> None:
    """Tails down to 1e-300 among them; those of large samples hardly differ from the normal."""
    expected = 2.0 * float(scipy.stats.t.sf(t, degrees))
    for sign in (1.0, -1.0):
        assert t_p_value(sign * t, degrees) == pytest.approx(expected, rel=1e-9, abs=1e-307)


@settings(max_examples=200, deadline=None)
@given(st.floats(-50.0, 50.0), st.integers(1, 1_000_000))
def test_any_p_value_is_that_of_scipy(t: float, degrees: int) -> None:
    expected = 2.0 * float(scipy.stats.t.sf(abs(t), degrees))
    assert t_p_value(t, degrees) == pytest.approx(expected, rel=1e-8, abs=1e-307)


def test_p_values_have_their_ends() -> None:
    assert t_p_value(0.0, 5) == 1.0
    assert t_p_value(math.inf, 5) == t_p_value(-math.inf, 5) == 0.0
    assert math.isnan(t_p_value(math.nan, 5))
    assert t_p_value(1e200, 3) == 0.0


@settings(max_examples=100, deadline=None)
@given(st.floats(0.001, 1.0 - 1e-9), st.integers(1, 1_000_000))
def test_the_p_value_at_a_quantile_is_what_lies_outside(confidence: float, degrees: int) -> None:
    assert t_p_value(t_quantile(confidence, degrees), degrees) == pytest.approx(
        1.0 - confidence, rel=1e-6
    )


def relative_error(t: float, confidence: float, degrees: float) -> float:
    """That of t, from the tail beyond it to 40 digits."""
    with mp.workdps(40):
        half, square = mpf(degrees) / 2, mpf(t) ** 2
        front = mp.gamma(half + 0.5) / mp.gamma(half) / mp.sqrt(mp.pi * degrees)
        slope = 2 * t * front * (1 + square / degrees) ** -(half + 0.5)
        x = degrees / (degrees + square)
        tail = mpmath.betainc(half, 0.5, 0, x, regularized=True) if x < 0.5 else None
        if tail is None:
            tail = 1 - mpmath.betainc(0.5, half, 0, square / (degrees + square), regularized=True)
        return float(abs(tail - (1 - mpf(confidence))) / slope)


@pytest.mark.parametrize("confidence", [0.01, 0.5, 0.95, 0.999, 1.0 - 1e-9, 1.0 - 1e-12])
def test_quantiles_have_13_digits(confidence: float) -> None:
    """Fewer by those of log t, for t beyond 10: degrees of freedom below 1 can give t = 1e120."""
    random = np.random.default_rng(0)
    ends = [FEWEST, 0.125, 1.0, 2.0, 8191.9, 8192.0, 1e9]
    degrees = np.concatenate((ends, 10.0 ** random.uniform(-1.0, 4.0, 20)))
    for t, own in zip(t_quantiles(confidence, degrees).tolist(), degrees.tolist(), strict=True):
        assert relative_error(t, confidence, own) <= 1e-13 * max(1.0, math.log(t)), own


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 1.0 - 1e-12), st.floats(1.0, 1e9))
def test_quantiles_are_those_of_scipy(confidence: float, degrees: float) -> None:
    expected = quantile_of_scipy(confidence, degrees)
    assert t_quantile(confidence, degrees) == pytest.approx(expected, rel=1e-11)


def test_a_quantile_does_not_depend_on_the_others() -> None:
    degrees = 10.0 ** np.random.default_rng(1).uniform(-1.0, 6.0, 1001)
    together = t_quantiles(0.95, degrees)
    assert together.tolist() == [t_quantile(0.95, own) for own in degrees.tolist()]
    assert together[3::7].tolist() == t_quantiles(0.95, degrees[3::7]).tolist()
    assert len(t_quantiles(0.95, np.zeros(0))) == 0


def test_quantiles_go_on_where_the_polynomials_meet() -> None:
    for octave in range(-2, 14):
        degrees = math.ldexp(1.0, octave)
        below, at = t_quantiles(0.95, np.array([math.nextafter(degrees, 0.0), degrees]))
        assert below == pytest.approx(at, rel=1e-12)


@pytest.mark.parametrize("confidence", [1e-9, 0.01, 0.5, 0.95, 1.0 - 1e-12, 1.0 - 2.0**-53])
def test_the_normal_quantile_has_14_digits(confidence: float) -> None:
    with mp.workdps(40):
        expected = float(mp.sqrt(2) * mp.erfinv(mpf(confidence)))
    assert normal_quantile(confidence) == pytest.approx(expected, rel=1e-14)
    assert t_quantile(confidence, math.inf) == normal_quantile(confidence)


def test_an_interval_of_hardly_any_confidence_has_hardly_any_width() -> None:
    """The true one is that many times as wide as the density at 0 is low."""
    assert 0.0 <= t_quantile(1e-300, 5.0) < 1e-80
