"""The names that predictions carry with them decide which number is for which class."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.errors import DataError
from tests.conftest import score_json

LABELS = ["cat", "dog", "owl", "dog"]
ORDERS = [
    ("cat", "dog", "owl"),
    ("owl", "cat", "dog"),
    ("dog", "owl", "cat"),
    ("cat", "dog", "owl"),
]
NUMBERS = [[0.7, 0.2, 0.1], [0.05, 0.15, 0.8], [0.3, 0.5, 0.2], [0.25, 0.5, 0.25]]
_BY_NAME = [dict(zip(names, row, strict=True)) for names, row in zip(ORDERS, NUMBERS, strict=True)]
CLASSES = sorted(set(LABELS))
EXPECTED = log_loss(LABELS, [[row[name] for name in CLASSES] for row in _BY_NAME], labels=CLASSES)

Cell = Callable[[Sequence[str], Sequence[float]], Any]
CELLS: dict[str, Cell] = {
    "objects": lambda names, row: [
        {"label": name, "score": x} for name, x in zip(names, row, strict=True)
    ],
    "objects of other keys": lambda names, row: [
        {"p": x, "species": name} for name, x in zip(names, row, strict=True)
    ],
    "objects in two lists": lambda names, row: [
        [{"label": name, "score": x} for name, x in zip(names, row, strict=True)]
    ],
    "two lists": lambda names, row: {"labels": list(names), "scores": list(row)},
    "pairs": lambda names, row: [[name, x] for name, x in zip(names, row, strict=True)],
    "a map": lambda names, row: dict(zip(names, row, strict=True)),
}
WRITERS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
    "json": lambda table, path: table.to_json(path, orient="records"),
    "columns": lambda table, path: table.to_json(path),
    "parquet": lambda table, path: table.to_parquet(path),
    "csv": lambda table, path: table.to_csv(path, index=False),
}


def wrong(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        score(path, **options)
    return str(caught.value)


def lines(folder: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = folder / "preds.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


IN_CELLS = [(shape, writer) for shape in CELLS for writer in WRITERS]
IN_CELLS.remove(("pairs", "parquet"))  # a list in Arrow has values of one type


@pytest.mark.parametrize(("shape", "writer"), IN_CELLS)
def test_numbers_with_names_in_one_cell_are_read_by_name(
    shape: str, writer: str, tmp_path: Path
) -> None:
    cells = [CELLS[shape](names, row) for names, row in zip(ORDERS, NUMBERS, strict=True)]
    path = tmp_path / "preds"
    WRITERS[writer](pd.DataFrame({"label": LABELS, "predictions": cells}), path)
    document = score_json(path)
    assert sorted(document["classes"]) == CLASSES
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("names", ["classes", "labels", "candidates", "any_name"])
@pytest.mark.parametrize("writer", WRITERS)
def test_names_in_a_list_beside_are_obeyed(writer: str, names: str, tmp_path: Path) -> None:
    columns = {"label": LABELS, names: ORDERS, "probs": NUMBERS}
    path = tmp_path / "preds"
    WRITERS[writer](pd.DataFrame(columns), path)
    document = score_json(path)
    assert sorted(document["classes"]) == CLASSES
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("writer", ["jsonl", "parquet", "csv"])
def test_classes_may_be_whole_numbers(writer: str, tmp_path: Path) -> None:
    places = [[CLASSES.index(name) for name in names] for names in ORDERS]
    labels = [CLASSES.index(name) for name in LABELS]
    path = tmp_path / "preds"
    table = pd.DataFrame({"label": labels, "classes": places, "probs": NUMBERS})
    WRITERS[writer](table, path)
    found = score_json(path)["metrics"]["cross_entropy"]
    assert found == pytest.approx(EXPECTED, rel=1e-12)
    assert score(table).metrics["cross_entropy"] == found


PLACES = [[2, 0, 1], [0, 2, 1], [1, 2, 0], [1, 0, 2]]
OF_PLACES = [[0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.5, 0.25, 0.25]]
TRUTH = [1, 0, 2, 1]
BY_PLACE = log_loss(
    TRUTH,
    [[row[own.index(one)] for one in range(3)] for own, row in zip(PLACES, OF_PLACES, strict=True)],
    labels=[0, 1, 2],
)


@pytest.mark.parametrize("names", ["labels", "ids", "indices", "label_ids", "top_ids", "any"])
@pytest.mark.parametrize("written", [int, str])
@pytest.mark.parametrize("writer", ["jsonl", "parquet"])
def test_whole_numbers_in_orders_that_differ_are_classes(
    writer: str, written: Callable[[int], Any], names: str, tmp_path: Path
) -> None:
    lists = [[written(one) for one in own] for own in PLACES]
    table = pd.DataFrame({"label": [*map(written, TRUTH)], names: lists, "probs": OF_PLACES})
    path = tmp_path / "preds"
    WRITERS[writer](table, path)
    found = score_json(path)["metrics"]["cross_entropy"]
    assert found == pytest.approx(BY_PLACE, rel=1e-12)


def test_whole_numbers_are_classes_when_labels_are_in_another_file(tmp_path: Path) -> None:
    rows = [{"ids": own, "probs": row} for own, row in zip(PLACES, OF_PLACES, strict=True)]
    labels = tmp_path / "labels.csv"
    labels.write_text("label\n" + "".join(f"{one}\n" for one in TRUTH))
    found = score_json(lines(tmp_path, rows), "--labels", str(labels))["metrics"]["cross_entropy"]
    assert found == pytest.approx(BY_PLACE, rel=1e-12)


def test_the_likeliest_numbered_classes_are_enough(tmp_path: Path) -> None:
    rows = [
        {"label": one, "top_ids": own[1:], "top_probs": row[1:]}
        for one, own, row in zip((1, 2, 0), PLACES, OF_PLACES, strict=False)
    ]
    found = score_json(lines(tmp_path, rows))["metrics"]["cross_entropy"]
    assert found == pytest.approx(-sum(map(math.log, (0.7, 0.3, 0.1))) / 3)


@pytest.mark.parametrize("beside", ["one_hot", "ranks"])
def test_one_hot_labels_and_ranks_are_no_classes(beside: str, tmp_path: Path) -> None:
    lists = {"one_hot": [[1, 0], [0, 1], [0, 1]], "ranks": [[2, 1], [1, 2], [2, 1]]}[beside]
    rows = [
        {"label": one, beside: own, "probs": [0.25, 0.75]}
        for one, own in zip((0, 1, 1), lists, strict=True)
    ]
    found = score_json(lines(tmp_path, rows), "--pred", "probs")["metrics"]["cross_entropy"]
    assert found == pytest.approx(-(math.log(0.25) + 2 * math.log(0.75)) / 3, rel=1e-12)


def test_class_names_beside_arrays_are_obeyed(tmp_path: Path) -> None:
    names, numbers = ["b", "c", "a"], [[0.7, 0.1, 0.2], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1]]
    labels = ["b", "a", "c"]
    path = tmp_path / "preds.json"
    path.write_text(json.dumps({"y_true": labels, "y_prob": numbers, "classes": names}))
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(-math.log(0.7))
    coded = {"y_true": [2, 1, 0], "y_prob": numbers, "classes": [2, 0, 1]}
    path.write_text(json.dumps(coded))
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(-math.log(0.7))
    for own, classes in ((labels * 2, names), ([2, 1, 0] * 2, [2, 0, 1])):
        arrays = {
            "classes": np.array(classes),
            "y": np.array(own),
            "probs": np.tile(numbers, (2, 1)),
        }
        np.savez(tmp_path / "preds.npz", **arrays)  # type: ignore[arg-type]
        found = score_json(tmp_path / "preds.npz")["metrics"]["cross_entropy"]
        assert found == pytest.approx(-math.log(0.7))


def test_names_in_one_order_need_no_label_that_is_one_of_them(tmp_path: Path) -> None:
    rows = [{"label": 1, "names": ["no", "yes"], "probs": [0.25, 0.75]}] * 3
    assert score_json(lines(tmp_path, rows))["classes"] == ["0", "1"]
    rows[1] = {"label": 1, "names": ["yes", "no"], "probs": [0.75, 0.25]}
    assert "'yes'" in wrong(lines(tmp_path, rows))  # 1 may be either of them


def test_answers_that_differ_from_row_to_row_are_no_classes(tmp_path: Path) -> None:
    rows = [{"label": 1, "choices": [f"a{n}", f"b{n}"], "probs": [0.25, 0.75]} for n in range(5)]
    assert score_json(lines(tmp_path, rows))["classes"] == ["0", "1"]


def test_tokens_are_no_classes(tmp_path: Path) -> None:
    rows = [{"label": 1, "tokens": ["the", "end"], "probs": [0.25, 0.75]}] * 3
    assert score_json(lines(tmp_path, rows))["classes"] == ["0", "1"]


ROW = {"label": "a", "classes": ["a", "b"], "probs": [0.5, 0.5]}
BAD: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "more numbers": ({**ROW, "classes": ["a"]}, ("1 class name for 2 numbers",)),
    "more names": ({**ROW, "classes": ["a", "b", "c"]}, ("3 class names for 2 numbers",)),
    "a name twice": ({**ROW, "classes": ["a", "a"]}, ("more than once",)),
    "a missing name": ({**ROW, "classes": ["a", None]}, ("the name of a class is missing",)),
    "no names": ({**ROW, "classes": None}, ("0 class names",)),
    "no list": ({**ROW, "classes": "a"}, ("names of classes", "'a'")),
    "another class": ({**ROW, "classes": ["a", "c"]}, ("'c'", "classes")),
    "a missing list": ({**ROW, "probs": None}, ("missing",)),
}


@pytest.mark.parametrize(("bad", "parts"), BAD.values(), ids=BAD.keys())
def test_rows_that_do_not_fit_are_reported(
    bad: dict[str, Any], parts: tuple[str, ...], tmp_path: Path
) -> None:
    many = [ROW] * (8000 if bad["classes"] == ["a", "c"] else 16)  # beyond the first rows
    message = wrong(lines(tmp_path, [*many, bad]))
    for part in (f"row {len(many) + 1:,}", *parts):
        assert part in message


def test_a_name_may_be_there_only_once(tmp_path: Path) -> None:
    fine = {"label": "a", "scores": [{"label": "a", "score": 0.5}, {"label": "b", "score": 0.5}]}
    twice = {"label": "a", "scores": [{"label": "a", "score": 0.5}, {"label": "a", "score": 0.5}]}
    message = wrong(lines(tmp_path, [fine] * 4 + [twice]))
    for part in ("row 5", "'scores'", "more than once"):
        assert part in message


def test_the_likeliest_classes_are_enough(tmp_path: Path) -> None:
    rows = [
        {"label": "a", "scores": [{"label": "a", "score": 0.5}]},
        {"label": "b", "scores": [{"label": "b", "score": 0.25}, {"label": "a", "score": 0.75}]},
    ]
    document = score_json(lines(tmp_path, rows), "--base", "2")
    assert document["metrics"]["cross_entropy"] == 1.5
    assert [one["code"] for one in document["warnings"]] == ["rest_missing", "rare_class"]
    rows[1] = {"label": "b", "scores": [{"label": "a", "score": 0.5}]}
    assert "row 2" in wrong(lines(tmp_path, rows))


def test_counts_by_name_are_no_predictions(tmp_path: Path) -> None:
    words = [{"word": "a", "start": 0}, {"word": "b", "start": 2}]
    rows = [{"label": 1, "prob": 0.5, "words": words}] * 2
    assert score_json(lines(tmp_path, rows))["columns"]["predictions"] == ["prob"]


def test_a_label_that_no_map_names_is_an_error_that_names_the_options(tmp_path: Path) -> None:
    rows = [{"label": label, "probs": {"a": 0.5, "b": 0.5}} for label in "abc"]
    path = lines(tmp_path, rows)
    message = wrong(path)
    for part in ("'probs'", "'c'", 'classes="a,b,c"', 'ignore_label="c"'):
        assert part in message
    assert score_json(path, "--ignore-label", "c", "--base", "2")["metrics"]["cross_entropy"] == 1
    document = score_json(path, "--classes", "a,b,c")
    assert "clipped" in [one["code"] for one in document["warnings"]]
