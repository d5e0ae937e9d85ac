"""``--decompose`` where predictions are saturated or constant, classes absent, verdicts unclear."""

from __future__ import annotations

import csv
import io
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, special
from sklearn.linear_model import LogisticRegression

from ce_cli import score
from ce_cli.kernels.recalibration import LOWEST, Recalibration, Rows, fitted, tempered
from tests.conftest import run_ce, score_json, write_csv
from tests.kernels.test_recalibration import drawn
from tests.scoring.test_decompose import binary, multiclass, taken_apart, way

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

CLIP = 2.0**-52


def hard(rows: int, classes: int, wrong: float, seed: int = 0) -> tuple[Floats, Codes]:
    """Logits that are sure of one class, shape (K, n), and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, rows)
    predicted = np.where(rng.random(rows) < wrong, (labels + 1) % classes, labels)
    logits = np.zeros((classes, rows))
    logits[predicted, np.arange(rows)] = -math.log(CLIP)
    return logits, labels.astype(np.intp)


def best_slope(logits: Floats, labels: Codes) -> tuple[float, float]:
    """What scipy finds for the slope, in units of the largest logit, and the loss it leaves."""
    unit = float(np.ptp(logits, axis=0).max())

    def loss(log_slope: float) -> float:
        scaled = special.log_softmax(math.exp(log_slope) * logits / unit, axis=0)
        return float(-scaled[labels, np.arange(len(labels))].mean())

    best = optimize.minimize_scalar(
        loss, bounds=(-12.0, 12.0), method="bounded", options={"xatol": 1e-10}
    )
    return math.exp(best.x) / unit, float(best.fun)


def mean_after(rows: Rows, by: Recalibration) -> float:
    return float(rows.recalibrated(by).mean())


def page_of(path: Path, *options: str) -> str:
    done = run_ce("score", path, "--decompose", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def own_lines(page: str) -> list[str]:
    """Of the page, the lines that take the cross-entropy apart."""
    lines = page.splitlines()
    parts = ("uncertainty", "does not apply")
    at = next(place for place, line in enumerate(lines) if any(part in line for part in parts))
    return [line for line in lines[at:] if not line.startswith(("!", "ce:"))]


# Predictions that are sure


@pytest.mark.parametrize("wrong", [0.01, 0.04, 0.3])
def test_predictions_of_0_and_1_have_the_temperature_that_scipy_finds(wrong: float) -> None:
    logits, labels = hard(500, 2, wrong)
    slope, after = best_slope(logits, labels)
    parts = taken_apart(pd.DataFrame({"label": labels, "prob": (logits[1] > 0).astype(float)}))
    one = way(parts, "temperature")
    assert one.temperature == pytest.approx(1.0 / slope, rel=1e-4)
    assert one.cross_entropy == pytest.approx(after, abs=0.02)  # cross-fitted


def test_one_hot_predictions_have_the_temperature_that_scipy_finds() -> None:
    logits, labels = hard(600, 4, 0.1)
    slope, after = best_slope(logits, labels)
    predicted = np.eye(4)[:, logits.argmax(axis=0)]
    data = pd.DataFrame({"label": labels, **{f"p_{k}": predicted[k] for k in range(4)}})
    parts = taken_apart(data)
    one = way(parts, "temperature")
    assert one.temperature == pytest.approx(1.0 / slope, rel=1e-4)
    assert one.cross_entropy == pytest.approx(after, rel=0.02)
    assert way(parts, "temperature_bias").temperature == pytest.approx(1.0 / slope, rel=0.05)


def test_a_bias_beside_saturated_logits_is_what_scikit_learn_finds() -> None:
    logits, labels = hard(500, 2, 0.05)
    rng = np.random.default_rng(1)
    logit = (logits[1] - logits[0]) * rng.uniform(1.0, 3.0, 500)
    scaled = logit[:, np.newaxis] / 36.0
    model = LogisticRegression(C=math.inf, tol=1e-12, max_iter=1000).fit(scaled, labels)
    parts = taken_apart(pd.DataFrame({"label": labels, "logit": logit}))
    assert parts.slope == pytest.approx(model.coef_[0, 0] / 36.0, rel=1e-4)
    bias = way(parts, "temperature_bias").biases["1"]
    assert bias == pytest.approx(model.intercept_[0], abs=1e-4)


@settings(deadline=None, max_examples=40)
@given(
    power=st.floats(-3.0, 3.0),
    seed=st.integers(0, 1000),
    classes=st.sampled_from([2, 3, 6]),
    biased=st.booleans(),
)
def test_logits_c_times_as_large_have_a_temperature_c_times_as_large(
    power: float, seed: int, classes: int, biased: bool
) -> None:
    factor = 10.0**power
    logs, labels, weights = drawn(150, classes, seed)
    plain = fitted(Rows(logs, labels), weights, biased)
    scaled = Rows(special.log_softmax(factor * logs, axis=0), labels)
    found = fitted(scaled, weights, biased)
    assert found.slope * factor == pytest.approx(plain.slope, rel=1e-6, abs=1e-9)
    assert found.biases == pytest.approx(plain.biases, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(
    power=st.floats(-7.0, 7.0),
    seed=st.integers(0, 1000),
    classes=st.sampled_from([2, 3, 6]),
    biased=st.booleans(),
)
def test_saturated_logits_of_any_size_too(
    power: float, seed: int, classes: int, biased: bool
) -> None:
    factor = 10.0**power
    logits, labels = hard(200, classes, 0.2, seed)
    slope, after = best_slope(logits, labels)
    rows = Rows(special.log_softmax(factor * logits, axis=0), labels)
    found = fitted(rows, np.ones(200), biased)
    assert mean_after(rows, found) <= after + 1e-9
    if not biased:
        assert found.slope * factor == pytest.approx(slope, rel=1e-5)


@pytest.mark.parametrize("make", [binary, multiclass])
@pytest.mark.parametrize("factor", [1e-3, 30.0, 1e3])
def test_a_file_of_larger_logits_has_a_larger_temperature(make: Any, factor: float) -> None:
    plain, scaled = taken_apart(make(2000)), taken_apart(make(2000, factor=factor))
    for name in ("temperature", "temperature_bias"):
        one, other = way(plain, name), way(scaled, name)
        assert other.temperature == pytest.approx(factor * one.temperature, rel=1e-4)
        assert other.biases == pytest.approx(one.biases, abs=1e-3)


@pytest.mark.parametrize("biased", [False, True])
def test_logits_of_very_different_sizes_have_a_best_slope(biased: bool) -> None:
    """A class that is impossible, and did not happen, must not hide the others."""
    logs, labels, _ = drawn(400, 3)
    impossible = labels != 0
    slope, after = best_slope(
        np.where(impossible & (np.arange(3) == 0)[:, np.newaxis], -700, logs), labels
    )
    logs[0, impossible] = LOWEST
    rows = Rows(logs, labels)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fitted(rows, np.ones(400), biased)
    assert mean_after(rows, found) <= after + 1e-6
    if not biased:
        assert found.slope == pytest.approx(slope, rel=1e-4)


def test_what_a_slope_separates_ends_without_warnings() -> None:
    logit = np.array([1e-9] * 5 + [1e6] * 5 + [0.0] * 5)
    rows = Rows(
        np.stack([special.log_expit(-logit), special.log_expit(logit)]), np.ones(15, np.intp)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = tempered(rows, np.ones(15), biased=False)
    assert math.isfinite(found.slope)
    assert mean_after(rows, found) == pytest.approx(math.log(2.0) / 3.0, abs=1e-9)


# Classes that no row is of


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1000),
    classes=st.integers(3, 10),
    absent=st.integers(1, 8),
    soft=st.booleans(),
)
def test_biases_never_cost_anything_on_the_rows_they_were_fitted_to(
    seed: int, classes: int, absent: int, soft: bool
) -> None:
    """Temperature alone is one of the ways to choose biases: all 0."""
    logs, labels, weights = drawn(150, classes, seed)
    present = max(classes - absent, 2)
    labels %= present
    shares = None
    if soft:
        shares = np.zeros_like(logs)
        shares[:present] = special.softmax(logs[:present] * 0.3, axis=0)
    rows = Rows(logs, labels, shares)
    alone, both = (tempered(rows, weights, biased) for biased in (False, True))
    after = [np.dot(weights, rows.recalibrated(one)) / weights.sum() for one in (alone, both)]
    assert after[1] <= after[0] + 1e-9
    assert both.biases[:present].mean() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("classes", "occurring", "why"),
    [(4, 3, "no row is of class d"), (10, 5, "no row is of 5 of 10 classes")],
)
def test_a_class_without_rows_has_no_bias_and_the_page_explains_why(
    classes: int, occurring: int, why: str, tmp_path: Path
) -> None:
    """Its best bias is −∞, which is no number to recalibrate with."""
    data = multiclass(500, classes=classes)
    names = "abcdefghij"[:classes]
    data["label"] = [names[code % occurring] for code in data["label"]]
    data.columns = pd.Index(["label", *(f"logit_{name}" for name in names)])
    path = write_csv(tmp_path / "rows.csv", dict(data))
    parts = score_json(path, "--decompose")["decomposition"]
    assert [one["name"] for one in parts["recalibrations"]] == ["temperature"]
    assert parts["not_applicable"]["temperature_bias"] == why
    assert why in page_of(path)


def test_a_class_of_ignored_rows_has_no_rows() -> None:
    data = multiclass(500)
    parts = taken_apart(data.assign(w=(data["label"] != 3).astype(float)), weight="w")
    assert parts.not_applicable["temperature_bias"] == "no row is of class 3"
    parts = taken_apart(data, ignore_label=["3"])
    assert parts.not_applicable["temperature_bias"] == "no row is of class 3"


# Predictions that do not vary


@pytest.mark.parametrize("classes", [2, 3])
def test_uniform_predictions_have_nothing_to_divide(classes: int, tmp_path: Path) -> None:
    labels = np.resize(np.arange(classes), 300)
    columns = {f"p_{k}": np.full(300, 1.0 / classes) for k in range(classes)}
    path = write_csv(tmp_path / "rows.csv", {"label": labels, **columns})
    parts = score_json(path, "--decompose")["decomposition"]
    assert [one["calibration"] for one in parts["recalibrations"]] == [0.0] * (4 - classes)
    one = parts["recalibrations"][0]
    assert (one["temperature"], one["standard_error"]) == (1.0, 0.0)
    assert one["discrimination"] == 0.0
    page = page_of(path)
    assert "No clear miscalibration" in page
    assert "dividing logits" not in page
    assert not any("e-1" in line for line in own_lines(page))


@pytest.mark.parametrize("make", ["probability", "logits", "shifted"])
def test_a_constant_has_a_temperature_but_no_slope_beside_a_bias(make: str) -> None:
    label = np.resize([1] * 7 + [0] * 3, 500)
    if make == "probability":
        columns: dict[str, Any] = {"prob": np.full(500, 0.9)}
    else:
        shift = np.random.default_rng(0).normal(0.0, 3.0, 500) if make == "shifted" else 0.0
        columns = {"logit_0": np.zeros(500) + shift, "logit_1": special.logit(0.9) + shift}
    parts = taken_apart(pd.DataFrame({"label": label, **columns}))
    one = way(parts, "temperature")
    assert one.temperature == pytest.approx(special.logit(0.9) / special.logit(0.7), rel=1e-6)
    assert "vary" in parts.not_applicable["temperature_bias"]
    assert math.isnan(parts.slope)


def test_a_constant_of_three_classes_has_the_temperature_that_scipy_finds() -> None:
    labels = np.resize([0] * 6 + [1] * 3 + [2], 300).astype(np.intp)
    shares = np.tile([[0.8], [0.15], [0.05]], 300)
    slope, _ = best_slope(np.log(shares), labels)
    data = pd.DataFrame({"label": labels, **{f"p_{k}": shares[k] for k in range(3)}})
    parts = taken_apart(data)
    assert way(parts, "temperature").temperature == pytest.approx(1.0 / slope, rel=1e-5)
    assert "vary" in parts.not_applicable["temperature_bias"]


def test_predictions_vary_where_one_class_does() -> None:
    """Also beside a class that is impossible in every row."""
    logs, _, _ = drawn(50, 3)
    codes = np.zeros(50, np.intp)
    as_sampled: NDArray[np.floating] = logs.astype(np.float32)
    for varied in (logs, as_sampled):
        assert Rows(varied, codes).vary()
        same = np.repeat(varied[:, :1], 50, axis=1)
        assert not Rows(same, codes).vary()
        for place in range(3):
            one = varied.copy()
            one[place] = LOWEST
            assert Rows(one, codes).vary()
            still = same.copy()
            still[place] = LOWEST
            assert not Rows(still, codes).vary()
            still[place, 7] = -1.0
            assert Rows(still, codes).vary()


# The page


def biased_only(rows: int, make: Any) -> pd.DataFrame:
    """Predictions that are wrong, and that a temperature alone does not fix."""
    data: pd.DataFrame = make(rows)
    data[data.columns[-1]] += 1.3
    alone = way(taken_apart(data), "temperature").temperature
    names = data.columns[1:]
    data[names] /= alone
    return data


@pytest.mark.parametrize("make", [binary, multiclass])
def test_the_verdict_does_not_deny_what_biases_remove(make: Any, tmp_path: Path) -> None:
    data = biased_only(3000, make)
    parts = taken_apart(data)
    alone, both = way(parts, "temperature"), way(parts, "temperature_bias")
    assert abs(alone.calibration) < 2 * alone.standard_error
    assert both.calibration > 5 * both.standard_error
    page = page_of(write_csv(tmp_path / "rows.csv", dict(data)))
    assert "Temperature alone removes nothing" in page
    assert "No clear miscalibration" not in page
    assert f"{both.calibration:.3g} nats" in page


def test_a_temperature_that_makes_predictions_constant_is_named(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(2)
    true = rng.normal(-3.0, 1.0, 3000)
    label = (rng.random(3000) < special.expit(true)).astype(int)
    data = pd.DataFrame({"label": label, "logit": true + 8.0})
    parts = taken_apart(data)
    assert way(parts, "temperature").temperature == math.inf
    assert way(parts, "temperature_bias").temperature == pytest.approx(1.0, rel=0.2)
    page = page_of(write_csv(tmp_path / "rows.csv", dict(data)))
    assert "worse than a constant" not in page
    assert "The best temperature alone would make the predictions constant." in page


def test_a_constant_that_is_off_is_not_called_calibrated(tmp_path: Path) -> None:
    label = np.resize([1] * 3 + [0] * 7, 500)
    page = page_of(write_csv(tmp_path / "rows.csv", {"label": label, "prob": np.full(500, 0.5)}))
    assert "No clear miscalibration" not in page
    assert "Temperature alone removes nothing." in page
    assert "The isotonic fit removes 0.0823 nats" in page


@pytest.mark.parametrize("rows", [40, 300, 3000])
def test_an_isotonic_fit_is_not_clear_by_chance(rows: int) -> None:
    clear = [way(taken_apart(binary(rows, seed)), "isotonic").is_clear for seed in range(25)]
    assert not any(clear)
    data = binary(3000, 1, shift=1.0)
    assert way(taken_apart(data), "isotonic").is_clear
    data["w"] = 1e-3  # weights are no rows
    assert way(taken_apart(data, weight="w"), "isotonic").is_clear


def test_a_bias_is_shown_apart_from_the_name_of_its_class(tmp_path: Path) -> None:
    data = binary(2000)
    bias = way(taken_apart(data), "temperature_bias").biases["1"]
    page = page_of(write_csv(tmp_path / "rows.csv", dict(data)))
    assert f"Bias of 1: {bias:+.2g}.".replace("-", "−") in page
    data = multiclass(2000)
    biases = way(taken_apart(data), "temperature_bias").biases
    page = page_of(write_csv(tmp_path / "many.csv", dict(data)))
    assert f"of 2: {biases['2']:+.2g}".replace("-", "−") in page


def long_names(rows: int, classes: int, kept: int) -> dict[str, Any]:
    data = multiclass(rows, classes=classes)
    names = [f"a class of a long name, number {k}" for k in range(classes)]
    columns = {f"logit_{name}": data[f"logit_{k}"] for k, name in enumerate(names)}
    return {"label": [names[code % kept] for code in data["label"]], **columns}


def test_no_line_is_longer_than_80(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, 40)
    prob = rng.random(40)
    impossible = np.where(label == 1, 0.0, prob)
    cases: list[tuple[dict[str, Any], list[str]]] = [
        ({"label": label[:12], "prob": prob[:12]}, []),
        ({"label": [1] + [0] * 39, "prob": prob}, []),
        ({"label": [1] * 40, "prob": prob}, []),
        ({"label": label, "prob": impossible}, ["--clip", "none"]),
        ({"label": label, "prob": np.full(40, 0.7)}, []),
        ({"label": label, "prob": prob, "w": 1.7e308}, ["--weight", "w"]),
        (dict(binary(500, factor=1e-4)), ["--base", "2"]),
        (long_names(50, 6, 6), []),
        (long_names(900, 6, 6), []),
        (long_names(900, 6, 5), []),
        (long_names(900, 12, 5), []),
    ]
    for number, (columns, options) in enumerate(cases):
        data = pd.DataFrame(columns)
        path = write_csv(tmp_path / f"{number}.csv", dict(data))
        lines = own_lines(page_of(path, *options))
        assert [line for line in lines if len(line) > 80] == []


def test_the_csv_has_the_slope_and_the_bias_of_two_classes(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", dict(binary(500, factor=2.0, shift=0.5)))
    text = run_ce("score", path, "--decompose", "--format", "csv").stdout
    lines = {line["recalibration"]: line for line in csv.DictReader(io.StringIO(text))}
    parts = taken_apart(path)
    line = lines["temperature_bias"]
    assert float(line["slope"]) == parts.slope
    assert float(line["bias"]) == way(parts, "temperature_bias").biases["1"]
    result = score(multiclass(300), decompose=True).decomposition
    assert result is not None
    assert math.isnan(result.slope)
