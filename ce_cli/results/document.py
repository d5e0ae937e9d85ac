"""Numbers and lines of tables as JSON can write them."""

from __future__ import annotations

import math
from collections.abc import Mapping

Scalar = str | int | float | bool | None


def strict(value: float) -> float | None:
    """A number, or None if it is not finite, which JSON has no word for."""
    return value if math.isfinite(value) else None


def strict_value(value: Scalar) -> Scalar:
    """Any value of a cell."""
    return strict(value) if isinstance(value, float) else value


def strict_row(row: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """A line of a table."""
    return {name: strict_value(value) for name, value in row.items()}
