"""How often intervals of scores cover the truth, against their level.

A small version of ``python -m tests.benchmarks.coverage``, seeded. Counts have to lie within what
chance explains: 1 in 10,000 counts of a right interval would not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from scipy import stats

from tests.benchmarks.coverage import Covered, simulated
from tests.benchmarks.origins import origins

REPETITIONS = 150
FEWEST = stats.binom.ppf(1e-4, REPETITIONS, 0.95)


def found(name: str, rows: int, figures: Sequence[str] = (), often: int = REPETITIONS) -> Covered:
    """Only the figures that are needed are computed, where they are named."""
    origin = origins()[name]
    truth = {figure: origin.truth[figure] for figure in figures or origin.truth}
    return simulated(replace(origin, truth=truth), rows, often)


@pytest.mark.parametrize(("name", "rows"), [("normal", 50), ("skewed", 200), ("model", 200)])
def test_intervals_of_independent_rows_have_the_stated_coverage(name: str, rows: int) -> None:
    covered = found(name, rows)
    assert covered.covered.keys() == origins()[name].truth.keys()
    for figure, count in covered.covered.items():
        assert count >= FEWEST, figure
    assert covered.warned["cross_entropy"] < 0.1 * REPETITIONS


def test_a_warning_reports_intervals_that_a_heavy_tail_makes_too_narrow() -> None:
    covered = found("heavy", 200)
    assert covered.covered["cross_entropy"] < FEWEST
    assert covered.covered["median"] >= FEWEST
    assert covered.warned["cross_entropy"] > 0.7 * REPETITIONS


def test_calibrated_predictions_have_an_interval_of_ece_that_covers() -> None:
    assert found("calibrated", 1_000).covered["ece"] >= FEWEST


def test_clusters_must_be_named() -> None:
    figures = ("cross_entropy", "brier", "bias")
    clustered, plain = found("clusters", 50, figures), found("unsaid", 50, ["bias"])
    for figure in figures:
        assert clustered.covered[figure] >= FEWEST - 3, figure  # a little too narrow: 50 clusters
    assert plain.covered["bias"] < 0.8 * REPETITIONS < clustered.covered["bias"]


def test_intervals_by_cluster_cover_figures_that_are_not_means() -> None:
    """With fewer repetitions, since each takes long."""
    figures, often = ("auc", "skill"), 60
    clustered = found("clusters", 50, figures, often)
    for figure in figures:
        assert clustered.covered[figure] >= stats.binom.ppf(1e-4, often, 0.94), figure
