"""Gates that are written down: where they are found, what wins, what is refused, how to start."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ce_cli import gate
from ce_cli.errors import UsageError
from tests.conftest import SAMPLES, complaints, run_ce, score_json, write_csv
from tests.gating.gates import (
    BAD_DATA,
    FAILED,
    HALVINGS,
    PASSED,
    STORAGE,
    USAGE,
    checks,
    halvings,
    refused,
    run_gate,
)

TWO_GATES = """
[gate]
files = ["preds.csv"]
base = 2

[gate.quality]
max = 3

[gate.fairness]
require = ["cross_entropy.by(segment) <= 3", "rows >= 6"]
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with predictions."""
    halvings(tmp_path)
    return tmp_path


def configured(directory: Path, text: str, name: str = "ce.toml") -> Path:
    path = directory / name
    path.write_text(text, encoding="utf-8")
    return path


def names(document: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(gate["name"], gate["passed"]) for gate in document["gates"]]


# What is run


def test_all_gates_are_run_in_their_order(here: Path) -> None:
    configured(here, TWO_GATES)
    code, document = run_gate(cwd=here)
    assert (code, names(document)) == (FAILED, [("quality", True), ("fairness", False)])
    page = run_ce("gate", cwd=here)
    assert page.returncode == FAILED
    lines = page.stdout.splitlines()
    assert [line.split()[1] for line in lines if "preds.csv " in line] == ["quality", "fairness"]
    assert lines[-2] == "✗ failed: 1 of 4 checks in 2 gates (fairness)"
    assert lines[-1] == (
        "Options from ce.toml: files = preds.csv, base = 2, [gate.quality], [gate.fairness]"
    )


def test_gates_can_be_chosen(here: Path) -> None:
    configured(here, TWO_GATES)
    assert names(run_gate("--gate", "quality", cwd=here)[1]) == [("quality", True)]
    both = run_gate("--gate", "fairness", "--gate", "quality", cwd=here)[1]
    assert names(both) == [("fairness", False), ("quality", True)]


def test_files_take_the_defaults_and_leave_named_gates_alone(here: Path) -> None:
    configured(here, TWO_GATES)
    write_csv(here / "other.csv", {"label": [1], "prob": [0.5]})
    code, document = run_gate("other.csv", "--max", "3", cwd=here)
    assert (code, names(document)) == (PASSED, [("gate", True)])
    assert document["gates"][0]["score"]["unit"] == "bits"
    document = run_gate("other.csv", "--gate", "quality", cwd=here)[1]
    assert names(document) == [("quality", True)]
    assert document["gates"][0]["score"]["inputs"] == ["other.csv"]


def test_gates_that_typed_files_leave_out_are_named(here: Path) -> None:
    configured(here, TWO_GATES)
    write_csv(here / "other.csv", {"label": [1], "prob": [0.5]})
    done = run_ce("gate", "other.csv", "--max", "3", cwd=here)
    assert "The gates 'quality', 'fairness' of ce.toml were not run" in done.stdout
    done = run_ce("gate", "other.csv", "--max", "3", "--format", "junit", "-o", "x.xml", cwd=here)
    assert "'quality', 'fairness'" in done.stderr
    notes = run_gate("other.csv", "--max", "3", cwd=here)[1]["gates"][0]["warnings"]
    assert [note["code"] for note in notes] == ["not_run"]
    assert not run_gate("other.csv", "--gate", "quality", cwd=here)[1]["gates"][0]["warnings"]


@pytest.mark.parametrize("typed", ["preds.csv", "./preds.csv", "data/../preds.csv", "data/a.csv"])
def test_a_typed_file_with_a_gate_of_its_own_is_an_error_that_runs_it(
    typed: str, here: Path
) -> None:
    (here / "data").mkdir()
    write_csv(here / "data" / "a.csv", {"label": [1], "prob": [0.5]})
    main = "[gate.main]\nfiles = ['preds.csv', 'data']\nmax = 9\n"
    configured(here, main + "[gate.b]\nfiles = 'b.csv'\nmax = 1\n")
    (message,) = complaints(refused(typed, "--max", "3", cwd=here), USAGE)
    command = message.partition("run ce gate ")[2].rstrip(".")
    assert run_gate(*command.split(), cwd=here)[0] == PASSED


def test_piped_input_that_is_not_read_is_named(here: Path) -> None:
    configured(here, TWO_GATES)
    content = (here / "preds.csv").read_bytes()
    done = run_ce("gate", "--gate", "quality", cwd=here, stdin=content)
    assert "Standard input was not read" in done.stdout
    assert "ce gate - reads it" in done.stdout
    assert "not read" not in run_ce("gate", "--gate", "quality", cwd=here).stdout
    assert "not read" not in run_ce("gate", "--gate", "quality", cwd=here, stdin=b"").stdout


def test_a_gate_without_files_names_its_table(here: Path) -> None:
    configured(here, "[gate]\nmax = 9\n")
    (message,) = complaints(refused(cwd=here), USAGE)
    assert "ce.toml: gate: the gate has no files: add files =" in message
    assert "--init" not in message
    assert run_gate("preds.csv", cwd=here)[0] == PASSED  # as the message says


def test_a_mode_without_a_baseline_is_an_error(here: Path) -> None:
    (message,) = complaints(refused("preds.csv", "--max", "9", "--mode", "proven", cwd=here), USAGE)
    assert "--mode proven needs a baseline" in message
    configured(here, "[gate]\nfiles='preds.csv'\nmode='confident'\n[gate.a]\nmax = 9\n")
    assert run_gate(cwd=here)[0] == PASSED  # the mode of all gates is for those with a baseline
    with pytest.raises(UsageError, match="needs a baseline"):
        gate([1, 0], [0.5, 0.5], max=1, mode="proven")


def test_a_table_without_names_is_one_gate(here: Path) -> None:
    configured(here, '[gate]\nfiles = "preds.csv"\nbase = "2"\nmax = 3.0\nmin_rows = 6\n')
    code, document = run_gate(cwd=here)
    assert (code, names(document)) == (PASSED, [("gate", True)])
    assert len(document["gates"][0]["checks"]) == 2


def test_gates_are_found_in_a_project_and_above(here: Path) -> None:
    text = (
        f'[project]\nname = "x"\n[tool.other]\ny = 1\n{TWO_GATES.replace("[gate", "[tool.ce.gate")}'
    )
    configured(here, text, "pyproject.toml")
    below = here / "a" / "b"
    below.mkdir(parents=True)
    configured(below, '[project]\nname = "no gates here"\n', "pyproject.toml")
    code, document = run_gate("--gate", "quality", cwd=below)
    assert (code, names(document)) == (PASSED, [("quality", True)])
    assert document["gates"][0]["score"]["inputs"] == [str(Path("../../preds.csv"))]


def test_ce_toml_goes_before_pyproject_toml(here: Path) -> None:
    configured(here, '[tool.ce.gate]\nfiles = ["preds.csv"]\nmax = 0\n', "pyproject.toml")
    assert run_gate(cwd=here)[0] == FAILED
    configured(here, '[gate]\nfiles = ["preds.csv"]\nmax = 9\n')
    assert run_gate(cwd=here)[0] == PASSED
    assert run_gate("--config", "pyproject.toml", cwd=here)[0] == FAILED


def test_paths_begin_where_the_configuration_is(here: Path) -> None:
    (here / "data").mkdir()
    (here / "elsewhere").mkdir()
    columns: dict[str, list[Any]] = {"prob": HALVINGS["prob"], "key": list(range(6))}
    write_csv(here / "data" / "preds.csv", columns)
    write_csv(here / "data" / "truth.csv", {"label": HALVINGS["label"], "key": range(6)})
    scored = score_json(here / "data" / "preds.csv", "--labels", here / "data" / "truth.csv")
    (here / "data" / "main.json").write_text(json.dumps(scored))
    text = '[gate]\nfiles = ["preds.csv"]\nlabels = "truth.csv"\nbaseline = "main.json"\n'
    path = configured(here / "data", text + 'max-regression = "0%"\n')
    code, document = run_gate("--config", path, cwd=here / "elsewhere")
    assert code == PASSED
    assert document["gates"][0]["checks"][0]["value"] == 0.0
    absolute = str(here / "data" / "preds.csv")
    configured(
        here, f"[gate]\nfiles = [{json.dumps(absolute)}]\nlabels = 'data/truth.csv'\nmax = 9"
    )
    found = run_gate(cwd=here)[1]["gates"][0]["score"]["inputs"]
    assert found == [absolute]


def test_what_is_typed_goes_before_what_is_written(here: Path) -> None:
    configured(here, TWO_GATES + "max = 1\nconfidence = 0.5\nmode = 'proven'\n")
    limits = ("--gate", "fairness", "--max", "4", "--confidence", "0.9", "--require", "rows <= 6")
    document = run_gate(*limits, cwd=here)[1]
    (gate,) = document["gates"]
    own, *written_down, typed = [check["name"] for check in gate["checks"]]
    assert (own, typed) == ("cross_entropy <= 4", "rows <= 6")
    assert len(written_down) == 3  # limits add up, but --max is one
    assert gate["score"]["intervals"]["cross_entropy"]["confidence"] == 0.9
    assert gate["mode"] == "proven"
    written = run_gate("--gate", "fairness", cwd=here)[1]["gates"][0]
    assert written["score"]["intervals"]["cross_entropy"]["confidence"] == 0.5
    assert len(written["checks"]) == 4
    # even a default, if it is typed
    again = run_gate("--gate", "fairness", "--base", "e", "--mode", "point", cwd=here)[1]
    assert (again["gates"][0]["score"]["unit"], again["gates"][0]["mode"]) == ("nats", "point")


def test_options_take_what_toml_writes(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "truth": ["yes, sir", "no", "-1", "no"],
        "out_1": [0.5, 0.25, 0.5, 0.75],
        "out_2": [0.5, 0.75, 0.5, 0.25],
        "w": [1, 2, 3, 4],
    }
    write_csv(tmp_path / "preds.csv", columns)
    text = """
    [gate]
    files = "preds.csv"
    label = "truth"
    pred = ["out_*"]
    classes = ["yes, sir", "no"]
    weight = "w"
    ignore-label = -1
    clip = 1e-3
    label_smoothing = 0
    as = "probabilities"
    base = 2
    threads = 1
    no-header = false
    max = "1.5"
    require = "weight_sum <= 7"
    """
    configured(tmp_path, text)
    (gate,) = run_gate(cwd=tmp_path)[1]["gates"]
    score = gate["score"]
    assert score["classes"] == ["yes, sir", "no"]
    assert (score["rows"]["ignored"], score["weight_sum"], score["unit"]) == (1, 7.0, "bits")
    assert "clip:0.001" in score["signature"]
    scored = score_json(
        tmp_path / "preds.csv", *("--label", "truth", "--pred", "out_*", "--weight", "w"),
        *("--classes", '"yes, sir",no', "--ignore-label", "-1", "--clip", "1e-3", "--base", "2"),
    )  # fmt: skip
    assert score["metrics"]["cross_entropy"] == scored["metrics"]["cross_entropy"]


def test_every_option_about_the_data_may_be_written(here: Path) -> None:
    """The keys are the options that the help shows."""
    shown = set(run_ce("gate", "--help").stdout.split())
    accepted = []
    for option in sorted(word for word in shown if word.startswith("--")):
        configured(here, f"[gate]\n{option[2:]} = []\n")
        message = run_ce("gate", "preds.csv", cwd=here).stderr
        if "is not known" not in message:
            accepted.append(option)
    assert set(accepted) >= {
        *("--max", "--require", "--min-rows", "--confident", "--baseline", "--max-regression"),
        *("--mode", "--base", "--confidence", "--label", "--labels", "--pred", "--weight", "--id"),
        *("--classes", "--positive", "--task", "--as", "--missing", "--na-value", "--clip"),
        *("--delimiter", "--encoding", "--decimal", "--no-header", "--comment", "--threads"),
        *("--format", "--json", "--output", "--report", "--exit-zero", "--engine"),
    }
    assert not {"--config", "--gate", "--init", "--help"} & set(accepted)


# What is refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[gate]\nmx = 1", ["gate.mx is not known", "did you mean 'max'?"]),
        ("[gate.q]\nmin-row = 1", ["gate.q.min-row is not known", "did you mean 'min-rows'?"]),
        ("[gate]\nconfig = 'x'", ["gate.config is not known"]),
        ("[gate.one]\nformat = 'json'", ["gate.one.format is not known"]),
        ("score = 1", ["score must be a table: [score]"]),
        ("[gates]\nmax = 1", ["gates is not known", "did you mean 'gate'?"]),
        ("x = 1", ["x is not known"]),
        ("[gate]\nmax = [1]", ["gate.max must be text, not [1]"]),
        ("[gate]\nmax = true", ["gate.max must be text, not True"]),
        ("[gate.max]\nx = 1", ["gate.max must be text, not {'x': 1}"]),
        ("[gate]\nmax = 'abc'", ["gate.max: ", "'abc' is not a finite number"]),
        ("[gate]\nmax = nan", ["gate.max: ", "'nan' is not a finite number"]),
        ("[gate]\nmax = inf", ["gate.max: ", "'inf' is not a finite number"]),
        ("[gate]\nmin-rows = 1.5", ["gate.min-rows must be a whole number, not 1.5"]),
        ("[gate]\nmin-rows = '5'", ["gate.min-rows must be a whole number, not '5'"]),
        ("[gate]\nmin-rows = -5", ["gate.min-rows: --min-rows must be 0 or more, not -5"]),
        ("[gate]\nmin-rows = 5\nmin_rows = 5", ["gate.min_rows is given twice"]),
        ("[gate]\nconfident = 1", ["gate.confident must be true or false, not 1"]),
        ("[gate]\nconfident = 'yes'", ["gate.confident must be true or false, not 'yes'"]),
        ("[gate]\nconfidence = '0.9'", ["gate.confidence must be a number, not '0.9'"]),
        ("[gate]\nconfidence = true", ["gate.confidence must be a number, not True"]),
        (
            "[gate]\nmax = 1\nconfidence = 2",
            ["gate.confidence: --confidence must be between 0 and 1, not 2"],
        ),
        (
            "[gate]\nmode = 'provn'",
            [
                "gate.mode must be one of 'point', 'confident', 'proven', not 'provn'",
                "did you mean 'proven'?",
            ],
        ),
        (
            "[gate]\nas = 'logit'",
            ["gate.as must be one of", "not 'logit'", "did you mean 'logits'?"],
        ),
        ("[gate]\nbase = 3", ["gate.base must be one of 'e', '2', '10', not '3'"]),
        ("[gate]\nlabel = 1979-05-27", ["gate.label must be text, not "]),
        ("[gate]\nlabel = [['x']]", ["gate.label must be text, not ['x']"]),
        ("[gate]\nfiles = 1", ["gate.files must be text, not 1"]),
        ("[gate]\nbaseline = 1", ["gate.baseline must be text, not 1"]),
        ("[gate]\nrequire = 'acuracy >= 1'", ["gate.require: ", "did you mean 'accuracy'?"]),
        ("[gate.q]\nrequire = ['rows >= x']", ["gate.q.require: ", "'x' is not a finite number"]),
        ("[gate]\nmax-regression = 'x'", ["gate.max-regression: ", "'x' is not a finite number"]),
        ("[gate]\nmax-regression = 1", ["gate: a regression needs a baseline"]),
        ("[gate]\nbaseline = 'b.json'", ["gate: the baseline has no limit"]),
        (
            "[gate]\nmax = 1\nclip = 'x'",
            ["gate.clip: --clip must be auto, none or a number, not 'x'"],
        ),
        ("[gate]\nbase = 2", ["gate: there is no limit to check"]),
        ("gate = 1", ["gate must be a table"]),
        ("[gate]\nmax = ", ["is not TOML", "line 2"]),
        ("[gate]\nmax = 1\nmax = 2", ["is not TOML", "line 3"]),
        ("[gate]\n\nmax 1", ["is not TOML", "line 3"]),
        ('[gate."\\u001b[31m"]\nx = 1', ["gate.\\x1b[31m.x is not known"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_configuration_is_reported_with_file_and_key(
    here: Path, text: str, words: list[str]
) -> None:
    configured(here, text + "\n")
    (message,) = complaints(refused("preds.csv", cwd=here), USAGE)
    assert message.startswith("ce: ce.toml: ")
    for word in words:
        assert word in message
    if "gate" in words[0] and "[gate" in text:
        project = text.replace("[gate", "[tool.ce.gate")
        path = configured(here, project + "\n", "pyproject.toml")
        (message,) = complaints(refused("preds.csv", "--config", path, cwd=here), USAGE)
        assert "pyproject.toml: tool.ce.gate" in message


def test_only_the_table_of_ce_in_a_project_is_checked(here: Path) -> None:
    configured(here, "[tool.ce]\nscore = 1\n", "pyproject.toml")
    (message,) = complaints(refused("preds.csv", "--max", "9", cwd=here), USAGE)
    assert "pyproject.toml: tool.ce.score must be a table: [tool.ce.score]" in message
    configured(here, "tool = 1\nce = 1\n", "pyproject.toml")
    assert "tool must be a table" in complaints(refused("preds.csv", cwd=here), USAGE)[0]
    configured(here, "[tool.cx]\ngate = 1\n[gate]\nx = 1\n", "pyproject.toml")
    assert run_gate("preds.csv", "--max", "9", cwd=here)[0] == PASSED


def test_a_configuration_must_be_utf_8(here: Path) -> None:
    (here / "ce.toml").write_bytes(b"[gate]\nlabel = '\xff'\n")
    assert "UTF-8" in complaints(refused("preds.csv", cwd=here), USAGE)[0]


def test_gates_that_are_not_there_are_reported(here: Path) -> None:
    configured(here, TWO_GATES)
    (message,) = complaints(refused("--gate", "qualty", cwd=here), USAGE)
    assert (
        "no gate 'qualty' (did you mean 'quality'?); choose from: 'quality', 'fairness'" in message
    )
    configured(here, "[gate]\nmax = 1\n")
    (message,) = complaints(refused("--gate", "quality", cwd=here), USAGE)
    assert "no named gates" in message
    configured(here, "[gate.quality]\nmax = 1\n")
    (message,) = complaints(refused(cwd=here), USAGE)
    assert "ce.toml: gate.quality: the gate has no files" in message


def test_a_configuration_that_is_named_has_to_be_there(here: Path) -> None:
    done = refused("preds.csv", "--config", "gone.toml", "--max", "1", cwd=here)
    assert "gone.toml: there is no such file" in complaints(done, STORAGE)[0]
    configured(here, "", "empty.toml")
    done = refused("preds.csv", "--config", "empty.toml", "--max", "1", cwd=here)
    assert "empty.toml: it has no option and no table for ce" in complaints(done, USAGE)[0]


def test_bad_files_of_a_gate_have_their_own_codes(here: Path) -> None:
    configured(here, "[gate.a]\nfiles = 'preds.csv'\nmax = 0\n[gate.b]\nfiles = 'x.csv'\nmax = 1")
    assert "x.csv: there is no such file" in complaints(refused(cwd=here), STORAGE)[0]
    write_csv(here / "x.csv", {"label": [1], "prob": [7]})
    assert "7 is not a probability" in complaints(refused(cwd=here), BAD_DATA)[0]


def test_one_pipe_is_not_read_by_two_gates(here: Path) -> None:
    configured(here, "[gate]\nfiles = '-'\nmax = 9\n[gate.a]\n[gate.b]\n")
    content = (here / "preds.csv").read_bytes()
    (message,) = complaints(refused(cwd=here, stdin=content), USAGE)
    assert "only once" in message
    assert run_gate("--gate", "a", cwd=here, stdin=content)[0] == PASSED


def test_the_configuration_is_not_written_over(here: Path) -> None:
    path = configured(here, TWO_GATES)
    done = refused("--output", "ce.toml", cwd=here)
    assert "is an input and cannot be overwritten" in complaints(done, USAGE)[0]
    assert path.read_text() == TWO_GATES


# A configuration to start from


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("breast_cancer.csv", []),
        ("breast_cancer_weighted.csv", ["--positive", "malignant", "-w", "weight", "--base", "2"]),
        ("breast_cancer_logits.csv", ["--as", "logits", "--pred", "logit", "--label", "label"]),
        ("wine.parquet", ["--confidence", "0.5", "--confident"]),
        ("digits.csv", ["--clip", "1e-05", "--on-bad-sum", "warn"]),
    ],
)
def test_a_start_passes_with_the_options_that_were_given(
    tmp_path: Path, name: str, options: list[str]
) -> None:
    path = tmp_path / name
    path.write_bytes((SAMPLES / name).read_bytes())
    done = run_ce("gate", name, *options, "--init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (PASSED, "")
    assert "wrote ce.toml" in done.stderr
    text = (tmp_path / "ce.toml").read_text()
    gate = tomllib.loads(text)["gate"]
    assert {"files", "max", "min-rows"} <= gate.keys()
    scored = score_json(path, *(option for option in options if option != "--confident"))
    mean = scored["metrics"]["cross_entropy"]
    high = scored["intervals"]["cross_entropy"]["high"]
    assert mean < high <= gate["max"] < high * 1.01
    code, document = run_gate(cwd=tmp_path)
    assert code == PASSED
    found = document["gates"][0]["score"]
    assert found["signature"] == scored["signature"]
    assert found["metrics"]["cross_entropy"] == mean
    assert len(document["gates"][0]["checks"]) == 2 + ("--confident" not in options)
    commented = [line.lstrip("# ") for line in text.splitlines() if line.startswith("# base")]
    assert commented == ['baseline = "baseline.json"']


def test_a_start_keeps_what_toml_has_to_escape(tmp_path: Path) -> None:
    odd = 'a "quoted" \\ name\twith \x7f, é and 😀'
    path = tmp_path / "odd 'file'.csv"
    write_csv(path, {odd: [1, 0, 1], "prob": [0.5, 0.25, 0.75]})
    assert run_ce("gate", path.name, "--label", odd, "--init", cwd=tmp_path).returncode == PASSED
    gate = tomllib.loads((tmp_path / "ce.toml").read_text(encoding="utf-8"))["gate"]
    assert (gate["label"], gate["files"]) == ([odd], [path.name])
    assert run_gate(cwd=tmp_path)[0] == PASSED


def test_a_start_keeps_the_limits_that_were_given(here: Path) -> None:
    limits = ("--max", "9", "--require", "rows.by(segment) >= 3", "--min-rows", "2")
    assert run_ce("gate", "preds.csv", *limits, "--init", cwd=here).returncode == PASSED
    gate = tomllib.loads((here / "ce.toml").read_text())["gate"]
    assert gate == {
        "files": ["preds.csv"], "max": "9", "require": ["rows.by(segment) >= 3"], "min-rows": 2,
    }  # fmt: skip
    assert run_gate(cwd=here)[0] == PASSED


def test_a_start_elsewhere_finds_the_files_from_there(here: Path) -> None:
    (here / "ci").mkdir()
    target = Path("ci") / "gates.toml"
    assert run_ce("gate", "preds.csv", "--init", "-o", target, cwd=here).returncode == PASSED
    assert tomllib.loads((here / target).read_text())["gate"]["files"] == ["../preds.csv"]
    assert run_gate("--config", target, cwd=here)[0] == PASSED
    assert run_gate("--config", "gates.toml", cwd=here / "ci")[0] == PASSED
    project = Path("pyproject.toml")
    run_ce("gate", "preds.csv", "--init", "-o", project, cwd=here)
    assert "gate" in tomllib.loads((here / project).read_text())["tool"]["ce"]
    assert run_gate(cwd=here)[0] == PASSED


def test_a_start_writes_over_nothing(here: Path) -> None:
    path = configured(here, "# mine\n")
    (message,) = complaints(refused("preds.csv", "--init", cwd=here), USAGE)
    assert "ce.toml already exists and was not overwritten" in message
    assert path.read_text() == "# mine\n"
    (message,) = complaints(refused("preds.csv", "--init", "-o", "preds.csv", cwd=here), USAGE)
    assert "preds.csv already exists and was not overwritten" in message


def test_a_start_from_a_pipe_names_no_file(here: Path) -> None:
    content = (here / "preds.csv").read_bytes()
    assert run_ce("gate", "--init", "--quiet", cwd=here, stdin=content).stderr == ""
    assert "files" not in tomllib.loads((here / "ce.toml").read_text())["gate"]
    assert all(one["passed"] for one in checks(cwd=here, stdin=content))
    text = run_ce("gate", "--init", "-o", "-", cwd=here, stdin=content).stdout
    assert text == (here / "ce.toml").read_text()


@pytest.mark.parametrize(
    ("prob", "options"),
    [([0.5], []), ([1, 1], ["--clip", "none"]), ([0.5, 0], ["--clip", "none"])],
    ids=["one row", "no loss", "infinite loss"],
)
def test_a_start_is_possible_from_odd_figures(
    tmp_path: Path, prob: list[float], options: list[str]
) -> None:
    path = write_csv(tmp_path / "odd.csv", {"label": [1] * len(prob), "prob": prob})
    assert run_ce("gate", path.name, *options, "--init", cwd=tmp_path).returncode == PASSED
    assert run_gate(cwd=tmp_path)[0] == PASSED


def test_limits_add_up_so_that_none_is_lost(tmp_path: Path) -> None:
    halvings(tmp_path)
    shared = '[gate]\nrequire = ["accuracy >= 2"]\n'
    config = tmp_path / "ce.toml"
    config.write_text(shared + '[gate.one]\nfiles = ["preds.csv"]\nrequire = ["rows >= 3"]\n')
    code, found = run_gate("--config", config)
    names = {check["name"]: check["passed"] for check in found["gates"][0]["checks"]}
    assert (code, names) == (FAILED, {"accuracy >= 2": False, "rows >= 3": True})
    typed = run_gate("--config", config, "--require", "rows >= 1")[1]["gates"][0]["checks"]
    assert {check["name"] for check in typed} == {"accuracy >= 2", "rows >= 3", "rows >= 1"}
