"""Welch's test and its degrees of freedom, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ce_cli.kernels.welch import MeanEstimate, difference

SIZES = ((5, 40), (12, 12), (300, 7))


@pytest.mark.parametrize(("first", "second"), SIZES)
def test_the_difference_of_two_means_is_tested_as_scipy_does(first: int, second: int) -> None:
    rng = np.random.default_rng(first)
    samples = (rng.normal(1.0, 2.0, first), rng.normal(0.3, 0.5, second))
    means = (MeanEstimate(float(np.mean(x)), float(stats.sem(x)), len(x)) for x in samples)
    found = difference(*means)
    expected = stats.ttest_ind(*samples, equal_var=False)
    assert found.degrees == pytest.approx(expected.df, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    ends = expected.confidence_interval(0.9)
    assert found.interval(0.9) == pytest.approx((ends.low, ends.high), rel=1e-9)
