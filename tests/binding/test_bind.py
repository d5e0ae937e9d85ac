"""What a binding refuses, and what labels and predictions of odd shapes are bound to."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli import score
from ce_cli.binding.rows.columns import nulls
from ce_cli.errors import CeError, DataError, UsageError
from tests.conftest import score_json

ROWS = 10
BINARY = {"label": [1, 0] * 5, "prob": [0.8, 0.3] * 5}
SEVERAL = {
    "label": ["a", "b"] * 5,
    **{"p_a": [0.7, 0.2] * 5, "p_b": [0.2, 0.7] * 5, "p_c": [0.1, 0.1] * 5},
}
OF_TWO = {"p_a": [0.7, 0.2] * 5, "p_b": [0.3, 0.8] * 5}
INDEPENDENT = {"label_a": [1, 0] * 5, "label_b": [1, 0] * 5} | OF_TWO
SURPRISING = {"logprob": [-0.5, -1.0] * 5}


def lines(folder: Path, rows: Sequence[dict[str, Any]], name: str = "preds.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return path


def entropy_like(label: Sequence[float], prediction: Sequence[float]) -> float:
    """The cross-entropy of one row."""
    return -sum(p * math.log(q) for p, q in zip(label, prediction, strict=True))


REFUSED: list[tuple[dict[str, Any], dict[str, Any], type[CeError], str]] = [
    (BINARY | {"w": [1.0] * 10}, {"weight": "w", "by": "w"}, UsageError, "'w' cannot be both"),
    (BINARY, {"pred": "prob", "by": "prob"}, UsageError, "'prob' cannot be both a column of num"),
    (SEVERAL, {"task": "binary"}, UsageError, 'task="binary" does not fit 3 prediction columns'),
    (SEVERAL, {"positive": "zebra"}, UsageError, "no class 'zebra'; the classes are 'a', 'b', 'c'"),
    (SURPRISING, {"class_weight": {"a": 2}}, UsageError, "class_weight needs labels that are"),
    (SURPRISING, {"ignore_label": ["a"]}, UsageError, "ignore_label needs labels that are classes"),
    (SURPRISING, {"label_smoothing": 0.1}, UsageError, "label_smoothing needs a label"),
    (
        INDEPENDENT,
        {"label": "label_*", "pred": "p_*", "label_counts": True, "task": "multilabel"},
        UsageError,
        'label_counts=True cannot be used with task="multilabel"',
    ),
    (BINARY, {"classes": ["0", "1"], "positive": "7"}, UsageError, '"7" is not one of classes'),
    (
        {"label": ["a", "b", "c"], "prob": [0.3, 0.6, 0.2]},
        {"classes": ["a", "b"]},
        DataError,
        "row 3, column 'label': there is no class 'c'",
    ),
    (
        {"label": ["cat", "dog"], "p_1": [0.3, 0.6], "p_2": [0.7, 0.4]},
        {"classes": ["Cat", "Dog"], "label": "label", "pred": "p_*"},
        DataError,
        "there is no class 'cat', and the nearest is 'Cat'",
    ),
    (
        {"label": ["x", "y", "z"], "prob_x": [0.3, 0.4, 0.5]},
        {"positive": "y"},
        UsageError,
        "'prob_x' is named after the class 'x', not after positive",
    ),
    (
        {"label": ["yes", "true", "no"], "prob": [0.3, 0.4, 0.5]},
        {},
        DataError,
        "'yes', 'true', 'no' are not a known pair of classes; name the positive class",
    ),
    (
        {**{f"label_{k}": [k == 0, k == 1] for k in range(3)}, "prob": [0.5, 0.5]},
        {},
        DataError,
        "'prob' separates two classes, but there are 3 label columns",
    ),
    (
        {"label_a": [1, 0], "label_b": [0, 1], "prob": [0.5, 0.5]},
        {},
        DataError,
        "do not show which of the label columns 'label_a', 'label_b' 'prob' predicts",
    ),
    (
        {"label": [0, 1], "u": [[0.3, 0.7]] * 2, "v": [[0.4, 0.6]] * 2},
        {"pred": ["u", "v"]},
        DataError,
        "'u' is a list column, which holds the predictions of all classes",
    ),
]


@pytest.mark.parametrize(
    ("columns", "options", "kind", "message"), REFUSED, ids=[one[3][:40] for one in REFUSED]
)
def test_what_does_not_fit_is_refused_with_the_reason(
    columns: dict[str, Any], options: dict[str, Any], kind: type[CeError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        score(pd.DataFrame(columns), **options)
    assert message in str(caught.value)


# Shapes of labels


def test_maps_of_shares_are_labels_of_one_prediction(tmp_path: Path) -> None:
    path = lines(tmp_path, [{"label": {"a": 0.3, "b": 0.7}, "p": 0.6}] * 3)
    found = score(path, classes=["a", "b"]).metrics["cross_entropy"]
    assert found == pytest.approx(entropy_like([0.3, 0.7], [0.4, 0.6]))


def test_lists_of_shares_are_in_the_order_of_numbered_classes(tmp_path: Path) -> None:
    path = lines(tmp_path, [{"label": [0.3, 0.7], "p_2": 0.9, "p_1": 0.1}] * 3)
    found = score(path).metrics["cross_entropy"]
    assert found == pytest.approx(entropy_like([0.3, 0.7], [0.1, 0.9]))


def test_lists_of_shares_have_no_order_beside_classes_with_names(tmp_path: Path) -> None:
    path = lines(tmp_path, [{"label": [0.3, 0.7], "p_a": 0.4, "p_b": 0.6}] * 3)
    with pytest.raises(DataError, match="do not show which number is for which of the classes"):
        score(path)


@pytest.mark.parametrize("names", [("a_label", "b_label"), ("label_a", "label_b")])
def test_two_label_columns_beside_the_prediction_of_one(names: tuple[str, str]) -> None:
    columns = {names[0]: [1.0, 0.25], names[1]: [0.0, 0.75], "prob_b": [0.1, 0.6]}
    rows = entropy_like([1.0, 0.0], [0.9, 0.1]) + entropy_like([0.25, 0.75], [0.4, 0.6])
    found = score(pd.DataFrame(columns)).metrics["cross_entropy"]
    assert found == pytest.approx(rows / 2)


def test_shares_may_be_all_or_nothing_in_a_file(tmp_path: Path) -> None:
    """The first file shows that the labels are shares."""
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text("label,prob\n0.25,.3\n0.75,.6\n")
    paths[1].write_text("label,prob\n0,.3\n1,.6\n")
    rows = [([0.75, 0.25], 0.3), ([0.25, 0.75], 0.6), ([1.0, 0.0], 0.3), ([0.0, 1.0], 0.6)]
    expected = sum(entropy_like(label, [1 - q, q]) for label, q in rows) / 4
    assert score_json(*paths)["metrics"]["cross_entropy"] == pytest.approx(expected)


@pytest.mark.parametrize("code", [5, 2])
def test_a_number_that_the_names_of_a_file_do_not_name_is_reported(
    code: int, tmp_path: Path
) -> None:
    features = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    table = pa.table({"label": [0, 1, code], "prob_dog": [0.3, 0.6, 0.5]})
    meta = json.dumps({"info": {"features": features}})
    pq.write_table(table.replace_schema_metadata({"huggingface": meta}), tmp_path / "p.parquet")
    with pytest.raises(DataError, match=f"'{code}'"):
        score(tmp_path / "p.parquet")


# Maps


def test_maps_of_one_class_are_refused(tmp_path: Path) -> None:
    path = lines(tmp_path, [{"label": "a", "probs": {"a": 1.0}}] * 3)
    with pytest.raises(DataError, match="name 1 class in the first rows, but at least two"):
        score(path)


def test_names_in_maps_that_are_no_labels_are_not_taken_for_them(tmp_path: Path) -> None:
    row = {"probs": {"p_a": 0.3, "p_b": 0.5, "rest": 0.2}}
    path = lines(tmp_path, [row | {"label": "a"}, row | {"label": "b"}] * 3)
    with pytest.raises(DataError, match="the predictions are for the classes 'p_a', 'p_b', 'rest'"):
        score(path)


def test_maps_without_any_number_are_missing(tmp_path: Path) -> None:
    rows = [{"label": name, "probs": {"a": None}} for name in "ab"]
    with pytest.raises(DataError, match="row 1, column 'probs': the value is missing"):
        score(lines(tmp_path, rows))


def test_a_struct_that_is_null_is_missing(tmp_path: Path) -> None:
    probs = pa.array([{"a": 0.25, "b": 0.75}, None, {"a": 0.5, "b": 0.5}])
    pq.write_table(pa.table({"label": ["a", "b", "a"], "probs": probs}), tmp_path / "p.parquet")
    with pytest.raises(DataError, match="row 2, column 'probs': the value is missing"):
        score(tmp_path / "p.parquet")
    found = score(tmp_path / "p.parquet", missing="skip")
    assert found.metrics["cross_entropy"] == pytest.approx(math.log(8) / 2)  # 1/4 and 1/2


def test_maps_of_logits_need_every_class(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"label": "a", "z": {"a": 1.5, "b": -0.5}},
        {"label": "b", "z": {"a": 1.5}},
    ]
    path = lines(tmp_path, rows)
    with pytest.raises(DataError, match="row 2, column 'z': the value is missing"):
        score(path, as_="logits", pred="z")
    found = score(path, as_="logits", pred="z", missing="skip")
    assert found.metrics["cross_entropy"] == pytest.approx(math.log1p(math.exp(-2.0)))


# Lists


def test_a_list_that_is_null_among_lists_of_several_lengths_is_missing(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"label": 0, "probs": [0.25, 0.75]},
        {"label": 1, "probs": [0.25, 0.5, 0.25]},
        {"label": 1, "probs": None},
    ]
    path = lines(tmp_path, rows * 20)
    with pytest.raises(DataError, match="row 3, column 'probs': the value is missing"):
        score(path)
    found = score(path, missing="skip")
    assert found.metrics["cross_entropy"] == pytest.approx(math.log(8) / 2)


def test_lists_of_tokens_are_not_of_several_numbers_of_classes(tmp_path: Path) -> None:
    rows = [{"label": 0, "token_probs": [0.3, 0.7]}, {"label": 1, "token_probs": [0.3, 0.5, 0.2]}]
    with pytest.raises(DataError, match="row 2, column 'token_probs': the list has 3 numbers"):
        score(lines(tmp_path, rows * 20))


# Columns without anything in them


@pytest.mark.parametrize("missing", ["label", "prob"])
def test_a_column_of_no_type_is_missing_everywhere(missing: str, tmp_path: Path) -> None:
    columns = {"label": [0, 1, 0], "prob": [0.3, 0.4, 0.5]} | {missing: pa.nulls(3)}
    pq.write_table(pa.table(columns), tmp_path / "p.parquet")
    with pytest.raises(DataError, match=f"row 1, column '{missing}': the value is missing"):
        score(tmp_path / "p.parquet")
    found = nulls(pa.nulls(3))
    assert found is not None
    assert found.tolist() == [True] * 3


@pytest.mark.parametrize("tokens", [["", ""], [None, None]])
def test_texts_without_bytes_have_no_bits_per_byte(
    tokens: list[str | None], tmp_path: Path
) -> None:
    path = lines(tmp_path, [{"token": token, "logprob": -0.5} for token in tokens])
    with pytest.raises(DataError, match=r"byte counts in 'token' are 0|the value is missing"):
        score(path, bytes="token")


def test_another_file_may_not_have_a_column_twice(tmp_path: Path) -> None:
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text("label,prob\n1,.8\n0,.3\n")
    paths[1].write_text("label,prob,prob\n1,.3,.4\n")
    with pytest.raises(DataError, match=r"2\.csv: more than one column is named 'prob'"):
        score([str(path) for path in paths])


def test_rounding_of_a_convention_is_that_of_the_values(tmp_path: Path) -> None:
    """Keras raises probabilities to 1e-7 before the logarithm."""
    data = pd.DataFrame({"label": [1, 0], "prob": np.array([0.0, 0.5])})
    found = score(data, convention="keras").metrics["cross_entropy"]
    assert found == pytest.approx((-math.log(1e-7) + math.log(2)) / 2, rel=1e-6)
