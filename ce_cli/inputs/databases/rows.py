"""Rows of a database or a workbook as CSV, so that they are read and checked like those of text."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import TYPE_CHECKING, Any

from ce_cli.inputs.bytestream import ByteStream, buffered
from ce_cli.inputs.text.delimited import DelimitedSource
from ce_cli.reading import Reading

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

Rows = Iterator[Sequence[Any]]

_AT_ONCE = 4096  # rows; memory is bounded by them


class RowsSource(DelimitedSource):
    """A table whose cells have a type each, of the column or of their own.

    Parameters
    ----------
    name : str
        The path, for messages.
    kind : str
        The format, in words.
    rows : iterator of sequences
        The names of the columns, then the rows; ``None`` is a missing value.
    errors : context manager
        Turns the errors of the rows into sentences.
    reading : Reading
        How files are read; the rules for text do not apply.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        rows: Rows,
        errors: AbstractContextManager[object],
        reading: Reading,
    ) -> None:
        self._kind = kind
        raw = buffered(_RowsAsText(rows, errors))
        plain = reading.replace(
            delimiter=",", encoding="utf-8", decimal=".", comment=None, header=True
        )
        super().__init__(name, ByteStream(name, raw), plain)

    @property
    def format(self) -> str:
        """The format."""
        return self._kind


class _RowsAsText(io.RawIOBase):
    """Rows as the bytes of a CSV file; numbers round-trip."""

    def __init__(self, rows: Rows, errors: AbstractContextManager[object]) -> None:
        self._rows = rows
        self._errors = errors
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if not self._left:
            self._left = self._more()
        count = min(len(view), len(self._left))
        view[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _more(self) -> bytes:
        with self._errors:
            rows = [[_cell(value) for value in row] for row in islice(self._rows, _AT_ONCE)]
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue().encode(errors="backslashreplace")


def _cell(value: object) -> object:
    """A value as CSV has it: bytes as the text that they are, a structure as JSON."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).decode(errors="backslashreplace")
    return json.dumps(value, default=str) if isinstance(value, list | tuple | dict) else value
