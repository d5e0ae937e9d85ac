"""Tables in memory: Arrow tables, and pandas DataFrames turned into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.arrow.text_cells import SNIFFED
from ce_cli.inputs.arrow.types import columns_of_schema, frame_of_batch, names_in_file
from ce_cli.inputs.frame_sizes import cells_of_column, rows_at_once
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
        self._in_file = names_in_file(table.schema)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not self._table.num_rows

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        return columns_of_schema(self._table.schema, self._first)

    def _first(self, names: Sequence[str]) -> Mapping[str, pa.Array]:
        rows = self._table.slice(0, SNIFFED)
        return {name: rows.column(name).combine_chunks() for name in names}

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return next(next(self.splits(projection)).frames())

    def splits(self, projection: Projection) -> Iterator[TableSplit]:
        """Slices of bounded size, at least one."""
        for start in range(0, max(1, self._table.num_rows), _ROWS):
            yield TableSplit(self._table.slice(start, _ROWS), projection, self._in_file)


class TableSplit(Record):
    """Some rows of a table."""

    table: pa.Table
    projection: Projection
    in_file: dict[str, str]
    size: int = 0  # there is no file

    def frames(self) -> Iterator[Frame]:
        """A bounded number of cells at a time, at least one frame."""
        table, names = self.table, self.projection.names
        places = {table.schema.get_field_index(self.in_file.get(name, name)) for name in names}
        cells = sum(cells_of_column(table.column(place)) for place in places if place >= 0)
        rows = rows_at_once(cells / max(1, len(table)), _ROWS * len(places))
        for start in range(0, max(1, len(table)), rows):
            yield frame_of_batch(table.slice(start, rows), self.projection, self.in_file)
