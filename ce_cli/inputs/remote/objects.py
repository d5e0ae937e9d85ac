"""Objects in buckets, and files of clusters, through the file systems of Arrow and fsspec."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ce_cli.inputs.remote.remote_file import Ranges
from ce_cli.storage.file_systems import file_system
from ce_cli.storage.sentences import storage_call
from ce_cli.storage.time_limit import in_time

_SLOWEST = 50_000  # bytes in a second, beyond the time for an answer


def open_object(path: str) -> Ranges:
    """Open an object or file by its URI.

    Raises
    ------
    StorageError
        There is none, it cannot be reached, or `ce` does not know this kind of URI.
    """
    system, inner = file_system(path)
    with storage_call(path):
        of_fsspec = getattr(getattr(system, "handler", None), "fs", None)
        if of_fsspec is not None:
            return _OfFsspec(path, of_fsspec, inner)
        return _OfArrow(path, in_time(lambda: system.open_input_file(inner)))


class _OfArrow:
    """Ranges of an open file of Arrow."""

    def __init__(self, path: str, file: Any) -> None:
        self._path, self._file = path, file
        self.size: int = in_time(file.size)
        self.version: object = _version(self.size, in_time(file.metadata))

    def fetch(self, start: int, count: int) -> bytes:
        """Bytes of the file."""
        return _whole(self._path, count, lambda: self._file.read_at(count, start))


class _OfFsspec:
    """Ranges of a file of fsspec, past the buffers that its open files have."""

    def __init__(self, path: str, system: Any, inner: str) -> None:
        self._path, self._system, self._inner = path, system, inner
        about = in_time(lambda: system.info(inner))
        if about.get("type") == "directory":
            raise IsADirectoryError
        self.size: int = int(about["size"])
        self.version: object = _version(self.size, about)

    def fetch(self, start: int, count: int) -> bytes:
        """Bytes of the file."""
        end = start + count
        return _whole(
            self._path, count, lambda: self._system.cat_file(self._inner, start=start, end=end)
        )


def _version(size: int, about: dict[Any, Any] | None) -> tuple[str, ...]:
    """What changes with the bytes of a file, of what a server says about it."""
    marks = {"etag", "last-modified", "lastmodified", "versionid", "mtime", "generation", "md5hash"}
    found = {_text(name).lower(): _text(value) for name, value in (about or {}).items()}
    return str(size), *(found[name] for name in sorted(marks & found.keys()))


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _whole(path: str, count: int, call: Callable[[], bytes]) -> bytes:
    """The bytes that a call returns, all of them and in time."""
    with storage_call(path):
        data = in_time(call, count / _SLOWEST)
        if len(data) < count:
            raise OSError(f"the server sent {len(data):,} of {count:,} bytes; try again")
    return data
