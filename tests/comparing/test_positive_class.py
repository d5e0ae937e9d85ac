"""Models are compared by predictions of the same class, whatever their columns are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from ce_cli import compare
from ce_cli.errors import DataError
from tests.comparing.tables import BAD_DATA
from tests.conftest import complaints, run_ce

ROWS = "label,{},{}\n0,.8,.2\n1,.3,.7\n0,.9,.1\n1,.2,.8\n1,.1,.9\n0,.6,.4\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "two.csv"
    path.write_text(ROWS.format("p0", "p1"))
    return path


def halves(folder: Path, names: tuple[str, str]) -> list[Path]:
    """The predictions of the two columns in a file each."""
    lines = ROWS.format(*names).split()
    paths = []
    for place, name in enumerate(names, 1):
        path = folder / f"{name}.csv"
        cells = [line.split(",") for line in lines]
        path.write_text("\n".join(f"{row[0]},{row[place]}" for row in cells))
        paths.append(path)
    return paths


def test_p0_and_p1_of_one_file_are_not_taken_for_two_models(table: Path) -> None:
    given = ("compare", table, "--pred", "p0", "--pred", "p1")
    (message,) = complaints(run_ce(*given), BAD_DATA)
    assert "'p0', is of the class '0', but that of p1, in 'p1', is of the class '1'" in message
    fix = f"ce compare {table} --pred p0 --pred p1 --positive 1 --classes 0,1"
    assert fix in message
    fixed = run_ce(*given, "--positive", "1", "--classes", "0,1")
    assert "p0 → 1" in fixed.stdout
    assert "p1 → 1" in fixed.stdout
    assert "p1 is better than p0" in fixed.stdout


def test_an_error_about_the_name_has_the_command_that_names_both_classes(table: Path) -> None:
    given = ("compare", table, "--pred", "p0", "--pred", "p1", "--positive", "1")
    (message,) = complaints(run_ce(*given), 2)
    assert f"ce compare {table} --pred p0 --pred p1 --positive 1 --classes 0,1" in message


@pytest.mark.parametrize("names", [("p0", "p1"), ("p1", "p0"), ("prob_negative", "prob_positive")])
def test_two_files_of_different_classes_are_refused_alike(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    paths = halves(tmp_path, names)
    (message,) = complaints(run_ce("compare", *paths), BAD_DATA)
    assert "--positive 1 --classes 0,1" in message
    gate = run_ce("gate", paths[0], "--baseline", paths[1], "--max-regression", "0")
    (message,) = complaints(gate, BAD_DATA)
    assert "--positive 1 --classes 0,1" in message
    with pytest.raises(DataError, match='positive="1"'):
        compare(paths)


def test_the_class_of_each_prediction_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "ab.csv"
    path.write_text(ROWS.format("a", "b"))
    result = compare(path, preds={"a": "a", "b": "b"})
    assert [model.columns.positive for model in result.models] == ["1", "1"]
    assert "a → 1" in str(result)
    shown = run_ce("compare", path, "--pred", "a", "--pred", "b", "--format", "markdown").stdout
    assert "b → 1" in shown
