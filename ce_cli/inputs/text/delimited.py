"""CSV, TSV and other delimited text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.errors import DataError, EmptyFileError
from ce_cli.inputs.bytestream import Bytes, ByteStream
from ce_cli.inputs.source import (
    LONGEST_RECORD,
    MOST_COLUMNS,
    NO_TEXTS,
    Column,
    Frame,
    Projection,
    check_columns,
)
from ce_cli.inputs.text import records
from ce_cli.inputs.text.cells import WRAPPED, column_of, number_in
from ce_cli.inputs.text.delimited_split import DelimitedSplit, Malformed
from ce_cli.inputs.text.dialect import (
    DELIMITERS,
    LAST_RESORT,
    SNIFFED_BYTES,
    are_values,
    declared_delimiter,
    distinct,
    found_delimiter,
    is_misfit,
    looks_plain,
    not_text,
    without_blank_lines,
)
from ce_cli.reading import Reading, Span
from ce_cli.text import display_name, quoted

if TYPE_CHECKING:
    from ce_cli.inputs.text.comments import Uncommented
    from ce_cli.inputs.text.layouts.layout import Layout
    from ce_cli.inputs.text.layouts.rewritten import Rewritten

LONGEST_HEADER = 8 << 20
_HEAD_BYTES = 1 << 18
_NOT_PLAIN = frozenset('"\r\n\0')
_AS_WRITTEN = Projection((), (), missing_texts=NO_TEXTS)


def open_delimited(path: str, stream: ByteStream, reading: Reading) -> DelimitedSource:
    """Open a text table; any text without another known format is treated as one."""
    return DelimitedSource(path, stream, reading)


class DelimitedSource:
    """A text table whose first record names the columns, or whose columns are numbered from 1.

    Parameters
    ----------
    name : str
        Path, for messages.
    stream : ByteStream
        Positioned at the first byte.
    reading : Reading
        The dialect of the text, and the block size.
    """

    def __init__(self, name: str, stream: ByteStream, reading: Reading) -> None:
        self.name = display_name(name)
        self._reading = reading
        self._bytes = stream
        self._stream: ByteStream | Uncommented | Rewritten = stream
        self._layout: Layout | None = None
        self._delimiter = reading.delimiter or ""
        if reading.comment is not None:
            from ce_cli.inputs.text.comments import Uncommented

            self._stream = Uncommented(stream, reading.comment.encode(), self._may_delimit)
        head, start = self._read_head()
        if not self._delimiter:
            sniffed = head[: max(start, SNIFFED_BYTES)]
            self._delimiter = found_delimiter(sniffed, reading.decimal)
        if reading.comment is not None:
            self._stream.set_delimiters(self._may_delimit)  # type: ignore[union-attr]  # see above
        self._header = self._names_in(head[:start])
        sniffed = head[: max(start, SNIFFED_BYTES)]
        if not looks_plain(sniffed, self._delimiter):
            head, start = self._laid_out(sniffed, head, start)
        if reading.comment is None and is_misfit(self._header, head[start:]):
            raise DataError(
                f"{self.name}: the first line, {quoted(self._header[0])}, does not fit the lines "
                "after it; if it is a comment, skip such lines with --comment '#'."
            )
        self._named = self._has_header()
        self._line = head[:start]
        if self._named and reading.is_value is not None and len(self._header) == 1:
            cells = head[start : start + SNIFFED_BYTES].decode(errors="replace").split()
            self._named = not reading.is_value(self._header[0], [one.strip('"') for one in cells])
        if not self._named:
            self._header, start = [str(place + 1) for place in range(len(self._header))], 0
        elif any(not name.isascii() for name in self._header):
            from ce_cli.inputs.text.invisible import visible

            self._header = visible(self._header, head[start:])
        if self._named and self._header.count("") > 1:
            self._header = levels_named(self._header)
        self._names = distinct(self._header)
        self._first = head[start : self._last_end(head) if len(head) >= _HEAD_BYTES else None]
        self._stream.push_back(head[start:])
        self._span: Span | None = None
        if reading.span is not None and self._stream is stream:
            from ce_cli.inputs.text.spans import divided

            self._span = divided(stream, reading.span)

    def _has_header(self) -> bool:
        """Whether the first record names the columns."""
        reading = self._reading
        if reading.names_columns is not None and reading.names_columns(self._header):
            return True
        of_labels = reading.names_columns is not None and len(self._header) == 1
        return reading.header and not are_values(self._header, whole=of_labels)

    def _laid_out(self, sniffed: bytes, head: bytes, start: int) -> tuple[bytes, int]:
        """Rewrite a table that is not plain, and read its header again."""
        from ce_cli.inputs.text.layouts.found import found_layout
        from ce_cli.inputs.text.layouts.rewritten import Rewritten

        layout = found_layout(sniffed, self._delimiter, self._reading, self.name)
        if layout is None:
            return head, start
        self._layout = layout
        self._stream.push_back(head[layout.consumed :])
        self._stream = Rewritten(self._stream, layout, self._newline)
        self._delimiter = layout.delimiter
        head, start = self._read_head()
        self._header = self._names_in(head[:start])
        return head, start

    @property
    def format(self) -> str:
        """CSV, TSV, text with another delimiter, or another layout."""
        if self._layout is not None and self._layout.form:
            return self._layout.form
        named = {",": "CSV", "\t": "TSV"}
        return named.get(self._delimiter, f"text delimited by {self._delimiter!r}")

    @property
    def delimiter(self) -> str:
        """The delimiter between fields."""
        return self._delimiter

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing after the header."""
        return not self._first.strip()

    def columns(self) -> Sequence[Column]:
        """The columns, with kinds as the first rows show them."""
        if not hasattr(self, "_columns"):
            self._columns = self._found_columns()
        return self._columns

    def sample(self, projection: Projection) -> Frame:
        """The rows of the first quarter of a megabyte."""
        return next(self._split(self._first, projection).frames())

    def splits(self, projection: Projection) -> Iterator[DelimitedSplit]:
        """Blocks of whole records."""
        note = self._layout.note if self._layout is not None else ""
        if self._reading.header and not self._named:
            note = "the first line holds numbers, so the columns have no names but 1, 2, 3, …"
        if self._span is not None and self._span.start:
            note = ""  # which the first part of the file has
        for block in self._blocks():
            split = self._split(block, projection)
            yield split.replace(
                size=self._bytes.newly_read(), note=note and f"{self.name}: {note}."
            )
            note = ""

    def _blocks(self) -> Iterator[bytes]:
        size, newline = self._reading.block_bytes, self._newline
        delimiter = self._delimiter.encode()
        if self._span is None:
            return records.blocks(self._stream, size, newline, delimiter)

        def end_of(data: bytes, least: int) -> int:
            return records.first_record_end(data, newline, delimiter, least)

        def blocks(stream: Bytes) -> Iterator[bytes]:
            return records.blocks(stream, size, newline, delimiter)

        from ce_cli.inputs.text.spans import blocks_of_span

        return blocks_of_span(self._bytes, self._span, newline, blocks, end_of)

    @property
    def _may_delimit(self) -> bytes:
        return (self._delimiter or "".join((*DELIMITERS, LAST_RESORT))).encode()

    def _split(self, block: bytes, projection: Projection) -> DelimitedSplit:
        names, decimal = tuple(self._names), self._reading.decimal
        booleans: tuple[str, ...] = ()
        wrapped: tuple[str, ...] = ()
        if projection.names:
            own = self.columns()
            kinds = {column.name: column.kind for column in own}
            booleans = tuple(name for name in projection.numbers if kinds[name] == "boolean")
            wrapped = tuple(column.name for column in own if column.type == WRAPPED)
        split = DelimitedSplit(block, names, self._delimiter, projection, decimal, booleans)
        numbers = all(number_in(name) is not None for name in self._header)  # rows may equal them
        header = self._line if self._named and not numbers else b""
        return split.replace(wrapped=wrapped, header=header)

    def _read_head(self) -> tuple[bytes, int]:
        """The first bytes, with at least one record after the header, and where that begins."""
        head, declared = b"", ""
        pieces: list[bytes] = []
        held, enough = 0, _HEAD_BYTES
        while piece := self._stream.read(_HEAD_BYTES):
            pieces.append(piece)
            held += len(piece)
            if b"\0" in piece:
                raise DataError(f"{self.name}: {not_text(without_blank_lines(b''.join(pieces)))}")
            if held < enough:
                continue
            head = without_blank_lines(b"".join(pieces))
            head, declared = self._without_excel_line(head, declared)
            start = self._first_end(head)
            if (start or len(head)) > LONGEST_HEADER:
                raise DataError(
                    f"{self.name}: the first record is longer than {LONGEST_HEADER >> 20} MB: "
                    "a quote is not closed, or the file is not a text table."
                )
            if start and self._last_end(head) > start:
                return head, start
            if len(head) > LONGEST_RECORD:
                raise DataError(records.too_long(self._stream.path))
            pieces, held = [head], len(head)
            enough = max(_HEAD_BYTES, 2 * held)  # look again only when there is much more to see
        head = without_blank_lines(b"".join(pieces))
        head, _ = self._without_excel_line(head, declared)
        if not head.strip():
            raise EmptyFileError(f"{self.name}: the file is empty.")
        return head, self._first_end(head) or len(head)

    def _without_excel_line(self, head: bytes, declared: str) -> tuple[bytes, str]:
        """Remove Excel's first line ``sep=;``, once, and use the delimiter that it declares."""
        if declared:
            return head, declared
        declared, length = declared_delimiter(head)
        self._delimiter = self._delimiter or declared
        return without_blank_lines(head[length:]) if declared else head, declared

    def _first_end(self, head: bytes) -> int:
        self._newline = b"\n" if b"\n" in head or b"\r" not in head else b"\r"
        return records.first_record_end(head, self._newline, self._may_delimit)

    def _last_end(self, head: bytes) -> int:
        return records.last_record_end(head, self._newline, self._may_delimit)

    def _names_in(self, header: bytes) -> list[str]:
        try:
            text = header.decode()
        except UnicodeDecodeError as error:
            raise DataError(
                f"{self.name}: the {'header' if self._reading.header else 'first line'} is not "
                "UTF-8 text "
                f"(byte {error.start + 1:,} is 0x{header[error.start]:02x}); "
                "set the encoding, for example --encoding latin-1."
            ) from None
        count = min(header.count(self._delimiter.encode()) + 1, MOST_COLUMNS)
        line = text.removesuffix("\n").removesuffix("\r")
        if 1 < count < MOST_COLUMNS and not _NOT_PLAIN.intersection(line):
            return line.split(self._delimiter)
        import pyarrow as pa

        for _ in range(2):  # with quoted delimiters, there are as many as the parser then reports
            check_columns(self.name, count)
            numbered = tuple(str(place) for place in range(count))
            split = DelimitedSplit(header, numbered, self._delimiter, _AS_WRITTEN)
            malformed: list[Malformed] = []
            table = split.table(dict.fromkeys(numbered, pa.utf8()), malformed)
            if table.num_rows:
                return [str(table[name][0]) for name in numbered]
            count = malformed[0].found
        return []

    def _found_columns(self) -> tuple[Column, ...]:
        if not self._first.strip():
            return tuple(Column(name, "number", "text", "text") for name in self._header)
        inferred = self._split(self._first, Projection((), ())).legible().table({}, [])
        columns = zip(self._header, inferred.columns, strict=True)
        decimal = self._reading.decimal
        found = (column_of(name, cells, decimal) for name, cells in columns)
        return tuple(column.replace(named=self._named) for column in found)


def levels_named(names: Sequence[str]) -> list[str]:
    """Names in which the index of several levels that pandas writes has names, as it reads them.

    The first level remains without a name, like an index of one level.
    """
    unnamed = next((n for n, name in enumerate(names) if name), 0)
    found = [f"Unnamed: {place}" for place in range(1, unnamed)]
    return list(names) if set(found) & {*names} else [*names[:1], *found, *names[max(1, unnamed) :]]
