"""Check that columns that identify rows agree where rows are matched by their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.binding.columns import as_texts
from ce_cli.binding.fingerprints import fingerprints
from ce_cli.binding.row_columns import RowCheck, RowColumn, is_index, row_names
from ce_cli.comparing.bound_models import ModelReader, common_indices
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError

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
        first = [one.ours for columns in others for one in columns]
        self.indices = [
            list(dict.fromkeys(first)),
            *([one.theirs for one in columns] for columns in others),
        ]

    def check(self, step: Step, later: Iterator[Step]) -> None:
        """Compare the next rows of every data set; `later` has the steps after them.

        Raises
        ------
        DataError
            They differ.
        """
        for place, check in enumerate(self._checks, start=1):
            own, other = step[0][0], step[place][0]
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

    def _joins(self, column: RowColumn, place: int, steps: Iterator[Step]) -> bool:
        """Whether both data sets have the same unique values in a column."""
        none = np.zeros(0, np.uint64)
        ours, theirs = [none], [none]
        for step in steps:
            for own, data, name in ((ours, 0, column.ours), (theirs, place, column.theirs)):
                if step[data]:
                    own.append(fingerprints(row_names(self._values(step[data][0], name))))
        first, second = (np.sort(np.concatenate(parts)) for parts in (ours, theirs))
        return np.array_equal(first, second) and bool((np.diff(first) > 0).all())

    def _has(self, rows: ScoredRows, name: str) -> bool:
        return name == self._key or name in rows.indices

    def _values(self, rows: ScoredRows, name: str) -> pa.Array:
        ids = rows.ids if name == self._key else rows.indices[name]
        return as_texts(ids)
