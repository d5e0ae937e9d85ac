"""A mean in standard errors, at its extremes."""

from __future__ import annotations

import math

import pytest

from ce_cli.kernels.statistic import Statistic


@pytest.mark.parametrize("skewness", [-0.9, 0.0, 0.9])
@pytest.mark.parametrize("value", [-2.0, 0.0, 2.0])
def test_an_infinite_error_says_nothing(value: float, skewness: float) -> None:
    one = Statistic(value, math.inf, 9.0, skewness)
    assert one.p_value == 1.0
    assert one.interval_of_difference(0.95) == (-math.inf, math.inf)
