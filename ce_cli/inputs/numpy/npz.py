"""NumPy ``.npz`` files: arrays of equal length, one column each, streamed from their zip."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.numpy.headers import (
    Array,
    Header,
    check_usable,
    fields_of,
    frame_of_arrays,
    header_of,
    read_rows,
    rows_at_once,
)
from ce_cli.inputs.sizes import share_of
from ce_cli.inputs.source import Column, Frame, Projection
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import display_name, plural, quoted, sanitize

_SUFFIX = ".npy"


def open_npz(path: str, raw: io.BufferedReader, reading: Reading) -> NpzSource:
    """Open a zip of arrays; its directory is at the end, so a pipe is spooled to disk first."""
    where, spool = on_disk(path, raw, ".npz")
    return NpzSource(path, raw if "://" in where else where, spool)


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
        with storage_errors(name), _zip_errors(self.name):
            self._zip = zipfile.ZipFile(file)
            for member in self._zip.namelist():
                if member.endswith(_SUFFIX):
                    self._add(member)
        if not self._headers:
            raise DataError(
                f"{self.name}: is a zip archive that does not contain a NumPy array (.npy); "
                "unpack it, or save the table in another format."
            )

    def _add(self, member: str) -> None:
        with self._zip.open(member) as stream:
            header = header_of(stream)
        self._headers[member] = header
        name = member.removesuffix(_SUFFIX)
        self._columns[member] = fields_of(name, header.dtype, header.shape)

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return not any(header.rows for header in self._headers.values())

    def columns(self) -> Sequence[Column]:
        """One for each array, or for each field of its records."""
        return [column for columns in self._columns.values() for column in columns]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return next(next(self.splits(projection)).frames())

    def splits(self, projection: Projection) -> Iterator[NpzSplit]:
        """The same rows of each array to read, of bounded size."""
        check_usable(self.name, [one for one in self.columns() if one.name in projection.names])
        members = self._members(projection)
        headers = {member: self._headers[member] for member in dict.fromkeys(members.values())}
        self._check_lengths(headers)
        step = rows_at_once(headers.values())
        pieces = {member: self._pieces(member, step) for member in headers}
        count = max(1, *(header.rows for header in headers.values()))
        for start in range(0, count, step):
            with storage_errors(self.name), _zip_errors(self.name):
                rows = {member: next(those) for member, those in pieces.items()}
            columns = {}
            for name, member in members.items():
                fields = headers[member].dtype.names or ()
                columns[name] = rows[member][name] if name in fields else rows[member]
            size = share_of(self._path, min(step, count - start), count)
            yield NpzSplit(self.name, columns, size)

    def _members(self, projection: Projection) -> dict[str, str]:
        """The member that holds each column."""
        return {
            column.name: member
            for member, columns in self._columns.items()
            for column in columns
            if column.name in projection.names
        }

    def _check_lengths(self, headers: Mapping[str, Header]) -> None:
        (first, one), *others = headers.items()
        for member, other in others:
            if other.rows != one.rows:
                names = [quoted(name.removesuffix(_SUFFIX)) for name in (first, member)]
                raise DataError(
                    f"{self.name}: {names[0]} has {plural(one.rows, 'row')}, but {names[1]} has "
                    f"{other.rows:,}; save arrays of equal length, one row per prediction."
                )

    def _pieces(self, member: str, step: int) -> Iterator[Array]:
        """Rows of an array, in order; one that is stored column by column is read whole."""
        header = self._headers[member]
        with self._zip.open(member) as stream:
            stream.read(header.size)
            if header.is_fortran and len(header.shape) > 1:
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

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        yield frame_of_arrays(self.name, self.columns, len(next(iter(self.columns.values()))))


class _zip_errors:  # noqa: N801 - reads as a phrase: with _zip_errors(name)
    """Turn errors about a broken zip into one sentence."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        broken = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)
        if isinstance(error, (*broken, RuntimeError)):  # RuntimeError: the zip is encrypted
            reason = sanitize(str(error) or "it ends too early", 120).rstrip(".")
            raise DataError(
                f"{self._name}: is truncated or not a NumPy .npz file ({reason})."
            ) from error
