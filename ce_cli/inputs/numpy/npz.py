"""NumPy ``.npz`` files: arrays of equal length, one column each, streamed from their zip."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import IO

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.numpy.class_names import ClassNames, may_name_classes
from ce_cli.inputs.numpy.headers import (
    Array,
    Header,
    check_length,
    check_lengths,
    check_unicode,
    check_usable,
    fields_of,
    frame_of_arrays,
    header_of,
    read_rows,
    rows_at_once,
)
from ce_cli.inputs.packed.zip_errors import zip_errors
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.memory.limit import require
from ce_cli.record import Record
from ce_cli.text import display_name, quoted

_SUFFIX = ".npy"


class NpzSource:
    """A zip of arrays.

    Parameters
    ----------
    name : str
        For messages.
    file : str or file
        Path, or the bytes of a URI.
    spool : object
        Kept with the source, since a spooled file is deleted with it.
    """

    format = "NumPy arrays"

    def __init__(self, name: str, file: str | IO[bytes], spool: object = None) -> None:
        self.name = display_name(name)
        self._spool = spool
        self._path = file if isinstance(file, str) else ""
        self._headers: dict[str, Header] = {}
        self._columns: dict[str, tuple[Column, ...]] = {}
        with storage_errors(name), zip_errors(self.name):
            self._zip = zipfile.ZipFile(file)
            for member in self._zip.namelist():
                if member.endswith(_SUFFIX):
                    self._add(member)
            self._names = self._class_names()
        names = Counter(column.name for columns in self._columns.values() for column in columns)
        if twice := [column for column, count in names.items() if count > 1]:
            raise DataError(
                f"{self.name}: an array and a field of another one are named {quoted(twice[0])}; "
                "save them with different names."
            )

    def _add(self, member: str) -> None:
        with self._zip.open(member) as stream:
            header = header_of(stream)
        check_length(header, self._zip.getinfo(member).file_size)
        if member in self._headers:
            raise DataError(f"{self.name}: has two arrays named {quoted(member)}.")
        self._headers[member] = header
        name = member.removesuffix(_SUFFIX)
        self._columns[member] = fields_of(name, header.dtype, header.shape)

    def _class_names(self) -> ClassNames | None:
        """The array that names the columns of another one, if there is one."""
        headers = {one.removesuffix(_SUFFIX): header for one, header in self._headers.items()}
        able = [name for name in headers if may_name_classes(name, headers)]
        if len(able) != 1:
            return None
        (values,) = self._pieces(able[0] + _SUFFIX, max(1, headers[able[0]].rows))
        check_unicode(values)
        names = ClassNames(able[0], values)
        return None if names.are_places or len(set(values.tolist())) < len(values) else names

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not any(header.rows for header in self._headers.values())

    def columns(self) -> Sequence[Column]:
        """One for each array, or for each field of its records."""
        own = [column for columns in self._columns.values() for column in columns]
        if self._names is None:
            return own
        return [self._names.column() if one.name == self._names.name else one for one in own]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return next(next(self.splits(projection)).frames())

    def splits(self, projection: Projection) -> Iterator[NpzSplit]:
        """The same rows of each array to read, of bounded size."""
        wanted = projection.names or [one.name for one in self.columns()]  # then none is usable
        check_usable(self.name, [one for one in self.columns() if one.name in wanted])
        names = self._names
        if names is None or names.name not in projection.names:
            names = None
        else:
            own = names.name
            projection = projection.only(lambda name: name != own)
        members = self._members(projection)
        headers = {member: self._headers[member] for member in dict.fromkeys(members.values())}
        lengths = {member.removesuffix(_SUFFIX): one.rows for member, one in headers.items()}
        check_lengths(self.name, lengths)
        step = rows_at_once(self.name, headers.values())
        pieces = {member: self._pieces(member, step) for member in headers}
        count = max(1, *(header.rows for header in headers.values()))
        for start in range(0, count, step):
            with storage_errors(self.name), zip_errors(self.name):
                rows = {member: next(those) for member, those in pieces.items()}
            columns = {}
            for name, member in members.items():
                fields = headers[member].dtype.names or ()
                columns[name] = rows[member][name] if name in fields else rows[member]
            size = share_of(self._path, min(step, count - start), count)
            yield NpzSplit(self.name, columns, size, names)

    def _members(self, projection: Projection) -> dict[str, str]:
        """The member that holds each column."""
        return {
            column.name: member
            for member, columns in self._columns.items()
            for column in columns
            if column.name in projection.names
        }

    def _pieces(self, member: str, step: int) -> Iterator[Array]:
        """Rows of an array, in order; one that is stored column by column is read whole."""
        header = self._headers[member]
        with self._zip.open(member) as stream:
            stream.read(header.size)
            if header.is_fortran and len(header.shape) > 1:
                size = header.rows * header.row_bytes
                require(2 * size, f"{self.name}: {quoted(member)}, stored column by column,")
                whole = read_rows(stream, header, header.rows)
                whole = whole.reshape(header.shape[::-1]).T
            for start in range(0, max(1, header.rows), step):
                count = min(step, header.rows - start)
                if header.is_fortran and len(header.shape) > 1:
                    yield whole[start : start + count]
                else:
                    yield read_rows(stream, header, count)


class NpzSplit(Record):
    """Some rows of each array to read."""

    name: str
    columns: dict[str, Array]
    size: int = 0
    names: ClassNames | None = None

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        rows = len(next(iter(self.columns.values())))
        frame = frame_of_arrays(self.name, self.columns, rows)
        if self.names is not None:
            frame.columns[self.names.name] = self.names.repeated(rows)
        yield frame
