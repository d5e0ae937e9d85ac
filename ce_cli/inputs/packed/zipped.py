"""Zip archives: NumPy arrays, an Excel workbook, or one table in any format."""

from __future__ import annotations

import io
import zipfile
from typing import IO, TYPE_CHECKING

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import buffered, storage_errors
from ce_cli.inputs.packed.members import kind_of, table_in
from ce_cli.inputs.packed.zip_errors import zip_errors
from ce_cli.inputs.sizes import file_size
from ce_cli.inputs.source import Source
from ce_cli.inputs.spool import on_disk
from ce_cli.reading import Reading
from ce_cli.text import display_name

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ARCHIVE = b"PK\x03\x04"
_NAMES = {"npz": "an archive of NumPy arrays (.npz)", "xlsx": "an Excel workbook (.xlsx)"}


def open_zip(path: str, raw: io.BufferedReader, reading: Reading) -> Source:
    """Open a zip by its members; its directory is at the end, so a pipe is spooled to disk first.

    Raises
    ------
    DataError
        It is broken, encrypted, or holds no table or several.
    """
    where, spool = on_disk(path, raw, ".zip")
    file: str | IO[bytes] = raw if "://" in where else where
    name = display_name(path)
    with storage_errors(path), zip_errors(name):
        archive = zipfile.ZipFile(file)
        kind = kind_of(archive)
    _check_named(name, kind, reading.input_format)
    if kind == "npz":
        from ce_cli.inputs.numpy.npz import NpzSource

        return NpzSource(path, file, spool)
    if kind == "xlsx":
        from ce_cli.inputs.databases.excel import open_workbook

        return open_workbook(path, archive, file, spool, reading)
    if kind != "zip":
        from ce_cli.inputs.foreign.formats import refuse

        refuse(path, kind)
    return _table(path, archive, spool, reading)


def only_member(path: str, raw: io.BufferedReader) -> io.BufferedReader | None:
    """The bytes of the only file in an archive; None if there are several, or it is no archive."""
    name = display_name(path)
    with storage_errors(path), zip_errors(name):
        if not raw.seekable() or not raw.peek(4).startswith(_ARCHIVE):
            return None
        archive = zipfile.ZipFile(raw)
        if kind_of(archive) != "zip" or len(archive.namelist()) != 1:
            return None
        (member,) = archive.infolist()
        stream = archive.open(member)
    return buffered(_Member(name, stream, member.compress_size, member.file_size, (archive, raw)))


def _check_named(name: str, kind: str, named: str | None) -> None:
    if named in _NAMES and kind in (*_NAMES, "zip") and kind != named:
        found = _NAMES.get(kind, "a zip archive of other files")
        raise DataError(f"{name}: is {found}, not {_NAMES[named]}; leave out --input-format.")


def _table(path: str, archive: zipfile.ZipFile, spool: object, reading: Reading) -> Source:
    from ce_cli.inputs.locate import opened_bytes

    name = display_name(path)
    member = table_in(name, archive, reading.table)
    with storage_errors(path), zip_errors(name):
        stream = archive.open(member)
    inner = None if reading.input_format == "zip" else reading.input_format
    size = file_size(path) or 0
    length = archive.getinfo(member).file_size
    raw = buffered(_Member(name, stream, size, length, (archive, spool)))
    with storage_errors(path):
        if raw.peek(4).startswith(_ARCHIVE):
            raise DataError(f"{name}: holds another zip archive; unpack it first.")
    plain = reading.replace(input_format=inner, table=None)
    return opened_bytes(path, raw, plain, member)


class _Member(io.RawIOBase):
    """A member of an archive as a pipe: what needs to seek in it is spooled to disk.

    Parameters
    ----------
    name : str
        The archive, for messages.
    stream : file
        The member, which checks its own length and checksum at the end.
    size, length : int
        Bytes of the archive, and of the member.
    kept : object
        Lives as long as the stream.
    """

    def __init__(self, name: str, stream: IO[bytes], size: int, length: int, kept: object) -> None:
        self._name = name
        self._stream = stream
        self._size = size
        self._length = length
        self._kept = kept
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        with zip_errors(self._name):
            data = self._stream.read(len(view))
        view[: len(data)] = data
        self._count += len(data)
        return len(data)

    def covered(self) -> int:
        """The bytes of the archive that have been read, if its members are packed alike."""
        return self._count * self._size // max(1, self._length)
