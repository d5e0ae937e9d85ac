"""Cells of text one by one: their values and kinds, and the ones that cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from ce_cli.inputs.source import Column, Kind

if TYPE_CHECKING:
    import pyarrow as pa

WRAPPED = "text with one number in brackets"  # the type of such a column
_SNIFFED_CELLS = 50


def decoded(cells: Sequence[bytes | None]) -> tuple[list[str | None], list[int]]:
    """Cells as text, and the rows of those that are not UTF-8."""
    texts: list[str | None] = []
    unreadable = []
    for row, cell in enumerate(cells):
        try:
            texts.append(None if cell is None else cell.decode())
        except UnicodeDecodeError:
            texts.append(None)
            unreadable.append(row)
    return texts, unreadable


def number_in(text: str | None, decimal: str = ".") -> float | None:
    """The number in a cell, None if it is not a number."""
    if text is None or "_" in text:
        return None
    if not text.isascii():
        text = text.strip().replace("\u2212", "-")  # a minus sign, with blanks of any kind around
        if not text.isascii():  # digits of another script
            return None
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".")
    try:
        return float(text)
    except ValueError:
        return None


def truth_in(text: str | None, decimal: str = ".") -> float | None:
    """1 for ``true`` and 0 for ``false``, or the number in a cell."""
    words = {"true": 1.0, "false": 0.0}
    return words.get((text or "").lower(), number_in(text, decimal))


def column_of(name: str, cells: pa.ChunkedArray, decimal: str) -> Column:
    """A column as its first cells show it."""
    import pyarrow as pa

    kind = _kind(cells, decimal)
    if kind != "text" or not pa.types.is_string(cells.type):
        return Column(name, kind, "text", "text")
    texts = list(islice((text for text in cells.to_pylist() if text is not None), _SNIFFED_CELLS))
    if not any(text.rstrip().endswith(("]", ")", "}")) for text in texts):
        return Column(name, "text", "text", "text")
    from ce_cli.inputs.json.nested import list_in, map_in, words_in
    from ce_cli.inputs.text.wrapped import unwrapped

    if all(unwrapped(text) is not None for text in texts):
        return Column(name, "number", WRAPPED, "text")
    lists = [numbers for text in texts if (numbers := list_in(text)) is not None]
    if lists and 2 * len(lists) >= len(texts):  # the others are reported later
        widths = {len(numbers) for numbers in lists}
        return Column(name, "list", "text", "text", widths.pop() if len(widths) == 1 else None)
    maps = sum(map_in(text) is not None for text in texts)
    if maps and 2 * maps >= len(texts):
        return Column(name, "map", "text", "text")
    names = sum(words_in(text) is not None for text in texts)
    return Column(name, "text", "text", "text", of_names=0 < len(texts) <= 2 * names)


def _kind(cells: pa.ChunkedArray, decimal: str) -> Kind:
    import pyarrow as pa

    type_ = cells.type
    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_null(type_):
        return "number"
    if not pa.types.is_string(type_):
        return "text"
    texts = [text for text in cells.to_pylist() if text is not None]
    numbers = sum(_is_like_number(text, decimal) for text in texts)
    return "number" if texts and 2 * numbers >= len(texts) else "text"


def _is_like_number(text: str, decimal: str) -> bool:
    """Whether this is a number, perhaps with the other decimal mark, which is reported later."""
    other = "," if decimal == "." else "."
    if number_in(text, decimal) is not None:
        return True
    return other in text and number_in(text, other) is not None
