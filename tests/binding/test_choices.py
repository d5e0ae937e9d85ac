"""Columns that several roles, or several sets of predictions, compete for."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import score
from ce_cli.errors import DataError

RANDOM = np.random.default_rng(0)


def wrong(columns: dict[str, Any], **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        score(pd.DataFrame(columns), **options)
    return str(caught.value)


def predictions(columns: dict[str, Any], **options: Any) -> tuple[str, ...]:
    return tuple(score(pd.DataFrame(columns), **options).columns.predictions)


def features(count: int, rows: int) -> dict[str, Any]:
    """Fractions whose names have nothing in common."""
    return {f"f{k}x{7 * k}": RANDOM.random(rows) for k in range(count)}


def of_pairs(*stems: str) -> dict[str, Any]:
    """For each stem, two columns that sum to 1."""
    q = 0.3 + 0.01 * np.arange(20)
    return {f"{stem}_{k}": (q, 1 - q)[k] for stem in stems for k in (0, 1)}


# Labels


def test_labels_are_found_beside_columns_for_classes_that_are_named() -> None:
    columns = {"kind": ["a", "b", "c"], **{f"p_{n}": [0.2, 0.3, 0.5] for n in "xyz"}}
    columns |= {"p_x": [0.5, 0.2, 0.3], "p_y": [0.3, 0.5, 0.2]}
    found = score(pd.DataFrame(columns), classes=["a", "b", "c"])
    assert found.columns.label == ("kind",)
    assert found.metrics["cross_entropy"] == pytest.approx(math.log(2))


@pytest.mark.parametrize("first", [0, 1])
def test_labels_are_found_beside_lists_by_the_numbers_of_places(first: int, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"kind": first, "pred": [0.5, 0.5]}, {"kind": first + 1, "pred": [0.5, 0.5]}] * 5
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    found = score(path)
    assert found.columns.label == ("kind",)
    assert found.metrics["cross_entropy"] == pytest.approx(math.log(2))


def test_two_labels_with_predictions_of_their_own_are_a_choice() -> None:
    columns = {
        **{"colour": ["red", "blue"] * 6, "red": [0.6, 0.5] * 6, "blue": [0.4, 0.5] * 6},
        **{"size": ["s", "l", "l"] * 4, "s": [0.9, 0.3] * 6, "l": [0.1, 0.7] * 6},
    }
    message = wrong(columns)
    assert "more than one column may hold the label: 'colour', 'size'" in message


def test_a_label_that_is_there_twice_is_reported(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("label,label,prob\n1,0,.3\n0,1,.4\n")
    with pytest.raises(DataError, match="more than one column is named 'label'"):
        score(tmp_path / "p.csv")


def test_fractions_for_names_are_a_file_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("0.2,0.8,cat\n0.3,0.7,dog\n0.3,0.7,cat\n")
    with pytest.raises(DataError, match="instead of the names of columns; use no_header"):
        score(tmp_path / "p.csv")


def test_classes_of_one_name_have_no_label_columns() -> None:
    columns = {"p_x": [0.3, 0.6], "p_y": [0.7, 0.4], "a": [0, 1], "b": [1, 0]}
    assert "no column is named like a label" in wrong(columns, classes=["a", "a"])


# Losses


def test_losses_beside_two_sets_of_labels_need_an_option() -> None:
    columns = {"nll": [0.5, 0.7], **{f"{n}_{k}": [0, 1] for n in ("label", "true") for k in "ab"}}
    assert 'use as_="losses"' in wrong(columns)


def test_numbers_below_zero_are_not_recommended_as_losses() -> None:
    message = wrong({"label": [1, 0] * 5, "loss": [-0.5, 0.7] * 5, "x": [3.0, 5.0] * 5})
    assert "losses" not in message


# Predictions


def test_numbered_features_are_not_the_predictions_of_classes() -> None:
    columns = {"label": [0, 1] * 10, **of_pairs("aa", "bb", "cc", "dd", "prob")}
    assert predictions(columns) == ("prob_0", "prob_1")


def test_many_features_beside_are_not_classes_that_are_not_seen() -> None:
    columns = {"label": ["a", "b"], "a": [0.5, 0.75], "b": [0.5, 0.25], **features(80, 2)}
    found = score(pd.DataFrame(columns))
    assert found.columns.predictions == ("a", "b")
    assert found.metrics["cross_entropy"] == pytest.approx(math.log(8) / 2)


@pytest.mark.parametrize("stem", ["", "foo_"])
def test_names_of_different_kinds_of_values_need_an_option(stem: str) -> None:
    """Classes may have such names."""
    columns = {"label": ["logit", "prob"], f"{stem}logit": [0.5, 0.5], f"{stem}prob": [0.5, 0.5]}
    assert "show different kinds of values" in wrong(columns)


@pytest.mark.parametrize("stem", ["foo_", "x"])
def test_logits_that_are_named_like_the_labels_need_an_option(stem: str) -> None:
    columns = {"label": ["a", "b", "c"] * 4, "n": [1.5, 7.0, 8.0] * 4}
    columns |= {f"{stem}{name}": [2.5, -3.25, 0.75] * 4 for name in "abc"}
    message = wrong(columns)
    assert "named like the labels, but their values are not probabilities" in message
    assert 'as_="logits"' in message


def test_lists_of_counts_are_no_predictions_but_make_another_doubtful(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"label": k, "bytes": [3, 4 + k, 7], "q": 0.3 + 0.1 * k} for k in (0, 1)] * 5
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    with pytest.raises(DataError, match="'bytes' are not probabilities, but those of 'q' may be"):
        score(path)


def test_two_maps_of_fractions_are_a_choice(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"label": k, "guess": {"a": 0.3, "b": 0.7}, "more": {"a": 0.5, "b": 0.5}} for k in "ab"]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows * 5))
    with pytest.raises(DataError, match="'guess'; 'more'; choose one"):
        score(path)


def test_lists_without_numbers_are_refused(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"label": 0, "pred": []}\n' * 3)
    with pytest.raises(DataError, match="'pred' hold 0 predictions, but at least two classes"):
        score(tmp_path / "p.jsonl")


def test_rows_in_lists_are_taken_apart_by_pandas_where_there_are_no_lines() -> None:
    message = wrong({"label": [[0, 1, 1]] * 3, "pred": [[0.2, 0.3, 0.9]] * 3})
    assert 'df.explode(["label", "pred"])' in message


def test_lists_of_other_lengths_are_not_several_rows() -> None:
    message = wrong({"label": [[0, 1, 1]] * 3, "pred": [[0.2, 0.3]] * 3})
    assert "the list has 3 numbers" in message
    assert "explode" not in message


def test_lists_of_features_are_no_predictions(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"label": k, "hidden": [3.5, -4.0], "prob": 0.5} for k in (0, 1)] * 5
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert score(path).columns.predictions == ("prob",)


def test_columns_of_the_labels_are_chosen_before_those_of_other_numbers() -> None:
    columns = {"label": ["a", "b"] * 5, "a": [0.3, 0.6] * 5, "b": [0.7, 0.4] * 5}
    columns |= {"prob_1": [0.2, 0.3] * 5, "prob_2": [0.8, 0.7] * 5}
    assert predictions(columns) == ("a", "b")


def test_probabilities_that_do_not_sum_to_one_are_taken_where_no_label_is_named() -> None:
    columns = {"kind": [0, 1] * 6, "p_0": [0.3, 0.6] * 6, "p_1": [0.4, 0.2] * 6}
    found = score(pd.DataFrame(columns), on_bad_sum="warn")
    assert (found.columns.label, found.columns.predictions) == (("kind",), ("p_0", "p_1"))
    assert "bad_sum" in [one.code for one in found.warnings]


def test_many_fractions_are_features_and_not_models_to_compare() -> None:
    names = ("alpha", "beta", "gamma", "delta", "eps")
    message = wrong({"label": [0, 1] * 6, **{name: RANDOM.random(12) for name in names}})
    assert message.endswith("may be the prediction; choose one with pred.")


@pytest.mark.parametrize("beside", [("class_id", "class_weight"), ("p-value", "p-values")])
def test_words_of_other_things_are_not_classes(beside: tuple[str, str]) -> None:
    columns = {"label": [0, 1] * 5, "prob": [0.5, 0.6] * 5}
    columns |= {beside[0]: [0.3, 0.6] * 5, beside[1]: [0.7, 0.4] * 5}
    assert predictions(columns) == ("prob",)


@pytest.mark.parametrize("names", [("p_a", "p_A", "p_b"), ("P_A", "P_a", "P_B")])
def test_of_two_columns_for_one_class_the_first_is_taken(names: tuple[str, str, str]) -> None:
    columns = {"label": ["a", "b"] * 5, names[0]: [0.25, 0.5] * 5, names[1]: [0.2, 0.2] * 5}
    columns |= {names[2]: [0.75, 0.5] * 5}
    assert predictions(columns) == (names[0], names[2])


def test_a_name_that_begins_another_stays_the_name_of_a_class() -> None:
    columns = {"label": ["a", "a b"] * 5, "prob a": [0.5, 0.5] * 5, "prob a b": [0.5, 0.5] * 5}
    assert score(pd.DataFrame(columns)).classes == ("a", "a b")
    columns = {"label": ["x", "y"] * 5, "model_prob": [0.5] * 10, "model.prob": [0.5] * 10}
    assert "the classes 'model_prob', 'model.prob'" in wrong(columns)
