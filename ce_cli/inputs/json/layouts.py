"""Tables in a JSON document: by columns, by rows under an index, or in parts, as pandas writes."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.json.values import JsonObject
from ce_cli.record import Record
from ce_cli.text import plural, quoted

Row = Mapping[str, Any]

_LABELS = re.compile(
    r"(?i)(y_?)?(true|test)?_?(labels?|targets?|truth|class|actuals?|gold|outcome|answer|y)(_?true)?"
    r"|ground_?truth|y_?true"
)
_PREDICTIONS = re.compile(
    r"(?i)(y_?)?(p|pred\w*|prob\w*|scores?|logits?|logp\w*|log_p\w*|softmax|y_?hat|confidence)"
    r"([_.].*|\d*)"
)
_CLASSES = re.compile(r"(?i)(class|label|target)_?(es|names|order)|classes_?|names|labels")
_SUM = 1e-3  # how far from 1 the shares of one row may sum
_DEEPEST = 2
_EXAMINED = 1000  # keys
_LARGEST = 2**63


class Table(Record):
    """The rows of a document.

    Attributes
    ----------
    rows : iterator of mapping
        One for each row, by column.
    layout : str
        How they are stored, in words.
    """

    rows: Iterator[Row]
    layout: str


class AmbiguousLayoutError(ValueError):
    """A document may hold one row, or a table."""


def table_in(document: JsonObject, forced: bool = False, depth: int = 0) -> Table | None:
    """The table in a document that is an object, None if the object itself is one row.

    Parameters
    ----------
    document : JsonObject
        The object.
    forced : bool
        Whether it is read as a table where it may also be one row.
    depth : int
        How many objects it is within.

    Raises
    ------
    AmbiguousLayoutError
        It may also be one row.
    DataError
        Its parts do not fit together.
    """
    if document.repeated:
        return None
    found = _split(document) or _described(document) or _column_list(document)
    if found is not None:
        return found
    inner = [one for one in document.values() if isinstance(one, JsonObject | list)]
    if len(inner) == 1 and isinstance(inner[0], JsonObject) and depth < _DEEPEST:
        is_row = any(_LABELS.fullmatch(name) for name in document)
        found = None if is_row else table_in(inner[0], forced, depth + 1)
        if found is not None:
            return found
    values = list(document.values())
    if values and all(isinstance(one, JsonObject) for one in values):
        return _of_maps(document, forced)
    return _wrapped(document, forced) or _of_lists(document, forced)


def is_one_prediction(rows: Sequence[Any]) -> bool:
    """Whether rows may be the classes of one prediction: distinct names, and shares that sum to 1.

    Each row is an object of a text and a number, or a pair of them.
    """
    pairs = [tuple(row.values()) if isinstance(row, dict) else row for row in rows]
    if len(pairs) < 2 or not all(isinstance(pair, list | tuple) for pair in pairs):
        return False
    texts = [[one for one in pair if isinstance(one, str)] for pair in pairs]
    numbers = [[one for one in pair if _is_number(one)] for pair in pairs]
    if any(len(pair) != 2 for pair in pairs) or any(len(one) != 1 for one in (*texts, *numbers)):
        return False
    names = [text for (text,) in texts]
    return len(set(names)) == len(names) and _are_shares(number for (number,) in numbers)


def _split(document: JsonObject) -> Table | None:
    """``{"columns": […], "index": […], "data": [[…], …]}``."""
    names, data = document.get("columns"), document.get("data")
    if not isinstance(names, list) or not isinstance(data, list):
        return None
    if not all(isinstance(row, list) for row in data):
        return None
    columns = [_name(name) for name in names]
    _check_once(columns)
    for number, row in enumerate(data, 1):
        if len(row) != len(columns):
            raise DataError(
                f"row {number:,} of 'data' has {plural(len(row), 'value')}, but 'columns' has "
                f"{plural(len(columns), 'name')}."
            )
    rows: Iterable[Row] = (dict(zip(columns, row, strict=True)) for row in data)
    return Table(iter(_with_index(rows, document.get("index"), columns)), "columns and data")


def _described(document: JsonObject) -> Table | None:
    """``{"schema": {"fields": […]}, "data": [{…}, …]}``."""
    schema, data = document.get("schema"), document.get("data")
    if not isinstance(schema, JsonObject) or "fields" not in schema or not isinstance(data, list):
        return None
    return Table(iter(data), "schema and data")


def _column_list(document: JsonObject) -> Table | None:
    """``{"columns": [{"name": …, "values": […]}, …]}``."""
    parts = document.get("columns")
    if not isinstance(parts, list) or not parts:
        return None
    if not all(isinstance(one, JsonObject) and {"name", "values"} <= set(one) for one in parts):
        return None
    names = [_name(one["name"]) for one in parts]
    _check_once(names)
    return _of_equal(dict(zip(names, (one["values"] for one in parts), strict=True)))


def _wrapped(document: JsonObject, forced: bool) -> Table | None:
    """``{"results": [{…}, …]}``, perhaps with other facts beside."""
    lists = {
        name: value
        for name, value in document.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    }
    if len(lists) != 1:
        return None
    ((name, rows),) = lists.items()
    beside = [key for key in document if key != name]
    keys = list(dict.fromkeys(key for row in rows for key in row))
    if is_one_prediction(rows):
        if beside and not forced:
            return None  # a prediction with the names of its classes
        if not forced:
            raise AmbiguousLayoutError
    whole = any(map(_LABELS.fullmatch, keys)) and any(map(_PREDICTIONS.fullmatch, keys))
    is_row = any(_LABELS.fullmatch(key) or _PREDICTIONS.fullmatch(key) for key in beside)
    if is_row and (not whole or _are_named_scores(rows)):
        return None
    return Table(iter(rows), f"the list {quoted(name)}")


def _of_lists(document: JsonObject, forced: bool) -> Table | None:
    """``{"label": [1, 0], "prob": [0.8, 0.3]}``, perhaps with other facts beside."""
    lists = {name: value for name, value in document.items() if isinstance(value, list)}
    beside = [name for name in document if name not in lists]
    if not lists:
        return None
    if (named := _names_of_classes(lists)) is not None:
        own = {name: value for name, value in lists.items() if name != named}
        rows = ({**row, named: lists[named]} for row in _of_equal(own).rows)
        return Table(rows, "columns")
    if len({len(value) for value in lists.values()}) > 1:
        roles = (any(map(role.fullmatch, lists)) for role in (_LABELS, _PREDICTIONS))
        return _of_equal(lists) if not beside and all(roles) else None  # which is an error
    nested = any(isinstance(one, list | dict) for value in lists.values() for one in value)
    if len(lists) < 2 and not (nested and not beside and len(next(iter(lists.values()))) > 1):
        return None
    if beside and not forced:
        is_row = any(_LABELS.fullmatch(name) for name in beside)
        if is_row or not any(_LABELS.fullmatch(name) for name in lists):
            return None
    shares = [value for value in lists.values() if _are_shares(value)]
    if not forced and not nested and _may_be_row([list(value) for value in lists.values()], shares):
        raise AmbiguousLayoutError
    return _of_equal(lists)


def _names_of_classes(lists: Mapping[str, Sequence[Any]]) -> str | None:
    """The list that names the classes of lists of numbers, beside labels in another list."""
    if not any(_LABELS.fullmatch(name) for name in lists if not _CLASSES.fullmatch(name)):
        return None
    widths = {
        len(one)
        for value in lists.values()
        if value and all(isinstance(one, list) for one in value)
        for one in value
    }
    for name, value in lists.items():
        plain = all(isinstance(one, str | int) and not isinstance(one, bool) for one in value)
        if _CLASSES.fullmatch(name) and plain and widths == {len(set(value))} == {len(value)}:
            return name
    return None


def _of_maps(document: JsonObject, forced: bool) -> Table | None:
    """``{"label": {"0": 1, …}, "prob": {"0": 0.8, …}}``, or rows by index."""
    maps: list[JsonObject] = list(document.values())
    if any(one.repeated for one in maps):
        return None
    keys = list(dict.fromkeys(key for one in maps for key in one))
    by_row = _is_by_row(list(document), keys)
    if by_row:
        rows: Iterable[Row] = (dict(one) for one in maps)
        return Table(iter(_with_index(rows, list(document), keys)), "rows by index")
    if any(len(one) != len(keys) for one in maps):
        return None
    counted = _is_range(keys)
    shares = [one for one in maps if _are_shares(one.values())]
    if len(maps) == 1 and not forced:
        if not counted:
            return None
        if shares:
            raise AmbiguousLayoutError
    elif not forced and _may_be_row([[*one.values()] for one in maps], shares):
        if not counted:
            return None
        raise AmbiguousLayoutError
    values = {name: [one[key] for key in keys] for name, one in document.items()}
    table = _of_equal(values)
    return Table(iter(_with_index(table.rows, keys, list(values))), table.layout)


def _of_equal(columns: Mapping[str, Sequence[Any]]) -> Table:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{quoted(name)} has {count:,}" for name, count in lengths.items())
        raise DataError(f"the columns differ in length: {shown}.")
    names = tuple(columns)
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return Table(iter(rows), "columns")


def _may_be_row(parts: Sequence[Sequence[Any]], shares: Sequence[object]) -> bool:
    """Whether all parts may be numbers by class: a label whose shares sum to 1, and a prediction.

    The prediction has shares that also sum to 1, or logits, some of which are outside [0, 1].
    """
    if not shares or not all(_is_number(one) for part in parts for one in part):
        return False
    other = [part for part in parts if any(not 0 <= one <= 1 for one in part)]
    return len(shares) > 1 or any(not all(_is_whole(one) for one in part) for part in other)


def _is_by_row(outer: Sequence[str], inner: Sequence[str]) -> bool:
    """Whether the outer keys are the rows, rather than the columns."""
    outer, inner = outer[:_EXAMINED], inner[:_EXAMINED]
    named = [
        sum(bool(_LABELS.fullmatch(one) or _PREDICTIONS.fullmatch(one)) for one in keys)
        for keys in (outer, inner)
    ]
    if named[0] != named[1]:
        return named[1] > named[0]
    return all(map(_is_index, outer)) and not all(map(_is_index, inner))


def _with_index(rows: Iterable[Row], index: object, columns: Sequence[str]) -> Iterator[Row]:
    """Rows with their index, if it is more than a count of rows."""
    if not isinstance(index, list) or "index" in columns or _is_range(index):
        yield from rows
        return
    for number, row in enumerate(rows):
        yield {"index": index[number] if number < len(index) else None, **row}


def _are_named_scores(rows: Sequence[Row]) -> bool:
    """Whether each row is a text and a number, such as a class and its score."""
    kinds = [sorted((isinstance(v, str), _is_number(v)) for v in row.values()) for row in rows]
    return all(one == [(False, True), (True, False)] for one in kinds)


def _are_shares(values: Iterable[Any]) -> bool:
    """Whether these are numbers that sum to 1."""
    total = 0.0
    for one in values:
        if not _is_number(one) or one < 0 or total > 2.0:
            return False
        total += one
    return abs(total - 1.0) <= _SUM


def _is_number(value: object) -> bool:
    if isinstance(value, int):
        return abs(value) < _LARGEST
    return isinstance(value, float) and math.isfinite(value)


def _is_whole(value: float) -> bool:
    return float(value).is_integer()


def _is_index(key: object) -> bool:
    return re.fullmatch(r"-?\d{1,18}", str(key)) is not None


def _is_range(index: Sequence[object]) -> bool:
    return all(str(one) == str(number) for number, one in enumerate(index))


def _name(name: object) -> str:
    """The name of a column; several levels are joined."""
    if isinstance(name, list):
        return "_".join(str(part) for part in name if part not in ("", None))
    return name if isinstance(name, str) else json.dumps(name)


def _check_once(names: Sequence[str]) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DataError(
            f"more than one column is named {quoted(twice)}; give each a name of its own."
        )
