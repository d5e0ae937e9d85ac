"""Merging results that come in order, some at a time, so that nothing ever holds them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Result = TypeVar("Result")

AT_ONCE = 16


class Tree(Generic[Result]):
    """Merges contiguous results `AT_ONCE` at a time; what is merged is merged in turn.

    Parameters
    ----------
    merge : callable
        Merges several contiguous results; it may return a promise of the result.
    """

    def __init__(self, merge: Callable[[Sequence[Result]], Result]) -> None:
        self._merge = merge
        self._levels: list[list[Result]] = []  # the later a level, the earlier its results

    def add(self, result: Result) -> None:
        """Add the next result."""
        for level in self._levels:
            level.append(result)
            if len(level) < AT_ONCE:
                return
            result = self._merge(level[:])
            level.clear()
        self._levels.append([result])

    def total(self) -> Result | None:
        """All results in one; None if there are none."""
        rest = [result for level in reversed(self._levels) for result in level]
        while len(rest) > 1:
            rest = [self._merged(rest[i : i + AT_ONCE]) for i in range(0, len(rest), AT_ONCE)]
        return rest[0] if rest else None

    def _merged(self, several: Sequence[Result]) -> Result:
        return self._merge(several) if len(several) > 1 else several[0]
