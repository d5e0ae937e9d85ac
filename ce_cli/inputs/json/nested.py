"""Lists and maps of numbers, as JSON, Python and numpy write them into a cell of text."""

from __future__ import annotations

import ast
import contextlib
import json
import re
from collections.abc import Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.inputs.json.named_scores import names_in, scores_in
from ce_cli.inputs.text.plain_lists import NONE, PAIRS, bits, list_array, read_at_once, text_array
from ce_cli.text import is_unicode

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Pairs = list[tuple[str, float]]

_WRAPPED = re.compile(r"\bnp\.float\d+\(([^()]*)\)")  # as numpy writes a number in a list
_ARRAY = re.compile(r"(?:array|tensor)\((\[[^\[\]]*\])[^\[\]]*\)")
_ENDS = {**PAIRS, "{": "}"}
_ENTRY = re.compile(
    r"""\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|([-+.\w]+))\s*:\s*([-+.\w]+)\s*(?:,|$)"""
)


def list_in(text: str) -> list[float] | None:
    """The numbers of ``[0.1, 0.9]``, ``(0.1, 0.9)`` or ``[0.1 0.9]``, None if it is not a list.

    Also ``{0.1,0.9}``, as PostgreSQL writes it, and ``(0.1; 0.9)``.
    """
    text = text.strip()
    if "(" in text[1:]:
        text = _WRAPPED.sub(r"\1", text)
        if match := _ARRAY.fullmatch(text):
            text = match[1]
    if len(text) < 2 or _ENDS.get(text[0]) != text[-1]:
        return None
    inner = text[1:-1].strip()
    if text[0] == "(" and ";" in inner and "," not in inner:
        inner = inner.replace(";", ",")
    if text[0] == "{" and "," not in inner:  # one number, which `number_of_one` reads
        return None
    if text[0] == "(":
        if "," not in inner:  # in parentheses, but not a tuple
            return None
        inner = inner.removesuffix(",")
    parts = inner.split(",") if "," in inner else inner.split()
    numbers = [_number(part) for part in parts]
    return None if None in numbers else numbers  # type: ignore[return-value]


def map_in(text: str) -> Pairs | None:
    """The entries of ``{"cat": 0.1, "dog": 0.9}``, None if it is not a map of numbers."""
    text = text.strip()
    if text.startswith(("[", "(")):
        return _distinct(_scores_in(text))
    if not (text.startswith("{") and text.endswith("}")):
        return None
    entries: Pairs | None = None
    plain = "'" in text and '"' not in text and "\\" not in text  # Python's quotes, nothing else
    with contextlib.suppress(ValueError, RecursionError):
        entries = _json_entries(text.replace("'", '"') if plain else text)
    if entries is None:
        entries = _python_entries(_WRAPPED.sub(r"\1", text)[1:-1].strip())
    return _distinct(_scores_in(text) if entries is None else entries)


def words_in(text: str) -> list[str] | None:
    """The texts of ``["a", "b"]`` or ``['a', 'b']``, None if it is not a list of texts."""
    names = names_in(_literal(text.strip()))
    return None if names is None or not is_unicode("".join(names)) else names


def lists_of(texts: pa.Array) -> tuple[pa.Array, list[int]]:
    """Lists of float64 from texts, null where these are, and the rows that are not lists.

    The numbers of all cells are read at once where every cell has a simple form.
    """
    read = read_at_once(texts)
    if read is not None:
        return read, []
    values, known, bad = _each(texts, list_in)
    numbers = np.fromiter(chain.from_iterable(values), np.float64)
    return list_array(numbers, _offsets(values), known), bad


def maps_of(texts: pa.Array) -> tuple[pa.Array, list[int]]:
    """Maps from text to float64 from texts, and the rows that are not maps."""
    import pyarrow as pa

    from ce_cli.inputs.arrow import arrays

    values, known, bad = _each(texts, map_in)
    keys = text_array([key for entries in values for key, _ in entries])
    numbers = np.array([number for entries in values for _, number in entries], np.float64)
    items = pa.Array.from_buffers(pa.float64(), len(numbers), [None, pa.py_buffer(numbers)])
    offsets = pa.py_buffer(_offsets(values).astype(np.int32))
    return arrays.map_array(keys, items, offsets, bits(known), len(texts)), bad


def words_of(texts: pa.Array) -> tuple[pa.Array, list[int]]:
    """Lists of texts from texts, and the rows that are not such lists."""
    from ce_cli.inputs.arrow import arrays

    values, known, bad = _each(texts, words_in)
    lists = [value if there else None for value, there in zip(values, known, strict=True)]
    return arrays.word_lists(lists), bad


def _each(
    texts: pa.Array, read: Callable[[str], list[T] | None]
) -> tuple[list[list[T]], NDArray[np.bool_], list[int]]:
    """The value of every cell by `read`, which cells have one, and the rows that do not parse."""
    cells = texts.to_pylist()
    values = [None if text is None else read(text) for text in cells]
    bad = [row for row, text in enumerate(cells) if text is not None and values[row] is None]
    known = np.array([value is not None for value in values], np.bool_)
    return [value or [] for value in values], known, bad


def _offsets(values: Sequence[Sequence[object]]) -> NDArray[np.int64]:
    return np.cumsum([0, *map(len, values)], dtype=np.int64)


def _number(text: str) -> float | None:
    text = text.strip()
    if text in NONE:
        return float("nan")
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _distinct(entries: Pairs | None) -> Pairs | None:
    keys = [] if entries is None else [key for key, _ in entries]
    if entries is None or len(set(keys)) < len(keys) or not is_unicode("".join(keys)):
        return None
    return entries


def _scores_in(text: str) -> Pairs | None:
    """The entries of ``[{"label": "cat", "score": 0.1}, …]`` and the like."""
    scores = scores_in(_literal(_WRAPPED.sub(r"\1", text)))
    if scores is None:
        return None
    return [(name, float("nan") if number is None else number) for name, number in scores]


def _literal(text: str) -> object:
    """The value that JSON or Python writes in this way, None if it is not one."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.loads(text)
    with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError):
        return ast.literal_eval(text)
    return None


def _json_entries(text: str) -> Pairs | None:
    entries = json.loads(text, object_pairs_hook=list, parse_int=float)
    filled = [(key, float("nan") if value is None else value) for key, value in entries]
    return filled if all(isinstance(value, float) for _, value in filled) else None


def _python_entries(inner: str) -> Pairs | None:
    entries: Pairs = []
    place = 0
    while place < len(inner):
        match = _ENTRY.match(inner, place)
        number = _number(match[3]) if match else None
        if match is None or number is None:
            return None
        key = match[2]
        if key is None:
            try:
                key = ast.literal_eval(match[1])  # one string, as the pattern ensures
            except (ValueError, SyntaxError):
                return None
        entries.append((str(key), number))
        place = match.end()
    return entries
