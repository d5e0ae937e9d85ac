"""The isotonic curve: that of scikit-learn, but for the ends."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from ce_cli.kernels.isotonic import isotonic_curve, pools


def test_inside_the_curve_is_that_of_scikit_learn() -> None:
    dice = np.random.default_rng(0)
    logits = np.round(dice.normal(size=2000) * 2.0, 2)
    labels = dice.random(2000) < 1.0 / (1.0 + np.exp(-0.5 * logits))
    weights = dice.random(2000) + 0.1
    scores, cells = np.unique(logits, return_inverse=True)
    up, down, rows = (
        np.bincount(cells, own).astype(np.float64)
        for own in (weights * labels, weights * ~labels, np.ones(2000))
    )
    knots, curve = isotonic_curve(scores, up, down, rows)
    peer = IsotonicRegression(out_of_bounds="clip").fit(logits, labels, sample_weight=weights)
    at = np.linspace(-9.0, 9.0, 2001)
    expected = peer.predict(at)
    inner = (expected > 0.0) & (expected < 1.0)
    ends = peer.X_thresholds_[[0, -1]]
    inner &= (peer.predict(at - 0.1) > 0.0) & (peer.predict(at + 0.1) < 1.0) & (at > ends[0])
    assert inner.sum() > 500
    assert np.interp(at, knots, curve)[inner] == pytest.approx(expected[inner], abs=1e-12)


def test_the_ends_are_neither_0_nor_1() -> None:
    """A pool of n rows of one class has half a row of the other: 0.5 / (n + 1)."""
    scores = np.arange(6.0)
    up, down = np.array([0.0, 0, 0, 1, 1, 1]), np.array([1.0, 1, 1, 0, 0, 0])
    knots, curve = isotonic_curve(scores, up, down, np.ones(6))
    assert knots.tolist() == [0.0, 2.0, 3.0, 5.0]
    assert curve.tolist() == [0.125, 0.125, 0.875, 0.875]


def test_the_curve_never_falls_where_an_end_has_few_rows() -> None:
    scores = np.arange(3.0)
    up, down = np.array([0.0, 1.0, 9.0]), np.array([1.0, 9.0, 1.0])
    _, curve = isotonic_curve(scores, up, down, np.array([1.0, 10.0, 10.0]))
    assert curve.tolist() == [0.1, 0.1, 0.9]


def test_a_lone_score_has_its_share() -> None:
    knots, curve = isotonic_curve(
        np.array([0.5]), np.array([3.0]), np.array([1.0]), np.array([4.0])
    )
    assert (knots.tolist(), curve.tolist()) == ([0.5], [0.75])


@pytest.mark.parametrize("slope", [-1.0, 0.0, 0.3, 3.0])
def test_many_cells_have_the_pools_that_they_have_one_by_one(slope: float) -> None:
    """Runs are put together first; scikit-learn pools one cell after another."""
    dice = np.random.default_rng(1)
    scores = np.sort(dice.normal(size=20_000))
    labels = dice.random(20_000) < 1.0 / (1.0 + np.exp(-slope * scores))
    weights = dice.integers(1, 4, size=20_000).astype(np.float64)
    up, down = weights * labels, weights * ~labels
    found = pools(up, down)
    shares = np.bincount(found, up) / np.bincount(found, weights)
    peer = IsotonicRegression().fit_transform(scores, labels, sample_weight=weights)
    assert shares[found] == pytest.approx(peer, abs=1e-12)
    assert (np.diff(shares) > 0).all()
