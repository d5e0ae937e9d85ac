"""64-bit hashes of texts."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.inputs.arrow.arrays import text_bytes
from ce_cli.kernels.hashing import Hashes, mixed

if TYPE_CHECKING:
    import pyarrow as pa

_LONG = 512  # bytes; such texts are hashed one by one
_WORD = 8
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(_WORD + 1)], np.uint64)  # bytes of a word


def fingerprints(texts: pa.Array) -> Hashes:
    """A hash for each text, 0 for an empty or missing one.

    Words of 8 bytes are scattered one after another, after the length; longer texts have a BLAKE2
    hash. About one pair of texts in 2**64 collides.
    """
    if not len(texts):
        return np.zeros(0, np.uint64)
    data, bounds = text_bytes(texts)
    starts, lengths = bounds[:-1], np.diff(bounds)
    padded = np.concatenate((data, np.zeros(_WORD, np.uint8)))
    words = np.ndarray(len(data) + 1, "<u8", padded.data, strides=(1,))  # one from every byte on
    found = np.where(lengths > 0, mixed(lengths.view(np.uint64)), np.uint64(0))
    rows, at, left = np.flatnonzero(lengths), starts, lengths
    if len(rows) < len(lengths):
        at, left = at[rows], left[rows]
    while len(rows):
        long = left > _LONG
        if long.any():
            for row in rows[long].tolist():
                held = data[starts[row] : starts[row] + lengths[row]]
                found[row] = int.from_bytes(
                    blake2b(held.tobytes(), digest_size=8).digest(), "little"
                )
            rows, at, left = rows[~long], at[~long], left[~long]
        word = words[at] & _KEPT[np.minimum(left, _WORD)]
        found[rows] = mixed(found[rows] ^ word)
        at, left = at + _WORD, left - _WORD
        more = left > 0
        if not more.all():
            rows, at, left = rows[more], at[more], left[more]
    return found
