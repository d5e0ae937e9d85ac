"""Bins of scores, against exact fractions, and the order of many numbers, against numpy."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels import ordering
from ce_cli.kernels.ordering import ascending
from ce_cli.kernels.score_bins import DIGITS, begins, most_digits

Floats = NDArray[np.float64]

lawful = settings(deadline=None, max_examples=50)
EDGES = (0.0, 5e-324, 0.25, 0.5, 0.5 + 2.0**-53, 1.0 - 2.0**-53, 1.0, 1.5, -0.25, -1.0)
scores_of_any_kind = st.lists(
    st.floats(allow_nan=False) | st.floats(0.0, 1.0) | st.sampled_from(EDGES), min_size=1
).map(lambda scores: np.unique(np.array(scores) + 0.0))


def bin_of(score: float, digits: int) -> object:
    """The sign, the side of 1/2 and 1, and the first digits of the distance to the nearer end."""
    if np.isinf(score):
        return score
    exact, side = Fraction(score), (score > 0.5) + (score > 1.0)
    size = 1 - exact if side == 1 else abs(exact)
    exponent = -1022  # also of subnormal numbers and 0
    while size >= Fraction(2) ** (exponent + 1):
        exponent += 1
    return side, score < 0, exponent, size // Fraction(2) ** (exponent - digits)


@lawful
@given(scores=scores_of_any_kind, digits=st.integers(0, DIGITS))
def test_scores_that_agree_in_the_first_digits_share_a_bin(scores: Floats, digits: int) -> None:
    bins = [bin_of(score, digits) for score in scores.tolist()]
    expected = [True, *(one != other for one, other in itertools.pairwise(bins))]
    assert begins(scores, digits).tolist() == expected


@lawful
@given(scores=scores_of_any_kind, most=st.integers(1, 40))
def test_one_more_digit_would_leave_too_many_bins(scores: Floats, most: int) -> None:
    digits = most_digits(scores, most)
    counts = [int(begins(scores, one).sum()) for one in range(DIGITS + 1)]
    assert counts == sorted(counts)
    assert digits == max([one for one in range(DIGITS + 1) if counts[one] <= most], default=0)


@pytest.mark.parametrize("coded", [False, True])
@lawful
@given(
    values=st.lists(st.floats(allow_nan=False), min_size=1).map(lambda own: np.array(own) + 0.0),
    data=st.data(),
)
def test_the_order_is_that_of_a_stable_sort(
    coded: bool, values: Floats, data: st.DataObject
) -> None:
    drawn = st.lists(st.integers(0, 70_000), min_size=len(values), max_size=len(values))
    codes = np.array(data.draw(drawn), np.intp) if coded else None
    expected = np.argsort(values, kind="stable") if codes is None else np.lexsort((values, codes))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ordering, "_MANY", 1)
        assert ascending(values, codes).tolist() == expected.tolist()
