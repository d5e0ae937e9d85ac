"""How many rows would decide."""

from __future__ import annotations

import math

import pytest

from ce_cli.kernels.deciding import rows_to_decide


@pytest.mark.parametrize(("effect", "rows"), [(0.2, 198.15), (0.5, 33.37), (0.8, 14.30)])
def test_rows_are_those_of_the_power_of_a_t_test(effect: float, rows: float) -> None:
    """Of statsmodels: ``TTestPower().solve_power(effect, power=0.8, alpha=0.05)``."""
    assert rows_to_decide(100, effect, 0.1, 0.05) == pytest.approx(rows, abs=0.2)


def test_no_number_of_rows_shows_a_difference_of_nothing() -> None:
    assert rows_to_decide(100, 0.0, 0.1, 0.05) == math.inf
