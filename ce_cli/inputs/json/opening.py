"""JSON text: objects one per line, a sequence or an array of them, or a table in a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.json.elements import Elements, decoded_value, skip_space
from ce_cli.inputs.json.jsonlines import JsonLinesSource, not_one_object
from ce_cli.inputs.json.layouts import AmbiguousLayoutError, Row, is_one_prediction, table_in
from ce_cli.inputs.json.line_stream import LineStream
from ce_cli.inputs.json.made_rows import MadeRows, made_rows
from ce_cli.inputs.json.values import as_line, parsed
from ce_cli.reading import Reading
from ce_cli.text import display_name, plural

LARGEST_DOCUMENT = 512 << 20  # of a document that is not an array: it is parsed as a whole
_HEAD_BYTES = 1 << 18
_LINES = ("jsonl", "ndjson")
_FEW = 64  # rows of an array that may be the classes of one prediction
_TO_LINES = 'in pandas with df.to_json("preds.jsonl", orient="records", lines=True)'


def open_json(path: str, stream: ByteStream, reading: Reading) -> JsonLinesSource:
    """Open JSON text in any of its forms.

    Raises
    ------
    DataError
        It may be a table or a single row, or it is too large to be parsed as a whole.
    """
    start = stream.peek(64).lstrip()[:1]
    if start == b"[":
        return _array(path, stream, reading)
    first, alone = _first_line(path, stream)
    if reading.input_format in _LINES:
        return JsonLinesSource(path, stream, reading)
    if parsed(first) is None:
        return _written_over_lines(path, stream, reading)
    return _document(path, stream, reading) if alone else _json_lines(path, stream, reading)


def _first_line(path: str, stream: ByteStream) -> tuple[bytes, bool]:
    """The first line that is not blank, and whether there is no other."""
    size = _HEAD_BYTES
    while True:
        head = stream.peek(size)
        line, newline, rest = head.lstrip().partition(b"\n")
        if len(head) < size or (newline and rest.strip()):
            return line.strip(), not rest.strip()
        _check_size(path, head)
        size *= 2


def _json_lines(path: str, stream: ByteStream, reading: Reading) -> JsonLinesSource:
    """One object per line: rows, or what tools for language models write."""
    head = stream.peek(_HEAD_BYTES).split(b"\n", _FEW)
    rows = [row for line in head if (row := parsed(line)) is not None]
    made = made_rows(path, rows)
    if made is None:
        return JsonLinesSource(path, stream, reading)
    return _made(path, stream, reading, made, _split_lines(stream))


def _split_lines(stream: ByteStream) -> Iterator[bytes]:
    """The lines of a file that are not blank."""
    rest = b""
    while piece := stream.read(1 << 20):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line for line in whole if line.strip())
    if rest.strip():
        yield rest


def _written_over_lines(path: str, stream: ByteStream, reading: Reading) -> JsonLinesSource:
    """Objects that are written over several lines; broken ones are reported as lines."""
    size = _HEAD_BYTES
    while True:
        head = stream.peek(size)
        lines = head.lstrip().split(b"\n", 2)
        if len(lines) > 1 and parsed(lines[1]) is not None:  # only the first line is broken
            return JsonLinesSource(path, stream, reading)
        text = head.decode("utf-8", "ignore")
        found = decoded_value(text, skip_space(text, 0))
        if found is not None:
            break
        if len(head) < size:
            return JsonLinesSource(path, stream, reading)
        _check_size(path, head)
        size *= 2
    if skip_space(text, found[1]) < len(text):
        elements = iter(Elements(stream, in_array=False))
        return _objects(path, stream, reading, elements, "JSON objects")
    return _document(path, stream, reading)


def _document(path: str, stream: ByteStream, reading: Reading) -> JsonLinesSource:
    """One object: a table, or a row."""
    if reading.span is not None and reading.span.start:  # it is read where it begins
        return _lines(path, stream, reading, iter(()), "JSON")
    name = display_name(path)
    pieces = []
    size = 0
    while piece := stream.read(1 << 22):
        pieces.append(piece)
        size += len(piece)
        _check_size(path, piece, size)
    content = b"".join(pieces)
    document = parsed(content)
    if document is None:
        raise DataError(not_one_object(name, content))
    made = made_rows(path, [document])
    if made is not None:
        return _made(path, stream, reading, made, iter([content]))
    try:
        table = table_in(document, reading.input_format == "json")
    except AmbiguousLayoutError:
        raise DataError(_both_possible(name)) from None
    except DataError as error:
        raise error.about(name) from None
    if table is None:
        return _lines(path, stream, reading, iter([content.replace(b"\n", b" ")]), "JSON Lines")
    return _objects(path, stream, reading, map(as_line, table.rows), f"JSON, {table.layout}")


def _objects(
    path: str, stream: ByteStream, reading: Reading, lines: Iterator[bytes], layout: str
) -> JsonLinesSource:
    """Objects from a document: rows, or what tools for language models write."""
    first = list(islice(lines, _FEW))
    lines = chain(first, lines)
    made = made_rows(path, [row for one in first if (row := parsed(one)) is not None])
    if made is not None:
        return _made(path, stream, reading, made, lines)
    return _lines(path, stream, reading, lines, layout)


def _array(path: str, stream: ByteStream, reading: Reading) -> JsonLinesSource:
    """An array of objects, of lists or of values, each of which is a row."""
    elements = iter(Elements(stream, in_array=True))
    first = list(islice(elements, _FEW))
    some = [json.loads(one) for one in first]
    forced = reading.input_format == "json"
    if len(first) < _FEW and is_one_prediction(some) and not forced:
        raise DataError(
            f"{display_name(path)}: may be {len(some)} rows, or the classes of one prediction; for "
            "rows, use --input-format json; for predictions, write one object per line that has "
            "this list and the label."
        )
    rest = chain(first, elements)
    if not some or isinstance(some[0], dict):
        return _objects(path, stream, reading, rest, "JSON array")
    header = _header(some)
    rows = _numbered(path, islice(rest, 1, None) if header else rest, header)
    return _lines(path, stream, reading, map(as_line, rows), "JSON array", named=bool(header))


def _header(some: list[Any]) -> list[str] | None:
    """The names of columns in the first row, above rows that hold more than texts."""
    if len(some) < 2 or not all(isinstance(row, list) for row in some[:2]):
        return None
    names = some[0]
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        return None
    return names if names and not all(isinstance(one, str) for one in some[1]) else None


def _numbered(path: str, elements: Iterable[bytes], header: list[str] | None) -> Iterator[Row]:
    """Rows of lists: a column for each place, or one where the lists name classes."""
    names: list[str] = header or []
    for number, text in enumerate(elements, 1):
        row = json.loads(text)
        cells = row if isinstance(row, list) and not _names_classes(row) else [row]
        names = names or [str(place + 1) for place in range(len(cells))]
        if len(cells) != len(names):
            raise DataError(
                f"{display_name(path)}: row {number:,} has {plural(len(cells), 'value')}, but "
                f"there are {plural(len(names), 'column')}."
            )
        yield dict(zip(names, cells, strict=True))


def _names_classes(row: list[Any]) -> bool:
    """Whether a list holds objects or pairs, each of which names a class."""
    return bool(row) and all(
        isinstance(one, dict) or (isinstance(one, list) and one and isinstance(one[0], str))
        for one in row
    )


def _lines(
    path: str,
    stream: ByteStream,
    reading: Reading,
    lines: Iterator[bytes],
    layout: str,
    named: bool = True,
) -> JsonLinesSource:
    return JsonLinesSource(path, LineStream(stream, lines), reading, layout, named)


def _made(
    path: str, stream: ByteStream, reading: Reading, made: MadeRows, objects: Iterator[bytes]
) -> JsonLinesSource:
    lines = LineStream(stream, made.lines(objects))
    return JsonLinesSource(path, lines, reading, made.layout, own_classes=made.own_classes)


def _check_size(path: str, piece: bytes, size: int = 0) -> None:
    if max(size, len(piece)) > LARGEST_DOCUMENT:
        raise DataError(
            f"{display_name(path)}: is one JSON document of more than {LARGEST_DOCUMENT >> 20} MB; "
            f"write one object per line (JSON Lines), {_TO_LINES}."
        )


def _both_possible(name: str) -> str:
    return (
        f"{name}: may be a table of several rows, or one row with a number for each class; for a "
        f"table, use --input-format json or write one object per line, {_TO_LINES}; for one row, "
        "use --input-format jsonl."
    )
