"""The row of each id of a file: by number, or by text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.row_columns import row_name
from ce_cli.binding.joining.row_keys import NUMBER, whole_numbers
from ce_cli.binding.rows.columns import nulls, tokens
from ce_cli.kernels.hashing import mixed
from ce_cli.kernels.matching import NOWHERE, KeyTable

if TYPE_CHECKING:
    import pyarrow as pa

Positions = NDArray[np.int64]


class IdIndex(Protocol):
    """Finds rows by their ids, each of which is unique unless `repeated` has two rows."""

    missing: int | None
    repeated: tuple[int, int] | None

    def places(self, ids: pa.Array) -> Positions:
        """The row of each id, or `NOWHERE`."""
        ...

    def names(self, rows: Sequence[int]) -> list[str]:
        """The ids of some rows."""
        ...


class NumberIndex:
    """Finds rows by whole numbers, of which every row has one."""

    def __init__(self, numbers: NDArray[np.int64]) -> None:
        self._numbers = numbers
        self._table = KeyTable(mixed(numbers.view(np.uint64)))
        self.missing: int | None = None
        self.repeated: tuple[int, int] | None = None
        first = self._table.first
        again = np.flatnonzero(first != np.arange(len(first)))
        if len(again):
            row = int(first[again].min())
            self.repeated = (row, int(again[first[again] == row][0]))

    def places(self, ids: pa.Array) -> Positions:
        """The row of each id, or `NOWHERE`."""
        numbers = whole_numbers(ids)
        if numbers is None:
            codes, texts = tokens(ids)
            return np.append(self._of_names([*map(row_name, texts)]), NOWHERE)[codes]
        found = self._of_numbers(numbers)
        missing = nulls(ids)
        return found if missing is None else np.where(missing, NOWHERE, found)

    def names(self, rows: Sequence[int]) -> list[str]:
        """The ids of some rows."""
        return [str(number) for number in self._numbers[list(rows)].tolist()]

    def _of_numbers(self, numbers: NDArray[np.int64]) -> Positions:
        return self._table.places(mixed(numbers.view(np.uint64))).astype(np.int64)

    def _of_names(self, names: Sequence[str]) -> Positions:
        numeric = np.array([re.fullmatch(NUMBER, name) is not None for name in names], np.bool_)
        whole = [int(name) for name, own in zip(names, numeric, strict=True) if own]
        found = np.full(len(names), NOWHERE, np.int64)
        found[numeric] = self._of_numbers(np.array(whole, np.int64))
        return found


class TextIndex:
    """Finds rows by ids of any type, as texts."""

    def __init__(self, ids: pa.Array) -> None:
        codes, texts = tokens(ids)
        missing = np.flatnonzero(codes < 0)
        self.missing = int(missing[0]) if len(missing) else None
        self.repeated: tuple[int, int] | None = None
        if self.missing is not None:
            return
        written = [row_name(text) for text in texts]
        self._names = [written[code] for code in codes.tolist()]
        self._row = {name: row for row, name in enumerate(self._names)}
        if len(self._row) < len(self._names):
            first = next(row for row, name in enumerate(self._names) if self._row[name] != row)
            self.repeated = (first, self._names.index(self._names[first], first + 1))

    def places(self, ids: pa.Array) -> Positions:
        """The row of each id, or `NOWHERE`."""
        codes, texts = tokens(ids)
        places = [self._row.get(row_name(text), NOWHERE) for text in texts]
        return np.array([*places, NOWHERE], np.int64)[codes]

    def names(self, rows: Sequence[int]) -> list[str]:
        """The ids of some rows."""
        return [self._names[row] for row in rows]


def id_index(ids: pa.Array) -> IdIndex:
    """The index of a column: by number if all ids are whole numbers, in 13 to 21 bytes a row."""
    numbers = whole_numbers(ids) if nulls(ids) is None else None
    return TextIndex(ids) if numbers is None else NumberIndex(numbers)
