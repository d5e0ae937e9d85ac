"""`ce_cli.explain`: the same value as the JSON of the command, for files, tables and numbers."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import entropy, rankdata

import ce_cli
from ce_cli import explain
from ce_cli.errors import CeError, DataError, StorageError, UsageError
from tests.conftest import SAMPLES, SCHEMAS, run_ce, strict

BINARY = SAMPLES / "breast_cancer.csv"


def frame() -> pd.DataFrame:
    return pd.read_csv(BINARY)


def by_command(*args: str | Path) -> dict[str, Any]:
    done = run_ce("explain", *args, "--json")
    assert done.returncode == 0, done.stderr
    return strict(done.stdout)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (("breast_cancer.csv",), {}),
        (("breast_cancer.csv", "--row", "17", "--curve"), {"row": 17, "curve": True}),
        (
            ("breast_cancer.csv", "--id", "id", "--of", "case-074", "--base", "2"),
            {"id": "id", "of": "case-074", "base": "2"},
        ),
        (
            (
                *("breast_cancer_weighted.csv", "--positive", "malignant", "--weight", "weight"),
                *("--class-weight", "balanced", "--label-smoothing", "0.1"),
            ),
            {
                "positive": "malignant",
                "weight": "weight",
                "class_weight": "balanced",
                "label_smoothing": 0.1,
            },
        ),
        (("wine.parquet", "--row", "3"), {"row": 3}),
        (("tokens.csv", "--row", "2"), {"row": 2}),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_a_file_is_explained_as_by_the_command(
    given: tuple[str, ...], options: dict[str, Any]
) -> None:
    name, *others = given
    found = explain(SAMPLES / name, **options)
    assert isinstance(found, ce_cli.Explained)
    assert found.to_dict() == by_command(SAMPLES / name, *others)


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ("--p 0.5,0.5 --q 0.9,0.1", {"p": [0.5, 0.5], "q": [0.9, 0.1]}),
        ("--q 0.7,0.2,0.1 --label 2", {"q": np.array([0.7, 0.2, 0.1]), "label": 2}),
        ("--q 0.7,0.2,0.1 --label 2", {"q": "0.7, 20%, 1/10", "label": "2"}),
        ("--q 0.25 --p 1 --base 10", {"q": 0.25, "p": 1, "base": "10"}),
        (
            "--q 2.1,-0.3,0.4 --as logits --classes cat,dog,cow --label dog",
            {
                "q": pd.Series([2.1, -0.3, 0.4]),
                "as_": "logits",
                "classes": ["cat", "dog", "cow"],
                "label": "dog",
            },
        ),
        (
            "--q 0.5,0.6 --on-bad-sum renormalize --label 0 --curve --label-smoothing 0.2",
            {
                "q": [0.5, 0.6],
                "on_bad_sum": "renormalize",
                "label": "0",
                "curve": True,
                "label_smoothing": 0.2,
            },
        ),
        ("--q 0.02 --task likelihood", {"q": (0.02,), "task": "likelihood"}),
    ],
)
def test_numbers_are_explained_as_by_the_command(given: str, options: dict[str, Any]) -> None:
    assert explain(**options).to_dict() == by_command(*given.split())


def test_a_table_is_explained_as_its_file_is() -> None:
    data = frame()
    whole = explain(BINARY, row=17)
    for table in (data, pa.Table.from_pandas(data)):
        found = explain(table, row=np.int64(17))
        SCHEMAS["ce.explain/1"].validate(found.to_dict())
        assert found.parts == whole.parts
        assert found.standing == whole.standing
        assert found.row is not None
        assert (found.row["row"], found.row["file_row"]) == (17, 17)
    losses = -np.log(np.where(data["label"] == 1, data["prob"], 1 - data["prob"]))
    ranks = rankdata(-losses, method="min")
    assert whole.standing is not None
    assert whole.standing.rank == ranks[16]
    worst = explain(data)
    assert worst.row is not None
    assert worst.row["row"] == losses.argmax() + 1
    assert worst.cross_entropy == pytest.approx(losses.max(), rel=1e-12)


def test_ids_and_labels_of_tables_may_be_numbers() -> None:
    data = pd.DataFrame({"case": [7, 8, 9], "p_1": [0.5, 0.2, 0.1], "p_2": [0.5, 0.8, 0.9]})
    truth = pd.DataFrame({"case": [9, 7, 8], "label": [1, 2, 1]})
    found = explain(data, labels=truth, id="case", of=8)
    assert found.cross_entropy == pytest.approx(-math.log(0.2), rel=1e-15)
    assert found.score is not None
    assert found.score.rows["scored"] == 3


def test_the_parts_of_a_divergence_are_those_of_scipy() -> None:
    rng = np.random.default_rng(4)
    label, prediction = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(5))
    found = explain(p=label, q=prediction, base="2")
    assert found.entropy == pytest.approx(entropy(label, base=2), rel=1e-14)
    assert found.kl_divergence == pytest.approx(entropy(label, prediction, base=2), rel=1e-13)
    assert [part.prediction for part in found.parts] == prediction.tolist()  # no digit is lost


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({}, UsageError, "Pass data"),
        ({"p": [1, 0], "row": 2}, UsageError, "row is about data"),
        ({"q": [0.5, 0.6], "p": [1, 0]}, UsageError, "sums to 1.1"),
        ({"q": [0.5, "half"], "p": [1, 0]}, UsageError, "q takes numbers"),
        ({"q": [[[0.5, 0.5]]], "p": [1, 0]}, UsageError, "q takes numbers"),
        ({"q": [0.5, math.nan], "p": [1, 0]}, UsageError, "'nan' is not a number"),
        ({"q": 0.5, "label": ["0", "1"]}, UsageError, "one class that happened"),
        ({"q": 0.5, "label": 1, "weight": "w"}, UsageError, "weight is about data"),
        ({"q": 0.5, "label": 1, "row": 2}, UsageError, "row is about data"),
        ({"q": 0.5, "label": 1, "data": BINARY}, UsageError, "data is about data"),
        ({"data": BINARY, "row": 0}, UsageError, "numbered from 1"),
        ({"data": BINARY, "row": 570}, DataError, "there is no row 570"),
        ({"data": BINARY, "row": 1, "of": "a", "id": "id"}, UsageError, "not both"),
        ({"data": BINARY, "of": "case-001"}, UsageError, "name it with id"),
        ({"data": BINARY, "of": "x", "id": "id"}, DataError, "no row has 'x' in 'id'"),
        ({"data": BINARY, "id": "idd"}, UsageError, "did you mean 'id'"),
        ({"data": "nowhere.csv"}, StorageError, "nowhere.csv"),
    ],
)
def test_rows_that_cannot_be_explained_are_reported_in_a_sentence(
    options: dict[str, Any], kind: type[CeError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        explain(**options)


def test_a_lone_number_without_a_label_is_what_happened() -> None:
    assert explain(q=0.5, base="2").cross_entropy == 1.0


def test_options_that_are_not_there_are_reported() -> None:
    with pytest.raises(TypeError, match="'colour'"):
        explain(BINARY, colour="red")  # type: ignore[call-arg]
