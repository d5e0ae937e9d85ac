"""A block of delimited text, parsed into columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ce_cli.inputs.cells import decoded, number_in
from ce_cli.inputs.source import Frame, Wanted
from ce_cli.ledger import Finding
from ce_cli.spec import MISSING_TEXTS
from ce_cli.value import Value

if TYPE_CHECKING:
    import pyarrow as pa


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
        for name in types:
            cells = _whole(raw[name]).to_pylist()
            texts, unreadable = decoded(cells)
            if len(unreadable):
                shown = [repr(cells[row])[2:-1] for row in unreadable[:10]]
                findings.append(Finding.of("encoding", name, rows[unreadable], shown))
            if name not in self.wanted.numbers:
                columns[name] = pa.array(texts, pa.utf8()).dictionary_encode()
                continue
            numbers = [number_in(text) for text in texts]
            bad = [row for row, number in enumerate(numbers) if number is None]
            bad = [row for row in bad if texts[row] is not None]
            if bad:
                findings.append(
                    Finding.of("not-a-number", name, rows[bad], [texts[r] or "" for r in bad[:10]])
                )
                for row in bad:
                    numbers[row] = 0.0  # told as what it is, and not as missing too
            columns[name] = pa.array(numbers, pa.float64())
        return _frame(columns, raw.num_rows, malformed, tuple(findings))


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
