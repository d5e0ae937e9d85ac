"""What compare and gate say where few rows decide, and where rows have no weight."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ce_cli import compare
from ce_cli.comparing.interval_notes import rare_class
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
    assert "Only 2 rows have the class '1'" in weighted.warnings[0].message


def test_nothing_is_said_of_classes_with_enough_rows() -> None:
    assert not list(rare_class([10, 400], ["a", "b"]))
    assert not list(rare_class([], ["a", "b"]))
    (none,) = rare_class([400, 0], ["a", "b"])
    assert none.message.startswith("No row has the class 'b'")
    (one,) = rare_class([400, 1, 0], ["a", "b", "c"])
    assert one.message.startswith("Only 1 row has another class than 'a'")


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
