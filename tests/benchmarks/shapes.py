"""Losses of two equally good models, in the shapes that their differences may have."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.deciding import rows_to_decide
from ce_cli.spec import Spec

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], tuple[Floats, Floats]]

LEVEL = 1.0 - Spec().confidence


@dataclass(frozen=True)
class Shape:
    """How the losses of two equally good models come about.

    Attributes
    ----------
    name : str
        For the table.
    draw : callable
        Losses of both, shape (repetitions, rows), which differ by 0 on average.
    spread : float
        Standard deviation of the difference of a row, or of the mean of a cluster.
    cluster : int
        How many rows belong together.
    """

    name: str
    draw: Draw
    spread: float
    cluster: int = 1

    def effect(self, rows: int) -> float:
        """The difference that about so many rows would detect."""
        units = rows / self.cluster
        one = rows_to_decide(1, 1.0, self.spread, LEVEL) - rows_to_decide(1, 1.0, 0.0, LEVEL)
        return math.sqrt(one / units)

    def promised(self, effect: float) -> int:
        """How many rows the verdict would ask for, if it knew the truth."""
        return self.cluster * math.ceil(rows_to_decide(1, effect, self.spread, LEVEL))


def _apart(differences: Callable[[np.random.Generator, tuple[int, int]], Floats]) -> Draw:
    """Losses of which only the differences matter."""

    def draw(rng: np.random.Generator, size: tuple[int, int]) -> tuple[Floats, Floats]:
        first = rng.exponential(0.5, size)
        return first, first + differences(rng, size)

    return draw


def _student(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """Heavy tails both ways, with a standard deviation of 1."""
    drawn: Floats = rng.standard_t(3, size) / math.sqrt(3.0)
    return drawn


def _pareto(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """A heavy tail one way: rows that the second model gets very wrong; of deviation 1."""
    shape = 2.5
    mean = 1.0 / (shape - 1.0)
    deviation = math.sqrt(shape / (shape - 2.0)) / (shape - 1.0)
    drawn: Floats = (rng.pareto(shape, size) - mean) / deviation
    return drawn


def _within_clusters(rng: np.random.Generator, size: tuple[int, int]) -> Floats:
    """A part that 20 rows share, and a part of each row."""
    count, rows = size
    shared = rng.normal(0.0, 0.5, (count, rows // 20))
    drawn: Floats = np.repeat(shared, 20, axis=1) + rng.normal(0.0, 1.0, size)
    return drawn


def _losses(logits: Floats, labels: NDArray[np.bool_] | bool) -> Floats:
    return np.logaddexp(0.0, np.where(labels, -logits, logits))


def _careful(truth: Floats, noise: Floats) -> Floats:
    return truth + noise


def _confident(truth: Floats, noise: Floats) -> Floats:
    """Knows more, and exaggerates."""
    return 1.6 * (truth + 0.7 * noise)


def _two_models() -> tuple[Draw, float]:
    """Losses of two noisy models for labels that follow the truth, and the spread of a row.

    Expectations are by Gauss-Hermite quadrature over the truth and the noise of each.
    """
    points, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    truth, one, two = np.meshgrid(1.5 * points, points, points, indexing="ij")
    mass = weights[:, None, None] * weights[None, :, None] * weights[None, None, :]
    chance = 1.0 / (1.0 + np.exp(-truth))
    sides = [
        _losses(_confident(truth, two), label) - _losses(_careful(truth, one), label)
        for label in (True, False)
    ]
    mean = float(np.sum(mass * (chance * sides[0] + (1.0 - chance) * sides[1])))
    square = float(np.sum(mass * (chance * sides[0] ** 2 + (1.0 - chance) * sides[1] ** 2)))

    def draw(rng: np.random.Generator, size: tuple[int, int]) -> tuple[Floats, Floats]:
        truth, one, two = 1.5 * rng.normal(size=size), rng.normal(size=size), rng.normal(size=size)
        labels = rng.random(size) < 1.0 / (1.0 + np.exp(-truth))
        confident = _losses(_confident(truth, two), labels)
        return _losses(_careful(truth, one), labels), confident - mean

    return draw, math.sqrt(square - mean**2)


def shapes() -> dict[str, Shape]:
    """All shapes, by a short name."""
    models, spread = _two_models()
    clusters = math.sqrt(0.5**2 + 1.0 / 20)
    return {
        "normal": Shape("normal", _apart(lambda rng, size: rng.normal(size=size)), 1.0),
        "models": Shape("losses of two noisy models, skewed", models, spread),
        "student": Shape("heavy tails both ways (t, 3 degrees)", _apart(_student), 1.0),
        "pareto": Shape("a heavy tail one way (Pareto, 2.5)", _apart(_pareto), 1.0),
        "clusters": Shape(
            "normal, 20 rows a cluster, `--cluster`", _apart(_within_clusters), clusters, 20
        ),
    }
