"""What each figure is for all rows there could be, by the distribution of the rows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

QUANTILES = {"median": 0.5, "p90": 0.9, "p99": 0.99}
_BINS = 15
_CLIP = np.finfo(np.float64).eps


@dataclass(frozen=True)
class Joint:
    """Predicted probabilities of two classes, and how likely they are with a row of each class.

    Attributes
    ----------
    prob : ndarray, shape (n,)
        Of the positive class.
    up, down : ndarray, shape (n,)
        The chance of a row that has this prediction and is positive, or negative; all add to 1.
    """

    prob: Floats
    up: Floats
    down: Floats

    def mixed(self, other: Joint, share: float) -> Joint:
        """Where a share of the rows comes from another distribution."""
        return Joint(
            np.concatenate([self.prob, other.prob]),
            np.concatenate([(1.0 - share) * self.up, share * other.up]),
            np.concatenate([(1.0 - share) * self.down, share * other.down]),
        )

    def truth(self) -> dict[str, float]:
        """Every figure that has an interval."""
        sides, mass = losses_of(self.prob), self.up + self.down
        of_class = float(np.dot(self.down, sides[0])), float(np.dot(self.up, sides[1]))
        mean, rate = sum(of_class), float(self.up.sum())
        expected = (1.0 - self.prob) * sides[0] + self.prob * sides[1]
        return {
            "cross_entropy": mean,
            "class 0": of_class[0] / (1.0 - rate),
            "class 1": of_class[1] / rate,
            "confidence": float(np.dot(mass, expected)),
            "skill": 1.0 - mean / float(stats.entropy([rate, 1.0 - rate])),
            "accuracy": float(np.where(self.prob > 0.5, self.up, self.down).sum()),
            "brier": float(np.dot(self.up, (1.0 - self.prob) ** 2) + self.down @ self.prob**2),
            "bias": float(np.dot(mass, self.prob) - rate),
            "ece": float(np.abs(in_bins(self.prob, self.up - mass * self.prob)).sum()),
            "auc": self.auc(),
            **quantiles(np.concatenate(sides), np.concatenate([self.down, self.up])),
        }

    def auc(self) -> float:
        """How often a positive row ranks above a negative one; a tie counts one half."""
        _, places = np.unique(self.prob, return_inverse=True)
        up, down = (np.bincount(places, own) for own in (self.up, self.down))
        return float(np.dot(up, np.cumsum(down) - 0.5 * down) / (up.sum() * down.sum()))


def losses_of(prob: Floats) -> tuple[Floats, Floats]:
    """The loss of a negative and of a positive row, where the probability of it is never 0."""
    return -np.log1p(-clipped(prob)), -np.log(clipped(prob))


def clipped(prob: Floats) -> Floats:
    """Within the bounds that ``--clip auto`` has for float64."""
    return np.clip(prob, _CLIP, 1.0 - _CLIP)


def in_bins(prob: Floats, numbers: Floats) -> Floats:
    """Sums of the numbers by bin of the probability."""
    bins = np.clip(np.ceil(prob * _BINS).astype(np.intp) - 1, 0, _BINS - 1)
    return np.bincount(bins, numbers).astype(np.float64)


def quantiles(losses: Floats, mass: Floats) -> dict[str, float]:
    """Losses that such shares of the rows do not exceed."""
    order = np.argsort(losses)
    reached = np.cumsum(mass[order])
    return {
        name: float(losses[order][np.searchsorted(reached, share)])
        for name, share in QUANTILES.items()
    }


def of_best_of(classes: int, surest: Floats, right: Floats, mass: Floats) -> dict[str, float]:
    """Figures where the probability that the surest class leaves is spread evenly.

    Parameters
    ----------
    classes : int
        How many there are, all equally likely.
    surest : ndarray, shape (n,)
        Probability of the surest class, above 1 / classes.
    right : ndarray, shape (n,)
        How often it is the label.
    mass : ndarray, shape (n,)
        How likely each such prediction is; all add to 1.
    """
    others, wrong = (1.0 - surest) / (classes - 1), 1.0 - right
    hit, missed = -np.log(clipped(surest)), -np.log(clipped(others))
    squares = surest**2 + (classes - 1) * others**2
    mean = float(np.dot(mass, right * hit + wrong * missed))
    return {
        "cross_entropy": mean,
        "class 0": mean,
        "confidence": float(np.dot(mass, surest * hit + (1.0 - surest) * missed)),
        "skill": 1.0 - mean / math.log(classes),
        "accuracy": float(np.dot(mass, right)),
        "brier": float(mass @ (squares + 1.0 - 2.0 * (right * surest + wrong * others))),
        "ece": float(np.abs(in_bins(surest, mass * (right - surest))).sum()),
        **quantiles(np.concatenate([hit, missed]), np.concatenate([mass * right, mass * wrong])),
    }


def of_shares(prob: Floats, share: Floats, mass: Floats) -> dict[str, float]:
    """Figures of two classes whose labels are the share of the positive class."""
    down, up = losses_of(prob)
    entropy = special.entr(share) + special.entr(1.0 - share)
    mean = float(np.dot(mass, share * up + (1.0 - share) * down))
    return {
        "cross_entropy": mean,
        "entropy": float(np.dot(mass, entropy)),
        "kl_divergence": mean - float(np.dot(mass, entropy)),
        "brier": float(np.dot(mass, (prob - share) ** 2)),
    }
