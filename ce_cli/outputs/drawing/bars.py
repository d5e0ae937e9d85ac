"""Bars of block characters, to an eighth of a column."""

from __future__ import annotations

import math

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL = "█"


def bar(share: float, width: int) -> str:
    """A bar that fills `share` of `width` columns; any share above 0 is visible."""
    if math.isnan(share) or share <= 0:
        return ""
    eighths = max(1, round(min(share, 1.0) * width * 8))
    full, part = divmod(eighths, 8)
    return _FULL * full + (_EIGHTHS[part] if part else "")


def bar_between(start: float, end: float, width: int) -> str:
    """A bar from one share of `width` columns to another; it starts at a whole column."""
    first = min(round(start * width), width - 1)
    return " " * first + bar(end - first / width, width)
