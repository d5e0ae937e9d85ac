"""Labels that are not the classes of the predictions: the option named gives the right number."""

from __future__ import annotations

import math
import shlex
from pathlib import Path
from statistics import fmean

import pytest

from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3


def refused(path: Path, text: str) -> str:
    path.write_text(text)
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    return line


def example(line: str) -> list[str]:
    """The arguments of the first command that a message names."""
    command = line.split(", for example: ce ")[1].split(", or ", maxsplit=1)[0]
    return shlex.split(command)


def loss(*probabilities: float) -> float:
    return fmean(-math.log(p) for p in probabilities)


def scored(line: str) -> float:
    verb, *rest = example(line)
    assert verb == "score"
    found: float = score_json(*rest)["metrics"]["cross_entropy"]
    return found


def test_the_predicted_class_beside_its_probability_is_named(tmp_path: Path) -> None:
    text = "y,pred,confidence\ncat,cat,0.8\ndog,dog,0.7\ncat,dog,0.6\n"
    line = refused(tmp_path / "p.csv", text)
    assert scored(line) == pytest.approx(loss(0.8, 0.7, 0.4))


def test_a_prediction_below_one_half_is_not_of_the_predicted_class(tmp_path: Path) -> None:
    text = "y,pred,confidence\ncat,cat,0.8\ndog,dog,0.3\ncat,dog,0.4\n"
    line = refused(tmp_path / "p.csv", text)
    assert "--predicted-class" not in line
    assert "--positive cat, or with --positive dog" in line


@pytest.mark.parametrize("names", [("0", "1", "2"), ("cat", "dog", "bird")])
def test_one_prediction_cannot_score_three_classes(names: tuple[str, ...], tmp_path: Path) -> None:
    rows = [f"{one},{one},0.{7 + n}" for n, one in enumerate(names)]
    line = refused(tmp_path / "p.csv", "label,prediction,score\n" + "\n".join(rows) + "\n")
    assert "3 classes" in line
    assert "--ignore-label" not in line
    assert "--positive" not in line
    document = score_json(tmp_path / "p.csv", "--task", "likelihood", "--pred", "score")
    assert document["metrics"]["cross_entropy"] == pytest.approx(loss(0.7, 0.8, 0.9))


def test_a_third_number_of_a_class_is_not_left_out(tmp_path: Path) -> None:
    line = refused(tmp_path / "p.csv", "label,prob\n0,0.9\n1,0.8\n2,0.7\n")
    assert "row 3" in line
    assert "--ignore-label" not in line
    assert "--task likelihood" in line


def test_text_labels_of_log_probabilities_may_be_what_happened(tmp_path: Path) -> None:
    line = refused(tmp_path / "p.csv", "label,logprob\ncat,-0.22\ndog,-0.35\ncat,-0.11\n")
    assert line.endswith("--task likelihood --pred logprob")
    document = score_json(tmp_path / "p.csv", "--task", "likelihood", "--pred", "logprob")
    assert document["metrics"]["cross_entropy"] == pytest.approx((0.22 + 0.35 + 0.11) / 3)


@pytest.mark.parametrize(("one", "other"), [("1", "-1"), ("yes", "no"), ("TRUE", "FALSE")])
def test_another_pair_of_words_for_two_classes_is_named(
    one: str, other: str, tmp_path: Path
) -> None:
    text = f"label,p_0,p_1\n{one},0.3,0.7\n{other},0.8,0.2\n{one},0.4,0.6\n"
    (tmp_path / "p.csv").write_text(text)
    done = run_ce("score", tmp_path / "p.csv", "--json")
    if done.returncode == 0:  # the file needs no option
        found = score_json(tmp_path / "p.csv")["metrics"]["cross_entropy"]
    else:
        found = scored(refused(tmp_path / "p.csv", text))
    assert found == pytest.approx(loss(0.7, 0.8, 0.6))


def test_predictions_of_two_models_are_compared(tmp_path: Path) -> None:
    text = "label,p1,p2\n1,0.7,0.6\n0,0.2,0.3\n1,0.6,0.55\n0,0.3,0.1\n"
    line = refused(tmp_path / "p.csv", text)
    assert "--ignore-label" not in line
    assert "ce compare" in line
    (line,) = complaints(run_ce("score", tmp_path / "p.csv", "--pred", "p*"), BAD_DATA)
    assert "--ignore-label" not in line
    assert "compare" in line
