"""Standard errors at the ends of the floats."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.forms import BinaryLogit
from ce_cli.kernels.outcomes import Hard
from ce_cli.metrics.bits_per_byte import BitsPerByte
from ce_cli.metrics.spread import errors_of_ratios
from tests.metrics.test_laws import batch_of


def error_of(numbers: list[float], divisors: list[float]) -> float:
    """The standard error of the ratio of two sums without weights."""
    x, y = np.array(numbers), np.array(divisors)
    ones = np.ones(len(x))
    sums = (ExactSums.of(one, None, 1) for one in (ones, ones, y, x, y * y, x * y, x * x))
    return float(errors_of_ratios(*sums)[0])


def test_an_error_beyond_the_floats_is_infinite() -> None:
    """1 and 3 by 1 each have a mean of 2 with an error of 1, whatever their units."""
    assert error_of([1.0, 3.0], [1.0, 1.0]) == 1.0
    assert error_of([2.0**500, 3.0 * 2.0**500], [2.0**-500] * 2) == pytest.approx(2.0**1000)
    assert error_of([2.0**500, 3.0 * 2.0**500], [2.0**-530] * 2) == math.inf


def test_bits_per_byte_need_bytes() -> None:
    outcomes = Hard(BinaryLogit(np.zeros(2)), np.zeros(2, np.intp), 2)
    with pytest.raises(ValueError, match="no byte counts"):
        BitsPerByte.of(batch_of(outcomes).replace(byte_counts=None))
