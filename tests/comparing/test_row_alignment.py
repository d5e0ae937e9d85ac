"""Which rows of two models belong together, and the messages if they do not."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import compare
from tests.comparing.tables import (
    BAD_DATA,
    INNER,
    NEW,
    OLD,
    STORAGE,
    SURE,
    SURE_TOO,
    USAGE,
    classes,
    nameless,
    twice,
    with_cell,
    written,
)
from tests.conftest import compare_json, complaints, run_ce

# Unmatched rows

BAD: dict[str, tuple[pd.DataFrame | str | bytes, pd.DataFrame | str | bytes, str, int, Any]] = {
    "fewer rows": (
        OLD, NEW.iloc[:-1], "", BAD_DATA,
        [("old.csv has 600 rows", "new.csv has 599 rows", "--id id")],
    ),
    "fewer rows without names": (
        OLD.drop(columns="id"), NEW.iloc[:-1].drop(columns="id"), "", BAD_DATA,
        [("600", "599", "--id")],
    ),
    "another order": (
        OLD, NEW.iloc[::-1], "", BAD_DATA,
        [("new.csv: row 1", "'case-599'", "'case-0'", "--id id")],
    ),
    "other labels": (
        OLD, NEW.assign(label=[*NEW["label"][:6], *(1 - NEW["label"][6:9]), *NEW["label"][9:]]),
        "", BAD_DATA, [("labels in row 7", "'0'", "'1'", "2 more rows")],
    ),
    "other labels by name": (
        OLD, NEW.assign(label=1 - NEW["label"]).iloc[::-1], "--id id", BAD_DATA,
        [("labels for 'id' 'case-0'", "599 more rows")],
    ),
    "other weights": (
        OLD, with_cell(NEW, "w", 9, 4), "--weight w", BAD_DATA,
        [("weights in row 5", "'9'")],
    ),
    "other weights and labels": (
        OLD, with_cell(NEW, "w", 9, 4).assign(label=[*NEW["label"][:-1], 1 - NEW["label"][599]]),
        "--weight w", BAD_DATA, [("labels in row 600",)],
    ),
    "a row without a partner in each": (
        OLD.drop(index=5), NEW.drop(index=[7, 8]), "--id id", BAD_DATA,
        [("old.csv: 2 rows", "'case-7', 'case-8'", INNER), ("new.csv: 1 row", "'case-5'", INNER)],
    ),
    "a name twice in one": (
        OLD, twice(NEW), "--id id", BAD_DATA, [("new.csv: 1 row", "'case-3'", INNER)],
    ),
    "a name twice in both, in one order": (
        with_cell(OLD, "id", "case-3", 9), with_cell(NEW, "id", "case-3", 9), "--id id", BAD_DATA,
        [("old.csv: 1 row", "'case-3'", INNER)],
    ),
    "a name twice in both, in another order": (
        twice(OLD), twice(NEW).iloc[::-1], "--id id", BAD_DATA,
        [("old.csv: 1 row", "'case-3'"), ("new.csv: 1 row", "'case-3'")],
    ),
    "no name in both": (
        with_cell(OLD, "id", "", 2, 4), with_cell(NEW, "id", " ", 2, 4), "--id id", BAD_DATA,
        [("old.csv: 2 rows", "without a value in 'id'", "row 3", INNER), ("new.csv", "row 3")],
    ),
    "no name in one": (
        OLD, with_cell(NEW, "id", "", 2), "--id id", BAD_DATA,
        [("new.csv: 1 row", "row 3"), ("old.csv: 1 row", "'case-2'")],
    ),
    "no column of names": (
        OLD, NEW.rename(columns={"id": "key"}), "--id id", USAGE, [("new.csv", "'id'", "'key'")],
    ),
    "nothing in common": (
        OLD, NEW.assign(id=range(600)), f"--id id {INNER}", BAD_DATA, [("There are no rows that",)],
    ),
    "another task": (
        OLD, NEW.assign(label=["a", "b", "c"] * 200, p_a=0.3, p_b=0.3, p_c=0.4).drop(
            columns="prob"), "", BAD_DATA, [("old is binary", "new is multiclass")],
    ),
    "other classes": (
        classes(1), classes(2).rename(columns={"p_eel": "p_fox"}).replace("eel", "fox"), "",
        BAD_DATA, [("'cat', 'dog', 'eel'", "'fox'", "--classes")],
    ),
    "binary junk": (
        OLD, random.Random(0).randbytes(5000), "", BAD_DATA, [("new.csv", "not a text table")],
    ),
    "an empty file": ("", NEW, "", BAD_DATA, [("old.csv", "empty")]),
    "no rows": (OLD, "label,prob\n", "", BAD_DATA, [("new.csv", "no data row")]),
    "a missing prediction": (
        OLD, with_cell(NEW, "prob", None, 3), "", BAD_DATA,
        [("new.csv: row 4", "'prob'", "--missing skip")],
    ),
    "a word in both": (
        with_cell(OLD, "prob", "x", 3), with_cell(NEW, "prob", "y", 5), "", BAD_DATA,
        [("old.csv: row 4", "'x'")],
    ),
    "a missing cluster": (
        with_cell(OLD, "user", None, 3, 5), NEW, "--cluster user", BAD_DATA,
        [("old.csv: row 4", "'user'", "missing", "--missing skip")],
    ),
    "no column of clusters": (OLD, NEW, "--cluster usr", USAGE, [("old.csv", "'usr'", "'user'")]),
    "weights of 0": (
        OLD.assign(w=0), NEW.assign(w=0), "--weight w", BAD_DATA, [("weights are 0",)],
    ),
    "inner without names": (OLD, NEW, INNER, USAGE, [("--join inner", "--id")]),
    "an unknown reference": (
        OLD, NEW, "--reference nwe", USAGE, [("'nwe'", "did you mean 'new'", "'old', 'new'")],
    ),
    "too few models": (OLD, NEW, "--model a=prob", USAGE, [("--model", "2 files")]),
    "no rows to show": (OLD, NEW, "--worst -1", USAGE, [("--worst", "-1")]),
    "no format": (OLD, NEW, "-f jsn", USAGE, [("'jsn'", "'json'")]),
    "an output that is read": (OLD, NEW, "-o new.csv", USAGE, [("new.csv",)]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_one_sentence_names_the_problem(name: str, tmp_path: Path) -> None:
    old, new, options, code, problems = BAD[name]
    before = [path.read_bytes() for path in written(tmp_path, old=old, new=new)]
    done = run_ce("compare", "old.csv", "new.csv", *options.split(), cwd=tmp_path)
    message = complaints(done, code)
    assert len(message) == len(problems), message
    for line, parts in zip(message, problems, strict=True):
        for part in parts:
            assert part in line
    assert [path.read_bytes() for path in (tmp_path / "old.csv", tmp_path / "new.csv")] == before
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ("old.csv old.csv", ("old.csv", "twice")),
        ("old.csv ./old.csv", ("old.csv", "twice")),
        ("old.csv", ("two models", "--pred", "--model")),
        ("old.csv --pred prob", ("two models",)),
        ("old.csv --model a=prob --model a=w", ("'a'", "--model")),
        ("old.csv --model aprob --model b=w", ("'aprob'", "NAME=COLS")),
        ("old.csv new.csv --pred prob --model a=prob --model b=prob", ("--pred", "--model")),
        ("- -", ("once",)),
    ],
)
def test_wrong_use_is_reported(arguments: str, parts: Sequence[str], folder: Path) -> None:
    (line,) = complaints(run_ce("compare", *arguments.split(), cwd=folder), USAGE)
    for part in parts:
        assert part in line


def test_a_file_that_is_not_there_is_reported(folder: Path) -> None:
    (line,) = complaints(run_ce("compare", "old.csv", "nope.csv", cwd=folder), STORAGE)
    assert "nope.csv" in line


def test_a_part_without_the_columns_of_a_model_is_reported(tmp_path: Path) -> None:
    both = OLD.assign(new=NEW["prob"])
    (tmp_path / "parts").mkdir()
    written(tmp_path / "parts", a=both, b=both.drop(columns="new"))
    done = run_ce("compare", tmp_path / "parts", "--pred", "prob", "--pred", "new")
    (line,) = complaints(done, BAD_DATA)
    assert "b.csv" in line
    assert "'new'" in line


# Rows that match in spite of differences


def test_numbers_match_whether_or_not_they_are_written_as_floats() -> None:
    old, new = OLD.assign(id=range(17, 617)), NEW.assign(id=np.arange(17.0, 617.0))
    expected = compare({"old": OLD, "new": NEW}).comparisons
    assert compare({"old": old, "new": new}).comparisons == expected
    for order in (new, new.iloc[::-1]):
        assert compare({"old": old, "new": order}, id="id").comparisons == expected


def test_an_inner_join_leaves_out_and_counts(tmp_path: Path) -> None:
    old = with_cell(OLD, "id", "case-3", 9).drop(index=[1])
    new = twice(twice(with_cell(NEW, "id", "", 30).drop(index=[20, 21])))
    paths = written(tmp_path, old=old, new=new.iloc[::-1])
    document = compare_json(*paths, "--id", "id", "--join", "inner")
    left = [1, 9, 20, 21, 30]
    alone = compare({"old": OLD.drop(index=left), "new": NEW.drop(index=left)})
    assert document["rows"] == {"compared": 595, "left_out": 0, "unmatched": 6, "repeated": 3}
    rows = [(model["rows"]["unmatched"], model["rows"]["repeated"]) for model in document["models"]]
    assert rows == [(3, 1), (3, 2)]
    message = [(warning["code"], warning["count"]) for warning in document["warnings"]]
    assert message == [("unmatched", 3), ("repeated", 1), ("unmatched", 3), ("repeated", 2)]
    (one,) = document["comparisons"]
    assert one["difference"] == alone.comparisons[0].difference
    assert one["standard_error"] == alone.comparisons[0].standard_error


def test_rows_that_one_model_cannot_score_are_left_out_of_both(tmp_path: Path) -> None:
    paths = written(tmp_path, old=with_cell(OLD, "prob", "", 7), new=with_cell(NEW, "prob", "", 3))
    document = compare_json(*paths, "--missing", "skip")
    alone = compare({"old": OLD.drop(index=[3, 7]), "new": NEW.drop(index=[3, 7])})
    assert document["rows"]["compared"] == 598
    assert document["rows"]["left_out"] == 2
    assert [model["rows"]["skipped"] for model in document["models"]] == [1, 1]
    assert {warning["code"] for warning in document["warnings"]} >= {"skipped", "left_out"}
    assert document["comparisons"][0]["difference"] == alone.comparisons[0].difference
    shuffled = compare(
        {"old": pd.read_csv(paths[0]).iloc[::-1], "new": pd.read_csv(paths[1])},
        id="id",
        missing="skip",
    )
    assert shuffled.rows == document["rows"]
    assert shuffled.comparisons[0].difference == alone.comparisons[0].difference


# Infinite losses


def test_an_infinite_loss_decides(tmp_path: Path) -> None:
    paths = written(tmp_path, old=OLD, sure=SURE)
    for reference, verdict in (("old", "worse"), ("sure", "better")):
        message = compare({"old": OLD, "sure": SURE}, clip="none", reference=reference)
        document = nameless(message)
        (one,) = document["comparisons"]
        assert one["verdict"] == verdict
        assert one["difference"]["absolute"] is None
        assert one["p_value"] is None
        (warning,) = document["warnings"]
        assert (warning["code"], warning["rows"]) == ("infinite", [6])
        assert "sure" in warning["message"]
    page = run_ce("compare", *paths, "--clip", "none").stdout
    assert "sure is worse than old." in page
    assert "∞" in page


def test_two_infinite_losses_decide_nothing(tmp_path: Path) -> None:
    paths = written(tmp_path, sure=SURE, too=SURE_TOO)
    models = {"sure": SURE, "too": SURE_TOO}
    document = nameless(compare(models, clip="none", by="segment", worst=1))
    (one,) = document["comparisons"]
    assert (one["verdict"], one["difference"]["absolute"]) == ("unclear", None)
    page = run_ce("compare", *paths, "--clip", "none").stdout
    assert "too and sure cannot be compared: both have infinite losses." in page
    same = SURE_TOO.assign(prob=SURE["prob"])
    message = compare({"a": SURE, "b": same}, clip="none").comparisons[0]
    assert (message.verdict, message.tie_rate) == ("same", 1.0)
