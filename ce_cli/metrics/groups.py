"""Groups of rows: their keys and order, and merging the states of groups."""

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


def merged_groups(
    earlier: tuple[GroupKey, ...],
    left: Mapping[Name, Kind],
    later: tuple[GroupKey, ...],
    right: Mapping[Name, Kind],
) -> tuple[tuple[GroupKey, ...], dict[Name, Kind]]:
    """Merge states of the groups `earlier` and `later`, pairing those of one key."""
    keys = earlier
    if earlier != later:
        places = {key: place for place, key in enumerate(earlier)}
        for key in later:
            places.setdefault(key, len(places))
        keys = tuple(places)
        index = np.array([places[key] for key in later], np.intp)
        left = regrouped(left, np.arange(len(earlier)), len(keys))
        right = regrouped(right, index, len(keys))
    return keys, {name: state.merge(right[name]) for name, state in left.items()}


def coarser(
    keys: Sequence[GroupKey], states: Mapping[Name, Kind], places: Sequence[int]
) -> tuple[tuple[GroupKey, ...], dict[Name, Kind]]:
    """The groups by some parts of their keys."""
    short = [tuple(key[place] for place in places) for key in keys]
    codes = {key: code for code, key in enumerate(dict.fromkeys(short))}
    index = np.array([codes[key] for key in short], np.intp)
    return tuple(codes), regrouped(states, index, len(codes))


def without_last(keys: Sequence[GroupKey]) -> tuple[tuple[GroupKey, ...], Codes]:
    """The groups by all parts of their keys but the last, and the group of each key."""
    codes = {key: code for code, key in enumerate(dict.fromkeys(key[:-1] for key in keys))}
    return tuple(codes), np.array([codes[key[:-1]] for key in keys], np.intp)


def regrouped(states: Mapping[Name, Kind], index: Codes, groups: int) -> dict[Name, Kind]:
    """Move group g of each grouped state to ``index[g]`` of `groups`, merging equal ones."""
    return {
        name: state.regroup(index, groups) if state.grouped else state
        for name, state in states.items()
    }


def sortable(key: Sequence[str | None]) -> tuple[tuple[int, float, str], ...]:
    """A key to sort groups by: numbers by value, then text, then missing values."""
    return tuple(_rank(text) for text in key)


def _rank(text: str | None) -> tuple[int, float, str]:
    if text is None:
        return 2, 0.0, ""
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, number, text) if math.isfinite(number) else (1, 0.0, text)
