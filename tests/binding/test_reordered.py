"""Shared columns with the same values in another order prove that rows are in another order."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import compare_json, complaints, run_ce, score_json

BAD_DATA = 3
ROWS = 60
RANDOM = random.Random(5)
WHOLE = pd.DataFrame(
    {
        "label": [RANDOM.randrange(2) for _ in range(ROWS)],
        "prob": [RANDOM.uniform(0.1, 0.9) for _ in range(ROWS)],
        "number": range(1, ROWS + 1),
        "age": [RANDOM.randrange(18, 90) for _ in range(ROWS)],
        "income": [RANDOM.gauss(50, 9) for _ in range(ROWS)],
        "group": [row // 6 for row in range(ROWS)],
        "item": [row % 6 for row in range(ROWS)],
    }
)
ORDER = RANDOM.sample(range(ROWS), ROWS)
OTHER = WHOLE.iloc[ORDER]


def entropy(folder: Path) -> float:
    WHOLE[["label", "prob"]].to_csv(folder / "whole.csv", index=False)
    mean: float = score_json(folder / "whole.csv")["metrics"]["cross_entropy"]
    return mean


def files(folder: Path, ours: list[str], theirs: list[str], **renamed: str) -> list[str]:
    """Predictions, and labels in another order."""
    preds, truth = folder / "preds.csv", folder / "truth.csv"
    WHOLE[[*ours, "prob"]].to_csv(preds, index=False)
    OTHER[[*theirs, "label"]].rename(columns=renamed).to_csv(truth, index=False)
    return [str(preds), "--labels", str(truth)]


@pytest.mark.parametrize("column", ["number", "income"])
def test_a_column_of_unique_values_joins_the_rows(column: str, tmp_path: Path) -> None:
    typed = files(tmp_path, [column], [column])
    (message,) = complaints(run_ce("score", *typed), BAD_DATA)
    assert f"--id {column}" in message
    found = score_json(*typed, "--id", column)["metrics"]["cross_entropy"]
    assert found == pytest.approx(entropy(tmp_path), rel=1e-12)


@pytest.mark.parametrize("columns", [["age"], ["group", "item"]])
def test_columns_that_cannot_join_rows_are_not_advised(columns: list[str], tmp_path: Path) -> None:
    (message,) = complaints(run_ce("score", *files(tmp_path, columns, columns)), BAD_DATA)
    assert "sort both files alike" in message


@pytest.mark.parametrize("name", ["ID", "row_id", "case", "idx", "index", "", "userId"])
def test_ids_of_two_names(name: str, tmp_path: Path) -> None:
    WHOLE.rename(columns={"number": "id"})[["id", "prob"]].to_csv(tmp_path / "p.csv", index=False)
    typed = [str(tmp_path / "p.csv"), *files(tmp_path, [], ["number"], number=name)[1:]]
    (message,) = complaints(run_ce("score", *typed), BAD_DATA)
    assert "give both columns one name" in message
    same = WHOLE.rename(columns={"number": name})[[name, "label"]]
    same.to_csv(tmp_path / "truth.csv", index=False)
    assert score_json(*typed)["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path))


def test_the_disagreement_may_be_spread_over_blocks(tmp_path: Path) -> None:
    rows = 80_000
    frame = pd.DataFrame({"label": [0, 1] * (rows // 2), "prob": 0.5, "order": range(rows)})
    frame[["order", "prob"]].to_csv(tmp_path / "p.csv", index=False)
    frame[::-1][["order", "label"]].to_csv(tmp_path / "t.csv", index=False)
    done = run_ce("score", tmp_path / "p.csv", "--labels", tmp_path / "t.csv")
    assert "--id order" in complaints(done, BAD_DATA)[0]


HARMLESS = {
    "a value differs": lambda frame: frame.assign(number=[0, *frame["number"][1:]]),
    "a rank of each model": lambda frame: frame.rename(columns={"number": "rank"}),
    "few values": lambda frame: frame[["label", "prob", "item"]],
    "folds": lambda frame: frame.rename(columns={"age": "fold"})[["label", "prob", "fold"]],
}


@pytest.mark.parametrize("case", HARMLESS)
def test_columns_that_prove_nothing_are_no_alarm(case: str, tmp_path: Path) -> None:
    shown = HARMLESS[case](WHOLE[["label", "prob", "number", "item", "age"]])
    kept = [
        c for c in shown.columns if c not in ("label", "prob", "age" if "fold" not in case else "")
    ]
    shown[[*kept, "prob"]].to_csv(tmp_path / "p.csv", index=False)
    mixed = shown.iloc[ORDER].assign(label=[*WHOLE["label"]])
    if case == "a value differs":
        mixed = mixed.assign(number=[*mixed["number"][:-1], 99])
    mixed[[*(c for c in kept if c != "item" or case == "few values"), "label"]].to_csv(
        tmp_path / "t.csv", index=False
    )
    found = score_json(tmp_path / "p.csv", "--labels", tmp_path / "t.csv")
    assert found["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


def test_a_column_that_identifies_rows_and_agrees_outweighs_others(tmp_path: Path) -> None:
    WHOLE[["income", "number", "prob"]].to_csv(tmp_path / "p.csv", index=False)
    moved = WHOLE.assign(number=[*OTHER["number"]])
    moved[["income", "number", "label"]].to_csv(tmp_path / "t.csv", index=False)
    found = score_json(tmp_path / "p.csv", "--labels", tmp_path / "t.csv")
    assert found["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


@pytest.mark.parametrize("column", ["number", "age"])
@pytest.mark.parametrize("command", ["compare", "gate"])
def test_compared_models(command: str, column: str, tmp_path: Path) -> None:
    old, new = str(tmp_path / "old.csv"), str(tmp_path / "new.csv")
    names = ["label", "prob", column]
    WHOLE[names].to_csv(old, index=False)
    OTHER[names].assign(prob=OTHER["prob"] * 0.9).to_csv(new, index=False)
    args = [old, new] if command == "compare" else [new, "--baseline", old, "--max-regression", "9"]
    (message,) = complaints(run_ce(command, *args), BAD_DATA)
    assert "in another order" in message
    if column == "number":
        assert "--id number" in message
        assert compare_json(old, new, "--id", "number")["rows"]["compared"] == ROWS
