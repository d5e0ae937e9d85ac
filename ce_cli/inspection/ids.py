"""Find repeated ids by a 64-bit fingerprint of each: 8 bytes per row."""

from __future__ import annotations

from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.rows.columns import as_texts, floats
from ce_cli.record import Record

Hashes = NDArray[np.uint64]

MOST_ROWS = 1 << 24  # later ids are not checked, so that memory is bounded


class Ids(Record):
    """Fingerprints of the ids of some rows, in order; 0 for a missing one."""

    parts: tuple[Hashes, ...] = ()

    @classmethod
    def of(cls, column: pa.Array, rows: int, left_out: tuple[int, ...]) -> Self:
        """The ids in one column; unreadable rows have none."""
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
        """Rows, from 0, whose id occurred in an earlier row."""
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

    __hash__ = None  # type: ignore[assignment]  # the rows may be split in different places


def _own(column: pa.Array) -> Hashes:
    """A fingerprint of each value; 0 for a missing or empty one."""
    if not pa.types.is_dictionary(column.type):
        return fingerprints(as_texts(column))
    known = np.append(fingerprints(as_texts(column.dictionary)), np.uint64(0))
    places = floats(column.indices)
    own: Hashes = known[np.where(np.isnan(places), -1.0, places).astype(np.intp)]
    return own
