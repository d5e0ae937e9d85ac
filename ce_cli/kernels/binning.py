"""Scores in the order of groups, each in so many bins at most."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.score_bins import DIGITS, begins, most_digits
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Binning(Record):
    """The order of n scores by group and score, and the bins that they share.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        The places of the scores, in order.
    starts : ndarray of int, shape (m,)
        Where each bin begins in this order.
    groups : ndarray of int, shape (m,)
        The group of each bin.
    digits : ndarray of int, shape (G,)
        How many digits of its scores each group keeps.
    """

    order: Codes
    starts: Codes
    groups: Codes
    digits: Ints

    @classmethod
    def of(cls, order: Codes, groups: Codes, scores: Floats, digits: Ints, most: int) -> Self:
        """As many digits as leave no group more than `most` bins, if it can be.

        Parameters
        ----------
        order : ndarray of int, shape (n,)
            The order by group and score.
        groups, scores : ndarray, shape (n,)
            In any order.
        digits : ndarray of int, shape (G,)
            The most digits that each group may keep.
        most : int
            The number of bins.
        """
        groups, scores = groups[order], scores[order]
        edges = np.searchsorted(groups, np.arange(len(digits) + 1))
        sizes = np.diff(edges)
        digits = _fewer(digits, (sizes > most) & (digits == DIGITS), edges, scores, most)
        first = _first(groups, scores, digits)
        if (sizes > most).any():
            bins = np.bincount(groups[first], minlength=len(digits))
            if (bins > most).any():
                digits = _fewer(digits, bins > most, edges, scores, most)
                first = _first(groups, scores, digits)
        starts = np.flatnonzero(first)
        return cls(order, starts, groups[starts], digits)

    @property
    def _ends(self) -> Codes:
        return np.append(self.starts, len(self.order))

    def codes(self) -> Codes:
        """The bin of each score, shape (n,)."""
        codes = np.empty(len(self.order), np.intp)
        codes[self.order] = np.repeat(np.arange(len(self.starts)), np.diff(self._ends))
        return codes

    def counts(self, chosen: Bools) -> list[ExactSums]:
        """How many of the scores of each bin are chosen, and how many are not."""
        ups = np.diff(np.append(0, np.cumsum(chosen[self.order]))[self._ends])
        wholes = (ups, np.diff(self._ends) - ups)
        return [ExactSums(own[np.newaxis], bound=len(self.order)) for own in wholes]

    def first(self, scores: Floats) -> Floats:
        """The lowest score of each bin, shape (m,)."""
        lowest: Floats = scores[self.order[self.starts]]
        return lowest

    def last(self, scores: Floats) -> Floats:
        """The highest score of each bin, shape (m,)."""
        highest: Floats = scores[self.order[self._ends[1:] - 1]]
        return highest

    def largest(self, values: Floats) -> Floats:
        """The largest of some values of each bin, shape (m,)."""
        largest: Floats = np.maximum.reduceat(values[self.order], self.starts)
        return largest


def _fewer(digits: Ints, groups: Bools, edges: Codes, scores: Floats, most: int) -> Ints:
    """The digits, with no more in some groups than leave them `most` bins."""
    fewer, ends = digits.copy(), edges.tolist()
    for group in np.flatnonzero(groups).tolist():
        own = scores[ends[group] : ends[group + 1]]
        fewer[group] = min(int(digits[group]), most_digits(own, most))
    return fewer


def _first(groups: Codes, scores: Floats, digits: Ints) -> Bools:
    """Whether each score, in the order of groups, is the first of its bin."""
    if len(digits) == 1:
        return begins(scores, int(digits[0]))
    first = begins(scores, digits[groups])
    first[1:] |= groups[1:] != groups[:-1]
    return first
