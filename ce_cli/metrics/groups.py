"""Groups of rows: the order of their keys, and moving their states."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.metrics.state import State

Name = TypeVar("Name")
Kind = TypeVar("Kind", bound=State)

GroupKey = tuple[str | None, ...]
Codes = NDArray[np.intp]


def regrouped(states: Mapping[Name, Kind], index: Codes, groups: int) -> dict[Name, Kind]:
    """Move group g of each grouped state to ``index[g]`` of `groups`, merging equal ones."""
    if len(index) == groups and np.array_equal(index, np.arange(groups)):
        return dict(states)
    return {
        name: state.regroup(index, groups) if state.grouped else state
        for name, state in states.items()
    }


def sortable(key: Sequence[str | None]) -> tuple[tuple[int, float, str], ...]:
    """A key to sort groups by: numbers by value, then text, then missing values."""
    return tuple(rank(text) for text in key)


def rank(text: str | None) -> tuple[int, float, str]:
    """The place of one part of a key in the order."""
    if text is None:
        return 2, 0.0, ""
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, number, text) if math.isfinite(number) else (1, 0.0, text)
