"""The largest of many numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.scoring.row_losses import largest_first

NUMBERS = st.sampled_from([0.0, -0.0, 1.0, 5e-324, -1.0, math.inf, -math.inf, math.nan])


def sorted_places(values: NDArray[np.float64], most: int, least: float) -> list[int]:
    """The same by sorting all."""
    reached = [place for place, value in enumerate(values.tolist()) if value >= least]
    return sorted(reached, key=lambda place: (-values[place], place))[:most]


@settings(deadline=None)
@given(
    values=st.lists(NUMBERS | st.floats(), max_size=60),
    most=st.integers(0, 5),
    least=st.sampled_from([-math.inf, 5e-324, 1.0]),
)
def test_the_largest_are_those_that_sorting_puts_first(
    values: list[float], most: int, least: float
) -> None:
    numbers = np.array(values, np.float64)
    assert largest_first(numbers, most, least).tolist() == sorted_places(numbers, most, least)


@pytest.mark.parametrize("distinct", [2, 1000, 10**9])
def test_the_largest_of_many(distinct: int) -> None:
    numbers = np.random.default_rng(7).integers(0, distinct, 30_000).astype(np.float64)
    assert largest_first(numbers, 13).tolist() == sorted_places(numbers, 13, -math.inf)
