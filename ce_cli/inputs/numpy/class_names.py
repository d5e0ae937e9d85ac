"""An array of the names of classes, which are those of the columns of a 2-D array beside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.numpy.headers import Array, Header
from ce_cli.inputs.source import Column
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

_NAME = re.compile(
    r"(?i)(class|label|target|category)_?(names|order)|classes_?|labels_?|categories"
)


def may_name_classes(name: str, headers: Mapping[str, Header]) -> bool:
    """Whether an array may hold a name for each column of a 2-D array, and another is the labels.

    Parameters
    ----------
    name : str
        The name of the array.
    headers : mapping of str to Header
        The headers of all arrays, by name.
    """
    own = headers[name]
    if not _NAME.fullmatch(name) or len(own.shape) != 1 or own.dtype.kind not in "USiu":
        return False
    rows = {one.rows for one in headers.values() if one.shape[1:] == own.shape and own.rows > 1}
    others = {one.rows for key, one in headers.items() if key != name and len(one.shape) == 1}
    return len(rows) == 1 and (own.rows not in rows or bool(rows & others))


class ClassNames(Record):
    """The names of the classes, the same in every row.

    Attributes
    ----------
    name : str
        The name of the array.
    values : ndarray, shape (k,)
        The names, which may be numbers.
    """

    name: str
    values: Array

    @property
    def are_places(self) -> bool:
        """Whether they are 0, 1, … in this order, so that nothing is named."""
        return self._are_numbers and bool((self.values == np.arange(len(self.values))).all())

    @property
    def _are_numbers(self) -> bool:
        return self.values.dtype.kind in "iu"

    def column(self) -> Column:
        """The column that has them in every row."""
        count = len(self.values)
        if self._are_numbers:
            return Column(self.name, "list", "names of classes", width=count)
        return Column(self.name, "nested", "names of classes", of_names=True)

    def repeated(self, rows: int) -> pa.Array:
        """The names, in each of some rows."""
        if self._are_numbers:
            return arrays.lists([self.values.astype(np.float64).tolist()] * rows)
        names = self.values.tolist()
        texts = [one.decode(errors="replace") if isinstance(one, bytes) else one for one in names]
        return arrays.word_lists([texts] * rows)
