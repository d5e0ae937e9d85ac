"""Pseudo-random numbers that depend on content alone: the same anywhere and in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


def mixed(words: Hashes) -> Hashes:
    """Scatter 64-bit words, one to one (SplitMix64: Steele, Lea and Flood, OOPSLA 2014)."""
    return finalised(words + STEP)


def finalised(words: Hashes) -> Hashes:
    """The last part of `mixed`, which scatters all words but 0."""
    found = words ^ (words >> np.uint64(30))
    found *= _FIRST
    found ^= found >> np.uint64(27)
    found *= _SECOND
    found ^= found >> np.uint64(31)
    return found


def unmixed(words: Hashes) -> Hashes:
    """The words that `mixed` scattered."""
    found = _unshifted(words, 31) * _inverse(_SECOND)
    found = _unshifted(found, 27) * _inverse(_FIRST)
    return _unshifted(found, 30) - STEP


def _unshifted(words: Hashes, bits: int) -> Hashes:
    """The words w of which ``w ^ (w >> bits)`` is given, for 22 bits or more."""
    found: Hashes = words ^ (words >> np.uint64(bits)) ^ (words >> np.uint64(2 * bits))
    return found


def _inverse(factor: np.uint64) -> np.uint64:
    return np.uint64(pow(int(factor), -1, 1 << 64))


def hash_of_rows(columns: NDArray[np.float32], codes: NDArray[np.intp]) -> Hashes:
    """One hash for each row of numbers, shape (C, n), and its code, shape (n,).

    0 and −0 have the same hash.
    """
    bits = (columns + np.float32(0.0)).view(np.uint32)
    found = mixed(codes.astype(np.uint64))
    for first in range(0, len(bits), 2):
        words = bits[first].astype(np.uint64)
        if first + 1 < len(bits):
            words |= bits[first + 1].astype(np.uint64) << np.uint64(32)
        found ^= words
        found *= _FIRST
        found ^= found >> np.uint64(32)
    return mixed(found)


def uniforms(hashes: Hashes) -> NDArray[np.float64]:
    """Numbers in [0, 1), made from the upper bits."""
    shares: NDArray[np.float64] = (hashes >> np.uint64(11)).astype(np.float64) * _UNIT
    return shares
