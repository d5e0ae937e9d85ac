"""Apache ORC files: one split for each stripe, only the needed columns."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.arrow.ipc import first_cells, frames_of_batch
from ce_cli.inputs.arrow.orc_tail import check_tail
from ce_cli.inputs.arrow.types import columns_of_schema, first_frame, frame_of_batch, names_in_file
from ce_cli.inputs.bytestream import open_bytes, storage_errors
from ce_cli.inputs.rephrased import arrow_errors
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import display_name

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.orc import ORCFile

_KIND = "an ORC file"


def open_orc(path: str, raw: io.BufferedReader, reading: Reading) -> OrcSource:
    """Open an ORC file; its footer is at the end, so a pipe is spooled to disk first."""
    return OrcSource(path, *on_disk(path, raw, ".orc"))


class OrcSource:
    """An ORC file.

    Parameters
    ----------
    name : str
        For messages.
    path : str
        Path or URI.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    """

    format = "ORC"

    def __init__(self, name: str, path: str, spool: object = None) -> None:
        self._spool = spool
        self.name = display_name(name)
        self._path = path
        self._file = _open(self.name, path)
        with arrow_errors(self.name, _KIND):
            self._in_file = names_in_file(self._file.schema)
        self._columns: Sequence[Column] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not self._file.nrows

    def columns(self) -> Sequence[Column]:
        """The columns of the schema."""
        if self._columns is None:
            with arrow_errors(self.name, _KIND):
                self._columns = columns_of_schema(self._file.schema, self._first)
        return self._columns

    def _first(self, names: Sequence[str]) -> Mapping[str, pa.Array]:
        """The first rows of some columns."""
        if not self._file.nstripes:
            return {}
        return first_cells(self._file.read_stripe(0, columns=list(names)), names)

    def sample(self, projection: Projection) -> Frame:
        """The first rows of the file."""
        return first_frame(self.splits(projection)) or frame_of_batch(
            self._file.schema.empty_table(), projection, self._in_file
        )

    def splits(self, projection: Projection) -> Iterator[OrcSplit]:
        """One split for each stripe."""
        for stripe in range(self._file.nstripes):
            size = share_of(self._path, 1, self._file.nstripes)
            yield OrcSplit(
                self.name, self._path, stripe, projection, self._in_file, self._spool, size
            )


class OrcSplit(Record):
    """One stripe."""

    name: str
    path: str
    stripe: int
    projection: Projection
    in_file: dict[str, str]
    spool: object = None  # keeps a spooled file alive while its stripes wait to be read
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """Read the stripe, and give a bounded number of cells at a time."""
        file = _open(self.name, self.path)
        names = [self.in_file.get(name, name) for name in self.projection.names]
        with arrow_errors(self.name, _KIND):
            batch = file.read_stripe(self.stripe, columns=names)
        return frames_of_batch(self.name, batch, self.projection, self.in_file, _KIND)


def _open(name: str, path: str) -> ORCFile:
    import pyarrow as pa
    from pyarrow.orc import ORCFile

    with storage_errors(name), arrow_errors(name, _KIND):
        if "://" not in path:
            with open_bytes(path) as file:
                check_tail(file)
            return ORCFile(path)
        from ce_cli.inputs.remote.opening import open_again

        remote = open_again(path)
        check_tail(remote)
        remote.seek(0)
        return ORCFile(pa.PythonFile(remote, mode="r"))
