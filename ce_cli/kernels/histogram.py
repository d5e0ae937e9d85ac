"""A mergeable histogram on a log scale, for quantiles of known relative error.

The bin of a positive float64 is read off its bits: the exponent and the first seven bits of the
fraction, so each power of two is cut into 128 bins. The middle of a bin is within 1/256, or 0.4 %,
of everything in it.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.exact import ExactSums
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

RELATIVE_ERROR = 1.0 / 256.0
_DROPPED_BITS = 52 - 7
_ROUNDING = 1e-12  # of the weight: more than adding up all bins can lose, less than one row has
_STRATUM_BITS = 7  # low bits of a bin number, so that a stratum is a power of two


class LogHistogram(Record):
    """Weights by bin.

    Attributes
    ----------
    lowest : int
        The bin of the first entry.
    bins : ExactSums
        One group for each bin.
    """

    lowest: int
    bins: ExactSums

    @classmethod
    def empty(cls) -> Self:
        """No values: the identity of `merge`."""
        return cls(0, ExactSums.empty(0))

    @classmethod
    def of(cls, values: Floats, weights: Floats | None = None) -> Self:
        """Sort non-negative `values`, shape (n,), into bins; infinity has a bin of its own."""
        if not len(values):
            return cls.empty()
        places = values.view(np.int64) >> _DROPPED_BITS
        lowest, highest = int(places.min()), int(places.max())
        places -= lowest
        size = highest - lowest + 1
        if weights is None:
            counts = np.bincount(places, minlength=size).astype(np.int64, copy=False)
            return cls(lowest, ExactSums.of_counts(counts))
        return cls(lowest, ExactSums.of(weights, places.astype(np.intp, copy=False), size))

    def merge(self, other: Self) -> Self:
        """Join two histograms, bin by bin."""
        if not self._size:
            return other
        if not other._size:
            return self
        if (self.lowest, self._size) == (other.lowest, other._size):
            return type(self)(self.lowest, self.bins.merge(other.bins))
        lowest = min(self.lowest, other.lowest)
        size = max(self.lowest + self._size, other.lowest + other._size) - lowest
        return type(self)(lowest, self._spread(lowest, size).merge(other._spread(lowest, size)))

    def quantiles(self, shares: tuple[float, ...]) -> list[float]:
        """The middle of the bin in which each share of the weight is reached."""
        places = self._places(shares)
        if places is None:
            return [float("nan")] * len(shares)
        return [float(middle) for middle in self.middles[places]]

    def edges(self, shares: tuple[float, ...]) -> list[tuple[float, float]]:
        """The lower and upper edges of these bins."""
        places = self._places(shares)
        if places is None:
            return [(float("nan"), float("nan"))] * len(shares)
        lower, upper = self._edges
        return list(zip(lower[places].tolist(), upper[places].tolist(), strict=True))

    def reweighting(self, values: Floats, weights: Floats) -> tuple[Floats, float]:
        """Factors that give each stratum of a weighted sample the weight that it has here.

        Strata are powers of two (post-stratification: Holt and Smith, "Post stratification",
        J. R. Stat. Soc. A 142, 1979).

        Parameters
        ----------
        values, weights : ndarray, shape (n,)
            The sample.

        Returns
        -------
        tuple of ndarray, shape (n,), and float
            The factors, and the share of the weight in strata that occur in the sample.
        """
        strata = (self.lowest + np.arange(self._size)) >> _STRATUM_BITS
        own = (values + 0.0).view(np.int64) >> (_DROPPED_BITS + _STRATUM_BITS)
        first = int(min(strata.min(), own.min()))
        size = int(max(strata.max(), own.max())) - first + 1
        there = np.bincount(strata - first, self.bins.floats(), size)
        drawn = np.bincount(own - first, weights, size)
        factors = np.divide(there, drawn, out=np.zeros(size), where=drawn > 0)
        return factors[own - first], float(there[drawn > 0].sum() / there.sum())

    @property
    def middles(self) -> Floats:
        """The middle of each bin, shape (bins,)."""
        lower, upper = self._edges
        return np.where((lower == 0) | np.isinf(lower), lower, 0.5 * lower + 0.5 * upper)

    def _places(self, shares: tuple[float, ...]) -> Codes | None:
        """The bin in which each share of the weight is reached; None without weight."""
        weights = self.bins.floats() if self._size else np.zeros(0)
        with np.errstate(over="ignore"):
            reached = np.cumsum(weights)
        if not len(reached) or not 0 < reached[-1] < np.inf:
            return None
        places = np.searchsorted(reached, np.array(shares) * reached[-1] * (1.0 - _ROUNDING))
        found: Codes = np.minimum(places, len(reached) - 1)
        return found

    @property
    def _edges(self) -> tuple[Floats, Floats]:
        """Where each bin begins and ends, shape (bins,) both."""
        edges = np.arange(self.lowest, self.lowest + self._size + 1, dtype=np.int64)
        floats = (edges << _DROPPED_BITS).view(np.float64)
        lower, largest = floats[:-1], np.finfo(np.float64).max
        upper = np.where(np.isfinite(floats[1:]), floats[1:], largest)
        return lower, np.where(np.isinf(lower), lower, upper)

    @property
    def _size(self) -> int:
        return int(self.bins.limbs.shape[1])

    def _spread(self, lowest: int, size: int) -> ExactSums:
        limbs = np.zeros((len(self.bins.limbs), size), np.int64)
        at = self.lowest - lowest
        limbs[:, at : at + self._size] = self.bins.limbs
        return ExactSums(limbs, self.bins.lowest, self.bins.bound)
