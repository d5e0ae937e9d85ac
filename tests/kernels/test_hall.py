"""Hall's transformation against its formula in mpmath, and its laws."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.kernels.hall import transformed, untransformed

SKEWNESS = st.floats(-1.0, 1.0)
STATISTIC = st.floats(-40.0, 40.0)


@pytest.mark.parametrize("skewness", [-1.0, -0.3, -1e-9, 1e-300, 1e-4, 0.2, 1.0])
@pytest.mark.parametrize("t", [-12.0, -1.96, -1e-5, 0.0, 0.5, 2.2, 30.0])
def test_formula_of_hall(t: float, skewness: float) -> None:
    with mpmath.workdps(50):
        # Hall (1992): T + (a·T² + b)·γ/√n + (a·γ)²·T³/(3·n), with a = 1/3 and b = 1/6
        k, x = mpmath.mpf(skewness), mpmath.mpf(t)
        exact = x + (x**2 / 3 + mpmath.mpf(1) / 6) * k + (k / 3) ** 2 * x**3 / 3
    scale = abs(t) + abs(skewness) * t * t + 1e-300
    assert float(transformed(t, skewness)) == pytest.approx(float(exact), abs=1e-14 * scale)


@given(t=STATISTIC, skewness=SKEWNESS)
def test_inverse(t: float, skewness: float) -> None:
    back = float(untransformed(transformed(t, skewness), skewness))
    flat = abs(1.0 + skewness * t / 3.0) < 1e-3  # the cubic is level there, and loses digits
    assert back == pytest.approx(t, rel=1e-3 if flat else 1e-9, abs=1e-9)


@given(t=STATISTIC)
def test_without_skewness_nothing_changes(t: float) -> None:
    assert float(transformed(t, 0.0)) == t
    assert float(untransformed(t, 0.0)) == t


@given(t=STATISTIC, skewness=SKEWNESS)
def test_mirrored_numbers_have_mirrored_statistics(t: float, skewness: float) -> None:
    assert float(transformed(-t, -skewness)) == -float(transformed(t, skewness))
    assert float(untransformed(-t, -skewness)) == -float(untransformed(t, skewness))


@given(skewness=SKEWNESS)
def test_order_is_kept(skewness: float) -> None:
    statistics = np.linspace(-30.0, 30.0, 1201)
    assert (np.diff(transformed(statistics, skewness)) >= -1e-12).all()
