"""The examples and statements of the README and the other documents are true."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from ce_cli import registry
from tests.conftest import environment, run_ce
from tests.documents import PATHS, ROOT, Example, examples, text_of

EXAMPLES = [example for path in PATHS for example in examples(path)]
PYTHON = [
    (path, block)
    for path in PATHS
    for block in re.findall(r"(?ms)^```python\n(from ce_cli .*?)^```", text_of(path))
]
README = text_of("README.md")
REFERENCE = "ce_cli/cli/REFERENCE.md"
TOOLS = "sample_data/README.md"  # its table has a column of the options of other tools
ELSEWHERE = {
    *("--from", "--check"),  # of uvx and ruff
    *("--cases", "--seed", "--include", "--sample", "--seconds"),  # of the tools for fuzzing
}


def words_of(title: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower().replace("`", "")).strip().replace(" ", "-")


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_examples_run_and_print_what_is_shown(example: Example, tmp_path: Path) -> None:
    if missing := [tool for tool in example.tools if shutil.which(tool) is None]:
        pytest.skip(f"{missing[0]} is not installed")
    done = example.run(tmp_path)
    for command, each in zip(example.commands, done, strict=True):
        assert each.returncode in ({0, 1} if command.startswith("ce gate") else {0}), each.stderr
    if example.output is not None:
        assert "".join(each.stdout for each in done) == example.output


@pytest.mark.parametrize(("path", "block"), PYTHON)
def test_examples_in_python_run(path: str, block: str, tmp_path: Path) -> None:
    (tmp_path / "sample_data").symlink_to(ROOT / "sample_data")
    modules = os.pathsep.join(filter(None, [str(ROOT), *sys.path]))
    done = subprocess.run(
        [sys.executable, "-c", block],
        capture_output=True,
        check=False,
        text=True,
        cwd=tmp_path,
        env=environment({"PYTHONPATH": modules}),
    )
    assert done.returncode == 0, done.stderr


def test_the_first_screen_has_an_output_and_every_command() -> None:
    screen = README.partition("\n## ")[0]
    first = next(examples("README.md"))
    assert first.line < screen.count("\n")
    assert first.output
    for entry in registry.COMMANDS:
        if len(entry.words) == 1:
            assert re.search(rf"\bce {entry.names[0]} sample_data/", screen)


def test_it_can_be_read_in_one_sitting() -> None:
    assert README.count("\n") <= 350


def test_every_option_of_ce_that_is_named_exists() -> None:
    names = [entry.names[0] for entry in registry.COMMANDS]
    pages = [run_ce(*name.split(), "--help", env={"COLUMNS": "80"}).stdout for name in ("", *names)]
    offered = set(re.findall(r"--[a-z][a-z-]*[a-z]", "".join(pages)))
    for path in set(PATHS) - {REFERENCE}:
        text = text_of(path)
        if path == TOOLS:
            text = re.sub(r"(?m)^(\|[^|]*\|)[^|]*\|", r"\1", text)
        named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", text)) - ELSEWHERE
        assert named <= offered, path


@pytest.mark.parametrize("path", PATHS)
def test_links_lead_somewhere(path: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        goal = (ROOT / path).parent / name if name else ROOT / path
        assert goal.exists(), target
        if anchor:
            titles = re.findall(r"(?m)^#+ (.*)$", goal.read_text(encoding="utf-8"))
            assert anchor in map(words_of, titles), target


def test_ci_runs_the_test_command_it_gives() -> None:
    given = re.search(r"<!-- test -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert given
    assert "pytest" in given[1]
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()


def test_the_guide_to_the_code_shows_every_folder_and_module_at_the_root() -> None:
    package = ROOT / "ce_cli"
    there = {path.name for path in package.glob("*.py")}
    there |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    tree = text_of("ce_cli/README.md").partition("```text\nce_cli/\n")[2].partition("```")[0]
    assert set(re.findall(r"(?m)^  (\S+)", tree)) == there


def test_the_action_is_documented() -> None:
    folder = ROOT / ".github" / "actions" / "gate"
    action = yaml.safe_load((folder / "action.yml").read_text(encoding="utf-8"))
    tables = "\n".join(
        re.findall(r"(?m)^\| (`[^|]*) \|", text_of(".github/actions/gate/README.md"))
    )
    assert {*action["inputs"], *action["outputs"]} <= set(re.findall(r"`([\w-]+)`", tables))
