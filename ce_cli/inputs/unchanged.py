"""Files that have to stay as they are while they are read, since half of each makes no result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ce_cli.errors import DataError
from ce_cli.inputs.sizes import file_status
from ce_cli.inputs.source import Frame, Projection, Source, SourceWrapper, Split
from ce_cli.record import Record
from ce_cli.text import display_name

if TYPE_CHECKING:
    from ce_cli.inputs.remote.unchanged_object import WatchedObject


States = dict[
    str, "Watched | WatchedObject"
]  # of files by their paths, when they were first opened


class FileState(NamedTuple):
    """What changes with the bytes of a file; not for pipes, devices and URIs."""

    device: int
    inode: int
    size: int
    modified: int  # in nanoseconds


def state_of(path: str) -> FileState | None:
    """The state of a file; None if it is no regular file, or not there."""
    status = file_status(path)
    if status is None:
        return None
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def states_elsewhere(path: str, state: tuple[int, int] | None) -> States:
    """The state that a file had for whoever made a task, with what is known of it here.

    `state` has its size, and when it was modified.
    """
    now = None if state is None else state_of(path)
    if now is None or state is None:
        return {}
    then = now._replace(size=state[0], modified=state[1])
    return {path: Watched(path, display_name(path), then)}


class Watched(Record):
    """A file, and its state when it was first opened."""

    path: str
    name: str
    first: FileState

    def check_now(self) -> None:
        """Check that the file is as it was.

        Raises
        ------
        DataError
            It is not.
        """
        now = state_of(self.path)
        if now == self.first:
            return
        if now is None:
            how = "was deleted"
        elif now.size != self.first.size:
            how = f"went from {self.first.size:,} to {now.size:,} bytes"
        elif now.inode != self.first.inode:
            how = "was replaced"
        else:
            how = "was written to"
        raise DataError(
            f"{self.name}: {how} while it was read; run ce again when it is complete, or on a copy."
        )

    def all_of(self, splits: Iterator[Split]) -> Iterator[Split]:
        """The splits of the file."""
        return splits

    def check_after(self) -> None:
        """Check the file after each split."""
        self.check_now()


class UnchangedSource(SourceWrapper):
    """A source whose file is checked each time that some of its rows have been read.

    Parameters
    ----------
    source : Source
        The open file.
    file : Watched or WatchedObject
        The same, with its state before it was first opened.
    """

    def __init__(self, source: Source, file: Watched | WatchedObject) -> None:
        super().__init__(source)
        self._file = file
        self.columns: Callable[[], Any] = source.columns
        self.sample: Callable[[Projection], Frame] = source.sample

    def __getattr__(self, name: str) -> Any:
        """What only some formats have."""
        if name.startswith("_"):  # a copy has no source yet when it is asked for these
            raise AttributeError(name)
        return getattr(self._source, name)

    def splits(self, projection: Projection) -> Iterator[UnchangedSplit]:
        """Those of the source."""
        try:
            for split in self._file.all_of(self._source.splits(projection)):
                yield UnchangedSplit(split, self._file)
        except Exception:  # whatever a library says of such bytes, that they change is the reason
            self._file.check_now()
            raise


class UnchangedSplit(Record):
    """A split after which the file is checked."""

    split: Split
    file: Watched | WatchedObject

    @property
    def size(self) -> int:
        """That of the split."""
        return self.split.size

    @property
    def read_ahead(self) -> Callable[[], Split] | None:
        """The same, read by a thread of its own, if the split can be read so."""
        if not hasattr(self.split, "read_ahead"):
            return None
        from ce_cli.inputs.read_ahead import ReadAhead

        return lambda: ReadAhead(self)

    def frames(self) -> Iterator[Frame]:
        """Those of the split."""
        try:
            yield from self.split.frames()
        except Exception:  # as above
            self.file.check_now()
            raise
        self.file.check_after()
