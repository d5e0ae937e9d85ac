"""Softmax in pieces: the same bits for every order in memory, batch and kind of number."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels import forms, layout, losses, softmax

Floats = NDArray[np.float64]

unhurried = settings(max_examples=60, deadline=None)  # nothing is timed

HARD = (0.0, -0.0, 5e-324, 1e-300, 1e-12, 1.0, 3.5, 1e15, 1e300, 1.7e308, math.inf)
cells = st.one_of(
    st.floats(-50.0, 50.0),
    st.floats(-20.0, 20.0, width=32),
    st.sampled_from((*(-value for value in HARD), *HARD[:-1])),
)


@st.composite
def matrices(draw: st.DrawFn) -> Floats:
    """Logits of few or many classes, shape (n, K), without a row of −inf only."""
    classes, rows = draw(st.sampled_from((2, 3, 31, 32, 33, 40, 300))), draw(st.integers(1, 5))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    scale = draw(st.sampled_from((0.01, 2.0, 40.0)))
    matrix = rng.normal(0.0, scale, (rows, classes))
    if draw(st.booleans()):
        matrix = matrix.astype(np.float32).astype(np.float64)
    for value in draw(st.lists(cells, max_size=6)):
        matrix[rng.integers(rows), rng.integers(classes)] = value
    matrix[np.isneginf(matrix).all(axis=1), 0] = 0.0
    return matrix


def answers(form: forms.Logits, codes: NDArray[np.intp]) -> list[bytes]:
    found = [
        form.losses(codes),
        form.squared_errors(codes),
        form.label_probability(codes),
        form.confidence(),
        form.predicted(),
        form.probabilities(),
        form.surprisals(),
    ]
    return [one.tobytes() for one in found]


@unhurried
@given(matrices())
def test_the_order_in_memory_and_the_other_rows_change_no_bit(rows: Floats) -> None:
    count, classes = rows.shape
    codes = np.arange(count) * 7 % classes
    by_row, by_class = np.ascontiguousarray(rows).T, np.ascontiguousarray(rows.T)
    whole = answers(forms.Logits(by_class), codes)
    assert answers(forms.Logits(by_row), codes) == whole
    assert answers(forms.Logits(np.repeat(by_class, 2, axis=1)[:, ::2]), codes) == whole
    form = forms.Logits(by_class)
    for row in range(count):
        alone = forms.Logits(rows[row : row + 1].T)
        one = codes[row : row + 1]
        assert alone.losses(one).tobytes() == form.losses(codes)[row : row + 1].tobytes()
        assert alone.squared_errors(one).tobytes() == form.squared_errors(codes)[[row]].tobytes()
        assert alone.surprisals().tobytes() == form.surprisals()[:, [row]].tobytes()


@unhurried
@given(matrices())
def test_skipping_the_errors_of_exact_differences_changes_no_bit(rows: Floats) -> None:
    codes = np.arange(len(rows)) % rows.shape[1]
    with pytest.MonkeyPatch.context() as patch:
        found = answers(forms.Logits(rows.T), codes)
        patch.setattr(softmax, "_subtracts_exactly", lambda *_: False)
        assert answers(forms.Logits(rows.T), codes) == found


@unhurried
@given(matrices())
def test_the_size_of_a_piece_changes_no_bit(rows: Floats) -> None:
    codes = np.arange(len(rows)) % rows.shape[1]
    found = answers(forms.Logits(rows.T), codes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layout, "_PIECE", 1)
        assert answers(forms.Logits(rows.T), codes) == found


@unhurried
@given(matrices(), st.floats(0.0, 700.0))
def test_sums_of_odds_are_exact_beyond_a_float(rows: Floats, far: float) -> None:
    """Σ as rounded is the float64 nearest to the sum, and the error is the rest of it."""
    with np.errstate(under="ignore"):
        odds = np.exp(-np.abs(np.nan_to_num(rows)) - far).T
    sums, errors = softmax._sums_and_errors(odds, np.empty_like(odds))
    for row, column in enumerate(odds.T.tolist()):
        exact = sum(map(Fraction, column))
        assert sums[row] == pytest.approx(float(exact), rel=2.0**-52, abs=1e-300)
        if exact > Fraction(2) ** -900:
            off = exact - Fraction(float(sums[row])) - Fraction(float(errors[row]))
            assert abs(off) <= exact * Fraction(2) ** -58


def test_sums_of_no_odds_are_zero() -> None:
    odds = np.zeros((50, 3))
    sums, errors = softmax._sums_and_errors(odds, np.empty_like(odds))
    assert sums.tolist() == errors.tolist() == [0.0, 0.0, 0.0]


@unhurried
@given(matrices())
def test_class_sums_have_the_same_bits_for_every_order_in_memory_and_batch(rows: Floats) -> None:
    rows = np.nan_to_num(rows, posinf=1.0, neginf=-1.0) % 3.0
    sums = losses.class_sums(rows.T)
    assert losses.class_sums(np.ascontiguousarray(rows.T)).tobytes() == sums.tobytes()
    assert losses.class_sums(np.repeat(rows.T, 3, axis=1)[:, ::3]).tobytes() == sums.tobytes()
    for row in range(len(rows)):
        assert losses.class_sums(rows[row : row + 1].T)[0] == sums[row]
    for exact, total in zip(rows.tolist(), sums.tolist(), strict=True):
        assert total == pytest.approx(math.fsum(exact), rel=1e-13)


@unhurried
@given(matrices())
def test_surprisals_are_the_losses_of_each_class(rows: Floats) -> None:
    form = forms.Logits(rows.T)
    for code, own in enumerate(form.surprisals()):
        assert own.tobytes() == form.losses(np.full(len(rows), code, np.intp)).tobytes()


def test_rows_of_many_classes_keep_their_order_in_memory() -> None:
    matrix = layout.stored(1000, 8)
    assert matrix.T.flags.c_contiguous
    taken = layout.of_rows(matrix, np.array([3, 1], np.intp))
    assert taken.shape == (1000, 2)
    assert taken.T.flags.c_contiguous
    assert layout.stored(10, 8).flags.c_contiguous
