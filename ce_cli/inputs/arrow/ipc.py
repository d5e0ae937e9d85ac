"""Arrow IPC: files (also called Feather), batch by batch, and streams, sequentially."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.arrow.text_cells import SNIFFED
from ce_cli.inputs.arrow.types import columns_of_schema, first_frame, frame_of_batch, names_in_file
from ce_cli.inputs.bytestream import first_bytes, storage_errors
from ce_cli.inputs.frame_sizes import cells_of_column, rows_at_once
from ce_cli.inputs.read_ahead import ReadAhead
from ce_cli.inputs.rephrased import arrow_errors
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection, Source
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import STDIN, display_name

if TYPE_CHECKING:
    import pyarrow as pa

_KIND = "an Arrow file"
_SPLITS = 256  # of one file at most, since each opens it again


def open_ipc(path: str, raw: io.BufferedReader, reading: Reading) -> Source:
    """Open an Arrow file, whose footer is at the end, or a stream, which is read sequentially."""
    start = first_bytes(path, raw)
    if start.startswith(b"ARROW1"):
        return FileSource(path, *on_disk(path, raw, ".arrow"))
    return StreamSource(path, raw)


class FileSource:
    """An Arrow file.

    Parameters
    ----------
    name : str
        For messages.
    path : str
        Path or URI.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    """

    format = "Arrow file"

    def __init__(self, name: str, path: str, spool: object = None) -> None:
        self._spool = spool
        self.name = display_name(name)
        self._path = path
        self._file = _open_file(self.name, path)
        with arrow_errors(self.name, _KIND):
            self._in_file = names_in_file(self._file.schema)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        if not hasattr(self, "_is_empty"):
            file = _open_file(self.name, self._path, [0] if len(self._file.schema) else [])
            every = range(file.num_record_batches)
            self._is_empty = not any(_batch(self.name, file, place).num_rows for place in every)
        return self._is_empty

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        return self._columns

    @cached_property
    def _columns(self) -> Sequence[Column]:
        with arrow_errors(self.name, _KIND):
            return columns_of_schema(self._file.schema, self._first)

    def _first(self, names: Sequence[str]) -> Mapping[str, pa.Array]:
        """The first rows of some columns."""
        places = sorted(map(self._file.schema.get_field_index, names))
        file = _open_file(self.name, self._path, places)
        batches = (_batch(self.name, file, n) for n in range(file.num_record_batches))
        batch = next((one for one in batches if one.num_rows), None)
        return {} if batch is None else first_cells(batch, names)

    def sample(self, projection: Projection) -> Frame:
        """The first rows of the file."""
        return first_frame(self.splits(projection)) or frame_of_batch(
            self._file.schema.empty_table(), projection, self._in_file
        )

    def splits(self, projection: Projection) -> Iterator[FileSplit]:
        """One split for each record batch, or for several where there are very many."""
        names = [self._in_file.get(name, name) for name in projection.names]
        fields = tuple(sorted(map(self._file.schema.get_field_index, names)))
        count = self._file.num_record_batches
        step = -(-count // _SPLITS) or 1
        for start in range(0, count, step):
            every = range(start, min(start + step, count))
            size = share_of(self._path, len(every), count)
            yield FileSplit(
                self.name, self._path, every, fields, projection, self._in_file, self._spool, size
            )


class FileSplit(Record):
    """Some record batches of a file.

    Attributes
    ----------
    fields : tuple of int
        The places of the columns in the schema.
    """

    name: str
    path: str
    batches: range
    fields: tuple[int, ...]
    projection: Projection
    in_file: dict[str, str]
    spool: object = None  # keeps a spooled file alive while its batches wait to be read
    size: int = 0

    def read_ahead(self) -> ReadAhead:
        """The same split, read by a thread of its own."""
        return ReadAhead(self)

    def frames(self) -> Iterator[Frame]:
        """Read a bounded number of cells at a time."""
        file = _open_file(self.name, self.path, self.fields)
        for place in self.batches:
            batch = _batch(self.name, file, place)
            yield from frames_of_batch(self.name, batch, self.projection, self.in_file)


class StreamSource:
    """A stream of record batches.

    Parameters
    ----------
    path : str
        For messages, and to open a file.
    raw : io.BufferedReader
        Positioned at the first byte.
    """

    format = "Arrow stream"

    def __init__(self, path: str, raw: io.BufferedReader) -> None:
        import pyarrow as pa

        self.name = display_name(path)
        self._is_file = path != STDIN and "://" not in path and raw.seekable()
        with storage_errors(path), arrow_errors(self.name, _KIND):
            self._bytes = pa.OSFile(path) if self._is_file else pa.PythonFile(raw, mode="r")
            self._reader = pa.ipc.open_stream(self._bytes, options=_options())
            self._in_file = names_in_file(self._reader.schema)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return self._first is None

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        return self._columns

    @cached_property
    def _columns(self) -> Sequence[Column]:
        with arrow_errors(self.name, _KIND):
            return columns_of_schema(self._reader.schema, self._first_of)

    def _first_of(self, names: Sequence[str]) -> Mapping[str, pa.Array]:
        return {} if self._first is None else first_cells(self._first, names)

    def sample(self, projection: Projection) -> Frame:
        """The first rows of the stream."""
        if self._first is None:
            return frame_of_batch(_no_rows(self._reader.schema), projection, self._in_file)
        return next(frames_of_batch(self.name, self._first, projection, self._in_file))

    def splits(self, projection: Projection) -> Iterator[BatchSplit]:
        """One split for each record batch."""
        if self._first is not None:
            end = 0
            for batch in chain([self._first], self._batches()):
                start, end = end, self._bytes.tell() if self._is_file else 0
                yield BatchSplit(self.name, batch, projection, self._in_file, end - start)

    @cached_property
    def _first(self) -> pa.RecordBatch | None:
        """The first batch that has rows."""
        return next((batch for batch in self._batches() if batch.num_rows), None)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while True:
            with storage_errors(self.name), arrow_errors(self.name, _KIND):
                try:
                    batch = self._reader.read_next_batch()
                except StopIteration:
                    return
            yield batch


class BatchSplit(Record):
    """One record batch of a stream."""

    name: str
    batch: pa.RecordBatch
    projection: Projection
    in_file: dict[str, str]
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """A bounded number of cells at a time."""
        return frames_of_batch(self.name, self.batch, self.projection, self.in_file)


def _options(fields: Sequence[int] = ()) -> pa.ipc.IpcReadOptions:
    import pyarrow as pa

    return pa.ipc.IpcReadOptions(included_fields=list(fields), use_threads=False)


def _open_file(name: str, path: str, fields: Sequence[int] = ()) -> pa.RecordBatchFileReader:
    import pyarrow as pa

    with storage_errors(name):
        if "://" in path:
            from ce_cli.inputs.remote.opening import open_again

            source: Any = pa.PythonFile(open_again(path), mode="r")
        else:
            source = pa.OSFile(path)  # mapped, it would end the process if it were truncated
    with arrow_errors(name, _KIND):
        return pa.ipc.open_file(source, options=_options(fields))


def _batch(name: str, file: pa.RecordBatchFileReader, place: int) -> pa.RecordBatch:
    with arrow_errors(name, _KIND):
        return file.get_batch(place)


def first_cells(batch: pa.RecordBatch, names: Sequence[str]) -> Mapping[str, pa.Array]:
    """Validated, since a wrong offset gives wrong data."""
    first = batch.select(list(dict.fromkeys(names))).slice(0, SNIFFED)
    first.validate(full=True)
    return {name: first.column(name) for name in names}


def frames_of_batch(
    name: str,
    batch: pa.RecordBatch,
    projection: Projection,
    in_file: Mapping[str, str],
    kind: str = _KIND,
) -> Iterator[Frame]:
    """Slices of bounded size, at least one; validated, since a wrong offset gives wrong data."""
    with arrow_errors(name, kind):
        chosen = batch.select([in_file.get(one, one) for one in projection.names])
        chosen.validate(full=True)
        yield from _slices(chosen, projection, in_file)


def _slices(
    chosen: pa.RecordBatch, projection: Projection, in_file: Mapping[str, str]
) -> Iterator[Frame]:
    cells = sum(map(cells_of_column, chosen.columns))
    known = (len(one.dictionary) for one in chosen.columns if hasattr(one, "dictionary"))
    # Each frame reads the whole dictionaries, so it has at least as many rows as these have words.
    rows = max(rows_at_once(cells / max(1, chosen.num_rows)), *known, 1)
    for start in range(0, max(1, chosen.num_rows), rows):
        frame = frame_of_batch(chosen.slice(start, rows), projection, in_file)
        texts = {name: _encoded(frame.columns[name]) for name in projection.texts}
        yield frame.replace(columns=frame.columns | texts)


def _encoded(column: pa.Array) -> pa.Array:
    """Texts as a dictionary column, anything else as it is."""
    from pyarrow import types

    is_text = types.is_string(column.type) or types.is_large_string(column.type)
    return arrays.dictionary_of(column) if is_text else column


def _no_rows(schema: pa.Schema) -> pa.Table:
    """A table without rows; Arrow cannot make one with a union, so such a column has no type."""
    import pyarrow as pa

    def column(field: pa.Field) -> Any:
        try:
            return pa.schema([field]).empty_table().column(0)
        except pa.ArrowNotImplementedError:
            return pa.nulls(0)

    return pa.table([column(field) for field in schema], names=schema.names)
