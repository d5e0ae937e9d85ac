"""What the README says is true."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ce_cli import registry
from tests.conftest import run_ce

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOOLS = r"(?s)### Files as tools write them.*?\n## "


def test_the_pasted_example_is_what_the_first_command_prints() -> None:
    command = re.search(r"\.venv/bin/ce (score \S+)", README)
    pasted = re.search(r"```text\n(.*?)```", README, re.DOTALL)
    assert command
    assert pasted
    done = run_ce(*shlex.split(command[1]), cwd=ROOT)
    assert done.stdout == pasted[1]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("## Conventions of other tools", "score"),
        ("## Language models", "score"),
        ("## Take the cross-entropy apart", "score"),
        ("## Inspect a file", "inspect"),
        ("## Compare models", "compare"),
        ("## Gate a model", "gate"),
    ],
)
def test_the_example_of_a_section_is_what_its_command_prints(title: str, name: str) -> None:
    section = README.partition(title)[2]
    command = re.search(rf"\nce ({name} sample_data/.*)\n", section)
    pasted = re.search(r"```text\n(.*?)```", section, re.DOTALL)
    assert command
    assert pasted
    done = run_ce(*shlex.split(command[1]), cwd=ROOT)
    assert done.stdout == pasted[1]


def test_it_names_every_option_and_no_other() -> None:
    names = [entry.names[0] for entry in registry.COMMANDS]
    pages = [run_ce(name, "--help", env={"COLUMNS": "80"}).stdout for name in names]
    offered = set(re.findall(r"--[a-z][a-z-]*[a-z]", "".join(pages))) - {"--help"}
    own = re.sub(TOOLS, without_their_options, README.partition("## Score")[2])
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*[a-z]", own))
    assert named == offered


def without_their_options(section: re.Match[str]) -> str:
    """The table of other tools without its middle column, which gives theirs."""
    return re.sub(r"(?m)^(\|[^|]*\|)[^|]*\|", r"\1", section[0])


def test_ci_runs_the_test_command_it_gives() -> None:
    given = re.search(r"<!-- test -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert given
    assert "pytest" in given[1]
    assert "<!-- test -->" in (ROOT / ".ci" / "run").read_text()
