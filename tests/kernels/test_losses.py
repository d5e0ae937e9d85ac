"""Row losses against the textbook formulas in mpmath, and the questions a form answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss

from ce_cli.kernels import forms, losses
from ce_cli.kernels.forms import Form

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

unhurried = settings(max_examples=60, deadline=None)  # nothing is timed

HARD = 400  # digits in which 1 - 1e-300 and 1e308 + 1e-20 are told apart
PLAIN = 150  # digits in which 1 + e^-300 is

EPSILON = 2.0**-52
TINY = 5e-324

LOGITS = (0.0, 1e-20, 0.5, 1.0, 36.7, 40.0, 700.0, 744.5, 745.0, 746.0, 1e16, 1e300, 1e308)
SIGNED_LOGITS = (*LOGITS, *(-z for z in LOGITS))
PAIRED_LOGITS = (0.0, *(s * z for z in (1e-20, 1.0, 36.7, 745.0, 1e16, 1e308) for s in (1.0, -1.0)))
PROBABILITIES = (
    *(TINY, 1e-310, 1e-300, 1e-100, 1e-20, 1e-17, 1e-16, EPSILON, 1e-9, 0.1, 0.25, 1.0 / 3.0),
    *(math.nextafter(0.5, 0.0), 0.5, math.nextafter(0.5, 1.0), 0.9, 1.0 - 1e-9, 1.0 - EPSILON),
    math.nextafter(1.0, 0.0),
)
LOGPROBS = (
    *(-TINY, -1e-300, -1e-100, -1e-20, -1e-16, -1e-9, -0.1, -0.5, -0.69, -math.log(2.0), -0.7),
    *(-1.0, -10.0, -36.7, -700.0, -745.0, -746.0, -1e4, -1e300),
)


def floats_of(values: Sequence[float] | Sequence[Sequence[float]]) -> Floats:
    return np.array(values, np.float64)


def codes_of(codes: Sequence[int]) -> Codes:
    return np.array(codes, np.intp)


def random_codes(matrix: Floats) -> Codes:
    """A class for every row of predictions of shape (K, n)."""
    classes, rows = len(matrix), len(matrix[0])
    return np.random.default_rng(classes).integers(0, classes, rows).astype(np.intp)


def textbook_softmax_loss(logits: Sequence[float], code: int) -> Any:
    """log Σ e^z − z_y."""
    return mp.log(mp.fsum(mp.exp(mpf(z)) for z in logits)) - mpf(logits[code])


def textbook_logit_loss(logit: float, code: int) -> Any:
    """log(1 + e^∓z)."""
    return mp.log(1 + mp.exp(mpf(-logit if code else logit)))


def textbook_probability_loss(probability: float, code: int) -> Any:
    """−log q or −log(1 − q)."""
    return -mp.log(mpf(probability) if code else 1 - mpf(probability))


def textbook_logprob_loss(logprob: float, code: int) -> Any:
    """−lp or −log(1 − e^lp)."""
    return -mpf(logprob) if code else -mp.log(1 - mp.exp(mpf(logprob)))


def ulps(value: float, exact: Any) -> float:
    """How far off a value is, in units of the last place of the exact one."""
    if value == float(exact):  # also where both are infinite
        return 0.0
    return float(abs(mpf(value) - exact) / math.ulp(float(exact)))


def worst_ulps(values: Floats, exact: Sequence[Any]) -> float:
    return max(map(ulps, values.tolist(), exact))


# Hard cases, within a unit of the last place


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("logit", SIGNED_LOGITS)
def test_a_binary_logit_loses_no_digit(logit: float, code: int) -> None:
    got = losses.binary_logit_losses(floats_of([logit]), codes_of([code]))
    with mp.workdps(HARD):
        assert worst_ulps(got, [textbook_logit_loss(logit, code)]) <= 1


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("probability", PROBABILITIES)
def test_a_binary_probability_loses_no_digit(probability: float, code: int) -> None:
    got = losses.binary_probability_losses(floats_of([probability]), codes_of([code]))
    with mp.workdps(HARD):
        assert worst_ulps(got, [textbook_probability_loss(probability, code)]) <= 1


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("logprob", LOGPROBS)
def test_a_binary_log_probability_loses_no_digit(logprob: float, code: int) -> None:
    got = losses.binary_logprob_losses(floats_of([logprob]), codes_of([code]))
    with mp.workdps(HARD):
        assert worst_ulps(got, [textbook_logprob_loss(logprob, code)]) <= 1


@pytest.mark.parametrize("probability", PROBABILITIES)
def test_a_probability_among_others_loses_no_digit(probability: float) -> None:
    got = forms.Probabilities(floats_of([[0.5], [probability]])).losses(codes_of([1]))
    with mp.workdps(HARD):
        assert worst_ulps(got, [-mp.log(mpf(probability))]) <= 1


@pytest.mark.parametrize("logprob", LOGPROBS)
def test_a_log_probability_among_others_is_taken_as_it_is(logprob: float) -> None:
    got = forms.Logprobs(floats_of([[-0.5], [logprob]])).losses(codes_of([1]))
    assert got.tolist() == [-logprob]


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("first", PAIRED_LOGITS)
def test_two_logits_lose_no_digit(first: float, code: int) -> None:
    rows = [(first, second) for second in PAIRED_LOGITS]
    got = forms.Logits(floats_of(rows).T).losses(codes_of([code] * len(rows)))
    with mp.workdps(HARD):
        assert worst_ulps(got, [textbook_softmax_loss(row, code) for row in rows]) <= 1


@pytest.mark.parametrize(
    "row",
    [
        (0.0, 0.0, 0.0),
        (1e308, 1e308, 1e308),
        (-1e308, -1e308, -1e308),
        (1e308, 1e308, -1e308),
        (1e-20, -1e-20, 0.0),
        (1e-20, 2e-20, 3e-20, 4e-20),
        (745.0, 0.0, -745.0),
        (-745.0, -745.0, 0.0, -745.0),
        (46.0, 0.0, 0.0),
        (0.0, -50.0, -51.0, -52.0, -700.0),
        (1e16, 1e16 - 2.0, 1e16 - 4.0),
        (0.1, 1e15 + 0.125, 1e15),
        (1e308, 1.0, -1e308, 1e-20),
        (0.1, 0.2, 0.30000000000000004),
        (7.0,) * 1000,
        tuple(-float(k) for k in range(1000)),
        (0.0, *(-45.0,) * 999),
    ],
    ids=lambda row: f"{len(row)} logits from {row[0]:g}",
)
def test_many_logits_lose_no_digit(row: tuple[float, ...]) -> None:
    codes = range(min(len(row), 5))
    got = forms.Logits(floats_of([[z] * len(codes) for z in row])).losses(codes_of(codes))
    with mp.workdps(HARD):
        assert worst_ulps(got, [textbook_softmax_loss(row, code) for code in codes]) <= 1


def test_a_tiny_loss_comes_out_as_itself_and_not_as_zero() -> None:
    with mp.workdps(HARD):
        z = float(-mp.log(mpf("1e-20")))
        exact = textbook_logit_loss(z, 1)
    assert losses.binary_logit_losses(floats_of([z]), codes_of([1]))[0] == pytest.approx(1e-20)
    assert forms.Logits(floats_of([[z], [0.0]])).losses(codes_of([0]))[0] == pytest.approx(1e-20)
    assert ulps(float(forms.Logits(floats_of([[z], [0.0]])).losses(codes_of([0]))[0]), exact) <= 1


# Infinite predictions, as numerics.md reads them


@pytest.mark.parametrize(
    ("form", "code", "loss"),
    [
        (forms.BinaryLogit(floats_of([math.inf])), 1, 0.0),
        (forms.BinaryLogit(floats_of([math.inf])), 0, math.inf),
        (forms.BinaryLogit(floats_of([-math.inf])), 1, math.inf),
        (forms.BinaryLogit(floats_of([-math.inf])), 0, 0.0),
        (forms.BinaryLogprob(floats_of([-math.inf])), 1, math.inf),
        (forms.BinaryLogprob(floats_of([-math.inf])), 0, 0.0),
        (forms.BinaryLogprob(floats_of([0.0])), 0, math.inf),
        (forms.BinaryProbability(floats_of([0.0])), 1, math.inf),
        (forms.BinaryProbability(floats_of([1.0])), 0, math.inf),
        (forms.Probabilities(floats_of([[0.0], [1.0]])), 0, math.inf),
        (forms.Logprobs(floats_of([[-math.inf], [0.0]])), 0, math.inf),
        (forms.Logits(floats_of([[-math.inf], [3.0]])), 0, math.inf),
        (forms.Logits(floats_of([[-math.inf], [3.0]])), 1, 0.0),
        (forms.Logits(floats_of([[-math.inf], [3.0], [3.0]])), 1, math.log(2.0)),
        (forms.Logits(floats_of([[math.inf], [1e308], [0.0]])), 0, 0.0),
        (forms.Logits(floats_of([[math.inf], [1e308], [0.0]])), 1, math.inf),
        (forms.Logits(floats_of([[-math.inf], [math.inf], [0.0]])), 0, math.inf),
        (forms.Logits(floats_of([[1e308], [-1e308]])), 1, math.inf),
    ],
)
def test_infinite_predictions_mean_certainty(form: Form, code: int, loss: float) -> None:
    assert form.losses(codes_of([code])).tolist() == [loss]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        (forms.BinaryProbability(floats_of([1.0])), 1),
        (forms.BinaryProbability(floats_of([0.0])), 0),
        (forms.BinaryLogit(floats_of([1e308])), 1),
        (forms.BinaryLogit(floats_of([-1e308])), 0),
        (forms.BinaryLogprob(floats_of([0.0])), 1),
        (forms.BinaryLogprob(floats_of([-0.0])), 1),
        (forms.BinaryLogprob(floats_of([-math.inf])), 0),
        (forms.Probabilities(floats_of([[1.0], [0.0]])), 0),
        (forms.Logits(floats_of([[1e308], [0.0]])), 0),
        (forms.Logits(floats_of([[0.0], [math.inf]])), 1),
        (forms.Logprobs(floats_of([[0.0], [-math.inf]])), 0),
        (forms.Logprobs(floats_of([[-0.0], [-math.inf]])), 0),
    ],
)
def test_what_was_certain_costs_nothing_and_never_minus_nothing(form: Form, code: int) -> None:
    loss = float(form.losses(codes_of([code]))[0])
    assert loss == 0.0
    assert math.copysign(1.0, loss) == 1.0


# Random data, within four units of the last place


@pytest.mark.parametrize(("classes", "rows"), [(2, 300), (3, 300), (10, 200), (1000, 12)])
@pytest.mark.parametrize("scale", [0.01, 2.0, 30.0])
def test_random_logits_are_within_four_ulps(classes: int, rows: int, scale: float) -> None:
    rng = np.random.default_rng([classes, int(100 * scale)])
    matrix = rng.normal(0.0, scale, (classes, rows))
    codes = rng.integers(0, classes, rows).astype(np.intp)
    codes[::3] = matrix[:, ::3].argmax(axis=0)
    with mp.workdps(PLAIN):
        exact = [
            textbook_softmax_loss(row, code)
            for row, code in zip(matrix.T.tolist(), codes.tolist(), strict=True)
        ]
        assert worst_ulps(forms.Logits(matrix).losses(codes), exact) <= 2


@pytest.mark.parametrize("classes", [2, 3, 10, 1000])
def test_random_probabilities_are_within_four_ulps(classes: int) -> None:
    rng = np.random.default_rng(classes)
    matrix = rng.dirichlet(np.ones(classes), 300).T
    codes = rng.integers(0, classes, 300).astype(np.intp)
    with mp.workdps(PLAIN):
        given = matrix[codes, np.arange(300)].tolist()
        exact = [-mp.log(mpf(probability)) for probability in given]
        assert worst_ulps(forms.Probabilities(matrix).losses(codes), exact) <= 2


@pytest.mark.parametrize(
    ("scored", "textbook", "drawn"),
    [
        (
            losses.binary_logit_losses,
            textbook_logit_loss,
            lambda rng: np.concatenate([rng.normal(0, s, 200) for s in (0.01, 3.0, 40.0)]),
        ),
        (
            losses.binary_probability_losses,
            textbook_probability_loss,
            lambda rng: np.concatenate([rng.uniform(size=300), rng.beta(0.05, 0.05, 300)]),
        ),
        (
            losses.binary_logprob_losses,
            textbook_logprob_loss,
            lambda rng: -np.concatenate([rng.exponential(s, 200) for s in (1e-6, 1.0, 50.0)]),
        ),
    ],
    ids=["logits", "probabilities", "log-probabilities"],
)
def test_random_binary_predictions_are_within_four_ulps(
    scored: Callable[[Floats, Codes], Floats],
    textbook: Callable[[float, int], Any],
    drawn: Callable[[np.random.Generator], Floats],
) -> None:
    predictions = drawn(np.random.default_rng(5))
    predictions = predictions[(predictions != 0.0) & (predictions != 1.0)]
    codes = np.arange(len(predictions)) % 2
    with mp.workdps(HARD):
        exact = list(map(textbook, predictions.tolist(), codes.tolist()))
        assert worst_ulps(scored(predictions, codes), exact) <= 2


# Laws


@unhurried
@given(
    st.integers(2, 40).flatmap(
        lambda k: st.lists(
            st.lists(st.integers(-(2**20), 2**20), min_size=k, max_size=k), min_size=1, max_size=4
        )
    ),
    st.integers(-(2**40), 2**40),
)
def test_shifting_all_logits_of_a_row_changes_nothing(rows: list[list[int]], shift: int) -> None:
    """Logits that are whole 1024ths, so that the shift is exact."""
    matrix = floats_of(rows).T / 1024.0
    classes, count = matrix.shape
    here, there = forms.Logits(matrix), forms.Logits(matrix + shift / 1024.0)
    for code in range(classes):
        codes = np.full(count, code, np.intp)
        assert here.losses(codes).tobytes() == there.losses(codes).tobytes()
        assert here.squared_errors(codes).tobytes() == there.squared_errors(codes).tobytes()
    assert here.predicted().tolist() == there.predicted().tolist()


@unhurried
@given(
    st.integers(1, 6).flatmap(
        lambda k: st.lists(
            st.lists(st.sampled_from((-math.inf, -1.0, -0.0, 0.0, 1.0)), min_size=k, max_size=k),
            min_size=1,
            max_size=8,
        )
    )
)
def test_the_first_of_equal_classes_is_the_largest(rows: list[list[float]]) -> None:
    assert losses.first_largest(floats_of(rows).T).tolist() == [row.index(max(row)) for row in rows]


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("probability", [0.0, 1e-300, 1e-20, 1e-9, 0.3, 0.9, 1.0 - 1e-9, 1.0])
def test_a_clip_of_epsilon_is_the_log_loss_of_scikit_learn(probability: float, code: int) -> None:
    row = [1.0 - probability, probability]
    expected = pytest.approx(log_loss([code], [row], labels=[0, 1]), rel=1e-6, abs=1e-15)
    binary = forms.BinaryProbability(floats_of([probability]), EPSILON)
    several = forms.Probabilities(floats_of(row)[:, np.newaxis], EPSILON)
    assert binary.losses(codes_of([code]))[0] == expected
    assert several.losses(codes_of([code]))[0] == expected


@pytest.mark.parametrize(
    ("clip", "cost"), [(EPSILON, 36.04), (1e-15, 34.54), (1e-16, 36.84), (1e-7, 16.12)]
)
def test_an_impossible_event_costs_what_numerics_md_tabulates(clip: float, cost: float) -> None:
    about = pytest.approx(cost, abs=0.005)
    binary = forms.BinaryProbability(floats_of([0.0]), clip)
    several = forms.Probabilities(floats_of([[0.0], [1.0]]), clip)
    assert binary.losses(codes_of([1]))[0] == about
    assert several.losses(codes_of([0]))[0] == about


@pytest.mark.parametrize("clip", [EPSILON, 1e-7])
def test_a_certain_event_is_clipped_too(clip: float) -> None:
    expected = pytest.approx(clip, rel=1e-6)
    assert forms.BinaryProbability(floats_of([1.0]), clip).losses(codes_of([1]))[0] == expected
    assert forms.BinaryProbability(floats_of([0.0]), clip).losses(codes_of([0]))[0] == expected
    several = forms.Probabilities(floats_of([[0.0], [1.0]]), clip)
    assert several.losses(codes_of([1]))[0] == expected


@pytest.mark.parametrize("clip", [0.1, 1e-7, 1e-15, 1e-17, 1e-300, TINY])
def test_a_clip_bounds_both_ends_at_minus_its_log_however_tiny_it_is(clip: float) -> None:
    most, least = float(-mp.log(mpf(clip))), float(-mp.log1p(-mpf(clip)))
    own = forms.BinaryProbability(floats_of([0.0, 1.0]), clip)
    several = forms.Probabilities(floats_of([[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]), clip)
    assert own.losses(codes_of([1, 0])).tolist() == pytest.approx([most] * 2, rel=1e-15)
    assert own.losses(codes_of([0, 1])).tolist() == pytest.approx([least] * 2, rel=1e-15)
    assert several.losses(codes_of([1, 0, 0])).tolist() == pytest.approx([most, most, least])
    assert own.surprisals().tolist() == several.surprisals()[:, :2].tolist()


# The questions that every form answers


def _distributions(classes: int, rows: int) -> Floats:
    return np.random.default_rng(classes).dirichlet(np.full(classes, 0.4), rows).T + 1e-12


FORMS: dict[str, tuple[Form, Floats]] = {
    **{
        f"{kind.__name__} of {classes} classes": (kind(values), matrix)
        for classes in (2, 3, 10, 40)
        for matrix in [_distributions(classes, 60) / _distributions(classes, 60).sum(axis=0)]
        for kind, values in (
            (forms.Probabilities, matrix),
            (forms.Logits, np.log(matrix) + 3.0),
            (forms.Logprobs, np.log(matrix)),
        )
    },
    **{
        kind.__name__: (kind(values), np.stack([1.0 - positive, positive]))
        for positive in [np.random.default_rng(1).beta(0.5, 0.5, 60)]
        for kind, values in (
            (forms.BinaryProbability, positive),
            (forms.BinaryLogit, scipy.special.logit(positive)),
            (forms.BinaryLogprob, np.log(positive)),
        )
    },
}
every_form = pytest.mark.parametrize(("form", "matrix"), FORMS.values(), ids=FORMS.keys())


@every_form
def test_given_is_the_probability_of_the_label(form: Form, matrix: Floats) -> None:
    for code, probabilities in enumerate(matrix):
        codes = np.full(matrix.shape[1], code, np.intp)
        np.testing.assert_allclose(form.label_probability(codes), probabilities, rtol=1e-12)
        np.testing.assert_allclose(np.exp(-form.losses(codes)), probabilities, rtol=1e-12)


@every_form
def test_what_is_predicted_is_given_the_most(form: Form, matrix: Floats) -> None:
    assert form.predicted().tolist() == matrix.argmax(axis=0).tolist()


@every_form
def test_confidence_is_what_the_prediction_was_given(form: Form, matrix: Floats) -> None:
    np.testing.assert_allclose(form.confidence(), matrix.max(axis=0), rtol=1e-12)
    np.testing.assert_allclose(
        form.confidence(), form.label_probability(form.predicted()), rtol=1e-12
    )


@every_form
def test_squared_errors_are_the_brier_score_of_scikit_learn(form: Form, matrix: Floats) -> None:
    matrix, form = matrix[:, :20], form.take(slice(20))
    codes = random_codes(matrix)
    expected = [
        brier_score_loss([code], [row], labels=list(range(len(matrix))))
        for code, row in zip(codes.tolist(), matrix.T.tolist(), strict=True)
    ]
    np.testing.assert_allclose(form.squared_errors(codes), expected, rtol=1e-11)


@every_form
def test_taking_rows_gives_the_same_bits_as_taking_answers(form: Form, matrix: Floats) -> None:
    """A row's figures depend on nothing but the row, wherever and with whatever it is scored."""
    codes, count = random_codes(matrix), len(matrix[0])
    several = [np.random.default_rng(2).permutation(count), np.arange(7, 30), codes_of([])]
    single = [codes_of([row]) for row in range(count)]
    for rows in [*several, *single]:
        taken = form.take(rows)
        assert taken.losses(codes[rows]).tobytes() == form.losses(codes)[rows].tobytes()
        assert (
            taken.label_probability(codes[rows]).tobytes()
            == form.label_probability(codes)[rows].tobytes()
        )
        assert taken.predicted().tobytes() == form.predicted()[rows].tobytes()
        assert taken.confidence().tobytes() == form.confidence()[rows].tobytes()
        errors = form.squared_errors(codes)[rows]
        assert taken.squared_errors(codes[rows]).tobytes() == errors.tobytes()
    slices = form.take(slice(7, 30))
    assert slices.losses(codes[7:30]).tobytes() == form.losses(codes)[7:30].tobytes()


@pytest.mark.parametrize(
    ("form", "predicted"),
    [
        (forms.BinaryProbability(floats_of([0.5, math.nextafter(0.5, 1.0), 0.1])), [0, 1, 0]),
        (forms.BinaryLogit(floats_of([0.0, -0.0, TINY, -TINY])), [0, 0, 1, 0]),
        (forms.BinaryLogprob(floats_of([-0.7, -0.69, 0.0])), [0, 1, 1]),
        (forms.Probabilities(floats_of([[0.4, 0.2], [0.4, 0.4], [0.2, 0.4]])), [0, 1]),
        (forms.Logits(floats_of([[5.0, -5.0], [5.0, 5.0], [1.0, 5.0]])), [0, 1]),
        (forms.Logprobs(floats_of([[-1.0, -5.0], [-1.0, -1.0], [-3.0, -1.0]])), [0, 1]),
    ],
)
def test_ties_go_to_the_first_class(form: Form, predicted: list[int]) -> None:
    assert form.predicted().tolist() == predicted


def test_given_is_not_clipped() -> None:
    codes = codes_of([0, 1])
    assert forms.BinaryProbability(floats_of([1.0, 0.0]), 1e-7).label_probability(
        codes
    ).tolist() == [0, 0]
    matrix = floats_of([[0.0, 1.0], [1.0, 0.0]])
    assert forms.Probabilities(matrix, 1e-7).label_probability(codes).tolist() == [0, 0]


def test_an_order_of_many_classes_counts_only_where_there_is_a_tie() -> None:
    matrix = np.random.default_rng(3).random((50, 20))
    order = tuple(range(49, -1, -1))
    assert losses.first_largest(matrix, order).tolist() == matrix.argmax(axis=0).tolist()
    matrix[[7, 30], 5] = 2.0
    assert losses.first_largest(matrix, order)[5] == 30
