"""Applying a calibration: to files, to tables, in scoring, and as a formula elsewhere."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from ce_cli import Calibration, calibrate, gate, score
from ce_cli.errors import DataError, UsageError
from ce_cli.registry import FORMULAS
from tests.conftest import SAMPLES, run_ce, strict, write_csv

Floats = NDArray[np.float64]
WINE = SAMPLES / "wine.csv"
TWO = ("temperature", "platt", "beta", "isotonic")
SEVERAL = ("temperature", "bias", "vector")
EXTREME = [1e-300, 1e-12, 0.001, 0.25, 0.5, 0.75, 0.999, 1.0 - 1e-12]


def binary(kind: str = "probabilities") -> dict[str, list[Any]]:
    """Rows of two classes whose predictions are too sure and too high."""
    dice = np.random.default_rng(0)
    logits = dice.normal(size=300) * 2.0
    labels = dice.random(300) < 1.0 / (1.0 + np.exp(-(0.5 * logits - 0.5)))
    values = {
        "probabilities": 1.0 / (1.0 + np.exp(-logits)),
        "logits": logits,
        "logprobs": -np.logaddexp(0.0, -logits),
    }[kind]
    return {"label": labels.astype(int).tolist(), "pred": values.tolist()}


def fitted(kind: Any, method: Any) -> Calibration:
    return calibrate(binary(kind), as_=kind, method=method)


def written(folder: Path, calibration: Calibration) -> str:
    path = folder / "cal.json"
    path.write_text(json.dumps(calibration.to_dict()))
    return str(path)


# Rows


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("kind", ["probabilities", "logits", "logprobs"])
def test_scoring_what_was_applied_is_scoring_with_it(
    kind: Any, suffix: str, tmp_path: Path
) -> None:
    calibration = fitted(kind, "platt")
    write_csv(tmp_path / "in.csv", binary(kind))
    path, out = written(tmp_path, calibration), tmp_path / f"out.{suffix}"
    done = run_ce("calibrate", "apply", path, "in.csv", "-o", str(out), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "recalibrated 300 rows by platt" in done.stderr
    one = score(out, as_=kind).metrics["cross_entropy"]
    two = score(tmp_path / "in.csv", calibrate=path).metrics["cross_entropy"]
    assert one == pytest.approx(two, rel=1e-12)


def test_all_other_columns_remain(tmp_path: Path) -> None:
    columns = binary()
    table = pa.table(
        {
            "id": [f"{row:04d}" for row in range(300)],
            "count": list(range(300)),
            "when": pa.array(range(300), pa.timestamp("s")),
            "ok": [row % 2 == 0 for row in range(300)],
            "pred": pa.array(columns["pred"], pa.float32()),
            "note": [None if row % 3 else "None" for row in range(300)],
            "kind": pa.array(["a", "b"] * 150).dictionary_encode(),
            "tags": [[1, 2], []] * 150,
        }
    )
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=70)
    path = written(tmp_path, fitted("probabilities", "beta"))
    done = run_ce("calibrate", "apply", path, "in.parquet", "-o", "out.parquet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column_names == table.column_names
    for name in set(table.column_names) - {"pred"}:
        assert found[name].to_pylist() == table[name].to_pylist(), name
    assert found["when"].type == pa.timestamp("ms") or found["when"].type == pa.timestamp("s")
    assert found["pred"].type == pa.float64()


def test_csv_goes_to_standard_output_and_keeps_its_texts(tmp_path: Path) -> None:
    path = written(tmp_path, calibrate(WINE, method="temperature"))
    text = "id,p_class_2,p_class_0,p_class_1,note\n007,0.2,0.5,0.3,NA\n1e3,0.1,0.1,0.8,\n"
    done = run_ce("calibrate", "apply", path, "-", stdin=text.encode(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(
        io.StringIO(done.stdout), dtype={"id": str, "note": str}, keep_default_na=False
    )
    assert found["id"].tolist() == ["007", "1e3"]
    assert found["note"].tolist() == ["NA", ""]
    sums = found[["p_class_0", "p_class_1", "p_class_2"]].sum(axis=1)
    assert sums.tolist() == pytest.approx([1.0, 1.0])


def test_classes_are_bound_by_name(tmp_path: Path) -> None:
    calibration = calibrate(WINE, method="vector")
    plain = pd.read_csv(WINE)
    turned = plain[["p_class_1", "label", "p_class_2", "p_class_0"]]
    renamed = turned.rename(columns=lambda name: name.replace("p_", "q."))
    expected = calibration.apply(plain)
    assert calibration.apply(turned)[list(plain)].equals(expected)
    found = calibration.apply(renamed, pred=["q.*"])
    for name in ("class_0", "class_1", "class_2"):
        assert found[f"q.{name}"].tolist() == pytest.approx(expected[f"p_{name}"].tolist())
    for table in (turned, renamed):
        assert score(table, calibrate=calibration).metrics["cross_entropy"] == pytest.approx(
            score(plain, calibrate=calibration).metrics["cross_entropy"], rel=1e-12
        )


@pytest.mark.parametrize("method", TWO)
def test_the_other_class_of_two_has_the_other_probability(method: Any) -> None:
    calibration = fitted("probabilities", method)
    own = calibration.predict_proba(EXTREME)
    other = [1.0 - one for one in EXTREME]
    labels = [0, 1] * 4
    one = score(labels, EXTREME, calibrate=calibration)
    two = score(labels, other, calibrate=calibration, classes="1,0", clip=1e-12)
    assert one.metrics["cross_entropy"] == pytest.approx(two.metrics["cross_entropy"], rel=1e-4)
    assert own.sum(axis=1) == pytest.approx(np.ones(8))


def test_lists_stay_lists(tmp_path: Path) -> None:
    dice = np.random.default_rng(0)
    probabilities = dice.dirichlet([1.0, 2.0, 3.0], size=200)
    labels = [int(dice.choice(3, p=one**2 / (one**2).sum())) for one in probabilities]
    table = pa.table({"label": labels, "probs": probabilities.tolist()})
    pq.write_table(table, tmp_path / "in.parquet")
    calibration = calibrate(tmp_path / "in.parquet", method="temperature")
    path = written(tmp_path, calibration)
    for suffix in ("parquet", "jsonl"):
        out = str(tmp_path / f"out.{suffix}")
        assert (
            run_ce("calibrate", "apply", path, "in.parquet", "-o", out, cwd=tmp_path).returncode
            == 0
        )
        assert score(out).metrics["cross_entropy"] == pytest.approx(
            score(table, calibrate=calibration).metrics["cross_entropy"]
        )
    done = run_ce("calibrate", "apply", path, "in.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert ".parquet or .jsonl" in done.stderr


def test_maps_keep_their_names(tmp_path: Path) -> None:
    rows = [{"cat": 0.2, "dog": 0.8}, {"dog": 0.3, "cat": 0.7}, {"cat": 0.6, "dog": 0.4}] * 10
    lines = [
        json.dumps({"label": "cat" if at % 4 else "dog", "scores": row})
        for at, row in enumerate(rows)
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    calibration = calibrate(tmp_path / "in.jsonl", method="platt")
    path = written(tmp_path, calibration)
    done = run_ce("calibrate", "apply", path, "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert score(tmp_path / "out.jsonl").metrics["cross_entropy"] == pytest.approx(
        score(tmp_path / "in.jsonl", calibrate=calibration).metrics["cross_entropy"]
    )


def test_rows_without_a_prediction_are_kept_where_they_are_skipped(tmp_path: Path) -> None:
    path = written(tmp_path, fitted("probabilities", "platt"))
    (tmp_path / "in.csv").write_text("id,pred\na,0.5\nb,\nc,0.9\n")
    done = run_ce("calibrate", "apply", path, "in.csv", cwd=tmp_path)
    assert done.returncode == 3
    assert "row 2" in done.stderr
    done = run_ce("calibrate", "apply", path, "in.csv", "--missing", "skip", cwd=tmp_path)
    assert done.returncode == 0
    assert [line.split(",")[1] != "" for line in done.stdout.split()] == [True, True, False, True]
    assert "recalibrated 2 rows" in done.stderr


# What does not fit


@pytest.mark.parametrize(
    ("columns", "options", "why"),
    [
        ({"p_a": [0.5], "p_b": [0.2], "p_c": [0.3]}, {"pred": "p_*"}, "the predictions are of"),
        ({"x": [0.5]}, {}, "no column 'p_class_2'"),
        ({"x": [0.5], "y": [0.5]}, {"pred": ["x", "y"]}, "is of 3 classes"),
        (
            {"logit_class_0": [1.0], "logit_class_1": [1.0], "logit_class_2": [0.0]},
            {"pred": "logit_*"},
            "hold logits by their names",
        ),
        (
            {"p_class_0": [0.1], "p_class_1": [0.1], "p_class_2": [0.8]},
            {"as_": "logits"},
            "hold logits by as_",
        ),
        ({"p_class_0": [1.1], "p_class_1": [0.1], "p_class_2": [0.8]}, {}, "not a probability"),
        (
            {"p_class_0": ["x"], "p_class_1": [0.1], "p_class_2": [0.8]},
            {},
            "'p_class_0' holds string",
        ),
        ({"p_class_0": [], "p_class_1": [], "p_class_2": []}, {}, "no data row"),
    ],
)
def test_other_classes_and_kinds_are_refused(
    columns: dict[str, Any], options: dict[str, Any], why: str
) -> None:
    calibration = calibrate(WINE, method="temperature")
    with pytest.raises(DataError, match=why):
        calibration.apply(columns, **options)


def test_scoring_refuses_other_classes_and_kinds() -> None:
    calibration = fitted("probabilities", "platt")
    with pytest.raises(DataError, match="is of '0', '1'"):
        score(WINE, calibrate=calibration)
    with pytest.raises(DataError, match="logits by their names"):
        score(SAMPLES / "breast_cancer_logits.csv", calibrate=calibration)
    with pytest.raises(DataError, match="holds logits by as_"):
        score(binary("logits"), calibrate=calibration, as_="logits")
    table = {"y_a": [0, 1] * 20, "y_b": [1, 0] * 20, "p_a": [0.5] * 40, "p_b": [0.5] * 40}
    with pytest.raises(UsageError, match="leave calibrate out"):
        score(
            table,
            label=["y_a", "y_b"],
            pred=["p_a", "p_b"],
            task="multilabel",
            calibrate=calibration,
        )
    with pytest.raises(UsageError, match="leave calibrate out"):
        score(binary(), calibrate=calibration, convention="torch")
    with pytest.raises(UsageError, match="calibrate must be a path"):
        score(binary(), calibrate=3)


def test_probabilities_are_not_taken_for_logits() -> None:
    calibration = fitted("logits", "platt")
    probabilities = binary()
    with pytest.raises(DataError, match="numbers in 'pred' are probabilities"):
        score(probabilities, calibrate=calibration)
    with pytest.raises(DataError, match="numbers in 'pred' are probabilities"):
        calibration.apply(probabilities)
    assert score(probabilities, calibrate=calibration, as_="logits").rows["scored"] == 300
    with pytest.raises(DataError, match=r"is not a probability.* if these are logits"):
        score(binary("logits"), calibrate=fitted("probabilities", "platt"))


@pytest.mark.parametrize(
    ("predictions", "why"),
    [
        ([[0.5, 0.25, 0.25]], "shape"),
        ([0.5, np.nan], "first: nan in row 2"),
        ([1.5], "first: 1.5 in row 1"),
        (["a"], "not an array of numbers"),
        (0.5, "shape"),
    ],
)
def test_arrays_that_are_no_predictions_are_refused(predictions: Any, why: str) -> None:
    with pytest.raises(DataError, match=why):
        fitted("probabilities", "platt").predict_proba(predictions)


# Scoring


def test_the_loss_after_it_differs_and_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, calibrate(WINE, method="temperature"))
    done = run_ce(
        "score", str(WINE), "--calibrate", path, "--json", "--decompose", "--metric", "all"
    )
    document = strict(done.stdout)
    assert document["metrics"]["cross_entropy"] < score(WINE).metrics["cross_entropy"]
    assert "|calibration:temperature:" in document["signature"]
    (found,) = [
        one for one in document["decomposition"]["recalibrations"] if one["name"] == "temperature"
    ]
    assert found["temperature"] == pytest.approx(1.0, abs=1e-5)  # nothing is left to gain


def test_a_gate_scores_by_it() -> None:
    calibration = calibrate(WINE, method="temperature")
    after = score(WINE, calibrate=calibration).metrics["cross_entropy"]
    assert gate(WINE, max=after + 1e-9, calibrate=calibration).passed
    assert not gate(WINE, max=after - 1e-9, calibrate=calibration).passed


def test_splits_and_threads_do_not_change_a_bit(tmp_path: Path) -> None:
    calibration = calibrate(WINE, method="vector")
    table = pa.Table.from_pandas(pd.concat([pd.read_csv(WINE)] * 7, ignore_index=True))
    pq.write_table(table, tmp_path / "one.parquet")
    pq.write_table(table, tmp_path / "many.parquet", row_group_size=1)
    one, two = (
        score(tmp_path / name, calibrate=calibration, threads=threads, metric="all").to_dict()
        for name, threads in (("one.parquet", 1), ("many.parquet", 3))
    )
    assert one["metrics"] == two["metrics"]


# Formulas


LANGUAGES = [one.names[0] for one in FORMULAS]


def shown(calibration: Calibration, language: str, folder: Path) -> str:
    done = run_ce("calibrate", "show", written(folder, calibration), "--as", language)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_formula(
    calibration: Calibration, language: str, predictions: Floats, folder: Path
) -> Floats:
    """What the shown formula makes of predictions, shape (n,) or (n, K)."""
    text = shown(calibration, language, folder)
    if language == "sql":
        return by_query(text, calibration, predictions)
    names: dict[str, Any] = {}
    exec(text, names)
    if language == "numpy":
        return np.asarray(names["calibrated"](predictions))
    return np.array([names["calibrated"](one) for one in predictions.tolist()])


def by_query(text: str, calibration: Calibration, predictions: Floats) -> Floats:
    names = calibration.columns.predictions
    columns = [predictions] if predictions.ndim == 1 else list(predictions.T)
    frame = pd.DataFrame(dict(zip(names, columns, strict=True)))
    with duckdb.connect() as connection:
        connection.register("predictions", frame)
        found = connection.sql(text).df()
    own = [name for name in found if name.startswith("calibrated_")]
    numbers: Floats = found[own[0] if len(own) == 1 else own].to_numpy()
    return numbers


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("method", TWO)
@pytest.mark.parametrize("kind", ["probabilities", "logits", "logprobs"])
def test_the_formula_of_one_column_is_the_calibration(
    kind: str, method: Any, language: str, tmp_path: Path
) -> None:
    calibration = fitted(kind, method)
    values = np.array([0.0, *EXTREME, 1.0])
    if kind != "probabilities":
        values = np.concatenate([-np.logspace(-8, 3, 12), [-1.0, 0.0]])
        values = np.concatenate([values, np.logspace(-8, 3, 12)]) if kind == "logits" else values
    found = by_formula(calibration, language, values, tmp_path)
    assert found == pytest.approx(calibration.predict_proba(values)[:, 1], rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("method", SEVERAL)
@pytest.mark.parametrize("name", ["wine.csv", "digits_logits.parquet"])
def test_the_formula_of_several_columns_is_the_calibration(
    name: str, method: Any, language: str, tmp_path: Path
) -> None:
    if name.endswith("parquet"):
        table = pq.read_table(SAMPLES / name)
        own = [one for one in table.column_names if one != "label"]
        values = (
            np.array(table[own[0]].to_pylist())
            if len(own) == 1
            else table.select(own).to_pandas().to_numpy()
        )
        if language == "sql" and len(own) == 1:
            pytest.skip("the query reads a list")
        calibration = calibrate(SAMPLES / name, method=method)
    else:
        calibration = calibrate(SAMPLES / name, method=method)
        values = pd.read_csv(WINE)[list(calibration.columns.predictions)].to_numpy()
    found = by_formula(calibration, language, values[:50], tmp_path)
    assert found == pytest.approx(calibration.predict_proba(values[:50]), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_formula_of_two_columns_and_of_an_offset(language: str, tmp_path: Path) -> None:
    columns = binary()
    table = {
        "label": columns["label"],
        "p_0": [1 - p for p in columns["pred"]],
        "p_1": columns["pred"],
    }
    cases: list[dict[str, Any]] = [{"method": "beta"}, {"method": "offset", "prior": "0.1"}]
    for options in cases:
        calibration = calibrate(table, **options)
        values = np.array([[1.0 - p, p] for p in EXTREME])
        found = by_formula(calibration, language, values, tmp_path)
        expected = calibration.predict_proba(values)
        assert (found if found.ndim == 2 else np.stack([1 - found, found], 1)) == pytest.approx(
            expected, rel=1e-9
        )


def test_a_list_in_sql_is_read_by_place(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": ["0", "1"] * 20, "probs": [[0.2, 0.8], [0.6, 0.4]] * 20})
    calibration = calibrate(frame, method="platt")
    text = shown(calibration, "sql", tmp_path)
    with duckdb.connect() as connection:
        connection.register("predictions", frame)
        found = connection.sql(text).df()["calibrated_1"].to_numpy()
    assert found == pytest.approx(calibration.predict_proba(frame["probs"].tolist())[:, 1])


@pytest.mark.parametrize("kind", ["probabilities", "logits", "logprobs"])
@pytest.mark.parametrize("method", ["platt", "isotonic"])
def test_a_missing_prediction_has_no_probability(kind: str, method: Any, tmp_path: Path) -> None:
    calibration = fitted(kind, method)
    (name,) = calibration.columns.predictions
    with duckdb.connect() as connection:
        connection.execute(f'CREATE TABLE predictions AS SELECT NULL::DOUBLE AS "{name}"')
        (row,) = connection.sql(shown(calibration, "sql", tmp_path)).fetchall()
    assert row[-1] is None
    module: dict[str, Any] = {}
    exec(shown(calibration, "python", tmp_path), module)
    assert module["calibrated"](None) is module["calibrated"](math.nan) is None


def test_a_missing_prediction_of_one_class_leaves_none(tmp_path: Path) -> None:
    calibration = calibrate(WINE, method="temperature")
    names = calibration.columns.predictions
    with duckdb.connect() as connection:
        cells = ", ".join(f'{"NULL" if at else 0.5}::DOUBLE AS "{n}"' for at, n in enumerate(names))
        connection.execute(f"CREATE TABLE predictions AS SELECT {cells}")
        (row,) = connection.sql(shown(calibration, "sql", tmp_path)).fetchall()
    assert row[-3:] == (None, None, None)
    module: dict[str, Any] = {}
    exec(shown(calibration, "python", tmp_path), module)
    assert module["calibrated"]([0.5, None, 0.2]) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_names(language: str, tmp_path: Path) -> None:
    evil = '"; DROP TABLE predictions; --\n\x1b[31m\u202eimport os\nos.system("touch owned")'
    names = {f"p_{evil}": [0.2, 0.7, 0.6, 0.4] * 10, "p_b": [0.8, 0.3, 0.4, 0.6] * 10}
    table = {"label": [evil, "b"] * 20, **names}
    calibration = calibrate(table, pred=list(names), classes=[evil, "b"], method="platt")
    text = shown(calibration, language, tmp_path)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if language != "sql":
        here = [*Path.cwd().iterdir()]
        exec(text, {})
        assert [*Path.cwd().iterdir()] == here
    else:
        renamed = pd.DataFrame({"prediction_1": [0.2], "p_b": [0.8], "p_1": [0.1]})
        with duckdb.connect() as connection:
            connection.register("predictions", renamed)
            assert len(connection.sql(text).df()) == 1


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, fitted("probabilities", "platt"))
    done = run_ce("calibrate", "show", path, "--as", "cobol")
    assert done.returncode == 2
    assert "python" in done.stderr


def test_columns_of_any_type_are_written_as_json(tmp_path: Path) -> None:
    table = pa.table(
        {
            "pred": [0.2, 0.7],
            "when": pa.array([0, 1], pa.timestamp("s")),
            "price": pa.array([None, "1.50"], pa.string()).cast(pa.decimal128(5, 2)),
            "deep": [{"a": [1.0, float("nan")]}, None],
            "raw": [b"a", b"b"],
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    path = written(tmp_path, fitted("probabilities", "platt"))
    done = run_ce("calibrate", "apply", path, "in.parquet", "-o", "out.jsonl", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    first, second = (strict_line(line) for line in (tmp_path / "out.jsonl").open())
    assert first["deep"] == {"a": [1.0, None]}
    assert (first["when"], second["price"]) == ("1970-01-01 00:00:00", "1.50")


def strict_line(line: str) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    found: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return found


def test_a_gate_says_which_of_two_scores_is_calibrated(tmp_path: Path) -> None:
    path = written(tmp_path, calibrate(WINE, method="temperature"))
    for name, options in {"plain": (), "calibrated": ("--calibrate", path)}.items():
        done = run_ce("score", str(WINE), *options, "--json")
        (tmp_path / f"{name}.json").write_text(done.stdout)
    gate_of = ("gate", str(WINE), "--max-regression", "1%", "--baseline")
    done = run_ce(*gate_of, str(tmp_path / "plain.json"), "--calibrate", path)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.endswith("omit --calibrate.")) == (3, True)
    done = run_ce(*gate_of, str(tmp_path / "calibrated.json"))
    (line,) = done.stderr.splitlines()
    assert (done.returncode, line.endswith("use --calibrate with that one.")) == (3, True)
    done = run_ce(*gate_of, str(tmp_path / "calibrated.json"), "--calibrate", path)
    assert done.returncode == 0


def test_a_baseline_of_predictions_is_refused_beside_a_calibration(tmp_path: Path) -> None:
    path = written(tmp_path, calibrate(SAMPLES / "digits.csv", method="temperature"))
    baseline = ("--baseline", str(SAMPLES / "digits_logits.parquet"), "--max-regression", "1%")
    done = run_ce("gate", str(SAMPLES / "digits.csv"), *baseline, "--calibrate", path)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "ce calibrate apply" in line) == (2, True)


@pytest.mark.parametrize("command", ["score", "gate"])
def test_the_calibration_is_an_input(command: str, tmp_path: Path) -> None:
    path = written(tmp_path, calibrate(WINE, method="temperature"))
    limit = ["--max", "9"] if command == "gate" else []
    done = run_ce(command, str(WINE), *limit, "--calibrate", path, "--output", path)
    assert done.returncode == 2
    assert "cannot be overwritten" in done.stderr
    done = run_ce(command, "-", *limit, "--calibrate", "-", stdin=b"label,prob\n1,0.5\n")
    (line,) = done.stderr.splitlines()
    assert (done.returncode, "standard input: this is no JSON document" in line) == (3, True)
