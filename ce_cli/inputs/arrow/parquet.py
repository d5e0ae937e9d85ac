"""Apache Parquet files: one split per row group, only the needed columns."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ce_cli.inputs.arrow.parquet_file import parquet_file
from ce_cli.inputs.arrow.text_cells import SNIFFED, is_word
from ce_cli.inputs.arrow.type_tests import checked, is_nested
from ce_cli.inputs.arrow.types import (
    columns_of_schema,
    first_frame,
    frame_of_batch,
    has_row_numbers,
    names_in_file,
)
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.frame_sizes import cells_of_row_group, long_texts, rows_at_once
from ce_cli.inputs.read_ahead import ReadAhead
from ce_cli.inputs.rephrased import arrow_errors
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading, Span
from ce_cli.record import Record
from ce_cli.text import display_name

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    from ce_cli.inputs.arrow.parquet_remote import ColumnsAhead

_KIND = "a Parquet file"
_CELLS = 1 << 18  # of one frame
_GROUPED = 1 << 22  # … if each frame has the keys of its groups
_LONGEST = 1 << 17  # rows of one frame, which then is one batch
# Bytes read ahead in each column, so that a large row group is not held in memory whole.
_BUFFER = 1 << 20
_SMALLEST_BUFFER = 1 << 14
_BUFFERS = 1 << 25  # of all columns of a local file


def open_parquet(path: str, raw: io.BufferedReader, reading: Reading) -> ParquetSource:
    """Open a Parquet file; its footer is at the end, so a pipe is spooled to disk first."""
    if "://" in path:
        from ce_cli.inputs.remote.web_ranges import by_ranges

        raw = by_ranges(path, raw)
    return ParquetSource(path, *on_disk(path, raw, ".parquet"), reading.span, reading.rows)


class ParquetSource:
    """A Parquet file.

    Parameters
    ----------
    name : str
        For messages.
    path : str
        Path or URI.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    span : Span or None
        The part of the file whose row groups are read.
    rows : (int, int) or None
        The numbers of the first row that is read, and of the one after the last.
    """

    format = "Parquet"

    def __init__(
        self,
        name: str,
        path: str,
        spool: object = None,
        span: Span | None = None,
        rows: tuple[int, int] | None = None,
    ) -> None:
        self._spool = spool
        self._rows = rows
        self._span = span
        if span is not None:
            span.is_divided, span.begin, span.end = True, span.start, span.stop
        self.name = display_name(name)
        self._path = path
        self._file = _open(self.name, path)
        self._ahead: ColumnsAhead | None = None
        with arrow_errors(self.name, _KIND):
            if "://" in path:
                from ce_cli.inputs.arrow.parquet_remote import ColumnsAhead

                self._ahead = ColumnsAhead(path)
            self._in_file = names_in_file(self._file.schema_arrow)
        self._columns: Sequence[Column] | None = None
        self.has_row_numbers = has_row_numbers(self._file.schema_arrow.metadata)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not self._file.metadata.num_rows

    @property
    def group_rows(self) -> tuple[int, ...]:
        """The number of rows of each row group."""
        metadata = self._file.metadata
        return tuple(metadata.row_group(n).num_rows for n in range(metadata.num_row_groups))

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        if self._columns is None:
            with arrow_errors(self.name, _KIND):
                self._columns = columns_of_schema(self._file.schema_arrow, self._first)
        return self._columns

    def _first(self, names: Sequence[str]) -> Mapping[str, pa.Array]:
        """The first cells of columns of text, but for those that statistics show to be words."""
        groups = range(self._file.num_row_groups)
        filled = [n for n in groups if self._file.metadata.row_group(n).num_rows]
        names = [name for name in names if filled and not self._holds_words(name, filled[0])]
        if not names:
            return {}
        file = self._file
        if self._ahead is not None:
            from ce_cli.inputs.arrow.parquet_remote import opened_for_first

            file = opened_for_first(self._path, filled[0], names)
        batches = file.iter_batches(
            SNIFFED, row_groups=filled[:1], columns=names, use_threads=False
        )
        batch = next(iter(batches), None)  # none if the number of rows is wrong
        return {} if batch is None else {name: checked(batch.column(name)) for name in names}

    def _holds_words(self, name: str, group: int) -> bool:
        place = self._file.schema_arrow.get_field_index(name)
        metadata = self._file.metadata.row_group(group)
        if metadata.num_columns != len(self._file.schema_arrow):
            return False  # columns inside others have places of their own
        statistics = metadata.column(place).statistics
        least = statistics.min if statistics is not None and statistics.has_min_max else None
        return isinstance(least, str) and is_word(least)

    def sample(self, projection: Projection) -> Frame:
        """The first rows of the file."""
        return first_frame(self._splits(projection, "sampled")) or frame_of_batch(
            self._file.schema_arrow.empty_table(), projection, self._in_file
        )

    def splits(self, projection: Projection) -> Iterator[ParquetSplit]:
        """One split for each row group."""
        return self._splits(projection, "read")

    def _splits(self, projection: Projection, use: str) -> Iterator[ParquetSplit]:
        with arrow_errors(self.name, _KIND):
            dictionaries = self._dictionaries(projection)
        if self._ahead is not None:
            self._ahead.note(use, [self._in_file.get(one, one) for one in projection.names])
        span, chosen = (self._span, self._rows) if use == "read" else (None, None)
        parts = None if chosen is None else dict(_parts(self.group_rows, *chosen))
        for group in row_groups(self._file.metadata, span):
            if parts is not None and group not in parts:
                continue
            rows = self._file.metadata.row_group(group).num_rows
            size = share_of(self._path, rows, self._file.metadata.num_rows)
            if self._ahead is not None:
                with arrow_errors(self.name, _KIND):
                    self._ahead.fetch(group, use)
            yield ParquetSplit(
                self.name,
                self._path,
                group,
                projection,
                self._in_file,
                dictionaries,
                self._spool,
                size,
                rows=None if parts is None else parts[group],
            )

    def _dictionaries(self, projection: Projection) -> tuple[str, ...]:
        """The columns of text to read as dictionaries, but for text inside a struct."""
        schema = self._file.schema_arrow
        repeating = [name for name in projection.texts if name not in projection.ids]
        names = [self._in_file.get(name, name) for name in repeating]
        places = {name: schema.get_field_index(name) for name in names}  # −1 for a repeated name
        flat = [n for n, at in places.items() if at < 0 or not is_nested(schema.types[at])]
        long = long_texts(self._file.metadata, flat)
        return tuple(name for name in flat if name not in long)


class ParquetSplit(Record):
    """One row group, or the rows of it from ``rows[0]`` to ``rows[1]``, exclusive."""

    name: str
    path: str
    group: int
    projection: Projection
    in_file: dict[str, str]
    dictionaries: tuple[str, ...]
    spool: object = None  # keeps a spooled file alive while its row groups wait to be read
    size: int = 0
    use_threads: bool = False
    rows: tuple[int, int] | None = None

    def read_ahead(self) -> ReadAhead:
        """The same split, decoded by threads of its own."""
        return ReadAhead(self.replace(use_threads=True))

    def frames(self) -> Iterator[Frame]:
        """Read the row group a bounded number of cells at a time."""
        names = [self.in_file.get(name, name) for name in self.projection.names]
        if "://" not in self.path:
            yield from self._frames_of(_open(self.name, self.path, self.dictionaries, len(names)))
            return
        from ce_cli.inputs.arrow.parquet_remote import forget, opened_for_group

        with arrow_errors(self.name, _KIND):
            file = opened_for_group(self.path, self.group, names, self.dictionaries)
        yield from self._frames_of(file)
        forget(self.path, self.group)

    def _frames_of(self, file: ParquetFile) -> Iterator[Frame]:
        names = [self.in_file.get(name, name) for name in self.projection.names]
        with arrow_errors(self.name, _KIND):
            cells = cells_of_row_group(file.metadata.row_group(self.group), names)
            rows = min(rows_at_once(cells, _CELLS), _LONGEST)
            is_grouped = len(self.projection.texts) > 1  # groups are merged frame by frame
            if is_grouped and not long_texts(file.metadata, names):
                rows = rows_at_once(cells, _GROUPED)
            batches = file.iter_batches(
                rows, row_groups=[self.group], columns=names, use_threads=self.use_threads
            )
            for batch in batches if self.rows is None else _between(batches, *self.rows):
                for column in batch.columns:
                    checked(column)
                yield frame_of_batch(batch, self.projection, self.in_file)


def _parts(groups: Iterable[int], first: int, last: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """The row groups with rows from number `first` to `last`, exclusive, and those rows of each."""
    start = 0
    for group, rows in enumerate(groups):
        low, high = (min(max(0, row - start), rows) for row in (first, last))
        start += rows
        if low < high:
            yield group, (low, high)


def _between(batches: Iterable[pa.RecordBatch], first: int, last: int) -> Iterator[pa.RecordBatch]:
    """The rows from number `first` to `last`, exclusive."""
    place = 0
    for batch in batches:
        low, high = (min(max(0, row - place), batch.num_rows) for row in (first, last))
        place += batch.num_rows
        if low < high:
            yield batch.slice(low, high - low)
        if place >= last:
            return


def row_groups(metadata: Any, span: Span | None) -> Iterable[int]:
    """The row groups of a file, or those whose middle byte is in `span`.

    The middle of one that seems to come before another is taken to be in its place, so that every
    row group is in one of the spans that make up the file, in order.
    """
    every = range(metadata.num_row_groups)
    if span is None:
        return every
    middles = accumulate((_middle(metadata.row_group(group)) for group in every), max)
    return [group for group, middle in zip(every, middles, strict=True) if span.holds(middle)]


def _middle(group: Any) -> int:
    if not group.num_columns:
        return 0
    chunks = [group.column(place) for place in range(group.num_columns)]
    first = chunks[0]
    start = first.dictionary_page_offset or first.data_page_offset
    middle: int = start + sum(chunk.total_compressed_size for chunk in chunks) // 2
    return middle


def _open(name: str, path: str, texts: Sequence[str] = (), columns: int = 1) -> ParquetFile:
    import pyarrow as pa

    with storage_errors(name), arrow_errors(name, _KIND):
        if "://" in path:
            from ce_cli.inputs.arrow.parquet_remote import first_opened

            return first_opened(path)
        size = max(_SMALLEST_BUFFER, min(_BUFFER, _BUFFERS // max(1, columns)))
        return parquet_file(pa.OSFile(path), texts, size)
