"""AUC, expected calibration error, confidence and bias, against scikit-learn, scipy and pandas."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special, stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score

from ce_cli import score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import BinaryLogit, BinaryProbability
from ce_cli.kernels.outcomes import Hard, Outcomes
from ce_cli.kernels.score_bins import bins_of
from ce_cli.metrics import auc as own
from ce_cli.metrics.auc import Auc
from tests.conftest import run_ce, score_json, write_csv

Floats = NDArray[np.float64]


def drawn(rows: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    logit = rng.normal(0.0, 2.0, rows)
    label = (rng.random(rows) < special.expit(logit)).astype(int)
    segment = rng.choice(["eu", "us"], rows)
    weight = rng.integers(0, 4, rows)
    prob = special.expit(logit + 0.3)
    return pd.DataFrame({"label": label, "prob": prob, "segment": segment, "w": weight})


# AUC


@pytest.mark.parametrize("rows", [50, 3_000, 60_000])
def test_auc_is_scikit_learns(rows: int) -> None:
    data = drawn(rows)
    result = score(data, metric="auc", by="segment", weight="w")
    chosen = [(result.metrics, data)]
    chosen += [(g.metrics, data[data.segment == g.by["segment"]]) for g in result.groups]
    for metrics, some in chosen:
        exact = roc_auc_score(some["label"], some["prob"], sample_weight=some["w"])
        assert metrics["auc"] == pytest.approx(exact, abs=1e-12 if rows < 4_096 else 1e-4)


def test_the_stated_error_holds_and_is_small() -> None:
    data = drawn(60_000)
    metrics = score(data, metric="all").metrics
    exact = roc_auc_score(data["label"], data["prob"])
    assert 0 < abs(metrics["auc"] - exact) <= metrics["auc_error"] < 1e-3


def test_few_distinct_scores_are_exact_however_many_rows() -> None:
    data = drawn(60_000)
    data["prob"] = data["prob"].round(3)
    metrics = score(data, metric="all").metrics
    exact = roc_auc_score(data["label"], data["prob"])
    assert metrics["auc"] == pytest.approx(exact, abs=1e-12)
    assert metrics["auc_error"] == 0.0


def test_one_class_has_no_auc() -> None:
    metrics = score(pd.DataFrame({"label": [1, 1], "prob": [0.2, 0.4]}), metric="auc").metrics
    assert math.isnan(metrics["auc"])


def batch(outcomes: Outcomes, groups: NDArray[np.intp] | None = None) -> Batch:
    rows = np.arange(len(outcomes.codes))
    return Batch(outcomes, None, groups, 1 if groups is None else 2, rows, rows)


@pytest.mark.parametrize("kind", [BinaryProbability, BinaryLogit])
def test_bins_are_the_same_however_rows_are_cut_and_ordered(
    monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    monkeypatch.setattr(own, "MOST_EXACT", 7)
    rng = np.random.default_rng(3)
    scores = rng.random(60).round(2) if kind is BinaryProbability else rng.normal(0, 20, 60)
    labels, groups = rng.integers(0, 2, 60), rng.integers(0, 2, 60)
    for several in (None, groups):
        whole = Auc.of(batch(Hard(kind(scores), labels, 2), several))
        for order in (np.arange(60), rng.permutation(60)):
            parts = [
                Auc.of(
                    batch(
                        Hard(kind(scores[some]), labels[some], 2),
                        None if several is None else several[some],
                    )
                )
                for some in np.array_split(order, 9)
            ]
            merged = parts[0]
            for part in parts[1:]:
                merged = merged.merge(part)
            assert merged == whole
        assert whole.coarse.all()
        together = whole.regroup(np.zeros(len(whole.coarse), np.intp), 1)
        assert together == Auc.of(batch(Hard(kind(scores), labels, 2)))


def test_bins_keep_the_order_of_the_scores() -> None:
    sizes = np.concatenate([10.0 ** np.arange(-25.0, 25.0), [0.5, 1.0], np.linspace(0, 1, 999)])
    scores = np.unique(np.concatenate([-sizes, sizes, 1.0 - sizes[:12], [-np.inf, np.inf]]))
    bins = bins_of(scores)
    assert (np.diff(bins) >= 0).all()
    inside = (scores > 2.0**-60) & (scores < 1.0 - 2.0**-30)
    for low, high in itertools.pairwise(np.flatnonzero(inside)):
        if min(scores[high], 1 - scores[low]) * 2.0**-9 < scores[high] - scores[low]:
            assert bins[low] < bins[high]


# The expected calibration error


def test_ece_of_hand_worked_bins() -> None:
    """Rows of 0.95 are right in 3 of 4 cases, and rows of 0.65 in 1 of 2."""
    data = pd.DataFrame({"label": [1, 1, 1, 0, 1, 0], "prob": [0.95] * 4 + [0.65] * 2})
    expected = 4 / 6 * abs(0.75 - 0.95) + 2 / 6 * abs(0.5 - 0.65)
    assert score(data, metric="ece").metrics["ece"] == pytest.approx(expected, rel=1e-12)


def test_ece_of_two_classes_is_of_the_positive_class() -> None:
    """Of the likelier class, the two halves are 0.2 too high and 0.2 too low in one bin."""
    prob = np.repeat([0.7, 0.3], 100)
    label = np.r_[np.ones(90), np.zeros(10), np.ones(50), np.zeros(50)].astype(int)
    both = {"label": label, "p_0": 1 - prob, "p_1": prob}
    logits = {"label": label, "logit": special.logit(prob)}
    soft = {"label": np.repeat([0.9, 0.5], 100), "prob": prob}
    for data in ({"label": label, "prob": prob}, both, logits, soft):
        result = score(data, metric="ece")
        assert result.metrics["ece"] == pytest.approx(0.2, rel=1e-12)
        assert [one.accuracy for one in result.calibration] == pytest.approx([0.5, 0.9])
        assert [one.confidence for one in result.calibration] == pytest.approx([0.3, 0.7])


def test_ece_of_two_classes_is_that_of_torchmetrics() -> None:
    """torchmetrics 1.9: binary_calibration_error(q, y, n_bins=15, norm="l1"), of repeated rows."""
    k = np.arange(200)
    data = {"label": (k * k % 7 < 3).astype(int), "prob": (37 * k % 200 + 0.5) / 200}
    assert score(data, metric="ece").metrics["ece"] == pytest.approx(0.303, rel=1e-12)
    weighted = score(data | {"w": 1 + k % 3}, metric="ece", weight="w").metrics["ece"]
    assert weighted == pytest.approx(0.30360275689223054, rel=1e-12)


def test_the_bins_of_two_classes_are_those_of_scikit_learns_curve() -> None:
    """Rounded, many probabilities are on the edge of a bin: each bin includes its upper one."""
    data = drawn(3_000)
    data["prob"] = data["prob"].round(1)
    observed, predicted = calibration_curve(data["label"], data["prob"], n_bins=15)
    bins = score(data, metric="ece").calibration
    assert [one.accuracy for one in bins] == pytest.approx(observed.tolist(), rel=1e-12)
    assert [one.confidence for one in bins] == pytest.approx(predicted.tolist(), rel=1e-12)
    for one in bins:
        assert one.low < one.confidence <= one.high or one.low == one.confidence == 0.0


def test_ece_and_bias_name_the_class_that_they_are_of(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "label": ["no", "yes", "no"],
        "yes": [0.2, 0.7, 0.4],
        "no": [0.8, 0.3, 0.6],
    }
    path = write_csv(tmp_path / "two.csv", columns)
    chosen = ("--metric", "ece", "--metric", "bias", "--metric", "brier")
    document = score_json(path, *chosen)
    of = {"of": "positive class", "class": "no"}
    assert document["about"] == {"bias": of, "ece": of}
    assert document["metrics"]["bias"] == pytest.approx((0.8 + 0.3 + 0.6 - 2) / 3)
    page = run_ce("score", path, *chosen).stdout
    assert "bias of class no" in page
    assert "ece of class no" in page
    assert "`bias` is of class no." in run_ce("score", path, *chosen, "--format", "markdown").stdout
    three: dict[str, Any] = {"label": [0, 1, 2]}
    three |= {f"p_{k}": [0.2, 0.3, 0.4] for k in range(3)}
    wide = write_csv(tmp_path / "three.csv", three)
    found = score_json(wide, "--metric", "ece", "--on-bad-sum", "renormalize")
    assert found["about"] == {"ece": {"of": "top class"}}
    assert "ece of top class" in run_ce("score", wide, "--metric", "ece").stdout
    assert score_json(path)["about"] == {}


def test_ece_is_that_of_the_definition() -> None:
    """Guo et al. 2017, equations 2 to 5, with M = 15, by pandas."""
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet(np.ones(4), 500)
    labels = rng.integers(0, 4, 500)
    columns = {f"p_{k}": probabilities[:, k] for k in range(4)}
    rows = pd.DataFrame(
        {
            "confidence": probabilities.max(axis=1),
            "right": probabilities.argmax(axis=1) == labels,
        }
    )
    bins = pd.cut(rows["confidence"], [k / 15 for k in range(16)])
    parts = rows.groupby(bins, observed=True).agg(["sum", "count"])
    gaps = (parts["right"]["sum"] - parts["confidence"]["sum"]).abs()
    result = score(pd.DataFrame({"label": labels, **columns}), metric=["ece", "confidence"])
    assert result.metrics["ece"] == pytest.approx(gaps.sum() / 500, rel=1e-12)
    expected = stats.entropy(probabilities, axis=1).mean()
    assert result.metrics["confidence"] == pytest.approx(expected, rel=1e-12)


def test_certain_predictions_that_are_right_are_calibrated() -> None:
    data = pd.DataFrame({"label": [1, 0, 1], "prob": [1.0, 0.0, 1.0]})
    metrics = score(data, metric="all").metrics
    assert (metrics["ece"], metrics["bias"], metrics["auc"]) == (0.0, 0.0, 1.0)
    assert metrics["confidence"] == pytest.approx(0.0, abs=1e-15)  # but for the clip


def test_bias_is_the_mean_prediction_less_the_observed_rate() -> None:
    data = drawn(500)
    expected = data["prob"].mean() - data["label"].mean()
    assert score(data, metric="bias").metrics["bias"] == pytest.approx(expected, abs=1e-14)
    logits = pd.DataFrame({"label": data["label"], "logit": special.logit(data["prob"])})
    assert score(logits, metric="bias").metrics["bias"] == pytest.approx(expected, abs=1e-12)


def test_the_bins_of_ece_are_in_the_result() -> None:
    data = pd.DataFrame({"label": [1, 1, 1, 0, 1, 0], "prob": [0.95] * 4 + [0.65] * 2})
    low, high = score(data, metric="ece").calibration
    assert (low.rows, low.accuracy, high.rows, high.accuracy) == (2, 0.5, 4, 0.75)
    assert (low.low, low.high) == (9 / 15, 10 / 15)
    assert (low.confidence, high.confidence) == pytest.approx((0.65, 0.95))
    assert score(data).calibration == ()


# What does not apply


def test_metrics_that_do_not_apply_are_named_with_the_reason(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    names = [f"p_{k}" for k in range(3)]
    columns = dict(zip(names, rng.dirichlet(np.ones(3), 30).T, strict=True))
    path = write_csv(tmp_path / "three.csv", {"label": rng.integers(0, 3, 30), **columns})
    document = score_json(path, "--metric", "auc", "--metric", "accuracy")
    assert list(document["metrics"]) == ["accuracy"]
    assert list(document["not_applicable"]) == ["auc"]
    assert "two classes, and there are 3" in document["not_applicable"]["auc"]
    page = run_ce("score", path, "--metric", "auc").stdout
    assert "auc does not apply: it needs two classes, and there are 3." in page
    assert score_json(path)["not_applicable"] == {}
    alone = write_csv(tmp_path / "alone.csv", {"token": ["a", "b"], "logprob": [-1, -2]})
    found = score_json(alone, "--metric", "all")["not_applicable"]
    assert {"accuracy", "brier", "ece", "auc", "bias", "confidence"} <= set(found)
    assert not set(found) & {"cross_entropy", "perplexity", "median", "standard_error"}
