"""How often the intervals of `ce score` cover the truth: data of known origin, scored many times.

Run as ``python -m tests.benchmarks.coverage``, which takes some minutes and prints a table: for
each figure and number of rows, how often a 95 % interval covers what the figure is for all data
there could be; and, for the mean loss, how often a warning was raised that it may not. Rows are
drawn from a fixed seed and scored by the package; only files are left out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special, stats

from ce_cli import score

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Mapping[str, Floats]]

SEED = 21
CLUSTER = 20  # rows
SIZES = {50: 2_000, 200: 2_000, 1_000: 2_000, 10_000: 500, 100_000: 100}  # repetitions
_WARNED = {"few_rows", "heavy_tail", "few_clusters"}
_QUANTILES = {"median": 0.5, "p90": 0.9, "p99": 0.99}


@dataclass(frozen=True)
class Origin:
    """Where rows come from.

    Attributes
    ----------
    name : str
        For the table.
    draw : callable
        Columns of so many rows.
    truth : dict of float
        What each figure is for all rows there could be.
    cluster : str or None
        What is given as ``--cluster``.
    smallest : int
        The fewest rows that make sense.
    """

    name: str
    draw: Draw
    truth: Mapping[str, float]
    cluster: str | None = None
    smallest: int = 50


@dataclass(frozen=True)
class Covered:
    """How many of so many repetitions covered each figure, and raised a warning."""

    repetitions: int
    covered: Mapping[str, int]
    warned: int


def simulated(origin: Origin, rows: int, repetitions: int, seed: int = SEED) -> Covered:
    """Score data of one origin many times.

    Parameters
    ----------
    origin : Origin
        Where the rows come from.
    rows : int
        How many each time.
    repetitions : int
        How many times.
    seed : int
        Of the random numbers.

    Returns
    -------
    Covered
        How often the truth was within the intervals; an end that is open covers all beyond it.
    """
    rng = np.random.default_rng([seed, rows])
    covered, warned = dict.fromkeys(origin.truth, 0), 0
    for _ in range(repetitions):
        table = pa.table(dict(origin.draw(rng, rows)))
        result = score(table, metric=list(origin.truth), cluster=origin.cluster)
        for name, truth in origin.truth.items():
            interval = result.intervals[name]
            covered[name] += not (truth < interval.low or truth > interval.high)
        warned += any(note.code in _WARNED for note in result.warnings)
    return Covered(repetitions, covered, warned)


# Losses of a known distribution


def losses(name: str, distribution: stats.rv_frozen) -> Origin:
    """Losses as they are, as of log-probabilities of what happened."""

    def draw(rng: np.random.Generator, rows: int) -> Mapping[str, Floats]:
        return {"logprob": -distribution.rvs(rows, random_state=rng)}

    truth = {"cross_entropy": float(distribution.mean())}
    truth |= {name: float(distribution.ppf(share)) for name, share in _QUANTILES.items()}
    return Origin(name, draw, truth)


# A binary model


@dataclass(frozen=True)
class Model:
    """Logits that are normal, and labels that follow a smaller logit.

    Attributes
    ----------
    spread : float
        Standard deviation of the logits.
    slope : float
        What they are multiplied with to be true; below 1 they are over-confident.
    shared : float
        Standard deviation of what all rows of a cluster add to the true logit.
    """

    spread: float = 2.0
    slope: float = 0.7
    shared: float = 0.0

    def draw(self, rng: np.random.Generator, rows: int) -> Mapping[str, Floats]:
        """Labels, probabilities and clusters."""
        logit = rng.normal(-0.5, self.spread, rows)
        cluster = np.arange(rows) // CLUSTER
        shared = rng.normal(0.0, 1.0, cluster[-1] + 1)[cluster] * self.shared
        label = rng.random(rows) < special.expit(self.slope * logit + shared)
        return {"label": label.astype(np.int64), "prob": special.expit(logit), "user": cluster}

    def truth(self) -> dict[str, float]:
        """By quadrature over the logit, and over what a cluster shares."""
        points = np.linspace(-10.0, 10.0, 400_001)
        mass = stats.norm.pdf(points)
        mass /= mass.sum()
        logit = self.spread * points - 0.5
        nodes, node_mass = np.polynomial.hermite_e.hermegauss(30)
        node_mass = node_mass / node_mass.sum()
        chance = sum(
            own * special.expit(self.slope * logit + self.shared * node)
            for node, own in zip(nodes, node_mass, strict=True)
        )
        prob, up, down = special.expit(logit), mass * chance, mass * (1.0 - chance)
        sides = np.logaddexp(0.0, -logit), np.logaddexp(0.0, logit)
        mean, rate = float(np.dot(up, sides[0]) + np.dot(down, sides[1])), float(up.sum())
        both, weight = np.concatenate(sides), np.concatenate([up, down])
        order = np.argsort(both)
        reached = np.cumsum(weight[order])
        found = {
            name: float(both[order][np.searchsorted(reached, share)])
            for name, share in _QUANTILES.items()
        }
        baseline = stats.entropy([rate, 1.0 - rate])
        right = np.where(logit > 0, up, down)
        surest = np.maximum(prob, 1.0 - prob)
        bins = np.clip(np.ceil(surest * 15).astype(int) - 1, 0, 14)
        below = np.cumsum(down) - 0.5 * down
        return {
            "cross_entropy": mean,
            "skill": 1.0 - mean / float(baseline),
            "accuracy": float(right.sum()),
            "brier": float(np.dot(up, (1.0 - prob) ** 2) + np.dot(down, prob**2)),
            "bias": float(np.dot(mass, prob) - rate),
            "auc": float(np.dot(up, below) / (rate * (1.0 - rate))),
            "ece": float(np.abs(np.bincount(bins, right - mass * surest)).sum()),
            **found,
        }


def origins() -> dict[str, Origin]:
    """All origins, by a short name."""
    model, calibrated, shared = Model(), Model(slope=1.0), Model(shared=1.5)
    ece = {"ece": calibrated.truth()["ece"]}
    grouped = {name: value for name, value in shared.truth().items() if name not in _QUANTILES}
    quantiles = {name: shared.truth()[name] for name in _QUANTILES}
    return {
        "normal": losses("normal losses", stats.norm(4.0, 0.6)),
        "skewed": losses("skewed losses (exponential)", stats.expon()),
        "heavy": losses("heavy-tailed losses (log-normal, σ = 2)", stats.lognorm(2.0)),
        "model": Origin("over-confident binary model", model.draw, model.truth()),
        "calibrated": Origin("calibrated binary model", calibrated.draw, ece),
        "clusters": Origin(
            f"{CLUSTER} rows a cluster, `--cluster`", shared.draw, grouped | quantiles, "user", 200
        ),
        "unsaid": Origin(f"{CLUSTER} rows a cluster, without", shared.draw, grouped, None, 200),
    }


# The table


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the table origin by origin.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.coverage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions [1]")
    parser.add_argument("--only", choices=origins(), help="one origin of the data")
    given = parser.parse_args(arguments)
    header = ("data", "figure", *(f"{rows:,} rows" for rows in SIZES))
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    for name, origin in origins().items():
        if given.only in (None, name):
            print("\n".join(lines(origin, given.share)), flush=True)


def lines(origin: Origin, share: float) -> list[str]:
    """Simulate the lines of one origin: each figure, and the warnings."""
    found = {
        rows: simulated(origin, rows, math.ceil(share * repetitions))
        for rows, repetitions in SIZES.items()
        if rows >= origin.smallest
    }
    cells = {
        f"`{figure}`": {rows: one.covered[figure] / one.repetitions for rows, one in found.items()}
        for figure in origin.truth
    }
    if "cross_entropy" in origin.truth:
        cells["warned"] = {rows: one.warned / one.repetitions for rows, one in found.items()}
    return [
        f"| {origin.name} | {figure} | "
        + " | ".join(f"{100 * own[rows]:.1f} %" if rows in own else "" for rows in SIZES)
        + " |"
        for figure, own in cells.items()
    ]


if __name__ == "__main__":
    main()
