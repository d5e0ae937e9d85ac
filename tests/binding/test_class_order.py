"""Ties go to the first class by value or name, so the order of columns changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli import score
from ce_cli.kernels.losses import first_largest

CLASSES = ("9", "10", "b", "a", "C")
IN_ORDER = ("9", "10", "C", "a", "b")  # numbers by value, then names by text
OF_FORMS: dict[str, Any] = {"probabilities": lambda p: p, "logits": np.log, "logprobs": np.log}


def frame(labels: list[str], matrix: Any, classes: tuple[str, ...]) -> pd.DataFrame:
    """Columns in the order of `classes`; those of the matrix are in the order of `CLASSES`."""
    places = [CLASSES.index(name) for name in classes]
    columns = {f"p_{name}": matrix[:, k] for name, k in zip(classes, places, strict=True)}
    return pd.DataFrame({"label": labels, **columns})


@pytest.mark.parametrize("values", OF_FORMS)
def test_a_tie_goes_to_the_first_class_by_value_and_name(values: Any) -> None:
    even = OF_FORMS[values](np.full((5, 5), 0.2))
    for classes in (CLASSES, IN_ORDER, CLASSES[::-1]):
        data = frame(list(IN_ORDER), even, classes)
        result = score(data, as_=values, per_row=True)
        assert result.metrics["accuracy"] == 0.2
        assert set(result.rows_frame()["predicted"]) == {"9"}


@pytest.mark.parametrize("names", [("0", "1"), ("no", "yes"), ("2", "10")])
def test_a_tie_of_two_classes_goes_to_the_first_for_one_column_and_for_two(
    names: tuple[str, str],
) -> None:
    labels = [names[0], names[0], names[1], names[0]]
    prob = np.array([0.5, 0.5, 0.5, 0.7])
    single = {"label": labels, "prob": prob}
    both = {"label": labels, f"p_{names[0]}": 1 - prob, f"p_{names[1]}": prob}
    swapped = {name: both[name] for name in ("label", f"p_{names[1]}", f"p_{names[0]}")}
    found = [score(single, metric="accuracy", positive=names[1])]
    found += [score(one, metric="accuracy") for one in (both, swapped)]
    assert [one.metrics["accuracy"] for one in found] == [0.5, 0.5, 0.5]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_order_of_columns_changes_nothing(data: st.DataObject) -> None:
    rows = data.draw(st.integers(2, 8))
    cells = st.lists(st.integers(0, 3), min_size=5, max_size=5).filter(any)
    counts = np.array(data.draw(st.lists(cells, min_size=rows, max_size=rows)), np.float64)
    matrix = counts / counts.sum(axis=1, keepdims=True)
    labels = data.draw(st.lists(st.sampled_from(CLASSES), min_size=rows, max_size=rows))
    order = data.draw(st.permutations(CLASSES))
    one, other = (
        score(frame(labels, matrix, tuple(classes)), metric="all", per_row=True)
        for classes in (CLASSES, order)
    )
    for name in ("accuracy", "cross_entropy", "ece"):
        assert one.metrics[name] == other.metrics[name]
    for name in one.metrics:
        assert one.metrics[name] == pytest.approx(other.metrics[name], rel=1e-12, nan_ok=True)
    assert one.rows_frame()["predicted"].tolist() == other.rows_frame()["predicted"].tolist()


def test_soft_labels_are_settled_alike() -> None:
    """An even label is of class 9, as an even prediction is."""
    even = {f"y_{name}": [0.2] for name in CLASSES} | {f"p_{name}": [0.2] for name in CLASSES}
    for columns in (even, dict(reversed(even.items()))):
        result = score(columns, task="multiclass", per_row=True)
        assert result.rows_frame()[["label", "predicted"]].to_numpy().tolist() == [["9", "9"]]


@pytest.mark.parametrize("classes", [3, 40])
def test_the_first_in_order_is_among_the_largest(classes: int) -> None:
    rng = np.random.default_rng(4)
    matrix = rng.integers(0, 3, (classes, 500)).astype(np.float64)
    order = tuple(rng.permutation(classes).tolist())
    places = {code: place for place, code in enumerate(order)}
    expected = [
        min(np.flatnonzero(column == column.max()).tolist(), key=places.__getitem__)
        for column in matrix.T
    ]
    assert first_largest(matrix, order).tolist() == expected
    assert first_largest(np.asfortranarray(matrix), order).tolist() == expected
    assert first_largest(matrix).tolist() == matrix.argmax(axis=0).tolist()
