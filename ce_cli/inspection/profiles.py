"""What stands in a column: how much is missing, from where to where it reaches, a few values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.columns import floats, tokens
from ce_cli.record import Record

Floats = NDArray[np.float64]

EXAMPLES = 8


class Profile(Record):
    """A column of some rows; a monoid.

    Attributes
    ----------
    count : int
        Values that are there.
    missing : int
        Values that are not.
    low, high : float
        The smallest and the largest number; of texts, if all of them are numbers.
    words : bool
        Whether some are not.
    values : tuple of str
        The first few distinct texts by letters; a column read as numbers has none.
    more : bool
        Whether there are more than these.
    """

    count: int = 0
    missing: int = 0
    low: float = np.inf
    high: float = -np.inf
    words: bool = False
    values: tuple[str, ...] = ()
    more: bool = False

    def merge(self, other: Self) -> Self:
        """Of the rows of both."""
        values, more = _first_few({*self.values, *other.values})
        words = self.words or other.words
        return type(self)(
            self.count + other.count,
            self.missing + other.missing,
            np.inf if words else min(self.low, other.low),
            -np.inf if words else max(self.high, other.high),
            words,
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
    codes, names = _coded(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    hollow = set(missing_texts)
    counts[[code for code, name in enumerate(names) if name in hollow]] = 0
    used = names
    if not counts.all():
        used = [names[code] for code in np.flatnonzero(counts).tolist()]
    count = int(counts.sum())
    low, high, words = _reach(used)
    return Profile(count, len(codes) - count, low, high, words, *_first_few(used))


def _coded(column: pa.Array) -> tuple[NDArray[np.intp], list[str]]:
    """`tokens`, but as they are written: many distinct texts are taken as they come."""
    if not pa.types.is_dictionary(column.type) or column.type.value_type != pa.utf8():
        return tokens(column)
    indices = floats(column.indices)
    codes = np.where(np.isnan(indices), -1.0, indices).astype(np.intp)
    return codes, ["" if text is None else text for text in column.dictionary.to_pylist()]


def _first_few(distinct: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """The same whatever the order of the rows."""
    few = tuple(nsmallest(EXAMPLES, distinct))
    return few, len(distinct) > len(few)


def _reach(texts: Iterable[str]) -> tuple[float, float, bool]:
    low, high = np.inf, -np.inf
    for text in texts:
        number = _number(text)
        if number is None:
            return np.inf, -np.inf, True
        low, high = min(low, number), max(high, number)
    return low, high, False


def sortable(text: str) -> tuple[bool, float, str]:
    """Numbers by value, before other texts by letters."""
    number = _number(text)
    return (True, 0.0, text) if number is None else (False, number, text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if np.isnan(number) else number
