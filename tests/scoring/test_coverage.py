"""How often intervals of scores cover the truth, against what they say.

A small version of ``python -m tests.benchmarks.coverage``, seeded. Counts have to lie within what
chance explains: 1 in 10,000 counts of a right interval would not.
"""

from __future__ import annotations

import pytest
from scipy import stats

from tests.benchmarks.coverage import Covered, origins, simulated

ORIGINS = origins()
REPETITIONS = 150
FEWEST = stats.binom.ppf(1e-4, REPETITIONS, 0.95)


def found(name: str, rows: int) -> Covered:
    return simulated(ORIGINS[name], rows, REPETITIONS)


@pytest.mark.parametrize(("name", "rows"), [("normal", 50), ("skewed", 200), ("model", 200)])
def test_intervals_of_independent_rows_cover_as_often_as_they_say(name: str, rows: int) -> None:
    covered = found(name, rows)
    assert covered.covered.keys() == ORIGINS[name].truth.keys()
    for figure, count in covered.covered.items():
        assert count >= FEWEST, figure
    assert covered.warned < 0.1 * REPETITIONS


def test_where_a_heavy_tail_makes_intervals_too_narrow_a_warning_says_so() -> None:
    covered = found("heavy", 200)
    assert covered.covered["cross_entropy"] < FEWEST
    assert covered.covered["median"] >= FEWEST
    assert covered.warned > 0.7 * REPETITIONS


def test_calibrated_predictions_have_an_interval_of_ece_that_covers() -> None:
    assert found("calibrated", 1_000).covered["ece"] >= FEWEST


def test_clusters_have_to_be_said() -> None:
    said, unsaid = found("clusters", 1_000), found("unsaid", 1_000)
    for figure in ("cross_entropy", "brier", "bias", "auc", "skill"):
        assert said.covered[figure] >= FEWEST - 3, figure  # a little too narrow: 50 clusters
    assert unsaid.covered["bias"] < 0.8 * REPETITIONS < said.covered["bias"]
