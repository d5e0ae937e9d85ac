"""Data of known origin: rows to draw, and what each figure is for all rows there could be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Mapping[str, Floats]]

CLUSTER = 20  # rows
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
