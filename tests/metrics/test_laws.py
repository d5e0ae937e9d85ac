"""The laws that every registered metric obeys, whatever it is: a new one is covered by itself."""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import pickle
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels import forms
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import Form
from ce_cli.kernels.outcomes import Hard, LabelSpace, Likelihood, Multilabel, Outcomes, Soft
from ce_cli.metrics.groups import regrouped
from ce_cli.metrics.state import State, States
from ce_cli.metrics.state import merged as merged_states
from ce_cli.registry import METRICS, Metric

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = type[State]
Figures = dict[str, tuple[tuple[int, ...], bytes]]

EPSILON = 2.0**-52
GROUPS = 3
COUNTS_OF_ROWS = {
    "standard_error",
    "class_error",
    "class_rows",
}  # figures in which a repeated row counts again
OF_THE_LOSS = {
    *("cross_entropy", "total", "perplexity", "standard_error", "entropy", "kl_divergence"),
    *("min", "median", "p90", "p99", "max", "class_cross_entropy", "class_error"),
    *("bits_per_token", "bits_per_byte"),
}  # figures that label smoothing changes

lawful = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
every_metric = pytest.mark.parametrize(
    "entry", METRICS, ids=[entry.target.rpartition(":")[2] for entry in METRICS]
)

# Rows to score, in every form. Their losses span a few powers of ten only, since a histogram of
# more has so many bins that hundreds of examples would take minutes; the extremes come at the end.

probabilities = st.sampled_from((0.5, 0.9, EPSILON, 1.0 - EPSILON)) | st.floats(0.02, 0.98)
logits = st.sampled_from((0.0, -0.0, 1.0)) | st.floats(-30.0, 30.0)
logprobs = st.sampled_from((-0.5, -1.0)) | st.floats(-30.0, -1e-6)
weights = st.sampled_from((0.0, 1.0, 0.1, 1e-300, 1e6)) | st.floats(0.0, 1e6)
shares = st.sampled_from((0.0, 1.0, 0.5, 1e-300)) | st.floats(0.0, 1.0)
clips = st.sampled_from((0.0, EPSILON))
smoothings = st.sampled_from((0.0, 0.1))


@st.composite
def matrices(draw: st.DrawFn, cells: st.SearchStrategy[float], classes: int, rows: int) -> Floats:
    values = draw(st.lists(cells, min_size=classes * rows, max_size=classes * rows))
    return np.array(values, np.float64).reshape(classes, rows)


def vectors(cells: st.SearchStrategy[float], rows: int) -> st.SearchStrategy[Floats]:
    return matrices(cells, 1, rows).map(lambda matrix: matrix[0])


FORMS: dict[type, Callable[[int, int], st.SearchStrategy[Form]]] = {
    forms.BinaryProbability: lambda _, rows: st.builds(
        forms.BinaryProbability, vectors(probabilities, rows), clips
    ),
    forms.BinaryLogit: lambda _, rows: vectors(logits, rows).map(forms.BinaryLogit),
    forms.BinaryLogprob: lambda _, rows: vectors(logprobs, rows).map(forms.BinaryLogprob),
    forms.Probabilities: lambda classes, rows: st.builds(
        forms.Probabilities, matrices(probabilities, classes, rows), clips
    ),
    forms.Logits: lambda classes, rows: matrices(logits, classes, rows).map(forms.Logits),
    forms.Logprobs: lambda classes, rows: matrices(logprobs, classes, rows).map(forms.Logprobs),
}


def batch_of(
    outcomes: Outcomes,
    weights: Floats | None = None,
    groups: Codes | None = None,
    group_count: int = 1,
    byte_counts: Floats | None = None,
) -> Batch:
    """Some rows, which have from 0 to 4 bytes by default."""
    rows = np.arange(len(outcomes.codes), dtype=np.int64)
    return Batch(
        outcomes=outcomes,
        weights=weights,
        groups=groups,
        group_count=group_count,
        rows=rows,
        places=rows,
        byte_counts=(4.0 - rows % 5).astype(np.float64) if byte_counts is None else byte_counts,
    )


@st.composite
def outcomes(draw: st.DrawFn, rows: int) -> Outcomes:
    """Labels of every kind beside predictions of every form."""
    kind = draw(st.sampled_from((Hard, Soft, Multilabel, Likelihood)))
    if kind is Likelihood:
        return Likelihood(0.0 - draw(vectors(logprobs, rows)), draw(vectors(probabilities, rows)))
    if kind is Multilabel:
        made = draw(st.sampled_from((forms.BinaryProbability, forms.BinaryLogit)))
        cells = probabilities if made is forms.BinaryProbability else logits
        labels = draw(matrices(shares, 3, rows))
        return Multilabel(made(draw(matrices(cells, 3, rows))), labels, draw(smoothings))
    form = draw(st.sampled_from(list(FORMS)))
    classes = 2 if form.__name__.startswith("Binary") else draw(st.sampled_from((2, 3, 10)))
    predictions = draw(FORMS[form](classes, rows))
    if kind is Hard:
        codes = draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
        return Hard(predictions, np.array(codes, np.intp), classes, draw(smoothings))
    label = draw(matrices(shares, classes, rows))
    return Soft(predictions, label, label.argmax(axis=0), draw(smoothings))


@st.composite
def batches(
    draw: st.DrawFn,
    weights: st.SearchStrategy[float] = weights,
    weighted: bool | None = None,
) -> Batch:
    """A few rows of any form, with or without weights and groups."""
    count = draw(st.integers(0, 7))

    def codes(below: int) -> Codes:
        drawn = draw(st.lists(st.integers(0, below - 1), min_size=count, max_size=count))
        return np.array(drawn, np.intp)

    grouped = draw(st.booleans())
    weighted = draw(st.booleans()) if weighted is None else weighted
    return batch_of(
        draw(outcomes(count)),
        draw(vectors(weights, count)) if weighted else None,
        codes(GROUPS) if grouped else None,
        GROUPS if grouped else 1,
    )


# States, and their figures


def needed(kind: Kind) -> tuple[Kind, ...]:
    """The states from which the figures of a metric are made."""
    others = itertools.chain.from_iterable(needed(other) for other in kind.requires)
    return tuple(dict.fromkeys((*others, kind)))


def states_of(kind: Kind, batch: Batch) -> States:
    if any(one.why_not(batch.space) is not None for one in needed(kind)):
        assume(False)
    return States({one: one.of(batch) for one in needed(kind)})


def empty_states(kind: Kind, batch: Batch) -> States:
    """The states of no rows that fit those of a batch."""
    return States(
        {
            one: one.empty(batch.group_count if one.grouped else 1, batch.outcomes.space)
            for one in needed(kind)
        }
    )


def merged(parts: Sequence[States]) -> States:
    return functools.reduce(merged_states, parts)


def figures(kind: Kind, states: States) -> Figures:
    """Names, shapes and bits; every NaN is alike."""
    stated = states[kind].figures(states)
    return {
        name: (values.shape, np.where(np.isnan(values), np.nan, values).tobytes())
        for name, values in stated.items()
    }


def states_of_some(kind: Kind, batch: Batch, chosen: Sequence[int]) -> States:
    """What a worker that has seen only these rows sends back, with its groups put in place.

    It numbers the groups as they occur to it, and knows of no others.
    """
    if batch.groups is None:
        return states_of(kind, batch.take(np.array(chosen, np.intp)))
    some = batch.take(np.array(chosen, np.intp))
    assert some.groups is not None
    keys = list(dict.fromkeys(some.groups.tolist()))
    own = np.array([keys.index(group) for group in some.groups.tolist()], np.intp)
    seen = batch_of(some.outcomes, some.weights, own, len(keys), some.byte_counts)
    states = states_of(kind, seen) if chosen else empty_states(kind, seen)
    index = np.array(keys, np.intp)
    return States(regrouped(states, index, batch.group_count))


def assert_weights_are_repetitions(kind: Kind, batch: Batch) -> None:
    """Rows with whole weights give the figures of these rows repeated that many times."""
    assert batch.weights is not None
    rows = batch.take(np.repeat(np.arange(len(batch)), batch.weights.astype(np.intp)))
    repeated = rows.replace(weights=None)
    weighted, unweighted = (figures(kind, states_of(kind, one)) for one in (batch, repeated))
    assert weighted.keys() == unweighted.keys()
    for name in weighted.keys() - COUNTS_OF_ROWS:
        assert (name, weighted[name]) == (name, unweighted[name])


# The laws


@every_metric
@lawful
@given(batch=batches())
def test_no_rows_are_the_identity_of_merge(entry: Metric, batch: Batch) -> None:
    kind: Kind = entry.load()
    states, nothing = states_of(kind, batch), empty_states(kind, batch)
    for both in (merged([nothing, states]), merged([states, nothing])):
        assert both == states
        assert figures(kind, both) == figures(kind, states)


@every_metric
@lawful
@given(batch=batches())
def test_a_batch_of_no_rows_is_empty(entry: Metric, batch: Batch) -> None:
    kind: Kind = entry.load()
    assert states_of(kind, batch.take(slice(0, 0))) == empty_states(kind, batch)


@every_metric
@lawful
@given(batch=batches(), data=st.data())
def test_merge_is_associative_and_commutative(
    entry: Metric, batch: Batch, data: st.DataObject
) -> None:
    kind: Kind = entry.load()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(batch)), min_size=2, max_size=2)))
    a, b, c = (
        states_of(kind, batch.take(slice(start, stop)))
        for start, stop in itertools.pairwise((0, *cuts, len(batch)))
    )
    first = merged([merged([a, b]), c])
    for other in (merged([a, merged([b, c])]), merged([merged([c, b]), a])):
        assert other == first
        assert figures(kind, other) == figures(kind, first)


@every_metric
@lawful
@given(batch=batches(), data=st.data())
def test_figures_are_the_same_however_rows_are_cut_and_ordered(
    entry: Metric, batch: Batch, data: st.DataObject
) -> None:
    kind: Kind = entry.load()
    order = data.draw(st.permutations(range(len(batch))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(batch)), max_size=4)))
    parts = [
        states_of_some(kind, batch, order[start:stop])
        for start, stop in itertools.pairwise((0, *cuts, len(batch)))
    ]
    whole, joined = states_of(kind, batch), merged(data.draw(st.permutations(parts)))
    assert joined == whole
    assert figures(kind, joined) == figures(kind, whole)


@every_metric
@lawful
@given(batch=batches())
def test_pickling_keeps_the_figures(entry: Metric, batch: Batch) -> None:
    kind: Kind = entry.load()
    states = states_of(kind, batch)
    expected = figures(kind, states)
    copied: States = pickle.loads(pickle.dumps(states))
    assert copied == states
    assert figures(kind, copied) == expected


@every_metric
@lawful
@given(batch=batches(weights=st.integers(0, 3).map(float), weighted=True))
def test_whole_weights_are_repeated_rows(entry: Metric, batch: Batch) -> None:
    assert_weights_are_repetitions(entry.load(), batch)


@every_metric
@lawful
@given(batch=batches(weighted=False))
def test_weights_of_one_are_no_weights(entry: Metric, batch: Batch) -> None:
    kind: Kind = entry.load()
    ones = np.ones(len(batch))
    weighted = batch.replace(weights=ones)
    assert figures(kind, states_of(kind, weighted)) == figures(kind, states_of(kind, batch))


@every_metric
@lawful
@given(batch=batches(), smoothing=st.floats(0.01, 0.99))
def test_smoothing_changes_the_loss_and_nothing_else(
    entry: Metric, batch: Batch, smoothing: float
) -> None:
    kind: Kind = entry.load()
    plain = batch.unsmoothed
    if isinstance(plain.outcomes, Hard | Soft | Multilabel):
        batch = batch.replace(outcomes=plain.outcomes.replace(smoothing=smoothing))
    own, other = (figures(kind, states_of(kind, one)) for one in (batch, plain))
    assert own.keys() == other.keys()
    for name in own.keys() - OF_THE_LOSS:
        assert (name, own[name]) == (name, other[name])


def labelled(kind: Kind, form: Form, labels: Codes, classes: int) -> Outcomes:
    """Hard labels, or for metrics that are not of labels, what they were given alone."""
    hard = Hard(form, labels, classes)
    if kind.why_not(LabelSpace(2, sized=True)) is None:
        return hard
    return Likelihood(hard.losses(), hard.label_probability())


# The same on ordinary rows of many classes, and on the extremes

ROWS = 16
CLASSES = 12


def ordinary(kind: type, classes: int) -> Form:
    """Predictions such as models make."""
    values = np.random.default_rng(8).normal(0.0, 2.0, (classes, ROWS))
    odds = np.exp(values)
    shares = odds / odds.sum(axis=0)
    predictions: dict[type, Floats] = {
        forms.BinaryProbability: shares[0],
        forms.BinaryLogit: values[0],
        forms.BinaryLogprob: np.log(shares[0]),
        forms.Probabilities: shares,
        forms.Logits: values,
        forms.Logprobs: np.log(shares),
    }
    return form_of(kind, predictions[kind])


def extreme(kind: type) -> Form:
    """What was certain, what was impossible, and what is nearly so."""
    shares = np.array([0.0, 1.0, 0.5, 1e-300, 1.0 - EPSILON] * 2)
    values = np.array([-math.inf, 1e308, 0.0, 745.0, 1e-20] * 2)
    logs = np.array([-math.inf, 0.0, -0.0, -1e-300, -1e300] * 2)
    predictions: dict[type, Floats] = {
        forms.BinaryProbability: shares,
        forms.BinaryLogit: values,
        forms.BinaryLogprob: logs,
        forms.Probabilities: np.stack([shares, 1.0 - shares]),
        forms.Logits: np.stack([values, np.full(10, -745.0)]),
        forms.Logprobs: np.stack([logs, np.flip(logs)]),
    }
    return form_of(kind, predictions[kind])


def form_of(kind: type, predictions: Floats) -> Form:
    made: Form = kind(predictions)
    return made


def class_count(form: Form) -> int:
    """Two for a single prediction, else the first extent of the matrix."""
    matrix = getattr(form, "matrix", None)
    return 2 if matrix is None else len(matrix)


def whole_and_cut(
    kind: Kind, form: Form, weighted: bool
) -> tuple[States, tuple[States, States, States]]:
    """The states of all rows at once; of single rows, merged in order and backwards; of the rows
    turned round.
    """
    classes, count = class_count(form), len(form.predicted())
    rng = np.random.default_rng(9)
    labels = np.arange(count) * classes // count  # so that both extremes meet both labels
    groups = rng.integers(0, GROUPS, count).astype(np.intp)
    row_weights = rng.exponential(1.0, count) if weighted else None
    batch = batch_of(labelled(kind, form, labels, classes), row_weights, groups, GROUPS)
    parts = [states_of_some(kind, batch, [row]) for row in range(count)]
    turned = states_of_some(kind, batch, range(count)[::-1])
    return states_of(kind, batch), (merged(parts), merged(parts[::-1]), turned)


every_form = pytest.mark.parametrize("form", FORMS, ids=[form.__name__ for form in FORMS])
with_and_without_weights = pytest.mark.parametrize(
    "weighted", [False, True], ids=["unweighted", "weighted"]
)


@every_metric
@every_form
@with_and_without_weights
def test_rows_one_by_one_give_the_same_state(entry: Metric, form: type, weighted: bool) -> None:
    kind: Kind = entry.load()
    classes = CLASSES if kind.why_not(LabelSpace(CLASSES, sized=True)) is None else 2
    whole, others = whole_and_cut(kind, ordinary(form, classes), weighted)
    for other in others:
        assert other == whole
        assert figures(kind, other) == figures(kind, whole)


@every_metric
@every_form
@with_and_without_weights
def test_extreme_rows_one_by_one_give_the_same_figures(
    entry: Metric, form: type, weighted: bool
) -> None:
    kind: Kind = entry.load()
    whole, (_, backwards, _) = whole_and_cut(kind, extreme(form), weighted)
    assert figures(kind, backwards) == figures(kind, whole)


@every_metric
@every_form
def test_whole_weights_are_repeated_rows_at_the_extremes(entry: Metric, form: type) -> None:
    """A row of weight 0 is not there, however bad it is."""
    kind: Kind = entry.load()
    predictions = extreme(form)
    count = len(predictions.predicted())
    labels = np.arange(count) % 2
    weights = np.array([0.0, 0.0, 1.0, 2.0, 3.0] * (count // 5))
    for rows in (slice(0, 5), slice(2, count)):
        outcomes = labelled(kind, predictions, labels, class_count(predictions))
        batch = batch_of(outcomes, weights).take(rows)
        assert_weights_are_repetitions(kind, batch)


@every_metric
def test_any_finite_weights_and_losses_can_be_summed_up(entry: Metric) -> None:
    kind: Kind = entry.load()
    pairs = list(itertools.product((1.0, 1e80, 1e150), repeat=2))
    logit, weight = np.array(pairs).T
    labels = np.zeros(len(pairs), np.intp)
    batch = batch_of(labelled(kind, forms.BinaryLogit(logit), labels, 2), weight)
    whole = figures(kind, states_of(kind, batch))
    parts = [states_of_some(kind, batch, [row]) for row in reversed(range(len(pairs)))]
    assert figures(kind, merged(parts)) == whole


@every_metric
def test_a_state_is_equal_to_nothing_of_another_kind(entry: Metric) -> None:
    state: State = entry.load().empty(1, LabelSpace(2, sized=True))
    assert state == state.empty(1, LabelSpace(2, sized=True))
    assert state != entry.target


@every_metric
def test_a_state_stays_small_however_many_rows_it_has_seen(entry: Metric) -> None:
    kind: Kind = entry.load()
    rng = np.random.default_rng(10)
    labels = rng.integers(0, 2, 500).astype(np.intp)
    predictions = forms.BinaryLogit(rng.normal(0.0, 3.0, 500))
    once = states_of(kind, batch_of(labelled(kind, predictions, labels, 2)))
    often, first_of_one = once, np.zeros(1, np.intp)
    for _ in range(300):
        often = merged([States(regrouped(often, first_of_one, 1)), once])
    assert len(pickle.dumps(often)) < 2 * len(pickle.dumps(once)) + 1000


def test_every_form_takes_part() -> None:
    found = {
        form
        for _, form in inspect.getmembers(forms, inspect.isclass)
        if form.__module__ == forms.__name__ and hasattr(form, "losses") and form is not Form
    }
    assert found == set(FORMS)
