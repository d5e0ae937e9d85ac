"""What compare and gate say where few rows decide, and where rows have no weight."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ce_cli import compare, score
from ce_cli.comparing.interval_notes import rare_class
from ce_cli.spec import Spec
from tests.conftest import run_ce, write_csv
from tests.gating.gates import run_gate

ISSUE = pd.DataFrame({"label": [0, 1, 1], "qa": [0.1, 0.8, 0.3], "qb": [0.2, 0.7, 0.2]})


def codes(result: object) -> list[str]:
    return [note.code for note in result.warnings]  # type: ignore[attr-defined]


@pytest.mark.parametrize("interval", ["t", "hall"])
def test_a_thousand_rows_without_weight_change_no_verdict(interval: str) -> None:
    """p = 0.144 by scipy.stats.ttest_rel for Student's t; it was 0.0042 with these rows."""
    weighted = ISSUE.assign(w=1.0)
    more = pd.concat([weighted, ISSUE.sample(1000, replace=True, random_state=1).assign(w=0.0)])
    one, other = (
        compare(table, preds={"a": "qa", "b": "qb"}, weight="w", interval=interval)  # type: ignore[arg-type]
        for table in (weighted, more)
    )
    assert repr(one.comparisons) == repr(other.comparisons)  # NaN is equal to itself
    assert one.comparisons[0].verdict == "unclear"
    if interval == "t":
        assert one.comparisons[0].p_value == pytest.approx(0.144, abs=5e-4)


def test_a_class_without_weight_has_no_rows() -> None:
    of_one = ISSUE[ISSUE["label"] == 1]
    one = compare(of_one, preds={"a": "qa", "b": "qb"})
    other = compare(ISSUE, preds={"a": "qa", "b": "qb"}, class_weight={"0": 0.0})
    assert repr(one.comparisons) == repr(other.comparisons)  # NaN is equal to itself


def test_rows_of_a_rare_class_are_counted() -> None:
    rng = np.random.default_rng(1)
    label = np.r_[np.ones(4, int), np.zeros(196, int)]
    table = pd.DataFrame({"label": label, "qa": rng.uniform(0, 0.2, 200)})
    table["qb"] = table["qa"] * rng.uniform(0.5, 1.5, 200)
    result = compare(table, preds={"a": "qa", "b": "qb"})
    assert codes(result) == ["rare_class"]
    assert "Only 4 rows have the class '1'" in result.warnings[0].message
    weighted = compare(
        table.assign(w=np.where(np.arange(200) < 2, 1, 0) + 1 - label),
        preds={"a": "qa", "b": "qb"},
        weight="w",
    )
    assert "Only 2 rows (by weight) have the class '1'" in weighted.warnings[0].message


def test_nothing_is_said_of_classes_with_enough_rows() -> None:
    assert not list(rare_class([10, 400], ["a", "b"], Spec()))
    assert not list(rare_class([], ["a", "b"], Spec()))
    (none,) = rare_class([400, 0], ["a", "b"], Spec())
    assert none.message.startswith("No row has the class 'b'")
    (one,) = rare_class([400, 1, 0], ["a", "b", "c"], Spec())
    assert one.message.startswith("Only 1 row has another class than 'a'")


@pytest.mark.parametrize("weighs", [False, True])
def test_a_rare_class_is_reported_in_the_same_words_by_score_and_compare(weighs: bool) -> None:
    """By weight, 11 rows of which one has nearly all of it count as little more than one."""
    rng = np.random.default_rng(6)
    label = np.r_[np.ones(11 if weighs else 4, int), np.zeros(189, int)]
    table = pd.DataFrame({"label": label, "qa": rng.uniform(0.1, 0.9, len(label))})
    table["qb"] = rng.uniform(0.1, 0.9, len(label))
    table["w"] = np.r_[99.0, np.ones(len(label) - 1)]
    weight = "w" if weighs else None
    compared = compare(table, preds={"a": "qa", "b": "qb"}, weight=weight)
    scored = score(table, label="label", pred="qa", weight=weight)
    own, other = (
        [one.message for one in result.warnings if one.code == "rare_class"]
        for result in (compared, scored)
    )
    assert own == other
    assert "Only 1 row (by weight)" in own[0] if weighs else "Only 4 rows have" in own[0]


FEW_TOKENS = {"a": [-0.5, -0.7], "b": [-0.625, -0.825]}  # b − a is 1/8 in every row


def test_few_rows_are_reported_where_every_difference_is_the_same(tmp_path: Path) -> None:
    """Nothing is skewed, and there are no classes, so that only their number shows it."""
    for rows, warned in ((1, True), (2, True), (9, True), (10, False)):
        tables = {
            name: pd.DataFrame({"logprob": (own * rows)[:rows]}) for name, own in FEW_TOKENS.items()
        }
        found = [one for one in compare(tables).warnings if one.code == "few_rows"]
        assert bool(found) == warned
        if rows == 2:
            assert found[0].message.startswith("Only 2 rows are compared")
        if rows == 1:
            assert "there is no interval" in found[0].message


def test_rows_are_few_by_their_weights(tmp_path: Path) -> None:
    """Kish's number is (100 + 39)² / (100² + 39) = 1.92; no class is rare, as none is named."""
    logprobs = -np.tile([0.5, 0.7], 20)
    old = pd.DataFrame({"logprob": logprobs, "w": [100.0] + [1.0] * 39})
    result = compare({"a": old, "b": pd.DataFrame({"logprob": logprobs - 0.125})}, weight="w")
    assert codes(result) == ["few_rows"]
    assert "Only 1.92 rows (by weight)" in result.warnings[0].message


def test_gates_report_few_rows_and_few_rows_of_groups(tmp_path: Path) -> None:
    files = [
        write_csv(tmp_path / f"{name}.csv", {"logprob": own * 12, "g": ["x"] * 20 + ["y"] * 4})
        for name, own in FEW_TOKENS.items()
    ]
    few = [
        write_csv(tmp_path / f"few-{name}.csv", {"logprob": own})
        for name, own in FEW_TOKENS.items()
    ]
    for (old, new), by in ((few, ()), (files, ("--require", "regression.by(g) <= 10"))):
        scored = tmp_path / "old.json"
        scored.write_text(run_ce("score", old, "--json", *(("--by", "g") if by else ())).stdout)
        for baseline in (old, scored):
            _, document = run_gate(new, "--baseline", baseline, "--max-regression", "10", *by)
            found = [note["code"] for note in document["gates"][0]["warnings"]]
            expected = "few_rows_in_groups" if by else "few_rows"
            assert [one for one in found if one != "unpaired"] == [expected]


def test_a_regression_that_compare_calls_rounding_passes_a_gate(tmp_path: Path) -> None:
    """The same losses, written as log-probabilities and as logits of two classes or one."""
    probs = np.linspace(0.05, 0.95, 40)
    label = np.arange(40) % 2
    logits = np.log(probs / (1.0 - probs))
    old = write_csv(tmp_path / "old.csv", {"label": label, "prob": probs})
    new = write_csv(tmp_path / "new.csv", {"label": label, "logit": logits})
    (one,) = compare([old, new]).comparisons
    worse = (old, new) if one.difference["absolute"] > 0.0 else (new, old)
    assert one.verdict == "same"
    assert 0.0 < abs(one.difference["absolute"]) < 1e-15
    scored = tmp_path / "old.json"
    scored.write_text(run_ce("score", worse[0], "--json").stdout)
    for limit in ("0", "0 %"):
        for mode in ("point", "confident", "proven"):
            given = (worse[1], "--baseline", worse[0], "--mode", mode, "--max-regression", limit)
            code, document = run_gate(*given)
            (check,) = document["gates"][0]["checks"]
            assert (code, check["compared"]) == (0, 0.0)
            assert check["value"] > 0.0
        code, _ = run_gate(
            worse[1], "--baseline", scored, "--mode", "point", "--max-regression", limit
        )
        assert code == 0
        code, _ = run_gate(worse[1], "--baseline", worse[0], "--require", f"regression < {limit}")
        assert code == 1  # rounding is no improvement either


def test_one_row_that_dominates_differences_is_reported_by_compare_and_by_gates(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(2)
    label = np.arange(300) % 2
    old = np.clip(np.where(label == 1, 0.6, 0.4) + rng.normal(0.0, 0.2, 300), 0.1, 0.9)
    new = old + rng.uniform(-0.01, 0.01, 300)
    new[1] = 1e-6
    group = np.where(np.arange(300) < 100, "x", "y")
    files = [
        write_csv(tmp_path / f"{name}.csv", {"label": label, "prob": prob, "g": group})
        for name, prob in (("old", old), ("new", new))
    ]
    result = compare(files, by="g")
    assert codes(result) == ["few_rows", "few_rows_in_groups"]
    assert "In 1 of 2 groups by 'g', a few rows decide" in result.warnings[1].message
    limits = ("--max-regression", "10%", "--require", "regression.by(g) <= 10%")
    _, document = run_gate(files[1], "--baseline", files[0], *limits)
    found = [note["code"] for note in document["gates"][0]["warnings"]]
    assert found == ["few_rows", "few_rows_in_groups"]
    scored = tmp_path / "old.json"
    scored.write_text(run_ce("score", files[0], "--json", "--by", "g").stdout)
    _, document = run_gate(files[1], "--baseline", scored, *limits)
    found = [note["code"] for note in document["gates"][0]["warnings"]]
    assert found == ["unpaired", "few_rows", "few_rows_in_groups"]


def test_a_limit_of_0_is_the_same_in_nats_and_in_percent(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for repetition in range(4):
        label = rng.integers(0, 2, 20)
        old, new = (rng.uniform(0.05, 0.95, 20) for _ in range(2))
        files = [
            write_csv(tmp_path / f"{name}{repetition}.csv", {"label": label, "prob": prob})
            for name, prob in (("old", old), ("new", new))
        ]
        document = tmp_path / f"old{repetition}.json"
        document.write_text(run_ce("score", files[0], "--json").stdout)
        for baseline in (files[0], document):
            for mode in ("point", "confident", "proven"):
                given = (files[1], "--baseline", baseline, "--mode", mode, "--max-regression")
                assert run_gate(*given, "0")[0] == run_gate(*given, "0 %")[0]


def test_a_document_without_skewness_counts_as_rows_without_any(tmp_path: Path) -> None:
    """Documents of older versions have neither; the limits of Student's t then hold."""
    rng = np.random.default_rng(4)
    label = rng.integers(0, 2, 50)
    files = [
        write_csv(tmp_path / f"{n}.csv", {"label": label, "prob": rng.uniform(0.1, 0.9, 50)})
        for n in range(2)
    ]
    document = json.loads(run_ce("score", files[0], "--json").stdout)
    own = document["intervals"]["cross_entropy"]
    skewed, plain = (dict(own) for _ in range(2))
    skewed |= {"n": 50.0, "skewness": 0.0}
    del plain["n"], plain["skewness"]
    found = []
    for name, interval in (("skewed", skewed), ("plain", plain), ("own", own)):
        path = tmp_path / f"{name}.json"
        changed = document | {"intervals": document["intervals"] | {"cross_entropy": interval}}
        path.write_text(json.dumps(changed))
        _, gate = run_gate(files[1], "--baseline", path, "--max-regression", "0")
        found.append(gate["gates"][0]["comparisons"][0]["intervals"]["absolute"])
    assert found[0] == found[1] != found[2]


def test_groups_of_few_clusters_are_reported_also_against_a_document(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    label, user, group = np.arange(800) % 2, np.arange(800) // 10, np.arange(800) // 200
    files = [
        write_csv(
            tmp_path / f"{name}.csv",
            {"label": label, "prob": rng.uniform(0.3, 0.7, 800), "user": user, "g": group},
        )
        for name in ("old", "new")
    ]
    scored = tmp_path / "old.json"
    clustered = ("--cluster", "user")
    scored.write_text(run_ce("score", files[0], "--json", "--by", "g", *clustered).stdout)
    limits = ("--max-regression", "10%", "--require", "regression.by(g) <= 10%")
    _, document = run_gate(files[1], "--baseline", scored, *limits, *clustered)
    (gate,) = document["gates"]
    found = [note["code"] for note in gate["warnings"]]
    assert found == ["unpaired", "few_rows_in_groups"]
