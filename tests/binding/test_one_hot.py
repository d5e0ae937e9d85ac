"""One-hot labels are classes, and a distribution may be its own prediction."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ce_cli import score
from ce_cli.errors import UsageError
from tests.conftest import complaints, run_ce, score_json, write_csv

CLASSES = ("a", "b", "c")


def rows() -> tuple[list[str], Any]:
    rng = np.random.default_rng(41)
    return rng.choice(CLASSES, 90, p=[0.6, 0.3, 0.1]).tolist(), rng.dirichlet((1, 1, 1), 90)


def forms(folder: Path) -> dict[str, Path]:
    """The same rows with labels as columns, lists and maps of shares."""
    labels, q = rows()
    columns: dict[str, Any] = {
        f"y_{name}": [int(one == name) for one in labels] for name in CLASSES
    }
    columns |= {f"p_{name}": q[:, code] for code, name in enumerate(CLASSES)}
    lists, maps = folder / "lists.jsonl", folder / "maps.jsonl"
    hot = [[int(one == name) for name in CLASSES] for one in labels]
    _write(lists, [{"label": y, "probs": p} for y, p in zip(hot, q.tolist(), strict=True)])
    named = [dict(zip(CLASSES, p, strict=True)) for p in q.tolist()]
    _write(maps, [{"label": {y: 1}, "probs": p} for y, p in zip(labels, named, strict=True)])
    return {"columns": write_csv(folder / "c.csv", columns), "lists": lists, "maps": maps}


def _write(path: Path, objects: list[dict[str, Any]]) -> None:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in objects))


@pytest.mark.parametrize("option", ["class_weight", "balanced", "ignore_label"])
@pytest.mark.parametrize("form", ["columns", "lists", "maps"])
def test_options_for_classes_work_on_one_hot_labels(tmp_path: Path, option: str, form: str) -> None:
    labels, q = rows()
    name, value = {
        "class_weight": ("--class-weight", "b=3"),
        "balanced": ("--class-weight", "balanced"),
        "ignore_label": ("--ignore-label", "c"),
    }[option]
    columns = {"label": labels} | {f"p_{name}": q[:, k] for k, name in enumerate(CLASSES)}
    plain = score_json(write_csv(tmp_path / "plain.csv", columns), name, value)
    if form == "lists":  # whose classes have no names
        value = value.replace("b=", "1=").replace("c", "2") if option != "balanced" else value
    document = score_json(forms(tmp_path)[form], name, value)
    assert document["metrics"] == plain["metrics"]
    assert document["rows"] == plain["rows"]
    for own, other in zip(document["per_class"], plain["per_class"], strict=True):
        assert own | {"class": ""} == other | {"class": ""}


@pytest.mark.parametrize("value", ["b=3", "balanced"])
def test_a_row_of_several_classes_is_then_an_error(tmp_path: Path, value: str) -> None:
    path = forms(tmp_path)["columns"]
    lines = path.read_text().splitlines()
    lines[70] = ",".join(["0.5", "0.5", "0", *lines[70].split(",")[3:]])
    path.write_text("\n".join(lines))
    (line,) = complaints(run_ce("score", path, "--class-weight", value), 3)
    assert "row 70: the label has shares of several classes" in line
    assert score_json(path)["rows"]["scored"] == 90


def test_a_class_that_does_not_exist_cannot_be_ignored(tmp_path: Path) -> None:
    (line,) = complaints(run_ce("score", forms(tmp_path)["columns"], "--ignore-label", "x"), 2)
    assert "there is no class 'x'; the classes are 'a', 'b', 'c'" in line


@pytest.mark.parametrize("form", ["columns", "lists", "maps"])
def test_a_distribution_as_its_own_prediction_gives_its_entropy(tmp_path: Path, form: str) -> None:
    _, q = rows()
    name = "p_*" if form == "columns" else "probs"
    metrics = score_json(forms(tmp_path)[form], "--label", name, "--pred", name)["metrics"]
    entropy = float(np.mean(stats.entropy(q, axis=1)))
    assert metrics["cross_entropy"] == pytest.approx(entropy, rel=1e-13)
    assert metrics["entropy"] == pytest.approx(entropy, rel=1e-13)
    assert metrics["kl_divergence"] == pytest.approx(0.0, abs=1e-15)


def test_a_share_as_its_own_prediction_gives_the_entropy_of_two_classes() -> None:
    q = np.array([0.5, 0.25, 0.0, 1.0])
    metrics = score({"q": q}, label="q", pred="q").metrics
    expected = np.mean([stats.entropy([one, 1 - one], base=2) for one in q])
    assert metrics["cross_entropy"] / np.log(2) == pytest.approx(expected, abs=1e-15)


def test_classes_and_some_of_the_columns_are_no_predictions_of_themselves() -> None:
    columns = {"y": [0, 1], "p_a": [0.5, 0.25], "p_b": [0.5, 0.75], "q": [0.5, 0.25]}
    with pytest.raises(UsageError, match="'y' cannot be both label and prediction"):
        score(columns, label="y", pred="y")
    with pytest.raises(UsageError, match="'p_a' cannot be both label and prediction"):
        score(columns, label=["p_a", "p_b"], pred=["p_a", "q"])
