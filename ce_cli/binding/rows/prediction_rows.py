"""Predictions of the rows of a frame, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import entries, floats, lists, nulls
from ce_cli.findings.row_issues import RowIssue
from ce_cli.kernels.layout import NARROW, stored
from ce_cli.kernels.losses import class_sums
from ce_cli.memory.limit import require
from ce_cli.spec import Spec
from ce_cli.text import plural

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

ROUNDING = 1e-9  # how far outside [0, 1] a probability may be by rounding alone
_DENSE = 40  # bytes of a class in a row, while maps are checked and scored
_FLOAT32_ROUNDING = 1e-6  # for probabilities stored in single precision or less


def read_predictions(
    checked: CheckedRows, binding: Binding, spec: Spec
) -> tuple[Floats, Bools | None]:
    """All predictions, shape (K, n), or (1, n) for a single column; missing ones are NaN.

    For maps, also where a class is not named, shape (K, n); predictions there are meaningless.
    """
    names, marks = binding.predictions, marked_numbers(binding.missing_texts)
    if binding.ragged:
        from ce_cli.binding.rows.ragged import ragged_cells

        return ragged_cells(checked, names[0], binding, spec), None
    if binding.shape == "list":
        return list_cells(checked, names[0], binding.class_count, marks), None
    if binding.shape == "map":
        matrix, unnamed = map_cells(checked, names[0], binding.names_in_maps, marks)
        return matrix, unnamed if unnamed.any() else None
    return number_cells(checked, names, marks), None


@lru_cache
def marked_numbers(missing_texts: tuple[str, ...]) -> tuple[float, ...]:
    """The numbers among the texts that mark a missing value; in single precision, too."""
    found: list[float] = []
    for text in missing_texts:
        try:
            number = float(text)
        except ValueError:
            continue
        with np.errstate(over="ignore"):
            found += [number, float(np.float32(number))]
    return tuple(number for number in dict.fromkeys(found) if not np.isnan(number))


def _unmarked(values: Floats, marks: Sequence[float]) -> Floats:
    """The numbers, NaN where they mark a missing value."""
    return np.where(np.isin(values, marks), np.nan, values) if marks else values


def number_cells(checked: CheckedRows, names: Sequence[str], marks: Sequence[float] = ()) -> Floats:
    """Columns of numbers, shape (K, n)."""
    if len(names) == 1:
        matrix = floats(checked.columns[names[0]])[np.newaxis, :]
    else:
        matrix = np.empty((len(names), len(checked)))
        for row, name in zip(matrix, names, strict=True):
            row[:] = floats(checked.columns[name])
    matrix = _unmarked(matrix, marks)
    if matrix.size and np.isnan(matrix.min()):
        for row, name in zip(matrix, names, strict=True):
            checked.miss(name, np.isnan(row))
    return matrix


def list_cells(checked: CheckedRows, name: str, width: int, marks: Sequence[float] = ()) -> Floats:
    """Lists of `width` numbers, shape (width, n); row by row in memory, if they are long."""
    column = checked.columns[name]
    values, offsets = lists(column)
    lengths = np.diff(offsets)
    missing = nulls(column)
    if missing is not None:
        checked.miss(name, missing)
    wrong = (lengths != width) if missing is None else (lengths != width) & ~missing
    if wrong.any():
        checked.drop(wrong, "list-length", name, lambda row: plural(lengths[row], "number"))
    if (lengths == width).all():
        matrix = values.reshape(-1, width).T
        matrix = np.ascontiguousarray(matrix) if width <= NARROW else matrix
    else:
        matrix = stored(width, len(lengths))
        matrix[:] = 1.0 / width
        for row in np.flatnonzero(lengths == width):
            matrix[:, row] = values[offsets[row] : offsets[row + 1]]
    matrix = _unmarked(matrix, marks)
    if matrix.size and np.isnan(matrix.min()):
        checked.miss(name, somewhere(np.isnan(matrix)))
    return matrix


@lru_cache(maxsize=4)
def _reader(classes: tuple[str, ...]) -> NamedClasses:
    """What finds the classes of keys; made once, since every frame has the same classes."""
    return NamedClasses(classes)


def map_cells(
    checked: CheckedRows, name: str, classes: Sequence[str], marks: Sequence[float] = ()
) -> tuple[Floats, Bools]:
    """Maps from class to number, shape (K, n), and where a class is not named."""
    column = checked.columns[name]
    missing = nulls(column)
    if missing is not None:
        checked.miss(name, missing)
    rows, codes, keys, values = entries(column)
    own = _reader(tuple(classes)).codes(keys)[codes] if len(codes) else codes
    unknown = own == UNKNOWN
    if unknown.any():
        first = dict(zip(rows[unknown][::-1].tolist(), codes[unknown][::-1].tolist(), strict=True))
        bad = np.isin(np.arange(len(checked)), rows[unknown])
        checked.drop(bad, "unknown-class", name, lambda row: keys[first[row]])
    cells = own * len(checked) + rows
    if len(np.unique(cells)) < len(cells):
        distinct, counts = np.unique(cells[~unknown], return_counts=True)
        twice = np.isin(np.arange(len(checked)), distinct[counts > 1] % len(checked))
        checked.drop(twice, "repeated-key", name, lambda row: "")
    require(
        _DENSE * len(classes) * len(checked),
        f"maps of {len(classes):,} classes in {plural(len(checked), 'row')} at a time",
        "store the predictions as lists, or score them with --threads 1",
    )
    matrix = np.zeros((len(classes), len(checked)))
    unnamed = np.ones(matrix.shape, np.bool_)
    matrix[own[~unknown], rows[~unknown]] = _unmarked(values[~unknown], marks)
    unnamed[own[~unknown], rows[~unknown]] = False
    checked.miss(name, somewhere(np.isnan(matrix)))
    empty = ~somewhere(~unnamed)
    checked.miss(name, empty)
    return matrix, unnamed & ~empty


def settle_unnamed(
    checked: CheckedRows,
    matrix: Floats,
    unnamed: Bools,
    happened: Bools,
    binding: Binding,
    spec: Spec,
) -> Floats:
    """Complete maps that name only some classes, among which the label has to be.

    `matrix` holds the predictions, `unnamed` is true where a map lacks a class, and `happened`
    where a class has a share of the label: all of shape (K, n), like the predictions returned,
    where classes that are not named have a probability of 0.
    """
    name = binding.predictions[0]
    if spec.as_ == "logits":  # without all of them there are no probabilities
        checked.miss(name, somewhere(unnamed))
        return matrix
    logs = spec.as_ == "logprobs"
    matrix = np.where(unnamed, -np.inf if logs else 0.0, matrix)
    with np.errstate(over="ignore"):
        rest = 1.0 - class_sums(np.exp(matrix) if logs else matrix)
    partial = somewhere(unnamed) & (rest > (spec.sum_tolerance or 0.0))
    lost = partial & somewhere(unnamed & happened)
    if spec.missing == "skip":
        checked.miss(name, lost)
    else:
        classes = binding.classes or ()
        checked.drop(
            lost, "unlisted", name, lambda row: classes[int((unnamed & happened)[:, row].argmax())]
        )
    at = np.flatnonzero(partial & ~lost & checked.keep)
    if len(at):
        peak = at[np.argmax(rest[at])]
        worst = (float(rest[peak]), int(checked.rows[peak]), f"{rest[peak]:.6g}")
        checked.issues.append(RowIssue.of("rest-missing", name, checked.rows[at], (), worst))
    return matrix


def check_predictions(
    checked: CheckedRows, matrix: Floats, unnamed: Bools | None, binding: Binding, spec: Spec
) -> Floats:
    """Check the range of the numbers and the sums of the rows; correct rounding errors.

    Returns
    -------
    ndarray, shape (K, n)
        The predictions to score.
    """
    names = binding.predictions
    columns = names if len(names) == len(matrix) else names * len(matrix)
    if spec.as_ == "probabilities":
        matrix = _probabilities(checked, matrix, columns, binding)
    elif spec.as_ == "logprobs":
        matrix = _logprobs(checked, matrix, columns, binding)
    elif spec.as_ == "losses":
        matrix = _losses(checked, matrix, columns)
    elif binding.task != "multilabel":
        _logits(checked, matrix)
    if len(matrix) > 1 and spec.as_ != "logits" and binding.task != "multilabel":
        from ce_cli.binding.rows.row_sums import summing_to_one

        sparse = np.zeros(len(checked), np.bool_) if unnamed is None else somewhere(unnamed)
        matrix = summing_to_one(checked, matrix, sparse, binding, spec)
    return matrix


def _probabilities(
    checked: CheckedRows, matrix: Floats, columns: Sequence[str], binding: Binding
) -> Floats:
    """Check the range; values outside it by rounding alone are clipped."""
    low, high = _range(matrix)
    if low >= 0.0 and high <= 1.0:
        return matrix
    coarse = {"float32", "float16"} & set(binding.stored)
    rounding = _FLOAT32_ROUNDING if coarse else ROUNDING
    with np.errstate(invalid="ignore"):
        outside = (matrix < -rounding) | (matrix > 1.0 + rounding)
    if outside.any():
        checked.note_numbers(matrix, outside, binding.task)
        checked.drop_cells(columns, matrix, outside, "outside")
    return np.clip(matrix, 0.0, 1.0)


def _logprobs(
    checked: CheckedRows, matrix: Floats, columns: Sequence[str], binding: Binding
) -> Floats:
    """Check that none is positive; values above 0 by rounding alone become 0."""
    if _range(matrix)[1] <= 0.0:
        return matrix
    with np.errstate(invalid="ignore"):
        above = matrix > ROUNDING
    if above.any():
        checked.note_numbers(matrix, above, binding.task)
        checked.drop_cells(columns, matrix, above, "positive-logprob")
    return np.minimum(matrix, 0.0)


def _losses(checked: CheckedRows, matrix: Floats, columns: Sequence[str]) -> Floats:
    """Check that none is negative; values below 0 by rounding alone become 0."""
    if _range(matrix)[0] >= 0.0:
        return matrix
    with np.errstate(invalid="ignore"):
        below = matrix < -ROUNDING
    if below.any():
        checked.drop_cells(columns, matrix, below, "negative-loss")
    return np.maximum(matrix, 0.0)


def _logits(checked: CheckedRows, matrix: Floats) -> None:
    """Check that no row has several logits of inf, or only logits of −inf."""
    low, high = _range(matrix)
    if len(matrix) == 1 or (low > -np.inf and high < np.inf):
        return
    bad = ((matrix == np.inf).sum(axis=0) > 1) | (matrix == -np.inf).all(axis=0)
    if (bad & checked.keep).any():
        checked.drop(bad, "bad-logits", "", lambda row: _row_text(matrix[:, row]))


def somewhere(cells: Bools) -> Bools:
    """Whether any cell of each row is true, shape (n,), for cells of shape (K, n)."""
    rows: Bools = np.logical_or.reduce(cells, axis=0)
    return rows


def nan(values: Floats) -> Bools:
    """Where values are NaN; the minimum quickly shows whether there are any."""
    if len(values) and np.isnan(values.min()):
        return np.isnan(values)
    return np.zeros(len(values), np.bool_)


def _range(matrix: Floats) -> tuple[float, float]:
    """The smallest and largest value, ignoring NaN."""
    if not matrix.size:
        return 0.0, 0.0
    low, high = float(matrix.min()), float(matrix.max())
    if np.isnan(low):
        low, high = float(np.fmin.reduce(matrix, None)), float(np.fmax.reduce(matrix, None))
    return low, high


def _row_text(values: Floats) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:6])
    return f"[{shown}, …]" if len(values) > 6 else f"[{shown}]"
