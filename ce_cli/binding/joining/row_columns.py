"""Columns of two files that identify rows, and whether they agree row by row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.names import is_index
from ce_cli.binding.rows.columns import as_texts, floats
from ce_cli.inputs.arrow.arrays import numbers, text_bytes
from ce_cli.inputs.source import Column, repeated
from ce_cli.record import Record
from ce_cli.text import quoted, shell_word

if TYPE_CHECKING:
    import pyarrow as pa

Rows = NDArray[np.int64]

_FIRST = re.compile(r"x|v1|_c0|\.\.\.1|column0+|rowid", re.I)  # so called only as first columns
_WHOLE = r"^(\d+)\.0$"
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
_TIMES = (  # an instant in one spelling, whatever the precision of the file
    (r"^(\d{4}-\d\d-\d\d)T", r"\1 "),
    (r"(Z|[+-]00:?00)$", ""),
    (r"(:\d\d)\.0+$", r"\1"),
    (r"(:\d\d\.\d*[1-9])0+$", r"\1"),
    (r"^(\d{4}-\d\d-\d\d) 00:00(:00)?$", r"\1"),
)
_NO_ORDER = (
    "the rows are not the same, or not in the same order; if they are, remove this column from one "
    "of the files (pandas leaves it out with index=False)"
)


class RowColumn(Record):
    """A column of one file, and the column of another file that has to agree with it.

    Attributes
    ----------
    ours, theirs : str
        Its names in the two files.
    is_index : bool
        Whether it is an index, which may merely count the rows of each file.
    """

    ours: str
    theirs: str
    is_index: bool = False


class Difference(Record):
    """The first row in which two files differ.

    Attributes
    ----------
    row : int
        Its number, from 0.
    ours, theirs : str
        The values of the two files there.
    """

    column: RowColumn
    row: int
    ours: str
    theirs: str

    def message(self, name: str, other: str, advice: str) -> str:
        """The error for the file `name`, which has `theirs`, and the file `other`."""
        ours = "" if self.column.ours == self.column.theirs else f"{quoted(self.column.ours)} "
        return (
            f"{name}: row {self.row + 1:,} has {quoted(self.column.theirs)} {quoted(self.theirs)}, "
            f"but that row of {other} has {ours}{quoted(self.ours)}: {advice}."
        )

    def advice(self, joins: bool) -> str:
        """What to do; `joins` is whether the values of both files are the same unique ids."""
        if joins and self.column.ours == self.column.theirs:
            return (
                "the rows are not in the same order; join them with --id "
                f"{shell_word(self.column.theirs)}"
            )
        if joins:
            return (
                "the rows are not in the same order; give both columns one name, and join the rows "
                "with --id and that name"
            )
        if self.column.is_index:
            return _NO_ORDER
        return "the rows are not the same, or not in the same order; join them with --id COL"


def index_columns(own: Sequence[Column], others: Sequence[Column]) -> list[RowColumn]:
    """The indices of two files: those of one name, or else the first of each."""
    ours, theirs = _indices(own), _indices(others)
    shared = [name for name in ours if name in theirs]
    if shared:
        return [RowColumn(name, name, is_index=True) for name in shared]
    return [RowColumn(ours[0], theirs[0], is_index=True)] if ours and theirs else []


def _indices(columns: Sequence[Column]) -> list[str]:
    kinds = ("number", "text", "other")
    found = [one.name for one in columns if one.named and one.kind in kinds and is_index(one.name)]
    first = columns[0] if columns else None
    if first is not None and first.kind == "number" and _FIRST.fullmatch(first.name):
        found.append(first.name)
    twice = repeated(columns)
    return [name for name in found if name not in twice]


def row_names(ids: pa.Array) -> pa.Array:
    """Ids in one spelling: ``17`` for ``17.0``, a date for its midnight, null for an empty text."""
    import pyarrow.compute as pc

    names = pc.utf8_trim_whitespace(ids)
    if pc.any(pc.ends_with(names, ".0")).as_py():
        names = pc.replace_substring_regex(names, _WHOLE, r"\1")
    if any(_TIME.match(text) for text in names.drop_null()[:1].to_pylist()):
        for pattern, shown in _TIMES:
            names = pc.replace_substring_regex(names, pattern, shown)
    empty = np.diff(text_bytes(names)[1]) == 0
    return names.take(numbers(np.arange(len(empty)), empty)) if empty.any() else names


def row_name(text: str) -> str:
    """One id in the same spelling."""
    whole = text.removesuffix(".0")
    if whole.isdecimal():
        return whole
    if _TIME.match(text):
        for pattern, shown in _TIMES:
            text = re.sub(pattern, shown, text)
    return text


class RowCheck:
    """Compares the columns of two files that identify rows, as the rows are read.

    An index disagrees only if it is more than a count of the rows of each file, and if no other
    column shows that the rows are the same. Missing values prove nothing.

    Parameters
    ----------
    columns : sequence of RowColumn
        The columns to compare, ids before indices.
    """

    def __init__(self, columns: Sequence[RowColumn]) -> None:
        self.columns = columns
        self._seen = [_Compared(column) for column in columns]

    def difference(
        self, rows: Rows, column_of: Callable[[RowColumn], tuple[pa.Array, pa.Array]]
    ) -> Difference | None:
        """The first row, among the next `rows`, in which the files differ; None if they agree.

        `column_of` returns the values of both files for these rows.
        """
        found = None
        proven = False
        for seen in self._seen:
            ours, theirs = column_of(seen.column)
            if seen.column.is_index or not ours.equals(theirs):
                ours, theirs = as_texts(ours), as_texts(theirs)
            differing = seen.add(rows, ours, theirs)
            if differing is None:
                proven = proven or (len(self.columns) > 1 and seen.identifies(ours))
            elif not seen.column.is_index:
                return differing
            else:
                found = found or differing
        return None if proven else found


class _Compared:
    """One column of two files, as far as it was read."""

    def __init__(self, column: RowColumn) -> None:
        self.column = column
        self._counts = (_Count(), _Count())
        names = (column.ours, column.theirs)
        self._may_be_feature = column.is_index and not all(map(is_index, names))
        self._first: Difference | None = None

    def add(self, rows: Rows, ours: pa.Array, theirs: pa.Array) -> Difference | None:
        """Append rows; the first difference so far, unless both merely count their rows."""
        if self.column.is_index:
            for count, values in zip(self._counts, (ours, theirs), strict=True):
                count.add(values)
        if self._may_be_feature and not (_are_whole(ours) and _are_whole(theirs)):
            return None
        if self._first is None and not ours.equals(theirs):
            self._first = self._difference(rows, row_names(ours), row_names(theirs))
        merely_count = self.column.is_index and all(count.holds for count in self._counts)
        return None if merely_count else self._first

    def _difference(self, rows: Rows, ours: pa.Array, theirs: pa.Array) -> Difference | None:
        import pyarrow.compute as pc

        at = pc.index(pc.fill_null(pc.not_equal(ours, theirs), False), True).as_py()
        if at < 0:
            return None
        return Difference(self.column, int(rows[at]), ours[at].as_py(), theirs[at].as_py())

    def identifies(self, values: pa.Array) -> bool:
        """Whether it has a value of its own in each of these rows, and does not merely count."""
        counts = self.column.is_index and self._counts[0].holds
        return not counts and are_unique(values)


class _Count:
    """Whether numbers count rows from 0 or 1, perhaps anew for each of several parts."""

    def __init__(self) -> None:
        self.holds = True
        self._base = -1
        self._last = -1

    def add(self, values: pa.Array) -> None:
        """Append values."""
        import pyarrow as pa

        if not self.holds or not len(values):
            return
        try:
            numbers = floats(values.cast(pa.float64()))
        except pa.ArrowInvalid:  # they are not numbers
            self.holds = False
            return
        if self._base < 0:
            self._base = int(numbers[0]) if numbers[0] in (0.0, 1.0) else -1
            self._last = self._base - 1
        follows = numbers == np.concatenate(([self._last], numbers[:-1])) + 1
        self.holds = self._base >= 0 and bool((follows | (numbers == self._base)).all())
        self._last = int(numbers[-1]) if self.holds else -1


def _are_whole(values: pa.Array) -> bool:
    """Whether all values are whole numbers."""
    import pyarrow as pa

    try:
        row_names(values).cast(pa.int64())
    except pa.ArrowInvalid:
        return False
    return True


def are_unique(values: pa.Array) -> bool:
    """Whether no value is missing or occurs twice."""
    return not values.null_count and len(values.unique()) == len(values)


def are_partners(ours: pa.Array, theirs: pa.Array) -> bool:
    """Whether all of `ours` are among `theirs`, and every value is unique: rows can be joined."""
    import pyarrow.compute as pc

    ours, theirs = row_names(as_texts(ours)), row_names(as_texts(theirs))
    unique = are_unique(ours) and are_unique(theirs)
    return unique and bool(pc.all(pc.is_in(ours, value_set=theirs)).as_py())
