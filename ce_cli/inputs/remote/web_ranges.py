"""Files by HTTP, read by ranges of bytes where the server gives these."""

from __future__ import annotations

import io
import re
from typing import Any

from ce_cli.errors import DataError, StorageError
from ce_cli.inputs.bytestream import buffered
from ce_cli.inputs.remote.kept_connections import keep
from ce_cli.inputs.remote.reader import RemoteReader
from ce_cli.inputs.remote.remote_file import END_BYTES, RECENT, RemoteFile
from ce_cli.inputs.web import Download, answer_to, web_errors
from ce_cli.text import display_name

_PLACE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_PART, _NOT_THERE = 206, 416


def open_by_end(path: str) -> io.BufferedReader:
    """Open a URL by its last bytes; where the server gives no ranges, all bytes in order.

    Raises
    ------
    StorageError
        The server cannot be reached, or does not give the file.
    """
    response = answer_to(path, f"bytes=-{END_BYTES}", allowed=_NOT_THERE)
    if response.status == _NOT_THERE:  # an empty file, or a server that knows no such range
        response = answer_to(path)
    place = _PLACE.fullmatch(response.headers.get("Content-Range", ""))
    if response.status != _PART or place is None:
        return buffered(Download(path, response))
    start, _, size = map(int, place.groups())
    file = RemoteFile(path, _WebRanges(path, size, response))
    file.put(start, _body(path, response))
    file.is_new = False
    RECENT.add(file)
    return buffered(RemoteReader(file))


def by_ranges(path: str, raw: io.BufferedReader) -> io.BufferedReader:
    """A download that has begun, by ranges instead if the server offers these."""
    response = getattr(raw.raw, "response", None)
    if response is None or response.headers.get("Accept-Ranges", "").lower() != "bytes":
        return raw
    found = open_by_end(path)
    raw.close()
    return found


class _WebRanges:
    """Ranges of a file at a URL, all of the same version as the first."""

    def __init__(self, path: str, size: int, response: Any) -> None:
        self._path, self.size = path, size
        self._tag: str = response.headers.get("ETag", "")
        self.version: object = None  # since each answer is checked

    def fetch(self, start: int, count: int) -> bytes:
        """Bytes of the file.

        Raises
        ------
        DataError
            It is another file by now.
        """
        response = answer_to(self._path, f"bytes={start}-{start + count - 1}", allowed=_NOT_THERE)
        place = _PLACE.fullmatch(response.headers.get("Content-Range", ""))
        size = int(place[3]) if place else None
        same = size == self.size and response.headers.get("ETag", "") == self._tag
        if response.status == _NOT_THERE or not same or place is None:
            raise DataError(
                f"{display_name(self._path)}: was replaced while it was read; run ce again when it "
                "is complete, or on a copy."
            )
        data = _body(self._path, response)
        if int(place[1]) != start or len(data) != count:
            raise StorageError(
                f"{display_name(self._path)}: could not be read: the server sent other bytes than "
                "those that were asked for; try again."
            )
        return data


def _body(path: str, response: Any) -> bytes:
    with web_errors(path):
        data = buffered(Download(path, response)).read()
    keep(response)
    return data
