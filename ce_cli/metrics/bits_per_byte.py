"""Bits per byte of text, which compares models with different tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import LARGEST_TO_SQUARE, Batch
from ce_cli.kernels.error_free import two_product
from ce_cli.kernels.exact import ExactSums, ratios
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread, errors_of_ratios, sums_of_both
from ce_cli.metrics.state import State, States

Floats = NDArray[np.float64]

METHOD = "Student's t on the ratio of weighted sums (delta method)"


class BitsPerByte(State):
    """Σ w·bytes, and Σ w²·loss·bytes and Σ w²·bytes² to twice the digits of a float64.

    Rows too large to be squared are counted in `beyond`.
    """

    requires: ClassVar[tuple[type[State], ...]] = (Loss, Spread)
    jackknifed: ClassVar[tuple[str, ...]] = ("bits_per_byte",)

    total: ExactSums
    cross: ExactSums
    square: ExactSums
    beyond: ExactSums

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why it does not apply: it needs the bytes of each row."""
        return None if space.sized else "it needs the bytes of each row, --bytes COL"

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        sizes, losses, weights = batch.byte_counts, batch.finite_losses, batch.weights
        if sizes is None:
            raise ValueError("the batch has no byte counts")
        beyond, total = ExactSums.empty(batch.group_count), batch.sums(sizes)
        if weights is None:
            weights = np.ones(len(batch))
        losses = np.where(weights > 0, losses, 0.0)
        with np.errstate(over="ignore"):
            size = np.maximum(np.maximum(np.abs(losses), sizes), 1.0) * np.maximum(weights, 1.0)
        over = size > LARGEST_TO_SQUARE
        if over.any():
            beyond = batch.counts(over)
            weights, losses = np.where(over, 0.0, weights), np.where(over, 0.0, losses)
        loss, loss_error = two_product(weights, losses)
        own, own_error = two_product(weights, sizes)
        cross, cross_error = two_product(loss, own)
        square, square_error = two_product(own, own)
        return cls(
            total,
            sums_of_both(batch, cross, cross_error + loss * own_error + own * loss_error),
            sums_of_both(batch, square, square_error + 2.0 * own * own_error),
            beyond,
        )

    def figures(self, states: States) -> dict[str, Floats]:
        """Σ w·loss / Σ w·bytes over ln 2; NaN where there are no bytes."""
        loss = states[Loss]
        endless = loss.infinite.floats() > 0
        ratio = np.where(endless, np.inf, ratios(loss.loss, self.total))
        return {"bits_per_byte": np.where(self.total.floats() > 0, ratio, np.nan) / LOG_2}

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """The ratio R ± t · standard error, by the delta method.

        √( n/(n−1) · Σ w²(loss − R·bytes)² ) / Σ w·bytes: Cochran, Sampling Techniques, 3rd ed.
        1977, section 6.4.
        """
        loss, spread = states[Loss], states[Spread]
        sums = (self.total, loss.loss, self.square, self.cross, spread.square)
        errors = errors_of_ratios(loss.weight, spread.weight, *sums)
        beyond = (self.beyond.floats() > 0) | (spread.beyond.floats() > 0)
        endless = beyond | (loss.infinite.floats() > 0)
        error = np.where(endless, np.inf, errors) / LOG_2
        value, count = figures["bits_per_byte"], spread.effective(loss)
        return {"bits_per_byte": Bounds.around(value, error, count, level.confidence, METHOD)}
