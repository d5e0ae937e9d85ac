"""What the first rows show of each column: its evidence for a role."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.spelling import canonical
from ce_cli.binding.rows.columns import entries, floats, lists, tokens
from ce_cli.inputs.source import NO_TEXTS, Column, Frame, Kind, Projection, Source, repeated
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]

_FEW = 1000  # distinct values of a column of classes
_ROUNDING = 1e-6


class Numbers(Record):
    """The numbers of a column in the first rows.

    Attributes
    ----------
    values : ndarray of float64, shape (n,)
        Those that are present, without repetition.
    bad : bool
        Whether a cell holds something else.
    """

    values: Floats
    bad: bool = False

    @property
    def in_unit(self) -> bool:
        """Whether all are in [0, 1], but for rounding."""
        low, high = self._range
        return low >= -_ROUNDING and high <= 1.0 + _ROUNDING

    @property
    def are_decisions(self) -> bool:
        """Whether all are 0 or 1."""
        return bool(len(self.values)) and bool(np.isin(self.values, (0.0, 1.0)).all())

    @property
    def are_fractions(self) -> bool:
        """Whether all are in [0, 1], and some between."""
        return bool(len(self.values)) and self.in_unit and not self.are_decisions

    @property
    def are_whole(self) -> bool:
        """Whether all are whole numbers."""
        return bool((self.values == np.floor(self.values)).all())

    @property
    def are_counts(self) -> bool:
        """Whether all are whole numbers, some of them not 0 or 1."""
        return self.are_whole and not self.are_decisions

    @property
    def have_both_signs(self) -> bool:
        """Whether they are numbers, not all whole, on both sides of 0."""
        low, high = self._range
        return low < 0.0 < high and not self.are_whole and not self.bad

    @property
    def _range(self) -> tuple[float, float]:
        if not len(self.values):
            return 0.0, 0.0
        return float(self.values.min()), float(self.values.max())


class FirstRows:
    """The first rows of a file, each column read once, when its evidence is needed.

    Parameters
    ----------
    source : Source
        The open file.
    missing : tuple of str
        Texts that mean a missing value.
    """

    def __init__(self, source: Source, missing: tuple[str, ...] = ()) -> None:
        self.source = source
        self._missing = missing
        self._numbers: dict[str, Numbers] = {}
        self._cells: dict[str, Floats] = {}
        self._labels: dict[str, list[str]] = {}
        self._repeated: dict[str, bool] = {}
        self.columns: Sequence[Column] = source.columns()
        self._kinds = {column.name: column for column in self.columns}
        self.repeated = repeated(self.columns)

    def kind(self, name: str) -> Kind:
        """The kind of the values of a column."""
        return self._kinds[name].kind

    def numbers(self, names: Iterable[str]) -> list[Numbers]:
        """The numbers of columns."""
        names = list(names)
        for part in self._by_file([one for one in names if one not in self._numbers]):
            projection = Projection(tuple(part), (), missing_texts=self._missing)
            frame = self.source.sample(projection)
            invalid = dict(frame.invalid_cells)
            for name in part:
                own = self._cells[name] = _cells(frame.columns[name])
                if name in invalid:
                    own = np.delete(own, list(invalid[name]))
                self._numbers[name] = Numbers(_distinct(own), name in invalid)
        return [self._numbers[name] for name in names]

    def nested(self, name: str) -> Numbers:
        """The numbers in a column of lists or maps."""
        from pyarrow import types

        if name not in self._numbers:
            cells = self.source.sample(self._of_nested(name)).columns[name]
            is_nested = types.is_nested(cells.type)  # another column of this name may not be
            own = self._values(cells) if is_nested else np.empty(0)
            self._numbers[name] = Numbers(_distinct(own))
        return self._numbers[name]

    def labels(self, name: str) -> list[str]:
        """The texts of a column, each once in order of appearance, also those of missing values."""
        self.read_labels([name])
        return self._labels[name]

    def read_labels(self, names: Iterable[str]) -> None:
        """Read the texts of several columns at once, for `labels`."""
        for part in self._by_file([name for name in names if name not in self._labels]):
            frame = self.source.sample(Projection((), tuple(part), missing_texts=NO_TEXTS))
            for name in part:
                self._read_labels(name, frame)

    def classes(self, name: str) -> list[str]:
        """The labels of a column without missing values."""
        return [text for text in self.labels(name) if text and text not in self._missing]

    def label_numbers(self, name: str) -> Numbers:
        """The numbers of a column that is read as labels anyway."""
        found = [_number(text) for text in self.classes(name)]
        known = sorted(number for number in found if number is not None)
        return Numbers(np.array(known, np.float64), len(known) < len(found))

    def distinct(self, name: str) -> set[str]:
        """The values of a column, each in one spelling."""
        return {canonical(text) for text in self.classes(name)}

    def repeats(self, name: str) -> bool:
        """Whether some value of the column occurs more than once."""
        self.labels(name)
        return self._repeated[name]

    def cells(self, names: Sequence[str]) -> list[Floats]:
        """The numbers of columns by row, each of shape (n,); NaN where a value is missing."""
        self.numbers(names)
        found = [self._cells[name] for name in names]
        if len({len(one) for one in found}) > 1:  # each lacks the rows that it is wrong in
            frame = self.source.sample(Projection(tuple(names), (), missing_texts=self._missing))
            found = [_cells(frame.columns[name]) for name in names]
        return found

    def sums(self, names: Sequence[str]) -> Floats:
        """The sums over columns, by row; NaN where a value is missing."""
        return np.asarray(np.add.reduce(self.cells(names)))

    def are_few(self, name: str) -> bool:
        """Whether a column has so few values that they may be classes."""
        return 0 < len(self.classes(name)) <= _FEW

    def _of_nested(self, name: str) -> Projection:
        is_list = self._kinds[name].kind == "list"
        lists, maps = ((name,), ()) if is_list else ((), (name,))
        return Projection((), (), lists, self._missing, maps)

    def _values(self, column: pa.Array) -> Floats:
        from pyarrow import types

        if types.is_map(column.type) or types.is_struct(column.type):
            return entries(column)[3]
        return lists(column)[0]

    def _read_labels(self, name: str, frame: Frame) -> None:
        codes, names = tokens(frame.columns[name])
        known, first = np.unique(codes, return_index=True)
        present = known >= 0
        order = known[present][np.argsort(first[present])]
        self._labels[name] = [names[code] for code in order.tolist()]
        self._repeated[name] = int((codes >= 0).sum()) > len(order)

    def _by_file(self, names: Sequence[str]) -> list[list[str]]:
        """The names by the file that has the column; only one can be read at a time."""
        own = [name for name in names if not self._kinds[name].from_labels]
        theirs = [name for name in names if self._kinds[name].from_labels]
        return [part for part in (own, theirs) if part]


def _cells(column: pa.Array) -> Floats:
    """Numbers; NaN for lists, which another column of the same name may hold."""
    from pyarrow import types

    return np.full(len(column), np.nan) if types.is_nested(column.type) else floats(column)


def _distinct(numbers: Floats) -> Floats:
    """The distinct numbers that are present; `np.unique` would import all of `numpy.ma`."""
    ordered = np.sort(numbers[~np.isnan(numbers)])
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    distinct: Floats = ordered[first]
    return distinct


def _number(text: str) -> float | None:
    try:
        return float(canonical(text))
    except ValueError:
        return None
