"""Exact sums of float64 values: the same bits however the values are cut, ordered or merged.

A sum is kept as a fixed-point number in base 2**32, one column of limbs for each group. Values
are cut on the grid of the limbs with the error-free extraction of Rump, Ogita and Oishi
("Accurate floating-point summation", SIAM J. Sci. Comput. 31, 2008): adding and subtracting a
power of two leaves the high part as a small whole number of limb units, and such numbers add up
in float64 without rounding. The remainder goes to the next limb until nothing remains.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.record import Record

if TYPE_CHECKING:
    from fractions import Fraction

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]

LIMB_BITS = 32
_SLICE = 1 << 13  # rows whose limb units add up exactly in float64, and fit the cache
_LONGEST = _SLICE << 9  # rows whose slices add up within an int64
_CAPACITY_BITS = 53 - 13  # so one limb can hold values up to 2**40 units
_HUGE = 2.0**900  # above this the extraction constant would overflow
_HUGE_LIMBS = 19  # huge values are scaled by 2**-(19 * 32), a whole number of limbs
_WHOLE_FLOATS = 1 << 53  # every whole number up to here is a float64
_ROOM = 1 << 62  # what an int64 limb may reach before its carries are passed on


class ExactSums(Record):
    """Exact sums, one for each of G groups.

    Attributes
    ----------
    limbs : ndarray of int64, shape (L, G)
        Group g holds ``sum(limbs[i, g] * 2**(32 * (lowest + i)))``.
    lowest : int
        Exponent of the first limb, in limbs.
    bound : int
        No limb is larger than this in absolute value.
    """

    limbs: Ints
    lowest: int = 0
    bound: int = 0

    @classmethod
    def empty(cls, groups: int = 1) -> Self:
        """Sums of nothing: the identity of `merge`."""
        return cls(np.zeros((0, groups), np.int64))

    @classmethod
    def of_counts(cls, counts: Ints) -> Self:
        """Whole numbers, one a group, shape (G,)."""
        return cls(counts[np.newaxis, :], 0, 1 << 53)

    @classmethod
    def of(cls, values: Floats, codes: Codes | None = None, groups: int = 1) -> Self:
        """Sum finite `values`, shape (n,), by `codes`, shape (n,), in ``range(groups)``.

        Raises
        ------
        ValueError
            A value is not finite.
        """
        peak = float(max(values.max(), -values.min())) if len(values) else 0.0
        if not math.isfinite(peak):
            raise ValueError("only finite values have an exact sum")
        if peak >= _HUGE:
            huge = np.abs(values) >= _HUGE
            scaled = np.ldexp(values[huge], -_HUGE_LIMBS * LIMB_BITS)
            high = cls.of(scaled, None if codes is None else codes[huge], groups)
            rest = cls.of(np.where(huge, 0.0, values), codes, groups)
            return cls(high.limbs, high.lowest + _HUGE_LIMBS, high.bound).merge(rest)
        if peak == 0.0:
            return cls.empty(groups)
        if len(values) > _LONGEST:
            first, others = (
                (codes[:_LONGEST], codes[_LONGEST:]) if codes is not None else (None, None)
            )
            later = cls.of(values[_LONGEST:], others, groups)
            return cls.of(values[:_LONGEST], first, groups).merge(later)
        units: dict[int, Ints] = {}
        for start in range(0, len(values), _SLICE):
            part = slice(start, start + _SLICE)
            _extract(values[part], None if codes is None else codes[part], groups, peak, units)
        lowest = min(units)
        limbs = np.zeros((max(units) - lowest + 1, groups), np.int64)
        for place, column in units.items():
            limbs[place - lowest] = column
        return cls(limbs, lowest, -(-len(values) // _SLICE) << 53)._settled()

    def merge(self, other: Self) -> Self:
        """Add two sums group by group: exact, so associative and commutative."""
        if not len(self.limbs):
            return other
        if not len(other.limbs):
            return self
        if self.lowest == other.lowest and len(self.limbs) == len(other.limbs):
            limbs, lowest = self.limbs + other.limbs, self.lowest
        else:
            lowest = min(self.lowest, other.lowest)
            top = max(self.lowest + len(self.limbs), other.lowest + len(other.limbs))
            limbs = np.zeros((top - lowest, self.limbs.shape[1]), np.int64)
            for part in (self, other):
                at = part.lowest - lowest
                limbs[at : at + len(part.limbs)] += part.limbs
        return type(self)(limbs, lowest, self.bound + other.bound)._settled()

    def minus(self, other: Self) -> Self:
        """Subtract another sum, group by group."""
        return self.merge(other.replace(limbs=-other.limbs))

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move group g to ``index[g]`` of `groups`; groups that share an index are added."""
        carried = self._carried()
        limbs = np.zeros((len(carried.limbs), groups), np.int64)
        if len(index) and np.bincount(index).max() == 1:  # no index is shared
            limbs[:, index] = carried.limbs
        else:
            for row, column in zip(limbs, carried.limbs, strict=True):
                np.add.at(row, index, column)
        return type(self)(limbs, carried.lowest, carried.bound * max(1, len(index)))._settled()

    def between(self, first: int, last: int) -> Self:
        """The sums of the groups from `first` up to, but excluding, `last`."""
        return type(self)(self.limbs[:, first:last], self.lowest, self.bound)

    def at_places(self, places: Codes) -> Self:
        """The sums of some of the groups."""
        return type(self)(self.limbs[:, places], self.lowest, self.bound)

    def block(self, group: int, width: int) -> Self:
        """The sums of one group, where each group has `width` of them, one after another."""
        return self.between(group * width, (group + 1) * width)

    def move_blocks(self, index: Codes, groups: int, width: int) -> Self:
        """Like `regroup`, where each group has `width` sums, one after another."""
        cells = (index[:, np.newaxis] * width + np.arange(width)).ravel()
        return self.regroup(cells, groups * width)

    def totals(self) -> list[Fraction]:
        """The sums themselves, one a group, as exact fractions."""
        from fractions import Fraction

        unit = Fraction(2) ** (LIMB_BITS * self.lowest)
        return [whole * unit for whole in self.wholes()]

    def wholes(self) -> list[int]:
        """The sums in units of ``2**(32 * lowest)``: faster than fractions for many groups."""
        total = np.zeros(self.limbs.shape[1], object)
        for row in self.limbs[::-1]:
            total = (total << LIMB_BITS) + row.astype(object)
        return [int(whole) for whole in total]

    def floats(self) -> Floats:
        """The sums rounded once to float64, shape (G,)."""
        if len(self.limbs) <= 1 and np.abs(self.limbs).max(initial=0) < _WHOLE_FLOATS:  # counts
            counts: Floats = np.ldexp(self.limbs.sum(axis=0), LIMB_BITS * self.lowest)
            return counts
        return ratios(self, type(self).of_counts(np.ones(self.limbs.shape[1], np.int64)))

    def near(self) -> Floats:
        """Non-negative sums, accurate to a few units in the last place but faster; shape (G,).

        Equal sums give the same bits.
        """
        carried = self._carried()
        total = np.zeros(carried.limbs.shape[1])
        with np.errstate(over="ignore"):
            for place, row in enumerate(carried.limbs):
                total += np.ldexp(row.astype(np.float64), LIMB_BITS * (carried.lowest + place))
        return total

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ExactSums) and self.totals() == other.totals()

    __hash__ = None  # type: ignore[assignment]  # equal sums may have different limbs

    def _settled(self) -> Self:
        return self if self.bound < _ROOM else self._carried()

    def _carried(self) -> Self:
        """Pass carries up until every limb but the highest lies in [0, 2**32)."""
        if not len(self.limbs):
            return self
        limbs = np.vstack([self.limbs, np.zeros((2, self.limbs.shape[1]), np.int64)])
        for row in range(len(limbs) - 1):
            limbs[row + 1] += limbs[row] >> LIMB_BITS
            limbs[row] &= (1 << LIMB_BITS) - 1
        while len(limbs) > 1 and np.all((limbs[-1] == 0) | (limbs[-1] == -1)):
            limbs[-2] += limbs[-1] << LIMB_BITS  # a highest limb that holds only a sign
            limbs = limbs[:-1]
        return type(self)(limbs, self.lowest, 2 << LIMB_BITS)


def side_by_side(sums: Sequence[ExactSums]) -> ExactSums:
    """The groups of all the sums, one after another."""
    kept = [one for one in sums if len(one.limbs)]
    total = sum(one.limbs.shape[1] for one in sums)
    if not kept:
        return ExactSums.empty(total)
    lowest = min(one.lowest for one in kept)
    top = max(one.lowest + len(one.limbs) for one in kept)
    limbs = np.zeros((top - lowest, total), np.int64)
    at = 0
    for one in sums:
        first = one.lowest - lowest
        limbs[first : first + len(one.limbs), at : at + one.limbs.shape[1]] = one.limbs
        at += one.limbs.shape[1]
    return ExactSums(limbs, lowest, max(one.bound for one in kept))


def ratios(numerators: ExactSums, denominators: ExactSums) -> Floats:
    """Divide group by group, correctly rounded; NaN where the denominator is 0, shape (G,)."""
    shift = LIMB_BITS * (numerators.lowest - denominators.lowest)
    up, down = max(shift, 0), max(-shift, 0)
    pairs = zip(numerators.wholes(), denominators.wholes(), strict=True)
    return np.array([_divide(a << up, b << down) for a, b in pairs], np.float64)


def sum_of_products(
    values: Floats, weights: Floats, codes: Codes | None = None, groups: int = 1
) -> ExactSums:
    """Exact sums of ``weights * values``, both finite and of shape (n,).

    The rounding error of each product is found by Dekker's algorithm (Numer. Math. 18, 1971);
    products too large or too small for it are multiplied as whole numbers.
    """
    product, error = two_product(values, weights)
    size = np.abs(product)
    extreme = ~((size > 2.0**-900) & (size < 2.0**900)) & (values != 0) & (weights != 0)
    extreme |= (np.abs(values) > _HUGE) | (np.abs(weights) > _HUGE)
    if not extreme.any():
        return ExactSums.of(product, codes, groups).merge(ExactSums.of(error, codes, groups))
    plain = ~extreme
    kept = None if codes is None else codes[plain]
    total = ExactSums.of(product[plain], kept, groups)
    total = total.merge(ExactSums.of(error[plain], kept, groups))
    for row in np.flatnonzero(extreme):
        code = 0 if codes is None else int(codes[row])
        total = total.merge(_of_product(float(values[row]), float(weights[row]), code, groups))
    return total


def weighted_sums(values: Floats, weights: Floats | None, cells: Codes, groups: int) -> ExactSums:
    """Exact Σ w·value by cell, for values and cells of shape (K, n) and a weight for each row."""
    if weights is None:
        return ExactSums.of(values.ravel(), cells.ravel(), groups)
    every = np.broadcast_to(weights, values.shape).ravel()
    return sum_of_products(values.ravel(), every, cells.ravel(), groups)


def two_product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Return ``a * b`` rounded and its rounding error (Dekker's product with Veltkamp's split)."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = a * b
        a_high, a_low = _halves(a)
        b_high, b_low = (a_high, a_low) if b is a else _halves(b)
        error = a_high * b_high
        error -= product
        error += a_high * b_low
        error += a_low * b_high
        error += a_low * b_low
    return product, error


def _halves(values: Floats) -> tuple[Floats, Floats]:
    high = values * 134217729.0  # 2**27 + 1
    high -= high - values
    return high, values - high


def _extract(
    values: Floats, codes: Codes | None, groups: int, peak: float, units: dict[int, Ints]
) -> None:
    """Add the limb units of one slice into `units`, from the highest limb down."""
    exponent = math.frexp(peak)[1]
    rest = values
    while len(rest):
        place = -((_CAPACITY_BITS - exponent) // LIMB_BITS)
        anchor = math.ldexp(1.5, 52 + LIMB_BITS * place)
        high = rest + anchor
        high -= anchor
        sums = np.ldexp(_group(high, codes, groups), -LIMB_BITS * place).astype(np.int64)
        units[place] = units[place] + sums if place in units else sums
        rest = np.subtract(rest, high, out=high)
        exponent = LIMB_BITS * place - 1
        unfinished = rest != 0.0
        left = np.count_nonzero(unfinished)
        if not left:
            return
        if 4 * left < len(rest):  # the deeper, the fewer values reach
            rest = rest[unfinished]
            codes = None if codes is None else codes[unfinished]


def _group(values: Floats, codes: Codes | None, groups: int) -> Floats:
    """Plain float64 sums by group; exact here, since the values are multiples of one unit."""
    if codes is None:
        return np.array([values.sum()])
    if groups == 2:
        second = np.dot(values, codes)
        return np.array([values.sum() - second, second])
    return np.bincount(codes, values, groups).astype(np.float64, copy=False)


def _of_product(a: float, b: float, group: int, groups: int) -> ExactSums:
    """The exact product of two floats as sums in which only `group` is not 0."""
    (a_top, a_bottom), (b_top, b_bottom) = a.as_integer_ratio(), b.as_integer_ratio()
    lowest = -(2 * 1088 // LIMB_BITS)  # every product is a multiple of 2**-2148
    whole = (abs(a_top * b_top) << (-LIMB_BITS * lowest)) // (a_bottom * b_bottom)
    sign = 1 if (a_top < 0) == (b_top < 0) else -1
    limbs = np.zeros((-(-whole.bit_length() // LIMB_BITS), groups), np.int64)
    for place in range(len(limbs)):
        limbs[place, group] = sign * (whole >> (LIMB_BITS * place) & ((1 << LIMB_BITS) - 1))
    return ExactSums(limbs, lowest, 1 << LIMB_BITS)


def _divide(numerator: int, denominator: int) -> float:
    if not denominator:
        return float("nan")
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if (numerator < 0) == (denominator < 0) else float("-inf")
