"""`ce compare` from end to end: how rows match, the messages, and that nothing else matters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ce_cli import compare, score
from ce_cli.comparing import partitioned_join
from ce_cli.errors import DataError
from tests.comparing.tables import (
    FULL,
    NEW,
    OLD,
    PLAN,
    classes,
    comparison,
    figures,
    nameless,
    shares,
    table,
    written,
)
from tests.conftest import SCHEMAS, compare_json, score_json
from tests.writing import WRITERS

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
def test_each_model_and_group_is_as_in_score(options: dict[str, Any]) -> None:
    message = nameless(compare({"old": OLD, "new": NEW}, **options))
    for own, model in zip((OLD, NEW), message["models"], strict=True):
        alone = score(own, **options).to_dict()
        metrics = {name: alone["metrics"][name] for name in model["metrics"]}
        assert model["metrics"] == metrics
        assert model["intervals"] == {"cross_entropy": alone["intervals"]["cross_entropy"]}
        assert model["signature"] == alone["signature"]
        assert message["weight_sum"] == alone["weight_sum"]
        for group, other in zip(message["groups"], alone["groups"], strict=True):
            (mine,) = (one for one in group["models"] if one["name"] == model["name"])
            assert (group["by"], group["weight_sum"]) == (other["by"], other["weight_sum"])
            assert mine["metrics"]["cross_entropy"] == other["metrics"]["cross_entropy"]
            own_interval = {"cross_entropy": other["intervals"]["cross_entropy"]}
            assert mine["intervals"] == own_interval


def test_the_command_line_and_python_agree(files: list[Path], expected: dict[str, Any]) -> None:
    options = ("--by", "segment", "--weight", "w", "--cluster", "user", "--worst", "4")
    document = compare_json(*files, *options, "--test", "sign-flip")
    frames: dict[str, Any] = {"old": OLD, "new": NEW}
    message = compare(frames, by="segment", weight="w", cluster="user", worst=4, test="sign-flip")
    for model in document["models"]:
        del model["inputs"]
    assert document == nameless(message) == expected


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


INEXACT = "excel"  # openpyxl writes 16 digits


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in ("csv", INEXACT)])
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
    """The first 150 rows are still in order, so some rows match before ids are needed."""
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
    message = compare(both, preds={"old": "old", "new": "new"}, test="sign-flip", **options)
    document = nameless(message)
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


def test_names_may_be_equal_within_one_file() -> None:
    both = OLD.assign(new=NEW["prob"], id="one name")
    message = compare(both, preds={"old": "prob", "new": "new"}, id="id", worst=1)
    assert message.comparisons == compare({"old": OLD, "new": NEW}, worst=1).comparisons
    assert message.moved[0]["id"] == "one name"


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
    message, expected = (compare({"old": OLD, "new": new}) for new in (other, NEW))
    assert message.comparisons[0].difference["absolute"] == pytest.approx(
        expected.comparisons[0].difference["absolute"], rel=1e-9
    )
    assert [model.values for model in message.models] == ["probabilities", "logits"]


def test_columns_of_classes_may_be_in_another_order() -> None:
    message = [
        compare({"a": classes(1), "b": classes(2, order)}).comparisons
        for order in (("cat", "dog", "eel"), ("eel", "cat", "dog"))
    ]
    assert message[0] == message[1]
    losses = [
        -np.log([own[f"p_{happened}"][row] for row, happened in enumerate(own["label"])])
        for own in (classes(1), classes(2))
    ]
    expected = float(np.mean(losses[1] - losses[0]))
    assert message[0][0].difference["absolute"] == pytest.approx(expected, rel=1e-12)


def test_soft_labels_are_compared() -> None:
    truth, first, second = (shares(seed) for seed in range(3))
    names = ("x", "y", "z")

    def soft(predicted: np.ndarray[Any, Any], order: Sequence[int]) -> pd.DataFrame:
        own = {f"y_{names[k]}": truth[:, k] for k in order}
        return pd.DataFrame(own | {f"p_{names[k]}": predicted[:, k] for k in order})

    message = compare({"a": soft(first, (0, 1, 2)), "b": soft(second, (2, 0, 1))})
    d = np.sum(truth * (np.log(first) - np.log(second)), axis=1)
    assert message.comparisons[0].difference["absolute"] == pytest.approx(d.mean(), rel=1e-10)
    named = {
        name: soft(predicted, (0, 1, 2)).assign(id=range(200))
        for name, predicted in (("a", first), ("b", second))
    }
    named["b"] = named["b"].sample(frac=1, random_state=1)
    assert compare(named, id="id").comparisons[0].difference == message.comparisons[0].difference
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

    message = compare({"one": several(first), "two": several(second)}, task="multilabel")
    rows = [-np.mean(np.log(np.where(truth, q, 1 - q)), axis=1) for q in (first, second)]
    expected = float(np.mean(rows[1] - rows[0]))
    assert message.comparisons[0].difference["absolute"] == pytest.approx(expected, rel=1e-10)


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


# Odd and extreme tables


def test_shares_of_the_positive_class_are_compared() -> None:
    share, first, second = np.random.default_rng(6).uniform(0.01, 0.99, (3, 100))

    def table(predicted: Any, label: Any) -> pd.DataFrame:
        return pd.DataFrame({"label": label, "prob": predicted})

    message = compare({"a": table(first, share), "b": table(second, share)})
    rows = [-(share * np.log(q) + (1 - share) * np.log1p(-q)) for q in (first, second)]
    expected = float(np.mean(rows[1] - rows[0]))
    assert message.comparisons[0].difference["absolute"] == pytest.approx(expected, rel=1e-10)
    with pytest.raises(DataError, match="different labels in row 1"):
        compare({"a": table(first, share), "b": table(second, (share > 0.5).astype(int))})


def test_tables_without_rows_are_named_by_their_models() -> None:
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
    message = [result.comparisons[0] for result in results]
    for name, interval in message[0].intervals.items():
        own = message[1].intervals[name]
        assert (own.low, own.high) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert message[1].p_value == pytest.approx(message[0].p_value, rel=1e-9)
    assert message[1].win_rate == pytest.approx(message[0].win_rate)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"cluster": "user"}, {"test": "sign-flip"}], ids=str)
def test_losses_too_large_to_be_squared_are_borne(options: dict[str, Any]) -> None:
    huge = OLD.drop(columns="prob").assign(logit=1e308 * (OLD["prob"] - 0.5))
    for models in ({"a": huge, "b": huge.assign(logit=-huge["logit"])}, {"a": OLD, "b": huge}):
        result = compare(models, worst=1, weight="w", by="segment", **options)
        SCHEMAS["ce.compare/1"].validate(json.loads(json.dumps(result.to_dict(), allow_nan=False)))
        assert abs(result.comparisons[0].difference["absolute"]) > 1e300
