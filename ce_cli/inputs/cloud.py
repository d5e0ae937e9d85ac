"""Files in object storage and on clusters, read with a limit on every wait."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ce_cli.inputs.bytestream import buffered
from ce_cli.storage.file_systems import file_system
from ce_cli.storage.sentences import storage_call
from ce_cli.storage.time_limit import in_time

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


def open_cloud(path: str) -> io.BufferedReader:
    """Open a URI for reading, in any order.

    Raises
    ------
    StorageError
        There is no such file, it cannot be reached, or `ce` does not know this kind of URI.
    """
    system, inner = file_system(path)
    with storage_call(path):
        return buffered(_TimedFile(path, in_time(lambda: system.open_input_file(inner))))


class _TimedFile(io.RawIOBase):
    """A file of Arrow whose calls have a limit on their time."""

    def __init__(self, path: str, file: Any) -> None:
        self._path, self._file = path, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with storage_call(self._path):
            place: int = in_time(lambda: self._file.seek(offset, whence))
        return place

    def tell(self) -> int:
        place: int = self._file.tell()
        return place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        size = len(view)
        with storage_call(self._path):
            data = in_time(lambda: self._file.read(size))
        view[: len(data)] = data
        return len(data)
