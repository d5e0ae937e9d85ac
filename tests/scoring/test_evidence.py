"""Roles of columns that the rows speak against: labels and predictions that are decisions."""

from __future__ import annotations

import itertools
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ce_cli import score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import BinaryProbability, Logits, Probabilities
from ce_cli.kernels.outcomes import Hard
from ce_cli.scoring.evidence import Evidence
from tests.conftest import run_ce, score_json, strict, write_csv


def codes_of(document: dict[str, Any]) -> list[str]:
    return [one["code"] for one in document["warnings"]]


def messages(document: dict[str, Any], code: str) -> list[str]:
    return [one["message"] for one in document["warnings"] if one["code"] == code]


def likeliest_labels(path: Path, rows: int, q: float, **more: Any) -> Path:
    """Labels that are the decisions of a model that is never surer than `q`."""
    truth = [n % 2 for n in range(rows)]
    columns = {"label": truth, "prob": [q if one else 1 - q for one in truth], **more}
    return write_csv(path, columns)


def test_labels_that_are_the_models_own_decisions_are_reported(tmp_path: Path) -> None:
    path = likeliest_labels(tmp_path / "p.csv", 40, 0.6)
    (message,) = messages(score_json(path), "labels_are_decisions")
    assert "'label'" in message
    assert "about 16 of the 40 rows" in message  # 40 · 0.4
    assert "--label" in message
    assert "labels_are_decisions" in codes_of(score_json(path, "-m", "cross_entropy"))


@pytest.mark.parametrize(("rows", "reported"), [(13, False), (14, True)])
def test_a_chance_of_one_in_a_thousand_is_the_limit(
    tmp_path: Path, rows: int, reported: bool
) -> None:
    """0.6**13 is 0.0013, and 0.6**14 is 0.00078."""
    path = likeliest_labels(tmp_path / "p.csv", rows, 0.6)
    assert ("labels_are_decisions" in codes_of(score_json(path))) is reported


def test_one_error_shows_that_labels_are_not_decisions(tmp_path: Path) -> None:
    path = likeliest_labels(tmp_path / "p.csv", 40, 0.6)
    path.write_text(path.read_text().replace("1,0.6\n", "0,0.6\n", 1))
    assert "labels_are_decisions" not in codes_of(score_json(path))


def test_sure_and_undecided_predictions_show_nothing(tmp_path: Path) -> None:
    sure = likeliest_labels(tmp_path / "sure.csv", 400, 0.99)  # 4 errors are expected: 0.018
    undecided = likeliest_labels(tmp_path / "half.csv", 400, 0.5)
    single = write_csv(tmp_path / "one.csv", {"label": [1] * 99, "prob": [0.6] * 98 + [0.7]})
    for path in (sure, undecided, single):
        assert "labels_are_decisions" not in codes_of(score_json(path))


def test_rows_without_weight_prove_nothing(tmp_path: Path) -> None:
    path = likeliest_labels(tmp_path / "p.csv", 40, 0.6, w=[1] * 40)
    path.write_text(path.read_text() + "0,0.9,0\n")
    assert "labels_are_decisions" in codes_of(score_json(path, "--weight", "w"))
    assert "labels_are_decisions" not in codes_of(score_json(path))


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
@pytest.mark.parametrize("smoothing", ["0", "0.1"])
def test_labels_that_are_the_largest_of_several_are_reported(
    tmp_path: Path, kind: str, smoothing: str
) -> None:
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(60, 3))
    if kind == "probabilities":
        numbers = np.exp(numbers) / np.exp(numbers).sum(axis=1, keepdims=True)
    columns: dict[str, Any] = {f"p_{k}": numbers[:, k] for k in range(3)}
    path = write_csv(tmp_path / "p.csv", columns | {"label": numbers.argmax(axis=1)})
    document = score_json(path, "--as", kind, "--label-smoothing", smoothing)
    (message,) = messages(document, "labels_are_decisions")
    quotients = np.exp(numbers) if kind == "logits" else numbers
    most = quotients.max(axis=1) / quotients.sum(axis=1)
    assert f"about {(1 - most).sum():.0f} of the 60 rows" in message


def test_score_gate_inspect_and_compare_report_the_same(tmp_path: Path) -> None:
    path = likeliest_labels(tmp_path / "a.csv", 40, 0.6)
    other = likeliest_labels(tmp_path / "b.csv", 40, 0.7)
    (message,) = messages(score_json(path), "labels_are_decisions")
    gate = run_ce("gate", path, "--max", "0.6")
    assert gate.returncode == 0
    assert message in gate.stdout
    inspected = strict(run_ce("inspect", path, "--json").stdout)
    assert message in [one["message"] for one in inspected["findings"]]
    compared = strict(run_ce("compare", path, other, "--json").stdout)
    assert f"a: {message}" in messages(compared, "labels_are_decisions")


def test_decisions_in_place_of_probabilities_are_reported(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "y": [1, 0, 1, 1],
        "yhat": [1, 0, 0, 1],
        "phat": [0.8, 0.3, 0.4, 0.9],
    }
    path = write_csv(tmp_path / "y.csv", columns)
    document = score_json(path, "--pred", "yhat")
    (message,) = messages(document, "decisions")
    assert "'yhat' are decisions" in message
    assert "1 of the 4 rows" in message
    assert message.endswith("'phat' has numbers between 0 and 1: use --pred phat")
    assert "clipped" not in codes_of(document)
    assert document["rows"]["clipped"] == 1
    finding = strict(run_ce("inspect", path, "--pred", "yhat", "--json").stdout)["findings"][0]
    assert (finding["message"], finding["options"]) == (message, "--pred phat")
    assert message in run_ce("gate", path, "--pred", "yhat", "--max", "99").stdout


def test_one_hot_predictions_are_decisions_and_probabilities_beside_are_named(
    tmp_path: Path,
) -> None:
    columns: dict[str, Any] = {"label": ["a", "b", "b"], "p_a": [1, 0, 1], "p_b": [0, 1, 0]}
    soft = {"soft_a": [0.9, 0.25, 0.5], "soft_b": [0.1, 0.75, 0.5]}
    path = write_csv(tmp_path / "p.csv", columns | soft)
    (message,) = messages(score_json(path, "--pred", "p_*"), "decisions")
    assert message.endswith("use --pred soft_a --pred soft_b")
    options = message.partition("use ")[2].rstrip(".").split()
    assert "decisions" not in codes_of(score_json(path, *options))


def test_a_later_probability_shows_that_there_are_no_decisions(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"label": [1, 0] * 3000, "prob": [1, 0] * 2999 + [1, 0.25]}
    assert "decisions" not in codes_of(score_json(write_csv(tmp_path / "p.csv", columns)))


def top_class(path: Path, *, guesses: bool = True) -> Path:
    """The score of the predicted class, as text classification pipelines write it."""
    rng = np.random.default_rng(3)
    q = rng.uniform(0.02, 0.98, 60)
    gold = np.where(rng.random(60) < q, "POS", "NEG")
    guess = np.where(q > 0.5, "POS", "NEG")
    top = np.where(q > 0.5, q, 1 - q)
    columns: dict[str, Any] = {"gold": gold, "score": top, "fold": [n % 2 for n in range(60)]}
    return write_csv(path, columns | ({"guess": guess} if guesses else {}))


def test_scores_of_the_predicted_class_are_reported_with_the_option(tmp_path: Path) -> None:
    path = top_class(tmp_path / "top.csv")
    typed = ("--label", "gold")
    (message,) = messages(score_json(path, *typed), "predicted_class")
    assert message.endswith("use --predicted-class guess")
    right = score_json(path, *typed, "--predicted-class", "guess")
    assert "predicted_class" not in codes_of(right)
    assert message in run_ce("gate", path, *typed, "--max", "9").stdout
    inspected = strict(run_ce("inspect", path, *typed, "--json").stdout)
    assert message in [one["message"] for one in inspected["findings"]]
    assert inspected["next"].endswith("--label gold --predicted-class guess")


def test_without_a_column_of_decisions_the_frequencies_show_it(tmp_path: Path) -> None:
    path = top_class(tmp_path / "top.csv", guesses=False)
    (message,) = messages(score_json(path, "--label", "gold"), "predicted_class")
    assert "--predicted-class" in message
    calibrated = write_csv(
        tmp_path / "c.csv", {"label": [1] * 80 + [0] * 20, "prob": [0.7, 0.9] * 50}
    )
    assert "predicted_class" not in codes_of(score_json(calibrated))


def test_labels_in_a_file_of_their_own_are_no_obstacle(tmp_path: Path) -> None:
    path = top_class(tmp_path / "top.csv")
    rows = [line.split(",") for line in path.read_text().splitlines()]
    labels, rest = tmp_path / "labels.csv", tmp_path / "rest.csv"
    labels.write_text("".join(f"{row[0]}\n" for row in rows))
    rest.write_text("".join(f"{row[1]},{row[3]}\n" for row in rows))
    typed = (rest, "--labels", labels, "--pred", "score")
    (message,) = messages(score_json(*typed), "predicted_class")
    assert message.endswith("use --predicted-class guess")
    right = score_json(*typed, "--predicted-class", "guess")["metrics"]
    own = score_json(path, "--label", "gold", "--predicted-class", "guess")["metrics"]
    assert right == own


def test_logits_between_0_and_1_are_reported(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    q = rng.random(50)
    path = write_csv(tmp_path / "p.csv", {"label": (rng.random(50) < q).astype(int), "logit": q})
    (message,) = messages(score_json(path), "looks_like_probabilities")
    assert message.endswith("use --as probabilities")


def test_what_stdin_has_beside_is_named_as_well() -> None:
    text = b"y,yhat,phat\n1,1,0.8\n0,0,0.3\n1,0,0.4\n"
    done = run_ce("score", "-", "--pred", "yhat", "--json", stdin=text)
    (message,) = messages(json.loads(done.stdout), "decisions")
    assert "--pred phat" in message


def test_hostile_names_are_shown_as_text() -> None:
    name = "x\x1b[31m'; rm"
    columns = {"y": [1, 0, 1], "yhat": [1, 0, 0], name: [0.25, 0.5, 0.75]}
    (note,) = [n for n in score(columns, pred="yhat").warnings if n.code == "decisions"]
    assert note.message.isprintable()


def batches() -> list[Batch]:
    """Rows of every kind, one by one and together."""
    rng = np.random.default_rng(7)
    made = []
    for rows, low in ((0, 0.0), (1, 0.5), (5, 0.5), (40, 0.5), (7, 0.0)):
        q = rng.uniform(low, 1.0, rows)
        codes = (q > 0.5).astype(np.intp)
        made.append(Hard(BinaryProbability(q), codes, 2))
        made.append(Hard(BinaryProbability(np.round(q)), codes, 2))
    return [
        Batch(one, None, None, 1, np.arange(len(one.codes)), np.arange(len(one.codes)))
        for one in made
    ]


def test_evidence_is_a_monoid() -> None:
    every = [Evidence.of(one) for one in batches()]
    for one in every:
        assert one.merge(Evidence()) == Evidence().merge(one) == one
        assert pickle.loads(pickle.dumps(one)) == one
    for a, b, c in itertools.product(every, repeat=3):
        assert a.merge(b).merge(c) == a.merge(b.merge(c))
        assert a.merge(b) == b.merge(a)


@pytest.mark.parametrize("form", ["single", "several", "logits"])
def test_evidence_does_not_depend_on_how_rows_are_split(form: str) -> None:
    rng = np.random.default_rng(9)
    numbers = rng.random((3, 300))
    outcome: Hard
    if form == "single":
        q = 0.5 + numbers[0] / 2
        outcome = Hard(BinaryProbability(q), rng.integers(0, 2, 300), 2)
    elif form == "several":
        numbers /= numbers.sum(axis=0)
        outcome = Hard(Probabilities(numbers), numbers.argmax(axis=0), 3)
    else:
        outcome = Hard(Logits(numbers), numbers.argmax(axis=0), 3)
    rows = np.arange(300)
    whole = Batch(outcome, None, None, 1, rows, rows)
    for size in (1, 7, 299):
        total = Evidence()
        for start in range(0, 300, size):
            total = total.merge(Evidence.of(whole.take(slice(start, start + size))))
        assert total == Evidence.of(whole)


def test_labels_that_are_decisions_at_another_threshold_are_reported(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    p = rng.random(200).round(4)
    path = write_csv(tmp_path / "p.csv", {"label": (p >= 0.4).astype(int), "prob": p})
    (message,) = messages(score_json(path), "labels_are_decisions")
    assert f"at least {p[p >= 0.4].min():.6g}" in message
    assert f"about {np.minimum(p, 1 - p).sum():.0f} or more" in message
    assert "trained on these rows" in message
    flipped = (p >= 0.4).astype(int)
    flipped[np.argmax(p)] = 0  # one row is enough
    path = write_csv(tmp_path / "p.csv", {"label": flipped, "prob": p})
    assert "labels_are_decisions" not in codes_of(score_json(path))


def test_a_sure_model_that_separates_the_classes_is_honest(tmp_path: Path) -> None:
    q = np.linspace(0.001, 0.01, 100)
    columns: dict[str, Any] = {"label": [0] * 100 + [1] * 100, "prob": np.concatenate([q, 1 - q])}
    path = write_csv(tmp_path / "p.csv", columns)
    assert "labels_are_decisions" not in codes_of(score_json(path))


def test_log_probabilities_of_the_labels_are_reported(tmp_path: Path) -> None:
    columns: dict[str, Any] = {
        "label": [1, 0, 1, 0, 0, 1],
        "log_prob": [-0.22, -0.35, -0.11, -0.51, -0.2, -0.3],
    }
    path = write_csv(tmp_path / "p.csv", columns)
    (message,) = messages(score_json(path), "outcome_logprobs")
    assert message.endswith("use --task likelihood --pred log_prob")
    honest = np.log([0.8, 0.3, 0.9, 0.4, 0.2, 0.7])
    path = write_csv(tmp_path / "q.csv", {"label": columns["label"], "log_prob": honest})
    assert "outcome_logprobs" not in codes_of(score_json(path))


def test_lists_whose_first_place_has_no_label_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"label": 1, "probs": [0.1, 0.7, 0.2]}, {"label": 2, "probs": [0.1, 0.2, 0.7]}]
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    (message,) = messages(score_json(path), "places_from_zero")
    assert message.endswith("--classes 1,2,3")
    assert score_json(path, "--classes", "1,2,3")["classes"] == ["1", "2", "3"]
    assert not messages(score_json(path, "--classes", "1,2,3"), "places_from_zero")
    assert not messages(score_json(path, "--classes", "0,1,2"), "places_from_zero")


# Columns beside decisions that may be meant


def decisions(**more: Any) -> str:
    """The warning about decisions that are wrong now and then."""
    truth = np.arange(60) % 2
    guess = np.where(np.arange(60) % 7 == 0, 1 - truth, truth)
    data = pd.DataFrame({"label": truth, "p_0": 1 - guess, "p_1": guess, **more})
    found = score(data, label="label", pred=["p_0", "p_1"])
    (message,) = (one.message for one in found.warnings if one.code == "decisions")
    return message


QUARTERS = np.tile([0.25, 0.5, 0.75], 20)
RISING = np.arange(60) / 60


def test_as_many_fractions_that_sum_to_one_are_named() -> None:
    assert "'q', 'r' have numbers between 0 and 1" in decisions(q=QUARTERS, r=1 - QUARTERS)


@pytest.mark.parametrize("more", [{"q": QUARTERS}, {"q": QUARTERS, "r": QUARTERS}, {"n": [7] * 60}])
def test_other_columns_are_not(more: dict[str, Any]) -> None:
    assert "numbers between 0 and 1" not in decisions(**more)


def test_lists_of_decisions_have_nothing_beside(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    rows = [{"label": n % 2, "pred": [n % 2, 1 - n % 2], "q": 0.5} for n in range(60)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (message,) = (
        one.message for one in score(path, pred="pred").warnings if one.code == "decisions"
    )
    assert "numbers between 0 and 1" not in message


def test_of_two_columns_of_classes_the_one_that_explains_more_is_named() -> None:
    truth = np.arange(60) % 2
    right = np.where(np.arange(60) % 7 == 0, 1 - truth, truth)
    worse = np.where(np.arange(60) % 4 == 0, 1 - truth, truth)
    data = pd.DataFrame(
        {
            "label": truth,
            "prob": 0.55 + 0.4 * RISING,
            "one": worse,
            "two": right,
            "wrong": 1 - right,
        }
    )
    found = score(data, label="label", pred="prob")
    (message,) = (one.message for one in found.warnings if one.code == "predicted_class")
    assert "--predicted-class two" in message or 'predicted_class="two"' in message
