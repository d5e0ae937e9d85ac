"""The loss of a row: the surprisal of a hard label, in nats, for each form of prediction.

Shapes: n rows, K classes. Predictions of K classes are class-major, shape (K, n), so that every
step runs along the rows; labels are class codes, shape (n,). Losses have shape (n,) and may be
infinite; missing values must have been removed before.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LOG_2 = 0.6931471805599453

_SUBNORMAL = 2.0**-1000  # below this, sums of odds may contain subnormal numbers
_RAISED = 512.0


def of_class(matrix: Floats, codes: Codes) -> Floats:
    """Pick ``matrix[codes[i], i]`` for every row i."""
    return matrix[codes, np.arange(matrix.shape[1])]


def surprisal(probability: Floats) -> Floats:
    """−log q, infinite at 0."""
    with np.errstate(divide="ignore"):
        return 0.0 - np.log(probability)  # subtract, so that a certain outcome costs 0 and not −0


def binary_probability_losses(probability: Floats, positive: Codes) -> Floats:
    """−log q where `positive` is 1 and −log(1 − q) where it is 0, shape (n,).

    With the probability c of what happened, which is q or 1 − q as rounded, and its rounding error
    e, the loss is −(log c + e / c). This omits less than e², so that no digit is lost for small q,
    and it takes one logarithm. The error is exact (Dekker's fast two-sum).
    """
    rest = 1.0 - positive
    happened = rest - probability
    errors = rest - happened
    errors -= probability
    np.abs(happened, out=happened)
    with np.errstate(divide="ignore", invalid="ignore"):
        errors /= happened
        np.log(happened, out=happened)
    if np.isnan(errors.min(initial=0.0)):  # 0 / 0, where what happened was impossible
        errors[np.isnan(errors)] = 0.0
    happened += errors
    return np.subtract(0.0, happened, out=happened)


def binary_logit_losses(logit: Floats, positive: Codes) -> Floats:
    """softplus(−z) where `positive` is 1, softplus(z) where it is 0, shape (n,)."""
    against = logit * (1.0 - 2.0 * positive)
    tail = np.log1p(np.exp(-np.abs(against)))
    return np.add(np.maximum(against, 0.0), tail, out=tail)


def binary_logprob_losses(logprob: Floats, positive: Codes) -> Floats:
    """−log q where `positive` is 1, −log(1 − q) where it is 0, from log q, shape (n,).

    The switch at −log 2 follows Mächler, "Accurately computing log(1 − exp(−|a|))" (2012).
    """
    with np.errstate(divide="ignore"):
        near = np.log(-np.expm1(np.maximum(logprob, -LOG_2)))
        far = np.log1p(-np.exp(np.minimum(logprob, -LOG_2)))
    other = np.where(logprob > -LOG_2, near, far)
    return 0.0 - _select(logprob, other, positive)


def log_of_complement(logprob: Floats) -> Floats:
    """log(1 − q) from log q, −inf where q is 1; of any shape."""
    return 0.0 - binary_logprob_losses(logprob, np.zeros(logprob.shape, np.intp))


class Softmax(Record):
    """Logits, decomposed so that no digit is lost.

    Attributes
    ----------
    shifted, shifted_errors : ndarray, shape (K, n)
        z − max z as rounded, and its rounding error.
    top : ndarray of int, shape (n,)
        The class of the largest logit.
    odds : ndarray, shape (K, n)
        e^(z − max z), with 0 for the top class, whose odds are 1.
    rest, rest_error : ndarray, shape (n,)
        Sum of `odds` as rounded, and its rounding error.
    """

    shifted: Floats
    shifted_errors: Floats
    top: Codes
    odds: Floats
    rest: Floats
    rest_error: Floats

    @classmethod
    def of(cls, logits: Floats) -> Softmax:
        """Decompose logits, shape (K, n)."""
        top = first_largest(logits)
        largest = of_class(logits, top)
        rows = np.arange(logits.shape[1])
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            shifted = logits - largest
            shifted[top, rows] = 0.0
            errors = _difference_errors(logits, largest, shifted)
            odds = np.exp(shifted)
            correction = odds * errors
        odds += correction
        odds[top, rows] = 0.0
        rest, rest_error = _class_sums_and_errors(odds)
        if len(rest) and rest.min() < _SUBNORMAL:
            few = np.flatnonzero(rest < _SUBNORMAL)
            rest[few] = _tiny_odds(shifted[:, few], errors[:, few], top[few])
        return cls(shifted, errors, top, odds, rest, rest_error)

    def losses(self, codes: Codes) -> Floats:
        """logsumexp(z) − z_y as (max z − z_y) + log1p(rest)."""
        correction = self.rest_error / (1.0 + self.rest) - of_class(self.shifted_errors, codes)
        return (np.log1p(self.rest) + correction) - of_class(self.shifted, codes)

    def probabilities(self) -> Floats:
        """softmax(z), shape (K, n)."""
        shares = self.odds / (1.0 + self.rest)
        shares[self.top, np.arange(len(self.top))] = 1.0 / (1.0 + self.rest)
        return shares


def first_largest(matrix: Floats) -> Codes:
    """The class with the largest value in each row, the first one on a tie, shape (n,)."""
    largest = matrix[0].copy()
    top = np.zeros(len(largest), np.intp)
    for code in range(1, len(matrix)):
        higher = matrix[code] > largest
        np.maximum(top, higher * np.intp(code), out=top)
        np.maximum(largest, matrix[code], out=largest)
    return top


def class_sums(matrix: Floats) -> Floats:
    """Sum over the classes of each row, shape (n,), pairwise, so that rounding hardly grows with K.

    `numpy.sum` would add in a different order, and so give different bits, if a batch had only one
    row or a different memory layout.
    """
    while len(matrix) > 1:
        half = (len(matrix) + 1) // 2
        folded = matrix[:half].copy()
        folded[: len(matrix) - half] += matrix[half:]
        matrix = folded
    total: Floats = matrix[0]
    return total


def _tiny_odds(shifted: Floats, errors: Floats, top: Codes) -> Floats:
    """`Softmax.rest` where the odds are subnormal: rounded once, at the end, not term by term."""
    raised = np.exp(
        shifted + _RAISED
    )  # the sum is exact: it needs no digit that the argument lacks
    raised += raised * errors
    raised[top, np.arange(len(top))] = 0.0
    return np.multiply(class_sums(raised), math.exp(-_RAISED))


def _class_sums_and_errors(matrix: Floats) -> tuple[Floats, Floats]:
    """`class_sums` of terms of at most 1, and their rounding errors, each of shape (n,)."""
    errors = np.zeros(matrix.shape[1])
    while len(matrix) > 1:
        half = (len(matrix) + 1) // 2
        folded = matrix[:half].copy()
        former, added = matrix[: len(matrix) - half], matrix[half:]
        sums = folded[: len(added)]
        sums += added
        errors += class_sums(_difference_errors(former, -added, sums))
        matrix = folded
    return matrix[0], errors


def _difference_errors(minuend: Floats, subtrahend: Floats, difference: Floats) -> Floats:
    """Rounding errors of ``minuend - subtrahend`` (Knuth's two-sum), 0 where it overflowed."""
    virtual = difference - minuend
    errors = difference - virtual
    np.subtract(minuend, errors, out=errors)
    virtual += subtrahend
    errors -= virtual
    if not np.isfinite(errors.sum()):
        errors[~np.isfinite(errors)] = 0.0
    return errors


def _select(where_one: Floats, where_zero: Floats, codes: Codes) -> Floats:
    """Select by bit operations: several times as fast as `numpy.where` on mixed labels."""
    one, zero = where_one.view(np.int64), where_zero.view(np.int64)
    chosen = one ^ zero
    chosen &= -codes.astype(np.int64, copy=False)
    chosen ^= zero
    return chosen.view(np.float64)
