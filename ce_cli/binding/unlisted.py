"""Labels that no map of probabilities names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.text import quoted, quoted_list, shell_word

_TOLERANCE = 1e-3
_SHOWN = 10


def check_unlisted(
    column: str,
    names: Sequence[str],
    unlisted: Sequence[str],
    rows: NDArray[np.intp],
    values: NDArray[np.float64],
) -> None:
    """Refuse labels that no map names although every map is complete.

    Parameters
    ----------
    column : str
        The column of maps.
    names : sequence of str
        The classes that the maps of the first rows name.
    unlisted : sequence of str
        The labels there that none of them names.
    rows, values : ndarray, shape (n,)
        Row and number of each entry of the maps.

    Raises
    ------
    DataError
        The model cannot have predicted these labels: their probability would be 0.
    """
    if not len(rows):
        return
    numbers = np.exp(values) if (values <= 0.0).all() else values
    sums = np.bincount(rows, numbers)[np.unique(rows)]
    if (np.abs(sums - 1.0) > _TOLERANCE).any():
        return  # the first classes only: a label may be among the others
    classes = (*names, *unlisted)
    typed = "" if len(classes) > _SHOWN or any("," in one for one in classes) else ",".join(classes)
    option = f"--classes {shell_word(typed)}" if typed else "--classes and all of them"
    plural = len(unlisted) > 1
    raise DataError(
        f"no map in {quoted(column)} names the label{'s' if plural else ''} "
        f"{quoted_list(unlisted, 4)}: the maps of the first rows are for {quoted_list(names, 4)}; "
        f"if {'these are classes' if plural else 'this is a class'} of probability 0 there, use "
        f"{option}; otherwise, skip such rows with --ignore-label {shell_word(unlisted[0])}."
    )
