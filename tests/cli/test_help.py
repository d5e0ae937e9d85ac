"""``--help``: it fits the terminal, breaks between words only, and its examples work."""

from __future__ import annotations

import inspect
import itertools
import shutil
from typing import Any

import pytest
import typer

from ce_cli import registry
from tests.conftest import SAMPLES, run_ce, run_pasted

NAMES = [entry.names[0] for entry in registry.COMMANDS]
EXAMPLES = [
    (entry.names[0], line.strip())
    for entry in registry.COMMANDS
    for line in str(inspect.getdoc(entry.load())).split("\n")
    if line.startswith("  ")
]
WIDTHS = [60, 80, 100]


def parsed(name: str) -> Any:
    """The command as the parser knows it."""
    app = typer.Typer(add_completion=False)
    app.command(name)(registry.find(registry.COMMANDS, name, "command").load())
    return typer.main.get_command(app)


def page_of(name: str, width: int) -> str:
    """The help that a terminal of this width shows."""
    done = run_ce(*name.split(), "--help", env={"COLUMNS": str(width)})
    assert done.returncode == 0
    return done.stdout


def is_part(words: list[str], page: list[str]) -> bool:
    """Whether words follow each other somewhere on a page."""
    starts = (place for place, word in enumerate(page) if word == words[0])
    return any(page[place : place + len(words)] == words for place in starts)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_help_fits_and_breaks_between_words(name: str, width: int) -> None:
    page = page_of(name, width)
    assert max(map(len, page.splitlines())) <= width
    words = page.replace("│", " ").split()
    for option in parsed(name).params:
        expected = option.help.replace("\\[", "[").split()
        assert is_part(expected, words), option.name


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_the_description_breaks_only_where_the_width_needs_it(name: str, width: int) -> None:
    shown = page_of(name, width).split("╭")[0]
    lines = [line.strip() for line in shown.splitlines()]
    for paragraph in parsed(name).help.split("\n\n"):
        assert is_part(paragraph.split(), shown.split()), paragraph
        if paragraph.startswith(" "):
            continue
        first = next(n for n, line in enumerate(lines) if line and paragraph.startswith(line))
        for line, following in itertools.pairwise(itertools.takewhile(bool, lines[first:])):
            assert len(line) + 1 + len(following.split()[0]) > width - 2


@pytest.mark.parametrize("name", NAMES)
def test_examples_fit_80_columns(name: str) -> None:
    lines = [line.strip() for line in page_of(name, 80).splitlines()]
    assert [line for line in lines if line.startswith(("ce ", "cat "))] == [
        example for owner, example in EXAMPLES if owner == name
    ]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[text for _, text in EXAMPLES])
def test_examples_of_the_help_work(name: str, example: str) -> None:
    if "jq" in example and shutil.which("jq") is None:
        pytest.skip("jq is not installed")
    done = run_pasted(example, SAMPLES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_help_names_every_metric_and_convention() -> None:
    page = page_of("score", 80)
    for metric in (*registry.FIGURES, *registry.TABLES, "sklearn", "torch", "keras"):
        assert metric in page


@pytest.mark.parametrize("name", [name for name in NAMES if registry.formats(name)])
def test_the_help_names_every_format(name: str) -> None:
    listed = ", ".join(registry.formats(name))
    assert f"[{listed}; default: table]" in " ".join(page_of(name, 200).replace("│", " ").split())


MISSING = {
    "score": "ce score preds.csv",
    "compare": "ce compare old.csv new.csv",
    "gate": "ce gate preds.csv --max 0.35",
    "inspect": "ce inspect preds.csv",
    "explain": "ce explain --p 0.5,0.5 --q 0.9,0.1",
    "calibrate fit": "ce calibrate fit preds.csv",
    "calibrate apply": "ce calibrate apply cal.json preds.csv",
    "calibrate show": "ce calibrate show cal.json",
}


@pytest.mark.parametrize("name", NAMES)
def test_without_files_a_command_that_works_is_shown(name: str) -> None:
    """The null device is no more something to read than a terminal."""
    done = run_ce(*name.split())
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert MISSING[name] in line


def test_the_command_that_explain_shows_works() -> None:
    assert run_pasted(MISSING["explain"], SAMPLES).returncode == 0
