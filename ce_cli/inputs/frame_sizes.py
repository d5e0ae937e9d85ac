"""How many rows a frame may have, so that memory is bounded by numbers and bytes, not by rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, RowGroupMetaData

_CELLS = 1 << 18  # of a frame of narrow rows
_FEWEST_ROWS = 1 << 10  # of a frame of wide rows …
_MOST_CELLS = 1 << 21  # … unless they have more cells than this
_CELL_BYTES = 8
_LONG_TEXT = 512  # bytes, on average
_TEXT_BYTES = 64  # a longer text counts as several cells


def rows_at_once(cells: float, most: int = _CELLS) -> int:
    """The rows of a frame of `most` cells, or, if rows are wide, of up to eight times as many.

    Parameters
    ----------
    cells : float
        The cells of a row, on average.
    most : int
        The cells of a frame of narrow rows.
    """
    cells = max(1.0, cells)
    return max(1, int(most / cells), min(_FEWEST_ROWS, int(_MOST_CELLS / cells)))


def cells_of_column(column: pa.Array | pa.ChunkedArray) -> int:
    """The numbers in all lists of a column, by its bytes; a cell for each row of any other.

    Long texts are more cells; those of a dictionary are in memory once, however few rows there are.
    """
    from pyarrow import types

    if types.is_nested(column.type):
        return _bytes_of(column) // _CELL_BYTES
    if types.is_dictionary(column.type):
        return len(column)
    return max(len(column), _bytes_of(column) // _TEXT_BYTES)


def _bytes_of(column: pa.Array | pa.ChunkedArray) -> int:
    """The bytes of a column; of views in a slice, those of all rows where Arrow cannot tell."""
    try:
        return int(column.nbytes)
    except TypeError:  # of views, before pyarrow 24
        return int(column.get_total_buffer_size())


def cells_of_row_group(group: RowGroupMetaData, names: Iterable[str]) -> float:
    """The cells of a row of some columns in a row group of Parquet, on average, by its metadata."""
    chosen, found = set(names), 0.0
    for place in range(group.num_columns):
        column = group.column(place)
        if _is_within(column.path_in_schema, chosen):
            found += max(column.num_values, column.total_uncompressed_size / _TEXT_BYTES)
    return found / max(1.0, float(group.num_rows))


def long_texts(metadata: FileMetaData, names: Iterable[str]) -> set[str]:
    """The columns of long texts in a file of Parquet, whose distinct texts may not fit the memory.

    Those that repeat are stored once for each row group, so that they count as short.
    """
    chosen, found = set(names), set()
    for group in map(metadata.row_group, range(min(1, metadata.num_row_groups))):
        for column in map(group.column, range(group.num_columns)):
            is_long = column.total_uncompressed_size > _LONG_TEXT * max(1, column.num_values)
            if is_long and column.path_in_schema in chosen:
                found.add(column.path_in_schema)
    return found


def _is_within(path: str, names: set[str]) -> bool:
    """Whether a path is one of the names, or of a field inside it; names may have points, too."""
    while path not in names:
        path, point, _ = path.rpartition(".")
        if not point:
            return False
    return True
