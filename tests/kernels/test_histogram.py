"""Quantiles of the log-spaced histogram against numpy's, and the laws of merging."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels.histogram import RELATIVE_ERROR, LogHistogram

Floats = NDArray[np.float64]

unhurried = settings(deadline=None)  # nothing is timed

SHARES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)

positive = st.floats(2.0**-1022, 1e308) | st.sampled_from((1.0, 0.5, 2.0, 1.0078125, 1e-300))
anything = positive | st.just(math.inf)
losses = st.floats(1e-3, 50.0) | st.sampled_from((1.0, 0.5, 2.0, 1.0078125))
weights = st.floats(1e-6, 1e6) | st.integers(1, 4).map(float)


def floats_of(values: Sequence[float]) -> Floats:
    return np.array(values, np.float64)


def quantiles_of_numpy(values: Floats, weighted_by: Floats | None = None) -> list[float]:
    """The smallest value at which the share of the weight is reached."""
    found = np.quantile(values, SHARES, method="inverted_cdf", weights=weighted_by)
    return [float(value) for value in found]


def check_close(histogram: LogHistogram, expected: list[float]) -> None:
    for got, exact in zip(histogram.quantiles(SHARES), expected, strict=True):
        assert got == exact or abs(got - exact) <= RELATIVE_ERROR * exact


def test_the_stated_error_is_what_numerics_md_allows() -> None:
    assert RELATIVE_ERROR <= 0.005


@pytest.mark.parametrize("count", [1, 2, 3, 10, 99, 100, 101, 10_000])
@pytest.mark.parametrize("scale", [1e-200, 1e-3, 1.0, 700.0])
def test_quantiles_are_those_of_numpy_within_the_stated_error(count: int, scale: float) -> None:
    values = np.random.default_rng(count).exponential(scale, count)
    check_close(LogHistogram.of(values), quantiles_of_numpy(values))


@settings(max_examples=30, deadline=None)
@given(st.lists(anything, min_size=1, max_size=100))
def test_quantiles_of_any_values_are_those_of_numpy(values: list[float]) -> None:
    check_close(LogHistogram.of(floats_of(values)), quantiles_of_numpy(floats_of(values)))


@unhurried
@given(st.integers(-1021, 1022), st.integers(0, 127))
def test_the_edges_of_a_bin_are_within_the_stated_error(exponent: int, step: int) -> None:
    """The first and the last float of a bin are as far off as values can be."""
    low = math.ldexp(1.0 + step / 128.0, exponent)
    high = math.nextafter(math.ldexp(1.0 + (step + 1) / 128.0, exponent), 0.0)
    for value in (low, high):
        check_close(LogHistogram.of(floats_of([value])), [value] * len(SHARES))


def test_quantiles_of_zeros_are_zero() -> None:
    values = floats_of([0.0, 0.0, 0.0, 1.0])
    assert LogHistogram.of(values).quantiles((0.5,)) == [0.0]


@pytest.mark.parametrize("seed", range(5))
def test_weighted_quantiles_are_those_of_numpy_within_the_stated_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, weighted_by = rng.exponential(2.0, 5000), rng.uniform(0.0, 3.0, 5000)
    expected = quantiles_of_numpy(values, weighted_by)
    check_close(LogHistogram.of(values, weighted_by), expected)


@unhurried
@given(st.lists(st.tuples(losses, st.integers(1, 5)), min_size=1, max_size=60))
def test_whole_weights_count_as_repeated_values(rows: list[tuple[float, int]]) -> None:
    values = floats_of([value for value, _ in rows])
    times = np.array([count for _, count in rows])
    weighted = LogHistogram.of(values, times.astype(np.float64))
    repeated = LogHistogram.of(np.repeat(values, times))
    assert weighted == repeated
    assert weighted.quantiles(SHARES) == repeated.quantiles(SHARES)


def test_infinity_is_not_the_largest_float() -> None:
    largest = float(np.finfo(np.float64).max)
    histogram = LogHistogram.of(floats_of([largest, largest, math.inf]))
    middle, last = histogram.quantiles((0.5, 1.0))
    assert middle == pytest.approx(largest, rel=RELATIVE_ERROR)
    assert last == math.inf


# Merging


@unhurried
@given(st.lists(st.lists(st.tuples(losses, weights), max_size=20), max_size=5), st.booleans())
def test_no_cut_changes_the_histogram(
    parts: list[list[tuple[float, float]]], weighted: bool
) -> None:
    def histogram(rows: list[tuple[float, float]]) -> LogHistogram:
        values = floats_of([value for value, _ in rows])
        return LogHistogram.of(
            values, floats_of([weight for _, weight in rows]) if weighted else None
        )

    whole = histogram([row for part in parts for row in part])
    merged, backwards = LogHistogram.empty(), LogHistogram.empty()
    for part in parts:
        merged = merged.merge(histogram(part))
        backwards = histogram(part).merge(backwards)
    for one in (merged, backwards):
        assert one == whole
        np.testing.assert_array_equal(one.quantiles(SHARES), whole.quantiles(SHARES))


@unhurried
@given(*[st.lists(losses, max_size=10)] * 3)
def test_merge_is_associative(a: list[float], b: list[float], c: list[float]) -> None:
    one, two, three = (LogHistogram.of(floats_of(values)) for values in (a, b, c))
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


def test_infinity_merges_with_the_rest() -> None:
    values = floats_of([0.5, 1.0, 2.0, math.inf])
    merged = LogHistogram.of(values[3:]).merge(LogHistogram.of(values[:3]))
    check_close(merged, quantiles_of_numpy(values))


@unhurried
@given(st.lists(losses, max_size=10))
def test_no_values_are_the_identity_of_merge(values: list[float]) -> None:
    histogram = LogHistogram.of(floats_of(values))
    assert histogram.merge(LogHistogram.empty()) == histogram
    assert LogHistogram.empty().merge(histogram) == histogram


def test_no_values_have_no_quantiles() -> None:
    for nothing in (LogHistogram.empty(), LogHistogram.of(floats_of([]))):
        assert all(math.isnan(value) for value in nothing.quantiles((0.5, 0.99)))


@unhurried
@given(st.lists(st.tuples(losses, weights), max_size=10))
def test_pickling_keeps_the_histogram(rows: list[tuple[float, float]]) -> None:
    values, weighted_by = (floats_of([row[part] for row in rows]) for part in (0, 1))
    histogram = LogHistogram.of(values, weighted_by)
    assert pickle.loads(pickle.dumps(histogram)) == histogram


@pytest.mark.parametrize("weight", [0.1, 1 / 3, 1e-12, 7e30])
def test_equal_weights_have_the_quantiles_of_none(weight: float) -> None:
    """Also where a share is reached exactly at the end of a bin, whatever sums lose."""
    rng = np.random.default_rng(3)
    for rows in range(2, 1200, 14):
        values = rng.exponential(1.0, rows)
        plain = LogHistogram.of(values.copy()).quantiles((0.5, 0.9, 0.99))
        weighted = LogHistogram.of(values.copy(), np.full(rows, weight))
        assert weighted.quantiles((0.5, 0.9, 0.99)) == plain
