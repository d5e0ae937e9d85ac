"""What stands in a column: how much is missing, from where to where it reaches, a few values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.columns import floats, tokens
from ce_cli.value import Value

Floats = NDArray[np.float64]

EXAMPLES = 8


class Profile(Value):
    """A column of some rows; a monoid.

    Attributes
    ----------
    count : int
        Values that are there.
    missing : int
        Values that are not.
    low, high : float
        The smallest and the largest number.
    values : tuple of str
        The first few distinct texts, sorted; a column read as numbers has none.
    more : bool
        Whether there are more than these.
    """

    count: int = 0
    missing: int = 0
    low: float = np.inf
    high: float = -np.inf
    values: tuple[str, ...] = ()
    more: bool = False

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        values, more = _first_few({*self.values, *other.values})
        return type(self)(
            self.count + other.count,
            self.missing + other.missing,
            min(self.low, other.low),
            max(self.high, other.high),
            values,
            more or self.more or other.more,
        )


def profile_of_numbers(column: pa.Array, spoiled: Sequence[int] = ()) -> Profile:
    """Of a column that was read as numbers, but for cells that are none."""
    values = floats(column)
    if spoiled:
        values = np.delete(values, spoiled)
    if not len(values):
        return Profile(len(spoiled))
    low, high = float(values.min()), float(values.max())
    missing = 0
    if np.isnan(low):
        there = ~np.isnan(values)
        missing = len(values) - int(there.sum())
        low = float(values[there].min(initial=np.inf))
        high = float(values[there].max(initial=-np.inf))
    return Profile(len(column) - missing, missing, low, high)


def profile_of_lists(column: pa.Array) -> Profile:
    """Of lists of numbers: how many there are, and from where to where their numbers reach."""
    numbers = profile_of_numbers(column.flatten())
    missing = column.null_count
    return Profile(len(column) - missing, missing, numbers.low, numbers.high)


def profile_of_texts(column: pa.Array, missing_texts: Sequence[str]) -> Profile:
    """Of a column that was read as text; where all of it is numbers, with their range."""
    codes, names = tokens(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    hollow = {code for code, name in enumerate(names) if name in missing_texts}
    used = [code for code in np.flatnonzero(counts).tolist() if code not in hollow]
    count = int(counts[used].sum())
    distinct = {names[code] for code in used}
    low, high = _reach(distinct)
    return Profile(count, len(codes) - count, low, high, *_first_few(distinct))


def _first_few(distinct: set[str]) -> tuple[tuple[str, ...], bool]:
    """The smallest by value, or else by letters: the same whatever the order of the rows."""
    few = tuple(sorted(distinct, key=sortable)[:EXAMPLES])
    return few, len(distinct) > len(few)


def sortable(text: str) -> tuple[bool, float, str]:
    """Numbers by value, before other texts by letters."""
    number = _number(text)
    return (True, 0.0, text) if number is None else (False, number, text)


def _reach(texts: set[str]) -> tuple[float, float]:
    numbers = [_number(text) for text in texts]
    known = [number for number in numbers if number is not None]
    if not known or len(known) < len(numbers):
        return np.inf, -np.inf
    return min(known), max(known)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if np.isnan(number) else number
