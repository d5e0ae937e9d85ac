"""Counts of each row, of bytes or of tokens: whole numbers, none of which is beyond a limit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.prediction_rows import nan

Floats = NDArray[np.float64]

_MOST = 2.0**53  # above this, not every whole number is a float64


def check_counts(checked: CheckedRows, name: str, counts: Floats, least: int, code: str) -> None:
    """Report counts that are missing, and as `code` those that are not whole or below `least`."""
    checked.miss(name, nan(counts))
    with np.errstate(invalid="ignore"):
        fractional = (counts != np.floor(counts)) & ~np.isnan(counts)
        bad = (counts < least) | (counts > _MOST) | fractional
    if bad.any():
        checked.drop(bad, code, name, lambda row: f"{counts[row]:g}")
