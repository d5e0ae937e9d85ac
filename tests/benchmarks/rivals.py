"""Two equally good models of the same rows: the one knows more, and exaggerates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from tests.benchmarks.origins import CLUSTER, Weights, centre, few_heavy, log_normal

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[np.float64] | NDArray[np.int64]]

_NODES, _MASS = np.polynomial.hermite_e.hermegauss(120)
_MASS = _MASS / _MASS.sum()


@dataclass(frozen=True)
class Rivals:
    """The true logit is `centre` + seen + unseen, of which model a sees the first part.

    It predicts as well as that allows. Model b sees all, and multiplies the true logit by
    `factor`, so that both have the same cross-entropy for all rows there could be.

    Attributes
    ----------
    name : str
        For the table.
    centre : float
        Mean of the true logit.
    seen, unseen : float
        Standard deviations of its parts, which are normal.
    weights : callable or None
        Weights that have nothing to do with the rows.
    deviation : float or None
        With clusters, how far the logarithms of their sizes vary. Rows of one share what is seen.
    """

    name: str
    centre: float
    seen: float
    unseen: float
    weights: Weights | None = None
    deviation: float | None = None

    @property
    def factor(self) -> float:
        """By which model b exaggerates."""
        return _factor(self.centre, self.seen, self.unseen)

    def draw(self, rng: np.random.Generator, size: int) -> Columns:
        """Labels and the predictions of both, for so many rows or clusters."""
        user = np.arange(size)
        if self.deviation is not None:
            sizes = CLUSTER * rng.lognormal(-(self.deviation**2) / 2.0, self.deviation, size)
            user = np.repeat(user, np.maximum(np.round(sizes), 1.0).astype(np.int64))
        seen = rng.normal(0.0, self.seen, size)[user]
        logit = self.centre + seen + rng.normal(0.0, self.unseen, len(user))
        label = rng.random(len(user)) < special.expit(logit)
        columns = {
            "label": label.astype(np.int64),
            "a": special.expit(self.careful(seen)),
            "b": special.expit(self.factor * logit),
        }
        if self.weights is not None:
            columns["weight"] = self.weights(rng, len(user))
        return columns if self.deviation is None else {**columns, "user": user}

    def careful(self, seen: Floats) -> Floats:
        """The logit that is true on average, where only a part of it is seen."""
        points = np.linspace(-8.0, 8.0, 2_001) * self.seen
        return np.interp(seen, points, _averaged(self.centre + points, self.unseen))


def _averaged(logit: Floats, spread: float) -> Floats:
    """The logit of the mean probability, where something normal is added to each."""
    chances = special.expit(logit[:, np.newaxis] + spread * _NODES) @ _MASS
    mean: Floats = special.logit(chances)
    return mean


def _loss(true: Floats, predicted: Floats) -> Floats:
    """The expected loss of a predicted logit."""
    chance = special.expit(true)
    loss: Floats = np.logaddexp(0.0, predicted) - chance * predicted
    return loss


@cache
def _factor(centre: float, seen: float, unseen: float) -> float:
    """By which the true logit has to be multiplied to be as bad as the part that is seen."""
    one, two = np.meshgrid(seen * _NODES, unseen * _NODES, indexing="ij")
    mass, true = np.outer(_MASS, _MASS), centre + one + two
    careful = float(
        np.sum(mass * _loss(true, _averaged(centre + one[:, 0], unseen)[:, np.newaxis]))
    )

    def worse(factor: float) -> float:
        return float(np.sum(mass * _loss(true, factor * true))) - careful

    return float(optimize.brentq(worse, 1.0, 40.0))


@cache
def rivals() -> Mapping[str, Rivals]:
    """All pairs, by a short name."""
    rare = centre(0.02, 1.7)  # of both parts together
    return {
        "even": Rivals("two even classes", 0.0, 1.2, 1.2),
        "rare": Rivals("2 % positive", rare, 1.2, 1.2),
        "weights": Rivals("weights log-normal, σ 1", 0.0, 1.2, 1.2, log_normal(1.0)),
        "heavy_rows": Rivals("2 % of the rows weigh 50", 0.0, 1.2, 1.2, few_heavy),
        "sizes": Rivals("clusters log-normal, σ 1", 0.0, 1.2, 1.2, deviation=1.0),
    }
