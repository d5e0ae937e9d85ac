"""The loss of a constant prediction, and how much better the model is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch, bounded
from ce_cli.kernels.exact import ExactSums, weighted_sums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.kernels.seen_classes import entropy, missing_entropy
from ce_cli.metrics.bounds import Bounds, Level, standard_errors
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.moments import PAIRED, ClassMoments, effective_count
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = TypeVar("Kind", bound=State)


_METHOD = "the infinitesimal jackknife, about the baseline without bias"


class Prior(State):
    """Sums over the share p of each class; class k of group g is entry ``g·K + k``.

    Attributes
    ----------
    shares : ExactSums
        Σ w·p; for independent labels, nothing else is kept.
    costs : ExactSums
        Σ w²·p·loss.
    squares : ExactSums
        Σ w²·p_j·p_k of classes j and k, entry ``(g·K + j)·K + k``; with many classes, only of hard
        labels, for which j is k, entry ``g·K + k``.
    soft : ExactSums
        The number of rows without squares, by group.
    moments : ClassMoments
        More sums over the losses, except for soft labels with many classes.
    loss, spread : Loss, Spread, or None
        Those of the labels as they happened, if other states are of smoothed labels.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)
    jackknifed: ClassVar[tuple[str, ...]] = ("normalized_cross_entropy", "skill")

    shares: ExactSums
    costs: ExactSums
    squares: ExactSums
    soft: ExactSums
    moments: ClassMoments
    space: LabelSpace
    loss: Loss | None = None
    spread: Spread | None = None

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        widths = _widths(space).values()
        shares, costs, squares, soft = (ExactSums.empty(groups * width) for width in widths)
        return cls(shares, costs, squares, soft, ClassMoments.empty(groups, space), space)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch, of its labels as they happened."""
        happened = batch.unsmoothed
        if happened is not batch:
            found = cls.of(happened)
            if not len(batch):
                return found
            return found.replace(loss=Loss.of(happened), spread=Spread.of(happened))
        space, masses = batch.outcomes.space, batch.outcomes.masses()
        start = 0 if batch.groups is None else batch.groups * space.classes
        size = batch.group_count * space.classes
        if masses is None:
            rows = batch.within_groups
            plain, width = batch.weights is None, _widths(space)["squares"]
            costs = rows.loss_sums if plain else rows.square_sums(batch.finite_losses)
            squares, soft = rows.weight_squares, ExactSums.empty(batch.group_count)
            if width > space.classes:
                places = np.arange(size)
                places = places * space.classes + places % space.classes
                squares = squares.regroup(places, batch.group_count * width)
            return cls(rows.weight_sums, costs, squares, soft, ClassMoments.of_hard(rows), space)
        cells = (start + np.arange(space.classes)[:, np.newaxis]) + np.zeros(len(batch), np.intp)
        shares = weighted_sums(masses, batch.weights, cells, size)
        none = cls.empty(batch.group_count, space)
        if space.independent:
            return none.replace(shares=shares)
        own = masses if batch.weights is None else bounded(batch.weights * masses)
        costs = weighted_sums(bounded(own * batch.finite_losses), batch.weights, cells, size)
        if space.classes > PAIRED:
            return none.replace(shares=shares, costs=costs, soft=batch.counts())
        pairs = (own[:, np.newaxis] * masses).reshape(space.classes**2, len(batch))
        cells = np.repeat(cells * space.classes, space.classes, axis=0)
        cells += np.tile(np.arange(space.classes), space.classes)[:, np.newaxis]
        squares = weighted_sums(pairs, batch.weights, cells, size * space.classes)
        return none.replace(
            shares=shares,
            costs=costs,
            squares=squares,
            moments=ClassMoments.of_soft(batch, masses),
        )

    def merge(self, other: Self) -> Self:
        """The state of the rows of both."""
        names = (*_widths(self.space), "moments")
        return self.replace(
            **{name: getattr(self, name).merge(getattr(other, name)) for name in names},
            loss=_both(self.loss, other.loss),
            spread=_both(self.spread, other.spread),
        )

    def at(self, group: int) -> Self:
        """The classes of one group."""
        widths = _widths(self.space).items()
        return self.replace(
            **{name: getattr(self, name).block(group, width) for name, width in widths},
            moments=self.moments.block(group, self.space),
            loss=self.loss and self.loss.at(group),
            spread=self.spread and self.spread.at(group),
        )

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, class by class."""
        return self.replace(
            **{
                name: getattr(self, name).move_blocks(index, groups, width)
                for name, width in _widths(self.space).items()
            },
            moments=self.moments.move_blocks(index, groups, self.space),
            loss=self.loss and self.loss.regroup(index, groups),
            spread=self.spread and self.spread.regroup(index, groups),
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """H(π) of the label shares π, the mean loss over H(π), and 1 minus that.

        For independent labels, H(π) is the mean of their binary entropies.
        """
        loss = self.loss or states[Loss]
        mean = loss.mean
        weights = self.shares.floats().reshape(-1, self.space.classes)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            if self.space.independent:
                whole = loss.weight.floats()[:, np.newaxis]
                both = np.stack([weights, whole - weights], axis=-1) / whole[..., np.newaxis]
                baseline = entropy(both).mean(axis=1)
            else:
                weights = np.sort(weights, axis=1)  # the same sums in any order of the classes
                baseline = entropy(weights / weights.sum(axis=1, keepdims=True))
            normalized = np.where(baseline > 0, mean / baseline, np.nan)
        return {
            "baseline": baseline,
            "normalized_cross_entropy": normalized,
            "skill": 1.0 - normalized,
        }

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """Intervals of the ratio L / H(π) and of the skill, by the infinitesimal jackknife.

        With c = −log π of the label, the influence of a row is (loss − c·L / H) / H (Jaeckel, The
        infinitesimal jackknife, 1972). NaN for soft labels with many classes. H(π) is that of the
        origin of the rows, give or take half of what is due to classes without rows; the interval
        is widened to the ratio with the baseline of the rows themselves.
        """
        if self.space.independent:
            return {}
        loss, spread = self.loss or states[Loss], self.spread or states[Spread]
        count, weight = spread.effective(loss), loss.weight.floats()
        classes = self.space.classes
        weights, costs = (one.near().reshape(-1, classes) for one in (self.shares, self.costs))
        origin, doubt = self.without_bias(states)
        with np.errstate(all="ignore"):
            shares = weights / weights.sum(axis=1, keepdims=True)
            constant = np.where(shares > 0, -np.log(np.where(shares > 0, shares, 1.0)), 0.0)
            if classes > PAIRED:
                both = (constant**2 * self.squares.near().reshape(-1, classes)).sum(axis=1)
            else:
                squares = self.squares.near().reshape(-1, classes, classes)
                both = np.einsum("gj,gjk,gk->g", constant, squares, constant)
            ratio = figures["normalized_cross_entropy"]
            square = spread.square.near() - 2.0 * ratio * (constant * costs).sum(axis=1)
            square = np.where(self.soft.floats() > 0, np.nan, square + ratio * ratio * both)
            errors = standard_errors(square, count, figures["baseline"] * weight)
            least = loss.mean / np.minimum(origin + doubt, math.log(classes))
            most = loss.mean / (origin - doubt)
            sums = (weights, count)
            skewness = self.moments.skewness(ratio, constant, square, sums, spread.cubes)
            low = Bounds.of_mean(least, errors, count, skewness, level).low
            high = Bounds.of_mean(most, errors, count, skewness, level).high
            low, high = np.minimum(low, ratio), np.maximum(high, ratio)
        method = level.named(_METHOD)
        return {
            "normalized_cross_entropy": Bounds(low, high, method),
            "skill": Bounds(1.0 - high, 1.0 - low, method),
        }

    def without_bias(self, states: States) -> tuple[Floats, Floats]:
        """H(π) of the origin of the rows by group, in nats, and what may be missing or too much.

        The shares of a few rows are less even than those of their origin, so the baseline of the
        rows is lower (see `missing_entropy`). NaN where it is 0, and for independent labels.
        """
        classes = self.space.classes
        weights = self.shares.near().reshape(-1, classes)
        with np.errstate(all="ignore"):
            shares = weights / weights.sum(axis=1, keepdims=True)
            counts = self.rows_by_class()
            squares = self.squares.near().reshape(len(shares), -1).sum(axis=1)
            rows = effective_count(weights.sum(axis=1), squares)
            soft = self.soft.floats() > 0
            if soft.any():
                loss, spread = self.loss or states[Loss], self.spread or states[Spread]
                rows = np.where(soft, spread.effective(loss), rows)
            once = ((counts > 0.5) & (counts < 1.5)).sum(axis=1)
            twice = ((counts >= 1.5) & (counts < 2.5)).sum(axis=1)
            seen, unseen = missing_entropy(shares, rows, once, twice)
            baseline = entropy(shares)
            origin = np.minimum(baseline + seen + unseen, math.log(max(classes, 1)))
        known = (baseline > 0) & np.logical_not(self.space.independent)
        return np.where(known, origin, np.nan), 0.5 * unseen

    def rows_by_class(self) -> Floats:
        """Kish's number of rows of each class by group, shape (groups, K); NaN where unknown."""
        classes, weights = self.space.classes, self.shares.near()
        squares = self.squares.near().reshape(len(weights), -1)
        if squares.shape[1] == classes:  # of pairs of classes
            places = np.arange(len(weights))
            squares = squares[places, places % classes][:, np.newaxis]
        counts = np.where(weights > 0, effective_count(weights, squares[:, 0]), 0.0)
        soft = self.soft.floats() > 0
        return np.where(soft[:, np.newaxis], np.nan, counts.reshape(-1, classes))


def _both(one: Kind | None, other: Kind | None) -> Kind | None:
    """Both states merged; None is the state of no rows."""
    return one.merge(other) if one and other else one or other


def _widths(space: LabelSpace) -> dict[str, int]:
    """The number of entries of each sum for a group."""
    classes = space.classes
    paired = classes <= PAIRED and not space.independent
    squares = classes * classes if paired else classes
    return {"shares": classes, "costs": classes, "squares": squares, "soft": 1}
