"""Options in a file and in variables, for every command: which win, and which are refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ce_cli
from tests.conftest import COMMAND, complaints, environment, run_ce, strict, write_csv

USAGE = 2
ROOT = Path(__file__).parents[2]
COMMANDS = ("score", "compare", "gate", "inspect", "explain")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with predictions whose columns no name gives away: two rows of ln 2 each."""
    write_csv(tmp_path / "p.csv", {"a": [0, 1], "b": [0.5, 0.5], "c": [0.25, 0.75]})
    return tmp_path


def written(directory: Path, text: str, name: str = "ce.toml") -> None:
    (directory / name).write_text(text, encoding="utf-8")


def scored(directory: Path, *options: str, **variables: str) -> dict[str, Any]:
    done = run_ce("score", "p.csv", *options, "--json", cwd=directory, env=variables)
    assert done.returncode == 0, done.stderr
    return strict(done.stdout)


NAMED = 'label = "a"\npred = "b"\n'


# Every command


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_the_columns_from_the_file(command: str, here: Path) -> None:
    written(here, NAMED)
    files = ["p.csv"]
    if command == "compare":
        write_csv(here / "q.csv", {"a": [0, 1], "b": [0.25, 0.75]})
        files.append("q.csv")
    limit = ["--max", "1"] if command == "gate" else []
    done = run_ce(command, *files, *limit, "--json", cwd=here)
    assert done.returncode == 0, done.stderr
    assert strict(done.stdout)["schema"] == f"ce.{command}/1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ce.toml", f'{NAMED}[score]\nbase = "2"\n'),
        ("ce.toml", f"{NAMED}base = 2\n"),
        ("pyproject.toml", '[tool.ce]\nlabel = "a"\n[tool.ce.score]\npred = ["b"]\nbase = "2"\n'),
    ],
)
def test_a_table_of_the_command_and_one_for_all_give_defaults(
    name: str, text: str, here: Path
) -> None:
    written(here, text, name)
    assert scored(here)["metrics"]["cross_entropy"] == 1.0  # one bit


def test_a_file_above_counts_and_the_nearest_wins(here: Path) -> None:
    written(here, f"{NAMED}base = 10\n")
    below = here / "run" / "1"
    below.mkdir(parents=True)
    (here / "p.csv").rename(below / "p.csv")
    assert scored(below)["unit"] == "bans"
    written(here / "run", f"{NAMED}base = 2\n")
    assert scored(below)["unit"] == "bits"


def test_options_of_other_commands_are_passed_over(here: Path) -> None:
    written(here, f'{NAMED}metric = "accuracy"\n[gate]\nmax = 0.1\n[compare]\ntest = "sign-flip"\n')
    assert list(scored(here)["metrics"]) == ["accuracy"]
    assert run_ce("inspect", "p.csv", cwd=here).returncode == 0


# What goes before what


def test_the_command_line_goes_before_variables_and_those_before_the_file(here: Path) -> None:
    written(here, f"{NAMED}base = 10\n[score]\nbase = 2\n")
    assert scored(here)["unit"] == "bits"
    assert scored(here, CE_BASE="10")["unit"] == "bans"
    assert scored(here, "--base", "e", CE_BASE="10")["unit"] == "nats"


def test_a_typed_list_takes_the_place_of_that_of_the_file(here: Path) -> None:
    written(here, NAMED)
    assert scored(here, "--pred", "c")["columns"]["predictions"] == ["c"]


def test_a_zero_on_the_command_line_is_typed(here: Path) -> None:
    written(here, f"{NAMED}worst = 2\nlabel-smoothing = 0.5\n")
    document = scored(here, "--worst", "0", "--label-smoothing", "0")
    assert document["worst"] == []
    assert "smoothing:0|" in document["signature"]


def test_variables_hold_lists_switches_and_numbers(here: Path) -> None:
    document = scored(
        here, CE_LABEL="a", CE_PRED="b,c", CE_DECOMPOSE="yes", CE_WORST="1", CE_CLASSES="0,1"
    )
    assert document["columns"]["predictions"] == ["b", "c"]
    assert document["decomposition"] is not None
    assert len(document["worst"]) == 1


def test_a_comma_in_a_name_is_quoted_in_a_variable(here: Path) -> None:
    write_csv(here / "p.csv", {"a": [0, 1], "b, c": [0.5, 0.5]})
    assert scored(here, CE_LABEL="a", CE_PRED='"b, c"')["columns"]["predictions"] == ["b, c"]


def test_a_switch_of_the_file_can_be_turned_off_by_a_variable(here: Path) -> None:
    written(here, f"{NAMED}decompose = true\n")
    assert scored(here)["decomposition"] is not None
    assert scored(here, CE_DECOMPOSE="false")["decomposition"] is None


def test_another_file_can_be_named(here: Path) -> None:
    written(here, "base = 10\n")
    written(here, f"{NAMED}base = 2\n", "other.toml")
    assert scored(here, "--config", "other.toml")["unit"] == "bits"
    assert scored(here, CE_CONFIG="other.toml")["unit"] == "bits"


def test_paths_of_a_file_begin_where_it_is(here: Path) -> None:
    write_csv(here / "truth.csv", {"a": [1, 0]})
    written(here, 'labels = "truth.csv"\nlabel = "a"\npred = "c"\n')
    below = here / "run"
    below.mkdir()
    write_csv(below / "p.csv", {"c": [0.25, 0.75]})
    assert scored(below)["metrics"]["accuracy"] == 0.0


def test_python_reads_no_configuration(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(here, "base = 2\n")
    monkeypatch.chdir(here)
    monkeypatch.setenv("CE_BASE", "10")
    frame = pd.DataFrame({"label": [0, 1], "prob": [0.5, 0.5]})
    assert ce_cli.score(frame).unit == "nats"


@pytest.mark.parametrize(
    ("text", "variables", "typed", "form"),
    [
        ("json = true\n", {}, [], "json"),
        ("json = true\n[score]\nformat = 'csv'\n", {}, [], "csv"),
        ("json = true\n", {}, ["-f", "markdown"], "markdown"),
        ("format = 'csv'\n", {"CE_JSON": "1"}, [], "json"),
        ("", {"CE_JSON": "1"}, ["-f", "csv"], "csv"),
        ("format = 'csv'\n", {}, ["--json"], "json"),
    ],
)
def test_the_format_of_the_nearest_place_wins(
    text: str, variables: dict[str, str], typed: list[str], form: str, here: Path
) -> None:
    written(here, NAMED + text)
    shown = run_ce("score", "p.csv", *typed, "-q", cwd=here, env=variables).stdout
    (here / "ce.toml").unlink()
    plain = run_ce("score", "p.csv", "-l", "a", "-p", "b", "-f", form, "-q", cwd=here).stdout
    assert shown == plain


def test_typed_numbers_are_explained_beside_any_configuration(here: Path) -> None:
    written(here, f"{NAMED}id = 'c'\nthreads = 2\nbase = 2\n[explain]\nclasses = 'x,y,z'\n")
    done = run_ce("explain", "--p", "0.5,0.5", "--q", "0.25,0.75", "--json", cwd=here)
    assert done.returncode == 0, done.stderr
    assert strict(done.stdout)["entropy"] == 1.0  # a bit
    variables = {"CE_THREADS": "1", "CE_LABEL": "a", "CE_POSITIVE": "x"}
    again = run_ce("explain", "--p", ".5,.5", "--q", ".25,.75", "--json", cwd=here, env=variables)
    assert strict(again.stdout)["entropy"] == 1.0
    (line,) = complaints(run_ce("explain", "--q", "0.5", "--threads", "2", cwd=here), USAGE)
    assert "--threads applies to files" in line


def test_a_deleted_directory_has_no_configuration(tmp_path: Path) -> None:
    """Only a process can be in a directory that is deleted under it."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.executable, sys.argv[1:])"
    command = [*COMMAND, "explain", "--p", "0.5,0.5", "--q", "0.5,0.5"]
    done = subprocess.run(
        [sys.executable, "-c", code, *command],
        cwd=gone, env=environment({"PYTHONPATH": str(ROOT)}), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_results_are_written_beside_the_file_that_names_them(here: Path) -> None:
    own = "[score]\noutput = 'out.json'\nformat = 'json'\nper-row = 'rows.csv'\n"
    written(here, NAMED + own)
    below = here / "below"
    below.mkdir()
    assert run_ce("score", "../p.csv", cwd=below).returncode == 0
    assert list(below.iterdir()) == []
    assert strict((here / "out.json").read_text())["rows"]["scored"] == 2
    assert (here / "rows.csv").exists()


def test_a_gate_may_have_the_name_of_an_option_of_the_run(here: Path) -> None:
    gates = "".join(f"[gate.{name}]\nfiles = 'p.csv'\nmax = 1\n" for name in ("json", "quiet"))
    written(here, NAMED + gates)
    done = run_ce("gate", "--json", "-q", cwd=here)
    assert [gate["name"] for gate in strict(done.stdout)["gates"]] == ["json", "quiet"]


def test_the_page_of_a_gate_names_the_file_of_its_limits(here: Path) -> None:
    written(here, f"{NAMED}[gate]\nmax = 1\n")
    below = here / "below"
    below.mkdir()
    page = run_ce("gate", "../p.csv", cwd=below).stdout
    assert "Options from ../ce.toml: label = a, pred = b, max = 1" in page
    written(here, f"{NAMED}[gate.one]\nfiles = 'p.csv'\nmax = 1\n")
    page = run_ce("gate", cwd=here).stdout
    assert "Options from ce.toml: label = a, pred = b, [gate.one]" in page


def test_balanced_weights_of_a_pipe_are_refused_before_it_is_read(here: Path) -> None:
    named = ("-l", "a", "-p", "b", "--class-weight", "balanced")
    done = run_ce("compare", "-", "p.csv", *named, cwd=here, stdin=b"a,b\n0,0.5\n1,0.5\n")
    (line,) = complaints(done, USAGE)
    assert "reads the data twice" in line


# The page names it


def test_the_page_names_the_file_and_the_variables(here: Path) -> None:
    written(here, f"{NAMED}[score]\nbase = 2\nmetric = ['brier', 'accuracy']\n")
    done = run_ce("score", "p.csv", "--pred", "c", cwd=here, env={"CE_CLIP": "none"})
    assert done.stdout.splitlines()[-1] == (
        "Options from ce.toml: label = a, base = 2, metric = brier, accuracy; "
        "the environment: clip = none"
    )
    assert done.stderr == ""


@pytest.mark.parametrize("form", ["json", "csv"])
def test_other_formats_leave_that_to_stderr(form: str, here: Path) -> None:
    written(here, NAMED)
    done = run_ce("score", "p.csv", "--format", form, cwd=here)
    assert "ce: Options from ce.toml: label = a, pred = b" in done.stderr.splitlines()
    assert "ce.toml" not in done.stdout
    quiet = run_ce("score", "p.csv", "--format", form, "--quiet", cwd=here)
    assert quiet.stderr == ""
    assert quiet.stdout == done.stdout


def test_without_a_file_nothing_is_reported(here: Path) -> None:
    done = run_ce("score", "p.csv", "-l", "a", "-p", "b", cwd=here)
    assert "Options from" not in done.stdout + done.stderr


def test_hostile_values_stay_text(here: Path) -> None:
    hostile = "\x1b[31m\u202eb"
    write_csv(here / "p.csv", {"a": [0, 1], hostile: [0.5, 0.5]})
    written(here, f"label = 'a'\npred = {json.dumps(hostile)}\n")
    done = run_ce("score", "p.csv", cwd=here)
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


# What is refused


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("labl = 'a'\n", ["ce.toml: labl is not known", "did you mean 'label'"]),
        ("[scor]\nbase = 2\n", ["ce.toml: scor is not known", "did you mean 'score'"]),
        ("[score]\nbse = 2\n", ["ce.toml: score.bse is not known", "did you mean 'base'"]),
        ("[inspect]\nmetric = 'ece'\n", ["ce.toml: inspect.metric is not known"]),
        ("[explain]\nrow = 3\n", ["ce.toml: explain.row is not known"]),
        ("base = 3\n", ["ce.toml: base must be one of 'e', '2', '10', not '3'"]),
        ("worst = 'x'\n", ["ce.toml: worst must be a whole number, not 'x'"]),
        ("quiet = 1\n", ["ce.toml: quiet must be true or false, not 1"]),
        ("threads = true\n", ["ce.toml: threads must be a whole number, not True"]),
        ("label = 1979-05-27\n", ["ce.toml: label must be text"]),
        ("label = [['a']]\n", ["ce.toml: label must be text"]),
        ("na_value = 'x'\nna-value = 'y'\n", ["na-value is given twice"]),
    ],
)
@pytest.mark.parametrize("command", ["score", "inspect"])
def test_a_bad_file_stops_every_command(
    command: str, text: str, words: list[str], here: Path
) -> None:
    written(here, text)
    (line,) = complaints(run_ce(command, "p.csv", cwd=here), USAGE)
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("CE_LABLE", "a", ["no option for the variable CE_LABLE", "did you mean 'CE_LABEL'"]),
        ("CE_BASE", "3", ["CE_BASE must be one of 'e', '2', '10', not '3'"]),
        ("CE_WORST", "many", ["CE_WORST must be a whole number, not 'many'"]),
        ("CE_CONFIDENCE", "high", ["CE_CONFIDENCE must be a number, not 'high'"]),
        ("CE_LABEL", "a\nb", ["CE_LABEL", "is not a list of names between commas"]),
        ("CE_CLIP", "some", ["CE_CLIP: --clip must be auto, none or a number"]),
        ("CE_FORMAT", "jsn", ["CE_FORMAT", "no format 'jsn'", "did you mean 'json'"]),
        ("CE_METRIC", "acuracy", ["CE_METRIC", "no metric 'acuracy'", "did you mean 'accuracy'"]),
        ("CE_QUIET", "maybe", ["CE_QUIET must be true or false, not 'maybe'"]),
    ],
)
def test_a_bad_variable_is_named(variable: str, text: str, words: list[str], here: Path) -> None:
    (line,) = complaints(run_ce("score", "p.csv", cwd=here, env={variable: text}), USAGE)
    assert all(word in line for word in words), line


def test_variables_of_others_are_left_alone(here: Path) -> None:
    written(here, NAMED)
    assert scored(here, CE_PROJECT_URL="x", CE_TRACEBACK="1", CE_MAX="0.1")["unit"] == "nats"


def test_an_empty_variable_is_none(here: Path) -> None:
    written(here, f"{NAMED}base = 2\n")
    assert scored(here, CE_BASE="", CE_LABLE="")["unit"] == "bits"


def test_a_project_without_a_table_for_ce_may_be_anything(here: Path) -> None:
    written(here, "this is = not TOML", "pyproject.toml")
    done = run_ce("score", "p.csv", "-l", "a", "-p", "b", cwd=here)
    assert done.returncode == 0, done.stderr


def test_options_that_do_not_fit_together_are_refused_wherever_they_are_from(here: Path) -> None:
    written(here, f"{NAMED}convention = 'keras'\n")
    (line,) = complaints(run_ce("score", "p.csv", "--clip", "none", cwd=here), USAGE)
    assert "--convention keras" in line
    assert "--clip" in line


def test_a_configuration_without_end_is_refused() -> None:
    if not Path("/dev/zero").exists():
        pytest.skip("there is no /dev/zero here")
    done = run_ce("score", "-", "--config", "/dev/zero", stdin=b"label,prob\n1,0.5\n")
    assert "is no configuration" in complaints(done, USAGE)[0]
