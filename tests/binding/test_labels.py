"""Labels that are not one class a row: shares, counts, several at once, or none."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, hamming_loss, log_loss
from sklearn.utils.class_weight import compute_sample_weight

from ce_cli import score
from ce_cli.kernels import forms
from ce_cli.kernels.outcomes import Hard, Multilabel, Outcomes, Soft, indicator, smoothed
from tests.conftest import SAMPLES, complaints, run_ce, score_json, write_csv, write_parquet

Floats = NDArray[np.float64]

USAGE, BAD_DATA = 2, 3
ROWS, CLASSES = 300, ("cat", "dog", "owl")
RNG = np.random.default_rng(5)
SHARES = RNG.dirichlet((0.5, 1.0, 2.0), ROWS)
PREDICTED = RNG.dirichlet((1.0, 1.0, 1.0), ROWS)
WEIGHTS = RNG.exponential(1.0, ROWS)
CODES = np.array([RNG.choice(3, p=row) for row in PREDICTED])
TRUE = (RNG.random((ROWS, 3)) < 0.3).astype(int)


def family(stem: str, matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
    return {f"{stem}_{name}": column for name, column in zip(CLASSES, matrix.T, strict=True)}


def metrics_of(columns: Mapping[str, Any], **options: Any) -> dict[str, float]:
    return score(pd.DataFrame(dict(columns)), **options).metrics


# Shares


@pytest.mark.parametrize("weighted", [False, True])
def test_soft_labels_split_into_entropy_and_divergence(weighted: bool) -> None:
    columns = {**family("y", SHARES), **family("p", PREDICTED), "w": WEIGHTS}
    got = metrics_of(columns, weight="w" if weighted else None)
    weights = WEIGHTS if weighted else None
    entropy = np.average(scipy.stats.entropy(SHARES, axis=1), weights=weights)
    divergence = np.average(scipy.stats.entropy(SHARES, PREDICTED, axis=1), weights=weights)
    assert got["entropy"] == pytest.approx(entropy, rel=1e-12)
    assert got["kl_divergence"] == pytest.approx(divergence, rel=1e-12)
    assert got["cross_entropy"] == pytest.approx(entropy + divergence, rel=1e-12)
    baseline = scipy.stats.entropy(np.average(SHARES, axis=0, weights=weights))
    assert got["baseline"] == pytest.approx(baseline, rel=1e-12)


def test_columns_named_one_by_one_match_in_that_order(tmp_path: Path) -> None:
    columns = {"won": SHARES[:, 0], "lost": 1 - SHARES[:, 0]}
    columns |= {"first": PREDICTED[:, 0], "second": 1 - PREDICTED[:, 0]}
    path = write_parquet(tmp_path / "f.parquet", columns)
    labels, preds = ("--label", "won", "--label", "lost"), ("--pred", "first", "--pred", "second")
    document = score_json(path, *labels, *preds)
    named = metrics_of(
        {"y_a": columns["won"], "y_b": columns["lost"]}
        | {"p_a": columns["first"], "p_b": columns["second"]}
    )
    assert document["metrics"]["cross_entropy"] == named["cross_entropy"]
    turned = score_json(path, *labels[2:], *labels[:2], *preds[2:], *preds[:2])
    assert turned["columns"]["label"] == ["lost", "won"]
    assert turned["metrics"]["cross_entropy"] == named["cross_entropy"]
    (line,) = complaints(run_ce("score", path, *labels, "--pred", "*[dt]"), BAD_DATA)
    assert "--classes" in line


def test_soft_binary_numbers_are_two_shares() -> None:
    shares, predicted = SHARES[:, 0], PREDICTED[:, 0]
    one = score(pd.DataFrame({"label": shares, "prob": predicted})).metrics
    two = metrics_of(
        {"y_0": 1 - shares, "y_1": shares, "p_0": 1 - predicted, "p_1": predicted},
    )
    for name in one:
        assert one[name] == pytest.approx(two[name], rel=1e-11), name


def test_the_mean_over_classes_by_their_share_is_the_mean() -> None:
    result = score(pd.DataFrame({**family("y", SHARES), **family("p", PREDICTED)}))
    frame = result.per_class_frame()
    assert frame["class"].tolist() == list(CLASSES)
    mean = np.average(frame["cross_entropy"], weights=frame["weight_sum"])
    assert mean == pytest.approx(result.metrics["cross_entropy"], rel=1e-12)


def test_a_class_without_a_share_may_be_impossible() -> None:
    columns = {"y_a": [1.0], "y_b": [0.0], "p_a": [1.0], "p_b": [0.0]}
    assert metrics_of(columns, clip="none")["cross_entropy"] == 0.0
    columns = {"y_a": [0.5], "y_b": [0.5], "p_a": [1.0], "p_b": [0.0]}
    result = score(pd.DataFrame(columns), clip="none")
    assert result.metrics["cross_entropy"] == math.inf
    clipped = score(pd.DataFrame(columns))
    assert clipped.rows["clipped"] == 1
    assert clipped.metrics["cross_entropy"] == pytest.approx(0.5 * 52 * math.log(2))


def test_counts_of_annotators_are_that_many_rows() -> None:
    counts = np.random.default_rng(8).multinomial(5, (0.2, 0.3, 0.5), ROWS)
    columns = {**family("votes", counts), **family("p", PREDICTED)}
    repeated = np.repeat(PREDICTED, 5, axis=0)
    labels = np.concatenate([np.repeat(np.arange(3), row) for row in counts])
    got = metrics_of(columns, label_counts=True)["cross_entropy"]
    assert got == pytest.approx(log_loss(labels, repeated), rel=1e-12)


# Smoothing and class weights


@pytest.mark.parametrize("smoothing", [0.1, 0.5])
def test_smoothing_is_what_the_smoothed_labels_score(smoothing: float) -> None:
    names = [CLASSES[code] for code in CODES]
    got = metrics_of({"label": names, **family("p", PREDICTED)}, label_smoothing=smoothing)
    shares = np.full((ROWS, 3), smoothing / 3)
    shares[np.arange(ROWS), CODES] += 1 - smoothing
    written = metrics_of({**family("y", shares), **family("p", PREDICTED)})
    plain = metrics_of({"label": names, **family("p", PREDICTED)})
    of_what_happened = ("accuracy", "brier", "baseline", "normalized_cross_entropy", "skill")
    for name in got:
        expected = plain[name] if name in of_what_happened else written[name]
        assert got[name] == pytest.approx(expected, rel=1e-12), name
    uniform = -np.log(PREDICTED).mean()
    unsmoothed = log_loss(CODES, PREDICTED)
    expected = (1 - smoothing) * unsmoothed + smoothing * uniform
    assert got["cross_entropy"] == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["hard", "soft", "independent", "single"])
def test_smoothing_leaves_what_is_of_the_labels_as_they_happened(kind: str) -> None:
    """To the bit, in groups and their intervals too; and with weights."""
    every: dict[str, dict[str, Any]] = {
        "hard": {"label": [CLASSES[code] for code in CODES], **family("p", PREDICTED)},
        "soft": {**family("y", SHARES), **family("p", PREDICTED)},
        "independent": {**family("y", TRUE), **family("p", PREDICTED)},
        "single": {"label": TRUE[:, 0], "prob": PREDICTED[:, 0]},
    }
    options: dict[str, Any] = {"task": "multilabel"} if kind == "independent" else {}
    data = pd.DataFrame(every[kind] | {"w": WEIGHTS, "g": np.arange(ROWS) % 2})
    plain, got = (
        score(data, metric="all", weight="w", by="g", label_smoothing=e, **options)
        for e in (0.0, 0.1)
    )
    names = {"accuracy", "brier", "baseline", "normalized_cross_entropy", "skill", "confidence"}
    names |= {"ece", "bias", "auc"} & set(plain.metrics)
    for one, other in ((plain, got), *zip(plain.groups, got.groups, strict=True)):
        for name in names:
            assert one.metrics[name] == other.metrics[name], name  # type: ignore[attr-defined]
            assert one.intervals.get(name) == other.intervals.get(name), name  # type: ignore[attr-defined]
    assert got.calibration == plain.calibration
    shares = [(one.name, one.rows, one.weight_sum) for one in got.per_class]
    assert shares == [(one.name, one.rows, one.weight_sum) for one in plain.per_class]
    assert got.metrics["entropy"] > plain.metrics["entropy"]
    assert got.metrics["cross_entropy"] != plain.metrics["cross_entropy"]


def test_a_perfect_ranking_stays_one_under_smoothing() -> None:
    data = {"label": [0, 0, 1, 1], "prob": [0.1, 0.3, 0.6, 0.9]}
    assert metrics_of(data, metric="auc", label_smoothing=0.1)["auc"] == 1.0


@pytest.mark.parametrize("kind", ["hard", "soft"])
def test_the_mean_over_classes_is_that_over_rows_under_smoothing(kind: str) -> None:
    labels = {"label": [CLASSES[code] for code in CODES]} if kind == "hard" else family("y", SHARES)
    data = pd.DataFrame({**labels, **family("p", PREDICTED)})
    result = score(data, label_smoothing=0.1)
    total = sum(one.weight_sum * one.cross_entropy for one in result.per_class)
    assert total == pytest.approx(ROWS * result.metrics["cross_entropy"], rel=1e-12)


@pytest.mark.parametrize("classes", [2, 3])
def test_a_decomposition_is_of_the_labels_as_they_happened(tmp_path: Path, classes: int) -> None:
    predicted = {f"p_{name}": PREDICTED[:, k] for k, name in enumerate(CLASSES)}
    columns: dict[str, Any] = {"label": [CLASSES[code] for code in CODES], **predicted}
    if classes == 2:
        columns = {"label": CODES == 0, "prob": PREDICTED[:, 0]}
    path = write_csv(tmp_path / "f.csv", columns)
    plain = score_json(path, "--decompose")
    got = score_json(path, "--decompose", "--label-smoothing", "0.1")
    assert got["decomposition"] == plain["decomposition"]
    assert got["decomposition"]["uncertainty"] == got["metrics"]["baseline"]
    page = run_ce("score", path, "--decompose", "--label-smoothing", "0.1").stdout
    assert "nats, before label smoothing" in page


@pytest.mark.parametrize("values", ["probabilities", "logits"])
def test_smoothing_of_two_classes_is_the_same_for_one_column(values: Any) -> None:
    numbers = np.log(PREDICTED[:, 0]) if values == "logits" else PREDICTED[:, 0]
    odds = 1 / (1 + np.exp(-numbers)) if values == "logits" else numbers
    labels = CODES == 0
    got = metrics_of({"y": labels, "score": numbers}, as_=values, label_smoothing=0.2)
    soft = np.where(labels, 0.9, 0.1)
    expected = -(soft * np.log(odds) + (1 - soft) * np.log(1 - odds)).mean()
    assert got["cross_entropy"] == pytest.approx(expected, rel=1e-12)


def test_class_weights_are_weights_of_rows() -> None:
    names = [CLASSES[code] for code in CODES]
    columns = {"label": names, **family("p", PREDICTED), "w": WEIGHTS}
    given_weights = {"dog": 2.5, "owl": 0.0}
    of_rows = compute_sample_weight({"cat": 1.0} | given_weights, names)
    got = metrics_of(columns, class_weight=given_weights)["cross_entropy"]
    assert got == pytest.approx(log_loss(CODES, PREDICTED, sample_weight=of_rows), rel=1e-12)
    got = metrics_of(columns, class_weight=given_weights, weight="w")["cross_entropy"]
    expected = log_loss(CODES, PREDICTED, sample_weight=of_rows * WEIGHTS)
    assert got == pytest.approx(expected, rel=1e-12)


def test_balanced_weights_balance_the_weights_of_the_rows() -> None:
    """The same as scikit-learn 1.9's compute_class_weight("balanced", …, sample_weight=w)."""
    data = {"y": [0, 0, 0, 1], "w": [1, 1, 1, 9], "q": [0.2, 0.3, 0.1, 0.6]}
    got = metrics_of(data, class_weight="balanced", weight="w", label="y", pred="q")
    assert got["cross_entropy"] == pytest.approx(0.36961, abs=5e-6)
    scaled = data | {"w": [1e306, 1e306, 1e306, 9e306]}
    assert metrics_of(scaled, class_weight="balanced", weight="w", label="y", pred="q")[
        "cross_entropy"
    ] == pytest.approx(0.36961, abs=5e-6)


def test_a_class_without_weight_is_not_balanced() -> None:
    labels, weights = np.array([0, 0, 1, 1, 2]), [1.0, 3.0, 2.0, 0.0, 0.0]
    columns = {f"p_{k}": PREDICTED[:5, k] for k in range(3)} | {"label": labels, "w": weights}
    got = metrics_of(columns, class_weight="balanced", weight="w")["cross_entropy"]
    own = -np.log(PREDICTED[np.arange(5), labels])
    of_classes = (own[0] + 3 * own[1]) / 4, own[2]
    assert got == pytest.approx(np.mean(of_classes), rel=1e-12)


def test_balanced_weights_are_those_of_scikit_learn(tmp_path: Path) -> None:
    labels = [CLASSES[code] for code in CODES]
    path = write_csv(tmp_path / "f.csv", {"label": labels, **family("p", PREDICTED)})
    document = score_json(path, "--class-weight", "balanced")
    expected = log_loss(CODES, PREDICTED, sample_weight=compute_sample_weight("balanced", labels))
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    assert "class_weight:balanced" in document["signature"]
    lone = [row["cross_entropy"] for row in document["per_class"]]
    assert document["metrics"]["cross_entropy"] == pytest.approx(np.mean(lone), rel=1e-12)


def test_ignored_labels_are_left_out_whatever_is_in_their_rows(tmp_path: Path) -> None:
    columns = {"label": ["1", "-100", "0", "-100.0"], "prob": ["0.5", "", "0.5", "7"]}
    document = score_json(write_csv(tmp_path / "f.csv", columns), "--ignore-label", "-100")
    assert document["metrics"]["cross_entropy"] == math.log(2)
    assert document["rows"] | {"read": 4, "scored": 2, "ignored": 2} == document["rows"]


# Several labels at once


@pytest.mark.parametrize("values", ["probabilities", "logits"])
def test_independent_labels_are_the_mean_of_binary_scores(values: Any) -> None:
    chances = RNG.random((ROWS, 3))
    numbers = np.log(chances) - np.log1p(-chances) if values == "logits" else chances
    result = score(
        pd.DataFrame({**family("y", TRUE), **family("p", numbers), "w": WEIGHTS}),
        task="multilabel",
        as_=values,
        weight="w",
    )
    got = result.metrics
    pairs = list(zip(TRUE.T, chances.T, strict=True))
    losses = [log_loss(y, q, sample_weight=WEIGHTS) for y, q in pairs]
    assert got["cross_entropy"] == pytest.approx(np.mean(losses), rel=1e-11)
    assert result.per_class_frame()["cross_entropy"].tolist() == pytest.approx(losses, rel=1e-11)
    errors = [brier_score_loss(y, q, sample_weight=WEIGHTS) for y, q in pairs]
    assert got["brier"] == pytest.approx(np.mean(errors), rel=1e-11)
    wrong = hamming_loss(TRUE, chances > 0.5, sample_weight=WEIGHTS)
    assert got["accuracy"] == pytest.approx(1 - wrong, rel=1e-12)
    shares = np.average(TRUE, axis=0, weights=WEIGHTS)
    constants = [
        log_loss(y, np.full(ROWS, s), sample_weight=WEIGHTS)
        for y, s in zip(TRUE.T, shares, strict=True)
    ]
    assert got["baseline"] == pytest.approx(np.mean(constants), rel=1e-11)


def test_rows_of_independent_labels_have_no_class(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {**family("y", TRUE), **family("p", PREDICTED)})
    document = score_json(path, "--task", "multilabel", "--worst", "1")
    assert document["task"] == "multilabel"
    assert document["classes"] == list(CLASSES)
    (row,) = document["worst"]
    assert row["label"] is None
    assert row["predicted"] is None
    assert row["probability"] == pytest.approx(math.exp(-row["loss"]))
    done = run_ce("score", path, "--task", "multilabel", "--per-row", "-")
    first = done.stdout.splitlines()[1]
    assert first.startswith("1,,")
    assert first.endswith(",,")


# No label


def test_perplexity_of_a_fair_die_is_its_number_of_sides(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {"token": list("abcd"), "logprob": [math.log(0.25)] * 4})
    document = score_json(path, "--base", "2")
    assert document["task"] == "likelihood"
    assert document["columns"]["label"] == []
    assert document["metrics"]["perplexity"] == pytest.approx(4.0, rel=1e-15)
    assert document["metrics"]["cross_entropy"] == pytest.approx(2.0, rel=1e-15)
    assert document["metrics"].keys().isdisjoint({"accuracy", "brier", "skill", "entropy"})
    assert document["per_class"] == []


def test_a_probability_without_a_label_needs_an_option(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {"prob": [0.5, 0.0]})
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "--label" in line
    assert "--task" not in line
    document = score_json(path, "--task", "likelihood")
    assert document["rows"]["clipped"] == 1
    assert document["metrics"]["total"] == pytest.approx(53 * math.log(2), rel=1e-15)


# Maps that name only some of the classes


def sparse(tmp_path: Path, rows: list[tuple[str, dict[str, float]]]) -> Path:
    path = tmp_path / "f.jsonl"
    lines = [json.dumps({"label": label, "probs": probs}) for label, probs in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_maps_may_name_the_likeliest_classes_only(tmp_path: Path) -> None:
    rows = [("cat", {"cat": 0.5, "dog": 0.25}), ("owl", {"owl": 0.5, "cat": 0.5})]
    document = score_json(sparse(tmp_path, rows))
    assert document["metrics"]["cross_entropy"] == math.log(2)
    assert document["classes"] == ["cat", "dog", "owl"]
    warning, *others = document["warnings"]
    assert (warning["code"], warning["count"], warning["rows"]) == ("rest_missing", 1, [1])
    assert [one["code"] for one in others] == ["rare_class"]  # of two rows
    assert "0.25" in warning["message"]


def test_what_happened_has_to_be_named_unless_the_rest_is_nothing(tmp_path: Path) -> None:
    rows = [("owl", {"cat": 0.5, "dog": 0.25}), ("dog", {"cat": 0.5, "owl": 0.5})]
    path = sparse(tmp_path, [("cat", {"cat": 1.0}), *rows])
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    for part in ("row 2", "'probs'", "'owl'", "--missing skip"):
        assert part in line
    document = score_json(path, "--missing", "skip", "--clip", "none")
    assert document["rows"]["skipped"] == 1
    assert document["rows"]["infinite"] == 1


def test_a_class_that_the_first_rows_do_not_name_is_reported(tmp_path: Path) -> None:
    rows = [("cat", {"cat": 0.5, "dog": 0.5})] * 20_000 + [("cat", {"cat": 0.5, "newt": 0.5})]
    path = sparse(tmp_path, rows)
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    for part in ("20,001", "'newt'", "--classes"):
        assert part in line
    assert score_json(path, "--classes", "cat,dog,newt")["metrics"]["cross_entropy"] == math.log(2)


# Errors are one sentence

PAIRS = {"y_a": [1, 0], "y_b": [0, 1], "p_a": [0.5, 0.5], "p_b": [0.5, 0.5]}
BAD: dict[str, tuple[dict[str, Any], str, int, tuple[str, ...]]] = {
    "shares that do not sum to 1": (
        PAIRS | {"y_b": [0, 0.9]},
        "",
        BAD_DATA,
        ("row 2", "0.9", "--label-counts", "--task multilabel"),
    ),
    "a share below 0": (
        {**PAIRS, "y_a": [1, -0.5], "y_b": [0, 1.5]},
        "",
        BAD_DATA,
        ("row 2", "'y_a'", "-0.5"),
    ),
    "a missing share": (PAIRS | {"y_b": [0, None]}, "", BAD_DATA, ("row 2", "'y_b'", "missing")),
    "a count below 0": (
        PAIRS | {"y_b": [0, -1]},
        "--label-counts",
        BAD_DATA,
        ("row 2", "'y_b'", "-1"),
    ),
    "no count": (PAIRS | {"y_b": [0, 0]}, "--label-counts", BAD_DATA, ("row 2", "counts")),
    "a label column without a prediction": (
        PAIRS | {"y_c": [0, 0]},
        "",
        BAD_DATA,
        ("'c'", "no prediction", "--classes"),
    ),
    "a class without a label column": (
        PAIRS | {"p_c": [0, 0]},
        "",
        BAD_DATA,
        ("'c'", "no label column", "--classes"),
    ),
    "label columns of other classes": (
        {"y_a": [1], "y_x": [0], "p_a": [0.5], "p_b": [0.5]},
        "",
        BAD_DATA,
        ("'x'", "'b'"),
    ),
    "an independent label above 1": (
        PAIRS | {"y_a": [1, 2]},
        "--task multilabel",
        BAD_DATA,
        ("row 2", "'y_a'", "2"),
    ),
    "independent labels in one column": (
        {"label": ["a"], "p_a": [0.5], "p_b": [0.5]},
        "--task multilabel",
        USAGE,
        ("--task multilabel", "--label"),
    ),
    "words in a column of shares": (
        PAIRS | {"y_a": ["x", "y"]},
        "--label y_a --label y_b",
        BAD_DATA,
        ("'y_a'", "text"),
    ),
    "a soft label between others": (
        {"label": ["1", "0.5", "x"], "prob": [0.5, 0.5, 0.5]},
        "",
        BAD_DATA,
        ("row 3", "'x'", "--na-value"),
    ),
    "two sets of labels": (
        {**PAIRS, "true_a": [1, 0], "true_b": [0, 1]},
        "",
        BAD_DATA,
        ("'y_a'", "'true_a'", "--label"),
    ),
    "weights for soft labels": (
        {**PAIRS, "y_a": [0.5, 0], "y_b": [0.5, 1]},
        "--class-weight a=2",
        BAD_DATA,
        ("row 1", "--class-weight"),
    ),
    "an unknown class": (
        {"label": [1], "prob": [0.5]},
        "--class-weight 2=2",
        USAGE,
        ("--class-weight", "'2'"),
    ),
    "no weight": ({"label": [1], "prob": [0.5]}, "--class-weight 1=x", USAGE, ("'1=x'",)),
    "a weight below 0": ({"label": [1], "prob": [0.5]}, "--class-weight 1=-1", USAGE, ("-1",)),
    "two weights": (
        {"label": [1], "prob": [0.5]},
        "--class-weight 1=1 --class-weight 1=2",
        USAGE,
        ("twice",),
    ),
    "smoothing above 1": ({"label": [1], "prob": [0.5]}, "--label-smoothing 1.5", USAGE, ("1.5",)),
    "counts of one label": ({"label": [1], "prob": [0.5]}, "--label-counts", USAGE, ("counts",)),
    "nothing but ignored rows": (
        {"label": [-1], "prob": [0.5]},
        "--ignore-label -1",
        BAD_DATA,
        ("no row", "--ignore-label"),
    ),
    "the likelihood of logits": (
        {"logit": [0.5]},
        "--task likelihood",
        USAGE,
        ("logit",),
    ),
    "the likelihood of classes": (
        {"p_a": [0.5], "p_b": [0.5]},
        "--task likelihood",
        USAGE,
        ("--task likelihood",),
    ),
    "a likelihood beside a label": (
        {"label": [1], "prob": [0.5]},
        "--task likelihood --label label",
        USAGE,
        ("--task likelihood",),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_one_sentence_names_the_problem(name: str, tmp_path: Path) -> None:
    columns, options, code, parts = BAD[name]
    path = write_parquet(tmp_path / "bad.parquet", columns)
    message = complaints(run_ce("score", path, *options.split()), code)
    assert len(message) == 1, message
    for part in parts:
        assert part in message[0]


def test_the_length_of_a_list_is_reported_with_its_row(tmp_path: Path) -> None:
    rows = [[0.5, 0.5]] * 16 + [[0.5, 0.25, 0.25]] + [[1.0]]
    path = write_parquet(tmp_path / "bad.parquet", {"label": [0] * 18, "probs": rows})
    (line,) = complaints(run_ce("score", path, "--classes", "0,1"), BAD_DATA)
    for part in ("row 17", "'probs'", "3 numbers", "2 classes", "18"):
        assert part in line


def test_a_padded_label_is_reported_with_the_option_that_leaves_it_out(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "f.parquet", {"label": [0, -100], "probs": [[0.5, 0.5]] * 2})
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "--ignore-label -100" in line
    assert score_json(path, "--ignore-label", "-100")["rows"]["ignored"] == 1


def test_a_label_beyond_the_classes_of_a_list_is_reported(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "f.parquet", {"label": [0, 2], "probs": [[0.5, 0.5]] * 2})
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    for part in ("row 2", "'2'", "'0', '1'", "--classes"):
        assert part in line


# Laws of the kernels


@st.composite
def hard(draw: st.DrawFn) -> Hard:
    classes, rows = draw(st.integers(2, 5)), draw(st.integers(1, 6))
    cells = st.floats(-30, 30)
    drawn = draw(st.lists(cells, min_size=classes * rows, max_size=classes * rows))
    matrix = np.array(drawn).reshape(classes, rows)
    codes = draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows))
    return Hard(forms.Logits(matrix), np.array(codes, np.intp), classes)


def same(one: Outcomes, other: Outcomes) -> None:
    assert one.losses().tobytes() == other.losses().tobytes()
    assert one.correct().tolist() == other.correct().tolist()
    np.testing.assert_allclose(one.squared_errors(), other.squared_errors(), rtol=1e-9, atol=1e-30)


@given(hard())
@settings(deadline=None)
def test_certain_shares_are_hard_labels(outcomes: Hard) -> None:
    shares = indicator(outcomes.codes, outcomes.classes)
    soft = Soft(outcomes.form, shares, outcomes.codes)
    same(soft, outcomes)
    assert soft.entropies().tolist() == [0.0] * len(shares[0])
    unsmoothed = Soft(outcomes.form, smoothed(shares, 0.0, outcomes.classes), outcomes.codes)
    same(unsmoothed, outcomes)


@given(hard(), st.floats(0, 1), st.floats(-100, 100))
@settings(deadline=None)
def test_shifted_logits_change_nothing_for_soft_labels(
    outcomes: Hard, share: float, shift: float
) -> None:
    shares = smoothed(indicator(outcomes.codes, outcomes.classes), share, outcomes.classes)
    form = outcomes.form
    assert isinstance(form, forms.Logits)
    moved = forms.Logits(form.matrix + shift)
    here, there = (Soft(f, shares, outcomes.codes).losses() for f in (form, moved))
    np.testing.assert_allclose(here, there, rtol=1e-9, atol=1e-12)


@given(st.lists(st.tuples(st.floats(-30, 30), st.booleans()), min_size=1, max_size=6))
@settings(deadline=None)
def test_one_independent_label_is_a_binary_label(rows: list[tuple[float, bool]]) -> None:
    logits, labels = (np.array(column) for column in zip(*rows, strict=True))
    codes = labels.astype(np.intp)
    alone = Multilabel(forms.BinaryLogit(logits[np.newaxis]), codes[np.newaxis].astype(np.float64))
    same(alone, Hard(forms.BinaryLogit(logits), codes, 2))


def test_labels_and_samples_agree() -> None:
    """The sample files have hard labels, so their entropy is 0 and nothing is ignored."""
    document = score_json(SAMPLES / "wine.csv")
    assert document["columns"]["label_shape"] == "single"
    assert document["metrics"]["entropy"] == 0
    assert document["rows"]["ignored"] == 0


def binary_forms() -> list[forms.Form]:
    rng = np.random.default_rng(12)
    logits, chances = rng.normal(0, 20, 200), rng.random(200)
    matrix = rng.dirichlet(np.ones(3), 200).T
    return [
        forms.BinaryProbability(chances),
        forms.BinaryLogit(logits),
        forms.BinaryLogprob(np.log(chances)),
        forms.Probabilities(matrix),
        forms.Logits(np.log(matrix)),
        forms.Logprobs(np.log(matrix)),
    ]


@pytest.mark.parametrize("form", binary_forms(), ids=lambda form: type(form).__name__)
def test_hard_labels_among_soft_ones_keep_their_bits(form: forms.Form) -> None:
    """Whether a block holds a soft label depends on how the file was cut."""
    classes = len(form.surprisals())
    codes = np.random.default_rng(13).integers(0, classes, 200).astype(np.intp)
    shares = indicator(codes, classes)
    shares[:, 0] = 1 / classes
    soft, alone = Soft(form, shares, codes), Hard(form, codes, classes)
    for answer in ("losses", "squared_errors", "correct", "label_probability"):
        here, there = getattr(soft, answer)()[1:], getattr(alone, answer)()[1:]
        assert here.tobytes() == there.tobytes(), answer


# What once went wrong


def test_a_lone_prediction_beside_a_list_of_shares_may_be_for_either_class(tmp_path: Path) -> None:
    path = tmp_path / "f.jsonl"
    path.write_text('{"label": [0.75, 0.25], "prob": 0.5}\n{"label": [1, 0], "prob": 0.25}\n')
    first = score_json(path, "--positive", "0", "--base", "2")
    assert first["metrics"]["total"] == 1 + 2
    second = score_json(path, "--base", "2")["metrics"]["total"]
    assert second == pytest.approx(1 - math.log2(0.75), rel=1e-15)
    assert len(complaints(run_ce("score", path, "--positive", "cat"), USAGE)) == 1


def test_smoothing_needs_every_class(tmp_path: Path) -> None:
    path = sparse(tmp_path, [("cat", {"cat": 0.5, "dog": 0.25}), ("owl", {"owl": 1.0})])
    (line,) = complaints(run_ce("score", path, "--label-smoothing", "0.1"), BAD_DATA)
    assert "row 1" in line


def test_shares_are_judged_by_how_they_are_stored(tmp_path: Path) -> None:
    shares = {name: column.astype(np.float32) for name, column in family("y", SHARES).items()}
    path = write_parquet(tmp_path / "f.parquet", {**shares, **family("p", PREDICTED)})
    assert score_json(path)["rows"]["scored"] == ROWS
    rounded = {name: column.round(3) for name, column in family("y", SHARES).items()}
    found = write_parquet(tmp_path / "f.parquet", {**rounded, **family("p", PREDICTED)})
    (line,) = complaints(run_ce("score", found), BAD_DATA)
    assert "sum to 1," not in line


def test_keys_that_name_one_class_twice_are_reported(tmp_path: Path) -> None:
    path = sparse(tmp_path, [("1", {"0": 0.5, "1": 0.5}), ("1", {"1": 0.25, "1.0": 0.5})])
    (line,) = complaints(run_ce("score", path, "--classes", "0,1"), BAD_DATA)
    assert "row 2" in line


def test_a_class_may_have_one_weight_only(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {"label": [1, 0], "prob": [0.5, 0.5]})
    done = run_ce("score", path, *"--class-weight 1=2 --class-weight 1.0=3".split())
    assert "twice" in complaints(done, USAGE)[0]


def test_a_late_soft_label_has_no_class_weight(tmp_path: Path) -> None:
    rows = {"label": [1, 0] * 40_000 + [0.7], "prob": [0.5] * 80_001}
    path = write_csv(tmp_path / "f.csv", rows)
    assert score_json(path)["rows"]["scored"] == 80_001
    for weight in ("1=5", "balanced"):
        (line,) = complaints(run_ce("score", path, "--class-weight", weight), BAD_DATA)
        assert "80,001" in line


def test_balanced_weights_count_rows_and_not_smoothed_shares() -> None:
    rng = np.random.default_rng(9)
    label = (rng.random(50) < 0.2).astype(int)
    columns = {"label": label, "prob": rng.random(50)}
    counts = np.bincount(label)
    named = {str(k): 50 / (2 * counts[k]) for k in (0, 1)}
    expected = metrics_of(columns, label_smoothing=0.1, class_weight=named)["cross_entropy"]
    found = metrics_of(columns, label_smoothing=0.1, class_weight="balanced")["cross_entropy"]
    assert found == pytest.approx(expected, rel=1e-14)
    assert found != metrics_of(columns, label_smoothing=0.1)["cross_entropy"]
