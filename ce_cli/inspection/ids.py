"""Which ids occur more than once, from a 64-bit fingerprint of each: 8 bytes a row."""

from __future__ import annotations

from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.columns import as_texts, floats
from ce_cli.value import Value

Hashes = NDArray[np.uint64]

MOST_ROWS = 1 << 24  # ids of the rows beyond are not looked at, so that memory is bounded
_SEED = 0x9E3779B97F4A7C15
_PERIOD = 1 << 16


class Ids(Value):
    """Fingerprints of the ids of some rows, in order; 0 for a missing one."""

    parts: tuple[Hashes, ...] = ()

    @classmethod
    def of(cls, column: pa.Array, rows: int, left_out: tuple[int, ...]) -> Self:
        """One column; rows that could not be read have no id."""
        hashes = np.zeros(rows, np.uint64)
        hashes[np.delete(np.arange(rows), left_out)] = _own(column)
        return cls((hashes,))

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`, up to `MOST_ROWS`."""
        room = MOST_ROWS - len(self)
        if not room:
            return self
        taken = [part for part in (*self.parts, *later.parts) if len(part)]
        if len(later) <= room:
            return type(self)(tuple(taken))
        return type(self)((np.concatenate(taken)[:MOST_ROWS],))

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    def repeated(self) -> NDArray[np.int64]:
        """Rows, from 0, whose id has occurred before."""
        if not self.parts:
            return np.zeros(0, np.int64)
        hashes = np.concatenate(self.parts)
        order = np.argsort(hashes, kind="stable")
        ranked = hashes[order]
        again = (ranked[1:] == ranked[:-1]) & (ranked[1:] != 0)
        return np.sort(order[1:][again])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ids) or len(self) != len(other):
            return False
        none = np.zeros(0, np.uint64)
        own, others = (np.concatenate((none, *ids.parts)) for ids in (self, other))
        return bool(np.array_equal(own, others))

    __hash__ = None  # type: ignore[assignment]  # the rows may be cut in different places


def _own(column: pa.Array) -> Hashes:
    """A fingerprint of each value; 0 for a missing or empty one."""
    if not pa.types.is_dictionary(column.type):
        return fingerprints(as_texts(column))
    known = np.append(fingerprints(as_texts(column.dictionary)), np.uint64(0))
    places = floats(column.indices)
    own: Hashes = known[np.where(np.isnan(places), -1.0, places).astype(np.intp)]
    return own


def fingerprints(texts: pa.Array) -> Hashes:
    """A number for each text, 0 for none: sums of bytes, each times a number for its place.

    Multilinear hashing (Carter and Wegman 1979): two texts meet once in about 2**64 pairs.
    """
    if not len(texts):
        return np.zeros(0, np.uint64)
    _, where, held = texts.buffers()
    offsets = np.frombuffer(where, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    offsets = offsets.astype(np.int64)
    data = np.frombuffer(held or b"", np.uint8)[offsets[0] : offsets[-1]]
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    places = np.arange(len(data)) - np.repeat(starts, lengths)
    factors = _factors(int(min(lengths.max(), _PERIOD)))
    terms = (data.astype(np.uint64) + np.uint64(1)) * factors[places % _PERIOD]
    running = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)))
    sums = running[starts + lengths] - running[starts]
    return np.where(lengths > 0, _mixed(sums + np.uint64(1)), np.uint64(0))


def _factors(count: int) -> Hashes:
    return _mixed(np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_SEED)) | np.uint64(1)


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
