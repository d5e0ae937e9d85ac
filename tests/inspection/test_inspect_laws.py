"""The states of `ce inspect` obey the laws of all states: rows may be cut and joined anywhere."""

from __future__ import annotations

import functools
import itertools
import pickle
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.inspection.class_advice import ClassPairing
from ce_cli.inspection.crossed import Crossed
from ce_cli.inspection.ids import Ids
from ce_cli.inspection.neighbours import Neighbours
from ce_cli.inspection.numbers import NumberKinds, Rereadings
from ce_cli.inspection.profiles import Profile, profile_of_numbers, profile_of_texts
from ce_cli.kernels import forms
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import Hard
from tests.metrics.test_laws import FORMS, batch_of, lawful, vectors


@st.composite
def hard(draw: st.DrawFn) -> Batch:
    """A few rows of one class each, under predictions of any form."""
    form, count = draw(st.sampled_from(list(FORMS))), draw(st.integers(0, 7))
    classes = 2 if form.__name__.startswith("Binary") else draw(st.sampled_from((2, 3, 10)))
    labels = draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    outcomes = Hard(draw(FORMS[form](classes, count)), np.array(labels, np.intp), classes)
    return batch_of(outcomes)


def crossed(batch: Batch) -> Crossed:
    made = Crossed.of(batch)
    assert made is not None
    return made


def looks(batch: Batch) -> NumberKinds:
    assert isinstance(batch.outcomes, Hard)
    return NumberKinds.of(batch.outcomes.form.probabilities())


def numbers(batch: Batch) -> Profile:
    return profile_of_numbers(pa.array([None if x > 1 else x for x in batch.losses.tolist()]))


def texts(batch: Batch) -> Profile:
    shown = [f"{loss:.0f}" for loss in batch.losses]
    return profile_of_texts(pa.array(shown, pa.utf8()).dictionary_encode(), ("3",))


def ids(batch: Batch) -> Ids:
    shown = pa.array([f"{loss:.1f}" for loss in batch.losses], pa.utf8())
    return Ids.of(shown, len(batch), ())


SPLITTING: dict[str, Callable[[Batch], Any]] = {
    "crossed": crossed,
    "looks": looks,
    "rereadings": Rereadings.of,
    "numbers": numbers,
    "texts": texts,
    "ids": ids,
}
EMPTY: dict[str, Callable[[Batch], Any]] = {
    "crossed": lambda batch: Crossed.empty(batch.outcomes.space.classes),
    "looks": lambda _: NumberKinds(),
    "rereadings": lambda _: Rereadings(),
    "numbers": lambda _: Profile(),
    "texts": lambda _: Profile(),
    "ids": lambda _: Ids(),
    "neighbours": lambda _: Neighbours(),
}
every_state = pytest.mark.parametrize("name", SPLITTING)


def merged(parts: Sequence[Any]) -> Any:
    return functools.reduce(lambda left, right: left.merge(right), parts)


@every_state
@lawful
@given(batch=hard(), data=st.data())
def test_rows_may_be_cut_and_joined_anywhere(name: str, batch: Batch, data: st.DataObject) -> None:
    of = SPLITTING[name]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(batch)), min_size=2, max_size=2)))
    edges = itertools.pairwise((0, *cuts, len(batch)))
    a, b, c = (of(batch.take(slice(start, stop))) for start, stop in edges)
    whole = of(batch)
    assert merged([merged([a, b]), c]) == merged([a, merged([b, c])]) == whole
    assert pickle.loads(pickle.dumps(whole)) == whole


@pytest.mark.parametrize("name", EMPTY)
@lawful
@given(batch=hard())
def test_no_rows_change_nothing(name: str, batch: Batch) -> None:
    state = (SPLITTING | {"neighbours": Neighbours.of})[name](batch)
    nothing = EMPTY[name](batch)
    assert nothing.merge(state) == state == state.merge(nothing)


@lawful
@given(parts=st.lists(hard(), min_size=3, max_size=3))
def test_neighbours_merge_in_any_order(parts: list[Batch]) -> None:
    a, b, c = map(Neighbours.of, parts)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b)


@pytest.mark.parametrize("form", FORMS, ids=[form.__name__ for form in FORMS])
@lawful
@given(data=st.data())
def test_crossed_sums_are_those_of_the_surprisals(form: type, data: st.DataObject) -> None:
    classes = 2 if form.__name__.startswith("Binary") else 3
    predictions = data.draw(FORMS[form](classes, 6))
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=6, max_size=6)))
    found = crossed(batch_of(Hard(predictions, labels.astype(np.intp), classes)))
    surprisals = predictions.surprisals()
    for label in range(classes):
        expected = surprisals[:, labels == label].sum(axis=1)
        assert found.nats[label] == pytest.approx(expected, abs=1e-5)
        predicted = predictions.predicted()[labels == label]
        assert found.counts[label].tolist() == np.bincount(predicted, minlength=classes).tolist()


@lawful
@given(data=st.data())
def test_neighbours_are_the_labels_around(data: st.DataObject) -> None:
    form = forms.BinaryProbability(data.draw(vectors(st.floats(0.02, 0.98), 8)))
    labels = np.array(data.draw(st.lists(st.integers(0, 1), min_size=8, max_size=8)), np.intp)
    found = Neighbours.of(batch_of(Hard(form, labels, 2)))
    inner = form.take(slice(1, 7))
    shifted = (labels[1:7], labels[2:], labels[:6])
    assert found.rows == 6
    assert found.means() == pytest.approx([inner.losses(some).mean() for some in shifted], abs=1e-5)


def test_fingerprints_differ_where_texts_do() -> None:
    texts = ["a", "b", "aa", "ab", "ba", "a\0", "é", "x" * 70000, "x" * 69999 + "y"]
    texts += [f"{number}" for number in range(50000)]
    hashes = fingerprints(pa.array(texts, pa.utf8()))
    assert len(set(hashes.tolist())) == len(texts)
    sliced = fingerprints(pa.array(texts, pa.utf8()).slice(3, 4))
    assert sliced.tolist() == hashes[3:7].tolist()
    assert fingerprints(pa.array(["", None, "a"], pa.utf8())).tolist()[:2] == [0, 0]


def test_missing_ids_are_not_repeated() -> None:
    column = pa.array(["a", None, None, "a", "b"], pa.utf8())
    found = Ids.of(column, 6, (0,))
    assert found.repeated().tolist() == [4]


def test_honest_models_are_never_mixed_up() -> None:
    """Labels drawn from the predictions, or from nothing: no permutation is believed."""
    rng = np.random.default_rng(12)
    for rows, classes, spread in itertools.product((12, 50, 400), (2, 3, 10, 30), (0.5, 2.0, 5.0)):
        scores = rng.normal(0.0, spread, (classes, rows))
        odds = np.exp(scores - scores.max(axis=0))
        q = odds / odds.sum(axis=0)
        drawn = (q.cumsum(axis=0) < rng.uniform(size=rows)).sum(axis=0).clip(0, classes - 1)
        for labels in (drawn, rng.integers(0, classes, rows)):
            batch = batch_of(
                Hard(forms.Probabilities(q, 2.0**-52), labels.astype(np.intp), classes)
            )
            found = crossed(batch)
            assert not ClassPairing(found.nats, found.counts).is_better, (rows, classes, spread)
