"""Files of one data set that differ in their columns, their precision, or in having rows at all."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.conftest import complaints, run_ce, score_json, strict

BAD_DATA = 3
FRAME = pd.DataFrame({"label": [1, 0, 1, 0] * 5, "prob": [0.9, 0.1, 0.0, 0.3] * 5})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Parts, of which the first, and two others, have no rows."""
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "a.csv").write_bytes(b"")
    FRAME[:8].to_csv(parts / "b.csv", index=False)
    (parts / "c.csv").write_text("label,prob\n")
    FRAME[8:].to_csv(parts / "d.csv", index=False)
    (parts / "e.csv").write_bytes(b"\n\n")
    return parts


def test_parts_without_rows_are_left_out_and_named(folder: Path) -> None:
    whole = folder.parent / "whole.csv"
    FRAME.to_csv(whole, index=False)
    document = score_json(folder)
    assert document["metrics"] == score_json(whole)["metrics"]
    (note,) = (one for one in document["warnings"] if one["code"] == "empty_files")
    assert note["message"].startswith("3 files of 5 have no rows")
    assert all(name in note["message"] for name in ("a.csv", "c.csv", "e.csv"))


@pytest.mark.parametrize("arguments", ["gate {} --max 99", "compare {} whole.csv", "inspect {}"])
def test_every_command_names_them(arguments: str, folder: Path) -> None:
    FRAME.assign(prob=0.5).to_csv(folder.parent / "whole.csv", index=False)
    done = run_ce(*arguments.format("parts").split(), cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    assert "3 files of 5 have no rows" in done.stdout


def test_a_single_file_that_is_empty_is_an_error(folder: Path) -> None:
    assert "the file is empty" in complaints(run_ce("score", folder / "a.csv"), BAD_DATA)[0]
    done = run_ce("score", folder / "a.csv", folder / "e.csv")
    assert "the file is empty" in complaints(done, BAD_DATA)[0]


def test_the_error_about_other_columns_names_the_file_that_set_the_names(folder: Path) -> None:
    FRAME.rename(columns={"prob": "score"}).to_csv(folder / "f.csv", index=False)
    (message,) = complaints(run_ce("score", folder), BAD_DATA)
    assert "f.csv: there is no column 'prob'" in message
    assert message.endswith("b.csv, the first file.")


def test_a_column_of_another_type_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    paths = (tmp_path / "a.parquet", tmp_path / "b.parquet")
    FRAME.to_parquet(paths[0])
    pd.DataFrame({"label": FRAME["label"], "prob": [[0.5, 0.5]] * len(FRAME)}).to_parquet(paths[1])
    (message,) = complaints(run_ce("score", *paths), BAD_DATA)
    assert "b.parquet: the column 'prob' holds list" in message
    assert "b.parquet: the column 'prob' holds list" in run_ce("inspect", *paths).stdout


@pytest.fixture
def precisions(tmp_path: Path) -> Path:
    """The same rows in double and in single precision."""
    FRAME.to_parquet(tmp_path / "double.parquet")
    FRAME.astype({"prob": np.float32}).to_parquet(tmp_path / "single.parquet")
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        "gate single.parquet --baseline double.parquet --max-regression 99",
        "gate single.parquet --baseline double.json --max-regression 99",
        "score double.parquet single.parquet",
    ],
)
def test_other_precisions_are_named_and_the_options_work(arguments: str, precisions: Path) -> None:
    score = run_ce("score", "double.parquet", "--json", "-o", "double.json", cwd=precisions)
    assert score.returncode == 0
    (message,) = complaints(run_ce(*arguments.split(), cwd=precisions), BAD_DATA)
    assert "single precision" in message
    assert "double precision" in message
    options = shlex.split(message[message.rindex("--clip") :].rstrip("."))
    done = run_ce(*arguments.split(), *options, cwd=precisions)
    assert done.returncode == 0, done.stderr


def test_other_precisions_are_no_problem_if_options_set_both(precisions: Path) -> None:
    files = ["double.parquet", "single.parquet", "--clip", "1e-7", "--sum-tolerance", "1e-3"]
    assert run_ce("score", *files, cwd=precisions).returncode == 0
    done = run_ce("inspect", *files, "--json", cwd=precisions)
    assert "other_precision" not in {one["code"] for one in strict(done.stdout)["findings"]}
