"""From a URI to an open file of a server."""

from __future__ import annotations

import io
from typing import Any

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import WEB, buffered, plain_suffix
from ce_cli.inputs.remote.objects import open_object
from ce_cli.inputs.remote.reader import BlockReader, RemoteReader
from ce_cli.inputs.remote.remote_file import END_SUFFIXES, RECENT, RemoteFile
from ce_cli.text import display_name

_SMALL = 1 << 14  # bytes, since these readers jump
_MARK = b"PAR1"  # at the beginning and the end of a Parquet file


def open_again(path: str) -> io.BufferedReader:
    """Open a file that was opened before, to be read in any order."""
    raw: Any = BlockReader(opened_again(path))
    return io.BufferedReader(raw, _SMALL)


def open_remote(path: str) -> io.BufferedReader:
    """Open a file by its URI as it is now.

    Raises
    ------
    StorageError
        There is none, or it cannot be reached.
    """
    return buffered(RemoteReader(opened_anew(path)))


def opened_anew(path: str) -> RemoteFile:
    """A file as it is now; one that was found a moment ago is not asked for again.

    Raises
    ------
    StorageError
        There is none, or it cannot be reached.
    """
    file = RECENT.get(path)
    if file is None or not file.is_new:
        file = RemoteFile(path, open_object(path))
        RECENT.add(file)
    file.is_new = False
    return file


def opened_again(path: str) -> RemoteFile:
    """A file that was opened before, if it is still known."""
    file = RECENT.get(path)
    if file is not None:
        return file
    if path.partition("://")[0].lower() in WEB:
        from ce_cli.inputs.web import open_web

        open_web(path).close()  # which is known then, unless the server gives no ranges now
        file = RECENT.get(path)
        if file is None:
            raise StorageError(f"{display_name(path)}: could not be read by ranges; try again.")
        return file
    return opened_anew(path)


def file_of(raw: io.BufferedReader) -> RemoteFile | None:
    """The file of a server that is read through `raw`, if it is one that gives ranges."""
    file = getattr(raw.raw, "file", None)
    return file if isinstance(file, RemoteFile) else None


def start_by_end(path: str, raw: io.BufferedReader) -> bytes:
    """The first bytes of a Parquet file, without fetching them, if its end is that of one.

    Its name has to be that of one, too; for any other there are none.
    """
    file = file_of(raw)
    if file is None or file.size < len(_MARK):
        return b""
    is_named = plain_suffix(path) in END_SUFFIXES
    return _MARK if is_named and file.end().endswith(_MARK) else b""
