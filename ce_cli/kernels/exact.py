"""Exact sums of float64 values: the same bits however the values are cut, ordered or merged.

A sum is kept as a fixed-point number in base 2**32, one column of limbs for each group. Values
are cut by the error-free extraction of Rump, Ogita and Oishi ("Accurate floating-point
summation", SIAM J. Sci. Comput. 31, 2008): adding a large constant, the anchor, rounds a value to
a whole number of units, and such numbers add up without rounding. The remainder is cut in smaller
units, until nothing remains.

Without groups, the units are never taken out of the sums value + anchor: floats between two powers
of two are as far apart as the integers of their bits, so that the sum of those integers, less that
of the anchors, is the sum of the units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.error_free import two_product
from ce_cli.kernels.rounding import Doubles, rounded_quotients
from ce_cli.record import Record

if TYPE_CHECKING:
    from fractions import Fraction

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LIMB_BITS = 32
_LIMB = (1 << LIMB_BITS) - 1
_SLICE_BITS = 16  # binary digits of the length of a slice: values that fit the cache
_INTEGER_BITS = 62  # of the sum of the units of a slice, in an int64
_FLOAT_BITS = 53  # of the sum of the units of a slice, in a float64
_UNIT_BITS = 51  # of the units of a value, so that its sum with the anchor keeps the exponent
_SLICES = 1 << 7  # slices that are summed by group before a limb could overflow
_LEAST_UNIT = -1074  # every float64 is a whole number of 2**-1074
_SAFE_TO_SQUARE = 2.0**-480  # the rounding errors of squares of larger numbers do not underflow
_PROBED = 32  # values that usually show whether there is a remainder
_HUGE = 2.0**900  # above this the extraction constant would overflow
_HUGE_LIMBS = 19  # huge values are scaled by 2**-(19 * 32), a whole number of limbs
_WHOLE_FLOATS = 1 << 53  # every whole number up to here is a float64
_MANY = 256  # groups from which on double-doubles are faster than whole numbers
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
    def of_wholes(cls, wholes: Sequence[int], unit: int = 0) -> Self:
        """Whole numbers of ``2**unit``, one a group."""
        lowest, shift = divmod(unit, LIMB_BITS)
        wholes = [whole << shift for whole in wholes]
        highest = max(whole.bit_length() for whole in wholes) // LIMB_BITS
        limbs = [
            [whole >> place * LIMB_BITS & _LIMB for whole in wholes] for place in range(highest)
        ]
        limbs.append([whole >> highest * LIMB_BITS for whole in wholes])
        return cls(np.array(limbs, np.int64), lowest, 1 << LIMB_BITS)

    @classmethod
    def of_counts(cls, counts: Ints) -> Self:
        """Whole numbers, one a group, shape (G,)."""
        return cls(counts[np.newaxis, :], 0, 1 << 53)

    @classmethod
    def of(
        cls,
        values: Floats,
        codes: Codes | None = None,
        groups: int = 1,
        ends: tuple[float, float] | None = None,
    ) -> Self:
        """Sum finite `values`, shape (n,), by `codes`, shape (n,), in ``range(groups)``.

        If they are known, `ends` gives the smallest and the largest value; the sum is wrong if
        these are.

        Raises
        ------
        ValueError
            A value is not finite, or there are several groups and no codes.
        """
        if codes is None and groups != 1:
            raise ValueError("several groups need codes")
        if not len(values):
            return cls.empty(groups)
        low, peak = _range_of(values, ends)
        if peak >= _HUGE:
            huge = np.abs(values) >= _HUGE
            scaled = np.ldexp(values[huge], -_HUGE_LIMBS * LIMB_BITS)
            large = cls.of(scaled, None if codes is None else codes[huge], groups)
            rest = cls.of(np.where(huge, 0.0, values), codes, groups)
            return cls(large.limbs, large.lowest + _HUGE_LIMBS, large.bound).merge(rest)
        if peak == 0.0:
            return cls.empty(groups)
        return cls._of(values, codes, groups, peak, _finest(low))

    @classmethod
    def of_squares(
        cls,
        values: Floats,
        codes: Codes | None = None,
        groups: int = 1,
        ends: tuple[float, float] | None = None,
    ) -> Self:
        """Sum the squares of `values` of at most 2**480 in absolute value, as `of` sums values.

        Squares are exact, unless they are so small that their rounding errors underflow.
        """
        if not len(values):
            return cls.empty(groups)
        low, peak = _range_of(values, ends)
        square, error = two_product(values, values)
        squares = cls.of(square, codes, groups, (0.0 if low <= 0.0 else low * low, peak * peak))
        half_unit = math.ldexp(1.0, max(math.frexp(peak * peak)[1] - 54, _LEAST_UNIT))
        finest = 2 * _finest(low) if low > _SAFE_TO_SQUARE else _LEAST_UNIT
        return squares.merge(cls._of(error, codes, groups, half_unit, max(finest, _LEAST_UNIT)))

    @classmethod
    def _of(
        cls, values: Floats, codes: Codes | None, groups: int, peak: float, finest: int
    ) -> Self:
        """Sum multiples of ``2**finest`` of at most `peak`, which is above 0."""
        if codes is None or groups == 2:
            return cls.of_wholes(*_whole_sums(values, codes, peak, finest))
        length = max(_SLICE_BITS, groups.bit_length())
        if len(values) > _SLICES << length:
            at = _SLICES << length
            later = cls._of(values[at:], codes[at:], groups, peak, finest)
            return cls._of(values[:at], codes[:at], groups, peak, finest).merge(later)
        units: dict[int, Ints] = {}
        for start in range(0, len(values), 1 << length):
            part = slice(start, start + (1 << length))
            for unit, anchor, shifted, own in _cut(
                values[part], codes[part], peak, finest, min(_FLOAT_BITS - length, _UNIT_BITS)
            ):
                assert own is not None
                sums = np.bincount(own, shifted - anchor, groups)
                _add_units(units, unit, sums.astype(np.float64, copy=False))
        lowest = min(units)
        limbs = np.zeros((max(units) - lowest + 1, groups), np.int64)
        for place, column in units.items():
            limbs[place - lowest] = column
        return cls(limbs, lowest, (len(values) >> length) + 1 << 54)._settled()

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
        once = not len(index) or np.bincount(index).max() == 1
        own = self if once else self._carried()
        limbs = np.zeros((len(own.limbs), groups), np.int64)
        if once:  # no index is shared
            limbs[:, index] = own.limbs
            return type(self)(limbs, own.lowest, own.bound)
        for row, column in zip(limbs, own.limbs, strict=True):
            if groups == 1:
                row[0] = column.sum()
            else:
                np.add.at(row, index, column)
        return type(self)(limbs, own.lowest, own.bound * len(index))._settled()

    def shifted(self, limbs: int) -> Self:
        """The sums times ``2**(32 * limbs)``, exactly."""
        return type(self)(self.limbs, self.lowest + limbs, self.bound) if len(self.limbs) else self

    def between(self, first: int, last: int) -> Self:
        """The sums of the groups from `first` up to, but excluding, `last`."""
        return type(self)(self.limbs[:, first:last], self.lowest, self.bound)

    def at_places(self, places: Codes) -> Self:
        """The sums of some of the groups."""
        return type(self)(self.limbs[:, places], self.lowest, self.bound)

    def by_runs(self, starts: Codes) -> Self:
        """The sums of groups that follow each other: from each of `starts` up to the next one."""
        count = self.limbs.shape[1]
        if len(starts) == count:
            return self
        longest = int(np.diff(starts, append=count).max())
        own = self if self.bound * longest < _ROOM else self._carried()
        limbs = np.add.reduceat(own.limbs, starts, axis=1)
        return type(self)(limbs, own.lowest, own.bound * longest)._settled()

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

    def doubles(self) -> tuple[Doubles | None, Bools]:
        """The sizes of the sums as double-doubles, and where they are negative, shape (G,).

        None where the limbs are too many for that.
        """
        carried = self._carried()
        negative = carried.limbs[-1:].min(axis=0, initial=0) < 0
        if negative.any():
            sizes = np.where(negative, -carried.limbs, carried.limbs)
            carried = carried.replace(limbs=sizes)._carried()
        return Doubles.of_limbs(carried.limbs, carried.lowest), negative

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
    if numerators.limbs.shape[1] < _MANY:
        return _whole_ratios(numerators, denominators)
    dividends, negative = numerators.doubles()
    divisors, below = denominators.doubles()
    if dividends is None or divisors is None:
        return _whole_ratios(numerators, denominators)
    values, certain = rounded_quotients(dividends, divisors)
    np.negative(values, out=values, where=negative)
    left = np.flatnonzero(~certain | below)
    values[left] = _whole_ratios(numerators.at_places(left), denominators.at_places(left))
    return values


def _whole_ratios(numerators: ExactSums, denominators: ExactSums) -> Floats:
    """The same by division of whole numbers of any size, group by group."""
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


def _whole_sums(
    values: Floats, codes: Codes | None, peak: float, finest: int
) -> tuple[list[int], int]:
    """The sum of all values, or of those of codes 0 and 1, in units of 2 to the power returned."""
    total, second, lowest = 0, 0, 0
    for start in range(0, len(values), 1 << _SLICE_BITS):
        part = slice(start, start + (1 << _SLICE_BITS))
        own_codes = None if codes is None else codes[part]
        bits = min(_INTEGER_BITS - _SLICE_BITS, _UNIT_BITS)
        for unit, anchor, shifted, own in _cut(values[part], own_codes, peak, finest, bits):
            if unit < lowest:
                total <<= lowest - unit
                second <<= lowest - unit
                lowest = unit
            integers = shifted.view(np.int64)
            total += _units(integers, len(integers), anchor) << (unit - lowest)
            if own is not None:
                chosen = integers & np.negative(own)
                second += _units(chosen, int(np.count_nonzero(own)), anchor) << (unit - lowest)
    return [total] if codes is None else [total - second, second], lowest


def _cut(
    values: Floats, codes: Codes | None, peak: float, finest: int, bits: int
) -> Iterator[tuple[int, float, Floats, Codes | None]]:
    """Cut one slice into units, from the largest down, until nothing remains.

    Parameters
    ----------
    values, codes : ndarray, shape (n,)
        Finite values, and the codes of their groups.
    peak : float
        No value is larger in absolute value.
    finest : int
        All values are multiples of ``2**finest``.
    bits : int
        Binary digits of the largest number of units; at most `_UNIT_BITS`.

    Yields
    ------
    unit : int
        The unit is ``2**unit``.
    anchor : float
        ``1.5 * 2**(52 + unit)``.
    shifted : ndarray
        The remainders of some values, rounded to the unit, plus the anchor; valid until the next
        ones are asked for.
    codes : ndarray or None
        Their codes.
    """
    exponent, rest = math.frexp(peak)[1], values
    while True:
        unit = max(exponent - bits, _LEAST_UNIT)
        anchor = math.ldexp(1.5, 52 + unit)
        shifted = rest + anchor
        yield unit, anchor, shifted, codes
        if unit <= finest:
            return
        shifted -= anchor
        rest = np.subtract(rest, shifted, out=shifted)
        exponent = unit - 1
        if rest[:_PROBED].any():
            continue
        left = np.flatnonzero(rest != 0.0)  # much faster than of floats
        if not len(left):
            return
        if 4 * len(left) < len(rest):  # the deeper, the fewer values reach
            rest = rest[left]
            codes = None if codes is None else codes[left]


def _range_of(values: Floats, ends: tuple[float, float] | None) -> tuple[float, float]:
    """The smallest value, and the largest absolute value, which has to be finite."""
    low, high = ends or (float(values.min()), float(values.max()))
    peak = max(high, -low)
    if not math.isfinite(peak):
        raise ValueError("only finite values have an exact sum")
    return low, peak


def _finest(low: float) -> int:
    """A power of two of which all values from `low` on are multiples."""
    return max(math.frexp(low)[1] - 53, _LEAST_UNIT) if low > 0.0 else _LEAST_UNIT


def _units(integers: Ints, count: int, anchor: float) -> int:
    """The units of `count` sums value + anchor, from the integers of their bits."""
    one = int(np.float64(anchor).view(np.int64))
    total = int(np.add.reduce(integers)) - count * one  # correct modulo 2**64
    return (total + (1 << 63)) % (1 << 64) - (1 << 63)


def _add_units(sums: dict[int, Ints], unit: int, counts: Floats) -> None:
    """Add whole numbers of ``2**unit``, given as multiples of it, to limbs by their place."""
    place, shift = divmod(unit, LIMB_BITS)
    units = np.ldexp(counts, -unit).astype(np.int64)
    low = (units & _LIMB) << shift
    high = ((units >> LIMB_BITS) << shift) + (low >> LIMB_BITS)
    for at, column in ((place, low & _LIMB), (place + 1, high)):
        sums[at] = sums[at] + column if at in sums else column


def _of_product(a: float, b: float, group: int, groups: int) -> ExactSums:
    """The exact product of two floats as sums in which only `group` is not 0."""
    (a_top, a_bottom), (b_top, b_bottom) = a.as_integer_ratio(), b.as_integer_ratio()
    lowest = -(2 * 1088 // LIMB_BITS)  # every product is a multiple of 2**-2148
    whole = (abs(a_top * b_top) << (-LIMB_BITS * lowest)) // (a_bottom * b_bottom)
    sign = 1 if (a_top < 0) == (b_top < 0) else -1
    limbs = np.zeros((-(-whole.bit_length() // LIMB_BITS), groups), np.int64)
    for place in range(len(limbs)):
        limbs[place, group] = sign * (whole >> (LIMB_BITS * place) & _LIMB)
    return ExactSums(limbs, lowest, 1 << LIMB_BITS)


def _divide(numerator: int, denominator: int) -> float:
    if not denominator:
        return float("nan")
    try:
        return numerator / denominator
    except OverflowError:
        return float("inf") if (numerator < 0) == (denominator < 0) else float("-inf")
