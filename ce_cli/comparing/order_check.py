"""Check that columns that identify rows agree where rows are matched by their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.joining.reordered import OrderOfValues, Shared, shared_columns
from ce_cli.binding.joining.row_columns import RowCheck, RowColumn, row_names
from ce_cli.binding.naming.names import is_index, is_prediction
from ce_cli.binding.rows.columns import as_texts
from ce_cli.comparing.bound_models import ModelReader, common_indices
from ce_cli.comparing.order_evidence import OrderColumns
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError
from ce_cli.inputs.source import Column

if TYPE_CHECKING:
    import pyarrow as pa

Step = list[list[ScoredRows]]


class OrderCheck:
    """Compares ids and indices of each data set with those of the first.

    Parameters
    ----------
    readers : sequence of ModelReader
        The data sets.
    key : str or None
        A column of ids that all of them have.

    Attributes
    ----------
    indices : list of list of str
        For each data set, the indices to read.
    """

    def __init__(self, readers: Sequence[ModelReader], key: str | None) -> None:
        self._readers = readers
        self._key = key
        ids = [RowColumn(key, key)] if key is not None and not is_index(key) else []
        others = common_indices(readers)
        self._checks = [RowCheck([*ids, *columns]) for columns in others]
        self._shared = [self._shared_columns(other) for other in readers[1:]]
        self._orders = [OrderOfValues(shared) for shared in self._shared]
        first = [one.ours for columns in others for one in columns]
        first += [name for order in self._orders for name in order.names(0)]
        self.indices = [
            list(dict.fromkeys(first)),
            *(
                list(dict.fromkeys([*(one.theirs for one in columns), *order.names(1)]))
                for columns, order in zip(others, self._orders, strict=True)
            ),
        ]

    @property
    def columns(self) -> OrderColumns:
        """What is compared, for whoever does it elsewhere."""
        checked = tuple(tuple(check.columns) for check in self._checks)
        return OrderColumns(self._key, checked, tuple(map(tuple, self._shared)))

    def _shared_columns(self, other: ModelReader) -> list[Shared]:
        """The shared columns of the first data set and another that seem to disagree."""
        pair = (self._readers[0], other)
        free = [[one for one in reader.kinds if _may_be_shared(one, reader)] for reader in pair]
        return shared_columns(pair[0].source, other.source, *free)

    def check(self, step: Step, later: Iterator[Step]) -> None:
        """Compare the next rows of every data set; `later` has the steps after them.

        Raises
        ------
        DataError
            They differ.
        """
        for place, check in enumerate(self._checks, start=1):
            own, other = step[0][0], step[place][0]
            self._orders[place - 1].add(partial(_indices, own, other))
            columns = check.columns
            known = all(self._has(own, c.ours) and self._has(other, c.theirs) for c in columns)
            if not columns or not known:
                continue  # a part without such a column, which shows nothing
            pairs = {c: (self._values(own, c.ours), self._values(other, c.theirs)) for c in columns}
            found = check.difference(np.arange(own.start, own.end), pairs.__getitem__)
            if found is None:
                continue
            readers = self._readers
            steps = chain([step], later)
            column = found.column
            in_all = all(column.theirs in reader.columns for reader in readers)
            named_apart = column.ours != column.theirs
            joins = (in_all or named_apart) and self._joins(column, place, steps)
            advice = found.advice(joins)
            raise DataError(found.message(readers[place].title, readers[0].title, advice))

    def refuse(self) -> None:
        """Check the order of shared columns, once all rows were compared.

        Raises
        ------
        DataError
            One has the same values in another order.
        """
        for reader, order in zip(self._readers[1:], self._orders, strict=True):
            if found := order.reordered():
                names = found.shared.theirs
                can_join = all(set(names) <= set(one.columns) for one in self._readers)
                can_join = can_join or found.shared.ours != names
                raise DataError(found.message(reader.title, self._readers[0].title, can_join))

    def _joins(self, column: RowColumn, place: int, steps: Iterator[Step]) -> bool:
        """Whether both data sets have the same unique values in a column."""
        none = np.zeros(0, np.uint64)
        ours, theirs = [none], [none]
        for step in steps:
            for own, data, name in ((ours, 0, column.ours), (theirs, place, column.theirs)):
                if step[data]:
                    own.append(fingerprints(row_names(as_texts(self._values(step[data][0], name)))))
        first, second = (np.sort(np.concatenate(parts)) for parts in (ours, theirs))
        return np.array_equal(first, second) and bool((np.diff(first) > 0).all())

    def _has(self, rows: ScoredRows, name: str) -> bool:
        return name == self._key or name in rows.indices

    def _values(self, rows: ScoredRows, name: str) -> pa.Array:
        return rows.ids if name == self._key else rows.indices[name]


def _may_be_shared(column: Column, reader: ModelReader) -> bool:
    """Whether a column is of the file itself, and not of the model."""
    of_model = column.name in reader.used or is_prediction(column.name)
    return not of_model and not column.from_labels


def _indices(
    own: ScoredRows, other: ScoredRows, ours: str, theirs: str
) -> tuple[pa.Array, pa.Array]:
    """The values of a column of each."""
    return own.indices[ours], other.indices[theirs]
