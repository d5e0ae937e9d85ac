"""What calibrations gain on rows that nothing was fitted to: real data and models of scikit-learn.

Run as ``python -m tests.benchmarks.calibrations``, which takes two minutes on two processors. Each
model learns from half of the rows, `ce calibrate` from a quarter, and both are scored on the last
quarter. Beside the method that `auto` chooses, every method is fitted; the peers are those of
scikit-learn (`CalibratedClassifierCV` with `FrozenEstimator`), fitted to the same quarter.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ce_cli import calibrate, score
from ce_cli.calibrating.methods import methods_for
from ce_cli.errors import DataError

Floats = NDArray[np.float64]
SEED = 17
_CLIP = 1e-6  # of the peers, which may predict 0


@dataclass(frozen=True)
class Pair:
    """A data set and a model."""

    name: str
    features: Any
    labels: NDArray[np.intp]
    model: Any


def pairs() -> Iterator[Pair]:
    """Four data sets and six kinds of models."""
    even_or_odd = load_digits()
    data = {
        "breast cancer": load_breast_cancer(return_X_y=True),
        "digits": load_digits(return_X_y=True),
        "digits, even or odd": (even_or_odd.data, even_or_odd.target % 2),
        "wine": load_wine(return_X_y=True),
        "made, 8 % positive": make_classification(
            8_000, 20, n_informative=6, weights=[0.92], flip_y=0.05, random_state=SEED
        ),
    }
    models = {
        "naive Bayes": GaussianNB(),
        "random forest": RandomForestClassifier(100, random_state=SEED),
        "boosting": GradientBoostingClassifier(random_state=SEED),
        "neural network": make_pipeline(StandardScaler(), MLPClassifier(random_state=SEED)),
        "tree": DecisionTreeClassifier(min_samples_leaf=5, random_state=SEED),
        "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    }
    chosen = {
        "breast cancer": ("naive Bayes", "random forest", "boosting"),
        "digits": ("naive Bayes", "random forest", "tree", "logistic"),
        "digits, even or odd": ("naive Bayes", "tree", "neural network"),
        "wine": ("naive Bayes", "random forest"),
        "made, 8 % positive": ("naive Bayes", "random forest", "boosting"),
    }
    for name, kinds in chosen.items():
        features, labels = data[name]
        for kind in kinds:
            yield Pair(f"{name}, {kind}", features, labels.astype(np.intp), models[kind])


def peer_losses(model: Any, fitted_to: Any, new: Any, classes: int) -> Iterator[tuple[str, float]]:
    """The cross-entropy of scikit-learn's calibrations on new rows."""
    for method in ("temperature", "sigmoid", "isotonic"):
        peer = CalibratedClassifierCV(FrozenEstimator(model), method=method).fit(*fitted_to)
        found = np.clip(peer.predict_proba(new[0]), _CLIP, 1.0)
        found /= found.sum(axis=1, keepdims=True)
        yield method, float(-np.log(found[np.arange(len(found)), new[1]]).mean())


def line(pair: Pair) -> str:
    """A line of the table."""
    order = np.random.default_rng(SEED).permutation(len(pair.labels))
    half, rest = np.split(order, [len(order) // 2])
    own, new = np.split(rest, [len(rest) // 2])
    model = pair.model.fit(pair.features[half], pair.labels[half])
    names = ",".join(map(str, range(int(pair.labels.max()) + 1)))
    fitted_to, test = (
        (pair.labels[rows], model.predict_proba(pair.features[rows])) for rows in (own, new)
    )
    before = score(*test, classes=names)
    auto = calibrate(*fitted_to, classes=names)
    after: dict[str, float] = {}
    method: Any
    for method in methods_for(len(auto.classes)):
        try:
            found = calibrate(*fitted_to, classes=names, method=method)
        except DataError:
            continue
        after[method] = score(*test, classes=names, calibrate=found).metrics["cross_entropy"]
    chosen = score(*test, classes=names, calibrate=auto).metrics["cross_entropy"]
    best = min(after, key=after.__getitem__) if after else "none"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peers = dict(
            peer_losses(
                model,
                (pair.features[own], pair.labels[own]),
                (pair.features[new], pair.labels[new]),
                len(auto.classes),
            )
        )
    peer = min(peers, key=peers.__getitem__)
    plain = before.metrics["cross_entropy"]
    promised = f"{auto.whole.gain:.3f} ± {auto.whole.standard_error:.3f}"
    cells = [
        pair.name,
        f"{len(new):,}",
        f"{plain:.3f}",
        auto.method,
        promised,
        f"{plain - chosen:.3f}",
        f"{best} {plain - after.get(best, plain):.3f}",
        f"{peer} {plain - peers[peer]:.3f}",
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    header = (
        "data and model",
        "new rows",
        "cross-entropy",
        "`auto` chooses",
        "gain it expects",
        "gain on new rows",
        "best of all methods there",
        "best of scikit-learn there",
    )
    print(f"| {' | '.join(header)} |")
    print(f"|{'---|' * len(header)}")
    for pair in pairs():
        print(line(pair), flush=True)


if __name__ == "__main__":
    main()
