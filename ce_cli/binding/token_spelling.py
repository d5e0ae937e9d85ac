"""Tokens in the spelling of a tokenizer: ``Ġthe``, ``▁the``, ``<0x0A>`` and ``##ing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.checked import CheckedRows
from ce_cli.binding.columns import of_dictionary, texts_or_bytes
from ce_cli.findings.row_issues import RowIssue
from ce_cli.findings.row_warnings import SPELLING
from ce_cli.inputs.arrow.arrays import offsets

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]

_LONGEST = 80  # bytes of a token; a longer text is a document
_SHARE = 0.01  # of the rows that begin like this; fewer may do so by chance
_SPACE, _HASH, _CLOSING = b" #>"
_BEGINNINGS = (
    "Ġ".encode(),  # a space, as GPT-2 spells it
    "Ċ".encode(),  # a new line
    "▁".encode(),  # a space, as SentencePiece spells it
    b"<0x",  # a byte
    b"##",  # a piece within a word, as BERT spells it
)


def note_spelling(checked: CheckedRows, name: str) -> None:
    """Record the rows that are tokens as a tokenizer spells them, if they are many."""
    spelled = _spelled(checked.columns[name])
    at = np.flatnonzero(spelled & checked.keep)
    if len(at) and len(at) >= _SHARE * len(checked):
        first = checked.columns[name].take(_positions(at[:5])).to_pylist()
        shown = [one.decode(errors="replace") if isinstance(one, bytes) else one for one in first]
        checked.issues.append(RowIssue.of(SPELLING, name, checked.rows[at], shown))


def _spelled(column: pa.Array) -> Bools:
    """Where a text begins as a tokenizer spells it, and is as short as a token, shape (n,)."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return of_dictionary(column, np.append(_spelled(column.dictionary), False))
    column = texts_or_bytes(column)
    found = np.zeros(len(column), np.bool_)
    if not len(column) or column.buffers()[2] is None:
        return found
    bounds = offsets(column)
    written = np.frombuffer(column.buffers()[2], np.uint8)
    if not len(written):
        return found
    starts, sizes = bounds[:-1], np.diff(bounds)

    def byte(place: int) -> NDArray[np.uint8]:
        """The byte at a place of each text, whatever follows a shorter one."""
        found: NDArray[np.uint8] = written[np.minimum(starts + place, len(written) - 1)]
        return found

    for beginning in _BEGINNINGS:
        alike = (sizes >= len(beginning)) & (sizes <= _LONGEST)
        for place, one in enumerate(beginning):
            alike &= byte(place) == one
        if beginning == b"<0x":
            alike &= (sizes == 6) & (byte(5) == _CLOSING)
        elif beginning == b"##":
            alike &= (sizes > 2) & (byte(2) != _SPACE) & (byte(2) != _HASH)
        found |= alike
    return found


def _positions(places: NDArray[np.intp]) -> pa.Array:
    import pyarrow as pa

    return pa.array(places, pa.int64())
