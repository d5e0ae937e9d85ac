"""Rows of probabilities that do not sum to 1: what is scored with a warning, and what is not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import compare, inspect, score
from ce_cli.errors import DataError
from tests.conftest import complaints, run_ce, write_csv

BAD_DATA = 3
FIX = ("--task multilabel", "--as logits", "--on-bad-sum renormalize")


def rows_of(matrix: Any, stem: str = "p") -> dict[str, Any]:
    """Labels a, b, … in turns, and a column for each class."""
    classes = [chr(ord("a") + k) for k in range(len(matrix[0]))]
    columns = {
        f"{stem}_{name}": column
        for name, column in zip(classes, zip(*matrix, strict=True), strict=True)
    }
    return {"label": [classes[n % len(classes)] for n in range(len(matrix))], **columns}


@pytest.mark.parametrize("options", [[], ["--on-bad-sum", "error"], ["--sum-tolerance", "9"]])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_certainty_of_every_class_is_bad_data(
    tmp_path: Path, classes: int, options: list[str]
) -> None:
    path = write_csv(tmp_path / "ones.csv", rows_of(np.ones((30, classes))))
    for command in (["score"], ["gate", "--max", "1"], ["explain", "--row", "1"]):
        (line,) = complaints(run_ce(command[0], path, *command[1:], *options), BAD_DATA)
        assert f"row 1: the probabilities sum to {classes}, far from 1" in line
        assert all(words in line for words in FIX)
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "(and 29 more rows: 2, 3, 4, 5, …)" in line


@pytest.mark.parametrize("options", [{}, {"on_bad_sum": "renormalize"}, {"sum_tolerance": 1.0}])
@pytest.mark.parametrize("stem", ["p", "logprob"])
def test_a_sum_of_0_is_bad_data_whatever_the_options(stem: str, options: dict[str, Any]) -> None:
    matrix: Any = [[0.5, 0.5], [0.0, 0.0]]
    with np.errstate(divide="ignore"):
        matrix = np.log(matrix) if stem == "logprob" else matrix
    with pytest.raises(DataError, match="row 2: the probabilities sum to 0"):
        score(pd.DataFrame(rows_of(matrix, stem)), **options)


def test_sums_below_2_are_scored_with_a_warning_as_before() -> None:
    """A classifier for each class against the rest gives such rows."""
    result = score(pd.DataFrame(rows_of([[0.9, 0.6, 0.4], [0.3, 0.2, 0.1]])))
    (note,) = (note for note in result.warnings if note.code == "bad_sum")
    assert note.count == 2
    expected = -(math.log(0.9) + math.log(0.2)) / 2
    assert result.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-15)
    rows = pd.DataFrame(rows_of([[0.9, 0.6, 0.4]]))
    assert score(rows, sum_tolerance=0.95).warnings == score(rows, sum_tolerance=9).warnings


@pytest.mark.parametrize("stem", ["p", "logprob"])
def test_sums_of_2_and_more_are_divided_if_that_is_wanted(stem: str) -> None:
    matrix: Any = [[1.0, 0.5, 0.5], [0.8, 0.8, 0.8]]
    rows = pd.DataFrame(rows_of(np.log(matrix) if stem == "logprob" else matrix, stem))
    expected = (math.log(2) + math.log(3)) / 2
    dividing: list[dict[str, Any]] = [{"on_bad_sum": "renormalize"}, {"convention": "keras"}]
    for options in dividing:
        found = score(rows, **options)
        assert found.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    others: list[dict[str, Any]] = [{}, {"convention": "sklearn"}, {"conventions": True}]
    for options in others:
        with pytest.raises(DataError, match=r"row 1: the probabilities sum to 2, far from 1"):
            score(rows, **options)


def test_base_10_logarithms_that_sum_to_2_and_more_are_named() -> None:
    rows = rows_of(np.log10(np.full((10, 10), 0.1)), "logprob")
    with pytest.raises(DataError, match="base-10 logarithms"):
        score(pd.DataFrame(rows))


def test_labels_that_may_apply_at_once_have_no_sum() -> None:
    rows = {"y_a": [1, 1], "y_b": [1, 1], "y_c": [1, 0]}
    probabilities = {"p_a": [1.0, 1.0], "p_b": [1.0, 1.0], "p_c": [1.0, 0.0]}
    result = score(pd.DataFrame({**rows, **probabilities}), task="multilabel")
    assert result.metrics["cross_entropy"] == pytest.approx(2.0**-52)


def test_a_model_with_such_rows_is_not_compared() -> None:
    sound = pd.DataFrame(rows_of([[0.5, 0.2, 0.3]] * 3))
    bad = pd.DataFrame(rows_of([[0.5, 0.2, 0.3], [1, 1, 1], [0, 0, 1]]))
    with pytest.raises(DataError, match="row 2: the probabilities sum to 3"):
        compare({"sound": sound, "bad": bad})


def test_inspect_reports_the_rows_and_divides_only_if_that_has_the_lower_loss() -> None:
    rng = np.random.default_rng(1)
    matrix = rng.uniform(0.0, 0.4, (40, 5))
    matrix[np.arange(40), np.arange(40) % 5] = 0.95
    found = inspect(pd.DataFrame(rows_of(matrix)))
    (error,) = (one for one in found.findings if one.code == "far_sum")
    far = np.flatnonzero(matrix.sum(axis=1) >= 2.0)
    assert error.severity == "error"
    assert error.count == len(far)
    assert error.rows == tuple(far[:5] + 1)
    assert error.options is None
    assert any(one.code == "sums_after_division" for one in found.findings)


def test_a_typed_distribution_far_from_1_is_refused(tmp_path: Path) -> None:
    typed = ("explain", "--label", "0", "--q", "1,1,1", "--sum-tolerance", "5")
    (line,) = complaints(run_ce(*typed), 2)
    assert "sums to 3 instead of 1" in line
    assert run_ce(*typed, "--on-bad-sum", "renormalize").returncode == 0
