"""Log-sum-exp of logits, so that no digit of a loss is lost, in pieces that fit the cache.

Shapes: n rows, K classes. Logits have shape (K, n) in any memory layout; each row has the same bits
in a batch of any size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.layout import pieces, stored
from ce_cli.kernels.losses import class_sums, first_largest, of_class
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_SMALL = 2.0**-30  # below this, odds are scaled before they are added
_SUBNORMAL = 2.0**-1000  # below this, sums of odds may contain subnormal numbers
_RAISED = 512.0


class Softmax(Record):
    """Logits, and what their rows share, so that no digit is lost.

    Attributes
    ----------
    logits : ndarray, shape (K, n)
        The logits z.
    top : ndarray of int, shape (n,)
        The class of the largest logit.
    largest : ndarray, shape (n,)
        Its logit.
    rest, rest_error : ndarray, shape (n,)
        Sum of the odds e^(z − max z) of all other classes as rounded, and its rounding error.
    squares : ndarray, shape (n,)
        Sum of the squares of these odds.
    """

    logits: Floats
    top: Codes
    largest: Floats
    rest: Floats
    rest_error: Floats
    squares: Floats

    @classmethod
    def of(cls, logits: Floats) -> Softmax:
        """Decompose logits, shape (K, n)."""
        top = first_largest(logits)
        largest = of_class(logits, top)
        rest, rest_error, squares = np.empty((3, logits.shape[1]))
        for piece, odds, spare in _odds(logits, top, largest):
            rest[piece], rest_error[piece] = _sums_and_errors(odds, spare)
            squares[piece] = class_sums(np.multiply(odds, odds, out=spare))
        tiny = np.flatnonzero(rest < _SUBNORMAL)
        if len(tiny):
            rest[tiny] = _tiny_rest(logits[:, tiny], top[tiny], largest[tiny])
        return cls(logits, top, largest, rest, rest_error, squares)

    def losses(self, codes: Codes) -> Floats:
        """logsumexp(z) − z_y as (max z − z_y) + log1p(rest)."""
        shifted, errors = self._shifted(of_class(self.logits, codes), codes == self.top)
        return self._surprisals(shifted, errors)

    def surprisals(self) -> Floats:
        """The losses of each class, shape (K, n)."""
        classes, rows = self.logits.shape
        found = stored(classes, rows)
        for piece in pieces(classes, rows):
            part = self.replace(
                top=self.top[piece],
                largest=self.largest[piece],
                rest=self.rest[piece],
                rest_error=self.rest_error[piece],
            )
            is_top = np.equal.outer(np.arange(classes), part.top)
            found[:, piece] = part._surprisals(*part._shifted(self.logits[:, piece], is_top))
        return found

    def squared_errors(self, codes: Codes) -> Floats:
        """Σ (q_k − p_k)² against the class in `codes`, shape (n,), without cancelling."""
        is_top, total = codes == self.top, 1.0 + self.rest
        shifted, errors = self._shifted(of_class(self.logits, codes), is_top)
        odds = np.exp(shifted)
        odds += odds * errors
        others = np.where(is_top, self.squares, np.maximum(self.squares - odds * odds, 0.0) + 1.0)
        own = np.where(is_top, self.rest, total - odds) / total
        return others / (total * total) + own * own

    def probabilities(self) -> Floats:
        """softmax(z), shape (K, n)."""
        shares = stored(*self.logits.shape)
        for piece, odds, _ in _odds(self.logits, self.top, self.largest):
            np.divide(odds, 1.0 + self.rest[piece], out=shares[:, piece])
        shares[self.top, np.arange(len(self.top))] = 1.0 / (1.0 + self.rest)
        return shares

    def _shifted(self, logits: Floats, is_top: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """The logits minus the largest one as rounded, and its rounding error."""
        with np.errstate(invalid="ignore", over="ignore"):
            shifted = logits - self.largest
            shifted[is_top] = 0.0
            return shifted, _difference_errors(logits, self.largest, shifted)

    def _surprisals(self, shifted: Floats, errors: Floats) -> Floats:
        correction = self.rest_error / (1.0 + self.rest) - errors
        return (np.log1p(self.rest) + correction) - shifted


def _odds(logits: Floats, top: Codes, largest: Floats) -> Iterator[tuple[slice, Floats, Floats]]:
    """The rows and the odds of each piece, shape (K, rows): e^(z − max z), but 0 for the top class.

    They are valid until the next piece is made; the third array is for anything.
    """
    classes, count = logits.shape
    first = next(pieces(classes, count), slice(0, 0))
    buffers = [stored(classes, first.stop) for _ in range(4)]
    exact = True
    for piece in pieces(classes, count):
        size = piece.stop - piece.start
        part, odds, errors, spare = (one[:, :size] for one in buffers)
        np.copyto(part, logits[:, piece])
        at = (top[piece], np.arange(size))
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            np.subtract(part, largest[piece], out=odds)
            odds[at] = 0.0
            exact = exact and _subtracts_exactly(part, largest[piece], errors)
            if exact:
                np.exp(odds, out=odds)
            else:  # mostly so for all other pieces, too
                _difference_errors(part, largest[piece], odds, (errors, spare))
                np.exp(odds, out=odds)
                errors *= odds
                odds += errors
        odds[at] = 0.0
        yield piece, odds, spare


def _subtracts_exactly(logits: Floats, largest: Floats, spare: Floats) -> bool:
    """Whether the differences of all logits are surely float64 numbers, as for most float32.

    They are if all logits are multiples of a power of two that is large enough.
    """
    reach = max(-float(logits.min()), float(largest.max()))
    if not 2.0**-900 < reach < 2.0**900:
        return False
    grid = math.ldexp(1.5, math.frexp(reach)[1] + 2)  # differences are less than half of it
    np.add(logits, grid, out=spare)
    spare -= grid
    return bool((spare == logits).all())


def _sums_and_errors(odds: Floats, cut: Floats) -> tuple[Floats, Floats]:
    """Sums over the classes of numbers of at most 1, and their rounding errors, of shape (n,).

    Each number is cut twice at a fixed bit by adding a power of two, which leaves a whole number of
    units in its last bits. These add up exactly as integers, so in any order. `cut` is for numbers
    in between.
    """
    width = len(odds).bit_length()
    first = min(50, 62 - width)  # bits after the point
    second = first + min(51, 63 - width)
    np.add(odds, math.ldexp(1.5, 52 - first), out=cut)
    high = _whole_sums(cut, math.ldexp(1.5, 52 - first))
    cut -= math.ldexp(1.5, 52 - first)
    np.subtract(odds, cut, out=cut)
    cut += math.ldexp(1.5, 52 - second)
    low = _whole_sums(cut, math.ldexp(1.5, 52 - second))
    rounded = high.astype(np.float64)
    above = rounded * 2.0**-first
    below = (high - rounded.astype(np.int64)) * 2.0**-first + low * 2.0**-second
    sums = above + below
    errors = (above - sums) + below
    small = np.flatnonzero(sums < _SMALL)
    if len(small):
        sums[small], errors[small] = _small_sums_and_errors(odds[:, small])
    return sums, errors


def _small_sums_and_errors(odds: Floats) -> tuple[Floats, Floats]:
    """`_sums_and_errors` where the sum is small: first scaled, so that the largest is near 1."""
    powers = np.minimum(-np.frexp(odds.max(axis=0))[1], 1000)
    zero = ~(odds > 0.0).any(axis=0)
    scaled = np.where(zero, 1.0, np.ldexp(odds, powers))
    found = _sums_and_errors(scaled, np.empty_like(scaled))
    sums, errors = (np.where(zero, 0.0, np.ldexp(one, -powers)) for one in found)
    return sums, errors


def _whole_sums(cut: Floats, power: float) -> NDArray[np.int64]:
    """Sums over the classes of ``cut - power``, in units of the last bit of `power`."""
    start = int(np.float64(power).view(np.int64)) * len(cut)
    wrapped = np.uint64(start % (1 << 64)).view(np.int64)
    whole: NDArray[np.int64] = np.add.reduce(cut.view(np.int64), axis=0) - wrapped
    return whole


def _tiny_rest(logits: Floats, top: Codes, largest: Floats) -> Floats:
    """`Softmax.rest` where the odds are subnormal: rounded once, at the end, not term by term."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted = logits - largest
        shifted[top, np.arange(len(top))] = 0.0
        errors = _difference_errors(logits, largest, shifted)
        # The sum is exact: it needs no digit that the argument lacks.
        raised = np.exp(shifted + _RAISED)
        raised += raised * errors
    raised[top, np.arange(len(top))] = 0.0
    return np.multiply(class_sums(raised), math.exp(-_RAISED))


def _difference_errors(
    minuend: Floats,
    subtrahend: Floats,
    difference: Floats,
    out: tuple[Floats, Floats] | None = None,
) -> Floats:
    """Rounding errors of ``minuend - subtrahend`` (Knuth's two-sum), 0 where it overflowed.

    With `out`, the errors are written to its first array; the second is for numbers in between.
    """
    errors, virtual = out or (np.empty_like(difference), np.empty_like(difference))
    np.subtract(difference, minuend, out=virtual)
    np.subtract(difference, virtual, out=errors)
    np.subtract(minuend, errors, out=errors)
    virtual += subtrahend
    errors -= virtual
    if not np.isfinite(errors.sum()):
        errors[~np.isfinite(errors)] = 0.0
    return errors
