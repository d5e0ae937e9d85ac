"""Functions of the API take the values that Python has, and refuse others with a sentence."""

from __future__ import annotations

import inspect as python_inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ce_cli import compare, explain, gate, inspect, score
from ce_cli.errors import UsageError
from ce_cli.options.commands import (
    CompareOptions,
    ExplainOptions,
    GateOptions,
    InspectOptions,
    ScoreOptions,
)
from ce_cli.options.option import options_of

LABELS = [1, 0, 1, 0]
PREDICTIONS, OTHERS = [0.8, 0.3, 0.7, 0.2], [0.5, 0.5, 0.5, 0.5]
COLUMNS = {"label": LABELS, "prob": PREDICTIONS}
MODELS = {"old": (LABELS, OTHERS), "new": (LABELS, PREDICTIONS)}
CALLS: dict[str, tuple[Callable[..., Any], Any]] = {
    "score": (lambda **passed: score(LABELS, PREDICTIONS, **passed), ScoreOptions),
    "compare": (lambda **passed: compare(MODELS, **passed), CompareOptions),
    "gate": (lambda **passed: gate(LABELS, PREDICTIONS, **{"max": 1, **passed}), GateOptions),
    "inspect": (lambda **passed: inspect(LABELS, PREDICTIONS, **passed), InspectOptions),
    "explain": (lambda **passed: explain(LABELS, PREDICTIONS, **passed), ExplainOptions),
}
FOR_DATA = [name for name, one in options_of(ExplainOptions).items() if not one.of_numbers]


@pytest.mark.parametrize("command", CALLS)
def test_none_means_the_default(command: str) -> None:
    call, declared = CALLS[command]
    plain = call().to_dict()
    for name, option in options_of(declared).items():
        if (command, name) != ("gate", "max"):  # the limit of the call
            assert call(**{name: None}).to_dict() == plain, name
            assert call(**{name: option.default}).to_dict() == plain, name


def test_none_means_the_default_of_a_gate_with_a_baseline() -> None:
    passed: dict[str, Any] = {"baseline": (LABELS, OTHERS), "max_regression": 0.5}
    plain = gate(LABELS, PREDICTIONS, **passed).to_dict()
    nothing: dict[str, Any] = {"mode": None, "join": None}
    assert gate(LABELS, PREDICTIONS, **passed, **nothing).to_dict() == plain
    assert gate(LABELS, PREDICTIONS, **passed, mode="point", join="all").to_dict() == plain


@pytest.mark.parametrize("function", [score, compare, inspect, explain])
def test_none_means_the_default_of_other_parameters(function: Callable[..., Any]) -> None:
    parameters = python_inspect.signature(function).parameters.values()
    own = {one.name: None for one in parameters if one.kind is one.KEYWORD_ONLY}
    data = (MODELS,) if function is compare else (LABELS, PREDICTIONS)
    assert function(*data, **own).to_dict() == function(*data).to_dict()


@pytest.mark.parametrize(
    ("command", "passed", "message"),
    [
        ("gate", {"mode": "nonsense"}, "mode must be one of 'point', 'confident', 'proven'"),
        ("gate", {"join": "nonsense"}, "join must be one of 'all', 'inner', not 'nonsense'"),
        ("compare", {"join": "nonsense"}, "join must be one of 'all', 'inner', not 'nonsense'"),
        ("score", {"clip": [1]}, "clip must be auto, none or a number"),
        ("score", {"worst": "3"}, "worst must be a whole number, not '3'"),
        ("score", {"confidence": "0.9"}, "confidence must be a number, not '0.9'"),
        ("gate", {"min_rows": "3"}, "min_rows must be a whole number, not '3'"),
        ("score", {"class_weight": {1: "x"}}, "class_weight of '1' must be a number, not 'x'"),
        ("score", {"class_weight": {1: 2, "1": 3}}, "class_weight names the class '1' twice"),
        ("score", {"class_weight": {1: None}}, "class_weight of '1' must be a number, not 'None'"),
    ],
)
def test_a_value_of_another_type_is_refused_with_a_sentence(
    command: str, passed: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        CALLS[command][0](**passed)


def test_a_clip_may_be_a_number_of_numpy() -> None:
    plain = score(LABELS, PREDICTIONS, clip=1e-7).to_dict()
    assert score(LABELS, PREDICTIONS, clip=np.array(1e-7)).to_dict() == plain  # type: ignore[arg-type]


def test_columns_without_a_header_are_named_by_numbers(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("1,0.5,3\n0,0.75,1\n")
    named = score(file, no_header=True, label="1", pred="2", weight="3", base="2")
    numbered: dict[str, Any] = {"label": 1, "pred": 2, "weight": 3, "base": 2}
    assert score(file, no_header=True, **numbered).to_dict() == named.to_dict()
    assert named.metrics["cross_entropy"] == (3 * 1 + 1 * 2) / 4  # −log2 of 0.5 and of 0.25


def test_models_may_be_named_by_numbers() -> None:
    found = compare({1: (LABELS, OTHERS), 2: (LABELS, PREDICTIONS)}, reference=2)  # type: ignore[arg-type]
    assert (
        found.to_dict()
        == compare({"1": (LABELS, OTHERS), "2": (LABELS, PREDICTIONS)}, reference="2").to_dict()
    )


@pytest.mark.parametrize(
    ("passed", "arguments"),
    [
        ({"ignore_label": -100}, 'ignore_label="-100"'),
        ({"ignore_label": np.array([-100, 5])}, 'ignore_label=["-100", "5"]'),
        ({"classes": np.array(["0", "1"])}, 'classes="0,1"'),
        ({"classes": iter(["0", "1"])}, 'classes="0,1"'),
        ({"class_weight": {0: np.float64(2)}}, 'class_weight="0=2.0"'),
        ({"class_weight": ["0=2", "1=3"]}, 'class_weight=["0=2", "1=3"]'),
        ({"positive": np.int64(1)}, 'positive="1"'),
        ({"clip": np.float64(0.25)}, "clip=0.25"),
        ({"label_counts": np.False_, "ignore_label": []}, ""),
    ],
)
def test_a_suggested_call_repeats_values_of_every_type(
    passed: dict[str, Any], arguments: str
) -> None:
    expected = ", ".join(["labels", "predictions", *([arguments] if arguments else [])])
    assert inspect(LABELS, PREDICTIONS, **passed).next == f"score({expected})"


@pytest.mark.parametrize("kind", [str, Path])
def test_a_suggested_command_names_the_file_of_the_labels(
    kind: Callable[[Path], Any], tmp_path: Path
) -> None:
    rows, labels = tmp_path / "rows.csv", tmp_path / "labels.csv"
    rows.write_text("id,prob\n1,0.8\n2,0.3\n")
    labels.write_text("id,label\n1,1\n2,0\n")
    found = inspect(rows, labels=kind(labels))
    assert f"--labels {labels}" in (found.next or "")


def test_an_unknown_option_is_refused_before_any_other() -> None:
    with pytest.raises(TypeError, match=r"'clpi' \(did you mean 'clip'\?\)"):
        explain(q=0.5, clpi=1)  # type: ignore[call-arg]


@pytest.mark.parametrize("name", FOR_DATA)
def test_an_option_for_data_with_its_default_goes_with_numbers(name: str) -> None:
    default = options_of(ExplainOptions)[name].default
    passed: dict[str, Any] = {name: default}
    assert explain(q=0.5, **passed).to_dict() == explain(q=0.5).to_dict()


def test_an_option_for_data_does_not_go_with_numbers() -> None:
    with pytest.raises(UsageError, match="no_header is about data"):
        explain(q=0.5, no_header=True)


def test_columns_with_one_named_schema_are_a_baseline() -> None:
    baseline = {"label": LABELS, "prob": OTHERS}
    plain = gate(COLUMNS, baseline=baseline, max_regression=0.5)
    with_schema = {**baseline, "schema": ["a", "b", "a", "b"]}
    found = gate(COLUMNS, baseline=with_schema, max_regression=0.5)
    assert found.to_dict() == plain.to_dict()


@pytest.mark.parametrize("data", [(COLUMNS,), (LABELS, PREDICTIONS)])
def test_bytes_are_not_a_baseline(data: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError, match=r"baseline must be a path, .* not bytes"):
        gate(*data, baseline=b"{}", max_regression=0.5)
