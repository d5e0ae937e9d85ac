"""Indices of two files: where they disagree, rows are not matched by their order in silence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.conftest import ABOUT_FEW, complaints, run_ce, score_json

BAD_DATA = 3
ROWS = 12
TRUTH = pd.DataFrame({"label": [row % 2 for row in range(ROWS)]})
PREDICTED = pd.DataFrame({"prob": [0.9 if row % 2 else 0.2 for row in range(ROWS)]})
NAMES = ["", "Unnamed: 0", "Unnamed: 0.1", "index", "level_0", "__index_level_0__", "row.names"]


def about_files(document: dict[str, Any]) -> list[Any]:
    """The warnings of a document, without those about few rows."""
    return [one for one in document["warnings"] if one["code"] not in ABOUT_FEW]


def written(folder: Path, frame: pd.DataFrame, name: str, index: str | None = None) -> Path:
    """A file of the frame, with its index under the name `index`."""
    path = folder / name
    named = frame if index is None else frame.rename_axis(index or None)
    if name.endswith(".parquet"):
        named.reset_index(names=index).to_parquet(path, index=False)
    else:
        named.to_csv(path, index=index is not None)
    return path


def entropy(folder: Path) -> float:
    whole = written(folder, TRUTH.join(PREDICTED), "whole.csv")
    return float(score_json(whole)["metrics"]["cross_entropy"])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_an_index_that_disagrees_is_an_error_whose_option_works(
    name: str, suffix: str, tmp_path: Path
) -> None:
    preds = written(tmp_path, PREDICTED, f"preds.{suffix}", name)
    truth = written(tmp_path, TRUTH.iloc[[*range(1, ROWS), 0]], f"truth.{suffix}", name)
    done = run_ce("score", preds, "--labels", truth)
    (message,) = complaints(done, BAD_DATA)
    assert "row 1 " in message
    assert "--id" in message
    joined = score_json(preds, "--labels", truth, "--id", name)
    assert joined["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


def counted(*lengths: int, first: int = 0) -> list[int]:
    """An index that counts the rows of each part anew."""
    return [first + row for length in lengths for row in range(length)]


AGREEING: dict[str, tuple[Sequence[float], Sequence[float]]] = {
    "the same order": ([5, 3, 9, 0, *range(20, 28)], [5, 3, 9, 0, *range(20, 28)]),
    "one counts parts": (counted(5, 7), counted(12)),
    "both count parts, of other sizes": (counted(3, 3, 6), counted(6, 6)),
    "each row is a part": ([0] * ROWS, counted(12)),
    "from 1, as R counts": (counted(12, first=1), counted(12)),
    "parts from 1": (counted(4, 8, first=1), counted(12, first=1)),
    "floats": ([float(row) for row in counted(12)], counted(12)),
}


@pytest.mark.parametrize("case", AGREEING)
def test_an_index_that_only_counts_rows_is_no_disagreement(case: str, tmp_path: Path) -> None:
    ours, theirs = (pd.Index(index) for index in AGREEING[case])
    preds = written(tmp_path, PREDICTED.set_axis(ours), "preds.csv", "")
    truth = written(tmp_path, TRUTH.set_axis(theirs), "truth.csv", "")
    document = score_json(preds, "--labels", truth)
    assert document["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


def test_parts_that_pandas_wrote_agree_with_labels_in_one_file(tmp_path: Path) -> None:
    parts = [PREDICTED[:5].reset_index(drop=True), PREDICTED[5:].reset_index(drop=True)]
    files = [written(tmp_path, part, f"part-{n}.csv", "") for n, part in enumerate(parts)]
    truth = written(tmp_path, TRUTH, "truth.csv", "")
    document = score_json(*files, "--labels", truth)
    assert document["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


def test_parts_in_another_order_disagree(tmp_path: Path) -> None:
    files = [
        written(tmp_path, part, name, "")
        for part, name in ((PREDICTED[6:], "a.csv"), (PREDICTED[:6], "b.csv"))
    ]
    done = run_ce("score", *files, "--labels", written(tmp_path, TRUTH, "truth.csv", ""))
    assert "--id ''" in complaints(done, BAD_DATA)[0]


@pytest.mark.parametrize("order", ["repeated", "from a larger table"])
def test_an_index_that_cannot_join_rows_is_not_advised(order: str, tmp_path: Path) -> None:
    index = [3, 3, *range(10)] if order == "repeated" else [7, 99, *range(40, 50)]
    preds = written(tmp_path, PREDICTED, "preds.csv", "")
    truth = written(tmp_path, TRUTH.set_axis(pd.Index(index)), "truth.csv", "")
    (message,) = complaints(run_ce("score", preds, "--labels", truth), BAD_DATA)
    assert "--id" not in message
    assert "index=False" in message


def test_ids_that_agree_outweigh_an_index_that_does_not(tmp_path: Path) -> None:
    names = [f"case {row}" for row in range(ROWS)]
    preds = written(tmp_path, PREDICTED.assign(case_id=names), "preds.csv", "")
    other = TRUTH.assign(case_id=names).set_axis(pd.Index([*range(1, ROWS), 0]))
    document = score_json(preds, "--labels", written(tmp_path, other, "truth.csv", ""))
    assert document["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


def test_ids_that_repeat_do_not_outweigh_an_index(tmp_path: Path) -> None:
    preds = written(tmp_path, PREDICTED.assign(doc="a"), "preds.csv", "")
    other = TRUTH.assign(doc="a").set_axis(pd.Index([*range(1, ROWS), 0]))
    done = run_ce("score", preds, "--labels", written(tmp_path, other, "truth.csv", ""))
    assert "--id ''" in complaints(done, BAD_DATA)[0]


def test_indices_of_different_names_are_compared(tmp_path: Path) -> None:
    preds = written(tmp_path, PREDICTED, "preds.csv", "")
    other = TRUTH.iloc[::-1]
    truth = written(tmp_path, other, "truth.parquet", "__index_level_0__")
    (message,) = complaints(run_ce("score", preds, "--labels", truth), BAD_DATA)
    assert "'__index_level_0__' '11'" in message
    assert "one name" in message


def test_an_index_in_one_file_only_shows_nothing(tmp_path: Path) -> None:
    preds = written(tmp_path, PREDICTED, "preds.csv")
    truth = written(tmp_path, TRUTH.set_axis(pd.Index(range(40, 52))), "truth.csv", "")
    document = score_json(preds, "--labels", truth)
    assert document["metrics"]["cross_entropy"] == pytest.approx(entropy(tmp_path), rel=1e-12)


UNNAMED = ",label,prob\n3,1,0.8\n1,0,0.3\n"


@pytest.mark.parametrize("option", ["--id", "--weight", "--by", "--cluster", "--bytes"])
def test_a_column_without_a_name_can_have_a_role(option: str, tmp_path: Path) -> None:
    named, unnamed = tmp_path / "named.csv", tmp_path / "unnamed.csv"
    named.write_text("x" + UNNAMED)
    unnamed.write_text(UNNAMED)
    expected, found = (
        score_json(named, option, "x")["metrics"],
        score_json(unnamed, option, "")["metrics"],
    )
    assert found == expected


def test_a_weight_without_a_name_is_in_the_signature(tmp_path: Path) -> None:
    path = tmp_path / "unnamed.csv"
    path.write_text(UNNAMED)
    assert "|weight:''|" in score_json(path, "--weight", "")["signature"]


def test_a_prediction_without_a_name_needs_the_classes(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("label,a,\n1,0.2,0.8\n0,0.7,0.3\n")
    (message,) = complaints(run_ce("score", path, "--label", "label", "--pred", "*"), BAD_DATA)
    assert "--classes" in message
    named = tmp_path / "named.csv"
    named.write_text("label,p_0,p_1\n1,0.2,0.8\n0,0.7,0.3\n")
    found = score_json(path, "--label", "label", "--pred", "*", "--classes", "0,1")["metrics"]
    assert found == score_json(named)["metrics"]


@pytest.mark.parametrize("zone", [None, "UTC"])
@pytest.mark.parametrize("step", ["h", "D", "250ms"])
def test_an_index_of_times_is_the_same_in_any_format(
    step: str, zone: str | None, tmp_path: Path
) -> None:
    times = pd.date_range("2024-01-31", periods=ROWS, freq=step, tz=zone)
    preds = written(tmp_path, PREDICTED.set_axis(times), "preds.csv", "when")
    truth = tmp_path / "truth.parquet"
    TRUTH.set_axis(times).to_parquet(truth)
    unnamed = tmp_path / "unnamed.csv"
    unnamed.write_text(preds.read_text().removeprefix("when"))
    found = score_json(unnamed, "--labels", truth)["metrics"]["cross_entropy"]
    assert found == pytest.approx(entropy(tmp_path), rel=1e-12)
    TRUTH.set_axis(times).rename_axis("when")[::-1].to_parquet(truth)
    joined = score_json(preds, "--labels", truth, "--id", "when")["metrics"]["cross_entropy"]
    assert joined == pytest.approx(entropy(tmp_path), rel=1e-12)
    TRUTH.set_axis(times)[::-1].to_parquet(truth)
    (message,) = complaints(run_ce("score", unnamed, "--labels", truth), BAD_DATA)
    assert "not in the same order" in message


@pytest.mark.parametrize("names", [[None, None], ["subject", "visit"], [None, None, None]])
def test_an_index_of_several_levels_is_compared(names: list[str | None], tmp_path: Path) -> None:
    rows = [(row // 4, row % 4, 7)[: len(names)] for row in range(ROWS)]
    index = pd.MultiIndex.from_tuples(rows, names=names)
    preds, truth = tmp_path / "preds.csv", tmp_path / "truth.csv"
    PREDICTED.set_axis(index).to_csv(preds)
    TRUTH.set_axis(index).to_csv(truth)
    found = score_json(preds, "--labels", truth)["metrics"]["cross_entropy"]
    assert found == pytest.approx(entropy(tmp_path), rel=1e-12)
    TRUTH.set_axis(index).iloc[[5, 0, *range(6, ROWS), *range(1, 5)]].to_csv(truth)
    (message,) = complaints(run_ce("score", preds, "--labels", truth), BAD_DATA)
    assert "order" in message


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_row_numbers_that_pandas_keeps_in_the_metadata_are_an_index(
    suffix: str, tmp_path: Path
) -> None:
    moved = PREDICTED.iloc[[3, 0, 1, 2, *range(4, ROWS)]]
    preds = written(tmp_path, moved, f"preds.{suffix}", "")
    truth = tmp_path / "truth.parquet"
    TRUTH.to_parquet(truth)
    (message,) = complaints(run_ce("score", preds, "--labels", truth), BAD_DATA)
    assert "4 rows differ" in message
    same = written(tmp_path, PREDICTED, f"same.{suffix}", "")
    assert about_files(score_json(same, "--labels", truth)) == []
    TRUTH.to_parquet(truth, index=False)
    found = score_json(preds, "--labels", truth)["warnings"]
    assert [one["count"] for one in found if one["code"] == "files_disagree"] == [4]
    assert about_files(score_json(same, "--labels", truth)) == []
