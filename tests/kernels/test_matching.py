"""Rows found by keys, against a dictionary."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from ce_cli.kernels.hashing import mixed, unmixed
from ce_cli.kernels.matching import NOWHERE, KeyTable

words = st.integers(0, (1 << 64) - 1)
few = st.integers(0, 5) | st.integers(0, 5).map(lambda bit: 1 << (58 + bit)) | words


def keyed(keys: Iterable[int]) -> NDArray[np.uint64]:
    return np.array([*keys], np.uint64)


@given(st.lists(few, max_size=40), st.lists(few, max_size=40))
def test_rows_are_those_of_a_dictionary(own: list[int], others: list[int]) -> None:
    first = {key: row for row, key in reversed([*enumerate(own)])}
    table = KeyTable(keyed(own))
    assert table.first.tolist() == [first[key] for key in own]
    assert table.places(keyed(others)).tolist() == [first.get(key, NOWHERE) for key in others]


def test_many_rows_are_found() -> None:
    rng = np.random.default_rng(3)
    keys = mixed(rng.permutation(200_000).astype(np.uint64))
    order = rng.permutation(len(keys))
    table = KeyTable(keys)
    assert np.array_equal(table.first, np.arange(len(keys)))
    assert np.array_equal(table.places(keys[order]), order)
    absent = mixed(np.arange(200_000, 300_000, dtype=np.uint64))
    assert (table.places(absent) == NOWHERE).all()


@given(st.lists(words, max_size=20))
def test_mixing_can_be_undone(own: list[int]) -> None:
    assert unmixed(mixed(keyed(own))).tolist() == own
