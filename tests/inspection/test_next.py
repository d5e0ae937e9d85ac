"""The command that ``ce inspect`` suggests last works when it is pasted, or there is none."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ce_cli.inspection.named_options import named_options
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.pages.inspect import render
from tests.conftest import run_ce, run_pasted
from tests.inspection.files import inspected, loss_by

TWO = -(math.log(0.8) + math.log(0.7)) / 2

# Each file, and the options after which it has the number.
WORKS = {
    'label,prob\n1,"0,8"\n0,"0,3"\n': "--decimal ,",
    "label,prob\n# run 5\n1,0.8\n0,0.3\n": "--comment '#'",
    "label,p_cat,p_dog\ncat,0.8,0.2\ndog,0.3,0.7\nunknown,0.5,0.5\n": "--ignore-label unknown",
    "label,prob\n1,0.8\n0,#N/A\n1,?\n0,0.3\n": "--na-value '#N/A' --na-value '?' --missing skip",
    "label,prob\n1,0.8\n0,a\tb\n0,0.3\n": r"--na-value $'a\tb' --missing skip",
}


@pytest.mark.parametrize("text", WORKS)
def test_an_option_that_only_the_message_names_is_suggested(text: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(text)
    following = inspected(path)["next"]
    assert following == f"ce score {path} {WORKS[text]}"
    if "$'" not in following:  # not in every sh
        assert loss_by(following, tmp_path) == pytest.approx(TWO)


NONE = {
    "quotes": "label,prob\n1,'0.8'\n0,'0.3'\n1,'0.7'\n0,'0.25'\n",
    "fractions": "label,prob\n1,80/100\n0,30/100\n",
    "lists": "label,prob\n1,0.7|0.2|0.1\n0,0.3|0.2|0.5\n",
    "names": "label,prob\n1,p=0.8\n0,p=0.3\n",
    "a bound": "label,prob\n1,0.8\n0,<0.01\n0,0.3\n",
    "percent signs": "label,prob\n1,80%\n0,30%\n",
    "a comma among points": 'label,prob\n1,0.8\n0,"0,2"\n0,0.3\n',
    "a number out of range": "label,prob\n" + "1,0.8\n0,0.3\n" * 20 + "1,1.3\n",
}


@pytest.mark.parametrize("name", NONE)
def test_no_command_is_suggested_that_would_fail(name: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(NONE[name])
    document = inspected(path)
    assert document["next"] is None
    assert not any(one["options"] for one in document["findings"])
    assert "\nnext" not in run_ce("inspect", path).stdout


def test_a_file_with_two_problems_is_inspected_again_where_a_choice_remains(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes("label,prob\ncaf\u00e9,0.8\nth\u00e9,0.3\n".encode("latin-1"))
    following = inspected(path)["next"]
    assert following == f"ce inspect {path} --encoding latin-1"
    assert run_pasted(following, tmp_path).returncode == 0


def test_the_command_for_percentages_is_pasted_from_a_narrow_terminal(tmp_path: Path) -> None:
    from ce_cli import inspect

    path = tmp_path / "preds.csv"
    path.write_text("label,prob\nyes,80\nno,30\nyes,\nno,30\nyes,80\n")
    found = inspect(str(path))
    assert found.next is not None
    (line,) = (one for one in render(found, Canvas(40)).splitlines() if one.startswith("next"))
    assert line == f"next  {found.next}"
    assert loss_by(found.next, tmp_path) == pytest.approx(TWO)


def test_a_column_after_a_title_line_is_not_read_by_another_program(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("\nResults of May\n\nlabel,prob\n1,80\n0,30\n1,65\n")
    document = run_ce("inspect", path)
    assert "python3" not in document.stdout


def test_errors_alike_in_many_columns_are_one_finding(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("label,p_cat,p_dog,p_cow\ncat,700,200,100\ndog,100,800,100\n")
    (error,) = inspected(path)["findings"]
    assert "likewise in 2 more columns" in error["message"]


@pytest.mark.parametrize(
    ("message", "options"),
    [
        ("use --decimal ,.", "--decimal ,"),
        ("skip such rows with --ignore-label 2.", "--ignore-label 2"),
        ("use --na-value '?' --missing skip.", "--na-value '?' --missing skip"),
        ("name it with --positive a or with --positive b.", None),
        ("name the label with --label.", None),
        ("if there are no names, use --no-header.", "--no-header"),
    ],
)
def test_options_are_found_in_a_message(message: str, options: str | None) -> None:
    assert named_options(message) == options
