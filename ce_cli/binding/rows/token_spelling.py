"""Tokens in the spelling of a tokenizer: ``Ġthe``, ``▁the``, ``<0x0A>``, ``##ing``, ``</s>``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import of_dictionary, texts_or_bytes
from ce_cli.findings.row_issues import RowIssue
from ce_cli.findings.row_warnings import SPELLING
from ce_cli.inputs.arrow.arrays import offsets

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]

_LONGEST = 80  # bytes of a token; a longer text is a document
_SHARE = 0.01  # of the rows that are spelled so; fewer may be so by chance
_SPACE, _HASH = b" #"
_PIECE = b"##"  # within a word, as BERT spells it
_SPELLINGS = (  # beginning and end
    ("Ġ".encode(), b""),  # a space, as GPT-2 spells it
    ("Ċ".encode(), b""),  # a new line
    ("▁".encode(), b""),  # a space, as SentencePiece spells it
    (_PIECE, b""),
    (b"", b"</w>"),  # the end of a word
    (b"<|", b"|>"),  # no text, but the end of a document and the like
    (b"b'", b"'"),  # bytes, as Python shows them
    (b'b"', b'"'),
)
_WHOLE = (b"<s>", b"</s>", b"<unk>", b"<pad>", b"<bos>", b"<eos>", b"[CLS]", b"[SEP]", b"[UNK]")


def note_spelling(checked: CheckedRows, name: str) -> None:
    """Record the rows that are tokens as a tokenizer spells them, if they are many."""
    spelled = _spelled(checked.columns[name])
    at = np.flatnonzero(spelled & checked.keep)
    if len(at) and len(at) >= _SHARE * len(checked):
        first = checked.columns[name].take(_positions(at[:5])).to_pylist()
        shown = [one.decode(errors="replace") if isinstance(one, bytes) else one for one in first]
        checked.issues.append(RowIssue.of(SPELLING, name, checked.rows[at], shown))


def _spelled(column: pa.Array) -> Bools:
    """Where a text is spelled as tokenizers do, and is as short as a token, shape (n,)."""
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
    starts, ends, sizes = bounds[:-1], bounds[1:], np.diff(bounds)

    def byte(place: int) -> NDArray[np.uint8]:
        """The byte at a place of each text, from its end if negative, whatever is there."""
        at = (starts if place >= 0 else ends) + place
        found: NDArray[np.uint8] = written[np.clip(at, 0, len(written) - 1)]
        return found

    def alike(beginning: bytes, end: bytes) -> Bools:
        fits = (sizes >= len(beginning) + len(end)) & (sizes <= _LONGEST)
        for place, one in enumerate(beginning):
            fits &= byte(place) == one
        for place, one in enumerate(reversed(end), 1):
            fits &= byte(-place) == one
        return fits

    for beginning, end in _SPELLINGS:
        fits = alike(beginning, end)
        if beginning == _PIECE:
            fits &= (sizes > 2) & (byte(2) != _SPACE) & (byte(2) != _HASH)
        found |= fits
    found |= alike(b"<0x", b">") & (sizes == 6)  # a byte
    for whole in _WHOLE:
        found |= alike(whole, b"") & (sizes == len(whole))
    return found


def _positions(places: NDArray[np.intp]) -> pa.Array:
    import pyarrow as pa

    return pa.array(places, pa.int64())
