"""Expected calibration error: whether the likeliest class happens as often as it is said to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import Space
from ce_cli.metrics.state import State, one_class_only

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

BINS = 15


class Ece(State):
    """Rows, Σ w, Σ w·right and Σ w·confidence by bin: bin b of group g is entry ``g·BINS + b``.

    Bins are of equal width and take their upper edge, as in Guo, Pleiss, Sun and Weinberger ("On
    calibration of modern neural networks", ICML 2017).
    """

    rows: ExactSums
    weight: ExactSums
    right: ExactSums
    confidence: ExactSums

    @classmethod
    def why_not(cls, space: Space) -> str | None:
        """It is of the likeliest class."""
        return one_class_only(space)

    @classmethod
    def empty(cls, groups: int, space: Space) -> Self:
        """No rows."""
        return cls(*(ExactSums.empty(groups * BINS) for _ in cls._fields))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """One batch."""
        confidence = np.minimum(batch.outcomes.confidence(), 1.0)
        bins = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
        start = 0 if batch.groups is None else batch.groups * BINS
        cells = batch.replace(groups=start + bins, group_count=batch.group_count * BINS)
        right = batch.outcomes.right().astype(np.float64, copy=False)
        return cls(cells.row_counts, cells.weight_sums, cells.sums(right), cells.sums(confidence))

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move whole groups, bin by bin."""
        cells = (index[:, np.newaxis] * BINS + np.arange(BINS)).ravel()
        moved = (getattr(self, name).regroup(cells, groups * BINS) for name in self._fields)
        return type(self)(*moved)

    def figures(self, states: Mapping[type[State], State]) -> dict[str, Floats]:
        """Σ share·|accuracy − confidence| over the bins."""
        weight = self.weight.floats().reshape(-1, BINS)
        gaps = self._gaps().reshape(-1, BINS)
        with np.errstate(invalid="ignore", divide="ignore"):
            return {"ece": np.abs(gaps).sum(axis=1) / weight.sum(axis=1)}

    def bins(self) -> list[dict[str, str | float | None]]:
        """The bins of the first group that have rows: what was said, and what happened."""
        columns = (self.rows, self.weight, self.right, self.confidence)
        found: list[dict[str, str | float | None]] = []
        for place, sums in enumerate(zip(*(c.floats()[:BINS] for c in columns), strict=True)):
            rows, weight, right, confidence = (float(one) for one in sums)
            if rows:
                found.append(
                    {
                        "low": place / BINS,
                        "high": (place + 1) / BINS,
                        "rows": int(rows),
                        "weight_sum": weight,
                        "confidence": confidence / weight if weight else np.nan,
                        "accuracy": right / weight if weight else np.nan,
                    }
                )
        return found

    def _gaps(self) -> Floats:
        """Σ w·(right − confidence) by bin."""
        negative = self.confidence.replace(limbs=-self.confidence.limbs)
        return self.right.merge(negative).floats()
