"""Calibrations against scikit-learn and scipy, on predictions of real models."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, logit
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from ce_cli import calibrate, score

Floats = NDArray[np.float64]


def binary() -> tuple[NDArray[np.int64], Floats]:
    """Labels, and the probabilities of an overconfident model for rows that it did not see."""
    features, labels = load_breast_cancer(return_X_y=True)
    half = np.arange(len(labels)) % 2 == 0
    model = GaussianNB().fit(features[half], labels[half])
    found = model.predict_proba(features[~half])[:, 1]
    return labels[~half], np.clip(found, 1e-12, 1.0 - 1e-12)


def several() -> tuple[NDArray[np.int64], Floats]:
    """The same of three classes."""
    features, labels = load_wine(return_X_y=True)
    half = np.arange(len(labels)) % 2 == 0
    model = RandomForestClassifier(20, random_state=0, max_depth=2).fit(
        features[half], labels[half]
    )
    found = model.predict_proba(features[~half])
    return labels[~half], (found + 1e-3) / (1.0 + 3e-3)


class Frozen(LogisticRegression):  # type: ignore[misc]
    """A model whose logits are its only feature."""

    def fit(self, features: Any, labels: Any) -> Any:
        """Learn the classes alone."""
        self.classes_ = np.unique(labels)
        self.n_features_in_ = np.asarray(features).shape[1]
        return self

    def decision_function(self, features: Any) -> Any:
        """The feature."""
        found = np.asarray(features)
        return found[:, 0] if found.shape[1] == 1 else found

    def predict_proba(self, features: Any) -> Any:
        """Of the logit."""
        raise NotImplementedError


def test_temperature_is_that_of_scikit_learn_for_two_classes() -> None:
    labels, probabilities = binary()
    logits = logit(probabilities)[:, np.newaxis]
    peer = CalibratedClassifierCV(
        FrozenEstimator(Frozen().fit(logits, labels)), method="temperature"
    )
    expected = peer.fit(logits, labels).predict_proba(logits)
    own = calibrate(labels, probabilities, method="temperature").predict_proba(probabilities)
    assert own == pytest.approx(expected, abs=1e-4)  # its search ends early


def test_temperature_is_that_of_scikit_learn_for_several_classes() -> None:
    labels, probabilities = several()
    logits = np.log(probabilities)
    peer = CalibratedClassifierCV(
        FrozenEstimator(Frozen().fit(logits, labels)), method="temperature"
    )
    expected = peer.fit(logits, labels).predict_proba(logits)
    own = calibrate(labels, probabilities, method="temperature").predict_proba(probabilities)
    assert own == pytest.approx(expected, abs=1e-4)


def test_platt_with_its_own_targets_is_sigmoid_of_scikit_learn() -> None:
    """Platt draws the labels towards each other: as soft labels they give his very curve."""
    labels, probabilities = binary()
    logits = logit(probabilities)[:, np.newaxis]
    peer = CalibratedClassifierCV(FrozenEstimator(Frozen().fit(logits, labels)), method="sigmoid")
    expected = peer.fit(logits, labels).predict_proba(logits)
    positives, negatives = labels.sum(), (1 - labels).sum()
    targets = np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    table = {"target_0": 1.0 - targets, "target_1": targets, "logit": logits[:, 0]}
    own = calibrate(
        table,
        label=["target_0", "target_1"],
        pred="logit",
        as_="logits",
        method="platt",
        classes="0,1",
    )
    assert own.predict_proba(logits[:, 0]) == pytest.approx(expected, abs=1e-4)


def test_platt_is_logistic_regression_on_the_logit() -> None:
    labels, probabilities = binary()
    logits = logit(probabilities)[:, np.newaxis]
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logits, labels)
    own = calibrate(labels, probabilities, method="platt")
    assert own.predict_proba(probabilities) == pytest.approx(peer.predict_proba(logits), abs=1e-5)


def test_beta_is_logistic_regression_on_both_logarithms() -> None:
    labels, probabilities = binary()

    def loss(numbers: Floats) -> float:
        a, b, c = numbers
        odds = a * np.log(probabilities) - b * np.log1p(-probabilities) + c
        return float(np.logaddexp(0.0, np.where(labels == 1, -odds, odds)).mean())

    bounds = [(0, None), (0, None), (None, None)]
    best = minimize(loss, [0.1, 0.1, 0.0], bounds=bounds, options={"gtol": 1e-10, "ftol": 1e-15})
    own = calibrate(labels, probabilities, method="beta")
    numbers = own.to_dict()["parameters"]
    assert loss(np.array([numbers["a"], numbers["b"], numbers["c"]])) <= best.fun + 1e-10
    expected = expit(
        numbers["a"] * np.log(probabilities)
        - numbers["b"] * np.log1p(-probabilities)
        + numbers["c"]
    )
    assert own.predict_proba(probabilities)[:, 1] == pytest.approx(expected, abs=1e-12)


def test_isotonic_is_that_of_scikit_learn_but_for_0_and_1() -> None:
    labels, probabilities = binary()
    logits = logit(probabilities)
    peer = CalibratedClassifierCV(
        FrozenEstimator(Frozen().fit(logits[:, np.newaxis], labels)), method="isotonic"
    )
    expected = peer.fit(logits[:, np.newaxis], labels).predict_proba(logits[:, np.newaxis])[:, 1]
    direct = IsotonicRegression(out_of_bounds="clip").fit(logits, labels).predict(logits)
    assert expected == pytest.approx(direct)
    own = calibrate(labels, probabilities, method="isotonic").predict_proba(probabilities)[:, 1]
    inner = (direct > 0.0) & (direct < 1.0)
    assert inner.sum() > 20
    assert own[inner] == pytest.approx(direct[inner], abs=1e-9)
    assert ((own > 0.0) & (own < 1.0)).all()


def test_bias_is_the_optimum_of_its_objective() -> None:
    labels, probabilities = several()
    logs = np.log(probabilities)

    def loss(numbers: Floats) -> float:
        found = log_softmax(numbers[0] * logs + numbers[1:], axis=1)
        return float(-found[np.arange(len(labels)), labels].mean())

    best = minimize(loss, [1.0, 0.0, 0.0, 0.0], options={"gtol": 1e-8})
    own = calibrate(labels, probabilities, method="bias")
    numbers = own.to_dict()["parameters"]
    assert loss(np.array([numbers["slope"], *numbers["biases"]])) <= best.fun + 1e-10


def test_the_loss_after_it_is_that_of_scoring_with_it() -> None:
    labels, probabilities = binary()
    for method in ("temperature", "platt", "beta", "isotonic"):
        own = calibrate(labels, probabilities, method=method)
        found = own.predict_proba(probabilities)
        expected = -np.log(found[np.arange(len(labels)), labels]).mean()
        scored = score(labels, probabilities, calibrate=own)
        assert scored.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-9)
        assert f"calibration:{method}:" in scored.signature
