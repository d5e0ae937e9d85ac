"""Indices of compared models: where they disagree, rows are not paired in silence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import compare_json, complaints, run_ce

BAD_DATA = 3
ROWS = 12
OLD = pd.DataFrame(
    {
        "label": [row // 2 % 2 for row in range(ROWS)],
        "prob": [(row + 1) / 14 for row in range(ROWS)],
    }
)
NEW = OLD.assign(prob=[(row + 2) / 15 for row in range(ROWS)])
ORDER = [2, 3, 0, 1, *range(4, ROWS)]


def written(folder: Path, frame: pd.DataFrame, name: str, index: bool = True) -> str:
    frame.to_csv(folder / name, index=index)
    return str(folder / name)


def test_an_index_that_disagrees_is_an_error_whose_option_works(tmp_path: Path) -> None:
    old = written(tmp_path, OLD, "old.csv")
    other = written(tmp_path, NEW.iloc[ORDER], "new.csv")
    (message,) = complaints(run_ce("compare", old, other), BAD_DATA)
    assert "--id ''" in message
    straight = compare_json(old, written(tmp_path, NEW, "straight.csv"))
    joined = compare_json(old, other, "--id", "")
    ours, theirs = (one["comparisons"][0]["difference"] for one in (joined, straight))
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_a_gate_compares_the_indices_too(tmp_path: Path) -> None:
    old = written(tmp_path, OLD, "old.csv")
    new = written(tmp_path, NEW.iloc[ORDER], "new.csv")
    done = run_ce("gate", new, "--baseline", old, "--max-regression", "1")
    assert "--id ''" in complaints(done, BAD_DATA)[0]


def test_a_disagreement_beyond_the_first_block_is_found(tmp_path: Path) -> None:
    several = pd.concat([OLD] * 40_000, ignore_index=True)
    last = len(several)
    moved = several.set_axis(pd.Index([*range(last - 2), last - 1, last - 2]))
    old, new = written(tmp_path, several, "old.csv"), written(tmp_path, moved, "new.csv")
    (message,) = complaints(run_ce("compare", old, new), BAD_DATA)
    assert f"row {last - 1:,} has '' '{last - 1}'" in message
    assert "--id ''" in message


def test_indices_that_count_their_rows_agree(tmp_path: Path) -> None:
    old = written(tmp_path, OLD, "old.csv")
    parts = tmp_path / "new"
    parts.mkdir()
    for name, rows in (("a.csv", NEW[:5]), ("b.csv", NEW[5:])):
        written(parts, rows.reset_index(drop=True), name)
    whole = compare_json(old, written(tmp_path, NEW, "new.csv", index=False))
    found = compare_json(old, parts)
    assert found["comparisons"][0]["difference"] == whole["comparisons"][0]["difference"]


def test_an_index_without_the_same_ids_is_not_advised(tmp_path: Path) -> None:
    old = written(tmp_path, OLD, "old.csv")
    new = written(tmp_path, NEW.set_axis(pd.Index(range(50, 62))), "new.csv")
    (message,) = complaints(run_ce("compare", old, new), BAD_DATA)
    assert "--id" not in message
    assert "index=False" in message


def test_the_first_column_of_r_is_an_index_if_it_holds_whole_numbers(tmp_path: Path) -> None:
    old, new = tmp_path / "old.csv", tmp_path / "new.csv"
    rows = "X,label,prob\n{},1,0.8\n{},0,0.3\n{},1,0.6\n"
    old.write_text(rows.format(1, 2, 3))
    new.write_text(rows.format(3, 2, 1))
    assert "--id X" in complaints(run_ce("compare", old, new), BAD_DATA)[0]
    old.write_text(rows.format(0.31, 2.4, 1.1))  # a feature, which may be rounded
    new.write_text(rows.format(0.311, 2.4, 1.1))
    assert run_ce("compare", old, new).returncode == 0


def test_indices_of_two_names_need_one_name_to_join(tmp_path: Path) -> None:
    old = written(tmp_path, OLD, "old.csv")
    new = tmp_path / "new.csv"
    NEW.iloc[ORDER].to_csv(new, index_label="Unnamed: 0")
    (message,) = complaints(run_ce("compare", old, new), BAD_DATA)
    assert "give both columns one name" in message
