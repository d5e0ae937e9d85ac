"""A block of delimited text, parsed into columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.source import Frame, Projection
from ce_cli.inputs.text.cells import decoded, number_in, truth_in
from ce_cli.inputs.text.quotes import hiding_quote, record_start, without_lines
from ce_cli.record import Record
from ce_cli.spec import MISSING_TEXTS
from ce_cli.text import plural

if TYPE_CHECKING:
    import pyarrow as pa


class Malformed(Record):
    """A record with more or fewer fields than the table has columns.

    Attributes
    ----------
    row : int
        Number of the row, from 0.
    code : str
        Code of the issue: ``comment`` if the record looks like a comment.
    found, expected : int
        Its number of fields, and that of the other records.
    """

    row: int
    code: str
    found: int
    expected: int

    @property
    def fields(self) -> str:
        """``3 fields instead of 2``."""
        return f"{plural(self.found, 'field')} instead of {self.expected:,}"


class DelimitedSplit(Record):
    """A block of whole records.

    Attributes
    ----------
    block : bytes
        UTF-8 text.
    names : tuple of str
        Names of all columns of the file.
    decimal : str
        The decimal mark.
    booleans : tuple of str
        The number columns that are written as true and false.
    wrapped : tuple of str
        The columns whose cells have one number in brackets.
    header : bytes
        The line of the header, which is left out where it occurs again.
    note : str
        A decision about the layout of the file, for a warning.
    """

    block: bytes
    names: tuple[str, ...]
    delimiter: str
    projection: Projection
    decimal: str = "."
    booleans: tuple[str, ...] = ()
    size: int = 0
    wrapped: tuple[str, ...] = ()
    header: bytes = b""
    note: str = ""

    def frames(self) -> Iterator[Frame]:
        """Parse the block as one frame."""
        if (opened := hiding_quote(self.block, self.delimiter)) is not None:
            yield self._before_quote(opened)
            return
        if not self.projection.numbers:  # a header, which is not a number, would not be noticed
            yield from self._without_headers()
            return
        try:
            yield self._parsed(self._types)
        except _invalid():
            yield from self._without_headers()

    @property
    def _types(self) -> dict[str, pa.DataType]:
        import pyarrow as pa

        number, text = pa.float64(), pa.dictionary(pa.int32(), pa.utf8())
        types = dict.fromkeys(self.projection.numbers, number) | dict.fromkeys(
            self.projection.texts, text
        )
        types |= dict.fromkeys(self.booleans, pa.bool_())
        structured = (*self.projection.lists, *self.projection.maps, *self.projection.words)
        return types | dict.fromkeys(structured, pa.utf8())

    def _parsed(
        self, types: dict[str, pa.DataType], malformed: list[Malformed] | None = None
    ) -> Frame:
        import pyarrow as pa

        if not types.keys().isdisjoint(self.wrapped):
            return self.legible()._cell_by_cell(types)
        short = dict.fromkeys(self._short_texts, pa.utf8())
        table = self.table(types | short, malformed)
        columns = {name: _whole(table[name]) for name in self.projection.names}
        for name in short:
            column = arrays.dictionary_of_characters(columns[name])
            if column is None:
                column = _whole(self.table({name: types[name]}, [])[name])
            columns[name] = column
        return self._frame(columns, table.num_rows, malformed or [], ())

    @property
    def _short_texts(self) -> tuple[str, ...]:
        """The texts with one character in the first row, so probably in all of them.

        They take less time as plain texts than in the dictionaries of Arrow's reader.
        """
        line, *_ = self.block[: self.block.find(b"\n")].split(b"\r")
        cells = dict(zip(self.names, line.split(self.delimiter.encode()), strict=False))
        return tuple(name for name in self.projection.texts if len(cells.get(name, b"")) == 1)

    def _without_headers(self) -> Iterator[Frame]:
        """Parse the block without lines that repeat the header, and with all its issues."""
        rest, repeated = without_lines(self.block, self.header, self.delimiter)
        legible = self.replace(block=rest).legible()
        try:
            frame = legible._parsed(self._types, [])
        except _invalid():
            frame = legible._cell_by_cell(self._types)
        if repeated:
            issue = RowIssue("repeated-header", "", repeated, ())
            frame = frame.replace(issues=(*frame.issues, issue))
        yield frame

    def _before_quote(self, opened: int) -> Frame:
        """The rows before one whose quote hides the rows after it, and the issue of that row."""
        start = record_start(self.block, opened, self.delimiter)
        before = self.replace(block=self.block[:start])
        (frame,) = before.frames()
        shown = self.block[opened : opened + 40].decode(errors="replace").splitlines()[0]
        issue = RowIssue.of("open-quote", "", [frame.rows], [shown])
        left_out = (*frame.left_out, frame.rows)
        return frame.replace(rows=frame.rows + 1, left_out=left_out, issues=(*frame.issues, issue))

    def legible(self) -> Self:
        """The same block, with escapes where malformed records are not UTF-8.

        Arrow can report which records are malformed only if it can decode them.
        """
        import pyarrow as pa

        try:
            self.block.decode()
        except UnicodeDecodeError:
            try:
                self.table(dict.fromkeys(self.names, pa.binary()))
            except pa.ArrowInvalid:
                return self.replace(block=self.block.decode(errors="backslashreplace").encode())
        return self

    def table(
        self, types: dict[str, pa.DataType], malformed: list[Malformed] | None = None
    ) -> pa.Table:
        """Parse the columns of `types`, or all of them with inferred types if there are none.

        Raises
        ------
        pyarrow.ArrowInvalid
            A cell does not fit its type, or a record is malformed and `malformed` is None.
        """
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        noted = [] if malformed is None else malformed

        def note(row: Any) -> str:
            escaped = "escaped-quote" if '\\"' in row.text else "malformed"
            code = "comment" if row.text.startswith("#") else escaped
            noted.append(Malformed(row.number - 1, code, row.actual_columns, row.expected_columns))
            return "skip"

        if not self.block or self.block.isspace():
            return pa.table({name: pa.array([], type_) for name, type_ in types.items()})
        missing = self.projection.missing_texts or MISSING_TEXTS
        return arrow_csv.read_csv(
            pa.BufferReader(self.block),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(self.block) + 1, column_names=self.names
            ),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.delimiter,
                newlines_in_values=b'"' in self.block,
                invalid_row_handler=None if malformed is None else note,
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=types,
                include_columns=list(types),
                null_values=missing,
                decimal_point=self.decimal,
                strings_can_be_null=True,
            ),
        )

    def _cell_by_cell(self, types: dict[str, pa.DataType]) -> Frame:
        """Parse a block in which some cell does not fit its column, cell by cell."""
        import pyarrow as pa

        malformed: list[Malformed] = []
        raw = self.table({name: pa.binary() for name in types}, malformed)
        columns: dict[str, pa.Array] = {}
        issues: list[RowIssue] = []
        invalid_cells: list[tuple[str, tuple[int, ...]]] = []
        rows = np.arange(raw.num_rows + len(malformed))
        rows = np.delete(rows, [one.row for one in malformed])
        for name in types:
            cells = _whole(raw[name]).to_pylist()
            texts, unreadable = decoded(cells)
            if name in self.wrapped:
                texts = _unwrapped(texts)
            if len(unreadable):
                shown = [repr(cells[row])[2:-1] for row in unreadable[:10]]
                issues.append(RowIssue.of("encoding", name, rows[unreadable], shown))
            if name not in self.projection.numbers:
                plain = pa.array(texts, pa.utf8())
                columns[name] = (
                    plain.dictionary_encode() if name in self.projection.texts else plain
                )
                continue
            read = truth_in if name in self.booleans else number_in
            numbers = [read(text, self.decimal) for text in texts]
            bad = [row for row, number in enumerate(numbers) if number is None]
            bad = [row for row in bad if texts[row] is not None]
            if bad:
                issues.append(
                    RowIssue.of("not-a-number", name, rows[bad], [texts[r] or "" for r in bad[:10]])
                )
                invalid_cells.append((name, tuple(bad)))
                for row in bad:
                    numbers[row] = 0.0  # reported as not a number, so not as missing too
            columns[name] = pa.array(numbers, pa.float64())
        frame = self._frame(columns, raw.num_rows, malformed, tuple(issues))
        return frame.replace(invalid_cells=tuple(invalid_cells))

    def _frame(
        self,
        columns: dict[str, pa.Array],
        parsed: int,
        malformed: list[Malformed],
        issues: tuple[RowIssue, ...],
    ) -> Frame:
        for name in self.projection.verbatim:
            if columns[name].null_count:
                columns[name] = self._verbatim(name, columns[name])
        if self.note:
            issues = (*issues, RowIssue.of("layout", self.note, [0]))
        left_out = tuple(one.row for one in malformed)
        rows = parsed + len(left_out)
        projection = self.projection
        for name in (*projection.lists, *projection.maps, *projection.words):
            columns[name], found = self._structured(name, columns[name], rows, left_out)
            issues = (*issues, *found)
        for code in dict.fromkeys(one.code for one in malformed):
            alike = [one for one in malformed if one.code == code]
            rows_alike, fields = [one.row for one in alike], [one.fields for one in alike]
            issues = (*issues, RowIssue.of(code, "", rows_alike, fields))
        return Frame(columns, rows, left_out, issues)

    def _verbatim(self, name: str, column: pa.Array) -> pa.Array:
        """A column in which ``None`` and the like are words, unless --na-value lists them."""
        import pyarrow as pa

        added = (one for one in self.projection.missing_texts if one not in MISSING_TEXTS)
        own = self.replace(projection=self.projection.replace(missing_texts=("", *added)))
        try:
            return _whole(own.table({name: column.type}, [])[name])
        except pa.ArrowInvalid:  # not UTF-8, which has already been reported
            return column

    def _structured(
        self, name: str, texts: pa.Array, rows: int, left_out: tuple[int, ...]
    ) -> tuple[pa.Array, list[RowIssue]]:
        """Read the texts of a column as lists or maps."""
        from ce_cli.inputs.json import nested

        if name in self.projection.lists:
            code, (values, bad) = "not-a-list", nested.lists_of(texts)
        elif name in self.projection.maps:
            code, (values, bad) = "not-a-map", nested.maps_of(texts)
        else:
            code, (values, bad) = "not-a-list-of-names", nested.words_of(texts)
        if not bad:
            return values, []
        places = np.delete(np.arange(rows), left_out)[bad]
        shown = [texts[row].as_py() for row in bad[:10]]
        return values, [RowIssue.of(code, name, places, shown)]


def _invalid() -> type[Exception]:
    import pyarrow as pa

    return pa.ArrowInvalid  # type: ignore[no-any-return]


def _unwrapped(texts: list[str | None]) -> list[str | None]:
    from ce_cli.inputs.text.wrapped import unwrapped

    return [text if text is None else unwrapped(text) or text for text in texts]


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
