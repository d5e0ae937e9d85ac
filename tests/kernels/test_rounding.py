"""Quotients of exact sums: certain where they say so, and then correctly rounded."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.kernels.rounding import Doubles, rounded_quotients

LIMBS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6)


def doubles(limbs: list[int], lowest: int) -> Doubles:
    found = Doubles.of_limbs(np.array(limbs, np.int64)[:, None], lowest)
    assert found is not None
    return found


def whole(limbs: list[int], lowest: int) -> Fraction:
    number = sum(limb << (32 * place) for place, limb in enumerate(limbs))
    return Fraction(number) * Fraction(2) ** (32 * lowest)


@given(LIMBS, LIMBS.filter(any), st.integers(-8, 8))
def test_what_is_certain_is_the_nearest_number(
    dividend: list[int], divisor: list[int], lowest: int
) -> None:
    (value,), (certain,) = rounded_quotients(doubles(dividend, lowest), doubles(divisor, 0))
    exact = whole(dividend, lowest) / whole(divisor, 0)
    if certain:
        assert value == float(exact)
    assert certain or exact  # a quotient of 0 never has to be divided again


def test_results_that_may_be_subnormal_are_not_certain() -> None:
    (value,), (certain,) = rounded_quotients(doubles([1], -33), doubles([3], 0))
    assert not certain
    assert 0.0 < value < 2.0**-1000
