"""The best pairing is the one that scipy finds."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from ce_cli.kernels.assignment import assignment


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 60, 200])
@pytest.mark.parametrize("kind", ["real", "whole", "wide"])
def test_it_costs_what_scipy_finds(size: int, kind: str) -> None:
    rng = np.random.default_rng(size)
    for _ in range(20 if size < 20 else 1):
        costs = {
            "real": rng.normal(0.0, 1.0, (size, size)),
            "whole": rng.integers(0, 4, (size, size)).astype(np.float64),
            "wide": rng.lognormal(0.0, 12.0, (size, size)),
        }[kind]
        chosen = assignment(costs)
        assert sorted(chosen.tolist()) == list(range(size))
        best = costs[linear_sum_assignment(costs)].sum()
        assert costs[np.arange(size), chosen].sum() == pytest.approx(best, rel=1e-12, abs=1e-12)


def test_no_permutation_of_few_classes_costs_less() -> None:
    costs = np.random.default_rng(3).exponential(1.0, (5, 5))
    least = min(costs[np.arange(5), list(way)].sum() for way in itertools.permutations(range(5)))
    assert costs[np.arange(5), assignment(costs)].sum() == pytest.approx(least, rel=1e-14)


def test_nothing_to_pair() -> None:
    assert assignment(np.zeros((0, 0))).tolist() == []
