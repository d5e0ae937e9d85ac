"""Number of bytes of each row: from counts, from lists of bytes, or from its text in UTF-8."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import BytesShape
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import floats, lists, nulls, of_dictionary, texts_or_bytes
from ce_cli.binding.rows.count_rows import check_counts
from ce_cli.binding.rows.token_spelling import note_spelling
from ce_cli.inputs.arrow.arrays import offsets

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]


def read_bytes(checked: CheckedRows, name: str, shape: BytesShape | None) -> Floats:
    """Numbers of bytes, shape (n,); bad ones are issues."""
    column = checked.columns[name]
    if shape == "list":
        return _listed(checked, name)
    counts = floats(column) if shape == "counts" else lengths(column)
    if shape == "text":
        note_spelling(checked, name)
    check_counts(checked, name, counts, 0, "bad-bytes")
    return counts


def _listed(checked: CheckedRows, name: str) -> Floats:
    """Lengths of lists of bytes, which are whole numbers from 0 to 255; NaN where null."""
    column = checked.columns[name]
    values, bounds = lists(column)
    counts = np.diff(bounds).astype(np.float64)
    missing = nulls(column)
    if missing is not None:
        checked.miss(name, missing)
        counts = np.where(missing, np.nan, counts)
    wrong = np.flatnonzero(~((values >= 0) & (values <= 255) & (values == np.floor(values))))
    if len(wrong):
        rows = np.searchsorted(bounds, wrong, side="right") - 1
        first = dict(zip(rows[::-1].tolist(), values[wrong][::-1].tolist(), strict=True))
        bad = np.isin(np.arange(len(checked)), rows)
        checked.drop(bad, "bad-byte", name, lambda row: f"{first[row]:g}")
    return counts


def lengths(column: pa.Array) -> Floats:
    """Number of bytes of texts in UTF-8, or of binary values; NaN where null."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return of_dictionary(column, np.append(lengths(column.dictionary), np.nan))
    column = texts_or_bytes(column)
    found = np.diff(offsets(column)).astype(np.float64)
    missing = nulls(column)
    return found if missing is None else np.where(missing, np.nan, found)
