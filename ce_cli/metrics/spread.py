"""The standard error of the mean loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import LARGEST_TO_SQUARE, Batch
from ce_cli.kernels.error_free import two_product
from ce_cli.kernels.exact import LIMB_BITS, ExactSums
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.moments import Cubes, effective_count
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]

_WEIGHTED_BITS = 98  # to which weighted squares are known


class Spread(State):
    """Σ w², Σ w²·loss and Σ w²·loss², to twice the digits of a float64, and Σ w³·loss³.

    Since the rounding errors of the squares are kept, subtracting the mean at the end loses no
    precision, even if all losses are nearly equal. Rows too large to be squared are
    counted in `beyond`.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss,)

    weight: ExactSums
    loss: ExactSums
    square: ExactSums
    beyond: ExactSums
    cubes: Cubes

    @classmethod
    def why_not(cls, space: LabelSpace) -> None:
        """Never: it applies to all labels."""
        return

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        none = ExactSums.empty(groups)
        return cls(none, none, none, none, Cubes.empty(groups, space))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        losses, weights = batch.finite_losses, batch.weights
        beyond = ExactSums.empty(batch.group_count)
        peak = max(map(abs, batch.finite_ends))
        size = np.maximum(np.abs(losses), 1.0) if peak > LARGEST_TO_SQUARE else None
        if weights is not None and len(batch):
            losses = np.where(weights > 0, losses, 0.0)
            with np.errstate(over="ignore"):
                size = np.maximum(np.abs(losses), 1.0) * np.maximum(weights, 1.0)
        if size is not None and size.max() > LARGEST_TO_SQUARE:
            over = size > LARGEST_TO_SQUARE
            beyond = batch.counts(over)
            losses = np.where(over, 0.0, losses)
            weights = None if weights is None else np.where(over, 0.0, weights)
        ends = batch.finite_ends if size is None else None
        cubes = Cubes.of_rows(batch.replace(weights=weights), losses, ends)
        if weights is None:
            squares = batch.loss_squares
            if size is not None:
                squares = ExactSums.of_squares(losses, batch.groups, batch.group_count)
            return cls(batch.row_counts, batch.loss_sums, squares, beyond, cubes)
        product, error = two_product(weights, losses)
        square, square_error = two_product(product, product)
        mixed, mixed_error = two_product(weights, product)
        return cls(
            sums_of_both(batch, *two_product(weights, weights)),
            sums_of_both(batch, mixed, mixed_error + weights * error),
            sums_of_both(batch, square, square_error + 2.0 * product * error),
            beyond,
            cubes,
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """√( n/(n−1) · Σ w²(loss − mean)² ) / Σ w; NaN for fewer than two rows."""
        loss = states[Loss]
        sums = (loss.weight, self.weight, loss.weight, loss.loss, self.weight, self.loss)
        errors = errors_of_ratios(*sums, self.square)
        endless = (self.beyond.floats() > 0) | (loss.infinite.floats() > 0)
        return {"standard_error": np.where(endless, np.inf, errors)}

    def effective(self, loss: Loss) -> Floats:
        """Kish's number n of rows, by group."""
        count = effective_count(loss.weight.floats(), self.weight.floats())
        beyond = self.beyond.floats() > 0
        count[beyond] = np.nan
        unknown = ~beyond & (~np.isfinite(count) | (count == 0.0))  # Σ w² beyond the floats
        for group in np.flatnonzero(unknown).tolist():
            weight, square = (
                one.between(group, group + 1).totals()[0] for one in (loss.weight, self.weight)
            )
            count[group] = float(weight * weight / square) if square else np.nan
        return count

    def skewness(self, loss: Loss, errors: Floats | None = None) -> Floats:
        """Σ (w·(loss − mean))³ / (Σ (w·(loss − mean))²)^(3/2), by group.

        `errors` are the standard errors, if they are known.
        """
        count, weight = self.effective(loss), loss.weight.floats()
        if errors is None:
            errors = self.figures(States({Loss: loss}))["standard_error"]
        with np.errstate(all="ignore"):
            squares = (errors * weight) ** 2 * ((count - 1.0) / count)
        sums = (self.weight, self.loss, self.square)
        return self.cubes.skewness(loss.mean, squares, loss.weight, sums)

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """The interval of the mean loss, and the intervals that follow from it."""
        loss = states[Loss]
        errors = figures["standard_error"]
        count, skewness = self.effective(loss), self.skewness(loss, errors)
        mean = Bounds.of_mean(loss.mean, errors, count, skewness, level)
        return bounds_of_loss(mean, loss.weight.floats())


# Figures whose interval is that of the mean loss, or follows from it.
FROM_MEAN_LOSS = ("cross_entropy", "total", "perplexity", "bits_per_token")


def bounds_of_loss(mean: Bounds, weight: Floats) -> dict[str, Bounds]:
    """Intervals of the mean loss, its total, its exponential, and in bits."""
    with np.errstate(over="ignore"):
        total = Bounds(mean.low * weight, mean.high * weight, f"{mean.method}, times the weight")
        perplexity = Bounds(np.exp(mean.low), np.exp(mean.high), f"{mean.method}, exponentiated")
    bits = mean.over(LOG_2).replace(counts=None, skewness=None)
    return dict(zip(FROM_MEAN_LOSS, (mean, total, perplexity, bits), strict=True))


def sums_of_both(batch: Batch, high: Floats, low: Floats) -> ExactSums:
    """Exact Σ by group of products and of their rounding errors, shape (n,) each."""
    sums = ExactSums.of(high, batch.groups, batch.group_count)
    return sums.merge(ExactSums.of(low, batch.groups, batch.group_count))


def errors_of_ratios(
    weight: ExactSums,
    squared_weight: ExactSums,
    divisor: ExactSums,
    loss: ExactSums,
    divisor_square: ExactSums,
    cross: ExactSums,
    square: ExactSums,
) -> Floats:
    """The standard error of m = Σ w·x / Σ w·y by group; exact except for the last root.

    Parameters
    ----------
    weight, squared_weight : ExactSums
        W = Σ w and V = Σ w², of which n = W²/V.
    divisor, loss : ExactSums
        D = Σ w·y and P = Σ w·x; y is 1 for a mean.
    divisor_square, cross, square : ExactSums
        C = Σ w²·y², B = Σ w²·x·y and A = Σ w²·x².

    Notes
    -----
    √( n/(n−1) · Σ w²(x − m·y)² ) / D, where the sum is A − 2mB + m²C = (A·D² − 2PBD + P²C) / D².
    """
    sums = (weight, squared_weight, divisor, loss, divisor_square, cross, square)
    units = [LIMB_BITS * one.lowest for one in sums]
    wholes = zip(*(one.wholes() for one in sums), strict=True)
    return np.array([_error_of_ratio(group, units) for group in wholes])


def _error_of_ratio(wholes: tuple[int, ...], units: list[int]) -> float:
    """The same from integers and their powers of two, for one group."""
    weight, v, divisor, loss, c, b, a = wholes
    unit_weight, unit_v, unit_divisor, unit_loss, unit_c, unit_b, unit_a = units
    if weight <= 0 or divisor <= 0:
        return math.nan
    both, one = min(2 * unit_weight, unit_v), min(unit_weight, unit_v)
    is_plain = weight << (unit_weight - one) == v << (unit_v - one)  # all weights are 1
    count = weight * weight << (2 * unit_weight - both)
    others = count - (v << (unit_v - both))  # W² − V, so that n/(n−1) is count / others
    if others <= 0:
        return math.nan
    terms = (
        (a * divisor * divisor, unit_a + 2 * unit_divisor),
        (-2 * loss * b * divisor, unit_loss + unit_b + unit_divisor),
        (loss * loss * c, 2 * unit_loss + unit_c),
    )
    lowest = min(unit for _, unit in terms)
    parts = [term << (unit - lowest) for term, unit in terms]
    numerator = sum(parts)
    if not is_plain and numerator.bit_length() < parts[0].bit_length() - _WEIGHTED_BITS:
        return 0.0
    return _root(count * max(numerator, 0), others * divisor**4, lowest - 4 * unit_divisor)


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
