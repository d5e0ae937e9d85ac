"""The parser is prepared for the options that are typed, and behaves as if it knew all."""

from __future__ import annotations

import shlex

import pytest
import typer

from ce_cli import registry
from ce_cli.cli.command import Command
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import flag, options_of
from tests.conftest import run_ce


def known(arguments: str) -> set[str]:
    """The options that the parser of ``ce score ARGUMENTS`` is prepared for."""
    score: Command = registry.find(registry.COMMANDS, "score", "command").load()
    app = typer.Typer(add_completion=False)
    app.command("score")(score.for_arguments(shlex.split(arguments)))
    return {name for one in typer.main.get_command(app).params for name in one.opts}


EVERY = {flag(name) for name in options_of(COMMANDS["score"])}


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ("preds.csv", set()),
        ("- --", set()),
        ("preds.csv --metric ece --format=json", {"--metric", "--format"}),
        ("-l target preds.csv -p=score", {"--label", "--pred"}),
    ],
)
def test_it_knows_what_is_typed(arguments: str, names: set[str]) -> None:
    assert known(arguments) & EVERY == names


@pytest.mark.parametrize("other", ["--help", "-h", "-ql", "-lt", "--metrc", "-1", "--clip -1"])
def test_it_knows_every_option_if_one_may_be_meant(other: str) -> None:
    assert known(f"preds.csv --metric ece {other}") >= EVERY


def test_a_mistyped_option_is_compared_with_all() -> None:
    done = run_ce("score", "preds.csv", "--metrc", "ece")
    assert done.returncode == 2
    assert "--metric" in done.stderr
