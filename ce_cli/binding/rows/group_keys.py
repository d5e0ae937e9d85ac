"""Keys of groups as tables of texts: pairing them, their order, and merging states by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ce_cli.inputs.arrow.arrays import numbers, text_bytes, texts
from ce_cli.metrics.groups import GroupKey, rank, regrouped
from ce_cli.metrics.state import State
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Name = TypeVar("Name")
Kind = TypeVar("Kind", bound=State)

Codes = NDArray[np.intp]

_FEW = 1 << 12  # keys; for more, Arrow's encoder is worth importing
_DIGITS = 15  # a whole number of so many digits is a float64
_WHOLE = np.isin(np.arange(256), list(b"-0123456789"))
_LETTER = np.isin(np.arange(256), [*range(ord("A"), ord("Z") + 1), *range(ord("a"), ord("z") + 1)])


class GroupKeys(Record, Sequence[GroupKey]):
    """The keys of groups, as a table of texts: a sequence of tuples, but without the tuples.

    Attributes
    ----------
    columns : tuple of pyarrow.StringArray
        The parts of the keys, each with an entry for each group, null for a missing value.
    size : int
        The number of groups.
    """

    columns: tuple[pa.StringArray, ...]
    size: int

    @classmethod
    def of(cls, keys: Sequence[GroupKey]) -> Self:
        """The table of some tuples, all of one length."""
        if isinstance(keys, cls):
            return keys
        return cls(tuple(texts(part) for part in zip(*keys, strict=True)), len(keys))

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[GroupKey]:
        if not self.columns:
            return iter([()] * self.size)
        return zip(*(column.to_pylist() for column in self.columns), strict=True)

    @overload
    def __getitem__(self, place: int) -> GroupKey: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> GroupKey | Self:
        if isinstance(place, slice):
            return self.take(np.arange(self.size)[place])
        return tuple(column[place].as_py() for column in self.columns)

    def take(self, places: Codes) -> Self:
        """Some of the keys, in the order of `places`."""
        return type(self)(tuple(_taken(one, places) for one in self.columns), len(places))

    def parts(self, places: Iterable[int]) -> Self:
        """Some parts of every key; keys may be equal now."""
        if not self.size:  # no key tells how many parts there are
            return self
        return type(self)(tuple(self.columns[place] for place in places), self.size)

    def distinct(self) -> tuple[Self, Codes]:
        """The different keys, in the order of their first places, and the code of each key."""
        codes = _first_codes(self)
        highest = np.maximum.accumulate(codes)
        new = np.flatnonzero(np.diff(highest, prepend=-1))
        return (self if len(new) == self.size else self.take(new)), codes

    def beside(self, later: Self) -> Self:
        """The keys of both, one after another."""
        import pyarrow as pa

        if not self.size:
            return later
        pairs = zip(self.columns, later.columns, strict=bool(later.size))
        columns = tuple(pa.concat_arrays(list(pair)) for pair in pairs)
        return type(self)(columns if later.size else self.columns, self.size + later.size)

    def order(self) -> Codes:
        """The places of the keys in order: numbers by value, then text, then missing values."""
        ranks = []
        for place in range(len(self.columns)):
            words, codes = self.parts((place,)).distinct()
            ranks.append(_ranks(words.columns[0])[codes])
        return np.lexsort(ranks[::-1]) if ranks else np.arange(self.size)


def _first_codes(keys: GroupKeys) -> Codes:
    """Equal codes for equal keys, numbered by their first places."""
    if len(keys) <= _FEW:
        places: dict[GroupKey, int] = {}
        own_places = (places.setdefault(key, len(places)) for key in keys)
        return np.fromiter(own_places, np.intp, len(keys))
    codes: Codes | None = None
    for column in keys.columns:
        own = _codes(column.dictionary_encode("encode").indices)
        if codes is None or not len(own):
            codes = own
        else:
            pairs = codes * (own.max() + 1) + own
            codes = _codes(numbers(pairs).dictionary_encode().indices)
    return np.zeros(len(keys), np.intp) if codes is None else codes


def merged_groups(
    earlier: Sequence[GroupKey],
    left: Mapping[Name, Kind],
    later: Sequence[GroupKey],
    right: Mapping[Name, Kind],
) -> tuple[GroupKeys, dict[Name, Kind]]:
    """Merge states of the groups `earlier` and `later`, pairing those of one key."""
    first, second = GroupKeys.of(earlier), GroupKeys.of(later)
    keys = first
    if first != second:
        keys, codes = first.beside(second).distinct()
        left = regrouped(left, codes[: len(first)], len(keys))
        right = regrouped(right, codes[len(first) :], len(keys))
    return keys, {name: state.merge(right[name]) for name, state in left.items()}


def coarser(
    keys: Sequence[GroupKey], states: Mapping[Name, Kind], places: Sequence[int]
) -> tuple[GroupKeys, dict[Name, Kind]]:
    """The groups by some parts of their keys."""
    short, index = GroupKeys.of(keys).parts(places).distinct()
    if len(short) == len(keys):
        return short, dict(states)
    return short, regrouped(states, index, len(short))


def without_last(keys: Sequence[GroupKey]) -> tuple[GroupKeys, Codes]:
    """The groups by all parts of their keys but the last, and the group of each key."""
    own = GroupKeys.of(keys)
    return own.parts(range(len(own.columns) - 1)).distinct()


def _ranks(words: pa.StringArray) -> Codes:
    """The rank of each of some different words, in the order of `sortable`."""
    if words.null_count:
        missing = words.to_pylist().index(None)
        others = np.delete(np.arange(len(words)), missing)
        return np.insert(_ranks(_taken(words, others)), missing, len(others))
    order = _order_of_many_whole(words)
    if order is None:
        texts = words.to_pylist()
        keys = texts if _are_no_codes(words) else [rank(text) for text in texts]
        order = np.array(sorted(range(len(texts)), key=keys.__getitem__), np.intp)
    ranks = np.empty(len(words), np.intp)
    ranks[order] = np.arange(len(words))
    return ranks


def _order_of_many_whole(words: pa.StringArray) -> Codes | None:
    """The order of many different whole numbers; None if they may be anything else."""
    import pyarrow as pa

    text, starts = text_bytes(words)
    if len(words) <= _FEW or np.diff(starts).max() > _DIGITS or not _WHOLE[text].all():
        return None
    try:
        values = np.from_dlpack(words.cast(pa.int64()))
    except pa.ArrowInvalid:
        return None
    order = np.argsort(values, kind="stable")
    different = (np.diff(values[order]) > 0).all()  # 1 and 01 are in the order of their texts
    return order if different else None


def _are_no_codes(words: pa.StringArray) -> bool:
    """Whether every word begins with a letter or is empty, so that none is a finite number."""
    text, starts = text_bytes(words)
    begin = starts[:-1][np.diff(starts) > 0]
    return bool(_LETTER[text[begin]].all())


def _taken(column: pa.Array, places: Codes) -> pa.Array:
    if len(column) <= _FEW:
        names = column.to_pylist()
        return texts([names[place] for place in places.tolist()])
    return column.take(numbers(places.astype(np.int64, copy=False)))


def _codes(codes: pa.Array) -> Codes:
    return np.from_dlpack(codes).astype(np.intp)
