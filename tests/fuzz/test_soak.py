"""The quick share of the soak, and that it would notice."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from mpmath import mp
from scipy import stats
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from tests.fuzz import reference_means
from tests.fuzz.reference import score
from tests.fuzz.reference_rows import Row, Rules
from tests.fuzz.soak import Tally, one
from tests.fuzz.soak_cases import KINDS, case_of
from tests.fuzz.soak_checks import differences, flattened
from tests.fuzz.soak_variants import bits, changed, first_run, shuffled

SEEDS = range(0, 60, 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_ce_agrees_with_the_definitions_and_with_itself(seed: int, tmp_path: Path) -> None:
    assert one(seed, tmp_path, Tally(), most=25) == []


def test_seeds_reach_every_kind() -> None:
    kinds = {case_of(seed).kind.rpartition(" ")[0] for seed in range(400)}
    assert kinds == set(KINDS)


def test_a_seed_is_a_case() -> None:
    assert case_of(11) == case_of(11)
    assert case_of(11).columns == case_of(11).columns


def test_the_reference_agrees_with_scikit_learn() -> None:
    rng = random.Random(5)
    rows = [
        Row(rng.choice("01"), (rng.random(),), rng.choice([1.0, 2.0, 0.25])) for _ in range(100)
    ]
    found = score(rows, Rules(task="binary", classes=("0", "1")))
    labels, scores = [int(str(row.label)) for row in rows], [row.prediction[0] for row in rows]
    weights = [row.weight for row in rows]
    for name, function in (
        ("cross_entropy", log_loss),
        ("brier", brier_score_loss),
        ("auc", roc_auc_score),
    ):
        expected = function(labels, scores, sample_weight=weights)
        assert float(found[f"metrics.{name}"] or 0) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("freedom", [0.5, 1.0, 4.0, 61.5, 1999.0])
def test_the_reference_has_the_quantiles_of_scipy(freedom: float) -> None:
    found = reference_means.t_quantile(0.95, freedom)
    assert float(found) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-12)


@pytest.mark.parametrize("k", [-1.0, -0.2, 0.0, 0.5, 1.0])
def test_the_inverse_of_hall_is_one(k: float) -> None:
    for t in (-2.5, 0.0, 1.75):
        x = reference_means.hall(mp.mpf(t), mp.mpf(k))
        assert float(reference_means.hall_inverse(x, mp.mpf(k))) == pytest.approx(t, abs=1e-15)


def test_a_changed_figure_is_noticed(tmp_path: Path) -> None:
    case = case_of(5, 40)
    code, stdout, _ = first_run(case, tmp_path)
    assert code == 0
    expected = score(case.rows, case.rules, case.clustered, case.grouped)
    found = flattened(json.loads(stdout))
    found["metrics.cross_entropy"] *= 1 + 1e-11
    assert [line.split()[0] for line in differences(expected, found)] == ["metrics.cross_entropy"]
    document = bits(stdout)
    other = json.loads(json.dumps(document))
    other["metrics"]["total"] *= 1 + 2.0**-52
    assert [line.split()[0] for line in changed(document, other)] == ["metrics.total"]


def test_shuffled_rows_are_the_same_rows() -> None:
    columns = case_of(5, 40).columns
    other = shuffled(columns, random.Random(1))
    rows, others = (
        sorted(repr(row) for row in zip(*(one[name] for name in columns), strict=True))
        for one in (columns, other)
    )
    assert rows == others
