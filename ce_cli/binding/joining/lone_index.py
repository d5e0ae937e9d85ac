"""An index that only one of two files has, and that numbers the rows of the other one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.reordered import OrderOfValues, Shared, identify, sampled, texts_of
from ce_cli.binding.naming.names import is_index
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.inputs.source import Column, Source
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pyarrow as pa


class LoneIndex:
    """Compares the index of one file with the row numbers of another, from 0.

    Parameters
    ----------
    name : str or None
        The index; None compares nothing.
    """

    def __init__(self, name: str | None = None) -> None:
        self.name = name
        self._order = OrderOfValues([] if name is None else [Shared((name,), (name,))])

    def add(self, values: pa.Array, places: NDArray[np.int64]) -> None:
        """Append the index of the next rows, which are at `places` in the other file."""
        import pyarrow as pa

        counted = numbers(places).cast(pa.utf8())
        self._order.add(lambda _a, _b: (values, counted))

    def message(self, file: str, other: str) -> tuple[str, int] | None:
        """That the index is 0, 1, 2, … in another order, if so, and how many rows have others."""
        found = self._order.reordered()
        if found is None or not found.unique:
            return None
        return (
            f"{quoted(self.name or '')} of {file} numbers the rows in another order than that of "
            f"{other} ({found.rows:,} rows differ): if both have one index, write it to both files "
            "under one name, and join the rows with --id and that name.",
            found.rows,
        )


def lone_index(source: Source, columns: Sequence[Column], others: Sequence[Column]) -> str | None:
    """The index of one file if the other has none, and if it does not count the first rows."""
    own, theirs = (
        [c.name for c in some if c.named and c.kind == "number" and is_index(c.name)]
        for some in (columns, others)
    )
    if len(own) != 1 or theirs:
        return None
    frame = sampled(source, own)
    return own[0] if frame is not None and identify(texts_of(frame, own[0])) else None
