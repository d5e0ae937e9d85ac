"""Fitting a calibration: what it gains, which method is chosen, and what has no finite fit."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from ce_cli import Calibration, calibrate, score
from ce_cli.errors import DataError, StorageError, UsageError
from tests.conftest import SAMPLES, SCHEMAS, run_ce, strict, write_csv, write_parquet

Floats = NDArray[np.float64]


def drawn(slope: float, bias: float, rows: int, seed: int = 0) -> tuple[NDArray[np.intp], Floats]:
    """Labels whose true logit is slope · z + bias, and predictions with the logit z."""
    dice = np.random.default_rng(seed)
    logits = dice.normal(size=rows) * 2.0
    labels = (dice.random(rows) < 1.0 / (1.0 + np.exp(-(slope * logits + bias)))).astype(np.intp)
    return labels, 1.0 / (1.0 + np.exp(-logits))


def methods(result: Calibration) -> dict[str, dict[str, Any]]:
    return {one["method"]: one for one in result.to_dict()["tried"]}


# What is chosen


def test_calibrated_predictions_have_nothing_to_gain() -> None:
    result = calibrate(*drawn(1.0, 0.0, 4000))
    assert (result.method, result.verdict) == ("none", "nothing")
    assert result.whole.gain == 0.0
    assert "Nothing to gain" in str(result)
    probabilities = [0.1, 0.75]
    assert result.predict_proba(probabilities)[:, 1] == pytest.approx(probabilities, rel=1e-14)


@pytest.mark.parametrize(
    ("slope", "bias", "method"), [(0.4, 0.0, "temperature"), (0.5, 1.5, "platt")]
)
def test_the_simplest_method_that_suffices_is_chosen(
    slope: float, bias: float, method: Any
) -> None:
    result = calibrate(*drawn(slope, bias, 4000))
    assert (result.method, result.verdict) == (method, "gain")
    found = result.to_dict()["parameters"]
    assert found["slope"] == pytest.approx(slope, abs=0.06)
    assert found.get("bias", 0.0) == pytest.approx(bias, abs=0.12)
    tried = methods(result)
    assert list(tried) == ["none", "temperature", "platt", "beta", "isotonic"]
    best = min(one["after"] for one in tried.values())
    assert tried[method]["after"] <= best + tried[method]["standard_error"]


def test_the_gain_is_that_on_other_rows() -> None:
    """The cross-fitted gain is near the gain on a million new rows, and below that on its own."""
    labels, probabilities = drawn(0.5, 0.3, 2000, seed=5)
    result = calibrate(labels, probabilities, method="platt")
    new_labels, new = drawn(0.5, 0.3, 400_000, seed=6)
    plain = score(new_labels, new).metrics["cross_entropy"]
    after = score(new_labels, new, calibrate=result).metrics["cross_entropy"]
    assert result.whole.gain == pytest.approx(plain - after, abs=3 * result.whole.standard_error)
    own = score(labels, probabilities, calibrate=result).metrics["cross_entropy"]
    assert result.whole.before - own > result.whole.gain


def test_the_standard_error_is_the_spread_of_the_gain() -> None:
    gains, errors = [], []
    for seed in range(60):
        own = calibrate(*drawn(0.6, 0.2, 500, seed), method="temperature").whole
        gains.append(own.gain)
        errors.append(own.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.3)


def test_clusters_make_the_error_larger() -> None:
    labels, probabilities = drawn(0.5, 0.0, 400)
    users = np.repeat(np.arange(400), 10)
    table = {
        "label": np.repeat(labels, 10).tolist(),
        "prob": np.repeat(probabilities, 10).tolist(),
        "user": users.tolist(),
    }
    plain, clustered = calibrate(table), calibrate(table, cluster="user")
    ratio = clustered.whole.standard_error / plain.whole.standard_error
    assert ratio == pytest.approx(np.sqrt(10), rel=0.1)  # the folds are others
    assert clustered.to_dict()["cluster"] == {"column": "user", "count": 400}


def test_the_cross_entropy_before_is_that_of_score() -> None:
    weighted: dict[str, Any] = {"weight": "weight", "positive": "malignant"}
    cases = {"wine.csv": {}, "digits_logits.parquet": {}, "breast_cancer_weighted.csv": weighted}
    for name, options in cases.items():
        document = calibrate(SAMPLES / name, **options)
        scored = score(SAMPLES / name, **options)
        assert document.whole.before == scored.metrics["cross_entropy"]


def test_gains_by_class_and_by_group_add_up() -> None:
    labels, probabilities = drawn(0.5, 1.0, 900)
    groups = ["eu" if row % 3 else "us" for row in range(900)]
    table = {"label": labels.tolist(), "prob": probabilities.tolist(), "place": groups}
    document = calibrate(table, by="place").to_dict()
    for lines in (document["per_class"], document["groups"]):
        total = sum(line["rows"] * line["gain"] for line in lines)
        assert total / 900 == pytest.approx(document["gain"])
    assert [one["by"] for one in document["groups"]] == [{"place": "eu"}, {"place": "us"}]
    assert [one["rows"] for one in document["groups"]] == [600, 300]


# The same result however it is read


def test_splits_and_threads_do_not_change_a_bit(tmp_path: Path) -> None:
    labels, probabilities = drawn(0.5, 1.0, 6000)
    columns = {"label": labels.tolist(), "prob": probabilities.tolist()}
    write_parquet(tmp_path / "one.parquet", columns)
    pq.write_table(pa.table(columns), tmp_path / "many.parquet", row_group_size=171)
    write_csv(tmp_path / "rows.csv", columns)
    found = []
    for name, threads in itertools.product(("one.parquet", "many.parquet", "rows.csv"), (1, 3)):
        document = calibrate(tmp_path / name, threads=threads).to_dict()
        assert document.pop("inputs")
        document.pop("columns")
        found.append(document)
    assert all(one == found[0] for one in found)


def test_splits_of_many_classes_do_not_change_a_bit(tmp_path: Path) -> None:
    """More classes than are stored class by class."""
    dice = np.random.default_rng(3)
    logits = dice.normal(size=(500, 40)) * 3.0
    labels = [
        int(one.argmax()) if dice.random() < 0.6 else int(dice.integers(40)) for one in logits
    ]
    table = pa.table({"label": labels, "logits": logits.tolist()})
    documents = []
    for size in (500, 1, 77):
        pq.write_table(table, tmp_path / "rows.parquet", row_group_size=size)
        for threads in (1, 3):
            documents.append(calibrate(tmp_path / "rows.parquet", threads=threads).to_dict())
    assert all(one == documents[0] for one in documents)


def test_weights_are_repeated_rows_for_the_parameters() -> None:
    labels, probabilities = drawn(0.5, 0.5, 300)
    weights = 1 + np.arange(300) % 3
    table = {"label": labels, "prob": probabilities, "w": weights}
    repeated = {name: np.repeat(table[name], weights) for name in ("label", "prob")}
    method: Any
    for method in ("temperature", "platt", "beta"):
        one = calibrate(table, weight="w", method=method).to_dict()["parameters"]
        two = calibrate(repeated, method=method).to_dict()["parameters"]
        assert one == pytest.approx(two, rel=1e-6)


@pytest.mark.parametrize("method", ["temperature", "platt", "beta", "isotonic"])
def test_probabilities_and_logits_of_a_model_have_one_calibration(method: Any) -> None:
    labels, probabilities = drawn(0.5, 0.5, 500)
    logits = np.log(probabilities) - np.log1p(-probabilities)
    one = calibrate(labels, probabilities, method=method)
    two = calibrate(labels, logits, as_="logits", method=method)
    three = calibrate(labels, np.log(probabilities), as_="logprobs", method=method)
    expected = one.predict_proba(probabilities)
    assert two.predict_proba(logits) == pytest.approx(expected, rel=1e-6)
    assert three.predict_proba(np.log(probabilities)) == pytest.approx(expected, rel=1e-6)


def test_smoothing_does_not_matter() -> None:
    labels, probabilities = drawn(0.5, 0.5, 300)
    plain = calibrate(labels, probabilities)
    assert calibrate(labels, probabilities, label_smoothing=0.1).calibration == plain.calibration


# An offset


def test_an_offset_is_the_ratio_of_the_odds() -> None:
    labels = [1] * 20 + [0] * 80
    result = calibrate(labels, [0.5] * 100, method="offset", prior="0.5")
    assert result.predict_proba([0.5])[0, 1] == pytest.approx(0.8)  # odds of 1, times 1 / 0.25
    assert (result.verdict, result.to_dict()["prior"]) == ("prior", {"0": 0.5, "1": 0.5})


def test_an_offset_of_every_class_makes_a_constant_prediction_the_prior() -> None:
    labels = ["a"] * 10 + ["b"] * 30 + ["c"] * 60
    predictions = [[0.1, 0.3, 0.6]] * 100
    shares = ["b=0.5", "a=0.3", "c=0.2"]
    result = calibrate(labels, predictions, classes="a,b,c", method="offset", prior=shares)
    assert result.predict_proba(predictions)[0] == pytest.approx([0.3, 0.5, 0.2])
    entropy = -sum(share * np.log(share) for share in (0.3, 0.5, 0.2))
    assert result.whole.after == pytest.approx(entropy)
    assert result.whole.gain > 0


@pytest.mark.parametrize(
    ("prior", "why"),
    [
        ((), "needs the share"),
        ("1.5", "between 0 and 1"),
        ("0", "between 0 and 1"),
        ("nan", "between 0 and 1"),
        ("x", "between 0 and 1"),
        ("z=0.5", "must be CLASS=SHARE"),
        (["0=0.5", "0=0.5"], "names a class twice"),
        (["1=0.5"], "no share of '0'"),
        (["0=0.5", "1=0.6"], "have to be 1"),
    ],
)
def test_a_prior_that_is_none_is_refused(prior: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        calibrate([0, 1] * 20, [0.3, 0.6] * 20, method="offset", prior=prior)


def test_a_prior_without_an_offset_is_refused() -> None:
    with pytest.raises(UsageError, match="prior is for method"):
        calibrate([0, 1] * 20, [0.3, 0.6] * 20, prior="0.5")


# What has no finite fit


SEPARATED = ([0] * 20 + [1] * 20, [0.1 + row / 200 for row in range(20)] + [0.7] * 20)


@pytest.mark.parametrize(
    ("data", "method", "why"),
    [
        (([1], [0.5]), "auto", "needs 20 rows, and there is 1 row"),
        (([1] * 30, [0.5] * 30), "auto", "all labels are of class '1'"),
        (([0] * 30 + [1] * 2, [0.5] * 32), "auto", "5 rows of each of two classes"),
        (SEPARATED, "temperature", "every row is predicted correctly"),
        (SEPARATED, "platt", "a threshold separates the classes"),
        (SEPARATED, "beta", "a threshold separates the classes"),
        (([0, 1] * 20, [0.5] * 40), "temperature", "predicts all classes alike"),
        (([0, 1] * 20, [0.3] * 40), "platt", "every row has the same predictions"),
        (([0, 1] * 20, [0.3] * 40), "beta", "every row has the same predictions"),
    ],
)
def test_what_has_no_finite_fit_is_a_sentence(data: Any, method: Any, why: str) -> None:
    with pytest.raises(DataError, match=why) as caught:
        calibrate(*data, method=method)
    assert len(caught.value.sentences) == 1


def test_separated_rows_are_an_answer_of_auto() -> None:
    """The isotonic curve is finite, and says how far so few rows can show it."""
    result = calibrate(*SEPARATED)
    tried = methods(result)
    assert "every row is predicted correctly" in tried["temperature"]["reason"]
    assert result.method in ("none", "isotonic")
    assert np.isfinite(result.whole.after)


@pytest.mark.parametrize("size", [1e-9, 1e3, 1e9])
def test_saturated_logits_have_a_finite_temperature(size: float) -> None:
    labels, probabilities = drawn(0.5, 0.0, 500)
    logits = (np.log(probabilities) - np.log1p(-probabilities)) * size
    result = calibrate(labels, logits, as_="logits", method="temperature")
    plain = calibrate(labels, probabilities, method="temperature")
    found = result.to_dict()["parameters"]["slope"] * size
    assert found == pytest.approx(plain.to_dict()["parameters"]["slope"], rel=1e-3)
    assert result.predict_proba([np.inf, -np.inf])[:, 1].tolist() == pytest.approx([1.0, 0.0])


def test_logits_beyond_all_measure_count_as_the_largest() -> None:
    labels, probabilities = drawn(0.5, 0.0, 500)
    logits = (probabilities - 0.5) * 1e300
    result = calibrate(labels, logits, as_="logits", method="temperature")
    assert 0.0 < result.to_dict()["parameters"]["slope"] < 1e-9
    assert np.isfinite(result.whole.after)


def test_logits_that_differ_by_rounding_alone_are_alike() -> None:
    labels, probabilities = drawn(0.5, 0.0, 500)
    logits = (probabilities - 0.5) * 1e-25
    with pytest.raises(DataError, match="predicts all classes alike"):
        calibrate(labels, logits, as_="logits", method="temperature")


def test_predictions_that_are_worse_than_none_get_an_infinite_temperature() -> None:
    labels, probabilities = drawn(-1.0, 0.0, 500)
    result = calibrate(labels, probabilities, method="temperature")
    assert result.to_dict()["parameters"] == {"slope": 0.0}
    assert result.predict_proba([0.99])[0].tolist() == [0.5, 0.5]
    assert "T = ∞" in str(result)


def test_certain_and_wrong_predictions_are_clipped_or_refused() -> None:
    labels, probabilities = drawn(1.0, 0.0, 100)
    probabilities[0] = 1.0 - labels[0]
    result = calibrate(labels, probabilities)
    assert np.isfinite(result.whole.after)
    with pytest.raises(DataError, match=r"impossible in 1 row \(first: row 1\)"):
        calibrate(labels, probabilities, clip="none")


def test_a_method_for_another_number_of_classes_is_refused() -> None:
    with pytest.raises(UsageError, match="is for two classes, and there are 3"):
        calibrate(SAMPLES / "wine.csv", method="platt")
    with pytest.raises(UsageError, match="more than two classes"):
        calibrate([0, 1] * 20, [0.3, 0.6] * 20, method="vector")
    two = calibrate(*drawn(0.5, 1.0, 200), method="bias")
    assert two.method == "platt"


def test_an_absent_class_leaves_the_temperature() -> None:
    labels = ["a", "b"] * 60
    dice = np.random.default_rng(0)
    predictions = dice.dirichlet([1.0, 1.0, 1.0], size=120)
    tried = methods(calibrate(labels, predictions, classes="a,b,c"))
    assert tried["temperature"]["reason"] is None
    assert tried["bias"]["reason"] == "no row is of class 'c'"


def test_independent_labels_and_likelihoods_are_refused() -> None:
    table = {"y_a": [0, 1] * 20, "y_b": [1, 0] * 20, "p_a": [0.5] * 40, "p_b": [0.5] * 40}
    with pytest.raises(UsageError, match="fit each label by itself"):
        calibrate(table, label=["y_a", "y_b"], pred=["p_a", "p_b"], task="multilabel")
    with pytest.raises(UsageError, match="there is no label"):
        calibrate(SAMPLES / "tokens.csv")


def test_soft_labels_are_fitted() -> None:
    dice = np.random.default_rng(0)
    shares = dice.dirichlet([1.0, 1.0, 1.0], size=200)
    sharp = shares**3 / (shares**3).sum(axis=1, keepdims=True)
    result = calibrate(shares, sharp, classes="a,b,c", method="temperature")
    assert result.to_dict()["parameters"]["slope"] == pytest.approx(1.0 / 3.0, rel=1e-6)


# The command


def test_the_document_fits_its_schema_and_reads_back() -> None:
    done = run_ce("calibrate", "fit", "wine.csv", "--by", "label", "--json", cwd=SAMPLES)
    assert done.returncode == 0, done.stderr
    document = strict(done.stdout)
    assert document["schema"] == "ce.calibration/1"
    assert document == calibrate_in(SAMPLES, "wine.csv", by="label")
    for method in ("bias", "vector", "temperature"):
        SCHEMAS["ce.calibration/1"].validate(calibrate_in(SAMPLES, "wine.csv", method=method))


def calibrate_in(folder: Path, name: str, **options: Any) -> dict[str, Any]:
    found = calibrate(folder / name, **options).to_dict()
    assert Calibration.from_dict(json.loads(json.dumps(found))).to_dict() == found
    return {**found, "inputs": [name]}


def test_output_is_the_calibration_beside_the_page(tmp_path: Path) -> None:
    target = tmp_path / "cal.json"
    done = run_ce("calibrate", "fit", "wine.csv", "-o", str(target), cwd=SAMPLES)
    assert done.returncode == 0
    assert "The calibration by temperature gains" in done.stdout
    assert strict(target.read_text()) == calibrate_in(SAMPLES, "wine.csv")


def test_an_input_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    columns: dict[str, Any] = {"label": [0, 1] * 20, "prob": [0.2, 0.4, 0.6, 0.7] * 10}
    write_csv(path, columns)
    done = run_ce("calibrate", "fit", str(path), "-o", str(path))
    assert done.returncode == 2
    assert "cannot be overwritten" in done.stderr


def test_a_configuration_has_a_table_for_each_command(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"label": [0, 1] * 40, "prob": [0.2, 0.4, 0.6, 0.7] * 20}
    write_csv(tmp_path / "a.csv", columns)
    (tmp_path / "ce.toml").write_text('[calibrate.fit]\nmethod = "platt"\n')
    done = run_ce("calibrate", "fit", "a.csv", "--json", cwd=tmp_path)
    assert strict(done.stdout)["method"] == "platt"
    (tmp_path / "ce.toml").write_text("[calibrate.melt]\n")
    done = run_ce("calibrate", "fit", "a.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert "calibrate.melt is not known" in done.stderr
    (tmp_path / "ce.toml").write_text("calibrate = 1\n")
    done = run_ce("calibrate", "fit", "a.csv", cwd=tmp_path)
    assert (done.returncode, "must be a table" in done.stderr) == (2, True)


def test_a_missing_file_is_an_error_of_ce() -> None:
    with pytest.raises(StorageError, match=r"nowhere\.csv: there is no such file"):
        calibrate("nowhere.csv")


def test_another_base_is_another_unit_and_nothing_else() -> None:
    labels, probabilities = drawn(0.5, 0.5, 300)
    nats, bits = calibrate(labels, probabilities), calibrate(labels, probabilities, base="2")
    assert bits.calibration == nats.calibration
    assert bits.whole.gain == pytest.approx(nats.whole.gain / np.log(2.0))
    assert bits.unit == "bits"
