"""Parquet files of servers: only the bytes of the columns that are read, in few requests."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain, pairwise
from threading import Lock
from typing import TYPE_CHECKING, Any

from ce_cli.inputs.arrow.parquet_file import parquet_file
from ce_cli.inputs.remote.fetching import FETCHERS, NOTED, Started
from ce_cli.inputs.remote.opening import opened_again
from ce_cli.inputs.remote.remote_file import RemoteFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

Span = tuple[int, int]  # the places of the first byte and of the one behind the last

_GAP = 1 << 12  # bytes between two columns that are cheaper to fetch than a request
_GAPS = 0.1  # all gaps that are fetched, as a share of what is needed
_LARGEST = 1 << 26  # bytes of a row group that are held at once
_AHEAD = 1 << 23  # … and of one that is fetched before it is asked for
_MOST_BUFFER = 1 << 22  # … of a column, if they are not
_SNIFFED = 1 << 18  # bytes of a column whose first cells are looked at


def first_opened(path: str) -> ParquetFile:
    """Open a file that was opened before as bytes, and read what its end says.

    Raises
    ------
    StorageError
        It cannot be read.
    pyarrow.ArrowException
        It is not a Parquet file.
    """
    file = opened_again(path)
    if file.footer is None:
        file.end()
        file.footer = parquet_file(_arrow_file(Served(file)), (), _SNIFFED)
    opened: ParquetFile = file.footer
    return opened


def opened_for_first(path: str, group: int, columns: Sequence[str]) -> ParquetFile:
    """The same file, where the first bytes of some columns of a row group are fetched at once."""
    opened, file = first_opened(path), opened_again(path)
    fetched = _group(file, group)
    fetched.fetch(joined((a, min(b, a + _SNIFFED)) for a, b in spans_of(opened, group, columns)))
    source = _arrow_file(Served(file, fetched))
    return parquet_file(source, (), _SNIFFED, opened.metadata)


def opened_for_group(
    path: str, group: int, columns: Sequence[str], dictionaries: Sequence[str]
) -> ParquetFile:
    """The same file, with columns of a row group, fetched at once unless they are large."""
    opened, file = first_opened(path), opened_again(path)
    spans = spans_of(opened, group, columns)
    if size_of(spans) > _LARGEST:
        size = max(_SNIFFED, min(_MOST_BUFFER, _LARGEST // max(1, len(spans))))
        return parquet_file(_arrow_file(Served(file)), dictionaries, size, opened.metadata)
    fetched = _group(file, group)
    fetched.fetch(joined(spans))
    return parquet_file(_arrow_file(Served(file, fetched)), dictionaries, 0, opened.metadata)


class ColumnsAhead:
    """Fetches columns of row groups that will soon be read, if they are few bytes.

    Of a file that is opened ahead of its use, those of the first row group are fetched at once: the
    columns that were sampled and read of the files before it.

    Parameters
    ----------
    path : str
        The URI of a file that was opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._noted = NOTED.get()
        if self._noted and first_opened(path).num_row_groups:
            self._fetch(0, list(dict.fromkeys(chain(*self._noted.values()))))
        self._columns: dict[str, Sequence[str]] = {}

    def note(self, use: str, columns: Sequence[str]) -> None:
        """Note the columns for a use."""
        self._columns[use] = columns
        if self._noted is not None:
            self._noted[use] = columns

    def fetch(self, group: int, use: str) -> None:
        """Start to fetch the columns for a use."""
        self._fetch(group, self._columns[use])

    def _fetch(self, group: int, columns: Sequence[str]) -> None:
        spans = spans_of(first_opened(self._path), group, columns)
        if size_of(spans) <= _AHEAD:
            _group(opened_again(self._path), group).fetch(joined(spans))


def forget(path: str, group: int) -> None:
    """Release the bytes of a row group that has been read."""
    opened_again(path).ahead.pop(group, None)


def _group(file: RemoteFile, group: int) -> Fetched:
    fetched: Fetched = file.ahead.setdefault(group, Fetched(file))
    return fetched


def _arrow_file(served: Served) -> pa.PythonFile:
    import pyarrow as pa

    file: Any = served
    return pa.PythonFile(file, mode="r")


class Served:
    """The bytes of a file for Arrow: from what was fetched ahead, or fetched when it asks.

    Parameters
    ----------
    file : RemoteFile
        The file.
    fetched : Fetched, optional
        What was fetched ahead.
    """

    closed = False

    def __init__(self, file: RemoteFile, fetched: Fetched | None = None) -> None:
        self.file = file
        self._place = 0
        self._fetched = fetched

    def read(self, size: int = -1) -> memoryview:
        """The next bytes."""
        count = self.file.size - self._place if size < 0 else size
        found = None if self._fetched is None else self._fetched.read_at(self._place, count)
        data = self.file.read_at(self._place, count) if found is None else found
        self._place += len(data)
        return data

    def read_buffer(self, size: int = -1) -> pa.Buffer:
        """The next bytes, which are not copied."""
        import pyarrow as pa

        return pa.py_buffer(self.read(size))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self.file.size}[whence]
        self._place = base + offset
        return self._place

    def tell(self) -> int:
        """The place of the next byte."""
        return self._place

    def close(self) -> None:
        """Nothing is open."""


class Fetched:
    """Bytes of a file that were fetched, or are being fetched, before they are asked for."""

    def __init__(self, file: RemoteFile) -> None:
        self._file = file
        self._pieces: list[tuple[int, int, Started[memoryview]]] = []  # in order, not overlapping
        self._lock = Lock()

    def fetch(self, spans: Iterable[Span]) -> None:
        """Start to fetch what is not there."""
        with self._lock:
            for span in spans:
                for start, stop in self._missing(span):
                    call = partial(self._file.read_at, start, stop - start)
                    self._pieces.append((start, stop, FETCHERS.start(call)))
                self._pieces.sort(key=lambda piece: piece[0])

    def read_at(self, start: int, count: int) -> memoryview | None:
        """Bytes from `start`, if all of them are there or being fetched."""
        stop = start + count
        with self._lock:
            if self._missing((start, stop)):
                return None
            pieces = [one for one in self._pieces if one[0] < stop and start < one[1]]
        parts = [piece.result()[max(0, start - first) : stop - first] for first, _, piece in pieces]
        return parts[0] if len(parts) == 1 else memoryview(b"".join(parts))

    def _missing(self, span: Span) -> list[Span]:
        place, found = span[0], []
        for start, stop, _ in self._pieces:
            if start >= span[1]:
                break
            if start > place:
                found.append((place, start))
            place = max(place, stop)
        if place < span[1]:
            found.append((place, span[1]))
        return found


def spans_of(file: ParquetFile, group: int, columns: Sequence[str]) -> list[Span]:
    """Where the bytes of some columns of a row group are, in the order of the file."""
    leaves = getattr(file, "leaves", None)  # the reader of another Arrow has none
    if leaves is None:
        return []
    metadata, found = file.metadata.row_group(group), []
    for column in map(metadata.column, leaves(columns)):
        start = column.data_page_offset
        if column.has_dictionary_page and column.dictionary_page_offset:
            start = min(start, column.dictionary_page_offset)
        if column.total_compressed_size > 0 <= start:
            found.append((start, start + column.total_compressed_size))
    return sorted(found)


def size_of(spans: Iterable[Span]) -> int:
    """The bytes in spans."""
    return sum(stop - start for start, stop in spans)


def joined(spans: Iterable[Span]) -> list[Span]:
    """Fewer spans with the same bytes: gaps between them are filled, the smallest first."""
    ordered = sorted(spans)
    allowed = _GAPS * size_of(ordered)
    gaps = sorted((b[0] - a[1], b[0]) for a, b in pairwise(ordered))
    filled = set()
    for gap, place in gaps:
        if gap > _GAP and gap > allowed:
            break
        allowed -= max(0, gap)
        filled.add(place)
    found: list[Span] = []
    for start, stop in ordered:
        if start in filled:
            found[-1] = (found[-1][0], max(found[-1][1], stop))
        else:
            found.append((start, stop))
    return found
