"""The elements of a JSON array, or of a sequence of JSON values, cut from a stream of text."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.text import display_name, quoted

_PIECE = 1 << 20
_BETWEEN = re.compile(r"[ \t\r\n]*")
_SHOWN = 60

# Used as a scanner only: the text of each element is passed on as it is.
_DECODER = json.JSONDecoder()


def decoded_value(text: str, place: int) -> tuple[Any, int] | None:
    """The JSON value that begins at `place` and where it ends, None if it does not end."""
    try:
        return _DECODER.raw_decode(text, place)
    except (ValueError, RecursionError):
        return None


def skip_space(text: str, place: int) -> int:
    """The next place that is not white space."""
    match = _BETWEEN.match(text, place)
    return match.end() if match else place


class Elements:
    """The text of each element, on one line, in bounded memory.

    Parameters
    ----------
    stream : ByteStream
        Positioned at the first byte.
    in_array : bool
        Whether they are the elements of an array; otherwise, values one after another.

    Raises
    ------
    DataError
        The text is not JSON, or an element is longer than `LONGEST_RECORD`.
    """

    def __init__(self, stream: ByteStream, in_array: bool) -> None:
        self._stream = stream
        self._name = display_name(stream.path)
        self._in_array = in_array
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._place = 0
        self._ended = False
        self._count = 0

    def __iter__(self) -> Iterator[bytes]:
        if self._in_array:
            self._next_character()
            self._place += 1  # the bracket
        while (mark := self._next_character()) and mark != "]":
            if mark == "," and self._in_array and self._count:
                self._place += 1
                mark = self._next_character()
            yield self._element()
            self._check_following()
        if not self._in_array:
            return
        if not mark:
            raise DataError(f"{self._name}: the JSON array is not closed: the file is cut off.")
        self._place += 1
        if self._next_character():
            raise DataError(
                f"{self._name}: there is more text after the JSON array: "
                f"{self._shown()}; write one array, or one object per line."
            )

    def _element(self) -> bytes:
        self._count += 1
        while True:
            found = decoded_value(self._text, self._place)
            if found is not None and (found[1] < len(self._text) or self._ended):
                break
            if self._ended or len(self._text) - self._place > LONGEST_RECORD:
                raise DataError(
                    f"{self._name}: row {self._count:,} is not valid JSON: {self._shown()}."
                )
            self._read_more()
        element = self._text[self._place : found[1]]
        self._place = found[1]
        if "\n" in element or "\r" in element:  # only between its parts: JSON escapes those in text
            element = element.replace("\n", " ").replace("\r", " ")
        return element.encode()

    def _check_following(self) -> None:
        mark = self._next_character()
        if self._in_array and mark not in ("", ",", "]"):
            raise DataError(
                f"{self._name}: there is no comma after row {self._count:,}, but {self._shown()}."
            )

    def _next_character(self) -> str:
        """The next character that is not white space, empty at the end."""
        while True:
            self._place = skip_space(self._text, self._place)
            if self._place < len(self._text):
                return self._text[self._place]
            if self._ended:
                return ""
            self._read_more()

    def _read_more(self) -> None:
        rest = self._text[self._place :]
        piece = self._stream.read(max(_PIECE, len(rest)))
        self._ended = not piece
        try:
            self._text = rest + self._decoder.decode(piece, final=self._ended)
        except UnicodeDecodeError as error:
            wrong = error.object[error.start]
            raise DataError(
                f"{self._name}: is not UTF-8 text (a byte after row {self._count:,} is "
                f"0x{wrong:02x}); set the encoding, for example --encoding latin-1."
            ) from None
        self._place = 0

    def _shown(self) -> str:
        return quoted(self._text[self._place : self._place + _SHOWN].rstrip())
