"""How often compare is right, by simulation: false alarms, power promised, coverage.

A small version of ``python -m tests.benchmarks.simulate``, seeded. Counts have to lie within what
a binomial distribution leaves out in one case of 100,000 at each side: for 1,000 repetitions that
is a level of 5 % ± 3.0 %, a power of 80 % ± 5.5 % and a coverage of 95 % ± 3.2 %.
"""

from __future__ import annotations

import pytest
from scipy import stats

from ce_cli.kernels.deciding import POWER
from tests.benchmarks.shapes import LEVEL, shapes
from tests.benchmarks.simulate import simulated

SHAPES = shapes()
CASES = [
    ("normal", 50, "t", 1_200),
    ("normal", 50, "sign-flip", 300),
    ("models", 1_000, "t", 600),
    ("student", 1_000, "t", 600),
    ("clusters", 1_000, "t", 600),
    ("clusters", 1_000, "sign-flip", 250),
]


def likely(count: int, repetitions: int, chance: float, more: float = 0.0) -> bool:
    """Whether a count is believable; `more` is how far the chance may be off."""
    low = stats.binom.ppf(1e-5, repetitions, chance - more)
    high = stats.binom.isf(1e-5, repetitions, chance + more)
    return bool(low <= count <= high)


@pytest.mark.parametrize(("name", "rows", "test", "repetitions"), CASES)
def test_alarms_are_as_rare_as_they_should_be(
    name: str, rows: int, test: str, repetitions: int
) -> None:
    found = simulated(SHAPES[name], rows, 0.0, repetitions, test)
    assert likely(found.detected, repetitions, LEVEL), found
    assert likely(found.covered, repetitions, 1.0 - LEVEL), found


@pytest.mark.parametrize(("name", "rows", "test", "repetitions"), CASES)
def test_the_number_of_rows_that_is_promised_shows_the_difference(
    name: str, rows: int, test: str, repetitions: int
) -> None:
    """A little more for tails that are not normal, which give more false alarms."""
    shape = SHAPES[name]
    effect = shape.effect(rows)
    assert abs(shape.promised(effect) - rows) <= 3 * shape.cluster
    found = simulated(shape, shape.promised(effect), effect, repetitions, test)
    assert likely(found.detected, repetitions, POWER, 0.02), found
    assert likely(found.covered, repetitions, 1.0 - LEVEL), found


def test_rows_that_belong_together_must_be_known_to() -> None:
    """Else half of the verdicts are chance: the bounds above are narrow enough to show that."""
    found = simulated(SHAPES["clusters"], 1_000, 0.0, 300, clustered=False)
    assert found.detected > 0.25 * found.repetitions
    assert not likely(found.detected, found.repetitions, LEVEL)
    assert not likely(found.covered, found.repetitions, 1.0 - LEVEL)


def test_bounds_have_the_stated_width() -> None:
    for chance, width in ((LEVEL, 0.030), (POWER, 0.055), (1.0 - LEVEL, 0.032)):
        low, high = (stats.binom.ppf(1e-5, 1000, chance), stats.binom.isf(1e-5, 1000, chance))
        assert max(high / 1000 - chance, chance - low / 1000) == pytest.approx(width, abs=0.004)
