"""Labels of the rows of a frame, read and checked: class codes, or shares of each class."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import tokens
from ce_cli.binding.rows.one_hot import ignore_classes, only_classes
from ce_cli.binding.rows.prediction_rows import (
    ROUNDING,
    list_cells,
    map_cells,
    marked_numbers,
    number_cells,
    somewhere,
)
from ce_cli.findings.row_issues import RowIssue
from ce_cli.kernels.losses import class_sums, first_largest
from ce_cli.kernels.outcomes import certain_codes
from ce_cli.spec import Spec

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_MISSING = -1
_LABELS_KEPT = 20
_FIRST = 64


def read_labels(checked: CheckedRows, binding: Binding, spec: Spec) -> tuple[Codes, Floats | None]:
    """Class codes, shape (n,), and for labels that are not hard the shares, shape (K, n)."""
    if binding.task == "likelihood":
        return np.zeros(len(checked), np.intp), None
    if binding.labels.shape == "single":
        return _from_texts(checked, binding, spec)
    if binding.labels.shape == "share":
        return _from_share(checked, binding)
    shares = _shares(checked, binding)
    if spec.ignore_label:
        ignore_classes(checked, shares, binding, spec)
    if binding.task == "multilabel":
        return np.zeros(len(checked), np.intp), _within_one(checked, shares, binding)
    shares = _counted(checked, shares, binding) if spec.label_counts else shares
    _check_sums(checked, shares, binding, spec)
    shares = np.maximum(shares, 0.0)
    if binding.class_weights or spec.balanced:
        return only_classes(checked, shares, binding), None
    return _with_codes(shares, binding)


def _with_codes(shares: Floats, binding: Binding) -> tuple[Codes, Floats | None]:
    """The classes of certain labels; else the likeliest classes, and the shares."""
    codes = certain_codes(shares)
    if codes is None:
        return first_largest(shares, binding.class_order), shares
    return codes, None


def _from_texts(checked: CheckedRows, binding: Binding, spec: Spec) -> tuple[Codes, Floats | None]:
    """One column of labels; rows with an unknown label are dropped."""
    name, reader = binding.labels.columns[0], binding.labels.reader
    codes, texts = tokens(checked.columns[name])
    if spec.ignore_label:
        ignored = NamedClasses(spec.ignore_label).codes(texts) != UNKNOWN
        checked.ignore(np.append(ignored, False)[codes])
    missing = [code for code, text in enumerate(texts) if text in binding.missing_texts]
    if missing:
        codes = np.where(np.isin(codes, missing), _MISSING, codes)
    some_missing = bool(len(codes)) and bool(codes.min() == _MISSING)
    if some_missing:
        checked.miss(name, codes == _MISSING)
    classes = reader.codes(texts)
    weighted = binding.class_weights or spec.balanced  # only hard labels can have weights
    soft = UNKNOWN in classes and not weighted
    shares = _soft_texts(reader, texts, classes) if soft else None
    if shares is not None:
        known = ~np.isnan(shares)
        classes = np.where(known & (classes == UNKNOWN), (shares > 0.5).astype(np.intp), classes)
    if some_missing or not np.array_equal(classes, np.arange(len(classes))):
        labels = np.append(classes, UNKNOWN)[codes]
    else:  # the usual 0 and 1
        labels = codes
    if UNKNOWN in classes:
        unknown = (labels == UNKNOWN) & (codes != _MISSING)
        code = "unknown-label" if binding.classes else "undecided-label"
        checked.drop(
            unknown,
            code,
            name,
            lambda row: texts[codes[row]],
            lambda rows: _distinct(texts, codes[rows]),
        )
    if binding.classes is None:
        _note_labels(checked, texts, codes, shares)
    if shares is None:
        return labels, None
    positive = np.append(shares, np.nan)[codes]
    return labels, np.stack([1.0 - positive, positive])


def _distinct(texts: Sequence[str], codes: Codes) -> list[str]:
    """The distinct labels of some rows, in the order in which they first occur."""
    known, first = np.unique(codes, return_index=True)
    return [texts[code] for code in known[np.argsort(first)].tolist()]


def _from_share(checked: CheckedRows, binding: Binding) -> tuple[Codes, Floats | None]:
    """One column of the share of the positive class."""
    marks = marked_numbers(binding.missing_texts)
    cells = number_cells(checked, binding.labels.columns, marks)
    positive = _within_one(checked, cells, binding)[0]
    codes = (positive > 0.5).astype(np.intp)
    if ((positive == 0.0) | (positive == 1.0)).all():
        return codes, None
    return codes, np.stack([1.0 - positive, positive])


def _soft_texts(reader: object, texts: Sequence[str], classes: Codes) -> Floats | None:
    """The share of the positive class in each text, if some text is a soft label."""
    if not isinstance(reader, ConventionalBinary):
        return None
    shares = np.where(classes == UNKNOWN, np.nan, classes.astype(np.float64))
    for place in np.flatnonzero(classes == UNKNOWN).tolist():
        share = reader.share(texts[place])
        if share is not None:
            shares[place] = share
    return None if (np.isnan(shares) == (classes == UNKNOWN)).all() else shares


def _note_labels(
    checked: CheckedRows, texts: Sequence[str], codes: Codes, shares: Floats | None
) -> None:
    """Record which labels occur, since they name the classes."""
    kept = codes if checked.keep.all() else np.where(checked.keep, codes, _MISSING)
    few = range(len(texts)) if len(texts) <= _LABELS_KEPT else np.unique(kept[kept >= 0])
    hard = [code for code in few if shares is None or shares[code] in (0.0, 1.0)]
    for code in hard[:_LABELS_KEPT]:
        for some in (kept[:_FIRST], kept):  # both classes are usually among the first rows
            found = np.flatnonzero(some == code)
            if len(found):
                row = int(checked.rows[found[0]])
                checked.issues.append(RowIssue("label", texts[code], 1, (row,)))
                break


def _shares(checked: CheckedRows, binding: Binding) -> Floats:
    """Shares or counts in the order of the classes, shape (K, n)."""
    labels = binding.labels
    if labels.shape == "map":
        return map_cells(checked, labels.columns[0], binding.classes or ())[0]
    if labels.shape == "list":
        cells = list_cells(checked, labels.columns[0], binding.class_count)
    else:
        cells = number_cells(checked, labels.columns)
    shares = np.empty_like(cells)
    shares[list(labels.class_codes)] = cells
    return shares


def _within_one(checked: CheckedRows, shares: Floats, binding: Binding) -> Floats:
    """Check that each of independent labels is between 0 and 1."""
    with np.errstate(invalid="ignore"):
        outside = (shares < -ROUNDING) | (shares > 1.0 + ROUNDING)
    if outside.any():
        code = "share-outside" if binding.labels.shape == "share" else "label-outside"
        checked.drop_cells(_columns(binding), shares, outside, code)
    return np.clip(shares, 0.0, 1.0)


def _counted(checked: CheckedRows, counts: Floats, binding: Binding) -> Floats:
    """Divide counts of annotators by their sum."""
    with np.errstate(invalid="ignore"):
        bad = (counts < 0.0) | np.isinf(counts)
    if bad.any():
        checked.drop_cells(_columns(binding), counts, bad, "bad-count")
    sums = class_sums(counts)
    empty = sums == 0.0
    if empty.any():
        checked.drop(empty, "no-count", binding.labels.columns[0], lambda row: "0")
    with np.errstate(invalid="ignore"):
        return counts / np.where(empty | somewhere(bad), 1.0, sums)


def _check_sums(checked: CheckedRows, shares: Floats, binding: Binding, spec: Spec) -> None:
    with np.errstate(invalid="ignore"):
        outside = shares < -ROUNDING
    if outside.any():
        checked.drop_cells(_columns(binding), shares, outside, "label-outside")
    sums = class_sums(shares)
    tolerance = max(binding.labels.tolerance, spec.sum_tolerance or 0.0)
    bad = ~(np.abs(sums - 1.0) <= tolerance) & ~np.isnan(sums)
    if bad.any():
        checked.drop(bad, "label-sum", binding.labels.columns[0], lambda row: f"{sums[row]:.9g}")


def _columns(binding: Binding) -> Sequence[str]:
    """The label column of each class."""
    columns, places = binding.labels.columns, binding.labels.class_codes
    if binding.labels.shape == "share":
        return columns
    if len(columns) < binding.class_count:
        return columns * binding.class_count
    return [columns[places.index(code)] for code in range(binding.class_count)]
