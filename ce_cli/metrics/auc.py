"""Area under the ROC curve: how often a positive row is ranked above a negative one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.binning import Binning
from ce_cli.kernels.delong import delong
from ce_cli.kernels.exact import ExactSums, side_by_side
from ce_cli.kernels.ordering import ascending
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.kernels.score_bins import DIGITS
from ce_cli.metrics.bounds import Bounds, Level, on_logits
from ce_cli.metrics.state import State, States, two_classes_only
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]

METHOD = "DeLong, on the logit scale"
MOST_CELLS = 1 << 15  # of a group …
_ALL_CELLS = 1 << 20  # … and of all groups together, …
_FEWEST_CELLS = 1 << 14  # … which leaves each group at least so many


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
    """Σ w of both classes by bin of scores, in order of group and score.

    Each group keeps as many digits of its scores as leave it no more than `MOST_CELLS` bins: all
    of them, if it has no more distinct scores. More rows never need fewer bins, so the digits of a
    union are at most those of its parts, and the state is the same however the rows are cut. (A bin
    that is light in one part may be heavy in the union, so bins cannot be merged by their weight.)

    Attributes
    ----------
    groups : ndarray of int, shape (n,)
        The group of each cell.
    lows, highs : ndarray, shape (n,)
        The lowest and the highest score of each cell.
    digits : ndarray of int, shape (G,)
        How many digits of its scores each group keeps.
    positive, negative : ExactSums
        One entry for each cell.
    squares : tuple of ExactSums
        Σ w²p², Σ w²(1 − p)² and Σ w²p(1 − p), with the share p of the positive class; empty if
        these equal `positive`, `negative` and 0.
    """

    jackknifed: ClassVar[tuple[str, ...]] = ("auc",)

    groups: Codes
    lows: Floats
    highs: Floats
    digits: Ints
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
        none, digits = ExactSums.empty(0), np.full(groups, DIGITS)
        return cls(np.zeros(0, np.intp), np.zeros(0), np.zeros(0), digits, none, none)

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch, of its rows of a weight above 0."""
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights))
        scores = batch.outcomes.ranking() + 0.0
        groups = np.zeros(len(batch), np.intp) if batch.groups is None else batch.groups
        digits = np.full(batch.group_count, DIGITS)
        order = ascending(scores, batch.groups)
        bins = Binning.of(order, groups, scores, digits, _most_cells(groups, len(digits)))
        positives = batch.outcomes.positives()
        if batch.weights is None and batch.outcomes.masses() is None:
            sums = bins.counts(positives > 0.5)
        else:
            negatives = 1.0 - positives
            rows = batch.replace(groups=bins.codes(), group_count=len(bins.starts))
            products = (positives * positives, negatives * negatives, positives * negatives)
            sums = [rows.sums(positives), rows.sums(negatives)]
            sums += [rows.square_sums(product) for product in products]
        return cls._of_bins(bins, bins.first(scores), bins.last(scores), sums)

    def merge(self, other: Self) -> Self:
        """The state of the rows of both."""
        every = bool(self.squares or other.squares)
        pairs = zip(self._sums(every), other._sums(every), strict=True)
        return self._joined(
            np.concatenate((self.groups, other.groups)),
            np.concatenate((self.lows, other.lows)),
            np.concatenate((self.highs, other.highs)),
            np.minimum(self.digits, other.digits),
            [side_by_side(pair) for pair in pairs],
        )

    def at(self, group: int) -> Self:
        """The cells of one group."""
        first, last = np.searchsorted(self.groups, [group, group + 1]).tolist()
        return self._joined(
            np.zeros(last - first, np.intp),
            self.lows[first:last],
            self.highs[first:last],
            self.digits[group : group + 1],
            [one.between(first, last) for one in self._sums(every=False)],
        )

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move group g to ``index[g]`` of `groups`, merging where they are equal."""
        digits = np.full(groups, DIGITS)
        np.minimum.at(digits, index, self.digits)
        return self._joined(
            index[self.groups], self.lows, self.highs, digits, self._sums(every=False)
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """The area, and a bound on its error from bins of several scores."""
        positive, negative = self.positive.floats(), self.negative.floats()
        several = self.lows < self.highs
        areas, errors = np.full((2, len(self.digits)), np.nan)
        for groups, own in self._places():
            up, down = positive[own], negative[own]
            pairs = up.sum(axis=1) * down.sum(axis=1)
            pairs[pairs == 0.0] = np.nan
            below, tied = np.cumsum(down, axis=1) - down, 0.5 * up * down
            unsure = np.where(several[own], tied, 0.0).sum(axis=1)
            with np.errstate(invalid="ignore"):
                areas[groups] = ((up * below).sum(axis=1) + tied.sum(axis=1)) / pairs
                errors[groups] = unsure / pairs
        return {"auc": areas, "auc_error": errors}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """By DeLong's standard error, on the logit scale; NaN if no pair is ranked wrongly."""
        sums = [one.floats() for one in self._sums(every=True)]
        areas, errors, counts = np.full((3, len(self.digits)), np.nan)
        for groups, own in self._places():
            areas[groups], errors[groups], counts[groups] = delong(*(one[own] for one in sums))
        return {"auc": Bounds(*on_logits(areas, errors, counts, level.confidence), METHOD)}

    def cells(self, group: int = 0) -> Cells:
        """The cells of one group."""
        own = self.groups == group
        lows, highs = self.lows[own], self.highs[own]
        exact = bool((lows == highs).all())
        scores = lows if exact else np.where(lows < highs, 0.5 * lows + 0.5 * highs, lows)
        return Cells(scores, self.positive.floats()[own], self.negative.floats()[own], exact)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Auc):
            return NotImplemented
        return (
            np.array_equal(self.groups, other.groups)
            and np.array_equal(self.lows, other.lows)
            and np.array_equal(self.highs, other.highs)
            and np.array_equal(self.digits, other.digits)
            and self._sums(every=True) == other._sums(every=True)
        )

    __hash__ = None  # type: ignore[assignment]  # equal sums may have different limbs

    def _places(self) -> Iterator[tuple[Codes, Codes]]:
        """The groups of each number of cells n, shape (g,), and the places of these, (g, n).

        Each row is then summed by itself, so that no group changes the last digit of another.
        """
        sizes = np.bincount(self.groups, minlength=len(self.digits))
        starts, order = np.cumsum(sizes) - sizes, np.argsort(sizes, kind="stable")
        distinct, firsts = np.unique(sizes[order], return_index=True)
        for size, groups in zip(distinct.tolist(), np.split(order, firsts[1:]), strict=True):
            if size:
                yield groups, starts[groups, np.newaxis] + np.arange(size)

    def _sums(self, every: bool) -> tuple[ExactSums, ...]:
        """The sums by cell; if `every`, also squares that are equal to others."""
        squares = self.squares
        if every and not squares:
            squares = (self.positive, self.negative, ExactSums.empty(len(self.lows)))
        return self.positive, self.negative, *squares

    @classmethod
    def _joined(
        cls, groups: Codes, lows: Floats, highs: Floats, digits: Ints, sums: Sequence[ExactSums]
    ) -> Self:
        """The state of cells in any order, of which those that share a bin are merged."""
        alone = len(digits) == 1  # usually two runs that are in order, which this sort makes use of
        order = np.argsort(lows, kind="stable") if alone else np.lexsort((lows, groups))
        bins = Binning.of(order, groups, lows, digits, _most_cells(groups, len(digits)))
        joined = [one.at_places(order).by_runs(bins.starts) for one in sums]
        return cls._of_bins(bins, bins.first(lows), bins.largest(highs), joined)

    @classmethod
    def _of_bins(
        cls, bins: Binning, lows: Floats, highs: Floats, sums: Sequence[ExactSums]
    ) -> Self:
        positive, negative, *squares = sums
        return cls(bins.groups, lows, highs, bins.digits, positive, negative, tuple(squares))


def _most_cells(groups: Codes, count: int) -> int:
    """How many cells each of the groups that have rows may have."""
    there = 1 if count == 1 else int(np.count_nonzero(np.bincount(groups)))
    return min(max(_ALL_CELLS // max(there, 1), _FEWEST_CELLS), MOST_CELLS)
