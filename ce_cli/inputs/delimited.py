"""CSV, TSV and other delimited text."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ce_cli.errors import DataError
from ce_cli.inputs import records
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.source import NO_TEXTS, Column, Frame, Kind, Wanted
from ce_cli.ledger import Finding
from ce_cli.spec import MISSING_TEXTS, Reading
from ce_cli.text import display_name
from ce_cli.value import Value

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD_BYTES = 1 << 18
_SNIFFED_BYTES = 1 << 16
_SNIFFED_RECORDS = 50
_DELIMITERS = (",", "\t", ";", "|")
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
        self._may_delimit = (given or "".join(_DELIMITERS)).encode()
        head, start = self._read_head()
        self._delimiter = given or _found_delimiter(head[: max(start, _SNIFFED_BYTES)])
        self._header = self._names_in(head[:start])
        self._names = _distinct(self._header)
        self._first = head[start : self._last_end(head) if len(head) >= _HEAD_BYTES else None]
        stream.push_back(head[start:])

    @property
    def format(self) -> str:
        """CSV, TSV, or text with the delimiter that was found."""
        named = {",": "CSV", "\t": "TSV"}
        return named.get(self._delimiter, f"text delimited by {self._delimiter!r}")

    @property
    def delimiter(self) -> str:
        """Between fields."""
        return self._delimiter

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
        kinds = [_kind(inferred.schema.field(name).type, inferred[name]) for name in self._names]
        named = zip(self._header, kinds, strict=True)
        return tuple(Column(name, kind, "text", "text") for name, kind in named)


def _found_delimiter(head: bytes) -> str:
    """The candidate that cuts the first records into equally many fields, and most of them."""
    text = head.decode(errors="replace")
    best, best_rank = ",", (False, 1)
    for delimiter in _DELIMITERS:
        counts: list[int] = []
        with contextlib.suppress(csv.Error):  # a field too long: it is none of this delimiter
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                if record:
                    counts.append(len(record))
                if len(counts) == _SNIFFED_RECORDS:
                    break
        complete = counts[:-1] if len(counts) > 2 else counts
        rank = (len(set(complete)) == 1, counts[0]) if counts else (False, 1)
        if rank[1] > 1 and rank > best_rank:
            best, best_rank = delimiter, rank
    return best


class DelimitedSplit(Value):
    """A block of whole records.

    Attributes
    ----------
    block : bytes
        UTF-8 text.
    names : tuple of str
        Of all columns of the file.
    """

    block: bytes
    names: tuple[str, ...]
    delimiter: str
    wanted: Wanted

    def frames(self) -> Iterator[Frame]:
        """Parse the block as one frame."""
        import pyarrow as pa

        number, text = pa.float64(), pa.dictionary(pa.int32(), pa.utf8())
        types = dict.fromkeys(self.wanted.numbers, number) | dict.fromkeys(self.wanted.texts, text)
        malformed: list[tuple[int, str]] = []
        try:
            table = self.table(types, malformed)
        except pa.ArrowInvalid:
            yield self._mended(types)
            return
        columns = {name: _whole(table[name]) for name in self.wanted.names}
        yield _frame(columns, table.num_rows, malformed, ())

    def table(self, types: dict[str, pa.DataType], malformed: list[tuple[int, str]]) -> pa.Table:
        """Parse the columns of `types`, or all of them with inferred types if there are none."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        def note(row: Any) -> str:
            malformed.append((row.number - 1, f"{row.actual_columns} of {row.expected_columns}"))
            return "skip"

        if not self.block or self.block.isspace():
            return pa.table({name: pa.array([], type_) for name, type_ in types.items()})
        missing = self.wanted.missing_texts or MISSING_TEXTS
        return arrow_csv.read_csv(
            pa.BufferReader(self.block),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(self.block) + 1, column_names=self.names
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=b'"' in self.block,
                invalid_row_handler=note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=missing,
                strings_can_be_null=True,
            ),
        )

    def _mended(self, types: dict[str, pa.DataType]) -> Frame:
        """Parse a block in which some cell is not what its column wants, cell by cell."""
        import pyarrow as pa

        malformed: list[tuple[int, str]] = []
        raw = self.table({name: pa.binary() for name in types}, malformed)
        columns: dict[str, pa.Array] = {}
        findings: list[Finding] = []
        rows = np.arange(raw.num_rows + len(malformed))
        rows = np.delete(rows, [row for row, _ in malformed])
        spoiled: list[tuple[str, tuple[int, ...]]] = []
        for name in types:
            cells = _whole(raw[name]).to_pylist()
            texts, unreadable = _decoded_cells(cells)
            if len(unreadable):
                shown = [repr(cells[row])[2:-1] for row in unreadable[:10]]
                findings.append(Finding.of("encoding", name, rows[unreadable], shown))
            if name not in self.wanted.numbers:
                columns[name] = pa.array(texts, pa.utf8()).dictionary_encode()
                continue
            numbers = [_number(text) for text in texts]
            bad = [row for row, number in enumerate(numbers) if number is None]
            bad = [row for row in bad if texts[row] is not None]
            if bad:
                findings.append(
                    Finding.of("not-a-number", name, rows[bad], [texts[r] or "" for r in bad[:10]])
                )
                spoiled.append((name, tuple(bad)))
                for row in bad:
                    numbers[row] = 0.0  # told as what it is, and not as missing too
            columns[name] = pa.array(numbers, pa.float64())
        frame = _frame(columns, raw.num_rows, malformed, tuple(findings))
        return frame.replace(spoiled=tuple(spoiled))


def _frame(
    columns: dict[str, pa.Array],
    parsed: int,
    malformed: list[tuple[int, str]],
    findings: tuple[Finding, ...],
) -> Frame:
    rows = [row for row, _ in malformed]
    if not rows:
        return Frame(columns, parsed, (), findings)
    found = Finding.of("malformed", "", rows, [fields for _, fields in malformed[:10]])
    return Frame(columns, parsed + len(rows), tuple(rows), (*findings, found))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _distinct(header: list[str]) -> list[str]:
    """Make names unique, so that a repeated column nobody asks for does no harm."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}\0{seen[name]}")
    return names


def _decoded_cells(cells: list[bytes | None]) -> tuple[list[str | None], list[int]]:
    texts: list[str | None] = []
    unreadable = []
    for row, cell in enumerate(cells):
        try:
            texts.append(None if cell is None else cell.decode())
        except UnicodeDecodeError:
            texts.append(None)
            unreadable.append(row)
    return texts, unreadable


def _number(text: str | None) -> float | None:
    if text is None or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _kind(type_: pa.DataType, cells: pa.ChunkedArray) -> Kind:
    import pyarrow as pa

    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_null(type_):
        return "number"
    if not pa.types.is_string(type_):
        return "text"
    texts = [text for text in cells.to_pylist() if text is not None]
    numbers = sum(_number(text) is not None for text in texts)
    return "number" if texts and 2 * numbers >= len(texts) else "text"
