"""Numbering names that occur more than once, so that all are different."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count


def distinct(names: Iterable[str], pattern: str) -> list[str]:
    """The names in order, each repetition with a number.

    Parameters
    ----------
    names : iterable of str
        Some of which may be equal.
    pattern : str
        How a name and its number, from 2, are joined: ``"{} ({})"``.
    """
    names = list(names)
    taken = set(names)
    seen: set[str] = set()
    unique: list[str] = []
    for name in names:
        own = name
        if name in seen:
            own = next(new for n in count(2) if (new := pattern.format(name, n)) not in taken)
        seen.add(name)
        taken.add(own)
        unique.append(own)
    return unique
