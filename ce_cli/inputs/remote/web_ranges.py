"""Files by HTTP, read by ranges of bytes where the server gives these."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import buffered
from ce_cli.inputs.remote.kept_connections import released
from ce_cli.inputs.remote.reader import RemoteReader
from ce_cli.inputs.remote.remote_file import END_BYTES, RECENT, RemoteFile
from ce_cli.inputs.unchanged import changed
from ce_cli.inputs.web import Download, answer_to, version_of, web_errors
from ce_cli.text import display_name

_PLACE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_WHOLE, _PART, _NOT_THERE = 200, 206, 416


def open_by_end(path: str) -> io.BufferedReader:
    """Open a URL by its last bytes; where the server gives no ranges, all bytes in order.

    So, too, where it says nothing by which ranges of another version would be recognised.

    Raises
    ------
    StorageError
        The server cannot be reached, or does not give the file.
    """
    response = answer_to(path, f"bytes=-{END_BYTES}", allowed=_NOT_THERE)
    if response.status == _WHOLE:
        return buffered(Download(path, response))
    with released(response):  # 416 is that of an empty file, or of an unknown kind of range
        place = _PLACE.fullmatch(response.headers.get("Content-Range", ""))
        version = version_of(response)
        if response.status == _PART and place is not None and version is not None:
            start, _, size = map(int, place.groups())
            file = RemoteFile(path, _WebRanges(path, size, (size, version)))
            file.put(start, _body(path, response))
            file.is_new = False
            RECENT.add(file)
            return buffered(RemoteReader(file))
    return buffered(Download(path, answer_to(path)))


def by_ranges(path: str, raw: io.BufferedReader) -> io.BufferedReader:
    """A download that has begun, by ranges instead if the server offers these."""
    response = getattr(raw.raw, "response", None)
    if response is None or response.headers.get("Accept-Ranges", "").lower() != "bytes":
        return raw
    if version_of(response) is None:
        return raw
    with contextlib.closing(raw):
        return open_by_end(path)


class _WebRanges:
    """Ranges of a file at a URL, all of the same version as the first."""

    def __init__(self, path: str, size: int, version: object) -> None:
        self._path, self.size, self.version = path, size, version

    def fetch(self, start: int, count: int) -> bytes:
        """Bytes of the file.

        Raises
        ------
        DataError
            It is another file by now.
        StorageError
            The server gives other bytes, or no ranges any longer.
        """
        response = answer_to(self._path, f"bytes={start}-{start + count - 1}", allowed=_NOT_THERE)
        with released(response):
            place = _PLACE.fullmatch(response.headers.get("Content-Range", ""))
            size = int(place[3]) if place else self.size
            is_same = (size, version_of(response)) == self.version
            if response.status == _NOT_THERE or not is_same:
                raise changed(display_name(self._path), "was replaced")
            if response.status != _PART or place is None:
                raise self._failed("the server gives no ranges of its bytes any longer")
            data = _body(self._path, response)
            if int(place[1]) != start or len(data) != count:
                raise self._failed("the server sent other bytes than those that were asked for")
            return data

    def _failed(self, why: str) -> StorageError:
        return StorageError(f"{display_name(self._path)}: could not be read: {why}; try again.")


def _body(path: str, response: Any) -> bytes:
    with web_errors(path):
        return buffered(Download(path, response)).read()
