"""What the tests of ce inspect share: files of a real model, and what is found in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from ce_cli.errors import pasteable
from tests.conftest import run_ce, run_pasted, score_json, strict, write_csv

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

USAGE, BAD_DATA, STORAGE = 2, 3, 4


def inspected(*args: str | Path, stdin: bytes | None = None) -> dict[str, Any]:
    """The document of ``ce inspect ARGS --json``, which must work."""
    done = run_ce("inspect", *args, "--json", "--quiet", stdin=stdin)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    document = strict(done.stdout)
    order = [("error", "warning", "note").index(one["severity"]) for one in document["findings"]]
    assert order == sorted(order)
    return document


def codes(document: dict[str, Any], *severities: str) -> list[str]:
    """Of the findings, or of those of some severities."""
    return [
        one["code"]
        for one in document["findings"]
        if not severities or one["severity"] in severities
    ]


def finding(document: dict[str, Any], code: str) -> dict[str, Any]:
    """The one finding of a code."""
    (found,) = (one for one in document["findings"] if one["code"] == code)
    message = found["message"]
    assert message.endswith((".", "?")) or pasteable(f"{message}.") == message
    return dict(found)


def loss_of(*args: str | Path) -> float:
    return float(score_json(*args)["metrics"]["cross_entropy"])


def loss_by(command: str, folder: Path) -> float:
    """The output of a command pasted into the shell; its last part is ``ce score``."""
    done = run_pasted(f"{command} --json", folder)
    assert done.returncode == 0, done.stderr
    return float(json.loads(done.stdout)["metrics"]["cross_entropy"])


@cache
def model(classes: int) -> tuple[Ints, Floats]:
    """Labels, and out-of-fold predictions of a real classifier, shape (n, K)."""
    features, labels = make_classification(
        600,
        12,
        n_informative=8,
        n_classes=classes,
        n_clusters_per_class=1,
        class_sep=1.2,
        flip_y=0.02,
        random_state=classes,
    )
    fitted = LogisticRegression(max_iter=1000)
    return labels, cross_val_predict(fitted, features, labels, cv=4, method="predict_proba")


def table(
    folder: Path, labels: Sequence[object] | Ints, predictions: Floats, names: Sequence[object]
) -> Path:
    """A CSV file of labels and a column for each class, in the order of `names`."""
    columns: dict[str, Any] = {"label": labels}
    columns |= {f"p_{name}": column for name, column in zip(names, predictions.T, strict=True)}
    return write_csv(folder / "preds.csv", columns)


def single(folder: Path, labels: Sequence[object] | Ints, predictions: Floats) -> Path:
    return write_csv(folder / "preds.csv", {"label": labels, "prob": predictions})
