"""Cells of text one by one: what they are, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ce_cli.inputs.source import Kind

if TYPE_CHECKING:
    import pyarrow as pa


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


def number_in(text: str | None) -> float | None:
    """The number that a cell is, None if it is none."""
    if text is None or "_" in text:
        return None
    try:
        return float(text)
    except ValueError:
        return None


def kind_of(type_: pa.DataType, cells: pa.ChunkedArray) -> Kind:
    """What a column holds, by the type that Arrow sees and its first cells."""
    import pyarrow as pa

    if pa.types.is_boolean(type_):
        return "boolean"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_null(type_):
        return "number"
    if not pa.types.is_string(type_):
        return "text"
    texts = [text for text in cells.to_pylist() if text is not None]
    numbers = sum(number_in(text) is not None for text in texts)
    return "number" if texts and 2 * numbers >= len(texts) else "text"
