"""Columns that two files share, and whether they hold the same values in another order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.joining.row_columns import row_names
from ce_cli.binding.naming.names import is_id, is_index
from ce_cli.binding.rows.columns import as_texts, floats
from ce_cli.errors import CeError
from ce_cli.inputs.source import Column, Frame, Projection, Source, repeated
from ce_cli.kernels.hashing import mixed
from ce_cli.record import Record
from ce_cli.text import quoted_list, shell_word

if TYPE_CHECKING:
    import pyarrow as pa

    Pair = tuple[pa.Array, pa.Array]

Hashes = NDArray[np.uint64]

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_DISTINCT = 16  # two columns of fewer values may hold the same ones by chance
_FEWEST_ROWS = 3
_EXACT = float(1 << 53)  # beyond it, float64 does not have every whole number
_SAMPLED = 4096  # rows of each file, which show the columns to compare
_MOST = 32  # columns that are looked at in these rows
_COMPARED = 3  # columns that are compared in all rows
_KEPT = 1 << 20  # rows; with more, it is not known whether each has a value of its own
_ID = re.compile(r"(.*[_ ])?(idx|nr|num|number|row|row[_ ]?(num|number|no|nr)|order|pk)", re.I)
_OF_MODEL = re.compile(  # the same numbers in another order prove nothing if each model has its own
    r"(.*_)?(rank|ranks|ranking|percentile|quantile|decile|bin|folds?|split|seed)(_.*)?", re.I
)


class Shared(Record):
    """Columns of one file, and those of another that should have the same values row by row.

    Attributes
    ----------
    ours, theirs : tuple of str
        Their names in the two files; several columns together have one value for each row.
    numeric : bool
        Whether the values are compared as numbers.
    """

    ours: tuple[str, ...]
    theirs: tuple[str, ...]
    numeric: bool = False

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The pairs of columns."""
        return list(zip(self.ours, self.theirs, strict=True))


class Reordered(Record):
    """Proof that two files have the same rows in another order.

    Attributes
    ----------
    rows : int
        How many rows differ.
    unique : bool
        Whether each row is known to have a value of its own.
    """

    shared: Shared
    rows: int
    unique: bool

    def message(self, name: str, other: str, can_join: bool = True) -> str:
        """The error for the file `name`, which has `theirs`, and the file `other`."""
        theirs, ours = quoted_list(self.shared.theirs), quoted_list(self.shared.ours)
        source = other if ours == theirs else f"{ours} of {other}"
        verb = "has" if len(self.shared.theirs) == 1 else "have"
        return (
            f"{name}: {theirs} {verb} the same values as {source} in another order "
            f"({self.rows:,} rows differ), so the rows are not in the same order; "
            f"{self._advice(can_join)}."
        )

    def _advice(self, can_join: bool) -> str:
        shared = self.shared
        if not self.unique or len(shared.ours) > 1 or not can_join:
            return "sort both files alike, or join them with --id COL"
        if shared.ours == shared.theirs:
            return f"join them with --id {shell_word(shared.theirs[0])}"
        return "give both columns one name, and join the rows with --id and that name"


def shared_columns(
    own: Source, other: Source, ours: Sequence[Column], theirs: Sequence[Column]
) -> list[Shared]:
    """The columns to compare in all rows: those that disagree in the first ones.

    Parameters
    ----------
    own, other : Source
        The two files.
    ours, theirs : sequence of Column
        Their columns that may be compared.
    """
    pairs = list(_pairs(_plain(ours), _plain(theirs)))[:_MOST]
    names = [list(dict.fromkeys(pair[place].name for pair in pairs)) for place in (0, 1)]
    first, second = sampled(own, names[0]), sampled(other, names[1])
    if first is None or second is None:
        return []
    found: list[tuple[bool, Shared]] = []
    for one, two in pairs:
        shared = Shared((one.name,), (two.name,), one.kind == two.kind == "number")
        count = min(_SAMPLED, len(first.columns[one.name]), len(second.columns[two.name]))
        cells = [
            as_texts(f.columns[c.name].slice(0, count)) for f, c in ((first, one), (second, two))
        ]
        if not cells[0].equals(cells[1]):
            values = shared_values(shared, partial(_same_pair, (cells[0], cells[1])))
            if values is None:
                continue
            unique = _are_unique(values[0]) and _are_unique(values[1])
            if not np.array_equal(*values):
                if unique or one.name == two.name:
                    found.append((unique, shared))
                continue
        if count > 1 and identify(cells[0].to_pylist()):
            return []  # the rows are the same
    chosen = [shared for unique, shared in found if unique]
    rest = [shared for unique, shared in found if not unique]
    if not chosen and len(rest) > 1:
        both = tuple(shared.ours[0] for shared in rest[:_COMPARED])
        chosen = [Shared(both, both)]
    return [*chosen, *rest][:_COMPARED]


def _plain(columns: Sequence[Column]) -> list[Column]:
    twice, kinds = repeated(columns), ("number", "text", "other")
    return [c for c in columns if c.named and c.kind in kinds and c.name not in twice]


def _pairs(ours: Sequence[Column], theirs: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
    """Columns of one name, those named like ids first; then ids of different names."""
    by_name = {column.name: column for column in theirs}
    same = [c for c in ours if c.name in by_name and not _OF_MODEL.fullmatch(c.name)]
    for column in sorted(same, key=lambda column: not _names_rows(column.name)):
        yield column, by_name[column.name]
    names = {column.name for column in ours}
    apart = (
        [c for c in ours if _names_rows(c.name) and c.name not in by_name],
        [c for c in theirs if _names_rows(c.name) and c.name not in names],
    )
    for one, two in product(*apart):
        if not (is_index(one.name) and is_index(two.name)):
            yield one, two


def _names_rows(name: str) -> bool:
    return is_id(name) or is_index(name) or _ID.fullmatch(name) is not None


def _same_pair(pair: Pair, _ours: str, _theirs: str) -> Pair:
    """The values of the only columns."""
    return pair


def sampled(source: Source, names: Sequence[str]) -> Frame | None:
    """The first rows of some columns; None if they cannot be read, or there are none."""
    if not names or source.is_empty:
        return None
    try:
        frame = source.sample(Projection((), tuple(names)))
    except CeError:
        return None  # reported when the rows are read
    return None if frame.left_out else frame


def shared_values(
    shared: Shared, column_of: Callable[[str, str], Pair]
) -> tuple[Hashes, Hashes] | None:
    """A hash of each value in both files; None if some number cannot be read."""
    import pyarrow as pa

    totals = [np.zeros(1, np.uint64)] * 2
    for pair in shared.columns:
        try:
            own = [_hashes(column, shared.numeric) for column in column_of(*pair)]
        except pa.ArrowInvalid:
            return None
        totals = [old * _FACTOR + new for old, new in zip(totals, own, strict=True)]
    return totals[0], totals[1]


def _hashes(column: pa.Array, numeric: bool) -> Hashes:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = row_names(as_texts(column))
    if numeric:
        numbers = floats(texts.cast(pa.float64())) + 0.0  # 0 for −0
        if not (np.abs(numbers) >= _EXACT).any():
            return mixed(np.nan_to_num(numbers, nan=np.inf).view(np.uint64))
    return mixed(fingerprints(pc.fill_null(texts, "")))


def _are_unique(values: Hashes) -> bool:
    return len(np.unique(values)) == len(values)


def texts_of(frame: Frame, name: str) -> list[str | None]:
    """The first values of a column."""
    texts: list[str | None] = as_texts(frame.columns[name].slice(0, _SAMPLED)).to_pylist()
    return texts


def identify(texts: Sequence[str | None]) -> bool:
    """Whether each row has a value of its own, which is more than its number, from 0 or 1."""
    counts = any(texts == [str(row + first) for row in range(len(texts))] for first in (0, 1))
    return len(set(texts)) == len(texts) and not counts


class OrderOfValues:
    """Compares shared columns of two files, as their rows are read.

    Memory is bounded: the values of all rows are compared by the sum of their hashes.

    Parameters
    ----------
    columns : sequence of Shared
        The columns to compare.
    """

    def __init__(self, columns: Sequence[Shared]) -> None:
        self._seen = {shared: _Sums() for shared in columns}

    def names(self, place: int) -> list[str]:
        """The columns to read of the first (0) or the second file (1)."""
        pairs = [pair for shared in self._seen for pair in shared.columns]
        return list(dict.fromkeys(pair[place] for pair in pairs))

    def add(self, column_of: Callable[[str, str], Pair]) -> None:
        """Append the next rows; `column_of` returns the values of both files."""
        for shared in list(self._seen):
            try:
                values = shared_values(shared, column_of)
            except KeyError:  # a part without such a column, which shows nothing
                values = None
            if values is None:
                del self._seen[shared]
            else:
                self._seen[shared].add(*values)

    def reordered(self) -> Reordered | None:
        """The first columns that hold the same values in another order."""
        for shared, sums in self._seen.items():
            distinct = sums.distinct
            unique = distinct == sums.rows
            if sums.same and sums.rows >= _FEWEST_ROWS and (unique or distinct >= _DISTINCT):
                return Reordered(shared, sums.differing, unique)
        return None


class _Sums:
    """The sums of the hashes of two columns."""

    def __init__(self) -> None:
        self.rows = self.differing = 0
        self._ours = self._theirs = 0
        self._kept: list[Hashes] = []

    def add(self, ours: Hashes, theirs: Hashes) -> None:
        self._ours += int(ours.sum(dtype=np.uint64))
        self._theirs += int(theirs.sum(dtype=np.uint64))
        self.differing += int((ours != theirs).sum())
        if self.rows < _KEPT:
            self._kept.append(ours)
        self.rows += len(ours)

    @property
    def same(self) -> bool:
        """Whether there are the same values, and not in the same order."""
        return self.differing > 0 and (self._ours - self._theirs) % (1 << 64) == 0

    @property
    def distinct(self) -> int:
        """How many values there are in the rows that were kept."""
        return len(np.unique(np.concatenate(self._kept))) if self._kept else 0
