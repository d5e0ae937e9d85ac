"""Other tools' numbers: their published examples, mpmath, scikit-learn, and what they printed."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mpmath import log, mp, mpf
from numpy.typing import NDArray
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.binding.conventions import ConventionCase, convention_of
from ce_cli.errors import DataError, UsageError
from ce_cli.spec import CONVENTIONS

mp.dps = 50
Array = NDArray[Any]

SINGLE = mpf(2) ** -23  # eps of float32
FLOORS = {
    "sklearn": mpf(2) ** -52,
    "keras": mpf(10) ** -7,
    "xgboost": mpf(10) ** -16,
    "lightgbm": mpf(10) ** -15,
    "lightgbm-xentropy": mpf(10) ** -12,
    "yardstick": mpf(2) ** -52,
}
ROUNDING = {"keras": 1e-7, "xgboost": 1e-7}  # relative, of tools in single precision
REST = {**FLOORS, "keras": SINGLE}  # float32 has no 1 − 1e-7 but 1 − 2**-23


def cost(floor: mpf) -> float:
    return float(-log(floor))


def ce(columns: dict[str, Any], convention: str | None = None, **options: Any) -> float:
    result = score(pd.DataFrame(columns), convention=convention, **options)
    return result.metrics["cross_entropy"]


def one(label: int, prob: float) -> dict[str, Any]:
    """A file of one row with one probability."""
    return {"label": [label], "prob": [prob]}


def of_classes(labels: Array | list[int], matrix: Any, stem: str = "p") -> dict[str, Any]:
    columns = np.asarray(matrix, np.float64).T
    return {"label": labels, **{f"{stem}_{k}": column for k, column in enumerate(columns)}}


def test_every_tool_has_its_rule() -> None:
    case = ConventionCase(
        "probabilities", alone=True, shares=False, several=False, epsilon=2.0**-52
    )
    assert [convention_of(name, case).name for name in CONVENTIONS] == list(CONVENTIONS)


# What a probability of 0 costs


@pytest.mark.parametrize("name", FLOORS)
@pytest.mark.parametrize("prob", [0.0, 1e-300, 1e-20])
def test_what_was_given_next_to_nothing_costs_as_much_as_the_floor(name: str, prob: float) -> None:
    assert ce(one(1, prob), name) == pytest.approx(cost(FLOORS[name]), rel=1e-15)
    rows = of_classes([0], [[prob, 0.5, 0.5 - prob]])
    assert ce(rows, name) == pytest.approx(cost(FLOORS[name]), rel=1e-15)


@pytest.mark.parametrize("name", REST)
def test_certainty_of_the_other_class_costs_as_much_as_the_floor(name: str) -> None:
    assert ce(one(0, 1.0), name) == pytest.approx(cost(REST[name]), rel=1e-15)


@pytest.mark.parametrize(
    ("columns", "number"), [(one(1, 0.0), 16.11809539794922), (one(0, 1.0), 15.942384719848633)]
)
def test_keras_clips_in_single_precision(columns: dict[str, Any], number: float) -> None:
    """What `keras.losses.BinaryCrossentropy` of Keras 3.15 returned."""
    assert ce(columns, "keras") == pytest.approx(number, rel=1e-7)


def test_keras_never_gives_less_than_its_upper_end() -> None:
    """`SparseCategoricalCrossentropy` of Keras 3.15 on certain and right predictions."""
    certain = of_classes([0, 1], [[1.0, 0.0], [0.0, 1.0]])
    assert ce(certain, "keras") == pytest.approx(1.1920928955078125e-07, rel=1e-6)


@pytest.mark.parametrize("columns", [one(1, 0.0), one(0, 1.0), of_classes([0], [[0.0, 1.0]])])
def test_no_log_of_torch_is_below_100(columns: dict[str, Any]) -> None:
    """The documentation of `torch.nn.BCELoss`: its logs are clamped to at least −100."""
    assert ce(columns, "torch") == 100.0


def test_torch_has_no_floor_above_that() -> None:
    assert ce(one(1, 1e-40), "torch") == pytest.approx(cost(mpf(10) ** -40), rel=1e-15)
    assert ce(one(0, 1 - 2.0**-53), "torch") == pytest.approx(cost(mpf(2) ** -53), rel=1e-15)


@pytest.mark.parametrize(
    ("prob", "floor"),
    [(1 - 1e-9, 1e-16), (1 - 2.0**-25, 1e-16), (1 - 2.0**-24, 2.0**-24), (1 - 1e-6, 17 / 2**24)],
)
def test_xgboost_stores_predictions_in_single_precision(prob: float, floor: float) -> None:
    """Of XGBoost 3.2, ``logloss`` of label 0 and q = 1 − 1e-9 was 36.84136: float32(q) is 1."""
    assert ce(one(0, prob), "xgboost") == pytest.approx(cost(mpf(floor)), rel=1e-8)


# Printed by XGBoost 3.2: logloss of `Booster.eval`, without a tree, of a DMatrix with these numbers
# as base_margin, for label 0; of probabilities, with the objective reg:squarederror


@pytest.mark.parametrize(
    ("logit", "number"),
    [
        (14.0, 13.99647521972656250),
        (15.0, 14.84377288818359375),
        (16.0, 15.94238471984863281),
        (16.5, 15.94238471984863281),
        (17.0, 36.84136199951171875),
        (100.0, 36.84136199951171875),
        (-50.0, 0.0),
    ],
)
def test_xgboost_makes_probabilities_of_logits_in_single_precision(
    logit: float, number: float
) -> None:
    expected = pytest.approx(number, rel=1e-7)
    assert ce({"label": [0], "logit": [logit]}, "xgboost") == expected
    soft = {"y_a": [0, 0], "y_b": [1, 1], "logit_a": [logit] * 2, "logit_b": [30.0, 40.0]}
    assert 2 * ce(soft, "xgboost", task="multilabel") == expected


def test_xgboost_of_a_row_that_it_knows_and_a_row_that_it_does_not() -> None:
    """Printed likewise: 8.31777 of labels 0 and 1 and margins 16.5 and 0."""
    rows = {"label": [0, 1], "logit": [16.5, 0.0]}
    assert ce(rows, "xgboost") == pytest.approx(8.31776595115661621, rel=1e-7)
    assert ce(rows) == pytest.approx((16.5 + math.log(2)) / 2, rel=1e-7)


@pytest.mark.parametrize(
    ("label", "prob", "number"),
    [
        (0, 0.999999, 13.80231857299804688),
        (0, 0.9999999, 15.94238471984863281),
        (1, 0.999999, 0.00000101327952962),
        (0, 1e-9, 0.0),
        (1, 1e-9, 20.72326660156250000),
        (0, 0.3, 0.35667496919631958),
    ],
)
def test_xgboost_stores_probabilities_in_single_precision(
    label: int, prob: float, number: float
) -> None:
    assert ce(one(label, prob), "xgboost") == pytest.approx(number, rel=1e-6)


@pytest.mark.parametrize(
    ("logits", "numbers"),
    [
        ([0.0, 17.0, 3.0], [17.0, 0.00000083446536792, 14.00000095367431641]),
        ([0.0, 37.0, 1.0], [36.84136199951171875, 0.0, 36.0]),
        ([-17.0, 0.0, -200.0], [17.0, 0.0, 36.84136199951171875]),
    ],
)
def test_the_softmax_of_xgboost_is_in_single_precision(
    logits: list[float], numbers: list[float]
) -> None:
    """Printed likewise: ``mlogloss`` of each label, with the objective multi:softprob."""
    for label, number in enumerate(numbers):
        rows = of_classes([label], [logits], "logit")
        assert ce(rows, "xgboost") == pytest.approx(number, rel=1e-6)


def test_infinite_logits_are_certain_for_tools_as_well() -> None:
    for name in ("xgboost", "lightgbm"):
        assert ce({"label": [1], "logit": [math.inf]}, name) == 0.0
        assert ce(of_classes([0], [[math.inf, 0.0, -math.inf]], "logit"), name) == 0.0
        other = of_classes([1], [[math.inf, 0.0, -math.inf]], "logit")
        assert ce(other, name) == pytest.approx(cost(FLOORS[name]), rel=1e-15)


@pytest.mark.parametrize(
    ("logit", "number"),
    [
        (30.0, 15.000510277717433),
        (33.5, 16.73935201582781),
        (34.0, 16.98210592371866),
        (34.4, 17.21710773834153),
        (34.6, 17.26938819885254),
        (40.0, 17.26938819885254),
    ],
)
def test_lightgbm_makes_probabilities_of_logits_in_double_precision(
    logit: float, number: float
) -> None:
    """``binary_logloss`` of labels 0 and 1 that LightGBM 4.6 recorded, as init_score."""
    rows = {"label": [0, 1], "logit": [logit, logit]}
    assert ce(rows, "lightgbm") == pytest.approx(number, rel=1e-9)


def test_keras_has_predictions_in_single_precision() -> None:
    """−log(1 − float32(1 − 1e-6)); the nearest float32 is 1 − 17/2**24."""
    assert ce(one(0, 1 - 1e-6), "keras") == pytest.approx(cost(17 / mpf(2) ** 24), rel=1e-8)


@pytest.mark.parametrize(("labels", "floor"), [([0.5, 0.25], 1e-12), ([1, 0], 1e-15)])
def test_lightgbm_has_another_floor_for_shares(labels: list[float], floor: float) -> None:
    probs = [1.0, 1.0]
    share = sum(1 - label for label in labels) / 2
    expected = share * cost(mpf(floor))
    assert ce({"label": labels, "prob": probs}, "lightgbm") == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_of_lightgbm_has_its_floor_for_hard_labels_too() -> None:
    """``cross_entropy`` of labels 0 and 1 that LightGBM 4.6 recorded, with an init_score of 30."""
    rows = {"label": [0, 1], "logit": [30.0, 30.0]}
    assert ce(rows, "lightgbm-xentropy") == pytest.approx(13.81551055796432, rel=1e-13)
    assert ce(one(1, 0.0), "lightgbm-xentropy") == pytest.approx(27.63102111592855, rel=1e-13)
    shares = {"label": [0.5, 0.25], "prob": [1.0, 0.3]}
    assert ce(shares, "lightgbm-xentropy") == ce(shares, "lightgbm")


# Ordinary rows


@pytest.mark.parametrize("name", CONVENTIONS)
def test_ordinary_rows_cost_the_same_everywhere(name: str) -> None:
    rng = np.random.default_rng(1)
    labels, probs = rng.integers(0, 2, 500), rng.uniform(0.001, 0.999, 500)
    exact = sum(log(mpf(p) if y else 1 - mpf(p)) for y, p in zip(labels, probs, strict=True))
    expected = float(-exact / 500)
    rounding = ROUNDING.get(name, 1e-14)
    assert ce({"label": labels, "prob": probs}, name) == pytest.approx(expected, rel=rounding)


@pytest.mark.filterwarnings("ignore:The y_p")
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("classes", [1, 2, 5])
def test_sklearn_is_scikit_learn(classes: int, dtype: str, weighted: bool) -> None:
    rng = np.random.default_rng(classes)
    matrix = rng.dirichlet([0.02] * max(classes, 2), 400).astype(dtype)
    labels = rng.integers(0, max(classes, 2), 400)
    weights = rng.lognormal(size=400) if weighted else None
    columns: dict[str, Any] = {"label": labels}
    columns |= (
        {"prob": matrix[:, 1]} if classes == 1 else {f"p_{k}": matrix[:, k] for k in range(classes)}
    )
    options = {}
    if weights is not None:
        columns["w"], options["weight"] = weights, "w"
    eps = float(np.finfo(dtype).eps)
    exact = columns["prob"].astype(np.float64) if classes == 1 else matrix.astype(np.float64)
    both = np.column_stack([1 - exact, exact]) if classes == 1 else exact
    clipped = np.clip(both, eps, 1 - eps)  # in float64, as log_loss does it in the type itself
    expected = log_loss(labels, clipped, labels=range(both.shape[1]), sample_weight=weights)
    assert ce(columns, "sklearn", **options) == pytest.approx(expected, rel=1e-12)


# Published examples


CROSS = of_classes([1, 2], [[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]])


def test_keras_documents_categorical_crossentropy() -> None:
    """Docstrings of `CategoricalCrossentropy` and `SparseCategoricalCrossentropy`, Keras 3."""
    assert ce(CROSS, "keras") == pytest.approx(1.177, abs=5e-4)
    weighted = {**CROSS, "w": [0.3, 0.7]}
    assert ce(weighted, "keras", weight="w") == pytest.approx(0.814, abs=5e-4)
    onehot = {key: value for key, value in weighted.items() if key != "label"}
    onehot |= {"y_0": [0, 0], "y_1": [1, 0], "y_2": [0, 1]}
    assert ce(onehot, "keras", weight="w") == pytest.approx(0.814, abs=5e-4)


def test_keras_documents_binary_crossentropy() -> None:
    """Docstrings of `binary_crossentropy` and `BinaryCrossentropy`, Keras 3, cut off."""
    labels = {"y_a": [0, 0], "y_b": [1, 0]}
    probabilities = {"p_a": [0.6, 0.4], "p_b": [0.4, 0.6]}
    rows = score(
        pd.DataFrame({**labels, **probabilities}),
        convention="keras",
        task="multilabel",
        per_row=True,
    ).rows_frame()
    assert rows["loss"].to_list() == pytest.approx([0.916, 0.714], abs=5e-4)
    logits = {"label": [0, 1, 0, 0], "logit": [-18.6, 0.51, 2.94, -12.8]}
    assert ce(logits, "keras") == pytest.approx(0.8654, abs=1e-4)
    pairs = {**labels, "logit_a": [-18.6, 2.94], "logit_b": [0.51, -12.8], "w": [0.8, 0.2]}
    assert ce(pairs, "keras", task="multilabel") == pytest.approx(0.8654, abs=1e-4)
    assert ce(pairs, "keras", task="multilabel", weight="w") == pytest.approx(0.243, abs=1e-3)


def test_yardstick_tests_three_classes() -> None:
    """``test-prob-mn_log_loss.R`` of yardstick: "Three class"."""
    matrix = [
        [1, 0, 0],
        [0.8, 0.05, 0.15],
        [0.51, 0.29, 0.2],
        [0.1, 0.8, 0.1],
        [0.2, 0.6, 0.2],
        [0.3, 0.3, 0.4],
    ]
    happened = (1, 0.8, 0.51, 0.8, 0.6, 0.4)
    expected = -sum(math.log(q) for q in happened) / 6
    assert ce(of_classes([0, 0, 0, 1, 1, 2], matrix), "yardstick") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("labels", "probs", "expected"),
    [
        ([1, 0], [0.139615143995101, 0], 0.9844328),
        ([1, 0, 1], [0.139615143995101, 0, 0], 12.6708396674381),
        ([1, 0, 1], [0.5, 0.5, 0], 12.476649250079),
        ([1, 0, 0], [0.5, 0.5, 1], 12.476649250079),
    ],
)
def test_yardstick_tests_the_ends(labels: list[int], probs: list[float], expected: float) -> None:
    """The same file: "Issue #29", and the min/max rule (#103)."""
    found = ce({"label": labels, "prob": probs}, "yardstick")
    assert found == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("probs", "weights", "expected"),
    [
        ([0, 0, 1, 1], [1, 1, 1, 1], 0.0),
        ([0.5, 1e-17, 1.0, 0.9], [1, 1, 1, 1], 0.1996),
        ([0.1, 0.9, 0.1, 0.9], [1, 1, 1, 1], 1.2039),
        ([0.1, 0.9, 0.1, 0.9], [1, 2, 9, 8], 1.3138),
    ],
)
def test_xgboost_tests_logloss(probs: list[float], weights: list[float], expected: float) -> None:
    """``tests/cpp/metric/test_elementwise_metric.h`` of XGBoost."""
    found = ce({"label": [0, 0, 1, 1], "prob": probs, "w": weights}, "xgboost", weight="w")
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("labels", "matrix", "weights", "expected"),
    [
        ([0, 1, 2], np.eye(3), [1, 1, 1], 0.0),
        ([0, 1, 2], np.full((3, 3), 0.1), [1, 1, 1], 2.302),
        ([0, 1], [[0.8, 0.2], [0.6, 0.4]], [1, 3], (-math.log(0.8) - 3 * math.log(0.4)) / 4),
        ([0], [[0, 1]], [1], -math.log(1e-16)),
    ],
)
def test_xgboost_tests_mlogloss(
    labels: list[int], matrix: Any, weights: list[float], expected: float
) -> None:
    """``tests/cpp/metric/test_multiclass_metric.h`` of XGBoost."""
    found = ce({**of_classes(labels, matrix), "w": weights}, "xgboost", weight="w")
    assert found == pytest.approx(expected, abs=1e-3)


# Brier's score


def test_yardstick_halves_the_brier_score_of_any_number_of_classes() -> None:
    """`brier_class` is Σ (y − q)² / (2n); scikit-learn's only for two classes, as that of ce."""
    rows = of_classes([0, 2], [[0.5, 0.2, 0.3], [0.1, 0.1, 0.8]])
    whole = ((0.5**2 + 0.2**2 + 0.3**2) + (0.1**2 + 0.1**2 + 0.2**2)) / 2
    pair = of_classes([0, 1], [[0.7, 0.3], [0.4, 0.6]])
    half = (0.3**2 + 0.4**2) / 2
    for name in (None, *CONVENTIONS):
        options: dict[str, Any] = {"convention": name, "metric": "brier"}
        expected = whole / 2 if name == "yardstick" else whole
        assert score(pd.DataFrame(rows), **options).metrics["brier"] == pytest.approx(expected)
        assert score(pd.DataFrame(pair), **options).metrics["brier"] == pytest.approx(half)
    soft = {f"y_{k}": column for k, column in enumerate(np.eye(3)[[0, 2]].T * 0.5 + 0.5 / 3)}
    frame = pd.DataFrame({**soft, **{key: rows[key] for key in ("p_0", "p_1", "p_2")}})
    plain, halved = (
        score(frame, convention=name, metric="brier").metrics["brier"]
        for name in (None, "yardstick")
    )
    assert halved == pytest.approx(plain / 2, rel=1e-15)


# What weights are divided by


def test_torch_divides_a_single_probability_by_the_number_of_rows() -> None:
    """What `BCELoss` of torch 2.15 returned for weights of 3 and 1."""
    rows = {"label": [0, 0], "prob": [0.2, 0.9], "w": [3, 1]}
    assert ce(rows, "torch", weight="w") == pytest.approx(1.4860078734683375, rel=1e-15)


def test_torch_divides_classes_by_the_sum_of_their_weights() -> None:
    """What `NLLLoss` of torch 2.15 returned for class weights of 1, 2 and 5."""
    rows = of_classes([0, 1, 2], [[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])
    found = ce(rows, "torch", class_weight={1: 2, 2: 5})
    assert found == pytest.approx(1.0616845830998651, rel=1e-15)
    logs = {key: np.log(value) if key != "label" else value for key, value in rows.items()}
    renamed = {key.replace("p_", "logprob_"): value for key, value in logs.items()}
    found = ce(renamed, "torch", class_weight={1: 2, 2: 5})
    assert found == pytest.approx(1.0616845830998651, rel=1e-15)


@pytest.mark.parametrize(
    "name", ["sklearn", "xgboost", "lightgbm", "lightgbm-xentropy", "yardstick"]
)
def test_others_divide_by_the_sum_of_weights(name: str) -> None:
    rows = {"label": [0, 0], "prob": [0.2, 0.9], "w": [3, 1]}
    expected = log_loss([0, 0], [0.2, 0.9], sample_weight=[3, 1], labels=[0, 1])
    assert ce(rows, name, weight="w") == pytest.approx(expected, rel=ROUNDING.get(name, 1e-14))


def test_all_that_is_a_mean_loss_is_divided_by_the_number_of_rows() -> None:
    """Weights of 2 double what is divided by rows, and nothing that is a ratio or no loss."""
    rng = np.random.default_rng(3)
    rows = {"label": rng.integers(0, 2, 60), "prob": rng.uniform(0.1, 0.9, 60), "g": [1, 2] * 30}
    frame = pd.DataFrame(rows).assign(w=2.0)
    options: dict[str, Any] = {"convention": "keras", "metric": "all", "by": "g"}
    plain, doubled = score(frame, **options), score(frame, weight="w", **options)
    for name in ("cross_entropy", "standard_error", "baseline", "kl_divergence", "confidence"):
        assert doubled.metrics[name] == pytest.approx(2 * plain.metrics[name], rel=1e-12)
    for name in ("skill", "normalized_cross_entropy", "accuracy", "brier", "ece", "max"):
        assert doubled.metrics[name] == pytest.approx(plain.metrics[name], rel=1e-12)
    assert math.log(doubled.metrics["perplexity"]) == pytest.approx(
        doubled.metrics["cross_entropy"]
    )
    for name in ("cross_entropy", "confidence"):
        twice, once = doubled.intervals[name], plain.intervals[name]
        assert (twice.low, twice.high) == pytest.approx((2 * once.low, 2 * once.high), rel=1e-12)
    for twice_of, once_of in zip(doubled.groups, plain.groups, strict=True):
        expected = 2 * once_of.metrics["cross_entropy"]
        assert twice_of.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    shares = [line.cross_entropy for line in doubled.per_class]
    once_shares = [2 * line.cross_entropy for line in plain.per_class]
    assert shares == pytest.approx(once_shares, rel=1e-12)


# Sums that are not 1


@pytest.mark.parametrize("name", CONVENTIONS)
def test_keras_alone_divides_rows_by_their_sum(name: str) -> None:
    found = ce(of_classes([0], [[0.5, 0.5, 0.5]]), name)
    assert found == pytest.approx(math.log(3 if name == "keras" else 2), rel=1e-15)


def test_keras_divides_log_probabilities_by_their_sum_too() -> None:
    logs = of_classes([0], np.log([[0.5, 0.5, 0.5]]), "logprob")
    assert ce(logs, "keras") == pytest.approx(math.log(3), rel=1e-15)


# Logits and log-probabilities


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_logits_have_no_floor_in_torch_and_keras(name: str) -> None:
    assert ce({"label": [1], "logit": [-500.0]}, name) == 500.0
    assert ce(of_classes([0], [[-700.0, 0.0]], "logit"), name) == 700.0


@pytest.mark.parametrize(
    "name", ["sklearn", "xgboost", "lightgbm", "lightgbm-xentropy", "yardstick"]
)
def test_other_tools_turn_logits_into_probabilities(name: str) -> None:
    for columns in ({"label": [1], "logit": [-500.0]}, of_classes([0], [[-700.0, 0.0]], "logit")):
        assert ce(columns, name) == pytest.approx(cost(FLOORS[name]), rel=1e-15)


def test_log_probabilities_have_no_floor_in_torch() -> None:
    columns = of_classes([0], [[-700.0, 0.0]], "logprob")
    assert ce(columns, "torch") == 700.0
    assert ce(columns, "keras") == pytest.approx(cost(FLOORS["keras"]), rel=1e-15)
    assert ce({"token": ["a"], "logprob": [-700.0]}, "torch") == 700.0
    assert ce({"token": ["a"], "logprob": [-700.0]}, "yardstick") == pytest.approx(
        cost(FLOORS["yardstick"]), rel=1e-15
    )


# Labels of other kinds


@pytest.mark.parametrize("name", ["torch", "keras", "xgboost"])
def test_shares_pay_for_each_class_by_its_floor(name: str) -> None:
    happened, rest = (100.0, 100.0) if name == "torch" else (cost(FLOORS[name]), cost(REST[name]))
    found = ce({"label": [0.25, 0.25], "prob": [0.0, 1.0]}, name)
    assert found == pytest.approx((0.25 * happened + 0.75 * rest) / 2, rel=1e-6)


@pytest.mark.parametrize("name", ["torch", "keras"])
def test_several_labels_are_averaged_each_with_its_floor(name: str) -> None:
    happened, rest = (100.0, 100.0) if name == "torch" else (cost(FLOORS[name]), cost(REST[name]))
    rows = {"y_a": [1], "y_b": [0], "y_c": [1], "p_a": [0.0], "p_b": [1.0], "p_c": [0.5]}
    found = ce(rows, name, task="multilabel")
    assert found == pytest.approx((happened + rest + math.log(2)) / 3, rel=1e-15)


def test_torch_with_smoothed_labels_and_class_weights_is_refused() -> None:
    """`CrossEntropyLoss` of torch weighs every class's part of a smoothed label by itself."""
    frame = pd.DataFrame(CROSS)
    with pytest.raises(UsageError, match="label_smoothing and class_weight"):
        score(frame, convention="torch", label_smoothing=0.1, class_weight={1: 2})
    found = score(frame, conventions=True, label_smoothing=0.1, class_weight={1: 2})
    torch = next(line for line in found.conventions if line.convention == "torch")
    assert math.isnan(torch.cross_entropy)
    assert "not computed" in torch.why


# Rows


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("xgboost", {"label": [1, 0, 1], "prob": [0.7, 0.2, 0.6]}),
        ("xgboost", {"label": [1, 0, 1], "logit": [0.7, -1.2, 9.0]}),
        ("xgboost", of_classes([0, 1, 2], [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]])),
        ("keras", {"label": [1, 0, 1], "prob": [0.7, 0.2, 0.6]}),
        ("keras", of_classes([0, 1, 0], [[0.5, 0.6], [0.2, 0.9], [0.3, 0.75]])),
        ("lightgbm", {"label": [1, 0, 1], "logit": [0.7, -1.2, 9.0]}),
    ],
)
def test_the_loss_of_a_row_is_that_of_the_probability_beside_it(
    name: str, columns: dict[str, Any]
) -> None:
    """XGBoost's probabilities are float32, and Keras divides those of classes by their sum."""
    result = score(pd.DataFrame(columns), convention=name, worst=3, per_row=True)
    table = result.rows_frame()
    assert np.allclose(-np.log(table["probability"]), table["loss"], rtol=4e-16, atol=4e-16)
    alike = table["label"] == table["predicted"]
    assert (table["probability"] == table["prediction"])[alike].all()
    shown = {one["row"]: one["probability"] for one in result.worst}
    assert shown == dict(zip(table["row"], table["probability"], strict=True))


def test_lists_of_one_number_are_refused_also_where_one_class_is_named() -> None:
    table = pd.DataFrame({"label": [[1], [0]], "prob": [[0.7], [0.2]]})
    with pytest.raises(DataError, match="at least two classes are needed"):
        score(table, classes="a", convention="xgboost", metric="all")
