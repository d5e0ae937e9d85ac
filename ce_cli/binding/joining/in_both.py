"""Labels and predictions that both files have, and in how many rows they disagree."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.label_names import labels_by_name
from ce_cli.binding.naming.names import is_prediction
from ce_cli.binding.naming.spelling import canonical
from ce_cli.binding.rows.columns import floats, tokens
from ce_cli.inputs.source import Column, repeated
from ce_cli.record import Record
from ce_cli.text import plural, quoted

if TYPE_CHECKING:
    import pyarrow as pa

    Values = Callable[[str, str], tuple[pa.Array, pa.Array]]

_ROUNDING = 1e-6


class InBoth(Record):
    """A column of the predictions, and that of the labels that has the same role.

    Attributes
    ----------
    ours, theirs : str
        Their names in the two files.
    is_label : bool
        Whether they are labels, of which `theirs` counts; of two predictions, `ours` does.
    """

    ours: str
    theirs: str
    is_label: bool


def columns_in_both(
    ours: Sequence[Column], theirs: Sequence[Column], labels: Sequence[str], others: Sequence[str]
) -> list[InBoth]:
    """The columns to compare: a label, and predictions of one name.

    Parameters
    ----------
    ours, theirs : sequence of Column
        The columns of the predictions and of the labels.
    labels : sequence of str
        The labels, which are among `theirs`.
    others : sequence of str
        Names or globs of `ours` that have another role.
    """
    twice = repeated(ours)
    found: list[InBoth] = []
    if len(labels) == 1:
        own = [n for n in labels_by_name(ours) if n not in others and n not in twice]
        same = labels[0] if labels[0] in own else None
        chosen = same or next(iter(own), None)
        found += [InBoth(chosen, labels[0], True)] if chosen is not None else []
    numbers = {column.name for column in theirs if column.kind == "number"} - {*labels}
    found += (
        InBoth(column.name, column.name, False)
        for column in ours
        if column.kind == "number" and column.name in numbers and is_prediction(column.name)
    )
    return found[:2]


class Disagreements:
    """Counts the rows in which such columns disagree.

    Parameters
    ----------
    columns : sequence of InBoth
        The columns to compare.
    """

    def __init__(self, columns: Sequence[InBoth] = ()) -> None:
        self.columns = tuple(columns)
        self._differing = dict.fromkeys(self.columns, 0)
        self._rows = dict.fromkeys(self.columns, 0)
        self._comparable = {column: not column.is_label for column in self.columns}

    def add(self, column_of: Values) -> None:
        """Append the next rows; `column_of` returns the values of both files."""
        for column in self.columns:
            try:
                pair = column_of(column.ours, column.theirs)
            except KeyError:  # a part without such a column
                continue
            if column.is_label:
                differ, common = _different_labels(*pair)
                self._comparable[column] |= common
            else:
                differ = _different_numbers(*pair)
            self._differing[column] += int(differ.sum())
            self._rows[column] += len(differ)

    def merge(self, later: Disagreements) -> Disagreements:
        """Those of all rows of both, of the same columns; associative."""
        both = Disagreements(self.columns)
        for column in self.columns:
            both._differing[column] = self._differing[column] + later._differing[column]
            both._rows[column] = self._rows[column] + later._rows[column]
            both._comparable[column] = self._comparable[column] or later._comparable[column]
        return both

    def messages(self, name: str, by_id: bool) -> Iterator[tuple[str, int]]:
        """A sentence for each column that disagrees, and the number of rows.

        Parameters
        ----------
        name : str
            The file of labels.
        by_id : bool
            Whether rows are joined by an id, so that only their labels should be the same.
        """
        for column, count in self._differing.items():
            if not count or not self._comparable[column] or (by_id and not column.is_label):
                continue
            verb = "has" if count == 1 else "have"
            theirs = "" if column.ours == column.theirs else f"{quoted(column.theirs)} "
            used = f"those of {name} are used" if column.is_label else "the former are used"
            question = "" if by_id else ": are the rows in the same order?"
            yield (
                f"{count:,} of {plural(self._rows[column], 'row')} {verb} another "
                f"{quoted(column.ours)} in the predictions than {theirs}in {name}; {used}"
                f"{question or '.'}",
                count,
            )


def _different_labels(ours: pa.Array, theirs: pa.Array) -> tuple[NDArray[np.bool_], bool]:
    """Where two labels differ, neither of them missing; and whether they have a value in common."""
    known: dict[str, int] = {}
    codes, seen = [], []
    for own, texts in map(tokens, (ours, theirs)):
        new = [known.setdefault(canonical(text), len(known)) for text in texts]
        codes.append(np.array([*new, -1], np.int64)[own])
        seen.append(set(np.unique(codes[-1]).tolist()) - {-1})
    first, second = codes
    return (first != second) & (first >= 0) & (second >= 0), bool(seen[0] & seen[1])


def _different_numbers(ours: pa.Array, theirs: pa.Array) -> NDArray[np.bool_]:
    """Where two numbers differ by more than the precision of a file."""
    first, second = _numbers(ours), _numbers(theirs)
    return np.abs(first - second) > _ROUNDING * np.maximum(1.0, np.abs(second))


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    """Numbers, NaN for a cell that is none."""
    import pyarrow as pa

    if not (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type)):
        return floats(column)
    codes, texts = tokens(column)
    return np.array([*map(_number, texts), np.nan])[codes]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan
