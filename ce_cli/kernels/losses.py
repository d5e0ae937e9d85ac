"""The loss of a row: the surprisal of a hard label, in nats, for each form of prediction.

Shapes: n rows, K classes. Predictions of K classes have shape (K, n); labels are class codes,
shape (n,). Losses have shape (n,) and may be infinite; missing values must have been removed
before.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.layout import NARROW, class_rows

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

LOG_2 = 0.6931471805599453


def of_class(matrix: Floats, codes: Codes) -> Floats:
    """Pick ``matrix[codes[i], i]`` for every row i."""
    return matrix[codes, np.arange(matrix.shape[1])]


def surprisal(probability: Floats) -> Floats:
    """−log q, infinite at 0."""
    with np.errstate(divide="ignore"):
        return 0.0 - np.log(probability)  # subtract, so that a certain outcome costs 0 and not −0


def surprisal_bounds(clip: float) -> tuple[float, float]:
    """−log(1 − clip) and −log clip: what q within [clip, 1 − clip] costs at least and at most.

    The surprisals are bounded, not q, since 1 − clip is rounded, to 1 if the clip is tiny.
    """
    most = float(surprisal(np.array([clip]))[0])  # the same bits as when computed in an array
    return -math.log1p(-clip), most


def bounded_surprisals(surprisals: Floats, clip: float) -> Floats:
    """Surprisals of any shape after clipping the probabilities; 0 clips nothing."""
    return np.clip(surprisals, *surprisal_bounds(clip)) if clip else surprisals


def finite_surprisals(surprisals: Floats, clip: float) -> Floats:
    """Surprisals in which a probability of exactly 0, and no other, is clipped; 0 clips none."""
    if not clip or not np.isinf(surprisals).any():
        return surprisals
    return np.where(np.isinf(surprisals), surprisal_bounds(clip)[1], surprisals)


def binary_probability_losses(probability: Floats, positive: Codes) -> Floats:
    """−log q where `positive` is 1 and −log(1 − q) where it is 0, shape (n,).

    With the probability c of what happened, which is q or 1 − q as rounded, and its rounding error
    e, the loss is −(log c + e / c). The error is exact (Dekker's fast two-sum), and the terms that
    this omits are below the rounding of the sum, so that no digit is lost for small q.
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


def first_largest(matrix: Floats, order: tuple[int, ...] = ()) -> Codes:
    """The class with the largest value in each row, shape (n,).

    On a tie, the class that is first in `order`, which has all codes; without it, the first code.
    """
    if len(matrix) > NARROW:
        first: Codes = matrix.argmax(axis=0)
        return _settled(matrix, first, order) if order else first
    codes = order or range(len(matrix))
    largest = matrix[codes[0]].copy()
    top = np.zeros(len(largest), np.intp)
    for place in range(1, len(matrix)):
        values = matrix[codes[place]]
        higher = values > largest
        np.maximum(top, higher * np.intp(place), out=top)
        np.maximum(largest, values, out=largest)
    return np.array(order, np.intp)[top] if order else top


def _settled(matrix: Floats, first: Codes, order: tuple[int, ...]) -> Codes:
    """The codes in `first`, with ties settled by `order`."""
    largest = matrix == of_class(matrix, first)
    if np.count_nonzero(largest) > len(first):
        tied = np.flatnonzero(largest.sum(axis=0) > 1)
        codes = np.array(order, np.intp)
        first[tied] = codes[matrix[:, tied][codes].argmax(axis=0)]
    return first


def class_sums(matrix: Floats) -> Floats:
    """Sum over the classes of each row, shape (n,), pairwise, so that rounding hardly grows with K.

    A row has the same sum in a batch of any size and in any memory layout. `numpy.sum` has that
    property only along contiguous numbers, as `class_rows` gives them. What is infinite or not a
    number becomes so without a warning, since it is reported by its row.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if len(matrix) > NARROW:
            return np.concatenate([np.add.reduce(rows, axis=1) for _, rows in class_rows(matrix)])
        while len(matrix) > 1:
            half = (len(matrix) + 1) // 2
            folded = matrix[:half].copy()
            folded[: len(matrix) - half] += matrix[half:]
            matrix = folded
    total: Floats = matrix[0]
    return total


def _select(where_one: Floats, where_zero: Floats, codes: Codes) -> Floats:
    """Select by bit operations: several times as fast as `numpy.where` on mixed labels."""
    one, zero = where_one.view(np.int64), where_zero.view(np.int64)
    chosen = one ^ zero
    chosen &= -codes.astype(np.int64, copy=False)
    chosen ^= zero
    return chosen.view(np.float64)
