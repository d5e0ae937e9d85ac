"""Lists of numbers beside lists of the names of their classes, which are read as maps.

The names may be in another order in every row, so numbers by position would be of wrong classes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.class_numbers import are_class_numbers
from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.record import Record
from ce_cli.text import plural, quoted

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 200  # that are examined
_CELLS = 50  # columns that may hold the label
_OF_CLASSES = re.compile(r"(?i)(class|categor|candidate|choice|option)\w*")
_OF_TOKENS = re.compile(r"(?i).*(token|word|piece|text|sentence|offset)s?(_.*)?")
Words = Sequence[str | None]


def named_lists(source: Source) -> Source:
    """The same columns, with maps in place of lists of numbers that are named in the same row."""
    columns = source.columns()
    lists = [column.name for column in columns if column.kind == "list"]
    names = [column.name for column in columns if column.of_names]
    numbered = [name for name in lists if _OF_CLASSES.fullmatch(name)]
    if not lists or not (names or len(lists) > 1):
        return source
    found = _pairs(source, columns, lists, names, numbered)
    return NamedLists(source, found) if found else source


class NamedLists(SourceWrapper):
    """A file in which the numbers of some lists are named by other lists.

    Parameters
    ----------
    source : Source
        The file itself.
    names : mapping of str to (str, bool)
        For each list of numbers, the column of its names, and whether these are whole numbers.
    """

    def __init__(self, source: Source, names: Mapping[str, tuple[str, bool]]) -> None:
        super().__init__(source)
        self._names = dict(names)

    def columns(self) -> Sequence[Column]:
        """The columns of the file without those of names, which only name the numbers."""
        hidden = {name for name, _ in self._names.values()}
        return [
            self._as_map(one) if one.name in self._names else one
            for one in self._source.columns()
            if one.name not in hidden
        ]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        named = self._named(projection)
        return with_names(self._source.sample(_inner(projection, named)), named)

    def splits(self, projection: Projection) -> Iterator[NamedListsSplit]:
        """The splits of the file."""
        named = self._named(projection)
        for split in self._source.splits(_inner(projection, named)):
            yield NamedListsSplit(split, named)

    def _as_map(self, column: Column) -> Column:
        type_ = f"{column.type}, named by {quoted(self._names[column.name][0])}"
        return column.replace(kind="map", type=type_, width=None)

    def _named(self, projection: Projection) -> dict[str, tuple[str, bool]]:
        return {name: self._names[name] for name in projection.maps if name in self._names}


class NamedListsSplit(Record):
    """A part of the file, and the columns of names."""

    split: Split
    names: dict[str, tuple[str, bool]]

    @property
    def size(self) -> int:
        """That of the part."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """The rows, with maps."""
        for frame in self.split.frames():
            yield with_names(frame, self.names)


def with_names(frame: Frame, names: Mapping[str, tuple[str, bool]]) -> Frame:
    """The frame with maps; rows with more names than numbers, or fewer, are left out."""
    columns = dict(frame.columns)
    issues = list(frame.issues)
    wrong = np.zeros(len(frame.row_numbers), np.bool_)
    for name, (words, _) in names.items():
        quickly = _map_of_parts(columns[words], columns[name])
        if quickly is not None:
            columns[name] = quickly
            continue
        numbers, labels = columns[name].to_pylist(), columns[words].to_pylist()
        pairs = [_zipped(*row) for row in zip(labels, numbers, strict=True)]
        bad = np.array([pair is None for pair in pairs], np.bool_)
        if bad.any():
            shown = [_lengths(labels[row], numbers[row]) for row in np.flatnonzero(bad)[:10]]
            rows = frame.row_numbers[bad & ~wrong]
            issues.append(RowIssue.of("names-length", name, rows, shown))
        wrong |= bad
        columns[name] = arrays.maps([None if one is None else one.pairs for one in pairs])
    for words in {words for words, _ in names.values()}:
        del columns[words]
    named = frame.replace(columns=columns, issues=tuple(issues))
    return named.take(np.flatnonzero(~wrong)) if wrong.any() else named


def _map_of_parts(names: pa.Array, numbers: pa.Array) -> pa.Array | None:
    """Maps made of the same buffers, None where lengths differ or something is missing."""
    import pyarrow as pa

    for lists in (names, numbers):
        if not pa.types.is_list(lists.type) or lists.null_count:
            return None
    if not pa.types.is_string(names.type.value_type) or names.values.null_count:
        return None
    starts, ends = arrays.offsets(names), arrays.offsets(numbers)
    if not np.array_equal(starts - starts[0], ends - ends[0]):
        return None
    offsets = (ends - ends[0]).astype(np.int32)
    keys = names.values.slice(int(starts[0]), int(offsets[-1]))
    items = numbers.values.slice(int(ends[0]), int(offsets[-1]))
    return arrays.map_array(keys, items, pa.py_buffer(offsets), None, len(numbers))


class _Named(Record):
    pairs: list[tuple[str, float | None]] | None


def _zipped(names: Words | None, numbers: Sequence[float | None] | None) -> _Named | None:
    """The numbers of a row by name; None if there are more names, or more numbers."""
    if numbers is None:
        return _Named(None)
    if names is None or len(names) != len(numbers) or None in names:
        return None
    texts = [_text(name) for name in names]
    return _Named(list(zip(texts, numbers, strict=True)))


def _lengths(names: Words | None, numbers: Sequence[float | None]) -> str:
    if names and None in names:
        return "the name of a class is missing"
    count = len(names or ())
    verb = "is" if count == 1 else "are"
    return f"there {verb} {plural(count, 'class name')} for {plural(len(numbers), 'number')}"


def _text(name: object) -> str:
    whole = isinstance(name, float) and name.is_integer()
    return str(int(name)) if whole else str(name)  # type: ignore[call-overload]


def _inner(projection: Projection, named: Mapping[str, tuple[str, bool]]) -> Projection:
    """What to read from the file itself."""
    numbered = {words for words, whole in named.values() if whole}
    words = {words for words, whole in named.values() if not whole}
    return projection.replace(
        maps=tuple(name for name in projection.maps if name not in named),
        lists=tuple(dict.fromkeys((*projection.lists, *named, *sorted(numbered)))),
        words=tuple(dict.fromkeys((*projection.words, *sorted(words)))),
    )


def _pairs(
    source: Source,
    columns: Sequence[Column],
    lists: Sequence[str],
    names: Sequence[str],
    numbered: Sequence[str],
) -> dict[str, tuple[str, bool]]:
    """The column of names of each list of numbers that the first rows show to be named."""
    used = {*lists, *names}
    cells = [
        column.name
        for column in columns
        if column.kind in ("number", "boolean", "text") and column.name not in used
    ][:_CELLS]
    frame = source.sample(Projection((), tuple(cells), tuple(lists), words=tuple(names)))
    count = min(_ROWS, len(frame.row_numbers))
    first = {name: frame.columns[name][:count].to_pylist() for name in (*lists, *names)}
    plain = {name: [_plain(one) for one in _texts(frame.columns[name], count)] for name in cells}
    texts = list(plain.values())
    whole = [name for name in lists if name not in numbered and _are_whole(first[name])]
    found: dict[str, tuple[str, bool]] = {}
    for name in lists:
        if name in numbered and len(lists) > len(numbered):
            continue
        candidates = [one for one in names if not _OF_TOKENS.fullmatch(one)]
        candidates += [one for one in numbered if _are_whole(first[one])]
        able = [one for one in candidates if _name_each_other(first[one], first[name], texts)]
        if not able and name not in whole:
            able = [one for one in whole if are_class_numbers(one, first[one], first[name], plain)]
        if len(able) == 1:
            found[name] = (able[0], able[0] in lists)
    return found


def _name_each_other(
    names: Sequence[Words | None],
    numbers: Sequence[Sequence[float] | None],
    cells: Sequence[Sequence[str | None]],
) -> bool:
    """Whether lists of texts are the names of the classes of lists of numbers.

    Most are of the same length and have each name once; and they hold the label of their row, or
    are always the same names, which the position alone would not show.
    """
    rows = [
        (place, [_text(one) for one in own])
        for place, (own, those) in enumerate(zip(names, numbers, strict=True))
        if own and those and len(own) == len(those) and len(set(own)) == len(own)
    ]
    if not rows or 2 * len(rows) < len(names):
        return False
    plain = [(place, set(map(_plain, own))) for place, own in rows]
    for column in cells:
        if 2 * sum(column[place] in own for place, own in plain) >= len(rows):
            return True
    widest = max(len(own) for _, own in rows)
    positions = {str(place) for place in range(widest + 1)}
    if any({column[place] for place, _ in rows} <= positions for column in cells):
        # by position, unless it is not the same in every row; other names are answers to questions
        return len({frozenset(own) for _, own in plain}) == 1 < len({tuple(own) for _, own in rows})
    return len({name for _, own in plain for name in own}) <= 2 * widest


def _are_whole(lists: Sequence[Sequence[float] | None]) -> bool:
    return all(one is not None and float(one).is_integer() for own in lists if own for one in own)


def _texts(column: pa.Array, count: int) -> list[object]:
    cells: list[object] = column[:count].to_pylist()
    return cells


def _plain(cell: object) -> str | None:
    """A label as it is compared here: ``1.0`` is ``1``."""
    return None if cell is None else _text(cell).strip()
