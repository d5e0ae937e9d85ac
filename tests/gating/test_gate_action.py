"""The action for GitHub and the hook for pre-commit: what they would run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ce_cli.outputs.ci.github_files import publish
from tests.conftest import ROOT, run_ce
from tests.gating.gate_values import check, comparison, gate, gated

FOLDER = ROOT / ".github" / "actions" / "gate"
ACTION: dict[str, Any] = yaml.safe_load((FOLDER / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]
HOSTILE = ("$(touch x)", "`touch x`", '"; touch x; "', "' || touch x #", "a  b\\", "*", "-o", "é|&")
# Writes down its arguments, each with a NUL behind it.
STUB = '#!/bin/bash\nprintf "%s\\0" "$@" >>"$RECORD"\n'


def expression(text: str) -> str:
    """The input of the action that an expression refers to."""
    match = re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text)
    assert match
    return match[1]


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def run_action(
    tmp_path: Path, inputs: Mapping[str, str], stub: str = STUB
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the step as the runner does, with a `ce` that writes down its arguments."""
    (step,) = STEPS
    program(tmp_path / "bin" / "ce", stub)
    (tmp_path / "work").mkdir()
    (tmp_path / "script.sh").write_text(step["run"], encoding="utf-8")
    given = {name: one["default"] for name, one in ACTION["inputs"].items()} | dict(inputs)
    environment = {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "RECORD": str(tmp_path / "record"),
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_ACTION_PATH": str(FOLDER),
        **{name: given[expression(text)] for name, text in step["env"].items()},
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", tmp_path / "script.sh"],
        env=environment, cwd=tmp_path / "work", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert list((tmp_path / "work").iterdir()) == [], "an input was run"
    record = tmp_path / "record"
    return done, record.read_text(encoding="utf-8").split("\0")[:-1] if record.exists() else []


def test_no_input_is_part_of_a_script() -> None:
    for step in STEPS:
        assert "${{" not in step["run"]
    assert "${{" not in (FOLDER / "run.sh").read_text(encoding="utf-8")


def test_every_input_reaches_the_script() -> None:
    (step,) = STEPS
    passed = {expression(text) for text in step["env"].values()}
    assert passed | {expression(step["working-directory"])} == ACTION["inputs"].keys()
    script = (FOLDER / "run.sh").read_text(encoding="utf-8")
    assert {name for name in step["env"] if f"${name}" in script or f"${{{name}" in script} == (
        step["env"].keys()
    )


def test_the_outputs_are_those_that_the_gate_writes(tmp_path: Path) -> None:
    target = tmp_path / "output"
    result = gated(gate(check(), comparisons=(comparison(0.5, 0.25),)))
    publish(result, {"GITHUB_OUTPUT": str(target)})
    written = {line.partition("=")[0] for line in target.read_text(encoding="utf-8").splitlines()}
    assert {name: one["value"] for name, one in ACTION["outputs"].items()} == {
        name: f"${{{{ steps.gate.outputs.{name} }}}}" for name in written
    }


def test_inputs_become_options(tmp_path: Path) -> None:
    done, arguments = run_action(
        tmp_path,
        {
            "files": "a.csv\nb c.csv\n",
            "max": "0.5",
            "require": "accuracy >= 0.9\r\n\nskill > 0\n",
            "baseline": "main.json",
            "max-regression": "1%",
            "mode": "proven",
            "config": "ce.toml",
            "report": "junit=ce.xml\nmetrics=ce.json",
            "args": "--label=won\n--quiet",
            "package": "none",
        },
    )
    assert done.returncode == 0, done.stderr
    assert arguments[:3] == ["gate", "--format", "github"]
    assert sorted(arguments[3:-3]) == [
        *("--baseline=main.json", "--config=ce.toml", "--label=won", "--max-regression=1%"),
        *("--max=0.5", "--mode=proven", "--quiet", "--report=junit=ce.xml"),
        *("--report=metrics=ce.json", "--require=accuracy >= 0.9", "--require=skill > 0"),
    ]
    assert arguments[-3:] == ["--", "a.csv", "b c.csv"]


def test_without_inputs_the_configuration_decides(tmp_path: Path) -> None:
    _, arguments = run_action(tmp_path, {"package": "none"})
    assert arguments == ["gate", "--format", "github", "--"]


@pytest.mark.parametrize("text", HOSTILE)
def test_inputs_are_never_run(text: str, tmp_path: Path) -> None:
    own = {"package", "python", "working-directory", "args", "files"}
    names = sorted(ACTION["inputs"].keys() - own)
    given = dict.fromkeys(names, text) | {"files": f"{text}\n{text}", "args": text}
    done, arguments = run_action(tmp_path, given | {"package": "none"})
    assert done.returncode == 0, done.stderr
    assert sorted(arguments[3:-3]) == sorted([text, *(f"--{name}={text}" for name in names)])
    assert arguments[-3:] == ["--", text, text]


@pytest.mark.parametrize("code", [1, 3])
def test_the_step_ends_as_the_gate_does(code: int, tmp_path: Path) -> None:
    done, _ = run_action(tmp_path, {"package": "none"}, f"#!/bin/bash\nexit {code}\n")
    assert done.returncode == code


PYTHON = """#!/bin/bash
# Stands for a Python of which -m venv makes an environment, and in it a pip that installs nothing.
if [ "$1 $2" = "-m venv" ]; then
    mkdir -p "$3/bin"
    cp "$0" "$3/bin/python"
    cp "$(command -v ce)" "$3/bin/ce"
else
    printf "%s\\0" "${@: -1}" >>"$RECORD"
fi
"""


@pytest.mark.parametrize("package", ["", "ce-cli==0.1.0", "$(touch x)"])
def test_ce_is_installed_from_beside_the_action_or_as_configured(
    package: str, tmp_path: Path
) -> None:
    python = tmp_path / "a python"
    program(python, PYTHON)
    done, arguments = run_action(tmp_path, {"package": package, "python": str(python)})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "temp" / "ce-gate" / "bin" / "ce").exists()
    if package:
        assert arguments[0] == package
    else:
        assert Path(arguments[0]).resolve() == ROOT
    assert arguments[1] == "gate"


def test_the_options_are_those_of_the_command() -> None:
    script = (FOLDER / "run.sh").read_text(encoding="utf-8")
    used = set(re.findall(r'^add_lines "\$\w+" (--[\w-]+)$', script, re.MULTILINE)) | {"--format"}
    assert len(used) == 8
    assert used <= set(re.findall(r"--[\w-]+", run_ce("gate", "--help").stdout))


def test_the_hook_runs_a_script_of_the_package_once() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert [hook["id"] for hook in hooks] == ["ce-gate"]
    for hook in hooks:
        assert hook["entry"].split()[0] in scripts
        assert hook["language"] == "python"
        assert hook["pass_filenames"] is False
