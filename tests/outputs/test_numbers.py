"""Numbers as people and as programs read them: signs, and digits that mean something."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.outputs.numbers import approximate_text, figure_text, percent, shown, signed
from tests.conftest import SAMPLES, as_number, run_ce, write_csv

FINITE = st.floats(-1e12, 1e12, allow_nan=False)
HYPHEN = re.compile(r"(?<![\w.:-])-\d")
LABELS: list[float] = [0, 0, 1, 0, 1, 0]
OVERRATED: dict[str, list[float]] = {"label": LABELS, "prob": [0.2, 0.3, 0.4, 0.9, 0.8, 0.1]}
BETTER: dict[str, list[float]] = {"label": LABELS, "prob": [0.1, 0.1, 0.8, 0.3, 0.9, 0.1]}
HUMAN = [
    ("score", "--metric", "bias"),
    ("score", "--metric", "bias", "-f", "markdown"),
    ("score", "--decompose"),
    ("score", "--conventions"),
    ("compare", "better.csv"),
    ("compare", "better.csv", "-f", "markdown", "--worst", "1"),
    ("gate", "--require", "bias <= 0.5", "--require", "skill >= 0.9"),
    ("gate", "--baseline", "better.csv", "--max-regression", "-1"),
    ("gate", "--require", "skill >= 0.9", "-f", "markdown"),
]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (0.0, "0.77062"),
        (1e-9, "0.77062"),
        (0.00012, "0.77062 ± 0.00012 (bins)"),
        (0.047129, "0.77062 ± 0.047 (bins)"),
        (math.nan, "0.77062"),
    ],
)
def test_an_error_is_shown_where_it_changes_a_digit(error: float, text: str) -> None:
    assert approximate_text("auc", {"auc": 0.770621, "auc_error": error}) == text
    assert approximate_text("brier", {"brier": 0.770621, "auc_error": error}) == "0.77062"


@given(FINITE)
def test_a_number_keeps_its_sign_and_five_digits(value: float) -> None:
    assert as_number(shown(value)) == pytest.approx(value, rel=1e-4)
    assert shown(-abs(value)).lstrip("−") == shown(abs(value))


def test_a_minus_sign_is_as_wide_as_a_plus_sign() -> None:
    assert (shown(-0.25), percent(-0.25), shown(-math.inf)) == ("−0.25000", "−25.00 %", "−∞")
    assert (signed(-0.25), signed(0.25), signed(0.0)) == ("−0.25000", "+0.25000", "0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "rows.csv", OVERRATED)
    write_csv(tmp_path / "better.csv", BETTER)
    return tmp_path


@pytest.mark.parametrize("arguments", HUMAN, ids=" ".join)
def test_people_read_minus_signs(arguments: tuple[str, ...], folder: Path) -> None:
    command, *options = arguments
    page = run_ce(command, "rows.csv", *options, cwd=folder).stdout
    assert "−" in page
    assert HYPHEN.findall(page) == []


@pytest.mark.parametrize("form", ["json", "csv"])
def test_programs_read_hyphens(form: str, folder: Path) -> None:
    text = run_ce("compare", "rows.csv", "better.csv", "-f", form, cwd=folder).stdout
    assert HYPHEN.search(text)
    assert "−" not in text.replace("new − old", "")


def test_openmetrics_have_hyphens(folder: Path) -> None:
    text = run_ce("gate", "rows.csv", "--max", "-1", "-f", "openmetrics", cwd=folder).stdout
    limits = [line for line in text.splitlines() if line.startswith("ce_gate_check_limit{")]
    assert float(limits[0].rpartition(" ")[2]) == -1.0
    assert "−" not in text


@pytest.mark.parametrize("name", ["median", "p90", "p99"])
def test_a_quantile_is_shown_with_the_digits_that_its_histogram_knows(name: str) -> None:
    """The histogram is exact to 0.4 %: a fourth digit would not mean anything."""
    path = SAMPLES / "digits.csv"
    exact = json.loads(run_ce("score", path, "--json").stdout)["metrics"]
    three = f"{exact[name]:.3g}"
    assert float(figure_text(name, exact[name])) == float(three)
    assert len(str(exact[name])) > 8
    for form in ("table", "markdown"):
        lines = run_ce("score", path, "--metric", name, "-f", form).stdout.splitlines()
        (line,) = [line for line in lines if line.lstrip("| ").startswith(f"{name} ")]
        cells = line.replace("|", " ").split()
        assert float(cells[1]) == float(three)
        assert all(len(cell.strip("0.").replace(".", "")) <= 3 for cell in cells[1:] if cell != "…")


def test_the_extremes_are_exact_and_shown_with_five_digits() -> None:
    path = SAMPLES / "digits.csv"
    largest = json.loads(run_ce("score", path, "--json").stdout)["metrics"]["max"]
    page = run_ce("score", path, "--metric", "max").stdout
    assert re.search(rf"max +{re.escape(f'{largest:.5g}')}\d*\b", page)
