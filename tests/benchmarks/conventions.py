"""Hold ``--convention`` against the tools themselves: ``python -m tests.benchmarks.conventions``.

Each tool that is installed scores the same predictions, most of them with its own loss function,
XGBoost and LightGBM as the starting scores of a model that learns nothing. Keras and XGBoost
compute in single precision, so they are some 1e-8 from `ce`, relatively. The logits that LightGBM
gets for probabilities are some 1e-16 from them, and up to 1e-5 where many a 1 − q is small.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ce_cli import score

Array = NDArray[Any]

TOLERANCE = 1e-5  # relative
BEYOND = 300.0  # a logit that is as good as infinite
EDGES = ((1, 0.0), (0, 1.0), (1, 1.0), (0, 0.0), (1, 1e-20), (0, 1 - 1e-9), (0, 1 - 1e-12))


class Case:
    """Labels, class codes or shares, and predictions: q of shape (n,), or (n, K)."""

    def __init__(
        self, labels: Array, predictions: Array, weights: Array | None = None, logits: bool = False
    ) -> None:
        self.labels, self.predictions, self.weights = labels, predictions, weights
        self.logits = logits
        self.binary = predictions.ndim == 1
        self.shares = labels.dtype.kind == "f"

    def by_ce(self, tool: str) -> float:
        """The result of ce."""
        stem = "logit" if self.logits else "p"
        columns: dict[str, Any] = {"label": self.labels}
        if self.binary:
            columns[stem] = self.predictions
        else:
            columns |= {f"{stem}_{k}": column for k, column in enumerate(self.predictions.T)}
        options: dict[str, Any] = {}
        if self.weights is not None:
            columns["w"], options["weight"] = self.weights, "w"
        return score(pd.DataFrame(columns), convention=tool, **options).metrics["cross_entropy"]

    def margins(self) -> Array:
        """Predictions as logits."""
        if self.logits:
            return self.predictions
        q = self.predictions
        with np.errstate(divide="ignore"):
            margins = np.log(q) - np.log1p(-q) if self.binary else np.log(q)
        finite: Array = np.clip(margins, -BEYOND, BEYOND)
        return finite


def cases() -> Iterator[tuple[str, Case]]:
    """Ordinary rows, the edges of [0, 1], weights, several classes, shares and logits."""
    rng = np.random.default_rng(0)
    q = rng.beta(0.5, 0.5, 2000)
    labels = (rng.random(2000) < q).astype(int)
    weights = rng.lognormal(size=2000)
    yield "one probability", Case(labels, q)
    yield "one probability, weights", Case(labels, q, weights)
    for label, edge in EDGES:
        own = (np.append(labels[:9], label), np.append(q[:9], edge))
        yield f"ten rows, one of label {label} and q = {edge!r}", Case(*own)
    matrix = rng.dirichlet([0.3, 0.3, 0.3], 2000)
    codes = np.array([rng.choice(3, p=row) for row in matrix])
    yield "three classes", Case(codes, matrix)
    zeros = matrix.copy()
    zeros[:5] = np.roll(np.eye(3), 1, axis=1)[codes[:5]]
    yield "three classes, five labels given 0", Case(codes, zeros)
    yield "three classes, weights", Case(codes, matrix, np.array([1.0, 2.0, 5.0])[codes])
    yield (
        "three classes, rows that sum to 0.9 … 1.1",
        Case(
            codes,
            matrix * rng.uniform(0.9, 1.1, (2000, 1)).clip(None, 1 / matrix.max(axis=1)[:, None]),
        ),
    )
    yield "shares", Case(rng.random(2000), np.append(q[:1998].clip(1e-5, 1 - 1e-5), [0, 1]))
    yield "one logit", Case(labels, rng.normal(0.0, 30.0, 2000), logits=True)
    yield "one logit, 14 to 40", Case(labels, np.linspace(14.0, 40.0, 2000), logits=True)
    yield "one logit, weights", Case(labels, rng.normal(0.0, 9.0, 2000), weights, logits=True)
    yield "three logits", Case(codes, rng.normal(0.0, 20.0, (2000, 3)), logits=True)


def by_sklearn(case: Case) -> float | None:
    """`log_loss`, of probabilities only."""
    from sklearn.metrics import log_loss

    if case.logits or case.shares:
        return None
    codes = [0, 1] if case.binary else [0, 1, 2]
    loss = log_loss(case.labels, case.predictions, labels=codes, sample_weight=case.weights)
    return float(loss)


def by_torch(case: Case) -> float | None:
    """`BCELoss`, `BCEWithLogitsLoss`, `NLLLoss` and `CrossEntropyLoss`, in double precision."""
    import torch
    from torch import nn

    predictions = torch.tensor(case.predictions)
    if case.binary:
        kind = nn.BCEWithLogitsLoss if case.logits else nn.BCELoss
        weights = None if case.weights is None else torch.tensor(case.weights)
        return float(kind(weight=weights)(predictions, torch.tensor(case.labels * 1.0)))
    given = case.predictions[np.arange(len(case.labels)), case.labels]
    if not case.logits and not given.all():
        return None  # torch gives infinity
    of_class = None
    if case.weights is not None:
        pairs = dict(zip(case.labels.tolist(), case.weights.tolist(), strict=True))
        of_class = torch.tensor([pairs[code] for code in range(3)], dtype=torch.float64)
    kind = nn.CrossEntropyLoss if case.logits else nn.NLLLoss
    values = predictions if case.logits else predictions.log()
    return float(kind(weight=of_class)(values, torch.tensor(case.labels)))


def by_keras(case: Case) -> float | None:
    """`BinaryCrossentropy` and `SparseCategoricalCrossentropy`."""
    os.environ.setdefault("KERAS_BACKEND", "torch" if find_spec("torch") else "jax")
    from keras import losses

    kind = losses.BinaryCrossentropy if case.binary else losses.SparseCategoricalCrossentropy
    loss = kind(from_logits=case.logits)
    if case.binary:
        labels, predictions = case.labels[:, np.newaxis], case.predictions[:, np.newaxis]
    else:
        labels, predictions = case.labels, case.predictions
    return float(loss(labels, predictions, sample_weight=case.weights))


def by_xgboost(case: Case) -> float | None:
    """`logloss` and `mlogloss` of a model that starts from the predictions and learns nothing.

    The predictions of the objective `reg:squarederror` are not transformed, so that probabilities
    are scored as they are.
    """
    import xgboost

    if not sums_to_one(case):
        return None
    rows = xgboost.DMatrix(np.zeros((len(case.labels), 1)), case.labels, weight=case.weights)
    as_they_are = case.binary and not case.logits
    rows.set_base_margin(case.predictions if as_they_are else case.margins())
    objective = "reg:squarederror" if as_they_are else "binary:logistic"
    options: dict[str, Any] = {"objective": objective, "eval_metric": "logloss"}
    if not case.binary:
        options = {"objective": "multi:softprob", "eval_metric": "mlogloss", "num_class": 3}
    model = xgboost.train({**options, "learning_rate": 0.0, "max_depth": 1}, rows, 1)
    return float(model.eval(rows).rpartition(":")[2])


def by_lightgbm(case: Case) -> float | None:
    """`binary_logloss` and `multi_logloss`, likewise, and `cross_entropy` of shares."""
    if case.shares:
        return by_lightgbm_xentropy(case)
    if case.binary:
        return _by_lightgbm(case, "binary", "binary_logloss")
    return _by_lightgbm(case, "multiclass", "multi_logloss") if sums_to_one(case) else None


def by_lightgbm_xentropy(case: Case) -> float | None:
    """`cross_entropy`, of labels of both kinds."""
    return _by_lightgbm(case, "cross_entropy", "cross_entropy") if case.binary else None


def _by_lightgbm(case: Case, objective: str, metric: str) -> float:
    import lightgbm

    quiet = {"verbose": -1, "min_data_in_leaf": 1, "feature_pre_filter": False}
    start = case.margins() if case.binary else case.margins().ravel("F")
    own = {"weight": case.weights, "init_score": start, "params": quiet}
    rows = lightgbm.Dataset(np.zeros((len(case.labels), 1)), case.labels, **own)
    options = {"objective": objective, "metric": metric, "learning_rate": 1e-300}
    options |= {"num_class": 1 if case.binary else 3, "boost_from_average": False}
    seen: dict[str, Any] = {}
    keep = lightgbm.record_evaluation(seen)
    lightgbm.train(
        {**quiet, **options}, rows, 1, valid_sets=[rows], valid_names=["own"], callbacks=[keep]
    )
    return float(seen["own"][metric][0])


def sums_to_one(case: Case) -> bool:
    """Whether probabilities can be had from logits."""
    return case.binary or case.logits or bool(np.allclose(case.predictions.sum(axis=1), 1.0))


TOOLS: dict[str, Callable[[Case], float | None]] = {
    "sklearn": by_sklearn,
    "torch": by_torch,
    "keras": by_keras,
    "xgboost": by_xgboost,
    "lightgbm": by_lightgbm,
    "lightgbm-xentropy": by_lightgbm_xentropy,
}


def main() -> None:
    """Print a line for each case and tool; exit with 1 if one is too far off."""
    wrong = 0
    there = {name for name in TOOLS if find_spec(name.partition("-")[0])}
    for name in (name for name in TOOLS if name not in there):
        print(f"{name} is not installed")
    for title, case in cases():
        print(title)
        for name, by_tool in TOOLS.items():
            theirs = by_tool(case) if name in there else None
            if theirs is None:
                continue
            ours = case.by_ce(name)
            apart = abs(ours - theirs) / abs(theirs)
            wrong += apart > TOLERANCE
            mark = "" if apart <= TOLERANCE else "  differs"
            print(f"  {name:18}{theirs:18.9g}{ours:18.9g}{apart:12.1e}{mark}", flush=True)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
