"""Rows found by 64-bit keys: a hash table of numpy arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.hashing import Hashes, finalised

Places = NDArray[np.int32]

NOWHERE = -1


class KeyTable:
    """Finds the first row that has a key.

    A key has one slot in each of several tables. Every slot holds one row; rows whose slot belongs
    to another key move on to the next table, which is smaller. So the keys decide nothing but the
    time, which is linear where they are well mixed.

    Parameters
    ----------
    keys : ndarray of uint64, shape (n,)
        The keys of the rows, fewer than 2**31; some may be equal.

    Attributes
    ----------
    first : ndarray of int, shape (n,)
        For each row, the place of the first row that has its key.
    """

    def __init__(self, keys: Hashes) -> None:
        self._keys = keys
        self._tables: list[Places] = []
        self.first = np.empty(len(keys), np.int32)
        rows, own = np.arange(len(keys), dtype=np.int32), keys
        while len(rows):
            table = np.full(1 << (2 * len(rows) - 1).bit_length(), NOWHERE, np.int32)
            slots = _slots(own, len(self._tables), len(table))
            table[slots[::-1]] = rows[::-1]  # of several rows, the last one assigned remains
            self._tables.append(table)
            held = table[slots]
            settled = keys[held] == own
            if settled.all():
                self.first[rows] = held
                return
            self.first[rows[settled]] = held[settled]
            rows, own = rows[~settled], own[~settled]

    def places(self, keys: Hashes) -> Places:
        """The place of the first row that has each key, or `NOWHERE`; shape (m,)."""
        found = np.full(len(keys), NOWHERE, np.int32)
        rows, own = np.arange(len(keys), dtype=np.int32), keys
        for number, table in enumerate(self._tables):
            held = table[_slots(own, number, len(table))]
            here = self._keys[held] == own  # an empty slot shows the last row, which is not there
            here &= held >= 0
            found[rows[here]] = held[here]
            further = ~here
            further &= held >= 0  # only keys whose slot was taken moved on
            if not further.any():
                break
            rows, own = rows[further], own[further]
        return found


def _slots(keys: Hashes, number: int, size: int) -> NDArray[np.intp]:
    """The slot of each key in a table whose size is a power of 2, from 2 on."""
    factor = finalised(np.array([2 * number + 1], np.uint64)) | np.uint64(1)
    return ((keys * factor) >> np.uint64(65 - size.bit_length())).view(np.intp)
