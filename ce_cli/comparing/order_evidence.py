"""Whether rows may be in another order, from parts of them: a monoid that never misses it.

Where it says that they may be, `OrderCheck` looks at all rows in order, and decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from ce_cli.binding.joining.reordered import Shared, shared_values
from ce_cli.binding.joining.row_columns import RowColumn, row_names
from ce_cli.binding.rows.columns import as_texts, floats
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Part = TypeVar("Part", "Agreeing", "SameValues")
Several = tuple[tuple[Part, ...], ...]

_FIRST = frozenset((0.0, 1.0))  # from which an index counts


class Counting(Record):
    """Whether numbers count from 0 or 1, perhaps anew for each of several parts.

    Attributes
    ----------
    ends : (float, float) or None
        The first and the last number; None for none.
    anew : frozenset of float
        The numbers that do not follow the one before them.
    fails : bool
        Whether some value is no number.
    """

    ends: tuple[float, float] | None = None
    anew: frozenset[float] = frozenset()
    fails: bool = False

    @classmethod
    def of(cls, values: pa.Array) -> Self:
        """Whether these do."""
        import pyarrow as pa

        if not len(values):
            return cls()
        try:
            numbers = floats(values.cast(pa.float64()))
        except pa.ArrowInvalid:
            return cls(fails=True)
        anew = np.unique(numbers[1:][numbers[1:] != numbers[:-1] + 1])
        if len(anew) > 1:
            return cls(fails=True)
        return cls((float(numbers[0]), float(numbers[-1])), frozenset(anew.tolist()))

    def merge(self, later: Self) -> Self:
        """Append later numbers."""
        fails = self.fails or later.fails
        if fails or self.ends is None or later.ends is None:
            ends = later.ends if self.ends is None else self.ends
            return type(self)(ends, self.anew | later.anew, fails)
        anew = self.anew | later.anew
        if later.ends[0] != self.ends[1] + 1:
            anew |= {later.ends[0]}
        return type(self)((self.ends[0], later.ends[1]), anew, len(anew) > 1)

    @property
    def holds(self) -> bool:
        """Whether they do."""
        if self.fails or self.ends is None:
            return not self.fails
        return self.ends[0] in _FIRST and self.anew <= {self.ends[0]}


class Agreeing(Record):
    """Whether two columns agree row by row, and whether they merely count the rows."""

    differ: bool = False
    ours: Counting = Counting()
    theirs: Counting = Counting()

    def merge(self, later: Self) -> Self:
        """Append later rows."""
        differ = self.differ or later.differ
        return type(self)(differ, self.ours.merge(later.ours), self.theirs.merge(later.theirs))


class SameValues(Record):
    """Sums of the hashes of two columns, in how many rows they differ, and whether some has none.

    The sums are of integers modulo 2^64.
    """

    ours: int = 0
    theirs: int = 0
    differing: int = 0
    are_unknown: bool = False

    def merge(self, later: Self) -> Self:
        """Append later rows."""
        return type(self)(
            self.ours + later.ours,
            self.theirs + later.theirs,
            self.differing + later.differing,
            self.are_unknown or later.are_unknown,
        )

    @property
    def are_reordered(self) -> bool:
        """Whether they may hold the same values in another order."""
        same = (self.ours - self.theirs) % (1 << 64) == 0
        return same and self.differing > 0 and not self.are_unknown


class OrderEvidence(Record):
    """What some rows show, for each data set but the first.

    Attributes
    ----------
    agreeing : tuple of tuple of Agreeing
        For each pair of columns that have to agree.
    values : tuple of tuple of SameValues
        For each pair of columns that should have the same values.
    """

    agreeing: tuple[tuple[Agreeing, ...], ...]
    values: tuple[tuple[SameValues, ...], ...]

    def merge(self, later: Self) -> Self:
        """Append later rows."""
        return type(self)(_both(self.agreeing, later.agreeing), _both(self.values, later.values))

    @property
    def are_reordered(self) -> bool:
        """Whether some columns may hold the same values in another order."""
        return any(one.are_reordered for several in self.values for one in several)


class OrderColumns(Record):
    """The columns that show the order of rows, for each data set but the first.

    Attributes
    ----------
    key : str or None
        The column of row ids.
    checked : tuple of tuple of RowColumn
        Those that have to agree.
    shared : tuple of tuple of Shared
        Those that should have the same values.
    """

    key: str | None
    checked: tuple[tuple[RowColumn, ...], ...]
    shared: tuple[tuple[Shared, ...], ...]

    def empty(self) -> OrderEvidence:
        """What no rows show."""
        return OrderEvidence(
            tuple((Agreeing(),) * len(columns) for columns in self.checked),
            tuple((SameValues(),) * len(columns) for columns in self.shared),
        )

    def of(self, step: Sequence[Sequence[ScoredRows]]) -> OrderEvidence:
        """What the same rows of every data set show."""
        own = step[0][0]
        others = [some[0] for some in step[1:]]
        return OrderEvidence(
            tuple(
                self._agreeing(own, other, columns)
                for other, columns in zip(others, self.checked, strict=True)
            ),
            tuple(
                tuple(_same_values(own, other, one) for one in shared)
                for other, shared in zip(others, self.shared, strict=True)
            ),
        )

    def may_differ(self, found: OrderEvidence) -> bool:
        """Whether columns that have to agree may not do so."""
        return any(
            one.differ and not (column.is_index and one.ours.holds and one.theirs.holds)
            for columns, several in zip(self.checked, found.agreeing, strict=True)
            for column, one in zip(columns, several, strict=True)
        )

    def _agreeing(
        self, own: ScoredRows, other: ScoredRows, columns: Sequence[RowColumn]
    ) -> tuple[Agreeing, ...]:
        names = [(one.ours, one.theirs) for one in columns]
        if not all(self._has(own, ours) and self._has(other, theirs) for ours, theirs in names):
            return (Agreeing(),) * len(columns)  # a part without such a column shows nothing
        return tuple(
            _compared(self._cells(own, one.ours), self._cells(other, one.theirs), one.is_index)
            for one in columns
        )

    def _has(self, rows: ScoredRows, name: str) -> bool:
        return name == self.key or name in rows.indices

    def _cells(self, rows: ScoredRows, name: str) -> pa.Array:
        return rows.ids if name == self.key else rows.indices[name]


def _compared(ours: pa.Array, theirs: pa.Array, is_index: bool) -> Agreeing:
    import pyarrow.compute as pc

    if not is_index and ours.equals(theirs):
        return Agreeing()
    ours, theirs = as_texts(ours), as_texts(theirs)
    differ = False
    if not ours.equals(theirs):
        differ = bool(pc.any(pc.not_equal(row_names(ours), row_names(theirs))).as_py())
    if not is_index:
        return Agreeing(differ)
    return Agreeing(differ, Counting.of(ours), Counting.of(theirs))


def _same_values(own: ScoredRows, other: ScoredRows, shared: Shared) -> SameValues:
    def columns(ours: str, theirs: str) -> tuple[pa.Array, pa.Array]:
        return own.indices[ours], other.indices[theirs]

    try:
        values = shared_values(shared, columns)
    except KeyError:  # a part without such a column, which shows nothing
        values = None
    if values is None:
        return SameValues(are_unknown=True)
    first, second = values
    return SameValues(
        int(first.sum(dtype=np.uint64)),
        int(second.sum(dtype=np.uint64)),
        int((first != second).sum()),
    )


def _both(earlier: Several[Part], later: Several[Part]) -> Several[Part]:
    return tuple(
        tuple(a.merge(b) for a, b in zip(ours, theirs, strict=True))
        for ours, theirs in zip(earlier, later, strict=True)
    )
