"""The entropy of classes with few rows, against scipy and simulations of the origin."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from numpy.typing import NDArray
from scipy import special, stats

from ce_cli.kernels.seen_classes import digamma, entropy, missing_entropy

Floats = NDArray[np.float64]


def corrected(counts: Floats) -> Floats:
    """The estimate of the entropy of the origin, for counts of shape (samples, K)."""
    rows = counts.sum(axis=1)
    shares = counts / rows[:, np.newaxis]
    once, twice = ((counts == n).sum(axis=1).astype(float) for n in (1, 2))
    seen, unseen = missing_entropy(shares, rows, once, twice)
    found: Floats = entropy(shares) + seen + unseen
    return found


@given(st.floats(1e-6, 1e9))
def test_digamma_is_that_of_scipy(x: float) -> None:
    assert digamma(np.array([x]))[0] == pytest.approx(special.digamma(x), rel=1e-11, abs=1e-11)


def test_entropy_is_that_of_scipy() -> None:
    shares = np.array([[0.2, 0.8, 0.0], [1.0, 0.0, 0.0]])
    assert entropy(shares) == pytest.approx(stats.entropy(shares, axis=1), rel=1e-14)


@given(st.floats(1e-300, 0.4), st.booleans())
def test_entropy_keeps_its_digits_where_a_class_is_rare(rare: float, first: bool) -> None:
    shares = [rare, 1 - rare] if first else [1 - rare, rare]
    exact = mp.mpf(rare)
    expected = -exact * mp.log(exact) - (1 - exact) * mp.log1p(-exact)
    assert entropy(np.array([shares]))[0] == pytest.approx(float(expected), rel=1e-14, abs=0)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=30).filter(lambda own: sum(own) > 2))
def test_the_estimate_is_that_of_chao_wang_and_jost(counts: list[int]) -> None:
    """Equation 7, with the sum over all rows written out."""
    rows, once, twice = sum(counts), counts.count(1), counts.count(2)
    expected = sum(x / rows * (special.digamma(rows) - special.digamma(x)) for x in counts if x)
    if twice:
        rate = 2 * twice / ((rows - 1) * once + 2 * twice)
    elif once:
        rate = 2 / ((rows - 1) * (once - 1) + 2)
    if once and rate < 1:
        rest = -np.log(rate) - sum((1 - rate) ** r / r for r in range(1, rows))
        expected += once / rows * (1 - rate) ** (1 - rows) * rest
    assert corrected(np.array([counts], float))[0] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("rows", [100, 1000, 10_000])
def test_shares_of_many_rows_have_the_correction_of_miller(rows: int) -> None:
    """H(π) + (K − 1)/(2n)."""
    counts = np.array([[0.5, 0.3, 0.2, 0.0]]) * rows
    expected = stats.entropy(counts[0]) + (3 - 1) / (2 * rows)
    assert corrected(counts)[0] == pytest.approx(expected, abs=2 / rows**2)


@pytest.mark.parametrize(("classes", "rows"), [(2, 100), (10, 100), (1000, 1000), (1000, 10_000)])
def test_the_bias_is_far_smaller_than_that_of_the_shares(classes: int, rows: int) -> None:
    rng = np.random.default_rng(classes)
    counts = rng.multinomial(rows, np.full(classes, 1.0 / classes), 2000).astype(float)
    plain = float(entropy(counts / rows).mean()) - np.log(classes)
    assert abs(corrected(counts).mean() - np.log(classes)) < 0.05 * abs(plain)
