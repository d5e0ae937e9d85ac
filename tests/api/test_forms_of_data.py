"""Data as Python has them give what the same rows give as a table: arrays, columns, streams."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import feather
from sklearn.metrics import log_loss

from ce_cli import compare, explain, gate, inspect, score
from ce_cli.errors import CeError, DataError, UsageError
from tests.conftest import SAMPLES

RNG = np.random.default_rng(11)
LABELS = RNG.integers(0, 3, 40)
SHARES = RNG.dirichlet(np.ones(3), 40)
WORDS = np.array(["cat", "dog", "cow"])[LABELS]
BINARY = RNG.integers(0, 2, 40)
POSITIVE = RNG.uniform(0.05, 0.95, 40)


class Stream:
    """Rows that nothing is known of but their Arrow stream, which can be read once."""

    def __init__(self, table: pa.Table) -> None:
        self._reader: pa.RecordBatchReader | None = table.to_reader(max_chunksize=7)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        reader, self._reader = self._reader, None
        assert reader is not None, "it is read twice"
        return reader.__arrow_c_stream__(requested_schema)


class Tensor:
    """An array of a framework, known only by what numpy calls."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self._values if dtype is None else self._values.astype(dtype)


def entropy(*args: Any, **options: Any) -> float:
    return score(*args, **options).metrics["cross_entropy"]


@pytest.mark.parametrize(
    "of", [np.asarray, list, Tensor, pd.Series, pa.array, lambda one: np.asarray(one)[:, None]]
)
def test_two_arrays_are_scored_as_scikit_learn_does(of: Callable[[Any], Any]) -> None:
    expected = log_loss(BINARY, POSITIVE)
    assert entropy(of(BINARY), of(POSITIVE)) == pytest.approx(expected, rel=1e-12)
    assert entropy(of(BINARY == 1), of(POSITIVE)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("of", [np.asarray, Tensor, lambda one: np.asarray(one).tolist()])
def test_one_column_for_each_class_is_scored_as_scikit_learn_does(of: Callable[[Any], Any]) -> None:
    expected = log_loss(LABELS, SHARES)
    assert entropy(of(LABELS), of(SHARES)) == pytest.approx(expected, rel=1e-12)
    named = entropy(of(WORDS), of(SHARES), classes=["cat", "dog", "cow"])
    assert named == pytest.approx(expected, rel=1e-12)


def test_a_frame_names_its_classes_in_any_order() -> None:
    frame = pd.DataFrame(SHARES, columns=["cat", "dog", "cow"])[["cow", "cat", "dog"]]
    expected = pytest.approx(log_loss(LABELS, SHARES), rel=1e-12)
    assert entropy(WORDS, frame) == expected
    assert entropy(pd.Series(WORDS), pa.Table.from_pandas(frame)) == expected
    assert entropy(pd.Series(WORDS, dtype="category"), frame) == expected
    assert entropy(WORDS, {name: frame[name] for name in frame}) == expected


def test_a_class_may_be_called_label() -> None:
    frame = pd.DataFrame({"label": [0.25, 0.5], "other": [0.75, 0.5]})
    assert entropy(["label", "other"], frame, base="2") == 1.5


def test_shares_of_classes_are_soft_labels() -> None:
    truth = RNG.dirichlet(np.ones(3), 40)
    expected = -(truth * np.log(SHARES)).sum(axis=1).mean()
    assert entropy(truth, SHARES) == pytest.approx(expected, rel=1e-12)
    assert entropy(np.eye(3)[LABELS] == 1, SHARES) == pytest.approx(
        log_loss(LABELS, SHARES), rel=1e-12
    )


def test_tables_of_shares_match_by_the_names_of_classes() -> None:
    names = ["cat", "dog", "cow"]
    truth = RNG.dirichlet(np.ones(3), 40)
    expected = pytest.approx(-(truth * np.log(SHARES)).sum(axis=1).mean(), rel=1e-12)
    shares = pd.DataFrame(truth, columns=names)
    predictions = pd.DataFrame(SHARES, columns=names)[["cow", "cat", "dog"]]
    assert entropy(shares, predictions) == expected
    assert entropy(shares, SHARES) == expected
    assert entropy(truth, predictions[names]) == expected
    dummies = pd.get_dummies(pd.Series(WORDS))
    hard = pytest.approx(log_loss(LABELS, SHARES), rel=1e-12)
    assert entropy(dummies, predictions) == hard
    assert score(dummies, predictions).classes == ("cow", "cat", "dog")
    assert entropy(pd.DataFrame({"truth": WORDS}), predictions) == hard
    with pytest.raises(DataError, match="name the columns of both alike"):
        score(shares, predictions.rename(columns={"cow": "ox"}))


def test_independent_labels_have_a_column_each() -> None:
    truth = (RNG.uniform(size=(40, 3)) > 0.5).astype(int)
    expected = np.mean([log_loss(truth[:, k], SHARES[:, k]) for k in range(3)])
    assert entropy(truth, SHARES, task="multilabel") == pytest.approx(expected, rel=1e-12)


def test_logits_in_arrays_need_a_word() -> None:
    logits = np.log(SHARES) + RNG.normal(size=(40, 1))
    assert entropy(LABELS, logits, as_="logits") == pytest.approx(
        log_loss(LABELS, SHARES), rel=1e-12
    )


def test_masked_cells_are_missing() -> None:
    masked = np.ma.array(POSITIVE, mask=np.arange(40) == 3)
    with pytest.raises(DataError, match="row 4"):
        score(BINARY, masked)
    assert score(BINARY, masked, missing="skip").rows["skipped"] == 1
    some: list[Any] = [1, None, 0]
    assert score(some, [0.5, 0.5, 0.5], missing="skip").rows["skipped"] == 1


@pytest.mark.parametrize(
    ("labels", "predictions", "words"),
    [
        (["a", "b"], [[0.5, 0.5], [0.5, 0.5]], ["'a', 'b'", "classes"]),
        ([1, 0], [0.5], ["2 labels", "1 row"]),
        ([1, 0], np.zeros((2, 2, 2)), ["'predictions'", "(2, 2, 2)"]),
        ([1, 0], np.zeros((2, 0)), ["'predictions'", "(2, 0)"]),
        ([1, 0], pd.DataFrame(index=[0, 1]), ["no columns"]),
        ([1, 0], ["a", "b"], ["text, not numbers"]),
        (["a", 1], [0.5, 0.5], ["'labels'"]),
        ([], [], ["no data row"]),
        (1, 0.5, ["'labels'", "()"]),
        (pd.Series([1, 0]), pd.Series([0.5, 0.5], index=[1, 0]), ["index"]),
        ("preds.csv", [0.5], ["label and pred"]),
    ],
)
def test_arrays_that_do_not_match_are_refused(
    labels: Any, predictions: Any, words: list[str]
) -> None:
    with pytest.raises(CeError) as caught:
        score(labels, predictions)
    for word in words:
        assert word in str(caught.value)
    assert "--" not in str(caught.value)


def test_columns_of_arrays_have_no_names() -> None:
    with pytest.raises(UsageError, match="arrays have none"):
        score([1, 0], [0.5, 0.5], label="y")


def test_a_mapping_of_columns_is_a_table() -> None:
    columns = {"y": BINARY, "p": POSITIVE.tolist(), "w": np.ones(40), "seg": ["a", "b"] * 20}
    found = score(columns, label="y", pred="p", weight="w", by="seg")
    assert (
        found.to_dict()["groups"]
        == (
            score(pd.DataFrame(columns), label="y", pred="p", weight="w", by="seg").to_dict()[
                "groups"
            ]
        )
    )
    lists = {"label": LABELS, "pred": SHARES}
    assert entropy(lists) == pytest.approx(log_loss(LABELS, SHARES), rel=1e-12)
    with pytest.raises(DataError, match="'y' has 2, 'p' has 1"):
        score({"y": [1, 0], "p": [0.5]})


@pytest.mark.parametrize("data", [None, 3, [1, 0], np.array([1, 0]), pd.Series([1, 0])])
def test_what_holds_no_predictions_is_refused(data: Any) -> None:
    with pytest.raises(DataError, match="two arrays, labels and predictions"):
        score(data)


# Streams


def plain_table() -> pa.Table:
    return pa.table({"id": WORDS, "label": BINARY, "prob": POSITIVE, "seg": ["a", "b"] * 20})


@pytest.mark.parametrize(
    "of",
    [
        Stream,
        lambda table: table.to_reader(),
        lambda table: table.combine_chunks().to_batches()[0],
        lambda table: table.to_pandas(),
    ],
)
def test_a_stream_is_read_as_its_table(of: Callable[[pa.Table], Any]) -> None:
    table = plain_table()
    options: dict[str, Any] = {"by": "seg", "worst": 3, "id": "id"}
    whole = score(table, **options)
    found = score(of(table), **options)
    assert found.metrics == whole.metrics
    assert [group.metrics for group in found.groups] == [group.metrics for group in whole.groups]
    assert [(row["row"], row["id"]) for row in found.worst] == (
        [(row["row"], row["id"]) for row in whole.worst]
    )
    balanced = score(table, class_weight="balanced").metrics  # it takes two passes
    assert score(of(table), class_weight="balanced").metrics == balanced
    assert inspect(of(table)).figures == inspect(table).figures
    assert explain(of(table), row=3).parts == explain(table, row=3).parts
    assert gate(of(table), max=9, baseline=of(table), max_regression=0).passed
    other = table.set_column(2, "prob", pa.array(1 - POSITIVE))
    compared = compare({"a": of(table), "b": of(other)}, id="seg", join="inner")
    assert (
        compared.comparisons
        == compare({"a": table, "b": other}, id="seg", join="inner").comparisons
    )
    no_labels = table.drop_columns(["label"])
    assert score(of(no_labels), labels=of(table.select(["label"]))).metrics == whole.metrics


TEXTS = {
    "string": pa.string(),
    "large": pa.large_string(),
    "view": pa.string_view(),
    "bytes": pa.binary(),
    "large bytes": pa.large_binary(),
    "byte view": pa.binary_view(),
}


def text_column(kind: str, words: list[str]) -> pa.Array:
    if not kind.startswith("dictionary"):
        return pa.array(words, pa.string()).cast(TEXTS[kind])
    distinct = sorted(set(words))
    codes = pa.array([distinct.index(one) for one in words], pa.uint16())
    type_ = pa.large_string() if kind.endswith("large") else pa.string_view()
    return pa.DictionaryArray.from_arrays(codes, pa.array(distinct, type_))


@pytest.mark.parametrize("kind", [*TEXTS, "dictionary of large", "dictionary of views"])
@pytest.mark.parametrize("times", [1, 1000])
def test_text_of_every_arrow_type_is_the_same(kind: str, times: int, tmp_path: Path) -> None:
    words = ["é", "b", "é", "b"] * times
    q = [0.5, 0.25, 0.75, 0.5] * times
    column = text_column(kind, words)
    table = pa.table(
        {"label": column, "p_é": q, "p_b": [1 - one for one in q], "w": column, "i": column}
    )
    found = score(table, id="i", worst=2, bytes="w", by="i", cluster="w", base="2", per_row=True)
    losses = [1.0, -math.log2(0.75), -math.log2(0.75), 1.0]
    assert found.metrics["cross_entropy"] == pytest.approx(sum(losses) / 4, rel=1e-12)
    assert found.metrics["bits_per_byte"] == pytest.approx(sum(losses) / 6, rel=1e-12)  # é has 2
    assert {group.by["i"] for group in found.groups} == {"é", "b"}
    assert found.worst[0]["id"] == "é"
    assert found.cluster is not None
    assert found.cluster.count == 2
    if kind != "dictionary of views":  # which Arrow itself cannot write
        path = tmp_path / "rows.arrow"
        feather.write_feather(table, path, compression="uncompressed")
        assert score(path, id="i", worst=2, bytes="w", cluster="w", base="2").metrics == (
            found.metrics
        )


@pytest.mark.parametrize(
    "type_",
    [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float64(), 2)],
)
def test_lists_of_every_arrow_type_bind_by_position(type_: pa.DataType) -> None:
    cells = pa.array([[0.5, 0.5], [0.25, 0.75]], type_)
    table = pa.table({"label": [0, 1], "pred": cells})
    expected = (1 - math.log2(0.75)) / 2
    assert entropy(Stream(table), base="2") == pytest.approx(expected, rel=1e-7)


# Models


def test_models_of_a_list_are_named_by_their_files_and_places() -> None:
    old, new = SAMPLES / "breast_cancer.csv", SAMPLES / "breast_cancer_forest.csv"
    named = compare({"breast_cancer": old, "breast_cancer_forest": new}, id="id")
    assert compare([old, new], id="id") == named
    frames = [pd.read_csv(old), pd.read_csv(new)]
    listed = compare(frames, id="id")
    assert [model.name for model in listed.models] == ["model 1", "model 2"]
    assert listed.comparisons[0].difference == named.comparisons[0].difference
    mixed = compare([frames[0], new], id="id")
    assert [model.name for model in mixed.models] == ["model 1", "breast_cancer_forest"]


def test_models_may_be_pairs_of_arrays() -> None:
    other = RNG.uniform(0.05, 0.95, 40)
    found = compare({"a": (BINARY, POSITIVE), "b": (BINARY, other)})
    expected = log_loss(BINARY, other) - log_loss(BINARY, POSITIVE)
    assert found.comparisons[0].difference["absolute"] == pytest.approx(expected, rel=1e-9)


def test_prediction_columns_of_one_table_are_models() -> None:
    table = pd.DataFrame({"label": BINARY, "a_p": POSITIVE, "b_p": 1 - POSITIVE})
    by_glob = compare(table, pred=["a_*", "b_*"])
    assert by_glob.comparisons == compare(table, preds={"a": "a_p", "b": "b_p"}).comparisons
    with pytest.raises(UsageError, match="preds"):
        compare(table)


def test_a_list_of_the_same_file_names_no_models() -> None:
    path = SAMPLES / "breast_cancer.csv"
    with pytest.raises(UsageError, match="pass a mapping"):
        compare([path, path])
    with pytest.raises(UsageError, match="no model"):
        compare({})
