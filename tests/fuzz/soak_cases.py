"""Random data sets and options of every kind, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from tests.fuzz.soak_drawing import NAMES, Case, Drawing


def case_of(seed: int, most: int = 300) -> Case:
    """The case of a seed, with up to `most` rows."""
    rng = random.Random(seed)
    kind = rng.choice(sorted(KINDS))
    few = min(40, most)
    n = rng.choice([1, 2, 3, rng.randint(4, few), rng.randint(few, most), rng.randint(few, most)])
    drawing = Drawing(rng, n, seed, kind)
    KINDS[kind](drawing)
    return drawing.built()


def _task(b: Drawing, task: str, values: str, classes: tuple[str, ...] = ()) -> None:
    b.rules |= {"task": task, "values": values, "classes": classes}
    b.take("--task", task, "--as", values)


def _single(b: Drawing, values: str) -> None:
    classes = b.rng.choice([("0", "1"), ("no", "yes"), ("b", "a"), ("False", "True"), ("-1", "1")])
    _task(b, "binary", values, classes)
    if values == "logits":
        b.predictions = [(b.logit(),) for _ in range(b.n)]
    else:
        shares = [b.probability() for _ in range(b.n)]
        b.predictions = [
            ((math.log(q) if q else -math.inf) if values == "logprobs" else q,) for q in shares
        ]
    b.draw_labels(classes)
    b.columns["y"] = list(b.labels)  # type: ignore[arg-type]
    b.take("--label", "y", "--positive", classes[1], "--classes", ",".join(classes))
    b.pred_columns(["score"])


def _columns(b: Drawing, values: str, count: int) -> None:
    names = b.rng.choice(NAMES)
    classes = tuple(b.rng.sample(names, count))
    _task(b, "binary" if count == 2 else "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    if values == "probabilities" and b.rng.random() < 0.3:
        _off_sums(b)
    b.draw_labels(classes)
    b.columns["y"] = list(b.labels)  # type: ignore[arg-type]
    b.take("--label", "y", "--classes", ",".join(classes))
    b.pred_columns([f"p_{name}" for name in classes])


def _off_sums(b: Drawing) -> None:
    """Some rows that do not sum to 1."""
    for i in range(b.n):
        if b.rng.random() < 0.2:
            factor = b.rng.choice([0.5, 0.9, 1.01, 1.0001])
            b.predictions[i] = tuple(min(1.0, q * factor) for q in b.predictions[i])
    if b.rng.random() < 0.5:
        b.rules["renormalize"] = True
        b.take("--on-bad-sum", "renormalize")
    elif b.rng.random() < 0.2:
        b.rules["refuse_bad_sum"] = True
        b.take("--on-bad-sum", "error")
    b.rules["sum_tolerance"] = b.rng.choice([1e-3, 0.05])
    b.take("--sum-tolerance", str(b.rules["sum_tolerance"]))


def _lists(b: Drawing, values: str) -> None:
    count = b.rng.randint(3, 12)
    classes = tuple(str(k) for k in range(count))
    _task(b, "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    b.draw_labels(classes)
    b.columns["y"] = [int(str(label)) for label in b.labels]
    b.columns["scores"] = [list(v) for v in b.predictions]
    b.take("--label", "y", "--pred", "scores", "--classes", ",".join(classes))


def _soft(b: Drawing, values: str) -> None:
    count = b.rng.randint(2, 5)
    classes = tuple(b.rng.sample(NAMES[1], count))
    _task(b, "binary" if count == 2 else "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    style, b.style = b.style, b.rng.choice(["smooth", "coarse", "sure"])
    b.labels = [b.distribution(count) for _ in range(b.n)]
    b.style = style
    for k, name in enumerate(classes):
        b.columns[f"y_{name}"] = [label[k] for label in b.labels]  # type: ignore[index]
        b.take("--label", f"y_{name}")
    b.pred_columns([f"p_{name}" for name in classes])


def _multilabel(b: Drawing, values: str) -> None:
    count = b.rng.randint(2, 5)
    classes = tuple(b.rng.sample(NAMES[1], count))
    _task(b, "multilabel", values, classes)
    draw = b.logit if values == "logits" else b.probability
    b.predictions = [tuple(draw() for _ in classes) for _ in range(b.n)]
    b.labels = [tuple(float(b.rng.random() < 0.4) for _ in classes) for _ in range(b.n)]
    for k, name in enumerate(classes):
        b.columns[f"y_{name}"] = [int(label[k]) for label in b.labels]  # type: ignore[index]
        b.take("--label", f"y_{name}")
    b.pred_columns([f"p_{name}" for name in classes])


def _likelihood(b: Drawing, values: str) -> None:
    _task(b, "likelihood", values)
    shares = [b.probability() for _ in range(b.n)]
    logs = [math.log(q) if q else -800.0 for q in shares]
    numbers = {"logprobs": logs, "losses": [0.0 - v for v in logs]}.get(values, shares)
    b.predictions = [(v,) for v in numbers]
    b.pred_columns(["score"])


KINDS: dict[str, Callable[[Drawing], None]] = {
    "single probability": lambda b: _single(b, "probabilities"),
    "single logit": lambda b: _single(b, "logits"),
    "single log-probability": lambda b: _single(b, "logprobs"),
    "two columns": lambda b: _columns(b, "probabilities", 2),
    "two logits": lambda b: _columns(b, "logits", 2),
    "columns": lambda b: _columns(b, "probabilities", b.rng.randint(3, 12)),
    "columns of logits": lambda b: _columns(b, "logits", b.rng.randint(3, 12)),
    "columns of log-probabilities": lambda b: _columns(b, "logprobs", b.rng.randint(2, 8)),
    "list": lambda b: _lists(b, "probabilities"),
    "list of logits": lambda b: _lists(b, "logits"),
    "soft": lambda b: _soft(b, "probabilities"),
    "soft logits": lambda b: _soft(b, "logits"),
    "several labels": lambda b: _multilabel(b, "probabilities"),
    "several logits": lambda b: _multilabel(b, "logits"),
    "outcomes": lambda b: _likelihood(b, "probabilities"),
    "outcome log-probabilities": lambda b: _likelihood(b, "logprobs"),
    "losses": lambda b: _likelihood(b, "losses"),
}
