"""What `--clip` does to the loss, and what it says, whatever the layout of the predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import compare, inspect, score
from tests.conftest import SAMPLES, complaints, run_ce, score_json, write_csv

LOG_2 = 0.6931471805599453  # −log 0.5
CERTAIN: dict[str, dict[str, Any]] = {  # class 0 happened and had 0, then class 1, which had 1/2
    "one column": {"label": [0, 1], "prob": [1.0, 0.5]},
    "two columns": {"label": [0, 1], "p_0": [0.0, 0.5], "p_1": [1.0, 0.5]},
    "three columns": {"label": [0, 1], "p_0": [0, 0.5], "p_1": [1, 0.5], "p_2": [0.0, 0.0]},
    "shares of one": {"label": [0.0, 1.0], "prob": [1.0, 0.5]},
    "two labels": {"y_a": [0, 1], "y_b": [0, 0], "p_a": [1.0, 0.5], "p_b": [1.0, 0.5]},
}


@pytest.mark.parametrize(
    ("clip", "most"),  # −log of the clip
    [
        (1e-17, 39.14394658089878),
        (1e-15, 34.538776394910684),
        (1e-300, 690.7755278982137),
        ("auto", 36.04365338911715),
    ],
)
@pytest.mark.parametrize("layout", CERTAIN)
def test_a_clip_bounds_the_loss_at_minus_its_log_in_every_layout(
    layout: str, clip: Any, most: float
) -> None:
    options: dict[str, Any] = {"task": "multilabel"} if layout == "two labels" else {}
    result = score(pd.DataFrame(CERTAIN[layout]), clip=clip, **options)
    expected = pytest.approx((most + LOG_2) / 2, rel=1e-15)
    assert result.metrics["cross_entropy"] == expected
    assert result.metrics["max"] == pytest.approx(most, rel=1e-15)
    assert result.rows["clipped"] == 1


@pytest.mark.parametrize(
    ("dtype", "most"), [("float32", 15.942385152878742), ("float16", 6.931471805599453)]
)
def test_the_clip_of_a_stored_type_is_its_epsilon(dtype: str, most: float) -> None:
    """−log 2**-23 and −log 2**-10."""
    for layout in ("one column", "two columns"):
        columns = {
            name: values if name == "label" else pd.Series(values, dtype=dtype)
            for name, values in CERTAIN[layout].items()
        }
        assert score(pd.DataFrame(columns)).metrics["max"] == pytest.approx(most, rel=1e-15)


# Token probabilities, which have no labels


def tokens(dtype: str) -> pd.DataFrame:
    """The probabilities of the sample's tokens, of which the least is e^−53."""
    logprobs = pd.read_csv(SAMPLES / "tokens.csv")["logprob"]
    return pd.DataFrame({"prob": np.exp(logprobs).astype(dtype)})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_token_probabilities_above_0_keep_their_surprisals(dtype: str) -> None:
    rows = tokens(dtype)
    result = score(rows, task="likelihood")
    expected = np.exp(-np.log(rows["prob"].astype(np.float64)).mean())
    assert result.metrics["perplexity"] == pytest.approx(expected, rel=1e-12)
    assert result.metrics["perplexity"] == pytest.approx(118_583, abs=1)
    assert result.rows["clipped"] == 0
    assert result.warnings == ()


def test_an_explicit_clip_bounds_token_probabilities_above_0_as_well() -> None:
    result = score(tokens("float32"), task="likelihood", clip=2.0**-23)
    assert result.metrics["perplexity"] == pytest.approx(9_776, abs=1)
    (note,) = (note for note in result.warnings if note.code == "clipped")
    assert "all are above 0, so --clip none leaves the loss finite" in note.message


def test_a_token_probability_of_0_costs_the_epsilon_of_its_type() -> None:
    rows = tokens("float32")
    rows.loc[4, "prob"] = 0.0
    result = score(rows, task="likelihood", per_row=True)
    losses = result.rows_frame()["loss"]
    assert losses[4] == pytest.approx(15.942385152878742, rel=1e-15)  # −log 2**-23
    assert losses.max() == pytest.approx(52.96, abs=0.01)
    assert result.rows["clipped"] == 1
    (note,) = (note for note in result.warnings if note.code == "clipped")
    assert "1 row has a probability of 0" in note.message
    assert "--clip none shows infinity" in note.message
    assert "|clip:0=1.2e-07|" in result.signature
    assert score(rows, task="likelihood", clip="none").metrics["cross_entropy"] == np.inf


def test_what_follows_from_token_probabilities_is_not_clipped_either() -> None:
    """Groups, weights, the convention of ce itself, and a comparison."""
    rows = pd.DataFrame({"prob": [1e-30, 0.5, 0.0], "w": [1.0, 2.0, 1.0], "g": ["a", "a", "b"]})
    last = 36.04365338911715  # −log 2**-52
    expected = (69.07755278982137 + 2 * LOG_2 + last) / 4
    result = score(rows, task="likelihood", weight="w", by="g", conventions=True)
    assert result.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-15)
    own = result.conventions[0]
    assert own.cross_entropy == result.metrics["cross_entropy"]
    assert own.why == "1 row of probability 0 raised to 2.2e-16"
    compared = compare({"a": rows, "b": rows}, task="likelihood", weight="w")
    assert {one.metrics["cross_entropy"] for one in compared.models} == {own.cross_entropy}


def test_a_typed_token_probability_is_clipped_only_if_it_is_0() -> None:
    for typed, words in (("1e-20", "46.05"), ("0", "36.04")):
        page = run_ce("explain", "--q", typed).stdout
        assert words in page
        assert ("clipped" in page) == (typed == "0")


def test_a_baseline_of_clipped_zeros_names_the_clip_to_use(tmp_path: Any) -> None:
    path = write_csv(tmp_path / "tokens.csv", {"prob": [0.5, 0.25]})
    options = ("--task", "likelihood")
    baseline = tmp_path / "old.json"
    baseline.write_text(run_ce("score", path, *options, "--json").stdout)
    given = ("--baseline", baseline, "--max-regression", "1%")
    assert run_ce("gate", path, *options, *given).returncode == 0
    (line,) = complaints(run_ce("gate", path, *options, *given, "--clip", "1e-9"), 3)
    assert "the baseline has 0=2.2e-16" in line
    assert "use --clip auto" in line


# How many of what was clipped was above 0


@pytest.mark.parametrize(
    ("probs", "end"),
    [
        ([1e-20, 0.9], "it is above 0, so --clip none leaves the loss finite"),
        ([1e-20, 1e-30], "all are above 0, so --clip none leaves the loss finite"),
        ([1e-20, 1e-30, 0.0], "2 are above 0; --clip none shows infinity for the others"),
        ([0.0, 1e-20, 0.0], "1 is above 0; --clip none shows infinity for the others"),
        ([0.0, 0.0], "--clip none shows infinity"),
    ],
)
def test_the_warning_says_how_many_clipped_values_were_above_0(
    probs: list[float], end: str
) -> None:
    rows = pd.DataFrame({"label": 1, "prob": probs})
    several = pd.DataFrame({"label": 1, "p_0": 1 - rows["prob"], "p_1": rows["prob"]})
    for data in (rows, several):
        (note,) = (note for note in score(data).warnings if note.code == "clipped")
        assert note.message.endswith(f" ({end}).")
        finite = np.isfinite(score(data, clip="none").metrics["cross_entropy"])
        assert finite == (0.0 not in probs)


def test_a_probability_of_1_for_the_other_class_is_0() -> None:
    rows = pd.DataFrame({"label": [0, 1], "prob": [1.0, 1e-20]})
    (note,) = (note for note in score(rows).warnings if note.code == "clipped")
    assert note.message.endswith("(1 is above 0; --clip none shows infinity for the others).")


def test_compare_and_inspect_say_how_many_were_above_0() -> None:
    rows = pd.DataFrame({"label": [0, 1] * 20, "prob": [0.0, 0.9] * 19 + [1.0, 1e-20]})
    notes = compare({"a": rows, "b": rows}).warnings
    messages = [note.message for note in notes if note.code == "clipped"]
    messages += [one.message for one in inspect(rows).findings if one.code == "clipped"]
    assert len(messages) == 3
    assert all("(1 is above 0; " in message for message in messages)


def test_soft_and_independent_labels_are_above_0_only_if_every_outcome_is() -> None:
    soft = pd.DataFrame({"label": [0.5, 0.5], "prob": [1e-20, 1e-30]})
    pairs = pd.DataFrame({"y_a": [1, 1], "y_b": [1, 1], "p_a": [1e-20, 1e-20], "p_b": [0.0, 0.5]})
    for result, words in (
        (score(soft), "(all are above 0, "),
        (score(pairs, task="multilabel"), "(1 is above 0; "),
    ):
        (note,) = (note for note in result.warnings if note.code == "clipped")
        assert words in note.message


def test_the_count_above_0_does_not_depend_on_blocks_and_files(tmp_path: Any) -> None:
    parts = ([0.0, 1e-20], [1e-30], [0.0, 1e-40])
    paths = [
        write_csv(tmp_path / f"{n}.csv", {"label": [1] * len(probs), "prob": probs})
        for n, probs in enumerate(parts)
    ]
    (note,) = (note for note in score_json(*paths)["warnings"] if note["code"] == "clipped")
    assert note["count"] == 5
    assert "3 are above 0" in note["message"]
