"""Area under the ROC curve: how often a positive row is ranked above a negative one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.delong import delong
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.kernels.score_bins import binned, bins_of, middles_of
from ce_cli.metrics.bounds import Bounds, Level, on_logits
from ce_cli.metrics.state import State, States, two_classes_only
from ce_cli.record import Record

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]

METHOD = "DeLong, on the logit scale"
MOST_EXACT = 4096  # distinct scores of a group that are kept exactly


class Cells(Record):
    """Σ w of both classes by score, in order of the scores, shape (n,) each.

    Attributes
    ----------
    scores : ndarray
        The scores of `Outcomes.ranking`, or the middles of bins.
    positive, negative : ndarray
        Σ w.
    exact : bool
        Whether all scores are exact, and none is the middle of a bin.
    """

    scores: Floats
    positive: Floats
    negative: Floats
    exact: bool

    def scaled(self) -> Cells:
        """The cells scaled to 1 for the largest Σ w, so that nothing overflows."""
        largest = max(self.positive.max(), self.negative.max())
        return self.replace(positive=self.positive / largest, negative=self.negative / largest)

    def take(self, chosen: Codes) -> Cells:
        """Some of the cells."""
        return Cells(self.scores[chosen], self.positive[chosen], self.negative[chosen], self.exact)


class Auc(State):
    """Σ w of both classes by score, in order of group and score.

    Scores are kept exactly while there are few distinct ones; then they are put into bins, and
    those in one bin count as ties. The scores in a bin agree in their first ten binary digits,
    counted from the nearer of 0 and 1.

    Attributes
    ----------
    groups, scores : ndarray, shape (n,)
        The group and the score of each cell.
    coarse : ndarray of bool, shape (G,)
        The groups whose scores are bin numbers.
    positive, negative : ExactSums
        One entry for each cell.
    squares : tuple of ExactSums
        Σ w²p², Σ w²(1 − p)² and Σ w²p(1 − p), with the share p of the positive class; empty if
        these equal `positive`, `negative` and 0.
    """

    jackknifed: ClassVar[tuple[str, ...]] = ("auc",)

    groups: Codes
    scores: Floats
    coarse: Bools
    positive: ExactSums
    negative: ExactSums
    squares: tuple[ExactSums, ...] = ()

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: it needs two classes."""
        return two_classes_only(space)

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        none = ExactSums.empty(0)
        return cls(np.zeros(0, np.intp), np.zeros(0), np.zeros(groups, np.bool_), none, none)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        scores = batch.outcomes.ranking() + 0.0
        groups = np.zeros(len(batch), np.intp) if batch.groups is None else batch.groups
        coarse = np.zeros(batch.group_count, np.bool_)
        if batch.group_count == 1 and _are_many(scores):
            coarse = np.ones(1, np.bool_)
            cells, own_scores = binned(scores)
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
        """The state of the rows of both."""
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
        """Move group g to ``index[g]`` of `groups`, merging where they are equal."""
        coarse = np.zeros(groups, np.bool_)
        np.logical_or.at(coarse, index, self.coarse)
        scores = self._scores(coarse[index])
        moved = self.replace(groups=index[self.groups], scores=scores, coarse=coarse)
        return moved._joined(scores)._few()

    def figures(self, states: States) -> dict[str, Floats]:
        """The area, and a bound on its error from rounding the scores."""
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

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """By DeLong's standard error, on the logit scale; NaN if no pair is ranked wrongly."""
        sums = [one.floats() for one in self._sums(every=True)]
        ends = [
            on_logits(*delong(*(one[own] for one in sums)), level.confidence)
            for own in self._slices()
        ]
        low, high = np.array(ends).reshape(-1, 2).T
        return {"auc": Bounds(low, high, METHOD)}

    def cells(self, group: int = 0) -> Cells:
        """The cells of one group."""
        exact = not self.coarse[group]
        own = self.groups == group
        scores = self.scores[own] if exact else middles_of(self.scores[own])
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
        """The cells of each group."""
        starts = np.searchsorted(self.groups, np.arange(len(self.coarse) + 1)).tolist()
        return (slice(*ends) for ends in pairwise(starts))

    def _sums(self, every: bool) -> tuple[ExactSums, ...]:
        """The sums by cell; if `every`, also squares that are equal to others."""
        squares = self.squares
        if every and not squares:
            squares = (self.positive, self.negative, ExactSums.empty(len(self.scores)))
        return self.positive, self.negative, *squares

    def _scores(self, coarse: Bools) -> Floats:
        """The scores, as bin numbers for the groups in `coarse`."""
        changed = coarse & ~self.coarse
        if not changed.any() or not len(self.scores):
            return self.scores
        return np.where(changed[self.groups], bins_of(self.scores), self.scores)

    def _few(self) -> Self:
        """Put the scores of groups that have too many into bins."""
        if len(self.scores) <= MOST_EXACT:
            return self
        many = np.bincount(self.groups, minlength=len(self.coarse)) > MOST_EXACT
        coarse = self.coarse | many
        if (coarse == self.coarse).all():
            return self
        return self.replace(coarse=coarse)._joined(self._scores(coarse))

    def _joined(self, scores: Floats) -> Self:
        """Merge cells whose groups and scores are now equal."""
        cells, groups, distinct = _cells(self.groups, scores)
        positive, negative, *squares = (
            one.regroup(cells, len(distinct)) for one in self._sums(every=False)
        )
        return type(self)(groups, distinct, self.coarse, positive, negative, tuple(squares))


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
