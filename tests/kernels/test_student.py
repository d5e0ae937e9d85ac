"""Student's t: the half-width of an interval against scipy and published tables."""

from __future__ import annotations

import math

import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.kernels.student import t_p_value, t_quantile

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
