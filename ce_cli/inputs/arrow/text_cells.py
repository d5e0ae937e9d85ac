"""Numbers, lists and maps that a column of text holds, read as in a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.arrow.type_tests import is_text_list
from ce_cli.inputs.source import Column, Projection
from ce_cli.inputs.text.cells import column_of, number_in
from ce_cli.record import Record
from ce_cli.spec import MISSING_TEXTS

if TYPE_CHECKING:
    import pyarrow as pa

SNIFFED = 1000  # cells, which show what a column of text holds


class ReadCells(Record):
    """A column of text, read.

    Attributes
    ----------
    column : pyarrow.Array
        The values, 0 or null where a cell cannot be read.
    issues : tuple of RowIssue
        The cells that cannot be read.
    invalid : tuple of int
        The rows of those that hold 0.
    """

    column: pa.Array
    issues: tuple[RowIssue, ...] = ()
    invalid: tuple[int, ...] = ()


def is_word(text: str) -> bool:
    """Whether a cell is neither a number, a list or a map, nor the mark of a missing value."""
    if text in MISSING_TEXTS or text.lstrip().startswith(("[", "(", "{")):
        return False
    return number_in(text) is None


def seen_as(column: Column, cells: pa.Array) -> Column:
    """The column, with the kind of value that its first cells of text show."""
    import pyarrow as pa

    if is_text_list(cells.type):
        flat = list(islice(_words(cells.flatten()), SNIFFED))
        numbers = sum(number_in(text) is not None for text in flat)
        names = all(text.strip().isdigit() for text in flat)  # of classes that are numbered
        whole = flat and numbers == len(flat) and not names
        return column.replace(kind="list", stored="text", of_names=False) if whole else column
    texts = [text for text in islice(_words(cells), SNIFFED) if text not in MISSING_TEXTS]
    shown = column_of(column.name, pa.chunked_array([arrays.texts(texts)]), ".")
    if shown.kind == "text":
        return column
    return column.replace(kind=shown.kind, stored="text", width=shown.width, of_texts=True)


def read_cells(name: str, cells: pa.Array, projection: Projection) -> ReadCells:
    """The numbers, lists or maps in the cells of a column that the projection needs."""
    if is_text_list(cells.type):
        return _lists_of_words(name, cells)
    texts = cells.dictionary_decode() if hasattr(cells, "dictionary") else cells
    missing = projection.missing_texts or MISSING_TEXTS
    if name in projection.numbers:
        return _numbers(name, texts, missing)
    from ce_cli.inputs.json.nested import lists_of, maps_of

    words = texts.to_pylist()
    known = arrays.texts([None if word is None or word in missing else word for word in words])
    as_list = name in projection.lists
    column, bad = lists_of(known) if as_list else maps_of(known)
    code = "not-a-list" if as_list else "not-a-map"
    issue = RowIssue.of(code, name, bad, [words[row] for row in bad[:10]])
    return ReadCells(column, (issue,) if bad else ())


def _numbers(name: str, texts: pa.Array, missing: Sequence[str]) -> ReadCells:
    import pyarrow as pa

    try:
        return ReadCells(texts.cast(pa.float64()))
    except pa.ArrowInvalid:  # some cells mark a missing value, or are not numbers
        words = texts.to_pylist()
    numbers = [
        None if word is None or word in missing else number_in(word.strip()) for word in words
    ]
    bad = [
        row
        for row, number in enumerate(numbers)
        if number is None and words[row] is not None and words[row] not in missing
    ]
    for row in bad:
        numbers[row] = 0.0  # reported as not a number, so not as missing too
    issue = RowIssue.of("not-a-number", name, bad, [words[row] for row in bad[:10]])
    return ReadCells(arrays.floats(numbers), (issue,) if bad else (), tuple(bad))


def _lists_of_words(name: str, cells: pa.Array) -> ReadCells:
    """Lists of text as lists of numbers."""
    rows = cells.to_pylist()
    lists = [None if row is None else [_number(word) for word in row] for row in rows]
    bad = [
        place
        for place, (row, numbers) in enumerate(zip(rows, lists, strict=True))
        if numbers is not None
        and any(n is None and w is not None for n, w in zip(numbers, row, strict=True))
    ]
    shown = [", ".join(map(str, rows[place])) for place in bad[:10]]
    for place in bad:
        lists[place] = []
    column = arrays.lists(lists)
    issue = RowIssue.of("not-a-list", name, np.array(bad, np.int64), shown)
    return ReadCells(column, (issue,) if bad else ())


def _number(word: str | None) -> float | None:
    return None if word is None else number_in(word.strip())


def _words(cells: pa.Array) -> list[str]:
    return [word for word in cells.to_pylist() if word is not None]
