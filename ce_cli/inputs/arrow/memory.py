"""Tables in memory: Arrow tables, and pandas DataFrames turned into them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.arrow.types import columns_of_schema, frame_of_batch
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 1 << 18  # of one split


class TableSource:
    """A `pyarrow.Table`.

    Parameters
    ----------
    name : str
        For messages.
    table : pyarrow.Table
        Not copied.
    """

    format = "table in memory"

    def __init__(self, name: str, table: pa.Table) -> None:
        self.name = name
        self._table = table

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not self._table.num_rows

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        return columns_of_schema(self._table.schema)

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return frame_of_batch(self._table.slice(0, _ROWS), projection)

    def splits(self, projection: Projection) -> Iterator[TableSplit]:
        """Slices of bounded size, at least one."""
        for start in range(0, max(1, self._table.num_rows), _ROWS):
            yield TableSplit(self._table.slice(start, _ROWS), projection)


class TableSplit(Record):
    """Some rows of a table."""

    table: pa.Table
    projection: Projection
    size: int = 0  # there is no file

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        yield frame_of_batch(self.table, self.projection)
