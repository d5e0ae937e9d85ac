"""Names that have to differ from each other where what they name may be called the same."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count


def distinct(names: Iterable[str], pattern: str) -> list[str]:
    """The same names in their order, with a number for those that were there before.

    Parameters
    ----------
    names : iterable of str
        As they are.
    pattern : str
        How a name and its number, from 2, are put together: ``"{} ({})"``.
    """
    names = list(names)
    taken = set(names)
    seen: set[str] = set()
    given: list[str] = []
    for name in names:
        one = name
        if name in seen:
            one = next(new for n in count(2) if (new := pattern.format(name, n)) not in taken)
        seen.add(name)
        taken.add(one)
        given.append(one)
    return given
