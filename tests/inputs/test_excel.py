"""Excel workbooks: the only sheet with a table, with the types of its cells."""

from __future__ import annotations

import datetime
import io
import math
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pytest

from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_excel

USAGE, BAD_DATA = 2, 3
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
MEAN = 1.5


def bits(*args: str | Path) -> float:
    mean: float = score_json(*args, "--base", "2")["metrics"]["cross_entropy"]
    return mean


def refused(path: Path, *options: str, code: int = BAD_DATA) -> str:
    (line,) = complaints(run_ce("score", path, *options), code)
    return line


def workbook(path: Path, rows: Sequence[Sequence[Any]], state: str = "visible") -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if state != "visible":
        book.create_sheet("other").append(["label", "prob"])
        book["other"].append([1, 0.25])
        book.active.sheet_state = state
    book.save(path)
    return path


def test_what_pandas_writes(tmp_path: Path) -> None:
    frame = TABLE.to_pandas()
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    frame.to_excel(tmp_path / "b.xlsx")
    assert bits(tmp_path / "a.xlsx") == bits(tmp_path / "b.xlsx") == MEAN


def test_from_a_pipe() -> None:
    assert score_json(stdin=as_excel(TABLE))["metrics"]["cross_entropy"] == MEAN * math.log(2)


def test_booleans_dates_and_texts(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["day", "label", "prob", "group"],
        [datetime.datetime(2026, 1, 2), True, 0.5, "a,b"],
        [datetime.datetime(2026, 1, 3), False, 0.75, 'say "no"'],
    ]
    path = workbook(tmp_path / "a.xlsx", rows)
    document = score_json(path, "--by", "group", "--id", "day", "--worst", "1")
    assert document["classes"] == ["False", "True"]
    assert {group["by"]["group"] for group in document["groups"]} == {"a,b", 'say "no"'}
    assert document["worst"][0]["id"] == "2026-01-03"


def test_an_empty_cell_is_a_missing_value_of_its_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["label", "prob"], [1, 0.5], [0, None], [0, 0.75]])
    line = refused(path)
    assert "row 2, column 'prob'" in line
    assert bits(path, "--missing", "skip") == MEAN


def test_a_text_among_numbers_is_named_with_its_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["label", "prob"], [1, 0.5], [0, "n.a."]])
    line = refused(path)
    assert "row 2, column 'prob'" in line
    assert "n.a." in line


def test_a_title_and_empty_rows_around_the_table(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["June"], [], ["label", "prob"], [1, 0.5], [], [0, 0.75], []]
    assert bits(workbook(tmp_path / "a.xlsx", rows)) == MEAN


def test_notes_beside_the_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(as_excel(TABLE, notes=[["made by hand"], ["see the wiki"]]))
    assert bits(path) == MEAN


def test_labels_with_an_index_have_two_columns_and_one_name(tmp_path: Path) -> None:
    frame = TABLE.to_pandas()
    frame[["label"]].to_excel(tmp_path / "truth.xlsx")
    frame[["prob"]].to_csv(tmp_path / "preds.csv")
    assert bits(tmp_path / "preds.csv", "--labels", tmp_path / "truth.xlsx") == MEAN


def test_a_title_in_the_second_cell_is_no_name(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["", "June"], ["label", "prob"], [1, 0.5], [0, 0.75]]
    assert bits(workbook(tmp_path / "a.xlsx", rows)) == MEAN


def test_the_longest_sheet_is_the_example(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"metric": ["auc"], "value": [0.9]}).to_excel(book, sheet_name="summary")
        TABLE.to_pandas().to_excel(book, sheet_name="preds", index=False)
    assert refused(path).endswith("--table preds")


def test_several_tables_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    old: list[list[Any]] = [["label", "prob"], [1, 0.25]]
    path.write_bytes(as_excel(TABLE, **{"old ones": old}))
    line = refused(path)
    assert "2 sheets, 'predictions', 'old ones'" in line
    assert line.endswith("--table predictions")
    assert bits(path, "--table", "predictions") == MEAN
    assert bits(path, "--table", "old ones") == 2
    assert "did you mean 'predictions'" in refused(path, "--table", "prediction", code=USAGE)


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_a_hidden_sheet_is_only_read_by_name(state: str, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["label", "prob"], [1, 0.5]], state)
    assert bits(path) == 2
    assert bits(path, "--table", "Sheet") == 1


def test_cells_far_apart_do_not_fill_the_memory(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "label", 1
    book.save(tmp_path / "a.xlsx")
    assert "fill the memory" in refused(tmp_path / "a.xlsx")


@pytest.mark.parametrize("place", ["CCCCCCCCCCCCC3", "xfd1048576", "A99999999999", "A4294967296"])
def test_places_that_no_sheet_has(place: str, tmp_path: Path) -> None:
    """The library that reads sheets takes them at their word, and the process ends for it."""
    workbook(tmp_path / "a.xlsx", [("label", "prob"), (1, 0.5)])
    with zipfile.ZipFile(tmp_path / "a.xlsx") as sound:
        members = {name: sound.read(name) for name in sound.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    members[sheet] = members[sheet].replace(b'r="B2"', f'r ="{place}"'.encode())
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as broken:
        for name, content in members.items():
            broken.writestr(name, content)
    assert "fill the memory" in refused(tmp_path / "a.xlsx")


def test_a_workbook_that_is_too_large(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["label", "prob"], [1, 0.5]])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/noise.bin", "w", force_zip64=True) as member,
    ):
        for _ in range(65):
            member.write(bytes(1 << 24))
    assert "1 GB" in refused(path)


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
def test_a_truncated_workbook(share: float, tmp_path: Path) -> None:
    whole = as_excel(TABLE)
    (tmp_path / "a.xlsx").write_bytes(whole[: int(share * len(whole))])
    assert "is truncated or not a" in refused(tmp_path / "a.xlsx")


def test_a_broken_sheet(tmp_path: Path) -> None:
    sink = io.BytesIO(as_excel(TABLE))
    with zipfile.ZipFile(sink) as whole, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as broken:
        for name in whole.namelist():
            content = whole.read(name)
            broken.writestr(name, content[:200] if "sheet1" in name else content)
    assert run_ce("score", tmp_path / "a.xlsx").returncode == BAD_DATA


def test_the_extra_is_named_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    (tmp_path / "a.xlsx").write_bytes(as_excel(TABLE))
    line = refused(tmp_path / "a.xlsx")
    assert "Excel" in line
    assert "pip install 'ce-cli[excel]'" in line


def test_whole_numbers_are_whole(tmp_path: Path) -> None:
    """A workbook has only floating-point numbers, but class 3 is not called 3.0."""
    frame = pd.DataFrame({"label": [3, 5], "p_3": [0.5, 0.5], "p_5": [0.5, 0.5]})
    frame.to_excel(tmp_path / "a.xlsx", index=False)
    assert score_json(tmp_path / "a.xlsx")["classes"] == ["3", "5"]
