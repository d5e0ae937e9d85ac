"""JSON values as cells: converting them, and the issue where one does not fit."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ce_cli.inputs import vectors
from ce_cli.inputs.json.named_scores import (
    Scores,
    float_of,
    has_fractions,
    names_in,
    scores_in,
)
from ce_cli.inputs.source import Column, Kind
from ce_cli.spec import MISSING_TEXTS
from ce_cli.text import is_unicode

_SHOWN = 120
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)


class JsonObject(dict[str, Any]):
    """A JSON object, with the keys that occur in it more than once."""

    repeated: frozenset[str] = frozenset()


class CellError(ValueError):
    """A value that does not fit its column.

    Parameters
    ----------
    code : str
        Code of the issue.
    value : object
        The value.
    """

    def __init__(self, code: str, value: object) -> None:
        super().__init__(code)
        self.code = code
        self.shown = value if isinstance(value, str) else _written(value)[:_SHOWN]


def parsed(line: bytes) -> JsonObject | None:
    """The object in a line, None if it holds anything else."""
    try:
        found = json.loads(line, object_pairs_hook=_object)
        if _SURROGATE.search(line) and not is_unicode(_written(found)):
            return None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, JsonObject) else None


def as_line(row: Mapping[str, Any]) -> bytes:
    """A row as one line, without its end."""
    return _ENCODER.encode(row).encode(errors="backslashreplace")


def number_of(value: Any, missing: Collection[str]) -> float | None:
    """A number, true or false, or a text that is a number or means a missing value."""
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float_of(value)
    if isinstance(value, str):
        number = None if value in missing else _read(value)
        if number is None and value not in missing:
            raise CellError("not-a-number", value)
        return number
    if value is not None:
        raise CellError("not-a-number", value)
    return None


def label_of(value: Any) -> str | None:
    """The text of a label, an id or a group: 1 is ``1``, and so is 1.0; true is ``true``."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        if math.isnan(value):
            return None
        whole = value.is_integer() and abs(value) < 2**53
        return str(int(value)) if whole else str(value)
    return _written(value)


def list_of(value: Any, missing: Collection[str]) -> list[float | None] | None:
    """A list of numbers."""
    if value is None or (isinstance(value, str) and value in missing):
        return None
    if not isinstance(value, list):
        raise CellError("not-a-list", value)
    try:
        return [number_of(one, missing) for one in value]
    except CellError:
        raise CellError("not-a-list", value) from None


def map_of(value: Any, missing: Collection[str]) -> Scores | None:
    """Numbers by name."""
    if value is None or (isinstance(value, str) and value in missing):
        return None
    if scores := scores_in(value):
        return scores  # binding reports a name that occurs twice
    if not isinstance(value, JsonObject) or value.repeated:
        raise CellError("not-a-map", value)
    try:
        return [(name, number_of(one, missing)) for name, one in value.items()]
    except CellError:
        raise CellError("not-a-map", value) from None


def words_of(value: Any) -> list[str] | None:
    """A list of names."""
    names = names_in(value)
    if names is None and value is not None:
        raise CellError("not-a-list-of-names", value)
    return names


def column_of(name: str, values: Sequence[Any]) -> Column:
    """The column that holds these values, which are not null."""
    shapes = [type(value) if isinstance(value, list | JsonObject) else None for value in values]
    shape = max(dict.fromkeys(shapes), key=shapes.count, default=None)
    if shape is None:
        scalars = [value for value in values if not isinstance(value, list | JsonObject)]
        texts = 2 * sum(isinstance(one, str) for one in scalars) > len(scalars)
        return Column(name, _kind(scalars), "text", "text", of_texts=texts)
    inner = [value for value in values if isinstance(value, shape)]
    cells = [one for value in inner for one in _cells(value) if one is not None]
    scalars = [one for one in cells if isinstance(one, int | float | str)]
    if 2 * len(scalars) < len(cells) or _kind(scalars) == "text":
        scores = [found for value in inner if (found := scores_in(value))]
        if 2 * len(scores) > len(inner) and has_fractions(scores):
            return Column(name, "map", "numbers with the names of classes", "text")
        names = shape is list and 2 * sum(names_in(value) is not None for value in inner)
        return Column(name, "nested", "nested JSON", of_names=names > len(inner))
    if shape is JsonObject:
        return Column(name, "map", "objects of numbers", "text")
    widths = {len(value) for value in inner}
    width = widths.pop() if len(widths) == 1 else None
    return Column(name, "list", "lists of numbers", "text", width)


def _kind(values: Sequence[Any]) -> Kind:
    """What scalars are: numbers if half of them can be read as such."""
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    known = [value for value in values if value not in MISSING_TEXTS]
    numbers = sum(not isinstance(value, str) or _read(value) is not None for value in known)
    return "number" if 2 * numbers >= len(known) else "text"


def _cells(value: list[Any] | JsonObject) -> Iterable[Any]:
    return value if isinstance(value, list) else value.values()


def _read(text: str) -> float | None:
    if "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _object(pairs: Sequence[tuple[str, Any]]) -> JsonObject | list[float]:
    found = JsonObject(pairs)
    if len(pairs) in (2, 4) and found.keys() <= set(vectors.FIELDS) and "values" in found:
        return _vector(found) or found
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        found.repeated = frozenset(name for name, count in counts.items() if count > 1)
    return found


def _vector(found: JsonObject) -> list[float] | None:
    """The numbers of a vector of Spark ML; None if it is another object."""
    kind, values = found.get("type"), found["values"]
    if kind not in (vectors.SPARSE, vectors.DENSE) or not isinstance(values, list):
        return None
    if kind == vectors.DENSE:
        return values
    return vectors.dense_of(found.get("size"), found.get("indices"), values)
