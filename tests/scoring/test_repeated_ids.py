"""Several predictions for each row of a file are not pooled in silence."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.conftest import run_ce, score_json

RANDOM = random.Random(3)
ROWS = 50
LABELS = [RANDOM.randrange(2) for _ in range(ROWS)]
Row = Sequence[object]


def written(folder: Path, header: str, rows: Sequence[Row]) -> str:
    path = folder / "long.csv"
    lines = [",".join(map(str, (*row, round(RANDOM.uniform(0.1, 0.9), 3)))) for row in rows]
    path.write_text("\n".join([f"{header},prob", *lines]) + "\n")
    return str(path)


def messages(path: str, *options: str) -> list[str]:
    found = score_json(path, *options)["warnings"]
    return [one["message"] for one in found if one["code"] == "repeated_id"]


MODELS = [(n, model, LABELS[n]) for model in ("old", "new") for n in range(ROWS)]


@pytest.mark.parametrize("rows", [MODELS, sorted(MODELS)])
def test_two_models_in_one_file(rows: Sequence[Row], tmp_path: Path) -> None:
    path = written(tmp_path, "id,model,label", rows)
    (message,) = messages(path)
    assert message.startswith("50 rows of the first 100 repeat the 'id'")
    assert "--by model" in message
    assert "--cluster id" in message
    assert messages(path, "--by", "model") == messages(path, "--cluster", "id") == []


def test_a_gate_warns_too(tmp_path: Path) -> None:
    done = run_ce("gate", written(tmp_path, "id,model,label", MODELS), "--max", "9")
    assert "--by model" in done.stdout


def test_repeats_of_the_folds(tmp_path: Path) -> None:
    rows = [(n, fold, LABELS[n]) for fold in range(5) for n in range(ROWS)]
    (message,) = messages(written(tmp_path, "id,fold,label", rows))
    assert "--by fold" in message


def test_rows_that_are_in_the_file_twice(tmp_path: Path) -> None:
    rows = [(n, LABELS[n]) for n in [*range(ROWS), *range(20)]]
    (message,) = messages(written(tmp_path, "id,label", rows))
    assert message.endswith("use --cluster id.")


HARMLESS: dict[str, tuple[str, list[Row]]] = {
    "unique ids": ("id,label", [(n, LABELS[n]) for n in range(ROWS)]),
    "a few, by chance": ("id,label", [(n, LABELS[n]) for n in [*range(ROWS), 0, 1, 2]]),
    "other labels": ("id,label", [(n % 25, LABELS[n]) for n in range(ROWS)]),
    "many rows each": ("id,label", [(n // 25, LABELS[n // 25]) for n in range(ROWS * 25)]),
    "ids of groups": ("user_id,label", [(n % 50, LABELS[n % 50]) for n in range(2 * ROWS)]),
    "one class": ("id,label", [(n % 25, 1) for n in range(ROWS)]),
}


@pytest.mark.parametrize("case", HARMLESS)
def test_ids_of_groups_are_no_alarm(case: str, tmp_path: Path) -> None:
    assert messages(written(tmp_path, *HARMLESS[case])) == []


def test_a_column_that_is_the_same_everywhere_is_no_model(tmp_path: Path) -> None:
    rows = [(n, "all", model, LABELS[n]) for model in ("old", "new") for n in range(ROWS)]
    (message,) = messages(written(tmp_path, "id,kind,model,label", rows))
    assert "--by model" in message
