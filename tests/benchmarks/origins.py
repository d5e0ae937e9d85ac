"""Data of known origin: rows to draw, and what each figure is for all rows there could be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from tests.benchmarks.joint import QUANTILES, Joint, of_best_of, of_shares, quantiles

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Columns = Mapping[str, Floats | Integers]
Draw = Callable[[np.random.Generator, int], Columns]
Weights = Callable[[np.random.Generator, int], Floats]

CLUSTER = 20  # rows
MOST_CLUSTERS = 1_000
_POINTS = np.linspace(-10.0, 10.0, 40_001)  # of a normal number
_MASS = stats.norm.pdf(_POINTS) / stats.norm.pdf(_POINTS).sum()
_NODES, _NODE_MASS = np.polynomial.hermite_e.hermegauss(40)
_NODE_MASS = _NODE_MASS / _NODE_MASS.sum()
_VARY = ("auc", *QUANTILES, "confidence", "class 0", "class 1")  # only if predictions do


@dataclass(frozen=True)
class Origin:
    """Where rows come from.

    Attributes
    ----------
    name : str
        For the tables.
    draw : callable
        The columns of so many rows, or of the rows of so many clusters; rows of weight 0 come on
        top.
    truth : dict of float
        What each figure is for all rows there could be.
    cluster, weight : str or None
        What is given as ``--cluster`` and ``--weight``.
    most : int or None
        Of rows or clusters, since more would take too long.
    """

    name: str
    draw: Draw
    truth: Mapping[str, float]
    cluster: str | None = None
    weight: str | None = None
    most: int | None = None


def without(truth: Mapping[str, float], figures: Sequence[str]) -> dict[str, float]:
    """The truth about the other figures."""
    return {name: value for name, value in truth.items() if name not in figures}


# Losses of a known distribution


def losses(name: str, distribution: stats.rv_frozen) -> Origin:
    """Losses as they are, as of log-probabilities of what happened."""

    def draw(rng: np.random.Generator, rows: int) -> Columns:
        return {"logprob": -distribution.rvs(rows, random_state=rng)}

    truth = {"cross_entropy": float(distribution.mean())}
    truth |= {name: float(distribution.ppf(share)) for name, share in QUANTILES.items()}
    return Origin(name, draw, truth)


def tokens(words: int = 50_000) -> Origin:
    """Words by Zipf's law, at places where the next word is more and less certain."""
    ranks = np.arange(1.0, words + 1.0)
    chances = [ranks**-power / np.sum(ranks**-power) for power in np.linspace(0.9, 3.0, 8)]
    reached = [np.cumsum(own) for own in chances]

    def draw(rng: np.random.Generator, rows: int) -> Columns:
        place, logprob = rng.integers(0, len(chances), rows), np.empty(rows)
        for number, (chance, up_to) in enumerate(zip(chances, reached, strict=True)):
            here = place == number
            found = np.searchsorted(up_to, rng.random(here.sum()))
            logprob[here] = np.log(chance[np.minimum(found, words - 1)])
        return {"logprob": logprob}

    surprisals = -np.log(np.concatenate(chances))
    mass = np.concatenate(chances) / len(chances)
    truth = {"cross_entropy": float(np.dot(mass, surprisals)), **quantiles(surprisals, mass)}
    return Origin("tokens, by Zipf's law", draw, truth)


# Two classes


@dataclass(frozen=True)
class Model:
    """Logits that are normal, and labels that follow another logit.

    Attributes
    ----------
    centre, spread : float
        Mean and standard deviation of the logits.
    slope : float
        What they are multiplied with to be true; below 1 they are over-confident.
    shared : float
        Standard deviation of what all rows of a cluster add to the true logit.
    decimals : int or None
        To which probabilities are rounded.
    zeros : float
        The share of rows whose outcome has a predicted probability of 0.
    """

    centre: float = -0.5
    spread: float = 2.0
    slope: float = 0.7
    shared: float = 0.0
    decimals: int | None = None
    zeros: float = 0.0

    def predicted(self, logit: Floats) -> Floats:
        """The probability of the positive class, as it is written."""
        prob: Floats = special.expit(logit)
        return prob if self.decimals is None else np.round(prob, self.decimals)

    def draw(self, rng: np.random.Generator, rows: int) -> Columns:
        """Labels and probabilities."""
        return self.draw_clusters(rng, np.ones(rows, np.int64))

    def draw_clusters(self, rng: np.random.Generator, sizes: Integers) -> Columns:
        """Labels, probabilities and clusters, of which each has so many rows."""
        user = np.repeat(np.arange(len(sizes)), sizes)
        logit = rng.normal(self.centre, self.spread, len(user))
        shared = rng.normal(0.0, self.shared, len(sizes))[user]
        label = rng.random(len(user)) < special.expit(self.slope * logit + shared)
        impossible = rng.random(len(user)) < self.zeros
        prob = np.where(impossible, ~label, self.predicted(logit))
        return {"label": label.astype(np.int64), "prob": prob, "user": user}

    def joint(self) -> Joint:
        """By quadrature over the logit, and over what a cluster shares."""
        logit = self.centre + self.spread * _POINTS
        chance = sum(
            own * special.expit(self.slope * logit + self.shared * node)
            for node, own in zip(_NODES, _NODE_MASS, strict=True)
        )
        joint = Joint(self.predicted(logit), _MASS * chance, _MASS * (1.0 - chance))
        rate = float(joint.up.sum())
        wrong = Joint(np.array([0.0, 1.0]), np.array([rate, 0.0]), np.array([0.0, 1.0 - rate]))
        return joint.mixed(wrong, self.zeros) if self.zeros else joint

    def origin(self, name: str, leave_out: Sequence[str] = ()) -> Origin:
        """Independent rows."""
        return Origin(name, self.draw, without(self.joint().truth(), leave_out))

    def weighted(self, name: str, weights: Weights) -> Origin:
        """Independent rows whose weights have nothing to do with them."""

        def draw(rng: np.random.Generator, rows: int) -> Columns:
            own = weights(rng, rows)
            return {**self.draw(rng, len(own)), "weight": own}

        return Origin(name, draw, self.joint().truth(), weight="weight")

    def clustered(self, name: str, deviation: float, cluster: str | None = "user") -> Origin:
        """Clusters of 20 rows on average, log-normal; their classes have no intervals."""

        def draw(rng: np.random.Generator, clusters: int) -> Columns:
            sizes = CLUSTER * rng.lognormal(-(deviation**2) / 2.0, deviation, clusters)
            return self.draw_clusters(rng, np.maximum(np.round(sizes), 1.0).astype(np.int64))

        truth = without(self.joint().truth(), ("class 0", "class 1"))
        return Origin(name, draw, truth, cluster, most=MOST_CLUSTERS)


@cache
def centre(rate: float, spread: float) -> float:
    """Where normal logits have to lie for such a share of positive rows."""

    def beyond(middle: float) -> float:
        return float(np.dot(_MASS, special.expit(middle + spread * _POINTS))) - rate

    return float(optimize.brentq(beyond, -40.0, 40.0))


def soft_labels(name: str, model: Model, noise: float = 1.0) -> Origin:
    """Labels that are the share of the positive class, as of many annotators."""

    def draw(rng: np.random.Generator, rows: int) -> Columns:
        logit = rng.normal(model.centre, model.spread, rows)
        share = special.expit(model.slope * logit + rng.normal(0.0, noise, rows))
        return {"label": share, "prob": special.expit(logit)}

    logit, other = np.meshgrid(model.centre + model.spread * _POINTS, noise * _NODES)
    share, mass = special.expit(model.slope * logit + other), np.outer(_NODE_MASS, _MASS)
    flat = special.expit(logit).ravel(), share.ravel(), mass.ravel()
    return Origin(name, draw, of_shares(*flat))


# Many classes


@dataclass(frozen=True)
class Net:
    """A classifier that is nearly always right and sure of it.

    Attributes
    ----------
    right : float
        How often the surest class is the label.
    slope : float
        What the logit of its probability is multiplied with to be true.
    classes : int
        How many there are.
    """

    right: float = 0.97
    slope: float = 1.0
    classes: int = 10
    _spread = 2.0

    def surest(self, normal: Floats) -> tuple[Floats, Floats]:
        """The probability of the surest class, and how often it is the label."""
        true = np.maximum(centre(self.right, self._spread) + self._spread * normal, -1.0)
        return special.expit(true / self.slope), special.expit(true)

    def draw(self, rng: np.random.Generator, rows: int) -> Columns:
        """Labels, and a column of probabilities for each class."""
        surest, right = self.surest(rng.normal(size=rows))
        best, step = rng.integers(0, self.classes, rows), rng.integers(1, self.classes, rows)
        label = np.where(rng.random(rows) < right, best, (best + step) % self.classes)
        probs = np.repeat(((1.0 - surest) / (self.classes - 1))[:, np.newaxis], self.classes, 1)
        probs[np.arange(rows), best] = surest
        return {"label": label, **{f"prob_{one}": probs[:, one] for one in range(self.classes)}}

    def origin(self, name: str) -> Origin:
        """Independent rows."""
        surest, right = self.surest(_POINTS)
        return Origin(name, self.draw, of_best_of(self.classes, surest, right, _MASS))


# All of them


def log_normal(deviation: float) -> Weights:
    """Weights whose logarithms have such a standard deviation."""
    return lambda rng, rows: rng.lognormal(0.0, deviation, rows)


def few_heavy(rng: np.random.Generator, rows: int) -> Floats:
    """Weights of 1, and of 50 for 2 % of the rows."""
    return np.where(rng.random(rows) < 0.02, 50.0, 1.0)


def masked(share: float) -> Weights:
    """Weights of 1, and so many of 0 on top that they are such a share of all."""

    def weights(rng: np.random.Generator, rows: int) -> Floats:
        return (rng.permutation(round(rows / (1.0 - share))) < rows).astype(np.float64)

    return weights


@cache
def origins() -> Mapping[str, Origin]:
    """All origins, by a short name."""
    model, triple, shared = Model(), Model(0.0, 4.5, 1.0 / 3.0), Model(shared=1.5)
    double, rare = Model(0.0, 3.0, 0.5), Model(centre(0.02, 1.5), 1.5, 1.0)
    constant = Model(float(special.logit(0.02)), 0.0, 1.0)
    rare_double = Model(2.0 * rare.centre, 3.0, 0.5)
    rounded, zeros = Model(0.0, 3.0, 1.0, decimals=2), Model(0.0, 1.5, 1.0, zeros=1.0 / 500.0)
    ties = ("ece", *QUANTILES)  # definitions at the edge of a bin differ
    return {
        "normal": losses("normal losses", stats.norm(4.0, 0.6)),
        "skewed": losses("exponential losses", stats.expon()),
        "heavy": losses("log-normal losses, σ 2", stats.lognorm(2.0)),
        "tokens": tokens(),
        "calibrated": Model(slope=1.0).origin("calibrated"),
        "model": model.origin("overconfident × 1.4"),
        "double": double.origin("overconfident × 2"),
        "triple": triple.origin("overconfident × 3"),
        "constant": constant.origin("2 % positive, always 0.02", _VARY),
        "rare": rare.origin("2 % positive, calibrated"),
        "rare_double": rare_double.origin("2 % positive, overconfident × 2"),
        "net": Net().origin("10 classes, 97 % right, calibrated"),
        "sure_net": Net(slope=0.5).origin("10 classes, 97 % right, overconfident × 2"),
        "zeros": zeros.origin("1 row in 500 has probability 0"),
        "rounded": rounded.origin("rounded to 2 decimals", ties),
        "soft": soft_labels("soft labels", model),
        "weights": double.weighted("× 2, weights log-normal, σ 1", log_normal(1.0)),
        "wild_weights": double.weighted("× 2, weights log-normal, σ 1.5", log_normal(1.5)),
        "heavy_rows": double.weighted("× 2, 2 % of the rows weigh 50", few_heavy),
        "mask": double.weighted("× 2, and 80 % of weight 0", masked(0.8)),
        "thin_mask": double.weighted("× 2, and 95 % of weight 0", masked(0.95)),
        "clusters": shared.clustered("clusters of 20", 0.0),
        "sizes": shared.clustered("clusters log-normal, σ 1", 1.0),
        "wild_sizes": shared.clustered("clusters log-normal, σ 2", 2.0),
        "unsaid": shared.clustered("clusters of 20, without `--cluster`", 0.0, None),
    }
