"""JSON Lines: one object per line, its keys the columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from ce_cli.errors import DataError
from ce_cli.findings.row_issues import EXAMPLES, RowIssue
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.bytestream import Bytes, ByteStream
from ce_cli.inputs.json.line_stream import LineStream
from ce_cli.inputs.json.values import (
    CellError,
    column_of,
    label_of,
    list_of,
    map_of,
    number_of,
    parsed,
    words_of,
)
from ce_cli.inputs.source import LONGEST_RECORD, Column, Frame, Projection, check_columns
from ce_cli.inputs.text import records
from ce_cli.reading import Reading, Span
from ce_cli.record import Record
from ce_cli.spec import MISSING_TEXTS
from ce_cli.text import display_name, quoted

if TYPE_CHECKING:
    import pyarrow as pa

_HEAD_BYTES = 1 << 18
_SHOWN = 60
_MOST_KEYS = 256  # in maps that are read as structs, where every key takes space in every row
_STRING = re.compile(rb'"([^"]*)"')  # where nothing is escaped
_EXACT = 2.0**53
_SAMPLE_CELLS = 1 << 21
_CELL_BYTES = 1 << 29  # of a block times its columns: a short line may lack most of many keys


class JsonLinesSource:
    """Objects, one per line.

    Parameters
    ----------
    path : str
        For messages.
    stream : ByteStream or LineStream
        Positioned at the first byte.
    reading : Reading
        Block size.
    layout : str
        The format of the file, in words.
    named : bool
        Whether the names of the columns are from the file.
    own_classes : bool
        Whether the lists of each row have classes of their own.
    """

    def __init__(
        self,
        path: str,
        stream: ByteStream | LineStream,
        reading: Reading,
        layout: str = "JSON Lines",
        named: bool = True,
        own_classes: bool = False,
    ) -> None:
        self.name = display_name(path)
        self.format = layout
        self._named = named
        self._own_classes = own_classes
        self._stream = stream
        self._size = reading.block_bytes
        head = stream.peek(_HEAD_BYTES)
        while b"\n" not in head.lstrip() and len(longer := stream.peek(2 * len(head))) > len(head):
            head = longer
            if len(head) > LONGEST_RECORD:
                raise DataError(_too_long(path))
        end = head.rfind(b"\n") + 1 if len(head) >= _HEAD_BYTES else 0
        self._first = head[: end or None]
        self._span: Span | None = None
        if reading.span is not None and isinstance(stream, ByteStream):
            from ce_cli.inputs.text.spans import divided

            self._span = divided(stream, reading.span)

    @property
    def is_empty(self) -> bool:
        """Whether there are no lines."""
        return not self._first.strip()

    def columns(self) -> Sequence[Column]:
        """The keys of the first rows, in order of appearance.

        Raises
        ------
        DataError
            There is none.
        """
        if not self._values and not self.is_empty:
            self._refuse()
        return self._columns

    @cached_property
    def _columns(self) -> Sequence[Column]:
        columns = [column_of(name, values) for name, values in self._values.items()]
        if self._named and not self._own_classes:
            return columns
        own = self._own_classes
        return [
            one.replace(named=self._named, own_classes=own, width=None if own else one.width)
            for one in columns
        ]

    def _refuse(self) -> NoReturn:
        line = _first_line(self._first)
        if parsed(line) is None:
            raise DataError(not_one_object(self.name, line))
        raise DataError(f"{self.name}: row 1 is {_shown(line)}, an object without keys.")

    def sample(self, projection: Projection) -> Frame:
        """The rows of the first quarter of a megabyte."""
        return _Lines(self._sampled, projection).frame()

    def splits(self, projection: Projection) -> Iterator[JsonLinesSplit]:
        """Blocks of whole lines."""
        types = _types(self._values, projection)
        cells = max(1, len(projection.names) + self._keys_of(projection.maps))
        size = min(self._size, max(_HEAD_BYTES >> 3, _CELL_BYTES // cells))
        for block in self._blocks(size):
            yield JsonLinesSplit(block, projection, types, self._stream.newly_read())

    def _blocks(self, size: int) -> Iterator[bytes]:
        def blocks(stream: Bytes) -> Iterator[bytes]:
            return records.cut(stream, size, b"\n", None, _too_long)

        if self._span is None or isinstance(self._stream, LineStream):
            return blocks(self._stream)
        from ce_cli.inputs.text.spans import blocks_of_span

        return blocks_of_span(
            self._stream, self._span, b"\n", blocks, lambda data, least: data.find(b"\n", least) + 1
        )

    @cached_property
    def _sampled(self) -> bytes:
        """The first lines; not all of them where they lack most of many keys."""
        most = _SAMPLE_CELLS // max(1, len(self._values))
        lines = self._first.split(b"\n", most)
        return self._first if len(lines) <= most else b"\n".join(lines[:most])

    def _keys_of(self, maps: Sequence[str]) -> int:
        """How many keys the maps of the first rows have."""
        rows = (one for name in maps for one in self._values.get(name, ()))
        return len({key for one in rows if isinstance(one, dict) for key in one})

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        """The values of each key in the first rows, except null."""
        found: dict[str, list[Any]] = {}
        for line in self._first.split(b"\n"):
            row = parsed(line)
            for name, value in row.items() if row is not None else ():
                known = found.setdefault(name, [])
                if value is not None:
                    known.append(value)
            check_columns(self.name, len(found))
        return found


class JsonLinesSplit(Record):
    """A block of whole lines.

    Attributes
    ----------
    block : bytes
        UTF-8 text.
    types : dict of str to object, or None
        The type of each column for Arrow, of all columns if maps are read; None where Arrow
        cannot help.
    """

    block: bytes
    projection: Projection
    types: dict[str, Any] | None
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """Parse the block as one frame: quickly, or where some value is not as expected, slowly."""
        frame = self._quickly() if self.types else None
        yield _Lines(self.block, self.projection).frame() if frame is None else frame

    def _quickly(self) -> Frame | None:
        import pyarrow as pa
        from pyarrow import json as arrow_json

        try:
            if not self.block.isascii():
                self.block.decode()  # which Arrow does not check
            types = self._present()
            table = arrow_json.read_json(
                pa.BufferReader(self.block),
                read_options=arrow_json.ReadOptions(
                    use_threads=False, block_size=len(self.block) + 1
                ),
                parse_options=arrow_json.ParseOptions(
                    explicit_schema=pa.schema([*types.items()]),
                    unexpected_field_behavior="error" if self.projection.maps else "ignore",
                ),
            )
        except (pa.ArrowException, UnicodeDecodeError):
            return None
        if table.num_rows != _lines(self.block):
            return None
        absent = {
            type_: pa.nulls(table.num_rows, type_)
            for type_ in {one for name, one in (self.types or {}).items() if name not in types}
        }
        columns = {
            name: table[name].combine_chunks()
            if name in types
            else absent[(self.types or {})[name]]
            for name in self.projection.names
        }
        for name in self.projection.texts:
            column = _labels(columns[name])
            if column is None:
                return None
            columns[name] = column
        return Frame(columns, table.num_rows)

    def _present(self) -> dict[str, Any]:
        """The types of the keys in this block; of all keys if they are few, or some are escaped."""
        types = self.types or {}
        if len(types) <= _MOST_KEYS or b"\\" in self.block:
            return types
        present = set(_STRING.findall(self.block))
        return {name: one for name, one in types.items() if name.encode() in present}


class _Lines:
    """The slow way: line by line, with an issue for every value that does not fit."""

    def __init__(self, block: bytes, projection: Projection) -> None:
        self._block = block
        self._projection = projection
        self._places = {name: place for place, name in enumerate(projection.names)}
        self._found: dict[tuple[str, str], tuple[list[int], list[str]]] = {}
        self._left_out: list[int] = []

    def frame(self) -> Frame:
        """All rows except those with an issue."""
        readers = self._readers()
        rows: list[dict[str, Any]] = []
        count = 0
        for line in self._block.split(b"\n"):
            if not line.strip():
                continue
            values = self._row(line, readers, count)
            if values is not None:
                rows.append(values)
            count += 1
        makers = self._makers()
        issues = (RowIssue.of(*key, *found) for key, found in self._found.items())
        return Frame(
            {name: makers[name]([row.get(name) for row in rows]) for name in readers},
            count,
            tuple(self._left_out),
            tuple(issues),
        )

    def _row(
        self, line: bytes, readers: Mapping[str, Callable[[Any], Any]], place: int
    ) -> dict[str, Any] | None:
        row = parsed(line)
        if row is None:
            code = "encoding" if _is_binary(line) else "malformed-json"
            self._note(
                code, "", place, line.strip()[: 2 * _SHOWN].decode(errors="backslashreplace")
            )
            return None
        values = {}
        for name in sorted(row.keys() & readers.keys(), key=self._places.__getitem__):
            if name in row.repeated:
                self._note("repeated-key", name, place, "")
                return None
            try:
                values[name] = readers[name](row[name])
            except CellError as wrong:
                self._note(wrong.code, name, place, wrong.shown)
                return None
        return values

    def _note(self, code: str, column: str, place: int, shown: str) -> None:
        rows, values = self._found.setdefault((code, column), ([], []))
        rows.append(place)
        if len(values) < EXAMPLES:
            values.append(shown)
        self._left_out.append(place)

    def _readers(self) -> dict[str, Callable[[Any], Any]]:
        missing = frozenset(self._projection.missing_texts or MISSING_TEXTS)
        projection = self._projection
        return (
            dict.fromkeys(projection.numbers, lambda value: number_of(value, missing))
            | dict.fromkeys(projection.texts, label_of)
            | dict.fromkeys(projection.lists, lambda value: list_of(value, missing))
            | dict.fromkeys(projection.maps, lambda value: map_of(value, missing))
            | dict.fromkeys(projection.words, words_of)
        )

    def _makers(self) -> dict[str, Callable[[list[Any]], pa.Array]]:
        projection = self._projection
        return (
            dict.fromkeys(projection.numbers, arrays.floats)
            | dict.fromkeys(projection.texts, arrays.encoded)
            | dict.fromkeys(projection.lists, arrays.lists)
            | dict.fromkeys(projection.maps, arrays.maps)
            | dict.fromkeys(projection.words, arrays.word_lists)
        )


def not_one_object(name: str, text: bytes) -> str:
    """The message that a text does not begin with an object on one line."""
    return (
        f"{name}: row 1 is not a JSON object on one line: {_shown(_first_line(text))}; write one "
        "object per line, for example with jq -c."
    )


def _first_line(text: bytes) -> bytes:
    return text.strip().partition(b"\n")[0].rstrip()


def _shown(line: bytes) -> str:
    return quoted(line.decode(errors="backslashreplace"))


def _lines(block: bytes) -> int | None:
    """Number of lines that are not blank; None if one of them cannot be a whole object."""
    lines = [line for line in map(bytes.strip, block.split(b"\n")) if line]
    whole = all(line[:1] == b"{" and line[-1:] == b"}" for line in lines)
    return len(lines) if whole else None


def _labels(column: pa.Array) -> pa.Array | None:
    """A text column as a dictionary, others as they are; None if numbers may have lost digits."""
    from pyarrow import types

    if types.is_string(column.type):
        return arrays.dictionary_of(column)
    if types.is_floating(column.type):
        values = np.frombuffer(column.buffers()[1], np.float64, len(column))
        return None if (np.abs(values) >= _EXACT).any() else column
    return column


def _types(values: Mapping[str, Sequence[Any]], projection: Projection) -> dict[str, Any] | None:
    """The type of each column for Arrow; None where Arrow cannot read some column."""
    import pyarrow as pa

    number = pa.float64()
    types: dict[str, Any] = {}
    if projection.maps:  # no key may be ignored in silence, so Arrow has to know them all
        types = {name: _type_of(those) for name, those in values.items()}
    types |= {name: _type_of(values.get(name, ())) for name in projection.texts}
    types |= dict.fromkeys(projection.numbers, number) | dict.fromkeys(
        projection.lists, pa.list_(number)
    )
    types |= dict.fromkeys(projection.words, pa.list_(pa.utf8()))
    for name in projection.numbers:
        if values.get(name) and all(isinstance(value, bool) for value in values[name]):
            types[name] = pa.bool_()
    for name in projection.maps:
        maps = (one for one in values.get(name, ()) if isinstance(one, dict))
        types[name] = pa.struct(dict.fromkeys((key for one in maps for key in one), number))
        if not 0 < types[name].num_fields <= _MOST_KEYS:
            return None
    return None if None in types.values() else types


def _type_of(values: Sequence[Any]) -> Any:
    """The Arrow type of scalars of one kind; None if kinds differ or are not scalars."""
    import pyarrow as pa

    kinds = {type(value) for value in values}
    if kinds <= {str}:
        return pa.utf8()
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds <= {int, float} else None


def _is_binary(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _too_long(path: str) -> str:
    return (
        f"{display_name(path)}: a line is longer than {LONGEST_RECORD >> 20} MB; "
        "write one object per line, for example with jq -c."
    )
