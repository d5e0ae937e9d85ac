"""Columns that are nearly predictions: the message names what to do with them."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest

from tests.binding.test_label_fit import refused, scored
from tests.conftest import score_json, write_csv


@pytest.mark.parametrize("name", ["loss", "log_loss", "logloss", "cross_entropy"])
def test_losses_are_named(name: str, tmp_path: Path) -> None:
    losses = [0.22, 0.35, 1.2]
    rows = "".join(f"{n % 2},{one}\n" for n, one in enumerate(losses))
    for first in ("label", "id"):
        line = refused(tmp_path / "p.csv", f"{first},{name}\n{rows}")
        assert scored(line) == pytest.approx(fmean(losses))


def test_a_prediction_beside_a_loss_is_no_loss(tmp_path: Path) -> None:
    line = refused(tmp_path / "p.csv", "label,prob,p,loss\n1,0.5,0.6,0.1\n0,0.4,0.3,0.2\n")
    assert "--as losses" not in line


@pytest.mark.parametrize(
    ("name", "factor"), [("log2prob", "0.693147180559945"), ("log10_prob", "2.30258509299404")]
)
def test_the_factor_of_another_logarithm_is_named(name: str, factor: str, tmp_path: Path) -> None:
    for head in (f"label,{name}\n1,-0.2\n0,-1.1\n", f"{name}\n-0.2\n-1.1\n"):
        line = refused(tmp_path / "p.csv", head)
        assert factor in line
        assert "multiply" in line


def test_percentages_by_name_are_to_be_divided(tmp_path: Path) -> None:
    for text in (
        "label,prob_pct\n1,70\n0,20\n1,60\n",
        "species,setosa %,virginica %\nsetosa,70,30\nvirginica,20,80\n",
    ):
        assert "divide by 100" in refused(tmp_path / "p.csv", text)


@pytest.mark.parametrize("name", ["prob (%)", "pctr_percent", "prob_pct"])
def test_a_percentage_of_at_most_one_is_a_warning(name: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "p.csv", {"label": [1, 0, 1], name: [0.7, 0.2, 0.6]})
    assert "named_percent" in [one["code"] for one in score_json(path)["warnings"]]
    other = write_csv(tmp_path / "q.csv", {"label": [1, 0, 1], "percentile": [0.7, 0.2, 0.6]})
    other_warnings = score_json(other, "--pred", "percentile")["warnings"]
    assert "named_percent" not in [one["code"] for one in other_warnings]


@pytest.mark.parametrize("labels", ["01", "-11"])
def test_decisions_of_both_signs_are_no_missing_values(labels: str, tmp_path: Path) -> None:
    low = "0" if labels == "01" else "-1"
    line = refused(tmp_path / "p.csv", f"label,pred\n1,1\n{low},-1\n1,-1\n{low},-1\n1,1\n")
    assert "decisions" in line
    assert "--na-value" not in line
