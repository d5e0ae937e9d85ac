"""CSV, TSV and other delimited text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from ce_cli.errors import DataError
from ce_cli.inputs import records
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.cells import kind_of
from ce_cli.inputs.delimited_split import DelimitedSplit
from ce_cli.inputs.dialect import DELIMITERS, distinct, found_delimiter
from ce_cli.inputs.source import NO_TEXTS, Column, Frame, Wanted
from ce_cli.spec import Reading
from ce_cli.text import display_name

_HEAD_BYTES = 1 << 18
_SNIFFED_BYTES = 1 << 16
_AS_WRITTEN = Wanted((), (), missing_texts=NO_TEXTS)


def open_delimited(path: str, raw: io.BufferedReader, reading: Reading) -> DelimitedSource:
    """Open a text table; what looks like none of the known formats is taken for one."""
    return DelimitedSource(path, ByteStream(path, raw, reading.encoding), reading)


class DelimitedSource:
    """A text table whose first record names the columns.

    Parameters
    ----------
    name : str
        Path, for messages.
    stream : ByteStream
        Standing at the first byte.
    reading : Reading
        Delimiter and block size.
    """

    def __init__(self, name: str, stream: ByteStream, reading: Reading) -> None:
        self.name = display_name(name)
        self._stream = stream
        self._reading = reading
        given = reading.delimiter
        self._may_delimit = (given or "".join(DELIMITERS)).encode()
        head, start = self._read_head()
        self._delimiter = given or found_delimiter(head[: max(start, _SNIFFED_BYTES)])
        self._header = self._names_in(head[:start])
        self._names = distinct(self._header)
        self._first = head[start : self._last_end(head) if len(head) >= _HEAD_BYTES else None]
        stream.push_back(head[start:])

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing behind the header."""
        return not self._first.strip()

    def columns(self) -> Sequence[Column]:
        """The columns, with kinds as the first rows show them."""
        if not hasattr(self, "_columns"):
            self._columns = self._found_columns()
        return self._columns

    def sample(self, wanted: Wanted) -> Frame:
        """The rows of the first quarter of a megabyte."""
        return next(self._split(self._first, wanted).frames())

    def splits(self, wanted: Wanted) -> Iterator[DelimitedSplit]:
        """Blocks of whole records."""
        size = self._reading.block_bytes
        delimiter = self._delimiter.encode()
        for block in records.blocks(self._stream, size, self._newline, delimiter):
            yield self._split(block, wanted)

    def _split(self, block: bytes, wanted: Wanted) -> DelimitedSplit:
        return DelimitedSplit(block, tuple(self._names), self._delimiter, wanted)

    def _read_head(self) -> tuple[bytes, int]:
        """The first bytes, with one record behind the header at least, and where that begins."""
        head = b""
        while piece := self._stream.read(_HEAD_BYTES):
            head = (head + piece).lstrip(b"\r\n")
            if b"\0" in piece:
                raise DataError(
                    f"{self.name}: is not a text table (byte {head.index(0) + 1:,} is NUL); "
                    "ce reads CSV, TSV and Parquet."
                )
            if len(head) < _HEAD_BYTES:
                continue
            start = self._first_end(head)
            if start and self._last_end(head) > start:
                return head, start
            if len(head) > records.LONGEST_RECORD:
                raise DataError(records.too_long(self._stream.path))
        if not head.strip():
            raise DataError(f"{self.name}: the file is empty.")
        if head.startswith((b"{", b"[{")):
            raise DataError(f"{self.name}: looks like JSON; ce reads CSV, TSV and Parquet.")
        return head, self._first_end(head) or len(head)

    def _first_end(self, head: bytes) -> int:
        self._newline = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
        return records.first_record_end(head, self._newline, self._may_delimit)

    def _last_end(self, head: bytes) -> int:
        return records.last_record_end(head, self._newline, self._may_delimit)

    def _names_in(self, header: bytes) -> list[str]:
        try:
            header.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.name}: the header is not UTF-8 text "
                f"(byte {error.start + 1:,} is 0x{header[error.start]:02x}); "
                "say which encoding, for example --encoding latin-1."
            ) from None
        import pyarrow as pa

        count = header.count(self._delimiter.encode()) + 1
        for _ in range(2):  # quoted delimiters make fewer fields than it seems; then it is told
            numbered = tuple(str(place) for place in range(count))
            split = DelimitedSplit(header, numbered, self._delimiter, _AS_WRITTEN)
            malformed: list[tuple[int, str]] = []
            table = split.table(dict.fromkeys(numbered, pa.utf8()), malformed)
            if table.num_rows:
                return [str(table[name][0]) for name in numbered]
            count = int(malformed[0][1].split()[0])
        return []

    def _found_columns(self) -> tuple[Column, ...]:
        if not self._first.strip():
            return tuple(Column(name, "number", "text", "text") for name in self._header)
        inferred = self._split(self._first, Wanted((), ())).table({}, [])
        kinds = [kind_of(inferred.schema.field(name).type, inferred[name]) for name in self._names]
        named = zip(self._header, kinds, strict=True)
        return tuple(Column(name, kind, "text", "text") for name, kind in named)
