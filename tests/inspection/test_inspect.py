"""`ce inspect` as a process: every trap is found where it was planted, and nowhere else; and the
option or command that is named mends it.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import softmax
from sklearn.metrics import log_loss

from ce_cli.outputs.drawing.canvas import Canvas
from tests.conftest import (
    COMMAND,
    SAMPLES,
    complaints,
    environment,
    run_ce,
    score_json,
    strict,
    write_csv,
    write_parquet,
)
from tests.inspection.files import (
    BAD_DATA,
    STORAGE,
    USAGE,
    Floats,
    codes,
    finding,
    inspected,
    loss_by,
    model,
    single,
    table,
)

# Files that are as they should be


@pytest.mark.parametrize(
    "arguments",
    [
        ("breast_cancer.csv",),
        ("breast_cancer_logits.csv",),
        ("breast_cancer_weighted.csv", "--positive", "malignant", "--weight", "weight"),
        ("wine.csv",),
        ("wine.parquet",),
        ("digits.csv",),
        ("digits_logits.parquet",),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_nothing_is_wrong_with_the_samples(arguments: tuple[str, ...]) -> None:
    document = inspected(SAMPLES / arguments[0], *arguments[1:])
    assert codes(document, "error", "warning") == []
    score = score_json(SAMPLES / arguments[0], *arguments[1:])
    for name, value in document["figures"].items():
        assert value == score["metrics"][name]
    assert document["rows"]["usable"] == score["rows"]["scored"]
    lines = [(one["class"], one["rows"]) for one in document["classes"]]
    assert lines == [(one["class"], one["rows"]) for one in score["per_class"]]


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_nothing_is_wrong_with_an_honest_model(classes: int, tmp_path: Path) -> None:
    labels, predictions = model(classes)
    document = inspected(table(tmp_path, labels, predictions, range(classes)))
    assert codes(document, "error", "warning") == []
    assert document["next"] == f"ce score {tmp_path / 'preds.csv'}"


WAYS: dict[str, Callable[[Floats], dict[str, Any]]] = {
    "probabilities": lambda q: {f"p_{code}": column for code, column in enumerate(q.T)},
    "logits": lambda q: {f"logit_{code}": column + 2.0 for code, column in enumerate(np.log(q.T))},
    "log-probabilities": lambda q: {
        f"logprob_{code}": column for code, column in enumerate(np.log(q.T))
    },
    "lists": lambda q: {"probs": pa.array(q.tolist())},
    "single precision": lambda q: {
        f"p_{code}": column for code, column in enumerate(q.T.astype(np.float32))
    },
}


@pytest.mark.parametrize("classes", [2, 3, 5, 10])
@pytest.mark.parametrize("way", WAYS)
def test_twenty_clean_files_are_called_clean(way: str, classes: int, tmp_path: Path) -> None:
    labels, predictions = model(classes)
    path = write_parquet(tmp_path / "p.parquet", {"label": labels, **WAYS[way](predictions)})
    document = inspected(path)
    assert document["findings"] == []
    assert document["next"] == f"ce score {path}"


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_mixed_up_where_a_model_knows_nothing(seed: int, tmp_path: Path) -> None:
    """Labels that have nothing to do with sure predictions: bad, but no permutation helps."""
    rng = np.random.default_rng(seed)
    classes, rows = [(2, 20), (2, 400), (3, 12), (5, 60), (10, 40), (10, 500)][seed]
    predictions = softmax(rng.normal(0.0, 2.0, (rows, classes)), axis=1)
    labels = rng.integers(0, classes, rows)
    document = inspected(table(tmp_path, labels, predictions, range(classes)))
    assert set(codes(document, "error", "warning")) <= {"worse_than_constant"}


def test_predictions_of_other_rows_are_worse_than_a_constant(tmp_path: Path) -> None:
    labels, predictions = model(5)
    shuffled = np.random.default_rng(6).permutation(labels)
    path = table(tmp_path, shuffled, predictions, range(5))
    assert codes(inspected(path), "error", "warning") == ["worse_than_constant"]
    assert warned(path) == ["worse_than_constant"]


def test_every_column_is_shown_with_its_role_and_the_reason(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "preds.csv",
        {
            "key": ["a", "b", "c"],
            "label": [1, 0, 1],
            "prob": [0.5, 0.25, 0.75],
            "w": [1, 2, 0.5],
            "site": ["x", "y", "x"],
            "age": [30, "", 50],
        },
    )
    document = inspected(path, "--weight", "w", "--id", "key", "--by", "site")
    found = {one["name"]: one for one in document["columns"]}
    parts = {name: (one["part"], one["of"], one["why"]) for name, one in found.items()}
    assert parts == {
        "key": ("id", None, "--id"),
        "label": ("label", None, "its name"),
        "prob": ("prediction", "1", "its name"),
        "w": ("weight", None, "--weight"),
        "site": ("by", None, "--by"),
        "age": (None, None, "whole numbers"),
    }
    assert (found["age"]["count"], found["age"]["missing"]) == (2, 1)
    assert (found["age"]["low"], found["age"]["high"]) == (30, 50)
    assert (found["prob"]["low"], found["prob"]["high"]) == (0.25, 0.75)
    assert (found["site"]["values"], found["site"]["more"]) == (["x", "y"], False)
    assert document["format"] == "CSV"
    options = "--weight w --id key --by site"
    assert document["next"] == f"ce score {path} {options}"


# Leaks, ids, classes


@pytest.mark.parametrize("sure", [1.0, 1.0 - 1e-9])
def test_predictions_made_from_the_labels(sure: float, tmp_path: Path) -> None:
    labels, _ = model(2)
    path = single(tmp_path, labels, np.where(labels == 1, sure, 1.0 - sure))
    assert "no_loss" in codes(inspected(path), "warning")


def test_repeated_ids(tmp_path: Path) -> None:
    labels, predictions = model(2)
    ids = [f"case {row}" for row in range(len(labels))]
    ids[50], ids[400], ids[401] = ids[7], ids[7], ids[9]
    columns: dict[str, Any] = {"key": ids, "label": labels, "prob": predictions[:, 1]}
    path = write_csv(tmp_path / "p.csv", columns)
    assert codes(inspected(path)) == []
    document = inspected(path, "--id", "key", "--threads", "2")
    found = finding(document, "repeated_id")
    assert (found["severity"], found["count"], found["rows"]) == ("warning", 3, [51, 401, 402])
    renamed = write_csv(
        tmp_path / "q.csv", {"id" if k == "key" else k: v for k, v in columns.items()}
    )
    assert finding(inspected(renamed), "repeated_id")["severity"] == "note"


def test_ids_of_several_files_are_one_set(tmp_path: Path) -> None:
    paths = [
        write_csv(tmp_path / name, {"id": ids, "label": [0, 1], "prob": [0.2, 0.7]})
        for name, ids in (("a.csv", [1, 2]), ("b.csv", [3, 1]))
    ]
    found = finding(inspected(*paths, "--id", "id"), "repeated_id")
    assert (found["count"], found["rows"]) == (1, [4])


def test_classes_that_never_happen_or_are_never_predicted(tmp_path: Path) -> None:
    labels, predictions = model(4)
    kept = labels != 2
    predictions = predictions[kept] * [0.01, 1.0, 1.0, 1.0] + [0.0, 0.02, 0.02, 0.02]
    predictions /= predictions.sum(axis=1, keepdims=True)
    document = inspected(table(tmp_path, labels[kept], predictions, range(4)))
    assert "'2'" in finding(document, "class_never_seen")["message"]
    assert "'0'" in finding(document, "class_never_predicted")["message"]


def test_a_rare_class_and_a_lone_class(tmp_path: Path) -> None:
    labels = np.array([0] * 499 + [1])
    prob = np.linspace(0.001, 0.3, 500)
    document = inspected(single(tmp_path, labels, prob))
    assert codes(document, "error", "warning") == []
    assert "1 row of 500" in finding(document, "rare_class")["message"]
    document = inspected(single(tmp_path, labels[:499], prob[:499]))
    assert codes(document, "error", "warning") == ["one_class"]


# What ce score refuses is a finding


def test_bad_rows_are_reported_as_by_score(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    rows = ["1,0.9", "0,", "maybe,0.5", "1,1.7", "0,abc", "0,0.2,7", "1,0.6", "0,0.3"]
    path.write_text("label,prob\n" + "\n".join(rows) + "\n")
    message = complaints(run_ce("score", path), BAD_DATA)
    document = inspected(path)
    errors = [one for one in document["findings"] if one["severity"] == "error"]
    assert sorted(f"ce: {one['message']}" for one in errors) == sorted(message)
    by_code = {one["code"]: one for one in errors}
    assert by_code["missing"]["rows"] == [2]
    assert by_code["missing"]["options"] == "--missing skip"
    assert by_code["not_a_number"]["options"] == "--na-value abc --missing skip"
    assert by_code["undecided_label"]["rows"] == [3]
    assert by_code["outside"]["rows"] == [4]
    assert document["rows"] == {"read": 8, "usable": 3, "skipped": 0}
    assert [one["rows"] for one in document["classes"]] == [1, 2]


def test_missing_values_are_fixed_by_the_next_command(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("label,prob\n1,0.5\n0,?\n0,0.25\n1,\n")
    document = inspected(path)
    assert document["next"] == f"ce score {path} --na-value '?' --missing skip"
    expected = log_loss([1, 0], [0.5, 0.25])
    assert loss_by(document["next"], tmp_path) == pytest.approx(expected)
    assert codes(inspected(path, "--missing", "skip", "--na-value", "?")) == ["skipped"]


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        ({"x": [1, 2], "y2": [0.5, 0.2]}, "no column is named like a label"),
        ({"label": [1, 0], "x": ["a", "b"]}, "no column is named like a prediction"),
        ({"label": ["a", "b"], "p_c": [0.5, 0.2], "p_d": [0.5, 0.8]}, "--classes"),
        ({"label": [1, 2], "prob": ["a", "b"]}, "not a number"),
    ],
    ids=["no label", "no prediction", "other classes", "words"],
)
def test_columns_are_shown_even_if_they_cannot_be_bound(
    columns: dict[str, list[object]], part: str, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "p.csv", columns)
    document = inspected(path)
    assert document["findings"][0]["severity"] == "error"
    assert any(part in one["message"] for one in document["findings"])
    assert [one["name"] for one in document["columns"]] == list(columns)
    assert all(one["count"] == 2 for one in document["columns"])
    assert run_ce("inspect", path).returncode == 0


def test_words_for_two_classes_are_assumed_and_assigned_by_the_loss(tmp_path: Path) -> None:
    labels, predictions = model(2)
    words = np.array(["ham", "spam"])[labels]
    path = single(tmp_path, words, predictions[:, 1])
    document = inspected(path)
    assert document["findings"][0]["code"] == "binding"
    assert document["next"] == f"ce score {path} --positive spam"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_classes_of_other_names_are_assigned_by_the_loss(tmp_path: Path) -> None:
    labels, predictions = model(4)
    path = table(tmp_path, labels, predictions[:, [2, 0, 1, 3]], ["c", "a", "b", "d"])
    document = inspected(path)
    assert codes(document) == ["binding"]
    assert document["next"] == f"ce score {path} --classes 2,0,1,3"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_a_label_that_may_be_two_columns_is_assumed(tmp_path: Path) -> None:
    labels, predictions = model(2)
    columns = {"label": labels, "target": labels, "prob": predictions[:, 1]}
    path = write_csv(tmp_path / "p.csv", columns)
    document = inspected(path)
    assert codes(document) == ["binding"]
    assert document["columns"][0]["why"] == "assumed: --label"
    assert document["next"] == f"ce score {path} --label label"


def test_a_column_without_a_part_does_no_harm(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "p.csv",
        {"label": [1, 0, 1], "prob": [0.5, 0.2, 0.9], "x": [1.0, 2.0, "oops"], "z": ["", "", ""]},
    )
    document = inspected(path)
    assert codes(document, "error", "warning") == []
    assert document["rows"]["usable"] == 3
    assert run_ce("score", path).returncode == 0


def test_a_file_that_does_not_fit_the_first_is_reported(tmp_path: Path) -> None:
    first = write_csv(tmp_path / "a.csv", {"label": [1, 0], "prob": [0.5, 0.2]})
    other = write_csv(tmp_path / "b.csv", {"label": [1, 0], "score": [0.5, 0.2]})
    document = inspected(first, other)
    assert document["findings"][0]["code"] == "other_file"
    assert "b.csv" in document["findings"][0]["message"]
    assert document["rows"]["read"] == 2


def test_labels_that_are_three_classes_in_the_end(tmp_path: Path) -> None:
    labels = ["a", "b"] * 40000 + ["c"]
    path = single(tmp_path, labels, np.full(80001, 0.25))
    document = inspected(path, "--positive", "a")
    assert codes(document, "error") == ["labels"]


@pytest.mark.parametrize("counts", [[2, 0, 1], [1, 3, 2]])
def test_counts_of_annotators(counts: list[int], tmp_path: Path) -> None:
    """Votes, and not shares."""
    given = np.array([0.5, 0.4, 0.3])
    columns: dict[str, Any] = {"y_a": counts, "y_b": [1, 1, 1], "p_a": given, "p_b": 1.0 - given}
    path = write_csv(tmp_path / "p.csv", columns)
    document = inspected(path)
    assert codes(document, "error") == ["label_sum"]
    assert document["next"] == f"ce score {path} --label-counts"
    shares = np.array(counts) / (np.array(counts) + 1)
    expected = -(shares * np.log(given) + (1 - shares) * np.log1p(-given)).mean()
    assert loss_by(document["next"], tmp_path) == pytest.approx(expected)
    assert codes(inspected(path, "--label-counts"), "error") == []


def test_weights_of_0_are_reported_as_by_score(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [1, 0], "prob": [0.5, 0.2], "w": [0, 0]})
    (message,) = complaints(run_ce("score", path, "--weight", "w"), BAD_DATA)
    found = finding(inspected(path, "--weight", "w"), "no_weight")
    assert (found["severity"], f"ce: {found['message']}") == ("error", message)


def test_sums_are_an_error_where_they_stop_the_score(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [0, 1], "p_0": [0.4, 0.3], "p_1": [0.4, 0.6]})
    assert codes(inspected(path), "warning") == ["sums_after_division"]
    document = inspected(path, "--on-bad-sum", "error")
    assert codes(document, "error") == ["sums_after_division"]
    assert document["next"] == f"ce score {path} --on-bad-sum renormalize"


# What ce score sees of it


def warned(*args: str | Path) -> list[str]:
    """What score warns of, but for its interval."""
    codes = [one["code"] for one in score_json(*args)["warnings"]]
    return [code for code in codes if code != "few_rows"]


def test_score_warns_where_it_costs_nothing(tmp_path: Path) -> None:
    labels, predictions = model(2)
    assert warned(single(tmp_path, labels, predictions[:, 1])) == []
    assert warned(single(tmp_path, labels, predictions[:, 0])) == ["flipped_positive"]
    sure = np.where(labels == 1, 1 - 1e-9, 1e-9)
    assert "no_loss" in warned(single(tmp_path, labels, sure))
    labels, predictions = model(4)
    kept = labels != 2
    assert warned(table(tmp_path, labels[kept], predictions[kept], range(4))) == [
        "class_never_seen"
    ]


def test_score_calls_no_bad_model_flipped(tmp_path: Path) -> None:
    """Sure predictions of one class, as models of balanced classes make on rare ones."""
    rng = np.random.default_rng(4)
    labels = (rng.uniform(size=2000) < 0.02).astype(int)
    path = single(tmp_path, labels, rng.uniform(0.4, 0.95, 2000))
    assert warned(path) == ["worse_than_constant"]
    assert codes(inspected(path), "error", "warning") == ["worse_than_constant"]


# Ways in and out


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b"label,prob\n", "no data row"),
        (bytes(range(256)) * 9, "not a text table"),
        (b"PAR1" + b"junk" * 9, "Parquet"),
    ],
    ids=["empty", "header only", "junk", "truncated"],
)
def test_files_without_a_table_are_bad_data(content: bytes, part: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    assert part in complaints(run_ce("inspect", path), BAD_DATA)[0]


def test_a_directory_without_data_and_a_file_that_is_not_there(tmp_path: Path) -> None:
    complaints(run_ce("inspect", tmp_path), BAD_DATA)
    complaints(run_ce("inspect", tmp_path / "none.csv"), STORAGE)


def test_wrong_usage(tmp_path: Path) -> None:
    path = SAMPLES / "wine.csv"
    complaints(run_ce("inspect", path, "--label", "nothing"), USAGE)
    complaints(run_ce("inspect", path, "--format", "csv"), USAGE)
    complaints(run_ce("inspect", path, "--classes", "a,b"), USAGE)
    complaints(run_ce("inspect", path, "--output", str(path)), USAGE)
    assert run_ce("inspect", path, "--frobnicate").returncode == USAGE


def test_standard_input_and_several_threads_give_the_same(tmp_path: Path) -> None:
    path = SAMPLES / "digits.csv"
    document = inspected(path, "--threads", "1")
    assert inspected(path, "--threads", "4") == document
    piped = inspected("-", stdin=path.read_bytes())
    assert piped["next"] == "ce score -"
    for name in ("columns", "classes", "figures", "findings", "rows", "sums"):
        assert piped[name] == document[name]


def test_a_reader_that_goes_away_is_not_a_failure() -> None:
    command = shlex.join([*COMMAND, "inspect", str(SAMPLES / "digits.csv"), "--json"])
    done = subprocess.run(
        ["/bin/sh", "-c", f"{{ {command}; echo $? >&2; }} | true"],
        capture_output=True,
        check=True,
        text=True,
        env=environment(),
    )
    assert done.stderr.splitlines()[-1] == "0"
    assert "Traceback" not in done.stderr


def test_findings_go_to_stderr_beside_json(tmp_path: Path) -> None:
    labels, predictions = model(2)
    path = single(tmp_path, labels, predictions[:, 0])
    done = run_ce("inspect", path, "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("ce: warning: The positive class looks flipped")
    out = tmp_path / "out.json"
    done = run_ce("inspect", path, "--json", "--output", out, "--quiet")
    assert (done.stdout, done.stderr) == ("", "")
    assert strict(out.read_text())["schema"] == "ce.inspect/1"


def test_the_page_shows_what_is_wrong_and_the_way_out(tmp_path: Path) -> None:
    labels, predictions = model(2)
    page = run_ce("inspect", single(tmp_path, labels, predictions[:, 0])).stdout
    assert "found 1 warning\n! The positive class looks flipped" in page
    assert "\n  fix: --positive 0\n" in page
    assert page.splitlines()[-1].startswith("next  ce score ")


def test_names_from_the_file_drive_no_terminal(tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "p.csv",
        {"label": ["\x1b[31mred", "[b]c"], "prob": [0.5, 0.2], "\u202ename": ["\x07", "\x9b"]},
    )
    done = run_ce("inspect", path)
    assert done.returncode == 0
    assert all(line.isprintable() for line in done.stdout.splitlines())


def test_a_page_fits_80_columns() -> None:
    from ce_cli.outputs.pages.inspect import render
    from ce_cli.results.inspect import ColumnSeen, Finding, Inspected

    columns = tuple(
        ColumnSeen("x" * 50, "number", "label", "y" * 50, "its name", 1, 0, -1.23456e-9, 1e9)
        for _ in range(40)
    )
    result = Inspected(
        inputs=("a.csv",),
        format="CSV",
        rows={"read": 1, "usable": 1, "skipped": 0},
        columns=columns,
        task=None,
        values=None,
        classes=(),
        figures={},
        sums=None,
        findings=(Finding("binding", "error", "word " * 60, options="--label x"),),
        next="ce score a.csv",
    )
    assert all(len(line) <= 80 for line in render(result, Canvas(80)).splitlines())


@pytest.mark.parametrize("name", ["weight", "sample_weight", "freq", "frequency", "exposure"])
def test_unused_weights_are_a_note(name: str, tmp_path: Path) -> None:
    columns: dict[str, Any] = {"label": [1, 0, 1], "prob": [0.7, 0.2, 0.6], name: [3, 5, 2]}
    path = write_csv(tmp_path / "p.csv", columns)
    found = finding(inspected(path), "unused_weight")
    assert found["severity"] == "note"
    assert found["options"] == f"--weight {name}"
    assert "unused_weight" not in [one["code"] for one in score_json(path)["warnings"]]


def test_no_command_that_stops_comes_next(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("label,prediction,score\ncat,cat,0.9\ndog,dog,0.8\nbird,bird,0.7\n")
    assert inspected(path)["next"] is None
    assert "next" not in run_ce("inspect", path).stdout


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        (pa.array([[0.5, 0.5]] * 2), "list of double"),
        (pa.array([[0.5, 0.5]] * 2, pa.list_(pa.float32(), 2)), "list of float"),
        (pa.array([{"a": 0.5, "b": 0.5}] * 2), "struct"),
        (pa.array(["a", "b"]).dictionary_encode(), "string"),
        (pa.array([1, 2], pa.timestamp("us", "UTC")), "timestamp"),
        (pa.array([1, 2], pa.int16()), "int16"),
    ],
)
def test_types_are_words_on_the_page(values: pa.Array, shown: str, tmp_path: Path) -> None:
    columns = {"label": [0, 1], "prob": [0.25, 0.5], "other": values}
    path = write_parquet(tmp_path / "preds.parquet", columns)
    (line,) = [one for one in run_ce("inspect", path).stdout.splitlines() if "other " in one]
    assert line.removeprefix("other").lstrip().startswith(f"{shown}  ")
