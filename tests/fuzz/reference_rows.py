"""Rows and the loss of a row, by the definitions, in arithmetic of 50 digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpmath import mp, mpf

mp.dps = 50

Number = Any  # an mpf: mpmath has no types
ZERO, ONE, HALF, INFINITY = mpf(0), mpf(1), mpf(1) / 2, mp.inf


class InvalidRowsError(Exception):
    """The definitions refuse these rows; the text is the reason."""


@dataclass(frozen=True)
class Rules:
    """What is decided before the first row: the options that change a number.

    `clip` is eps, with None for no A single
    prediction of two classes is that of the second.
    """

    task: str = "multiclass"  # binary, multiclass, multilabel, likelihood
    values: str = "probabilities"  # probabilities, logits, logprobs, losses
    classes: tuple[str, ...] = ()
    clip: float | None = 2.0**-52
    renormalize: bool = False
    refuse_bad_sum: bool = False
    sum_tolerance: float = 1e-3
    skip_missing: bool = False
    ignore: tuple[str, ...] = ()
    smoothing: float = 0.0
    class_weight: tuple[tuple[str, float], ...] = ()
    balanced: bool = False
    convention: str = ""
    base: str = "e"
    confidence: float = 0.95
    skewed: bool = True  # Hall's interval; False for Student's

    @property
    def shares(self) -> int:
        """How many classes share the label of a row."""
        return 2 if self.task in ("binary", "multilabel") else len(self.classes)


@dataclass(frozen=True)
class Row:
    """A row as it is stored.

    `label` is a class, a distribution over the classes (soft), zeros and ones (several labels)
    or None; `prediction` has a number for each class or label, or a single one.
    """

    label: str | tuple[float, ...] | None
    prediction: tuple[float, ...]
    weight: float = 1.0
    group: str = ""
    cluster: str = ""
    size: float | None = None  # bytes


def exact(value: float) -> Number:
    """The number that a float is."""
    return mpf(value)


def log_of(q: Number) -> Number:
    """−log q, infinite for 0."""
    return INFINITY if q == 0 else -mp.log(q)


def log_of_rest(q: Number) -> Number:
    """−log(1 − q), without loss where q is tiny."""
    return INFINITY if q == 1 else -mp.log1p(-q)


def surprisals(prediction: Sequence[float], rules: Rules) -> list[Number]:
    """−log q of each class; of the second and the first class for a single prediction."""
    values = [exact(v) for v in prediction]
    if len(values) == 1 and rules.shares == 2:
        return _of_single(values[0], rules)
    if rules.values == "logits":
        return _of_logits(values)
    if rules.values == "logprobs":
        return [-v for v in values]
    return _of_probabilities(values, rules)


def _of_single(value: Number, rules: Rules) -> list[Number]:
    """Of class 0 and class 1, from one number about class 1."""
    if rules.values == "logits":
        return _of_logits([ZERO, value])
    if rules.values == "logprobs":
        return [INFINITY if value == 0 else -mp.log(-mp.expm1(value)), -value]
    q = min(max(value, ZERO), ONE)
    if rules.convention == "torch":
        return [min(log_of_rest(q), mpf(100)), min(log_of(q), mpf(100))]
    if rules.convention == "keras":
        near = exact(float(np.float32(float(q))))  # as single precision has it
        q = min(max(near, exact(1e-7)), 1 - mpf(2) ** -23)
        rest = np.float32(1) - np.float32(float(q))
        return [log_of(exact(float(rest))), log_of(q)]
    return bounded([log_of_rest(q), log_of(q)], rules)


def bounded(costs: list[Number], rules: Rules) -> list[Number]:
    """−log q of q within [eps, 1 − eps]."""
    if rules.clip is None:
        return costs
    low, high = log_of_rest(exact(rules.clip)), log_of(exact(rules.clip))
    return [min(max(cost, low), high) for cost in costs]


def _of_logits(values: list[Number]) -> list[Number]:
    if any(v == INFINITY for v in values):
        return [ZERO if v == INFINITY else INFINITY for v in values]
    top = max(range(len(values)), key=lambda k: values[k])
    terms = [mp.exp(v - values[top]) for k, v in enumerate(values) if k != top]
    rest = mp.log1p(mp.fsum(terms))
    return [INFINITY if v == -INFINITY else (values[top] - v) + rest for v in values]


def _of_probabilities(values: list[Number], rules: Rules) -> list[Number]:
    if rules.convention == "torch":
        return [min(log_of(q), mpf(100)) for q in values]
    values = scaled(values, rules)
    if rules.convention == "keras":
        return [log_of(min(max(q, exact(1e-7)), 1 - mpf(2) ** -23)) for q in values]
    return bounded([log_of(q) for q in values], rules)


def scaled(values: list[Number], rules: Rules) -> list[Number]:
    """Divided by their sum, where an option or a convention says so."""
    total = mp.fsum(values)
    if rules.convention == "keras" or (
        rules.renormalize and abs(total - 1) > exact(rules.sum_tolerance)
    ):
        return [v / total for v in values]
    return values


def probabilities(prediction: Sequence[float], rules: Rules) -> list[Number]:
    """The prediction as probabilities of the classes, before any clipping."""
    values = [exact(v) for v in prediction]
    if rules.values == "probabilities":
        if len(values) == 1:
            return [1 - values[0], values[0]]
        return scaled(values, rules)
    return [mp.exp(-s) for s in surprisals(prediction, rules)]


def likeliest(prediction: Sequence[float], rules: Rules) -> int:
    """The place of the largest probability; on a tie, the first class in the order of classes."""
    if len(prediction) == 1:
        if rules.values == "logits":
            return int(prediction[0] > 0)
        if rules.values == "logprobs":
            return int(float(mp.exp(exact(prediction[0]))) > 0.5)  # log(1/2) is a tie
        return int(prediction[0] > 0.5)
    order = sorted(range(len(prediction)), key=lambda k: in_order(rules.classes[k]))
    return max(order, key=lambda k: prediction[k])


def in_order(name: str) -> tuple[int, float, str]:
    """Numbers by value, then names by text."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name)


def label_shares(label: str | tuple[float, ...] | None, rules: Rules) -> list[Number]:
    """The distribution of the label over the classes, as it happened."""
    if isinstance(label, tuple):
        if len(label) == 1:
            return [1 - exact(label[0]), exact(label[0])]
        return [exact(v) for v in label]
    return [ONE if name == label else ZERO for name in rules.classes]


def smoothed(shares: list[Number], rules: Rules) -> list[Number]:
    """The share E of a label spread over all classes."""
    spread = exact(rules.smoothing)
    return [(1 - spread) * p + spread / len(shares) for p in shares]


def cross_entropy(shares: list[Number], costs: list[Number]) -> Number:
    """Σ p · (−log q), where 0 · log(1/0) is 0."""
    return mp.fsum(p * c for p, c in zip(shares, costs, strict=True) if p != 0)


def entropy(shares: list[Number]) -> Number:
    """H(p)."""
    return cross_entropy(shares, [log_of(p) for p in shares])


def loss(row: Row, rules: Rules) -> Number:
    """The loss of a row in nats, of the smoothed label."""
    if rules.task == "likelihood":
        return _outcome_loss(exact(row.prediction[0]), rules)
    if rules.task == "multilabel":
        assert isinstance(row.label, tuple)
        parts = [
            cross_entropy(smoothed([1 - exact(y), exact(y)], rules), _of_single(exact(z), rules))
            for y, z in zip(row.label, row.prediction, strict=True)
        ]
        return mp.fsum(parts) / len(parts)
    shares = smoothed(label_shares(row.label, rules), rules)
    return cross_entropy(shares, surprisals(row.prediction, rules))


def _outcome_loss(value: Number, rules: Rules) -> Number:
    if rules.values == "losses":
        return value
    if rules.values == "logprobs":
        return -value
    if value == 0 and rules.clip is not None:
        return log_of(exact(rules.clip))
    return log_of(value)


def checked(rows: Sequence[Row], rules: Rules) -> list[Row]:
    """The rows to score; those that an option leaves out are left out.

    Raises
    ------
    InvalidRowsError
        If a row is bad data, or no row is left.
    """
    kept = []
    for row in rows:
        if isinstance(row.label, str) and row.label in rules.ignore:
            continue
        if _is_missing(row):
            if rules.skip_missing:
                continue
            raise InvalidRowsError("a missing value")
        _check(row, rules)
        kept.append(row)
    if not kept:
        raise InvalidRowsError("no rows")
    if not any(row.weight > 0 for row in kept):
        raise InvalidRowsError("all weights are zero")
    return kept


def _is_missing(row: Row) -> bool:
    numbers = [*row.prediction, row.weight]
    if isinstance(row.label, tuple):
        numbers += row.label
    return bool(np.isnan(numbers).any()) or row.label == ""


def _check(row: Row, rules: Rules) -> None:
    if not 0 <= row.weight < float("inf"):
        raise InvalidRowsError("a weight that is negative or infinite")
    if isinstance(row.label, str) and row.label not in rules.classes:
        raise InvalidRowsError("a label that is no class")
    if rules.values == "probabilities":
        _check_probabilities(row, rules)
    if rules.values == "logits" and len(row.prediction) > 1 and rules.task != "multilabel":
        tops = sum(v == float("inf") for v in row.prediction)
        if tops > 1 or all(v == float("-inf") for v in row.prediction):
            raise InvalidRowsError("several infinite logits, or none that is finite")
    if rules.values == "logprobs" and any(v > 1e-9 for v in row.prediction):
        raise InvalidRowsError("a log-probability above 0")
    if rules.values == "losses" and any(v < 0 for v in row.prediction):
        raise InvalidRowsError("a negative loss")


def _check_probabilities(row: Row, rules: Rules) -> None:
    if any(not -1e-9 <= q <= 1 + 1e-9 for q in row.prediction):
        raise InvalidRowsError("a probability outside [0, 1]")
    if rules.task in ("likelihood", "multilabel") or len(row.prediction) == 1:
        return
    total = mp.fsum(exact(q) for q in row.prediction)
    divides = rules.renormalize or rules.convention == "keras"
    if total == 0 or (total >= 2 and not divides):
        raise InvalidRowsError("a sum far from 1")
    if rules.refuse_bad_sum and abs(total - 1) > exact(rules.sum_tolerance):
        raise InvalidRowsError("a sum that is not 1")
