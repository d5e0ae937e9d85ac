"""Area under the ROC curve: how often a positive row is ranked above a negative one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.state import State, two_classes_only
from ce_cli.value import Value

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

MOST_EXACT = 4096  # distinct scores of a group that are kept as they are
_DROPPED_BITS = 52 - 10  # of the others, so that 1,024 bins make a power of two …
_LOWEST, _HIGHEST = 2.0**-64, 2.0**64  # … of those between these


class Cells(Value):
    """Σ w of both classes by score, in order of the scores, shape (n,) each.

    Attributes
    ----------
    scores : ndarray
        As `Outcomes.ranking` gives them, or the middles of bins.
    positive, negative : ndarray
        Σ w.
    exact : bool
        Whether no bin is among them.
    """

    scores: Floats
    positive: Floats
    negative: Floats
    exact: bool

    def scaled(self) -> Cells:
        """The same with 1 for the largest Σ w, so that nothing overflows."""
        largest = max(self.positive.max(), self.negative.max())
        return self.replace(positive=self.positive / largest, negative=self.negative / largest)

    def take(self, chosen: Codes) -> Cells:
        """Some of the cells."""
        return Cells(self.scores[chosen], self.positive[chosen], self.negative[chosen], self.exact)


class Auc(State):
    """Σ w of both classes by score, in order of group and score.

    Scores are kept as they are as long as there are few; then they are sorted into bins, and those
    of one bin are taken for ties. A bin is what agrees in ten binary digits, counted from the
    nearer of 0 and 1.

    Attributes
    ----------
    groups, scores : ndarray, shape (n,)
        What each cell is for.
    coarse : ndarray of bool, shape (G,)
        For which groups the scores are numbers of bins.
    positive, negative : ExactSums
        One entry for each cell.
    """

    groups: Codes
    scores: Floats
    coarse: Bools
    positive: ExactSums
    negative: ExactSums

    @classmethod
    def why_not(cls, space: Space) -> str | None:
        """It is of two classes."""
        return two_classes_only(space)

    @classmethod
    def empty(cls, groups: int, space: Space) -> Self:
        """No rows."""
        none = ExactSums.empty(0)
        return cls(np.zeros(0, np.intp), np.zeros(0), np.zeros(groups, np.bool_), none, none)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        scores = batch.outcomes.ranking() + 0.0
        groups = np.zeros(len(batch), np.intp) if batch.groups is None else batch.groups
        coarse = np.zeros(batch.group_count, np.bool_)
        if batch.group_count == 1 and _are_many(scores):
            coarse = np.ones(1, np.bool_)
            cells, own_scores = _binned(scores)
            own_groups = np.zeros(len(own_scores), np.intp)
        else:
            cells, own_groups, own_scores = _cells(groups, scores)
        rows = batch.replace(groups=cells, group_count=len(own_groups))
        positives = batch.outcomes.positives()
        if batch.weights is None and batch.outcomes.masses() is None:
            chosen = positives > 0.5
            sums = rows.counts(chosen), rows.counts(~chosen)
        else:
            sums = rows.sums(positives), rows.sums(1.0 - positives)
        return cls(own_groups, own_scores, coarse, *sums)._few()

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        coarse = self.coarse | other.coarse
        cells, groups, scores = _cells(
            np.concatenate((self.groups, other.groups)),
            np.concatenate((self._scores(coarse), other._scores(coarse))),
        )
        own, theirs = cells[: len(self.scores)], cells[len(self.scores) :]
        count = len(scores)
        return type(self)(
            groups,
            scores,
            coarse,
            self.positive.regroup(own, count).merge(other.positive.regroup(theirs, count)),
            self.negative.regroup(own, count).merge(other.negative.regroup(theirs, count)),
        )._few()

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move group g to ``index[g]`` of `groups`, joining those that meet."""
        coarse = np.zeros(groups, np.bool_)
        np.logical_or.at(coarse, index, self.coarse)
        scores = self._scores(coarse[index])
        moved = self.replace(groups=index[self.groups], scores=scores, coarse=coarse)
        return moved._joined(scores)._few()

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """The area, and how far rounding the scores may have moved it at most."""
        positive, negative = self.positive.floats(), self.negative.floats()
        areas, errors = [], []
        for group, coarse in enumerate(self.coarse.tolist()):
            own = self.groups == group
            up, down = positive[own], negative[own]
            pairs = up.sum() * down.sum()
            below = np.cumsum(down) - down
            tied = 0.5 * np.dot(up, down)
            with np.errstate(invalid="ignore"):
                areas.append((np.dot(up, below) + tied) / pairs if pairs else np.nan)
                errors.append((tied / pairs if coarse else 0.0) if pairs else np.nan)
        return {"auc": np.array(areas), "auc_error": np.array(errors)}

    def cells(self, group: int = 0) -> Cells:
        """The cells of one group."""
        exact = not self.coarse[group]
        own = self.groups == group
        scores = self.scores[own] if exact else _middles(self.scores[own])
        return Cells(scores, self.positive.floats()[own], self.negative.floats()[own], exact)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Auc):
            return NotImplemented
        return (
            np.array_equal(self.groups, other.groups)
            and np.array_equal(self.scores, other.scores)
            and np.array_equal(self.coarse, other.coarse)
            and self.positive == other.positive
            and self.negative == other.negative
        )

    __hash__ = None  # type: ignore[assignment]  # equal sums may have different limbs

    def _scores(self, coarse: Bools) -> Floats:
        """The scores, sorted into bins where `coarse` says so and that is not done yet."""
        changed = coarse & ~self.coarse
        if not changed.any() or not len(self.scores):
            return self.scores
        return np.where(changed[self.groups], _bins(self.scores), self.scores)

    def _few(self) -> Self:
        """Sort the scores of groups that have too many into bins."""
        if len(self.scores) <= MOST_EXACT:
            return self
        many = np.bincount(self.groups, minlength=len(self.coarse)) > MOST_EXACT
        coarse = self.coarse | many
        if (coarse == self.coarse).all():
            return self
        return self.replace(coarse=coarse)._joined(self._scores(coarse))

    def _joined(self, scores: Floats) -> Self:
        """Join cells that have come to be alike."""
        cells, groups, distinct = _cells(self.groups, scores)
        return self.replace(
            groups=groups,
            scores=distinct,
            positive=self.positive.regroup(cells, len(distinct)),
            negative=self.negative.regroup(cells, len(distinct)),
        )


def _are_many(scores: Floats) -> bool:
    """Whether there are more distinct scores than are kept."""
    few = scores[: 2 * MOST_EXACT]
    return len(np.unique(few)) > MOST_EXACT or (
        len(few) < len(scores) and len(np.unique(scores)) > MOST_EXACT
    )


def _cells(groups: Codes, scores: Floats) -> tuple[Codes, Codes, Floats]:
    """The cell of each entry, and group and score of each cell, in order of both."""
    alone = not groups.any()
    order = np.argsort(scores, kind="stable") if alone else np.lexsort((scores, groups))
    ranked_groups, ranked = groups[order], scores[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ranked[1:] != ranked[:-1]) | (ranked_groups[1:] != ranked_groups[:-1])
    cells = np.empty(len(order), np.intp)
    cells[order] = np.cumsum(new) - 1
    return cells, ranked_groups[new], ranked[new]


def _binned(scores: Floats) -> tuple[Codes, Floats]:
    """The cell of each score, and the bin of each cell, in order."""
    bins = _bins(scores).astype(np.intp)
    lowest = int(bins.min())
    bins -= lowest
    there = np.bincount(bins) > 0
    cells: Codes = (np.cumsum(there) - 1)[bins]
    return cells, (np.flatnonzero(there) + lowest).astype(np.float64)


def _bins(scores: Floats) -> Floats:
    """Number of the bin of each score, in the order of the scores."""
    high = (scores > 0.5) & (scores <= 1.0)
    places = _places(np.where(high, 1.0 - scores, np.abs(scores)))
    half, one = (int(_places(np.array([edge]))[0]) for edge in (0.5, 1.0))
    bins = np.where(high, 2 * half + 1 - places, places)
    bins = np.where(scores > 1.0, 2 * half + 2 + places - one, bins)
    return np.where(scores < 0.0, -1 - places, bins).astype(np.float64)


def _places(sizes: Floats) -> NDArray[np.int64]:
    """How many bins are below each of some numbers that are not negative."""
    clipped = np.clip(sizes, _LOWEST, _HIGHEST)
    lowest = np.array([_LOWEST]).view(np.int64)[0] >> _DROPPED_BITS
    places: NDArray[np.int64] = (clipped.view(np.int64) >> _DROPPED_BITS) - lowest
    return places


def _middles(bins: Floats) -> Floats:
    """A score in the middle of each bin: what `_bins` undoes."""
    half, one = (int(_places(np.array([edge]))[0]) for edge in (0.5, 1.0))
    numbers = bins.astype(np.int64)
    places = np.select(
        [numbers < 0, numbers <= half, numbers <= 2 * half + 1],
        [-1 - numbers, numbers, 2 * half + 1 - numbers],
        numbers - (2 * half + 2) + one,
    )
    lowest = np.array([_LOWEST]).view(np.int64)[0] >> _DROPPED_BITS
    sizes = (((places + lowest) << _DROPPED_BITS) + (1 << (_DROPPED_BITS - 1))).view(np.float64)
    sizes = np.where((numbers >= 0) & (numbers <= 2 * half + 1), np.minimum(sizes, 0.5), sizes)
    high = (numbers > half) & (numbers <= 2 * half + 1)
    middles: Floats = np.where(numbers < 0, -sizes, np.where(high, 1.0 - sizes, sizes))
    return middles
