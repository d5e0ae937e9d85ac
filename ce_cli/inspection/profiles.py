"""Profile a column: missing values, range, and a few examples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from heapq import nsmallest
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.rows.columns import floats, tokens
from ce_cli.record import Record

Floats = NDArray[np.float64]

EXAMPLES = 8


class Profile(Record):
    """A column of some rows; a monoid.

    Attributes
    ----------
    count : int
        Values present.
    missing : int
        Values missing.
    low, high : float
        The smallest and the largest number; for texts, if all of them are numbers.
    words : bool
        Whether some texts are not numbers.
    values : tuple of str
        The first few distinct texts in alphabetical order; empty for a column read as numbers.
    more : bool
        Whether there are more texts.
    """

    count: int = 0
    missing: int = 0
    low: float = np.inf
    high: float = -np.inf
    words: bool = False
    values: tuple[str, ...] = ()
    more: bool = False

    def merge(self, other: Self) -> Self:
        """Add the rows of `other`."""
        if not other.count:  # of very many keys of JSON, most are in few of the rows
            return self.replace(missing=self.missing + other.missing)
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


@lru_cache(maxsize=8)
def _absent(rows: int) -> Profile:
    """A column without values; made once, since many columns of a frame may be alike."""
    return Profile(0, rows)


def profile_of_numbers(column: pa.Array, invalid: Sequence[int] = ()) -> Profile:
    """Profile a column of numbers; `invalid` are the places of cells that are not numbers."""
    if column.null_count == len(column) and not invalid:
        return _absent(len(column))
    values = floats(column)
    if invalid:
        values = np.delete(values, invalid)
    if not len(values):
        return Profile(len(invalid))
    low, high = float(values.min()), float(values.max())
    missing = 0
    if np.isnan(low):
        present = ~np.isnan(values)
        missing = len(values) - int(present.sum())
        low = float(values[present].min(initial=np.inf))
        high = float(values[present].max(initial=-np.inf))
    return Profile(len(column) - missing, missing, low, high)


def profile_of_lists(column: pa.Array) -> Profile:
    """Profile a column of lists: how many there are, and the range of their numbers."""
    numbers = profile_of_numbers(column.flatten())
    missing = column.null_count
    return Profile(len(column) - missing, missing, numbers.low, numbers.high)


def profile_of_texts(column: pa.Array, missing_texts: Sequence[str]) -> Profile:
    """Profile a column of texts, with a range if all of them are numbers."""
    if column.null_count == len(column):
        return _absent(len(column))
    codes, names = _coded(column)
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    empty = set(missing_texts)
    counts[[code for code, name in enumerate(names) if name in empty]] = 0
    used = names
    if not counts.all():
        used = [names[code] for code in np.flatnonzero(counts).tolist()]
    count = int(counts.sum())
    low, high, words = _range(used)
    return Profile(count, len(codes) - count, low, high, words, *_first_few(used))


def _coded(column: pa.Array) -> tuple[NDArray[np.intp], list[str]]:
    """Codes and names like `tokens`, but as written: a dictionary column is used as it is."""
    if not pa.types.is_dictionary(column.type) or column.type.value_type != pa.utf8():
        return tokens(column)
    indices = floats(column.indices)
    codes = np.where(np.isnan(indices), -1.0, indices).astype(np.intp)
    return codes, ["" if text is None else text for text in column.dictionary.to_pylist()]


def _first_few(distinct: Collection[str]) -> tuple[tuple[str, ...], bool]:
    """The first few in alphabetical order, and whether there are more."""
    few = tuple(nsmallest(EXAMPLES, distinct))
    return few, len(distinct) > len(few)


def _range(texts: Iterable[str]) -> tuple[float, float, bool]:
    low, high = np.inf, -np.inf
    for text in texts:
        number = _number(text)
        if number is None:
            return np.inf, -np.inf, True
        low, high = min(low, number), max(high, number)
    return low, high, False


def sortable(text: str) -> tuple[bool, float, str]:
    """A sort key: numbers by value, then other texts alphabetically."""
    number = _number(text)
    return (True, 0.0, text) if number is None else (False, number, text)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if np.isnan(number) else number
