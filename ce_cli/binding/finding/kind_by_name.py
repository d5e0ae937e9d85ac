"""Whether the numbers are of the kind that the names of their columns show."""

from __future__ import annotations

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.columns import floats, lists
from ce_cli.errors import DataError, Suggestion
from ce_cli.inputs.source import Projection, Source
from ce_cli.text import quoted

_NEAR = 1e-5  # sums of probabilities in single precision are this close to 1
_FEWEST_ROWS = 2


def check_logits(source: Source, bound: Binding) -> None:
    """Check that columns that are named like logits do not hold probabilities.

    Raises
    ------
    DataError
        All numbers of the first rows are between 0 and 1, and the rows sum to 1.
    """
    matrix = _first_rows(source, bound)
    if matrix is None or len(matrix) < 2 or matrix.shape[1] < _FEWEST_ROWS:
        return
    with np.errstate(invalid="ignore"):
        within = ((matrix >= 0.0) & (matrix <= 1.0)).all()
        if not within or not (np.abs(matrix.sum(axis=0) - 1.0) <= _NEAR).all():
            return
    raise DataError(
        f"{quoted(bound.predictions[0])} is named like a logit, but the numbers are between 0 and "
        "1 and the rows sum to 1, as probabilities do; use --as probabilities, or, if they are "
        "logits, --as logits.",
        suggestions=[Suggestion((("--as", "probabilities"),))],
    )


def _first_rows(
    source: Source, bound: Binding
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]] | None:
    """The numbers of the first rows, shape (K, n); None if they are not for all classes."""
    if bound.shape == "columns":
        frame = source.sample(Projection(bound.predictions, ()))
        return np.stack([floats(frame.columns[name]) for name in bound.predictions])
    if bound.shape != "list":
        return None
    frame = source.sample(Projection((), (), bound.predictions))
    numbers, offsets = lists(frame.columns[bound.predictions[0]])
    width = bound.class_count
    whole = len(numbers) == width * (len(offsets) - 1) and (np.diff(offsets) == width).all()
    return numbers.reshape(-1, width).T if whole else None
