"""Objects of a store that have to stay as they are while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import WEB
from ce_cli.inputs.remote.objects import open_object
from ce_cli.inputs.remote.opening import opened_again
from ce_cli.inputs.remote.remote_file import RemoteFile
from ce_cli.inputs.source import Split
from ce_cli.inputs.unchanged import changed
from ce_cli.record import Record


class Opened(Protocol):
    """What a server said about a file when it was opened."""

    @property
    def size(self) -> int:
        """Its bytes."""
        ...

    @property
    def version(self) -> object:
        """What changes with them."""
        ...


class WatchedObject(Record):
    """An object, and what the store said about it when it was first opened.

    The store is asked once more, when all has been read that was to be read in this process, or
    when reading fails. What came with one request is of one version, so it needs no question; a
    web server says with each answer what its bytes are of.
    """

    path: str
    name: str
    size: int
    version: object

    def check_now(self) -> None:
        """Check that the object is as it was.

        Raises
        ------
        DataError
            It is not.
        """
        if self.path.partition("://")[0].lower() in WEB:
            return
        try:
            now = open_object(self.path)
        except StorageError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise
            raise changed(self.name, "was deleted") from None
        self.compare(now)

    def compare(self, now: Opened) -> None:
        """Check that the object is the same as one that was opened again.

        Raises
        ------
        DataError
            It is not.
        """
        if now.version != self.version:
            bytes_now = f"went from {self.size:,} to {now.size:,} bytes"
            raise changed(self.name, "was replaced" if now.size == self.size else bytes_now)

    def all_of(self, splits: Iterator[Split]) -> Iterator[Split]:
        """The splits, which are counted, as they are in `check_after`."""
        file = self._file()
        file.count_splits(1)
        for split in splits:
            file.count_splits(1)
            yield split
        self.check_after()

    def check_after(self) -> None:
        """Check the object if no other split is to be read."""
        file = self._file()
        if file.count_splits(-1) == 0 and file.requests > 1:
            self.check_now()

    def _file(self) -> RemoteFile:
        """The file, which may have been opened again since it was last read."""
        file = opened_again(self.path)
        self.compare(file)
        return file
