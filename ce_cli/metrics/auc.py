"""Area under the ROC curve: how often a positive row is ranked above a negative one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.bounds import Bounds, reach_of
from ce_cli.metrics.state import State, two_classes_only
from ce_cli.value import Value

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

METHOD = "DeLong, on the logit scale"
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
    squares : tuple of ExactSums
        Σ w²p², Σ w²(1 − p)² and Σ w²p(1 − p), of the share p of the positive class; none where
        these are the counts above, and 0.
    """

    ranges: ClassVar[dict[str, tuple[float, float]]] = {"auc": (0.0, 1.0)}

    groups: Codes
    scores: Floats
    coarse: Bools
    positive: ExactSums
    negative: ExactSums
    squares: tuple[ExactSums, ...] = ()

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
            return cls(
                own_groups, own_scores, coarse, rows.counts(chosen), rows.counts(~chosen)
            )._few()
        negatives = 1.0 - positives
        products = (positives * positives, negatives * negatives, positives * negatives)
        return cls(
            own_groups,
            own_scores,
            coarse,
            rows.sums(positives),
            rows.sums(negatives),
            tuple(rows.square_sums(product) for product in products),
        )._few()

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        coarse = self.coarse | other.coarse
        cells, groups, scores = _cells(
            np.concatenate((self.groups, other.groups)),
            np.concatenate((self._scores(coarse), other._scores(coarse))),
        )
        own, theirs = cells[: len(self.scores)], cells[len(self.scores) :]
        count = len(scores)
        every = bool(self.squares or other.squares)
        positive, negative, *squares = (
            mine.regroup(own, count).merge(others.regroup(theirs, count))
            for mine, others in zip(self._sums(every), other._sums(every), strict=True)
        )
        return type(self)(groups, scores, coarse, positive, negative, tuple(squares))._few()

    def at(self, group: int) -> Self:
        """The cells of one group."""
        first, last = np.searchsorted(self.groups, [group, group + 1]).tolist()
        positive, negative, *squares = (one.between(first, last) for one in self._sums(every=False))
        none = np.zeros(last - first, np.intp)
        coarse = self.coarse[group : group + 1]
        return type(self)(none, self.scores[first:last], coarse, positive, negative, tuple(squares))

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
        areas, errors = list[float](), list[float]()
        for own, coarse in zip(self._slices(), self.coarse.tolist(), strict=True):
            up, down = positive[own], negative[own]
            pairs = up.sum() * down.sum()
            below = np.cumsum(down) - down
            tied = 0.5 * np.dot(up, down)
            with np.errstate(invalid="ignore"):
                areas.append((np.dot(up, below) + tied) / pairs if pairs else np.nan)
                errors.append((tied / pairs if coarse else 0.0) if pairs else np.nan)
        return {"auc": np.array(areas), "auc_error": np.array(errors)}

    def bounds(self, states: Mapping[type[State], State], confidence: float) -> dict[str, Bounds]:
        """By DeLong's standard error, on the scale of logits; NaN where there are no mistakes.

        DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988) take for each row the share of the
        other class that it is ranked right against; with weights, w²-weighted sums take the place
        of their sums. The logit keeps the interval between 0 and 1 (Pepe, The Statistical
        Evaluation of Medical Tests, 2003, 5.2.5).
        """
        sums = [one.floats() for one in self._sums(every=True)]
        ends = [
            _logit_interval(*_delong(*(one[own] for one in sums)), confidence)
            for own in self._slices()
        ]
        low, high = np.array(ends).reshape(-1, 2).T
        return {"auc": Bounds(low, high, METHOD)}

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
            and self._sums(every=True) == other._sums(every=True)
        )

    __hash__ = None  # type: ignore[assignment]  # equal sums may have different limbs

    def _slices(self) -> Iterator[slice]:
        """Where the cells of each group are."""
        starts = np.searchsorted(self.groups, np.arange(len(self.coarse) + 1)).tolist()
        return (slice(*ends) for ends in pairwise(starts))

    def _sums(self, every: bool) -> tuple[ExactSums, ...]:
        """All sums by cell, or those that are not told by others."""
        squares = self.squares
        if every and not squares:
            squares = (self.positive, self.negative, ExactSums.empty(len(self.scores)))
        return self.positive, self.negative, *squares

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
        positive, negative, *squares = (
            one.regroup(cells, len(distinct)) for one in self._sums(every=False)
        )
        return type(self)(groups, distinct, self.coarse, positive, negative, tuple(squares))


def _delong(
    up: Floats, down: Floats, up_square: Floats, down_square: Floats, mixed: Floats
) -> tuple[float, float, float]:
    """Area, standard error, and how many rows the rarer class has, from sums by score."""
    with np.errstate(all="ignore"):
        above = 1.0 - (np.cumsum(up) - 0.5 * up) / up.sum()  # of the negatives' rivals
        below = (np.cumsum(down) - 0.5 * down) / down.sum()
        area = float(np.dot(up, below) / up.sum())
        counts = [up.sum() ** 2 / up_square.sum(), down.sum() ** 2 / down_square.sum()]
        rarer = float(min(counts))
        parts = (
            np.dot(up_square, (below - area) ** 2) / up.sum() ** 2 * counts[0] / (counts[0] - 1.0),
            np.dot(down_square, (above - area) ** 2)
            / down.sum() ** 2
            * counts[1]
            / (counts[1] - 1.0),
            2.0 * np.dot(mixed, (below - area) * (above - area)) / (up.sum() * down.sum()),
        )
        return area, float(np.sqrt(sum(parts))), rarer


def _logit_interval(
    area: float, error: float, count: float, confidence: float
) -> tuple[float, float]:
    if not (0.0 < area < 1.0 and error > 0.0 and count > 1.0):
        return math.nan, math.nan
    reach = reach_of(count, confidence) * error / (area * (1.0 - area))
    odds = area / (1.0 - area)
    return odds / (odds + math.exp(reach)), odds / (odds + math.exp(-reach))


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
