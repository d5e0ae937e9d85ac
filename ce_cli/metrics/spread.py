"""The standard error of the mean loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.error_free import two_product
from ce_cli.kernels.exact import LIMB_BITS, ExactSums
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import STUDENT, Bounds
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]

LARGEST = 2.0**480  # a product of weight and loss that can be squared within range


class Spread(State):
    """Σ w², Σ w²·loss and Σ w²·loss², to twice the digits of a float64.

    Since the rounding errors of the squares are kept, subtracting the mean at the end loses no
    precision, even if all losses are nearly equal. Rows too large to be squared are
    counted in `beyond`.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    weight: ExactSums
    loss: ExactSums
    square: ExactSums
    beyond: ExactSums

    @classmethod
    def why_not(cls, space: LabelSpace) -> None:
        """Never: it applies to all labels."""
        return

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        losses, weights = batch.finite_losses, batch.weights
        beyond = ExactSums.empty(batch.group_count)
        peak = max(map(abs, batch.finite_ends))
        size = np.maximum(np.abs(losses), 1.0) if peak > LARGEST else None
        if weights is not None and len(batch):
            losses = np.where(weights > 0, losses, 0.0)
            with np.errstate(over="ignore"):
                size = np.maximum(np.abs(losses), 1.0) * np.maximum(weights, 1.0)
        if size is not None and size.max() > LARGEST:
            over = size > LARGEST
            beyond = batch.counts(over)
            losses = np.where(over, 0.0, losses)
            weights = None if weights is None else np.where(over, 0.0, weights)
        if weights is None:
            ends = batch.finite_ends if size is None else None
            squares = ExactSums.of_squares(losses, batch.groups, batch.group_count, ends)
            return cls(batch.row_counts, batch.loss_sums, squares, beyond)
        product, error = two_product(weights, losses)
        square, square_error = two_product(product, product)
        mixed, mixed_error = two_product(weights, product)
        return cls(
            sums_of_both(batch, *two_product(weights, weights)),
            sums_of_both(batch, mixed, mixed_error + weights * error),
            sums_of_both(batch, square, square_error + 2.0 * product * error),
            beyond,
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """√( n/(n−1) · Σ w²(loss − mean)² ) / Σ w; NaN for fewer than two rows."""
        loss = states[Loss]
        sums = (loss.rows, loss.weight, loss.loss, self.weight, self.loss, self.square)
        units = [LIMB_BITS * one.lowest for one in sums]
        errors = [
            error_of_ratio(group, units) for group in zip(*(s.wholes() for s in sums), strict=True)
        ]
        endless = (self.beyond.floats() > 0) | (loss.infinite.floats() > 0)
        return {"standard_error": np.where(endless, np.inf, np.array(errors))}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        confidence: float,
    ) -> dict[str, Bounds]:
        """The mean loss ± t · standard error, and the intervals that follow from it."""
        loss = states[Loss]
        errors = figures["standard_error"]
        mean = Bounds.around(loss.mean, errors, loss.rows.floats(), confidence, STUDENT)
        return bounds_of_loss(mean, loss.weight.floats())


# Figures whose interval is that of the mean loss, or follows from it.
FROM_MEAN_LOSS = ("cross_entropy", "total", "perplexity", "bits_per_token")


def bounds_of_loss(mean: Bounds, weight: Floats) -> dict[str, Bounds]:
    """Intervals of the mean loss, its total, its exponential, and in bits."""
    with np.errstate(over="ignore"):
        total = Bounds(mean.low * weight, mean.high * weight, f"{mean.method}, times the weight")
        perplexity = Bounds(np.exp(mean.low), np.exp(mean.high), f"{mean.method}, exponentiated")
    bits = mean.over(LOG_2)
    return dict(zip(FROM_MEAN_LOSS, (mean, total, perplexity, bits), strict=True))


def sums_of_both(batch: Batch, high: Floats, low: Floats) -> ExactSums:
    """Exact Σ by group of products and of their rounding errors, shape (n,) each."""
    sums = ExactSums.of(high, batch.groups, batch.group_count)
    return sums.merge(ExactSums.of(low, batch.groups, batch.group_count))


def error_of_ratio(wholes: tuple[int, ...], units: list[int]) -> float:
    """The standard error from integers and their powers of two; exact except for the last root.

    With m = P / W: Σ w²(x − m)² = A − 2mB + m²C, so its product with W² is A·W² − 2PBW + P²C.
    The same holds for m = Σ w·x / Σ w·y, with Σ w²(x − m·y)².
    """
    rows, weight, loss, c, b, a = wholes
    unit_rows, unit_weight, unit_loss, unit_c, unit_b, unit_a = units
    rows <<= unit_rows
    if rows < 2 or weight <= 0:
        return math.nan
    terms = (
        (a * weight * weight, unit_a + 2 * unit_weight),
        (-2 * loss * b * weight, unit_loss + unit_b + unit_weight),
        (loss * loss * c, 2 * unit_loss + unit_c),
    )
    lowest = min(unit for _, unit in terms)
    numerator = sum(term << (unit - lowest) for term, unit in terms)
    return _root(rows * max(numerator, 0), (rows - 1) * weight**4, lowest - 4 * unit_weight)


def _root(numerator: int, denominator: int, exponent: int) -> float:
    """√(numerator / denominator · 2^exponent) without overflow on the way."""
    if numerator <= 0:
        return 0.0
    shift = 128 - numerator.bit_length() + denominator.bit_length()
    shift += (exponent - shift) % 2
    quotient = (
        (numerator << shift) // denominator if shift >= 0 else numerator // (denominator << -shift)
    )
    try:
        return math.ldexp(math.isqrt(quotient), (exponent - shift) // 2)
    except OverflowError:
        return math.inf
