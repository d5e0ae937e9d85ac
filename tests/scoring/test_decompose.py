"""``--decompose``: parts that add up, the temperature that is there, and no optimism."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize, special, stats
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import BinaryLogit, Logits
from ce_cli.kernels.outcomes import Hard
from ce_cli.metrics import auc, sample
from ce_cli.metrics.sample import Sample
from ce_cli.results.decomposition import Decomposed, Recalibrated
from tests.conftest import (
    SAMPLES,
    as_number,
    complaints,
    run_ce,
    score_json,
    strict,
    write_csv,
    write_parquet,
)

Floats = NDArray[np.float64]

WAYS = ("temperature", "temperature_bias", "isotonic")


def binary(rows: int, seed: int = 0, factor: float = 1.0, shift: float = 0.0) -> pd.DataFrame:
    """Logits that are the true ones times `factor`, plus `shift`."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0.0, 1.5, rows)
    label = (rng.random(rows) < special.expit(true)).astype(int)
    return pd.DataFrame({"label": label, "logit": factor * true + shift})


def multiclass(rows: int, seed: int = 0, factor: float = 1.0, classes: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    true = rng.normal(0.0, 1.5, (rows, classes))
    shares = special.softmax(true, axis=1)
    label = (rng.random((rows, 1)) > shares.cumsum(axis=1)).sum(axis=1)
    columns = {f"logit_{k}": factor * true[:, k] for k in range(classes)}
    return pd.DataFrame({"label": label, **columns})


def taken_apart(data: Any, **options: Any) -> Decomposed:
    parts = score(data, decompose=True, **options).decomposition
    assert parts is not None
    return parts


def way(parts: Decomposed, name: str) -> Recalibrated:
    return next(one for one in parts.recalibrations if one.name == name)


# What is found is what is there


@pytest.mark.parametrize("make", [binary, multiclass])
@pytest.mark.parametrize("factor", [0.4, 1.0, 3.0])
def test_the_temperature_is_what_the_logits_were_multiplied_by(make: Any, factor: float) -> None:
    data = make(10_000, factor=factor)
    parts = taken_apart(data)
    one = way(parts, "temperature")
    assert one.temperature == pytest.approx(factor, rel=0.05)
    true = score(make(10_000)).metrics["cross_entropy"]
    assert one.cross_entropy == pytest.approx(true, abs=3e-4)
    expected = score(data).metrics["cross_entropy"] - true
    assert one.calibration == pytest.approx(expected, abs=3e-4)


def test_the_bias_is_what_was_added_to_the_logit() -> None:
    parts = taken_apart(binary(20_000, factor=2.0, shift=1.5))
    one = way(parts, "temperature_bias")
    assert one.temperature == pytest.approx(2.0, rel=0.05)
    assert one.biases["1"] == pytest.approx(-0.75, abs=0.05)
    assert parts.slope == pytest.approx(0.5, rel=0.05)
    assert one.calibration > way(parts, "temperature").calibration + 0.01


def test_classes_that_are_over_predicted_get_negative_biases() -> None:
    data = multiclass(20_000)
    data["logit_2"] += 1.0
    one = way(taken_apart(data), "temperature_bias")
    expected = {"0": 0.25, "1": 0.25, "2": -0.75, "3": 0.25}
    assert one.biases == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_calibrated_predictions_have_nothing_to_gain(make: Any) -> None:
    """A fit to n rows promises p/(2n) on these and loses as much on others, on average."""
    rows, seeds = 500, 40
    gains = []
    for seed in range(seeds):
        parts = taken_apart(make(rows, seed))
        gains.append([one.calibration for one in parts.recalibrations])
    means, errors = np.mean(gains, axis=0), np.std(gains, axis=0) / math.sqrt(seeds)
    parameters = [1, 2] if make is binary else [1, 4]
    for place, count in enumerate(parameters):
        assert means[place] == pytest.approx(-count / (2 * rows), abs=4 * errors[place])
        assert means[place] < 0.0
    if make is binary:
        assert means[2] > 4 * errors[2]  # isotonic is judged on the rows it is fitted to


def test_cross_fitting_knows_rows_that_are_alike_from_one_row() -> None:
    """Ten distinct predictions only: neighbours in other folds must not give a row away."""
    gains = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        logit = rng.integers(-4, 5, 500) / 2.0 + rng.normal()
        label = (rng.random(500) < special.expit(logit)).astype(int)
        parts = taken_apart(pd.DataFrame({"label": label, "logit": logit}))
        gains.append([one.calibration for one in parts.recalibrations[:2]])
    means, errors = np.mean(gains, axis=0), np.std(gains, axis=0) / math.sqrt(60)
    assert (np.abs(means - np.array([-1, -2]) / 1000) < 4 * errors).all()


def test_the_standard_error_is_how_far_the_calibration_strays() -> None:
    found = [way(taken_apart(binary(1000, seed, factor=2.0)), "temperature") for seed in range(40)]
    strayed = np.std([one.calibration for one in found])
    stated = np.mean([one.standard_error for one in found])
    assert strayed == pytest.approx(stated, rel=0.35)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_rows_that_are_alike_make_the_standard_error_smaller(make: Any) -> None:
    data = make(300, factor=2.0)
    once = way(taken_apart(data), "temperature")
    often = way(taken_apart(pd.concat([data] * 25)), "temperature")
    assert often.standard_error == pytest.approx(once.standard_error / 5.0, rel=0.1)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_a_row_of_large_weight_is_one_row_and_never_recalibrates_itself(make: Any) -> None:
    """With few rows that count, what is calibrated must not seem to have much to gain."""
    gains = []
    for seed in range(40):
        data = make(500, seed)
        data["w"] = np.where(np.random.default_rng(seed).random(500) < 0.1, 50.0, 0.01)
        gains.append([one.calibration for one in taken_apart(data, weight="w").recalibrations[:2]])
    means, errors = np.mean(gains, axis=0), np.std(gains, axis=0) / math.sqrt(40)
    assert (means < errors).all()


# Against other libraries


def test_fits_to_all_rows_are_scikit_learns() -> None:
    data = binary(3000, factor=1.7, shift=0.4)
    model = LogisticRegression(C=math.inf, tol=1e-10).fit(data[["logit"]], data["label"])
    parts = taken_apart(data)
    one = way(parts, "temperature_bias")
    assert parts.slope == pytest.approx(model.coef_[0, 0], rel=1e-5)
    assert one.temperature == pytest.approx(1.0 / model.coef_[0, 0], rel=1e-5)
    assert one.biases["1"] == pytest.approx(model.intercept_[0], rel=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_the_isotonic_split_is_made_of_scikit_learns_isotonic_regression(weighted: bool) -> None:
    data = binary(2000, factor=1.7)
    data["prob"] = special.expit(data.pop("logit")).round(2).clip(0.01, 0.99)
    data["w"] = np.random.default_rng(1).exponential(1.0, 2000) if weighted else 1.0
    shares = IsotonicRegression().fit(data["prob"], data["label"], data["w"]).predict(data["prob"])
    after = log_loss(data["label"], shares, sample_weight=data["w"])
    before = log_loss(data["label"], data["prob"], sample_weight=data["w"])
    share = np.average(data["label"], weights=data["w"])
    parts = taken_apart(data, weight="w")
    one = way(parts, "isotonic")
    assert one.calibration == pytest.approx(before - after, abs=1e-9)
    assert one.discrimination == pytest.approx(stats.entropy([share, 1 - share]) - after, abs=1e-9)
    assert parts.basis == "rows"


@pytest.mark.parametrize("values", ["logits", "probabilities", "logprobs"])
def test_scores_in_bins_give_nearly_the_figures_of_all_scores(
    values: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auc, "MOST_CELLS", 1 << 13)
    data = binary(20_000, factor=2.0, shift=0.5)
    if values == "probabilities":
        data["prob"] = special.expit(data.pop("logit"))
    elif values == "logprobs":
        data["logprob"] = special.log_expit(data.pop("logit"))
    options = {"task": "binary"} if values == "logprobs" else {}
    binned = taken_apart(data, **options)
    monkeypatch.setattr(auc, "MOST_CELLS", 1 << 16)
    exact = taken_apart(data, **options)
    assert (binned.basis, exact.basis) == ("bins", "rows")
    assert binned.slope == pytest.approx(exact.slope, rel=1e-4)
    for name in WAYS[:2]:  # folds differ, and so chance
        one, other = way(binned, name), way(exact, name)
        assert one.temperature == pytest.approx(other.temperature, rel=1e-4)
        assert abs(one.calibration - other.calibration) < 0.15 * other.standard_error
    one, other = way(binned, "isotonic"), way(exact, "isotonic")
    assert 0 <= other.calibration - one.calibration < 5e-3 * other.calibration


def test_scores_in_a_narrow_range_keep_their_slope() -> None:
    """Against an unpenalised logistic regression on the logit, in units of its spread."""
    rng = np.random.default_rng(14)
    scores = 0.4999 + 0.0002 * rng.random(10_000)
    label = (rng.random(10_000) < special.expit(1e4 * (scores - 0.5))).astype(int)
    parts = taken_apart(pd.DataFrame({"label": label, "prob": scores}))
    logits = special.logit(scores) * 1e4
    fit = LogisticRegression(C=np.inf, tol=1e-12, max_iter=1_000).fit(logits[:, None], label)
    assert parts.slope == pytest.approx(1e4 * fit.coef_[0, 0], rel=1e-5)
    slope = optimize.minimize_scalar(
        lambda one: -special.log_expit((2 * label - 1) * one * logits).sum(),
        bracket=(0.1, 1.0),
        tol=1e-12,
    ).x
    assert 1.0 / way(parts, "temperature").temperature == pytest.approx(1e4 * slope, rel=1e-5)


def test_middles_of_cells_lie_among_their_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auc, "MOST_CELLS", 100)
    logits = np.random.default_rng(3).normal(0.0, 30.0, 5_000)
    logits[:2] = -np.inf, np.inf
    rows = np.arange(len(logits))
    hard = Hard(BinaryLogit(logits), rows % 2, 2)
    state = auc.Auc.of(Batch(hard, None, None, 1, rows, rows))
    cells = state.cells()
    assert not cells.exact
    assert ((state.lows <= cells.scores) & (cells.scores <= state.highs)).all()


# Laws


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(
        st.tuples(st.integers(0, 1), st.floats(0.0, 1.0), st.floats(0.0, 10.0)),
        min_size=20,
        max_size=60,
    ),
    base=st.sampled_from(["e", "2", "10"]),
)
def test_the_parts_add_up(rows: list[tuple[int, float, float]], base: Any) -> None:
    """Uncertainty − discrimination + calibration is the cross-entropy, and isotonic gains."""
    labels, probabilities, weights = (list(column) for column in zip(*rows, strict=True))
    data = pd.DataFrame({"label": [*labels, 0, 1], "prob": [*probabilities, 0.5, 0.5]})
    data["w"] = [*weights, 1.0, 1.0]
    result = score(data, weight="w", base=base, decompose=True)
    parts = result.decomposition
    assert parts is not None
    assert parts.cross_entropy == result.metrics["cross_entropy"]
    assert parts.uncertainty == result.metrics["baseline"]
    for one in parts.recalibrations:
        total = parts.uncertainty - one.discrimination + one.calibration
        assert total == pytest.approx(parts.cross_entropy, abs=1e-9)
        assert one.cross_entropy + one.calibration == pytest.approx(parts.cross_entropy, abs=1e-9)
    isotonic = way(parts, "isotonic")
    assert isotonic.calibration >= -1e-9
    assert isotonic.discrimination >= -1e-9


def test_units_are_those_of_base_and_temperatures_have_none() -> None:
    data = multiclass(500, factor=2.0)
    nats, bits = taken_apart(data), taken_apart(data, base=2)
    for one, other in zip(nats.recalibrations, bits.recalibrations, strict=True):
        assert other.calibration * math.log(2) == pytest.approx(one.calibration)
        assert other.standard_error * math.log(2) == pytest.approx(one.standard_error)
        assert (other.temperature, other.biases) == (one.temperature, one.biases)


@pytest.mark.parametrize("make", [binary, multiclass])
@pytest.mark.parametrize("most", [200, 1 << 16])
def test_split_and_shuffled_files_give_the_same_to_the_bit(
    make: Any, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MOST_ROWS", most)
    data = make(6000, factor=2.0)
    data["w"] = np.random.default_rng(4).integers(0, 3, 6000)
    data = pd.concat([data, data[:500]])
    whole = taken_apart(data, weight="w")
    assert (whole.basis == "sample") == (make is multiclass and most == 200)
    order = np.random.default_rng(5).permutation(len(data))
    shuffled = data.iloc[order]
    paths = []
    for number, (start, stop) in enumerate(itertools.pairwise((0, 1, 1000, 1001, 4000, 6500))):
        paths.append(tmp_path / f"{number}.parquet")
        shuffled.iloc[start:stop].to_parquet(paths[-1])
    for threads in (1, 3):
        assert taken_apart(paths, weight="w", threads=threads).to_dict() == whole.to_dict()
    data["segment"] = data["label"].astype(str)
    assert taken_apart(data, weight="w", by="segment").to_dict() == whole.to_dict()


@settings(deadline=None, max_examples=50)
@given(
    rows=st.lists(st.integers(0, 30), max_size=60),
    cuts=st.lists(st.integers(0, 60), min_size=3, max_size=3),
    room=st.integers(1, 12),
)
def test_a_small_sample_obeys_the_laws(rows: list[int], cuts: list[int], room: int) -> None:
    """Bottom-k of a union is bottom-k of the bottom-ks, and counts every row that is in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample, "MOST_ROWS", room)
        values = np.array(rows, np.float64)
        logits = np.stack([values, np.zeros(len(rows)), values / 3.0])
        places = np.arange(len(rows))
        weights = 1.0 + values
        batch = Batch(
            Hard(Logits(logits), np.array(rows, np.intp) % 3, 3), weights, None, 1, places, places
        )
        whole = Sample.of(batch)
        edges = sorted(min(cut, len(rows)) for cut in cuts)
        a, b, c, d = (
            Sample.of(batch.take(slice(start, stop)))
            for start, stop in itertools.pairwise((0, *edges, len(rows)))
        )
        for joined in (a.merge(b).merge(c).merge(d), d.merge(c.merge(b).merge(a))):
            assert joined == whole
        distinct = sorted(set(rows))
        assert whole.is_whole == (len(distinct) <= room)
        if rows:
            kept = whole.settled.parts[0]
            assert len(kept) == min(len(distinct), room)
            found = dict(zip(*np.unique(values, return_counts=True), strict=True))
            for logs, count, weight in zip(
                kept.numbers.T, kept.rows.floats(), kept.weight.floats(), strict=True
            ):
                value = round(float(logs[0] - logs[1]))
                assert count == found[value]
                assert weight == count * (1.0 + value)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_repeated_rows_are_whole_weights(make: Any) -> None:
    """But for the folds and the standard error: two rows are not one row of weight 2."""
    data = make(400, factor=2.0)
    data["w"] = np.random.default_rng(6).integers(0, 4, 400)
    weighted = taken_apart(data, weight="w")
    repeated = taken_apart(data.loc[np.repeat(data.index, data["w"])])
    assert weighted.uncertainty == pytest.approx(repeated.uncertainty, rel=1e-12)
    for one, other in zip(weighted.recalibrations, repeated.recalibrations, strict=True):
        assert one.biases == pytest.approx(other.biases, abs=1e-9)
        if one.name == "isotonic":
            assert one.calibration == pytest.approx(other.calibration, rel=1e-9)
        else:
            assert one.temperature == pytest.approx(other.temperature, rel=1e-9)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_shifted_logits_and_predictions_in_another_form_give_the_same(make: Any) -> None:
    data = make(1000, factor=2.0)
    names = [name for name in data if name.startswith("logit")]
    plain = taken_apart(data)
    others = []
    if make is multiclass:
        shifted = data.copy()
        shifted[names] += 8.0
        others.append(shifted.round(30))
        logs = special.log_softmax(data[names].to_numpy(), axis=1)
        renamed = [name.replace("logit", "logprob") for name in names]
        others.append(
            pd.DataFrame({"label": data["label"], **dict(zip(renamed, logs.T, strict=True))})
        )
    else:
        prob = special.expit(data["logit"])
        others.append(pd.DataFrame({"label": data["label"], "p_0": 1 - prob, "p_1": prob}))
        both = pd.DataFrame(
            {"label": data["label"], "logit_0": 3.0, "logit_1": 3.0 + data["logit"]}
        )
        others.append(both)
    for other in others:
        found = taken_apart(other)
        for one, same in zip(plain.recalibrations, found.recalibrations, strict=True):
            assert same.cross_entropy == pytest.approx(one.cross_entropy, abs=2e-3)  # folds
            if one.name != "isotonic":
                assert same.temperature == pytest.approx(one.temperature, rel=1e-5)


# Samples


def test_a_sample_gives_nearly_the_figures_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if one row occurs thousands of times, drawn or not."""
    data = multiclass(20_000, factor=2.0)
    certain = pd.DataFrame(
        {"label": 0, "logit_0": [40.0], "logit_1": 0, "logit_2": 0, "logit_3": 0}
    )
    wrong = certain.assign(label=1, logit_0=8.0)
    often = [certain.loc[np.zeros(9_000, int)], wrong.loc[np.zeros(50, int)]]
    data = pd.concat([data, *often], ignore_index=True)
    exact = taken_apart(data)
    monkeypatch.setattr(sample, "MOST_ROWS", 4000)
    drawn = taken_apart(data)
    assert (exact.basis, exact.used) == ("rows", 29_050)
    assert drawn.basis == "sample"
    assert drawn.rows == 29_050
    for name in WAYS[:2]:
        one, other = way(drawn, name), way(exact, name)
        assert one.temperature == pytest.approx(other.temperature, rel=0.05)
        assert one.calibration == pytest.approx(other.calibration, rel=0.1)
    page = page_of(data, monkeypatch)
    assert f"from a sample of {drawn.used:,} of 29,050 rows" in page


def page_of(data: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> str:
    from ce_cli.outputs.drawing.canvas import Canvas
    from ce_cli.outputs.pages.score import render

    return render(score(data, decompose=True), Canvas())


# Soft labels, and what does not apply


@pytest.mark.parametrize("classes", [2, 3])
def test_the_entropy_of_soft_labels_is_noise_that_nothing_removes(classes: int) -> None:
    rng = np.random.default_rng(7)
    labels = rng.dirichlet(np.ones(classes), 800)
    predictions = special.softmax(2.0 * np.log(labels) + rng.normal(0, 0.3, labels.shape), axis=1)
    columns = {f"y_{k}": labels[:, k] for k in range(classes)}
    columns |= {f"p_{k}": predictions[:, k] for k in range(classes)}
    result = score(pd.DataFrame(columns), decompose=True)
    parts = result.decomposition
    assert parts is not None
    assert parts.label_noise == pytest.approx(stats.entropy(labels, axis=1).mean(), rel=1e-12)
    one = way(parts, "temperature")
    assert one.temperature == pytest.approx(2.0, rel=0.1)
    assert parts.label_noise < one.cross_entropy < parts.cross_entropy
    assert one.standard_error > 0


def test_what_does_not_apply_is_named_with_the_reason(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    prob = rng.random(40)
    label = rng.integers(0, 2, 40)
    cases: list[tuple[dict[str, Any], list[str], dict[str, str]]] = [
        ({"label": [1] * 40, "prob": prob}, [], dict.fromkeys(WAYS, "all labels are of one class")),
        ({"label": label[:12], "prob": prob[:12]}, [], dict.fromkeys(WAYS[:2], "needs 20 rows")),
        (
            {"label": [1] + [0] * 39, "prob": prob},
            [],
            dict.fromkeys(WAYS[:2], "5 rows of each of two"),
        ),
        (
            {"label": label, "prob": np.where(label, prob * (prob > 0.2), prob)},
            ["--clip", "none"],
            dict.fromkeys(WAYS[:2], "infinite"),
        ),
        (
            {
                "label": np.resize([0, 1, 2], 40),
                **{f"logit_{k}": rng.normal(0.0, 1.0, 40) for k in range(3)},
            },
            [],
            {"isotonic": "two classes, and there are 3"},
        ),
    ]
    for number, (columns, options, expected) in enumerate(cases):
        path = write_csv(tmp_path / f"{number}.csv", columns)
        every = [*options, "--decompose"]
        found = score_json(path, *every)["decomposition"]
        assert found["not_applicable"].keys() == expected.keys()
        for name, part in expected.items():
            assert part in found["not_applicable"][name]
        assert {one["name"] for one in found["recalibrations"]} == set(WAYS) - expected.keys()
        page = run_ce("score", path, *every).stdout
        for part in expected.values():
            assert part in page


def test_biases_of_many_classes_take_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    data = multiclass(300, classes=6)
    assert taken_apart(data).not_applicable.keys() == {"isotonic"}
    monkeypatch.setattr(sample, "MOST_ROWS", 100)
    found = taken_apart(data)
    assert "6 biases need 300 sampled rows" in found.not_applicable["temperature_bias"]
    few = taken_apart(data[:50])
    assert "6 biases need 60 rows" in few.not_applicable["temperature_bias"]
    assert [one.name for one in few.recalibrations] == ["temperature"]


@pytest.mark.parametrize(
    ("columns", "options", "why"),
    [
        ({"token": ["a", "b"], "logprob": [-1, -2]}, [], "only the observed outcome"),
        (
            {"y_a": [0, 1], "y_b": [1, 1], "p_a": [0.2, 0.9], "p_b": [0.3, 0.8]},
            ["--task", "multilabel"],
            "several labels",
        ),
    ],
)
def test_labels_without_one_class_are_not_taken_apart(
    columns: dict[str, Any], options: list[str], why: str, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "rows.csv", columns)
    document = score_json(path, *options, "--decompose")
    assert document["decomposition"] is None
    assert why in document["not_applicable"]["decomposition"]
    page = run_ce("score", path, *options, "--decompose").stdout
    assert "decomposition does not apply" in page


def test_predictions_turned_round_have_an_endless_temperature() -> None:
    data = binary(1000, factor=-1.0)
    parts = taken_apart(data)
    assert way(parts, "temperature").temperature == math.inf
    assert parts.slope == pytest.approx(-1.0, abs=0.15)
    assert parts.to_dict()["recalibrations"][0]["temperature"] is None
    # what is left of them is a coin, or always the same class
    assert way(parts, "temperature").cross_entropy == pytest.approx(math.log(2.0), rel=1e-9)
    one = way(parts, "temperature_bias")
    assert one.cross_entropy == pytest.approx(parts.uncertainty, abs=3e-3)


@pytest.mark.parametrize("make", [binary, multiclass])
def test_weights_may_be_of_any_size(make: Any) -> None:
    data = make(200)
    data["w"] = np.resize([1e300, 1e-300, 5e-324, 3.0], 200)
    parts = taken_apart(data, weight="w")
    assert parts.recalibrations
    for one in parts.recalibrations:
        assert math.isfinite(one.cross_entropy)
    data["w"] = 1.7e308
    assert set(taken_apart(data, weight="w").not_applicable) == set(WAYS)


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_impossible_and_certain_predictions_are_no_nan(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    label = rng.integers(0, 2, 60)
    if kind == "binary":
        logit = np.where(label == 1, np.inf, -np.inf)
        columns: dict[str, Any] = {
            "label": label,
            "logit": np.where(rng.random(60) < 0.5, logit, 0.3),
        }
    else:
        first = np.where(label == 0, 1e308, rng.normal(0.0, 1.0, 60))
        columns = {"label": label, "logit_0": first, "logit_1": 0.0, "logit_2": -np.inf}
    path = write_parquet(
        tmp_path / "rows.parquet", {k: np.broadcast_to(v, 60) for k, v in columns.items()}
    )
    done = run_ce("score", path, "--decompose", "--json")
    assert "RuntimeWarning" not in done.stderr
    found = strict(done.stdout)["decomposition"]
    for one in found["recalibrations"]:
        assert None not in (one["cross_entropy"], one["calibration"], one["discrimination"])


# The command


def test_the_page_reads_like_a_sum_and_fits_80_columns() -> None:
    for name in ("breast_cancer.csv", "digits.csv", "breast_cancer_forest.csv"):
        done = run_ce("score", SAMPLES / name, "--decompose", "--base", "2")
        lines = done.stdout.splitlines()
        at = next(place for place, line in enumerate(lines) if "uncertainty" in line)
        assert [line[0] for line in lines[at : at + 5]] == [" ", "−", "+", "=", " "]
        own = itertools.takewhile(lambda line: not line.startswith(("!", "ce:")), lines[at:])
        assert all(len(line) <= 80 for line in own), lines
        numbers = [as_number(line[17:].split()[0]) for line in lines[at : at + 4]]
        assert numbers[0] - numbers[1] + numbers[2] == pytest.approx(numbers[3], abs=1e-4)


@pytest.mark.parametrize(
    ("factor", "word"),
    [(3.0, "Over-confident"), (0.3, "Under-confident"), (-1.0, "makes them constant")],
)
def test_the_page_explains_the_result(factor: float, word: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", dict(binary(2000, factor=factor)))
    done = run_ce("score", path, "--decompose")
    assert word in done.stdout
    assert done.returncode == 0


def test_every_format_has_the_parts() -> None:
    path = SAMPLES / "breast_cancer.csv"
    parts = score_json(path, "--decompose")["decomposition"]
    csv = run_ce("score", path, "--decompose", "--format", "csv").stdout.splitlines()
    assert csv[0].startswith("recalibration,uncertainty,discrimination,calibration,")
    first = dict(zip(csv[0].split(","), csv[1].split(","), strict=True))
    assert float(first["calibration"]) == parts["recalibrations"][0]["calibration"]
    assert [line.split(",")[0] for line in csv[1:]] == list(WAYS)
    markdown = run_ce("score", path, "--decompose", "--format", "markdown").stdout
    assert "| isotonic |" in markdown
    assert "| cross\\_entropy |" in markdown


def test_other_figures_are_not_touched() -> None:
    path = SAMPLES / "breast_cancer.csv"
    plain, apart = score_json(path), score_json(path, "--decompose")
    assert plain["decomposition"] is None
    assert {**apart, "decomposition": None} == plain
    every = json.loads(run_ce("score", path, "--metric", "all", "--json").stdout)
    assert every["decomposition"] is None
    alone = score_json(path, "--decompose", "--metric", "accuracy")
    assert list(alone["metrics"]) == ["accuracy"]
    assert alone["decomposition"] == apart["decomposition"]


def test_bad_data_is_reported_in_the_same_words(tmp_path: Path) -> None:
    for number, text in enumerate(
        ("label,prob\n1,0.5\n0,1.5\n", "label,prob\n", "label,prob\n1,\n")
    ):
        path = tmp_path / f"{number}.csv"
        path.write_text(text, encoding="utf-8")
        plain, apart = run_ce("score", path), run_ce("score", path, "--decompose")
        assert complaints(apart, 3) == complaints(plain, 3)
