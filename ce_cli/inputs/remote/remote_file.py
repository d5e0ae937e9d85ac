"""One file of a server, for all who read it in this process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from ce_cli import registry
from ce_cli.inputs.remote.fetching import Started

END_BYTES = 1 << 16  # of a file whose footer is at its end; a reader of Parquet asks for as many
END_SUFFIXES = registry.end_suffixes()
_KEPT_FILES = 256
_KEPT_BLOCKS = 64  # of all files together


Block = Started[memoryview]


class Ranges(Protocol):
    """Fetches bytes of one file; several threads may do so at once.

    Attributes
    ----------
    size : int
        The bytes of the file.
    version : object
        What changes with the bytes, as far as the server says so.
    """

    size: int
    version: object

    def fetch(self, start: int, count: int) -> bytes:
        """`count` bytes from `start`, all of which are inside the file.

        Raises
        ------
        StorageError
            They cannot be read.
        """
        ...


class RemoteFile:
    """A file of a server, with its beginning or end if these were fetched.

    Parameters
    ----------
    path : str
        Its URI.
    ranges : Ranges
        Fetches its bytes.

    Attributes
    ----------
    requests : int
        How many times bytes were fetched; those of one request are of one version.
    is_new : bool
        Whether it was opened, but not read yet.
    footer : pyarrow.parquet.ParquetFile or None
        The reader that has read its end, if it is a Parquet file.
    ahead : dict
        Bytes that are being fetched before they are asked for, by what they belong to.
    """

    def __init__(self, path: str, ranges: Ranges) -> None:
        self.path, self.size, self.version = path, ranges.size, ranges.version
        self.requests = 0
        self.is_new = True
        self.footer: Any = None
        self.ahead: dict[Any, Any] = {}
        self._ranges = ranges
        self._kept: dict[int, bytes] = {}
        self._splits = 0
        self._lock = Lock()

    def read_at(self, start: int, count: int) -> memoryview:
        """`count` bytes from `start`; fewer only at the end of the file."""
        stop = min(start + count, self.size)
        if stop <= start:
            return memoryview(b"")
        for first, held in self._kept.items():
            last = first + len(held)
            if first <= start and stop <= last:
                return memoryview(held)[start - first : stop - first]
            if start < first < stop == last:  # the rest of a footer
                return memoryview(self._fetched(start, first - start) + held)
        return memoryview(self._fetched(start, stop - start))

    def keep(self, start: int, count: int) -> bytes:
        """Fetch bytes that are then kept with the file, if they are not there yet."""
        stop = min(start + count, self.size)
        if stop > start and start not in self._kept:
            self._kept[start] = self._fetched(start, stop - start)
        return self._kept.get(start, b"")

    def put(self, start: int, data: bytes) -> None:
        """Keep bytes that have come already."""
        self.requests += 1
        self._kept[start] = data

    def end(self) -> bytes:
        """The last bytes, which are fetched and kept."""
        return self.keep(max(0, self.size - END_BYTES), END_BYTES)

    def shared(self, number: int, fetched: Callable[[], Block], most: int) -> Block:
        """A block that another reader has fetched, or that is fetched now; the last are kept."""
        return _BLOCKS.of(self, number, fetched, most)

    def count_splits(self, more: int) -> int:
        """Count splits that are to be read, and return how many there are.

        When none is left, what was fetched for them is released.
        """
        with self._lock:
            self._splits += more
            left = self._splits
        if left == 0:
            self.ahead.clear()
            _BLOCKS.release(self)
        return left

    def _fetched(self, start: int, count: int) -> bytes:
        self.requests += 1
        return self._ranges.fetch(start, count)


class _Blocks:
    """Blocks that readers share: the last of each file, and of all files together."""

    def __init__(self) -> None:
        self._blocks: OrderedDict[tuple[RemoteFile, int], Block] = OrderedDict()
        self._lock = Lock()

    def of(self, file: RemoteFile, number: int, fetched: Callable[[], Block], most: int) -> Block:
        key = file, number
        with self._lock:
            if key not in self._blocks:
                self._blocks[key] = fetched()
            self._blocks.move_to_end(key)
            for one in self._of_file(file)[:-most]:
                del self._blocks[one]
            while len(self._blocks) > _KEPT_BLOCKS:
                self._blocks.popitem(last=False)
            return self._blocks[key]

    def release(self, file: RemoteFile) -> None:
        with self._lock:
            for one in self._of_file(file):
                del self._blocks[one]

    def _of_file(self, file: RemoteFile) -> list[tuple[RemoteFile, int]]:
        return [one for one in self._blocks if one[0] is file]


_BLOCKS = _Blocks()


class _Recent:
    """The files that were opened last, whose parts are read without opening them anew."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, RemoteFile] = OrderedDict()
        self._lock = Lock()

    def get(self, path: str) -> RemoteFile | None:
        with self._lock:
            if path in self._files:
                self._files.move_to_end(path)
            return self._files.get(path)

    def add(self, file: RemoteFile) -> None:
        with self._lock:
            self._files[file.path] = file
            self._files.move_to_end(file.path)
            while len(self._files) > _KEPT_FILES:
                self._files.popitem(last=False)


RECENT = _Recent()
