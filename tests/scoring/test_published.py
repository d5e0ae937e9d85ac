"""Numbers that others have published: from manuals, tests and papers, each with its source.

An example is a few rows and what its source says of them, to the digits that it gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import explain, score
from tests.conftest import score_json, write_csv

Rows = dict[str, Any]
Matrix = Sequence[Sequence[float]]
Example = tuple[Rows, dict[str, Any], str, str]  # with options, a metric, and what was published

SINGLE = 1e-6  # what computing in single precision may change, relatively
EXACT = 15  # digits of a whole number


def agrees(found: float | None, published: str) -> None:
    """Check that a number is what was published, rounded or cut off after the last digit."""
    assert found is not None
    digits = len(published.partition(".")[2]) or EXACT
    assert found == pytest.approx(float(published), rel=SINGLE, abs=10.0**-digits)


def classes(labels: list[Any], predictions: Matrix, names: list[Any]) -> Rows:
    """A label, and a column of predictions for each class."""
    columns = zip(names, zip(*predictions, strict=True), strict=True)
    return {"label": labels, **{f"p_{name}": list(column) for name, column in columns}}


def two(labels: list[Any], predictions: list[float], name: str = "prob") -> Rows:
    return {"label": labels, name: predictions}


def several(labels: Matrix, predictions: Matrix, stem: str = "p") -> Rows:
    """A column of labels and one of predictions for each of the classes a, b, …."""
    rows: Rows = {}
    for kind, matrix in (("y", labels), (stem, predictions)):
        for name, column in zip("abc", zip(*matrix, strict=False), strict=False):
            rows[f"{kind}_{name}"] = list(column)
    return rows


SPAM = classes(
    ["spam", "ham", "ham", "spam"],
    [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]],
    ["ham", "spam"],
)
BRIER = [0.1, 0.9, 0.8, 0.3]
BREAKFAST = classes(
    ["eggs", "ham", "spam"],
    [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.2, 0.2, 0.6]],
    ["eggs", "ham", "spam"],
)
SHARES = [0.5, 0.25, 0.25]
SURE = [[0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98]]
WRONG = [[0.1, 0.6, 0.3], [0.1, 0.6, 0.3], [0.4, 0.5, 0.1]]

# scikit-learn: the user guide, "Metrics and scoring" (doc/modules/model_evaluation.rst), and the
# examples of the functions
SCIKIT_LEARN: dict[str, Example] = {
    "log_loss, user guide": (
        classes([0, 0, 1, 1], [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.01, 0.99]], [0, 1]),
        {},
        "cross_entropy",
        "0.1738",
    ),
    "log_loss": (SPAM, {}, "cross_entropy", "0.21616"),
    "brier_score_loss, user guide": (
        two([0, 1, 1, 0], [0.1, 0.9, 0.8, 0.4]),
        {},
        "brier",
        "0.055",
    ),
    "brier_score_loss": (two([0, 1, 1, 0], BRIER), {}, "brier", "0.0375"),
    "brier_score_loss of the other class": (
        two([0, 1, 1, 0], [1 - one for one in BRIER]),
        {"positive": 0},
        "brier",
        "0.0375",
    ),
    "brier_score_loss of text": (
        two(["spam", "ham", "ham", "spam"], BRIER),
        {"positive": "ham"},
        "brier",
        "0.0375",
    ),
    "brier_score_loss of decisions": (two([0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0]), {}, "brier", "0"),
    "brier_score_loss of three classes": (BREAKFAST, {}, "brier", "0.146"),
    "roc_auc_score, user guide": (
        two([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]),
        {},
        "auc",
        "0.75",
    ),
    "d2_log_loss_score of the shares": (
        classes([1, 1, 2, 3], [SHARES] * 4, [1, 2, 3]),
        {},
        "skill",
        "0",
    ),
    "d2_log_loss_score": (classes([1, 2, 3], SURE, [1, 2, 3]), {}, "skill", "0.981"),
    "d2_log_loss_score below 0": (classes([1, 2, 3], WRONG, [1, 2, 3]), {}, "skill", "-0.552"),
}

SOFT = [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]]
HOT = [[0, 1, 0], [0, 0, 1]]
PAIRS = several([[0, 1], [0, 0]], [[0.6, 0.4], [0.4, 0.6]])
LOGITS = [-18.6, 0.51, 2.94, -12.8]

# Keras 3: keras/src/losses/losses.py and keras/src/metrics/probabilistic_metrics.py
KERAS: dict[str, Example] = {
    "BinaryCrossentropy": (PAIRS, {"task": "multilabel"}, "cross_entropy", "0.81492424"),
    "BinaryCrossentropy, weighted": (
        {**PAIRS, "w": [1, 0]},
        {"task": "multilabel", "weight": "w"},
        "cross_entropy",
        "0.9162905",
    ),
    "BinaryCrossentropy of logits": (
        two([0, 1, 0, 0], LOGITS, "logit"),
        {},
        "cross_entropy",
        "0.865458",
    ),
    "BinaryCrossentropy of logits, summed up": (
        several([[0, 1], [0, 0]], [LOGITS[:2], LOGITS[2:]], "logit"),
        {"task": "multilabel"},
        "total",
        "1.730",
    ),
    "CategoricalCrossentropy": (several(HOT, SOFT), {}, "cross_entropy", "1.1769392"),
    "CategoricalCrossentropy, weighted": (
        {**several(HOT, SOFT), "w": [0.3, 0.7]},
        {"weight": "w"},
        "cross_entropy",
        "1.6271976",
    ),
    "CategoricalCrossentropy, summed up": (several(HOT, SOFT), {}, "total", "2.354"),
    "SparseCategoricalCrossentropy": (
        classes([1, 2], SOFT, [0, 1, 2]),
        {},
        "cross_entropy",
        "1.1769392",
    ),
}

ODDS = [0.2, 0.3, 0.5, 0.1, 0.3, 0.5, 0.2, 0.4]
CLICKS = [0, 0, 1, 0, 1, 0, 1, 1]
WEIGHTS = [5, 1, 2, 3, 4, 7, 1, 1]
ODD_LOGITS = [math.log(one / (1 - one)) for one in ODDS]
WORDS = [[0.3659, 0.7025, 0.3104], [0.0097, 0.6577, 0.1947]]
SENTENCES = [
    [0.3633, 0.7777, 0.3111, 0.1134],
    [0.5543, 0.4387, 0.8176, 0.4565],
    [0.1324, 0.1465, 0.2822, 0.6654],
    [0.0956, 0.6523, 0.8914, 0.3653],
    [0.3289, 0.7254, 0.8121, 0.4196],
    [0.3233, 0.7775, 0.8731, 0.4001],
]
NORMALIZED = "normalized_cross_entropy"

# torcheval: torcheval/metrics/functional/classification/{auroc,binary_normalized_entropy}.py and
# tests/metrics/functional/{text/test_perplexity,classification/test_normalized_entropy}.py;
# torchmetrics: torchmetrics/functional/classification/auroc.py
PYTORCH: dict[str, Example] = {
    "binary_normalized_entropy": (two([1, 0], [0.2, 0.3]), {}, NORMALIZED, "1.4183"),
    "binary_normalized_entropy, weighted": (
        {**two([1, 0], [0.2, 0.3]), "w": [5, 1]},
        {"weight": "w"},
        NORMALIZED,
        "3.1087",
    ),
    "binary_normalized_entropy of logits": (
        two([1, 0], [-1.3863, -0.8473], "logit"),
        {},
        NORMALIZED,
        "1.4183",
    ),
    "binary_normalized_entropy of 8 rows": (two(CLICKS, ODDS), {}, NORMALIZED, "1.0461657328"),
    "binary_normalized_entropy of 8 rows, weighted": (
        {**two(CLICKS, ODDS), "w": WEIGHTS},
        {"weight": "w"},
        NORMALIZED,
        "1.0060274419",
    ),
    "binary_normalized_entropy of 8 logits, weighted": (
        {**two(CLICKS, ODD_LOGITS, "logit"), "w": WEIGHTS},
        {"weight": "w"},
        NORMALIZED,
        "1.0060274419",
    ),
    "perplexity": (
        classes([2, 1], WORDS, [0, 1, 2]),
        {"as_": "logits"},
        "perplexity",
        "2.759287357330",
    ),
    "perplexity of sentences": (
        classes([2, 1, 3, 1, 0, 1], SENTENCES, [0, 1, 2, 3]),
        {"as_": "logits"},
        "perplexity",
        "3.944433212280",
    ),
    "perplexity without padding": (
        classes([2, 100], WORDS, [0, 1, 2]),
        {"as_": "logits", "ignore_label": [100]},
        "perplexity",
        "3.537154912949",
    ),
    "perplexity without a class": (
        classes([2, 1, 3, 1, 0, 1], SENTENCES, [0, 1, 2, 3]),
        {"as_": "logits", "ignore_label": [1]},
        "perplexity",
        "4.053068637848",
    ),
    "binary_auroc": (two([1, 0, 1, 1], [0.1, 0.5, 0.7, 0.8]), {}, "auc", "0.6667"),
    "binary_auroc of ties": (two([1, 0, 1, 0], [1.0, 1.0, 1.0, 0.0]), {}, "auc", "0.7500"),
    "torchmetrics binary_auroc": (two([0, 1, 1, 0], [0.0, 0.5, 0.7, 0.8]), {}, "auc", "0.5000"),
}

# Hugging Face evaluate: metrics/brier_score/README.md, which calls the labels predictions
HUGGING_FACE: dict[str, Example] = {
    "brier_score": (two([0, 0, 1, 1], [0.1, 0.9, 0.8, 0.3]), {}, "brier", "0.3375"),
}

EXAMPLES = {
    f"{tool}: {name}": example
    for tool, examples in (
        ("scikit-learn", SCIKIT_LEARN),
        ("Keras", KERAS),
        ("PyTorch", PYTORCH),
        ("Hugging Face", HUGGING_FACE),
    )
    for name, example in examples.items()
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_of_a_manual_comes_out_as_printed(name: str) -> None:
    rows, options, metric, published = EXAMPLES[name]
    agrees(score(pd.DataFrame(rows), metric=metric, **options).metrics[metric], published)


@pytest.mark.parametrize(
    ("tool", "options"),
    [
        ("scikit-learn: log_loss", ()),
        ("scikit-learn: brier_score_loss of text", ("--positive", "ham")),
        ("Keras: BinaryCrossentropy", ("--task", "multilabel")),
        ("Keras: CategoricalCrossentropy, weighted", ("--weight", "w")),
        ("PyTorch: perplexity without padding", ("--as", "logits", "--ignore-label", "100")),
    ],
)
def test_an_example_comes_out_on_the_command_line(
    tool: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    rows, _, metric, published = EXAMPLES[tool]
    document = score_json(write_csv(tmp_path / "f.csv", rows), *options)
    agrees(document["metrics"][metric], published)


def losses(rows: Rows, **options: Any) -> list[float]:
    frame = score(pd.DataFrame(rows), per_row=True, **options).rows_frame()
    return list(frame["loss"])


def test_rows_cost_what_tensorflow_prints() -> None:
    """The examples of ``tf.nn.sigmoid_cross_entropy_with_logits`` and of its softmax sibling, and
    of ``keras.losses.BinaryCrossentropy`` and ``CategoricalCrossentropy`` without reduction.
    """
    sigmoid = two([0, 0, 0, 1, 1, 1, 0.5], [1, -1, 0, 1, -1, 0, 0], "logit")
    softmax = several(
        [[1.0, 0.0, 0.0], [0.0, 0.8, 0.2]], [[4.0, 2.0, 1.0], [0.0, 5.0, 1.0]], "logit"
    )
    half, whole = "0.6931472", ("1.3132617", "0.3132617")
    printed = {
        (*whole, half, *reversed(whole), half, half): losses(sigmoid),
        ("0.16984604", "0.82474494"): losses(softmax),
        ("0.235", "1.496"): losses(
            several([[0, 1], [0, 0]], [LOGITS[:2], LOGITS[2:]], "logit"), task="multilabel"
        ),
        ("0.0513", "2.303"): losses(several(HOT, SOFT)),
    }
    for expected, found in printed.items():
        for number, published in zip(found, expected, strict=True):
            agrees(number, published)


@pytest.mark.parametrize(
    ("p", "q", "base", "published"),
    [
        # Kullback, Information Theory and Statistics (1959), table 2.1, example 2.1: a binomial
        # and a uniform distribution; the numbers are those of Wikipedia, "Kullback–Leibler
        # divergence", section "Basic example"
        ("9/25 12/25 4/25", "1/3 1/3 1/3", "e", "0.0852996"),
        ("1/3 1/3 1/3", "9/25 12/25 4/25", "e", "0.097455"),
        # the manual of D's std.numeric.kullbackLeiblerDivergence
        ([0.0, 0.0, 0.0, 1.0], [0.25] * 4, "2", "2"),
        ([0.25] * 4, [0.2, 0.2, 0.2, 0.4], "2", "0.0719281"),
        ([0.2, 0.2, 0.2, 0.4], [0.25] * 4, "2", "0.0780719"),
    ],
)
def test_divergences_are_those_of_textbooks(p: Any, q: Any, base: Any, published: str) -> None:
    found = explain(p=p, q=q, base=base)
    agrees(found.kl_divergence, published)
    labels = [[part.label or 0.0 for part in found.parts]]
    predictions = [[part.prediction for part in found.parts]]
    columns: Rows = {"labels": labels, "probs": predictions}
    agrees(score(pd.DataFrame(columns), base=base).metrics["kl_divergence"], published)


def test_a_divergence_from_what_cannot_happen_is_infinite() -> None:
    """As the same manual has it."""
    found = explain(p=[0.25] * 4, q=[0.0, 0.0, 0.0, 1.0], clip="none")
    assert found.kl_divergence == math.inf


def test_forecasts_of_rain_cost_as_much_as_published() -> None:
    """Wikipedia, "Brier score": rain that was forecast with 100, 70, 30 and 50 %, and with 0 %."""
    for forecast, published in ((1.0, "0"), (0.7, "0.09"), (0.3, "0.49"), (0.5, "0.25"), (0, "1")):
        rain = pd.DataFrame({"label": [1], "prob": [float(forecast)]})
        agrees(score(rain, metric="brier").metrics["brier"], published)


def test_bits_per_byte_go_with_perplexity_as_in_the_table_of_gpt_neo() -> None:
    """EleutherAI/gpt-neo, README, "Linguistic Reasoning": Pile BPB and Pile PPL of two models.

    Both had the same text in the same tokens, so the bytes of a token that one pair of figures
    implies turn the other perplexity into the other bits per byte. The Pile (Gao et al. 2020,
    section 3.1) has the formula.
    """
    size = math.log(6.159) / math.log(2) / 0.7527  # bytes of a token, a bit more than 3
    tokens = {"logprob": [-math.log(5.646)] * 2, "n": [3, 4], "w": [4 - size, size - 3]}
    metrics = score(pd.DataFrame(tokens), bytes="n", weight="w").metrics
    agrees(metrics["perplexity"], "5.646")
    assert metrics["bits_per_byte"] == pytest.approx(0.7165, rel=5e-4)  # of four digits each


def test_calibration_errors_are_those_of_torchmetrics_where_the_bins_agree() -> None:
    """``multiclass_calibration_error(preds, target, num_classes=3, n_bins=3, norm="l1")``.

    Its three bins hold these rows as fifteen do: (8/15, 9/15] and (13/15, 14/15].
    """
    preds = np.array(
        [[0.25, 0.20, 0.55], [0.55, 0.05, 0.40], [0.10, 0.30, 0.60], [0.90, 0.05, 0.05]]
    )
    rows = classes([0, 1, 2, 0], preds.tolist(), [0, 1, 2])
    agrees(score(pd.DataFrame(rows), metric="ece").metrics["ece"], "0.2000")
