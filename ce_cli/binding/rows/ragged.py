"""Lists of different lengths, where each row has its own classes: the answers to its question."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import lists, nulls
from ce_cli.binding.rows.prediction_rows import somewhere
from ce_cli.errors import UsageError
from ce_cli.inputs.source import Column, Projection, Source
from ce_cli.spec import Spec
from ce_cli.text import plural

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ENOUGH = 10  # rows that show that lengths differ on purpose
_USUAL = 0.9  # share of the rows with one length, from which on the others are rather broken


def list_lengths(source: Source, name: str) -> Counter[int]:
    """How often each length occurs in the first rows, apart from empty lists."""
    frame = source.sample(Projection((), (), (name,)))
    lengths = np.diff(lists(frame.columns[name])[1])
    return Counter(lengths[lengths > 0].tolist())


def are_ragged(lengths: Counter[int], column: Column, spec: Spec) -> bool:
    """Whether lists differ in length on purpose.

    Either the format shows it, or many of the first rows differ from the others.

    Raises
    ------
    UsageError
        An option does not fit.
    """
    ragged = column.own_classes
    if "token" in column.name.lower():
        return False
    if len(lengths) > 1 and min(lengths) > 1 and spec.task != "multilabel":
        rows = lengths.total()
        enough = rows >= _ENOUGH or spec.as_ != "auto"
        ragged = ragged or (enough and max(lengths.values()) < _USUAL * rows)
    if ragged and spec.label_smoothing:
        raise UsageError("--label-smoothing cannot be used with lists of different lengths.")
    return ragged


def ragged_cells(checked: CheckedRows, name: str, binding: Binding, spec: Spec) -> Floats:
    """Lists of up to K numbers, shape (K, n); where a list ends, classes have probability 0.

    The caller checks that no label is there, with `check_places`.
    """
    column, width = checked.columns[name], binding.class_count
    values, offsets = lists(column)
    lengths = np.diff(offsets)
    missing = nulls(column)
    if missing is not None:
        checked.miss(name, missing)
    longer = lengths > width
    if longer.any():
        checked.drop(longer, "list-longer", name, lambda row: plural(lengths[row], "number"))
    empty = (lengths == 0) if missing is None else (lengths == 0) & ~missing
    checked.drop(empty, "list-empty", name, lambda row: "")
    matrix = np.full((width, len(lengths)), 0.0 if spec.as_ == "probabilities" else -np.inf)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    places = np.arange(len(values)) - np.repeat(offsets[:-1], lengths)
    known = places < width
    matrix[places[known], rows[known]] = values[known]
    absent = empty | longer if missing is None else empty | longer | missing
    matrix[:, absent] = 1.0 / width  # not scored
    checked.miss(name, somewhere(np.isnan(matrix)))
    return matrix


def check_places(checked: CheckedRows, name: str, happened: Bools) -> None:
    """Report labels that are places behind the end of their list."""
    column = checked.columns[name]
    lengths, missing = np.diff(lists(column)[1]), nulls(column)
    behind = np.arange(len(happened))[:, np.newaxis] >= lengths
    bad = somewhere(happened & behind)
    bad = bad if missing is None else bad & ~missing  # reported as missing
    if bad.any():
        checked.drop(bad, "no-such-place", name, lambda row: plural(lengths[row], "number"))
