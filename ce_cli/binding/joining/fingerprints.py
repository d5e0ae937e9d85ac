"""64-bit hashes of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.hashing import STEP, finalised

if TYPE_CHECKING:
    import pyarrow as pa

Hashes = NDArray[np.uint64]

_PERIOD = 1 << 16


def fingerprints(texts: pa.Array) -> Hashes:
    """A hash for each text, 0 for an empty one: the sum of its bytes, each times a factor.

    Multilinear hashing (Carter and Wegman 1979): about one pair of texts in 2**64 collides.
    """
    if not len(texts):
        return np.zeros(0, np.uint64)
    _, where, held = texts.buffers()
    offsets = np.frombuffer(where, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    offsets = offsets.astype(np.int64)
    data = np.frombuffer(held or b"", np.uint8)[offsets[0] : offsets[-1]]
    starts, lengths = offsets[:-1] - offsets[0], np.diff(offsets)
    places = np.arange(len(data)) - np.repeat(starts, lengths)
    factors = _factors(int(min(lengths.max(), _PERIOD)))
    terms = (data.astype(np.uint64) + np.uint64(1)) * factors[places % _PERIOD]
    running = np.concatenate((np.zeros(1, np.uint64), np.cumsum(terms, dtype=np.uint64)))
    sums = running[starts + lengths] - running[starts]
    return np.where(lengths > 0, finalised(sums + np.uint64(1)), np.uint64(0))


def _factors(count: int) -> Hashes:
    return finalised(np.arange(1, count + 1, dtype=np.uint64) * STEP) | np.uint64(1)
