"""How often `ce compare` is right: planted differences of known size, found or not.

Run as ``python -m tests.benchmarks.simulate``, which takes a few minutes and prints a table: how
often a difference of 0 causes a false alarm (5 % by design), how often a true one is found with
as many rows as the verdict would have promised to suffice (80 % by design), and how often the 95 %
interval covers the truth. Rows are drawn from a fixed seed and go through the sums, figures and
verdicts of the package; only files are left out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.figures import GroupSums, comparisons, settled
from ce_cli.comparing.paired_sums import SumPairs
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.kernels.deciding import rows_to_decide
from ce_cli.spec import Spec

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, int]], tuple[Floats, Floats]]

SPEC = Spec()
LEVEL = 1.0 - SPEC.confidence
SEED = 20
_AT_ONCE = 1 << 19  # rows


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


@dataclass(frozen=True)
class Found:
    """How many of the repetitions detected a difference, and covered the true one."""

    repetitions: int
    detected: int
    covered: int


def simulated(
    shape: Shape,
    rows: int,
    effect: float,
    repetitions: int,
    test: str = "t",
    clustered: bool = True,
    seed: int = SEED,
) -> Found:
    """Compare two models many times.

    Parameters
    ----------
    shape : Shape
        How their losses come about.
    rows : int
        How many rows each time.
    effect : float
        How much more the second model costs.
    repetitions : int
        How many times.
    test : {"t", "sign-flip"}
        How p-values are found.
    clustered : bool
        Whether rows that belong together are known to (``--cluster``).
    seed : int
        Of the random numbers.

    Returns
    -------
    Found
        The warnings shown.
    """
    rng = np.random.default_rng([seed, rows, round(1e6 * effect)])
    most = max(1, _AT_ONCE // rows)
    cluster = shape.cluster if clustered else 1
    detected = covered = 0
    for start in range(0, repetitions, most):
        count = min(most, repetitions - start)
        first, second = shape.draw(rng, (count, rows))
        for figures in _figures(first, second + effect, cluster, test):
            flipped = test == "sign-flip"
            found = list(comparisons(figures, ("a", "b"), SPEC, flipped))
            (one,) = settled(found, [figures.size], SPEC.confidence, flipped)
            interval = one.intervals["absolute"]
            detected += one.verdict != "unclear"
            covered += interval.low <= effect <= interval.high
    return Found(repetitions, detected, covered)


def _figures(first: Floats, second: Floats, cluster: int, test: str) -> Iterator[GroupSums]:
    """Those of each repetition; they are groups of one data set."""
    count, rows = first.shape
    clusters = rows // cluster if cluster > 1 else 1
    numbers = np.tile(np.arange(rows, dtype=np.int64), count)
    groups = np.repeat(np.arange(count), rows)
    keys: list[tuple[str | None, ...]] = [(f"{group:06}",) for group in range(count)]
    if cluster > 1:
        groups = groups * clusters + numbers // cluster
        keys = [(f"{group:06}", str(one)) for group in range(count) for one in range(clusters)]
    parts = [
        ScoredRows(0, rows, numbers, own.ravel(), np.zeros_like(groups), None, None, groups, keys)
        for own in (first, second)
    ]
    tally = SumPairs(cluster > 1, test == "sign-flip", 0)(parts)
    sums = dict(Clusters.by_group(tally)) if cluster > 1 else {}
    for place, key in enumerate(tally.keys):
        states = {name: state.at(place) for name, state in tally.states.items()}
        yield GroupSums(states, sums.get(key))


# How losses come about


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


# The table

SIZES = {50: (4_000, 2_000), 1_000: (2_000, 500), 10_000: (1_000, 100)}  # repetitions: t, sign-flip
HEADER = (
    *("differences", "rows", "repetitions", "false alarms, t", "sign-flip"),
    *("found of those promised, t", "sign-flip", "intervals that cover"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the table line by line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions [1]")
    share = parser.parse_args(arguments).share
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}", flush=True)
    for shape in shapes().values():
        for rows, repetitions in SIZES.items():
            counts = [max(1, round(share * count)) for count in repetitions]
            if rows >= 50 * shape.cluster or shape.cluster == 1:
                print(line(shape, rows, counts), flush=True)
                if shape.cluster > 1:
                    print(line(shape, rows, counts, clustered=False), flush=True)


def line(shape: Shape, rows: int, repetitions: Sequence[int], clustered: bool = True) -> str:
    """Simulate one line of the table."""
    effect = shape.effect(rows)
    promised = shape.promised(effect)
    alarms, detected, covered = [], [], 0
    for test, count in zip(("t", "sign-flip"), repetitions, strict=True):
        none = simulated(shape, rows, 0.0, count, test, clustered)
        some = simulated(shape, promised, effect, count, test, clustered)
        alarms.append(f"{100 * none.detected / count:.1f} %")
        detected.append(f"{100 * some.detected / count:.1f} %")
        if test == "t":
            covered = none.covered + some.covered
    name = shape.name if clustered else f"{shape.name.rpartition(',')[0]}, without"
    cells = (
        name,
        f"{rows:,}",
        " / ".join(f"{count:,}" for count in repetitions),
        *alarms,
        *detected,
    )
    return f"| {' | '.join((*cells, f'{50 * covered / repetitions[0]:.1f} %'))} |"


if __name__ == "__main__":
    main()
