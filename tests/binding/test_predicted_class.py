"""Predictions that are the probability of the predicted class, which a column names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import score
from ce_cli.errors import DataError, UsageError
from tests.conftest import complaints, run_ce, score_json, strict, write_csv

ROWS = 200


def table(negative: str = "NEG", positive: str = "POS") -> pd.DataFrame:
    """The probability of the positive class, and that of the class which is likelier."""
    rng = np.random.default_rng(21)
    q = rng.integers(1, 1024, ROWS) / 1024  # so that 1 − q is exact
    names = np.array([negative, positive])
    return pd.DataFrame(
        {
            "gold": names[(rng.random(ROWS) < q).astype(int)],
            "guess": names[(q > 0.5).astype(int)],
            "score": np.where(q > 0.5, q, 1 - q),
            "q": q,
        }
    )


def columns_of(frame: pd.DataFrame) -> dict[str, Any]:
    return {str(name): frame[name] for name in frame}


def both(frame: pd.DataFrame, **options: Any) -> tuple[Any, Any]:
    """The result with the predicted class, and that of the positive class."""
    own = score(frame, label="gold", pred="score", predicted_class="guess", **options)
    return own, score(frame, label="gold", pred="q", **options)


@pytest.mark.parametrize("names", [("NEG", "POS"), ("0", "1"), ("-1", "1"), ("no", "yes")])
def test_it_is_the_same_as_the_probability_of_the_positive_class(names: tuple[str, str]) -> None:
    own, other = both(table(*names), metric="all")
    assert own.metrics == other.metrics
    assert own.to_dict()["intervals"] == other.to_dict()["intervals"]
    assert own.per_class == other.per_class


@pytest.mark.parametrize("kind", ["logits", "logprobs"])
def test_logits_and_log_probabilities_have_a_complement_too(kind: str) -> None:
    frame = table()
    for name in ("score", "q"):
        q = frame[name]
        frame[name] = np.log(q) if kind == "logprobs" else np.log(q) - np.log1p(-q)
    own, other = both(frame, as_=kind)
    assert own.metrics["cross_entropy"] == pytest.approx(other.metrics["cross_entropy"], rel=1e-13)


def test_a_tiny_log_probability_keeps_its_digits() -> None:
    """The other class has 1e-20, whose surprisal is −log 1e-20 = 46.0517018598809."""
    columns = {"label": [1, 0], "logprob": [-1e-20, -1.0], "guess": [0, 0]}
    result = score(columns, predicted_class="guess")
    assert result.metrics["cross_entropy"] == pytest.approx((46.0517018598809 + 1.0) / 2, rel=1e-14)


def test_classes_without_a_usual_order_are_enough() -> None:
    frame = table("cat", "dog")
    own = score(frame, label="gold", pred="score", predicted_class="guess")
    other = score(frame, label="gold", pred="q", positive="dog")
    assert own.metrics["cross_entropy"] == other.metrics["cross_entropy"]
    flipped = score(frame, label="gold", pred="score", predicted_class="guess", positive="cat")
    assert flipped.metrics["cross_entropy"] == other.metrics["cross_entropy"]
    assert flipped.classes == ("dog", "cat")


def test_labels_by_number_and_predicted_classes_in_their_dress_are_the_same() -> None:
    frame = table("0", "1")
    expected = both(frame)[1].metrics["cross_entropy"]
    frame["guess"] = "LABEL_" + frame["guess"]
    assert both(frame)[0].metrics["cross_entropy"] == expected


def test_every_command_python_and_the_configuration_have_it(tmp_path: Path) -> None:
    frame = table()
    path = write_csv(tmp_path / "top.csv", columns_of(frame))
    typed = ("--label", "gold", "--pred", "score", "--predicted-class", "guess")
    document = score_json(path, *typed)
    mean = document["metrics"]["cross_entropy"]
    assert mean == both(frame)[1].metrics["cross_entropy"]
    assert document["columns"]["predicted_class"] == "guess"
    assert document["signature"].endswith("|predicted_class:guess")
    (tmp_path / "ce.toml").write_text('label = "gold"\npred = "score"\npredicted-class = "guess"\n')
    assert strict(run_ce("score", path, "--json", cwd=tmp_path).stdout) == document
    gate = strict(run_ce("gate", path, *typed, "--max", "9", "--json").stdout)
    assert gate["gates"][0]["checks"][0]["value"] == mean
    inspected = strict(run_ce("inspect", path, *typed, "--json").stdout)
    assert [one["part"] for one in inspected["columns"]][:3] == [
        "label",
        "predicted class",
        "prediction",
    ]
    other = write_csv(tmp_path / "two.csv", columns_of(frame))
    compared = strict(run_ce("compare", path, other, *typed, "--json").stdout)
    assert compared["models"][0]["metrics"]["cross_entropy"] == mean
    row = int(np.flatnonzero(frame["guess"] == "NEG")[0])
    explained = strict(run_ce("explain", path, *typed, "--row", str(row + 1), "--json").stdout)
    terms = {one["class"]: one for one in explained["classes"]}
    assert terms["POS"]["prediction"] == frame["q"][row]
    assert terms["NEG"]["given"] == frame["score"][row]
    assert terms["POS"]["given"] is None


def test_another_class_is_an_error_with_its_row(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"label": ["POS", "NEG", "NEG"], "score": [0.8, 0.7, 0.6]}
    path = write_csv(tmp_path / "p.csv", columns | {"guess": ["POS", "NEG", "neutral"]})
    (line,) = complaints(run_ce("score", path, "--predicted-class", "guess"), 3)
    assert "row 3, column 'guess': the predicted class 'neutral'" in line
    path = write_csv(tmp_path / "p.csv", columns | {"guess": ["POS", "", "NEG"]})
    (line,) = complaints(run_ce("score", path, "--predicted-class", "guess"), 3)
    assert "row 2, column 'guess': the value is missing" in line
    document = score_json(path, "--predicted-class", "guess", "--missing", "skip")
    assert document["rows"]["scored"] == 2
    assert document["metrics"]["total"] == pytest.approx(-np.log(0.8 * 0.6), rel=1e-15)


def test_it_does_not_suit_more_classes_or_no_label() -> None:
    three = {"label": ["a", "b", "c"], "score": [0.8, 0.7, 0.6], "guess": ["a", "b", "c"]}
    with pytest.raises(DataError, match="two classes, but these are 'a', 'b', 'c'"):
        score(three, predicted_class="guess")
    several = {"label": ["a", "b"], "p_a": [0.8, 0.7], "p_b": [0.2, 0.3], "guess": ["a", "b"]}
    with pytest.raises(UsageError, match="one prediction column"):
        score(several, predicted_class="guess")
    with pytest.raises(UsageError, match="needs a label"):
        score({"logprob": [-1.0, -2.0], "guess": ["a", "b"]}, predicted_class="guess")
    with pytest.raises(UsageError, match="both label and predicted class"):
        score({"label": [1, 0], "p": [0.5, 0.75]}, label="label", predicted_class="label")
    with pytest.raises(UsageError, match="no column 'gues'"):
        score({"label": [1, 0], "p": [0.5, 0.75], "guess": [1, 0]}, predicted_class="gues")


# Classes that are named, or that the first rows do not show


def decided(gold: list[str], guess: list[str], q: float = 0.75) -> pd.DataFrame:
    return pd.DataFrame({"gold": gold, "guess": guess, "score": q})


def loss_of(frame: pd.DataFrame, **options: Any) -> float:
    found = score(frame, label="gold", pred="score", predicted_class="guess", **options)
    return found.metrics["cross_entropy"]


def test_classes_may_be_named() -> None:
    frame = decided(["NEG", "POS", "POS", "POS"], ["NEG", "NEG", "POS", "POS"])
    expected = -(3 * np.log(0.75) + np.log(0.25)) / 4
    assert loss_of(frame, classes=["NEG", "POS"]) == pytest.approx(expected)
    assert loss_of(frame, classes=["NEG", "POS"], positive="NEG") == pytest.approx(expected)


def test_a_predicted_class_that_is_missing_is_no_third_class() -> None:
    frame = decided(["NEG", "POS", "POS"], ["NEG", "NEG", "NA"])
    assert loss_of(frame, missing="skip") == pytest.approx(-(np.log(0.75) + np.log(0.25)) / 2)


def test_labels_that_are_ignored_are_no_third_class() -> None:
    frame = decided(["NEG", "skip", "POS"], ["NEG", "NEG", "NEG"])
    found = loss_of(frame, ignore_label=["skip"])
    assert found == pytest.approx(-(np.log(0.75) + np.log(0.25)) / 2)


@pytest.mark.parametrize("positive", [None, "POS"])
@pytest.mark.parametrize("name", ["NEG", "POS"])
def test_one_class_alone_is_right_as_often_as_it_is_predicted(
    name: str, positive: str | None
) -> None:
    assert loss_of(decided([name] * 3, [name] * 3), positive=positive) == -np.log(0.75)


def test_predicted_classes_of_more_names_are_refused() -> None:
    frame = decided(["a"] * 3, ["a", "b", "d"])
    with pytest.raises(DataError, match="besides the positive class 'a', the labels are 'b', 'd'"):
        loss_of(frame, positive="a")
