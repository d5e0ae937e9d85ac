"""Errors about names that were not typed say where these are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import complaints, run_ce, write_csv

USAGE = 2


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with predictions."""
    write_csv(tmp_path / "preds.csv", {"label": [1, 0], "prob": [0.8, 0.3]})
    return tmp_path


def test_a_variable_is_named(here: Path) -> None:
    done = run_ce("score", "preds.csv", env={"CE_PRED": "prbo"}, cwd=here)
    (message,) = complaints(done, USAGE)
    assert message.endswith("'prbo' comes from the variable CE_PRED.")


@pytest.mark.parametrize(
    ("text", "command", "place"),
    [
        ("label = 'targt'", "score preds.csv", "'targt' comes from label in ce.toml."),
        ("[score]\nby = ['g']", "score preds.csv", "'g' comes from by in ce.toml."),
        ("[score]\ntokens = 'n'", "score preds.csv", "'n' comes from tokens in ce.toml."),
        ("[gate.a]\nfiles = 'preds.csv'\nmax = 1\nweight = 'w'", "gate", "weight in ce.toml."),
    ],
)
def test_a_configuration_is_named(text: str, command: str, place: str, here: Path) -> None:
    (here / "ce.toml").write_text(text)
    (message,) = complaints(run_ce(*command.split(), cwd=here), USAGE)
    assert message.endswith(place)


def test_a_typed_name_is_that_of_the_user(here: Path) -> None:
    (here / "ce.toml").write_text("label = 'targt'\nbase = 2\n")
    done = run_ce("score", "preds.csv", "--label", "targt", env={"CE_PRED": "prob"}, cwd=here)
    assert "comes from" not in complaints(done, USAGE)[0]
