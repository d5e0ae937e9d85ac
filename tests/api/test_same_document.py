"""Python gives the documents of the command line, and shows its pages."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ce_cli
from ce_cli import compare, explain, gate, inspect, score
from ce_cli.errors import DataError, UsageError
from tests.conftest import SAMPLES, SCHEMAS, run_ce, strict, write_csv

CANCER = SAMPLES / "breast_cancer.csv"
FOREST = SAMPLES / "breast_cancer_forest.csv"
WEIGHTED = SAMPLES / "breast_cancer_weighted.csv"
FAILED = 1


def document(command: str, *args: str | Path, code: int = 0) -> dict[str, Any]:
    done = run_ce(command, *args, "--json")
    assert done.returncode == code, done.stderr
    return strict(done.stdout)


@pytest.mark.parametrize(
    ("args", "options", "passed"),
    [
        (("--max", "0.5"), {"max": 0.5}, True),
        (
            ("--require", "accuracy >= 0.9", "--require", "auc >= 0.999", "--min-rows", "100"),
            {"require": ["accuracy >= 0.9", "auc >= 0.999"], "min_rows": 100},
            False,
        ),
        (
            ("--max", "0.5", "--confident", "--base", "2", "--confidence", "0.9"),
            {"max": "0.5", "confident": True, "base": "2", "confidence": 0.9},
            True,
        ),
        (
            ("--baseline", FOREST, "--id", "id", "--max-regression", "1%", "--mode", "confident"),
            {"baseline": FOREST, "id": "id", "max_regression": "1%", "mode": "confident"},
            True,
        ),
    ],
)
def test_a_gate_is_that_of_the_command(
    args: tuple[Any, ...], options: dict[str, Any], passed: bool
) -> None:
    found = gate(CANCER, **options)
    assert found.passed is passed
    assert found.to_dict() == document("gate", CANCER, *args, code=0 if passed else FAILED)


def test_a_gate_by_groups_is_that_of_the_command() -> None:
    limit = "cross_entropy.by(segment) <= 0.1"
    found = gate(WEIGHTED, require=limit, positive="malignant", weight="weight")
    args = ("--require", limit, "--positive", "malignant", "--weight", "weight")
    assert found.to_dict() == document("gate", WEIGHTED, *args, code=FAILED)


@pytest.mark.parametrize("how", ["path", "document", "result"])
def test_a_document_is_a_baseline_in_every_form(how: str, tmp_path: Path) -> None:
    scored = score(FOREST)
    path = tmp_path / "main.json"
    path.write_text(json.dumps(scored.to_dict()), encoding="utf-8")
    baseline: Any = {"path": path, "document": scored.to_dict(), "result": scored}[how]
    expected = document("gate", CANCER, "--baseline", path, "--max-regression", "0.1")
    found = gate(CANCER, baseline=baseline, max_regression=0.1).to_dict()
    assert found["gates"][0]["checks"] == expected["gates"][0]["checks"]
    assert (
        found["gates"][0]["comparisons"][0]["difference"]
        == (expected["gates"][0]["comparisons"][0]["difference"])
    )


def test_predictions_are_a_baseline_in_every_form() -> None:
    expected = gate(CANCER, baseline=FOREST, id="id", max_regression="1%").gates[0]
    data, other = pd.read_csv(CANCER), pd.read_csv(FOREST)
    for baseline in (other, pa.Table.from_pandas(other), {name: other[name] for name in other}):
        found = gate(data, baseline=baseline, id="id", max_regression="1%").gates[0]
        assert found.checks == expected.checks
        assert found.paired
    aligned = data.merge(other, on="id", suffixes=("", "_old"))
    labels, new, old = aligned["label"], aligned["prob"], aligned["prob_old"]
    for baseline in (old, (labels, old), old.to_numpy()):
        found = gate(labels, new, baseline=baseline, max_regression="1%").gates[0]
        assert found.checks[0].value == pytest.approx(expected.checks[0].value, rel=1e-12)


def test_the_labels_of_a_baseline_may_be_a_table() -> None:
    data, other = pd.read_csv(CANCER), pd.read_csv(FOREST)
    expected = gate(data, baseline=other, id="id", max_regression=1).gates[0].checks
    labels = data[["id", "label"]]
    options: dict[str, Any] = {"labels": labels, "id": "id", "max_regression": 1}
    bare, others = data[["id", "prob"]], other[["id", "prob"]]
    assert gate(bare, baseline=others, **options).gates[0].checks == expected


def test_wrong_gates_raise_and_failed_ones_do_not() -> None:
    assert not gate([1, 0], [0.5, 0.5], max=0).passed
    with pytest.raises(UsageError, match="no limit"):
        gate([1, 0], [0.5, 0.5])
    with pytest.raises(UsageError, match="itself"):
        gate(CANCER, baseline=str(CANCER), max_regression=0)
    with pytest.raises(DataError, match="schema"):
        gate([1, 0], [0.5, 0.5], baseline={"schema": "other"}, max_regression=0)
    with pytest.raises(TypeError, match="called 'as_'"):
        gate([1, 0], [0.5, 0.5], max=1, values="logits")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "args", "options"),
    [
        ("breast_cancer.csv", (), {}),
        ("breast_cancer_logits.csv", ("--as", "probabilities"), {"as_": "probabilities"}),
        ("wine.parquet", ("--missing", "skip"), {"missing": "skip"}),
        (
            "breast_cancer_weighted.csv",
            ("--weight", "weight", "--positive", "benign", "--class-weight", "benign=2.0"),
            {"weight": "weight", "positive": "benign", "class_weight": {"benign": 2.0}},
        ),
        ("tokens.csv", ("--bytes", "token"), {"bytes": "token"}),
    ],
)
def test_a_file_is_inspected_as_by_the_command(
    name: str, args: tuple[str, ...], options: dict[str, Any]
) -> None:
    assert inspect(SAMPLES / name, **options).to_dict() == document(
        "inspect", SAMPLES / name, *args
    )


def test_data_in_memory_are_inspected_with_calls_of_python() -> None:
    flipped = pd.read_csv(CANCER).assign(prob=lambda one: 1 - one["prob"])
    logits = pd.read_csv(SAMPLES / "breast_cancer_logits.csv").rename(columns={"logit": "prob"})
    for data in (flipped, logits):
        found = inspect(data)
        SCHEMAS["ce.inspect/1"].validate(found.to_dict())
        assert found.next is not None
        shown = [found.next, *(one.command or "" for one in found.findings)]
        shown += [one.message + (one.options or "") for one in found.findings]
        assert not any("--" in text for text in [*shown, *(one.why for one in found.columns)])
        called = eval(found.next, {"score": score, "data": data})
        assert called.metrics["skill"] > 0


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.floats(0.01, 0.99)), min_size=4, max_size=30),
    limit=st.floats(0, 1),
)
def test_python_and_the_command_agree_on_any_rows(
    rows: list[tuple[int, float]], limit: float, tmp_path: Path
) -> None:
    labels, predictions = zip(*rows, strict=True)
    path = write_csv(tmp_path / "rows.csv", {"label": labels, "prob": predictions})
    found = gate(path, max=limit)
    by_command = document("gate", path, "--max", repr(limit), code=0 if found.passed else FAILED)
    assert found.to_dict() == by_command
    assert inspect(path).to_dict() == document("inspect", path)
    arrays = gate(np.array(labels), np.array(predictions), max=limit)
    assert arrays.gates[0].checks == found.gates[0].checks
    assert arrays.gates[0].score.weight_sum == found.gates[0].score.weight_sum


# Pages and frames

HOSTILE = "<script>alert('x')</script>"
PAGES: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "score": (score, (CANCER,), {}),
    "compare": (compare, ([CANCER, FOREST],), {"id": "id"}),
    "gate": (gate, (CANCER,), {"max": 0.5}),
    "inspect": (inspect, (CANCER,), {}),
    "explain": (explain, (CANCER,), {"row": 3}),
}


@pytest.mark.parametrize("command", PAGES)
def test_a_result_as_text_is_the_page(command: str) -> None:
    function, (data,), options = PAGES[command]
    result = function(data, **options)
    files = data if isinstance(data, list) else [data]
    args = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    done = run_ce(command, *files, *args)
    assert done.returncode == 0
    assert f"{result}\n" == done.stdout


FIRST = {
    "score": ["metric", "value", "low", "high"],
    "compare": ["model", "cross_entropy", "difference", "low", "high", "verdict"],
    "gate": ["check", "passed", "value", "limit"],
    "inspect": ["severity", "message", "count"],
    "explain": ["class", "label", "prediction", "surprisal", "product"],
}


@pytest.mark.parametrize("command", PAGES)
def test_a_frame_begins_with_the_columns_that_matter(command: str) -> None:
    function, args, options = PAGES[command]
    result = function(*args, **options)
    frame = result.frame()
    assert list(frame)[: len(FIRST[command])] == FIRST[command]
    table = result._repr_html_()
    assert table.startswith("<table")
    assert all(f"<th>{name}</th>" in table for name in frame)


def test_frames_hold_the_numbers_of_the_document() -> None:
    scored = score(CANCER)
    figures = {row["metric"]: row for row in scored.frame().to_dict("records")}
    assert {name: row["value"] for name, row in figures.items()} == scored.metrics
    interval = scored.intervals["cross_entropy"]
    ends = figures["cross_entropy"]["low"], figures["cross_entropy"]["high"]
    assert ends == (interval.low, interval.high)
    compared = compare([CANCER, FOREST], id="id")
    line = compared.frame().iloc[1]
    assert line["difference"] == compared.comparisons[0].difference["absolute"]
    assert line["verdict"] == compared.comparisons[0].verdict
    gated = gate(CANCER, max=0.5, min_rows=10**6)
    assert gated.frame()["passed"].tolist() == [True, False]
    explained = explain(p=[0.5, 0.5], q=[0.25, 0.75], base="2").frame()
    assert explained["surprisal"].tolist()[0] == 2.0
    assert inspect(CANCER).columns_frame()["name"].tolist() == list(pd.read_csv(CANCER))


def test_tables_of_notebooks_are_escaped() -> None:
    labels, shares = [HOSTILE, "b", "b"], [[0.5, 0.5], [0.25, 0.75], [0.5, 0.5]]
    classes = [HOSTILE, "b"]
    table = explain(labels, shares, row=1, classes=classes)._repr_html_()
    models = compare({HOSTILE: (labels, shares), "b": (labels, shares)}, classes=classes)
    for text in (table, models._repr_html_()):
        assert HOSTILE not in text
        assert html.escape("<script>") in text


def test_a_gate_can_be_asserted() -> None:
    labels, predictions = [0, 1], [0.5, 0.5]  # ln 2 a row
    assert ce_cli.gate(labels, predictions, max=0.7)
    assert not ce_cli.gate(labels, predictions, max=0.69)
