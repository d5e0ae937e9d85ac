"""A stream of text whose lines are rewritten as plain delimited text while it is read."""

from __future__ import annotations

import csv

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import Bytes
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.inputs.text import records
from ce_cli.inputs.text.layouts.layout import Layout
from ce_cli.text import display_name


class Rewritten:
    """The records of a table as plain delimited text.

    Parameters
    ----------
    stream : Bytes
        Positioned at the first byte after the header.
    layout : Layout
        Its `header` is read first, then the rest of the stream, rewritten.
    newline : bytes
        The end of a line of the stream.
    """

    def __init__(self, stream: Bytes, layout: Layout, newline: bytes) -> None:
        self.path = stream.path
        self._stream = stream
        self._rewrite = layout.rewrite
        self._newline = newline
        self._delimiters = layout.delimiter.encode() if layout.whole_records else None
        self._rest = b""  # a record whose end has not been read yet
        self._held = layout.header

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, roughly; empty only at the end."""
        if self._held:
            held, self._held = self._held, b""
            return held
        enough = 0
        while piece := self._stream.read(size):
            self._rest += piece
            if len(self._rest) < enough:
                continue
            end = self._end_of(self._rest)
            if not end and len(self._rest) > LONGEST_RECORD:
                raise DataError(records.too_long(self.path))
            whole, self._rest = self._rest[:end], self._rest[end:]
            enough = 0 if end else 2 * len(self._rest)
            if whole and (text := self._rewritten(whole)):
                return text
        last, self._rest = self._rest, b""
        return self._rewritten(last) if last else b""

    def push_back(self, data: bytes) -> None:
        """Return bytes to the stream, to be read next."""
        self._held = data + self._held

    def _rewritten(self, text: bytes) -> bytes:
        try:
            return text if self._rewrite is None else self._rewrite(text)
        except csv.Error as error:
            raise DataError(
                f"{display_name(self.path)}: cannot be read as a table ({error})."
            ) from error

    def _end_of(self, data: bytes) -> int:
        if self._delimiters is None:
            return data.rfind(self._newline) + 1
        return records.last_record_end(data, self._newline, self._delimiters)
