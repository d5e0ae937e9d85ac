"""Rows of several files: each is named by its file and its place there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.conftest import run_ce, score_json


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The row with the largest loss is the second of the second file."""
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    paths[0].write_text("label,prob\n1,.8\n0,.3\n1,.6\n")
    paths[1].write_text("label,prob\n1,.9\n0,.95\n")
    return paths


def test_the_worst_rows_say_which_file_they_are_in(files: list[Path]) -> None:
    worst = score_json(*files, "--worst", "2")["worst"]
    assert [(one["row"], Path(one["file"]).name, one["file_row"]) for one in worst] == [
        (5, "2.csv", 2),
        (3, "1.csv", 3),
    ]


def test_the_losses_of_all_rows_say_so_too(files: list[Path], tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    assert run_ce("score", *files, "--per-row", out).returncode == 0
    with out.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [(one["row"], Path(one["file"]).name, one["file_row"]) for one in rows] == [
        *(("1", "1.csv", "1"), ("2", "1.csv", "2"), ("3", "1.csv", "3")),
        *(("4", "2.csv", "1"), ("5", "2.csv", "2")),
    ]
