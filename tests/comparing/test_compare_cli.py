"""`ce compare` from end to end: how rows meet, what is told, and that nothing else matters."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ce_cli import compare, score
from ce_cli.comparing import partitioned_join
from ce_cli.comparing.bound_models import ComparisonPlan, data_sets
from ce_cli.comparing.compare import compare as run
from ce_cli.comparing.naming import file_names
from ce_cli.errors import DataError, UsageError
from ce_cli.reading import Reading
from ce_cli.results.compare import Compared
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.conftest import (
    COMMAND,
    SCHEMAS,
    compare_json,
    complaints,
    environment,
    run_ce,
    score_json,
    strict,
)
from tests.writing import WRITERS

USAGE, BAD_DATA, STORAGE = 2, 3, 4
ROWS = 600
FIGURES = ("rows", "weight_sum", "comparisons", "groups", "moved", "cluster")


def table(seed: int, noise: float) -> pd.DataFrame:
    """Labels, groups and clusters that are the same for every seed, and one model's predictions."""
    shared = np.random.default_rng(0)
    truth = shared.normal(0.0, 2.0, ROWS)
    columns = {
        "id": [f"case-{row}" for row in range(ROWS)],
        "label": (shared.random(ROWS) < 1 / (1 + np.exp(-truth))).astype(int),
        "segment": shared.choice(list("xyz"), ROWS),
        "user": shared.integers(0, 45, ROWS),
        "w": shared.integers(1, 5, ROWS),
    }
    logit = truth + np.random.default_rng(seed).normal(0.0, noise, ROWS)
    return pd.DataFrame({**columns, "prob": 1 / (1 + np.exp(-logit))})


OLD, NEW = table(1, 1.0), table(2, 0.5)
FULL = Spec(by=("segment",), weight="w")
PLAN = ComparisonPlan(cluster="user", test="sign-flip", worst=4)


def written(folder: Path, **tables: pd.DataFrame | str | bytes) -> list[Path]:
    """Files of these names; text as it is, tables as CSV."""
    paths = []
    for name, own in tables.items():
        path = folder / f"{name}.csv"
        if isinstance(own, pd.DataFrame):
            own.to_csv(path, index=False)
        else:
            path.write_bytes(own.encode() if isinstance(own, str) else own)
        paths.append(path)
    return paths


def comparison(
    paths: Sequence[Path], spec: Spec = FULL, plan: ComparisonPlan = PLAN, **reading: Any
) -> dict[str, Any]:
    """The document of two files, as far as it does not say what they are called."""
    models = list(zip(("old", "new"), (spec, spec), strict=True))
    settled = Reading(**reading)
    data = data_sets([str(path) for path in paths], models, settled)
    found = run(data, plan, run_on("threads", settled.threads))
    return nameless(found)


def nameless(found: Compared) -> dict[str, Any]:
    document = strict(json.dumps(found.to_dict(), allow_nan=False))
    for model in document["models"]:
        del model["inputs"]
    return document


def figures(document: dict[str, Any]) -> dict[str, Any]:
    own = [{name: one[name] for name in ("metrics", "intervals")} for one in document["models"]]
    return {name: document[name] for name in FIGURES} | {"models": own}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models")
    written(path, old=OLD, new=NEW)
    return path


@pytest.fixture(scope="module")
def files(folder: Path) -> list[Path]:
    return [folder / "old.csv", folder / "new.csv"]


@pytest.fixture(scope="module")
def expected(files: list[Path]) -> dict[str, Any]:
    return comparison(files)


# The same numbers as elsewhere


def test_each_model_has_the_cross_entropy_that_score_gives(files: list[Path]) -> None:
    document = compare_json(*files, "--weight", "w", "--base", "2")
    for path, model in zip(files, document["models"], strict=True):
        alone = score_json(path, "--weight", "w", "--base", "2")
        assert model["metrics"]["cross_entropy"] == alone["metrics"]["cross_entropy"]
        assert model["metrics"]["standard_error"] == alone["metrics"]["standard_error"]
        assert model["intervals"] == {"cross_entropy": alone["intervals"]["cross_entropy"]}
        assert model["signature"] == alone["signature"]
        assert document["weight_sum"] == alone["weight_sum"]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight": "w"},
        {"class_weight": "balanced"},
        {"class_weight": {"1": 2}, "weight": "w"},
        {"label_smoothing": 0.1, "ignore_label": ["0"]},
        {"by": "segment", "weight": "w"},
    ],
    ids=str,
)
def test_each_model_and_group_is_what_score_says(options: dict[str, Any]) -> None:
    told = nameless(compare({"old": OLD, "new": NEW}, **options))
    for own, model in zip((OLD, NEW), told["models"], strict=True):
        alone = score(own, **options).to_dict()
        metrics = {name: alone["metrics"][name] for name in model["metrics"]}
        assert model["metrics"] == metrics
        assert model["intervals"] == {"cross_entropy": alone["intervals"]["cross_entropy"]}
        assert model["signature"] == alone["signature"]
        assert told["weight_sum"] == alone["weight_sum"]
        for group, other in zip(told["groups"], alone["groups"], strict=True):
            (mine,) = (one for one in group["models"] if one["name"] == model["name"])
            assert (group["by"], group["weight_sum"]) == (other["by"], other["weight_sum"])
            assert mine["metrics"]["cross_entropy"] == other["metrics"]["cross_entropy"]
            own_interval = {"cross_entropy": other["intervals"]["cross_entropy"]}
            assert mine["intervals"] == own_interval


def test_the_command_line_and_python_agree(files: list[Path], expected: dict[str, Any]) -> None:
    options = ("--by", "segment", "--weight", "w", "--cluster", "user", "--worst", "4")
    document = compare_json(*files, *options, "--test", "sign-flip")
    frames: dict[str, Any] = {"old": OLD, "new": NEW}
    told = compare(frames, by="segment", weight="w", cluster="user", worst=4, test="sign-flip")
    for model in document["models"]:
        del model["inputs"]
    assert document == nameless(told) == expected


def test_the_other_way_round_the_difference_is_the_other_way_round() -> None:
    several: list[dict[str, Any]] = [{}, {"test": "sign-flip"}, {"cluster": "user", "weight": "w"}]
    for options in several:
        one, other = (
            compare({"old": OLD, "new": NEW}, reference=name, **options).to_dict()["comparisons"][0]
            for name in ("old", "new")
        )
        assert (one["model"], other["model"]) == ("new", "old")
        for name in ("absolute", "bits"):
            assert one["difference"][name] == -other["difference"][name]
            assert one["intervals"][name]["low"] == -other["intervals"][name]["high"]
        assert (1 + one["difference"]["relative"]) * (
            1 + other["difference"]["relative"]
        ) == pytest.approx(1, rel=1e-12)
        assert one["p_value"] == other["p_value"]
        assert one["win_rate"] == pytest.approx(1 - other["win_rate"] - other["tie_rate"])
        assert {one["verdict"], other["verdict"]} in ({"better", "worse"}, {"unclear"})


# The same to the bit, however it is read


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("block", [100, 4096])
def test_blocks_and_threads_change_nothing(
    block: int, threads: int, files: list[Path], expected: dict[str, Any]
) -> None:
    assert comparison(files, block_bytes=block, threads=threads) == expected
    named = comparison(files, FULL.replace(id="id"), block_bytes=block, threads=threads)
    assert named["join"] == {"by": "id", "column": "id", "how": "all", "same_order": True}
    assert [one.pop("id") for one in named["moved"]] == [
        f"case-{one['row'] - 1}" for one in named["moved"]
    ]
    assert figures(named) == figures(expected)


def test_parts_in_a_directory_change_nothing(
    files: list[Path], expected: dict[str, Any], tmp_path: Path
) -> None:
    for name, own, cuts in (("old", OLD, (0, 100, 600)), ("new", NEW, (0, 1, 350, 599, 600))):
        (tmp_path / name).mkdir()
        for part, (first, last) in enumerate(pairwise(cuts)):
            own.iloc[first:last].to_csv(tmp_path / name / f"{part}.csv", index=False)
    document = comparison([tmp_path / "old", tmp_path / "new"])
    assert all(one.pop("file").endswith(".csv") for one in document["moved"])
    assert all(one.pop("file_row") <= one["row"] for one in document["moved"])
    assert document == expected


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "csv"])
def test_the_format_changes_nothing(
    name: str, files: list[Path], expected: dict[str, Any], tmp_path: Path
) -> None:
    suffix, write = WRITERS[name]
    path = tmp_path / f"new.{suffix}"
    path.write_bytes(write(pa.Table.from_pandas(NEW, preserve_index=False)))
    document = comparison([files[0], path])
    assert figures(document) == figures(expected)


@pytest.mark.parametrize("bytes_in_memory", [partitioned_join.IN_MEMORY, 1])
@pytest.mark.parametrize("how", ["all", "inner"])
@pytest.mark.parametrize("block", [700, 1 << 20])
def test_the_order_of_named_rows_changes_nothing(
    block: int,
    how: str,
    bytes_in_memory: int,
    files: list[Path],
    expected: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first 150 rows still stand in order, so some rows meet before names are of use."""
    monkeypatch.setattr(partitioned_join, "IN_MEMORY", bytes_in_memory)
    rest = NEW.iloc[150:].sample(frac=1, random_state=1)
    (path,) = written(tmp_path, new=pd.concat([NEW.iloc[:150], rest]))
    plan = PLAN.replace(inner=how == "inner")
    document = comparison([files[0], path], FULL.replace(id="id"), plan, block_bytes=block)
    assert document.pop("join") == {"by": "id", "column": "id", "how": how, "same_order": False}
    for one in document["moved"]:
        assert one.pop("id") == f"case-{one['row'] - 1}"
    assert document == {name: own for name, own in expected.items() if name != "join"}


def test_three_files_in_three_orders(files: list[Path], tmp_path: Path) -> None:
    third = table(3, 2.0)
    paths = written(tmp_path, new=NEW.iloc[::-1], third=third.sample(frac=1, random_state=2))
    shuffled = compare_json(files[0], *paths, "--id", "id")
    plain = compare({"old": OLD, "new": NEW, "third": third})
    assert figures(shuffled) == figures(nameless(plain))


def test_families_in_one_file_are_as_good_as_files(expected: dict[str, Any]) -> None:
    both = OLD.rename(columns={"prob": "old"}).assign(new=NEW["prob"])
    options: dict[str, Any] = {"by": "segment", "weight": "w", "cluster": "user", "worst": 4}
    told = compare(both, preds={"old": "old", "new": "new"}, test="sign-flip", **options)
    document = nameless(told)
    assert document["join"]["by"] == "file"
    assert figures(document) == figures(expected)


def test_families_are_found_by_globs(tmp_path: Path) -> None:
    both = pd.DataFrame(
        {
            "label": OLD["label"],
            **{"a_0": 1 - OLD["prob"], "a_1": OLD["prob"]},
            **{"b_1": NEW["prob"], "b_0": 1 - NEW["prob"]},
        }
    )
    (path,) = written(tmp_path, both=both)
    by_glob = compare_json(path, "--pred", "a_*", "--pred", "b_*")
    named = compare_json(path, "--model", "a=a_0,a_1", "--model", "b=b_?")
    assert [model["name"] for model in by_glob["models"]] == ["a", "b"]
    assert by_glob == named
    plain = compare({"a": OLD, "b": NEW}, clip="none")
    (one,), (other,) = by_glob["comparisons"], plain.comparisons
    assert one["difference"]["absolute"] == pytest.approx(other.difference["absolute"], rel=1e-12)


def test_names_need_not_tell_apart_what_is_in_one_file() -> None:
    both = OLD.assign(new=NEW["prob"], id="one name")
    told = compare(both, preds={"old": "prob", "new": "new"}, id="id", worst=1)
    assert told.comparisons == compare({"old": OLD, "new": NEW}, worst=1).comparisons
    assert told.moved[0]["id"] == "one name"


# Labels of every kind


def test_labels_may_be_spelled_in_other_ways() -> None:
    expected = compare({"old": OLD, "new": NEW}).comparisons
    for spelled in (float, bool, str):
        other = NEW.assign(label=NEW["label"].astype(spelled))
        assert compare({"old": OLD, "new": other}).comparisons == expected
        assert compare({"old": other.assign(prob=OLD["prob"]), "new": NEW}).comparisons == expected


def test_logits_may_be_compared_with_probabilities() -> None:
    logit = np.log(NEW["prob"]) - np.log1p(-NEW["prob"])
    other = NEW.drop(columns="prob").assign(logit=logit)
    told, expected = (compare({"old": OLD, "new": new}) for new in (other, NEW))
    assert told.comparisons[0].difference["absolute"] == pytest.approx(
        expected.comparisons[0].difference["absolute"], rel=1e-9
    )
    assert [model.values for model in told.models] == ["probabilities", "logits"]


def shares(seed: int, rows: int = 200) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.random.default_rng(seed).dirichlet(np.ones(3), rows)


def classes(seed: int, names: Sequence[str] = ("cat", "dog", "eel")) -> pd.DataFrame:
    predicted = pd.DataFrame(shares(seed), columns=[f"p_{name}" for name in ("cat", "dog", "eel")])
    label = np.random.default_rng(0).choice(["cat", "dog", "eel"], 200)
    return predicted[[f"p_{name}" for name in names]].assign(label=label)


def test_columns_of_classes_may_stand_in_another_order() -> None:
    told = [
        compare({"a": classes(1), "b": classes(2, order)}).comparisons
        for order in (("cat", "dog", "eel"), ("eel", "cat", "dog"))
    ]
    assert told[0] == told[1]
    losses = [
        -np.log([own[f"p_{happened}"][row] for row, happened in enumerate(own["label"])])
        for own in (classes(1), classes(2))
    ]
    expected = float(np.mean(losses[1] - losses[0]))
    assert told[0][0].difference["absolute"] == pytest.approx(expected, rel=1e-12)


def test_soft_labels_are_compared() -> None:
    truth, first, second = (shares(seed) for seed in range(3))
    names = ("x", "y", "z")

    def soft(predicted: np.ndarray[Any, Any], order: Sequence[int]) -> pd.DataFrame:
        own = {f"y_{names[k]}": truth[:, k] for k in order}
        return pd.DataFrame(own | {f"p_{names[k]}": predicted[:, k] for k in order})

    told = compare({"a": soft(first, (0, 1, 2)), "b": soft(second, (2, 0, 1))})
    d = np.sum(truth * (np.log(first) - np.log(second)), axis=1)
    assert told.comparisons[0].difference["absolute"] == pytest.approx(d.mean(), rel=1e-10)
    named = {
        name: soft(predicted, (0, 1, 2)).assign(id=range(200))
        for name, predicted in (("a", first), ("b", second))
    }
    named["b"] = named["b"].sample(frac=1, random_state=1)
    assert compare(named, id="id").comparisons[0].difference == told.comparisons[0].difference
    other = named["b"].assign(y_x=named["b"]["y_y"], y_y=named["b"]["y_x"])
    with pytest.raises(DataError, match="different labels"):
        compare({"a": named["a"], "b": other}, id="id")


def test_several_labels_at_once_are_compared() -> None:
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 2, (200, 2))
    first, second = rng.random((2, 200, 2))

    def several(predicted: np.ndarray[Any, Any]) -> pd.DataFrame:
        own = {"y_a": truth[:, 0], "y_b": truth[:, 1]}
        return pd.DataFrame(own | {"p_a": predicted[:, 0], "p_b": predicted[:, 1]})

    told = compare({"one": several(first), "two": several(second)}, task="multilabel")
    rows = [-np.mean(np.log(np.where(truth, q, 1 - q)), axis=1) for q in (first, second)]
    expected = float(np.mean(rows[1] - rows[0]))
    assert told.comparisons[0].difference["absolute"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("shuffled", [False, True])
def test_labels_may_be_in_a_file_of_their_own(
    shuffled: bool, expected: dict[str, Any], tmp_path: Path
) -> None:
    old, new = OLD[["id", "prob"]], NEW[["id", "prob"]]
    new = new.sample(frac=1, random_state=3) if shuffled else new
    paths = written(tmp_path, old=old, new=new, truth=OLD.drop(columns="prob"))
    options = ("--by", "segment", "--weight", "w", "--cluster", "user", "--test", "sign-flip")
    names = ("--id", "id") if shuffled else ()
    document = compare_json(*paths[:2], "--labels", paths[2], *options, *names)
    assert document["models"][1]["columns"]["labels_from"] == str(paths[2])
    assert figures(document) | {"moved": 0} == figures(expected) | {"moved": 0}


def test_standard_input_may_be_one_of_the_models(files: list[Path]) -> None:
    document = compare_json("-", files[1], stdin=files[0].read_bytes())
    assert [model["name"] for model in document["models"]] == ["stdin", "new"]
    assert (
        document["comparisons"][0]["difference"]
        == (compare_json(*files)["comparisons"][0]["difference"])
    )


# What does not meet

INNER = "--join inner"


def twice(own: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([own, own.iloc[[3]]])


def with_cell(own: pd.DataFrame, column: str, value: object, *rows: int) -> pd.DataFrame:
    cells: list[object] = own[column].tolist()
    for row in rows:
        cells[row] = value
    return own.assign(**{column: pd.Series(cells, own.index, dtype=object)})


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
def test_one_sentence_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    old, new, options, code, problems = BAD[name]
    before = [path.read_bytes() for path in written(tmp_path, old=old, new=new)]
    done = run_ce("compare", "old.csv", "new.csv", *options.split(), cwd=tmp_path)
    told = complaints(done, code)
    assert len(told) == len(problems), told
    for line, parts in zip(told, problems, strict=True):
        assert line.endswith("."), line
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
def test_wrong_use_is_told(arguments: str, parts: Sequence[str], folder: Path) -> None:
    (line,) = complaints(run_ce("compare", *arguments.split(), cwd=folder), USAGE)
    for part in parts:
        assert part in line


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    (line,) = complaints(run_ce("compare", "old.csv", "nope.csv", cwd=folder), STORAGE)
    assert "nope.csv" in line


def test_a_part_without_the_columns_of_a_model_is_told(tmp_path: Path) -> None:
    both = OLD.assign(new=NEW["prob"])
    (tmp_path / "parts").mkdir()
    written(tmp_path / "parts", a=both, b=both.drop(columns="new"))
    done = run_ce("compare", tmp_path / "parts", "--pred", "prob", "--pred", "new")
    (line,) = complaints(done, BAD_DATA)
    assert "b.csv" in line
    assert "'new'" in line


# What meets all the same


def test_numbers_meet_whether_or_not_they_are_written_as_floats() -> None:
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
    told = [(warning["code"], warning["count"]) for warning in document["warnings"]]
    assert told == [("unmatched", 3), ("repeated", 1), ("unmatched", 3), ("repeated", 2)]
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

SURE = with_cell(NEW, "prob", 1.0 - NEW["label"][5], 5).astype({"prob": float})
SURE_TOO = with_cell(OLD, "prob", 1.0 - OLD["label"][8], 8).astype({"prob": float})


def test_an_infinite_loss_decides(tmp_path: Path) -> None:
    paths = written(tmp_path, old=OLD, sure=SURE)
    for reference, verdict in (("old", "worse"), ("sure", "better")):
        told = compare({"old": OLD, "sure": SURE}, clip="none", reference=reference)
        document = nameless(told)
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
    assert "too and sure cannot be told apart: both have infinite losses." in page
    same = SURE_TOO.assign(prob=SURE["prob"])
    told = compare({"a": SURE, "b": same}, clip="none").comparisons[0]
    assert (told.verdict, told.tie_rate) == ("same", 1.0)


# Pages and tables

NEAR = OLD.assign(prob=OLD["prob"] * (1 - np.random.default_rng(4).uniform(0, 1e-3, ROWS)))


def test_the_page_says_it_all_in_80_columns(files: list[Path]) -> None:
    options = ("--by", "segment", "--worst", "2", "--cluster", "user")
    folder = files[0].parent
    page = run_ce("compare", "old.csv", "new.csv", *options, cwd=folder).stdout
    for part in (
        "600 rows in 45 clusters by user · binary, met in order", "new − old", "paired t test p",
        "nats", "relative", "bits", "95 % interval", "segment", "moved", "worse", "better",
        "verdicts adjusted for 3 comparisons", "ce:0.",
    ):  # fmt: skip
        assert part in page
    assert not re.search(r"\s-\d", page)  # a minus is as wide as a plus
    terminal = {"FORCE_COLOR": "1", "COLUMNS": "80"}
    colour = run_ce("compare", "old.csv", "new.csv", *options, env=terminal, cwd=folder).stdout
    assert "\x1b[1m" in colour
    for text in (page, re.sub(r"\x1b\[[\d;]*m", "", colour)):
        *lines, signature = text.splitlines()
        assert signature.startswith("ce:0.")
        assert all(len(line) <= 80 for line in lines)


def test_verdicts_are_sentences(files: list[Path], tmp_path: Path) -> None:
    frames = {"old": OLD, "new": NEW, "near": NEAR}
    paths = written(tmp_path, **frames, same=OLD)
    page = run_ce("compare", *paths, "--id", "id").stdout
    assert "✓ new is better than old (p " in page
    assert ", adjusted for 3 comparisons)." in page
    assert "= same and old give every row the same loss." in page
    assert "✗ old is worse than new (p" in run_ce("compare", *files[::-1]).stdout
    assert "· near and old are too close to call: about " in page
    assert " more rows would be needed to tell a difference of this size." in page


def test_csv_has_the_numbers_of_json(files: list[Path]) -> None:
    for options in ((), ("--by", "segment")):
        document = compare_json(*files, *options)
        done = run_ce("compare", *files, *options, "--format", "csv")
        lines = list(csv.DictReader(io.StringIO(done.stdout)))
        sources = document["groups"] if options else [document]
        pairs = [(group, one) for group in sources for one in group["comparisons"]]
        assert len(lines) == len(pairs)
        for line, (group, one) in zip(lines, pairs, strict=True):
            assert line["model"] == "new"
            assert float(line["difference"]) == one["difference"]["absolute"]
            assert float(line["difference_low"]) == one["intervals"]["absolute"]["low"]
            assert float(line["relative_high"]) == one["intervals"]["relative"]["high"]
            for name in ("standard_error", "p_value", "p_adjusted", "win_rate", "tie_rate"):
                assert float(line[name]) == one[name]
            assert line["verdict"] == one["verdict"]
            assert int(line["rows"]) == group["rows"]["compared"]
            metrics = [model["metrics"]["cross_entropy"] for model in group["models"]]
            shown = float(line["reference_cross_entropy"]), float(line["cross_entropy"])
            assert list(shown) == metrics
            if options:
                assert line["segment"] == group["by"]["segment"]


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    old, new = (own.rename(columns={"segment": "\x1b[31mred"}) for own in (OLD, NEW))
    old["\x1b[31mred"] = "[bold]x\u202e"
    paths = written(tmp_path, old=old, new=new)
    names = ("--model", "[red]a=prob", "--model", "b\x07=prob")
    for env in ({}, {"FORCE_COLOR": "1"}):
        done = run_ce("compare", *paths, *names, "--by", "\x1b[31mred", env=env)
        assert done.returncode == 0, done.stderr
        for part in ("[red]a", "b\\x07", "[bold]x\\u202e", "\\x1b[31mred"):
            assert part in done.stdout
        assert "\x07" not in done.stdout
        assert "\u202e" not in done.stdout


def test_the_rows_that_moved_most_come_first(files: list[Path]) -> None:
    document = compare_json(*files, "--worst", "3", "--id", "id")
    loss = [
        -np.log(np.where(own["label"] == 1, own["prob"], 1 - own["prob"])) for own in (OLD, NEW)
    ]
    order = np.argsort(loss[1] - loss[0])
    expected = [*(order[::-1][:3] + 1), *(order[:3] + 1)]
    assert [one["row"] for one in document["moved"]] == expected
    assert [one["direction"] for one in document["moved"]] == ["worse"] * 3 + ["better"] * 3
    for one in document["moved"]:
        row = one["row"] - 1
        assert one["id"] == f"case-{row}"
        assert one["label"] == str(OLD["label"][row])
        assert one["reference_loss"] == pytest.approx(loss[0][row])
        assert one["difference"] == one["loss"] - one["reference_loss"]


def test_models_are_named_by_what_differs() -> None:
    assert file_names(["runs/a/preds.csv", "runs/b/preds.csv"]) == ["a", "b"]
    assert file_names(["old.csv.gz", "new.csv.gz"]) == ["old", "new"]
    assert file_names(["preds.csv", "preds.parquet"]) == ["preds.csv", "preds.parquet"]
    assert file_names(["a/x/p.csv", "b/x/p.csv"]) == ["a/x/p.csv", "b/x/p.csv"]


@pytest.mark.parametrize("options", ["", "--json"])
def test_a_reader_that_is_gone_is_no_failure(options: str, files: list[Path]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "compare", *files, *options.split()],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=environment(),
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_parts_on_disk_are_gone_afterwards(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitioned_join, "IN_MEMORY", 1)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[int] = []
    write: Callable[[Any], None] = partitioned_join.PartitionedJoin._write

    def counting(own: partitioned_join.PartitionedJoin) -> None:
        write(own)
        seen.append(sum(1 for _ in tmp_path.rglob("*-*.*")))

    monkeypatch.setattr(partitioned_join.PartitionedJoin, "_write", counting)
    compare({"old": OLD, "new": NEW.iloc[::-1]}, id="id")
    assert max(seen) > 64
    assert not list(tmp_path.iterdir())
    with pytest.raises(DataError):
        compare({"old": OLD, "new": NEW.iloc[:0:-1]}, id="id")
    assert not list(tmp_path.iterdir())


# From Python


def test_python_is_told_what_is_wrong() -> None:
    with pytest.raises(UsageError, match="two models"):
        compare({"a": OLD})
    with pytest.raises(UsageError, match="two models"):
        compare(OLD)
    with pytest.raises(UsageError, match="nothing of the model 'b'"):
        compare({"a": OLD, "b": NEW}, preds={"a": "prob"})
    with pytest.raises(UsageError, match="there is no model 'c'"):
        compare({"a": OLD, "b": NEW}, reference="c")
    wrong: Any = "outer"
    with pytest.raises(UsageError, match="'outer' is not one of 'all', 'inner'"):
        compare({"a": OLD, "b": NEW}, join=wrong)
    with pytest.raises(UsageError, match="must be one of 't', 'sign-flip', not 'outer'"):
        compare({"a": OLD, "b": NEW}, test=wrong)
    with pytest.raises(UsageError, match="--worst"):
        compare({"a": OLD, "b": NEW}, worst=-1)
    SCHEMAS["ce.compare/1"].validate(compare({"a": OLD, "b": OLD}).to_dict())


# Warnings


def test_clips_that_differ_are_told_where_they_matter(tmp_path: Path) -> None:
    for prob, told in ((1.0 - OLD["label"][3], ["clipped", "other_clip"]), (OLD["prob"][3], [])):
        new = with_cell(NEW, "prob", prob, 3).astype({"prob": "float32"})
        result = compare({"old": OLD, "new": new})
        assert [note.code for note in result.warnings] == told
        for note in result.warnings[1:]:
            assert "old is clipped at 2.2e-16 and new at 1.2e-07" in note.message
    logit = np.log(OLD["prob"] / (1 - OLD["prob"]))
    result = compare({"old": OLD.drop(columns="prob").assign(logit=logit), "sure": SURE})
    assert "old is clipped not at all and sure at 2.2e-16" in result.warnings[-1].message


@pytest.mark.parametrize("place", [0, 1])
def test_the_share_of_what_was_clipped_is_weighed_alike(place: int) -> None:
    """Of a model whose own file has the weights or not, as score has it."""
    tables = [OLD, NEW]
    tables[place] = SURE
    named = {"old": tables[0], "new": tables[1].drop(columns="w") if place == 0 else tables[1]}
    (note,) = compare(named, weight="w").warnings
    (expected,) = (n for n in score(SURE, weight="w").warnings if n.code == "clipped")
    assert note.message == f"{['old', 'new'][place]}: {expected.message}"


def test_few_clusters_are_told() -> None:
    result = compare({"old": OLD, "new": NEW}, cluster="segment")
    assert [(note.code, note.message) for note in result.warnings] == [
        ("few_clusters", "Only 3 clusters: the interval may be too narrow.")
    ]
    one = compare({"old": OLD.assign(user=1), "new": NEW}, cluster="user")
    assert one.warnings[0].message.startswith("Only 1 cluster:")
    assert np.isnan(one.comparisons[0].p_value)
    SCHEMAS["ce.compare/1"].validate(one.to_dict())


def test_rounding_is_no_difference(tmp_path: Path) -> None:
    """The same model as logits; if all rows are off by rounding one way, p would be tiny."""
    logit = np.log(OLD["prob"]) - np.log1p(-OLD["prob"])
    paths = written(tmp_path, old=OLD, again=OLD.drop(columns="prob").assign(logit=logit))
    page = run_ce("compare", *paths).stdout
    assert "= again and old give every row the same loss, but for rounding." in page
    near = OLD.assign(prob=OLD["prob"] * (1 - 1e-9))
    assert compare({"old": OLD, "near": near}).comparisons[0].verdict != "same"
    turned = OLD.sample(frac=1, random_state=0)[["prob"]].reset_index(drop=True)
    swapped = compare({"old": OLD.assign(label=1), "new": turned.assign(label=1)})
    assert abs(swapped.comparisons[0].difference["absolute"]) < 1e-15
    assert swapped.comparisons[0].verdict == "unclear"


# Odd and extreme tables


def test_shares_of_the_positive_class_are_compared() -> None:
    share, first, second = np.random.default_rng(6).uniform(0.01, 0.99, (3, 100))

    def table(predicted: Any, label: Any) -> pd.DataFrame:
        return pd.DataFrame({"label": label, "prob": predicted})

    told = compare({"a": table(first, share), "b": table(second, share)})
    rows = [-(share * np.log(q) + (1 - share) * np.log1p(-q)) for q in (first, second)]
    expected = float(np.mean(rows[1] - rows[0]))
    assert told.comparisons[0].difference["absolute"] == pytest.approx(expected, rel=1e-10)
    with pytest.raises(DataError, match="different labels in row 1"):
        compare({"a": table(first, share), "b": table(second, (share > 0.5).astype(int))})


def test_tables_without_rows_are_told_by_the_names_of_their_models() -> None:
    with pytest.raises(DataError, match=r"^a: there is no data row"):
        compare({"a": OLD.iloc[:0], "b": NEW.iloc[:0]})
    with pytest.raises(DataError, match=r"^b: there is no data row"):
        compare({"a": OLD, "b": NEW.iloc[:0]})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"cluster": "user"}, {"test": "sign-flip"}], ids=str)
@pytest.mark.parametrize("scale", [1e-60, 1e60])
def test_the_unit_of_weights_is_all_one(scale: float, options: dict[str, Any]) -> None:
    plain = NEW.drop(columns="w")
    results = [
        compare({"a": OLD.assign(w=OLD["w"] * own), "b": plain}, weight="w", **options)
        for own in (1.0, scale)
    ]
    told = [result.comparisons[0] for result in results]
    for name, interval in told[0].intervals.items():
        own = told[1].intervals[name]
        assert (own.low, own.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert told[1].p_value == pytest.approx(told[0].p_value, rel=1e-9)
    assert told[1].win_rate == pytest.approx(told[0].win_rate)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"cluster": "user"}, {"test": "sign-flip"}], ids=str)
def test_losses_too_large_to_be_squared_are_borne(options: dict[str, Any]) -> None:
    huge = OLD.drop(columns="prob").assign(logit=1e308 * (OLD["prob"] - 0.5))
    for models in ({"a": huge, "b": huge.assign(logit=-huge["logit"])}, {"a": OLD, "b": huge}):
        result = compare(models, worst=1, weight="w", by="segment", **options)
        SCHEMAS["ce.compare/1"].validate(json.loads(json.dumps(result.to_dict(), allow_nan=False)))
        assert abs(result.comparisons[0].difference["absolute"]) > 1e300
