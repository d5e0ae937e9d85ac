"""The same numbers as scikit-learn and scipy on random predictions of 2 to 1000 classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.special import log_expit, log_softmax, softmax
from sklearn.metrics import accuracy_score, brier_score_loss, d2_log_loss_score, log_loss

from ce_cli import score
from ce_cli.results.score import Result

Array = NDArray[Any]

ROWS = 3000
DTYPES = ["float64", "float32"]
CLASSES = [2, 3, 10, 1000]
pytestmark = pytest.mark.filterwarnings("ignore:The y_p")  # float32 sums are not 1 in float64


def logits_of(classes: int, dtype: str, rows: int | None = None) -> Array:
    """Logits of so many rows; of very many classes fewer, but of more than one batch."""
    rng = np.random.default_rng(classes)
    rows = rows or (800 if classes == 1000 else ROWS)
    return rng.normal(0.0, 4.0, (rows, classes)).astype(dtype)


def labels_for(logits: Array) -> Array:
    """Drawn from the predictions, but for some that are drawn from a hat."""
    rng = np.random.default_rng(1)
    likely = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return np.where(
        rng.random(len(logits)) < 0.2, rng.integers(0, logits.shape[1], len(logits)), likely
    )


def weights_for(count: int) -> Array:
    weights = np.random.default_rng(2).lognormal(0.0, 2.0, count)
    weights[::7] = 0.0
    return weights


def scored(columns: dict[str, Any], source: str, folder: Path, **options: Any) -> Result:
    """Score columns as a DataFrame, or as a file that pandas wrote."""
    frame = pd.DataFrame(columns)
    if source == "frame":
        return score(frame, **options)
    path = folder / f"preds.{source}"
    if source == "parquet":
        frame.to_parquet(path, row_group_size=300)
    else:
        frame.to_csv(path, index=False)
    return score(path, threads=2, **options)


def class_columns(matrix: Array, stem: str) -> dict[str, Array]:
    return {f"{stem}_{code}": matrix[:, code] for code in range(matrix.shape[1])}


def expected(labels: Array, probabilities: Array, weights: Array | None) -> dict[str, float]:
    """What scikit-learn makes of it: in float64, clipped by the eps of the stored type."""
    eps = np.finfo(probabilities.dtype).eps
    exact = probabilities.astype(np.float64)
    clipped = np.clip(exact, eps, 1.0 - eps)
    codes = list(range(exact.shape[1]))
    shares = exact / exact.sum(axis=1, keepdims=True)
    return {
        "cross_entropy": log_loss(labels, clipped, labels=codes, sample_weight=weights),
        "skill": d2_log_loss_score(labels, clipped, labels=codes, sample_weight=weights),
        "accuracy": accuracy_score(labels, exact.argmax(axis=1), sample_weight=weights),
        "brier": brier_score_loss(
            labels,
            shares[:, 1] if len(codes) == 2 else shares,
            labels=codes,
            sample_weight=weights,
        ),
    }


def assert_close(result: Result, numbers: dict[str, float], brier: float = 1e-12) -> None:
    for name, number in numbers.items():
        tolerance = brier if name == "brier" else 1e-12
        assert result.metrics[name] == pytest.approx(number, rel=tolerance), name


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("source", ["frame", "parquet"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("classes", CLASSES)
def test_probabilities_of_every_class(
    classes: int, dtype: str, source: str, weighted: bool, tmp_path: Path
) -> None:
    logits = logits_of(classes, dtype)
    labels, probabilities = labels_for(logits), softmax(logits, axis=1)
    weights = weights_for(len(labels)) if weighted else None
    columns = {"label": labels, **class_columns(probabilities, "p")}
    options: dict[str, Any] = {}
    if weights is not None:
        columns["w"], options["weight"] = weights, "w"
    result = scored(columns, source, tmp_path, **options)
    assert result.task == ("binary" if classes == 2 else "multiclass")
    # scikit-learn's brier score wants rows that sum to 1, so float32 had to be renormalised for it
    assert_close(
        result, expected(labels, probabilities, weights), 1e-5 if dtype == "float32" else 1e-12
    )
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    counting = np.ones(len(labels), np.bool_) if weights is None else weights > 0
    assert result.rows["clipped"] == int(((given < np.finfo(dtype).eps) & counting).sum())


@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("source", ["frame", "parquet", "csv"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_one_probability(dtype: str, source: str, weighted: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    prob = rng.beta(0.3, 0.3, ROWS).astype(dtype)
    labels = (rng.random(ROWS) < prob).astype(np.int64)
    weights = weights_for(ROWS) if weighted else None
    columns: dict[str, Any] = {"label": labels, "prob": prob}
    options: dict[str, Any] = {}
    if weights is not None:
        columns["w"], options["weight"] = weights, "w"
    if source == "csv":  # whose numbers have no width: eps is that of float64, which is wide
        prob = pd.Series(prob.astype(str)).astype(np.float64).to_numpy()
    both = np.column_stack([1.0 - prob.astype(np.float64), prob])
    eps = np.finfo(prob.dtype).eps
    numbers = expected(labels, np.clip(both, eps, 1.0 - eps), weights)
    numbers["brier"] = brier_score_loss(labels, prob.astype(np.float64), sample_weight=weights)
    numbers["accuracy"] = accuracy_score(labels, prob > 0.5, sample_weight=weights)
    assert_close(scored(columns, source, tmp_path, **options), numbers)


@pytest.mark.parametrize("label", [0, 1])
def test_labels_of_one_class_only(label: int) -> None:
    prob = np.random.default_rng(4).random(ROWS)
    result = score(pd.DataFrame({"label": label, "prob": prob}))
    labels = np.full(ROWS, label)
    assert result.metrics["cross_entropy"] == pytest.approx(log_loss(labels, prob, labels=[0, 1]))
    assert result.metrics["brier"] == pytest.approx(np.mean((prob - label) ** 2))
    assert result.metrics["baseline"] == 0.0
    assert "one_class" in [warning.code for warning in result.warnings]


@pytest.mark.parametrize("source", ["frame", "parquet"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("stem", ["logit", "logprob"])
@pytest.mark.parametrize("classes", CLASSES)
def test_logits_are_softmaxed(
    classes: int, stem: str, dtype: str, source: str, tmp_path: Path
) -> None:
    logits = logits_of(classes, dtype)
    labels = labels_for(logits)
    stored = logits if stem == "logit" else log_softmax(logits, axis=1)
    columns = {"label": labels, **class_columns(stored, stem)}
    result = scored(columns, source, tmp_path, per_row=True)
    logs = stored.astype(np.float64)
    if stem == "logit":
        logs = log_softmax(logs, axis=1)
    losses = -logs[np.arange(len(labels)), labels]
    np.testing.assert_allclose(result.rows_frame()["loss"], losses, rtol=1e-12, atol=1e-15)
    assert result.metrics["cross_entropy"] == pytest.approx(losses.mean(), rel=1e-13)
    assert result.metrics["accuracy"] == accuracy_score(labels, stored.argmax(axis=1))


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_logit_is_the_log_odds(dtype: str) -> None:
    logit = np.random.default_rng(5).normal(0.0, 30.0, ROWS).astype(dtype)
    labels = np.random.default_rng(6).integers(0, 2, ROWS)
    result = score(pd.DataFrame({"label": labels, "logit": logit}), per_row=True)
    losses = -log_expit(np.where(labels == 1, logit, -logit).astype(np.float64))
    np.testing.assert_allclose(result.rows_frame()["loss"], losses, rtol=1e-15)
    assert result.metrics["cross_entropy"] == pytest.approx(losses.mean(), rel=1e-14)


@pytest.mark.parametrize("classes", CLASSES)
def test_a_list_column_is_scored_as_its_columns_are(classes: int) -> None:
    logits = logits_of(classes, "float64", 500)
    labels, probabilities = labels_for(logits), softmax(logits, axis=1)
    listed = score(pd.DataFrame({"label": labels, "probs": list(probabilities)}))
    spread = score(pd.DataFrame({"label": labels, **class_columns(probabilities, "p")}))
    assert listed.metrics == spread.metrics


@pytest.mark.parametrize("classes", [3, 10])
def test_shuffled_columns_and_text_labels_change_nothing(classes: int) -> None:
    logits = logits_of(classes, "float64")
    labels, probabilities = labels_for(logits), softmax(logits, axis=1)
    names = [f"class {code}" for code in range(classes)]
    order = np.random.default_rng(7).permutation(classes)
    shuffled = pd.DataFrame({f"p_{names[code]}": probabilities[:, code] for code in order})
    result = score(shuffled.assign(target=pd.Categorical([names[code] for code in labels])))
    assert list(result.classes) == [names[code] for code in order]
    assert_close(result, expected(labels, probabilities, None))
