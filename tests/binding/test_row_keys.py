"""Keys of ids: equal where the ids are, whatever the types of their columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.binding.joining.id_index import NumberIndex, TextIndex
from ce_cli.binding.joining.row_columns import row_names
from ce_cli.binding.joining.row_keys import RowKeys, exact_keys, whole_numbers
from ce_cli.binding.rows.columns import as_texts

words = st.sampled_from(
    ["", "0", "-0", "7", "07", "+7", " 7", "7.0", "-7", "1e3", "9" * 18, "9" * 19, "1" + "0" * 18,
     "a", "é", "user-1", "٣", "2024-01-01", "x" * 9, "x" * 600]
)  # fmt: skip
cells = st.lists(st.none() | words, max_size=12)
whole = st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(-3, 30)


def columns(numbers: list[int | None]) -> list[pa.Array]:
    """The same ids in columns of several types, one of them a slice."""
    own = pa.array(numbers, pa.int64())
    texts = own.cast(pa.utf8())
    padded = pa.concat_arrays([pa.array([5, None], pa.int64()), own])
    return [own, padded.slice(2), texts, texts.dictionary_encode(), own.dictionary_encode()]


def assert_alike(column: pa.Array, other: pa.Array) -> None:
    """Keys are equal exactly where the texts are."""
    both = [RowKeys.of(column), RowKeys.of(other)]
    names = [row_names(as_texts(one)).to_pylist() for one in (column, other)]
    assert [keys.texts().to_pylist() for keys in both] == names
    places = [[n for n, name in enumerate(own) if name is not None] for own in names]
    kept = [keys.taken(np.array(at, np.intp)) for keys, at in zip(both, places, strict=True)]
    present = [[own[n] for n in at] for own, at in zip(names, places, strict=True)]
    for some in (exact_keys(kept), [one.keys for one in kept]):
        alike = np.equal.outer(*some).tolist()
        assert alike == [[a == b for b in present[1]] for a in present[0]]
    assert both[0].equals(both[1]) == (names[0] == names[1])
    joined = RowKeys.joined(both)
    assert joined.texts().to_pylist() == [*names[0], *names[1]]


@given(cells, cells)
def test_texts_have_equal_keys_where_they_are_equal(own: list[Any], others: list[Any]) -> None:
    assert_alike(pa.array(own, pa.utf8()), pa.array(others, pa.utf8()))


@given(st.lists(st.none() | whole, max_size=8), cells)
def test_types_do_not_matter(numbers: list[int | None], texts: list[Any]) -> None:
    some = columns(numbers)
    for column in some:
        assert_alike(column, some[0])
        assert_alike(column, pa.array(texts, pa.utf8()))


@pytest.mark.parametrize("name", ["int8", "uint16", "uint64", "float32", "float64"])
def test_other_numbers_are_named_as_before(name: str) -> None:
    column = pa.array([0, 7, 100], getattr(pa, name)())
    assert_alike(column, pa.array(["0", "7", "100"]))


def test_large_floats_are_the_whole_numbers_that_they_are() -> None:
    whole = [10**10, 2**53 - 1, -(10**15), 0, None]
    floats = pa.array([None if one is None else float(one) for one in whole], pa.float64())
    numbers = pa.array(whole, pa.int64())
    for other in (numbers, numbers.cast(pa.utf8())):
        assert RowKeys.of(floats).equals(RowKeys.of(other))
    for other in ([0.5, 1.0], [2.0**53], [float("inf")], [float("nan")]):
        assert whole_numbers(pa.array(other, pa.float64())) is None


@given(st.lists(whole, min_size=1, max_size=8, unique=True), st.lists(whole, max_size=8), cells)
def test_an_index_by_number_finds_what_one_by_text_does(
    numbers: list[int], others: list[int], texts: list[Any]
) -> None:
    own = pa.array(numbers, pa.int64())
    found = whole_numbers(own)
    if found is None:  # of more than 18 digits
        return
    by_number, by_text = NumberIndex(found), TextIndex(own)
    for column in [*columns([*others, *numbers, None]), pa.array(texts, pa.utf8())]:
        assert by_number.places(column).tolist() == by_text.places(column).tolist()
    rows = [*range(len(numbers))]
    assert by_number.names(rows) == by_text.names(rows)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12))
def test_both_find_the_same_repeated_rows(numbers: list[int]) -> None:
    own = np.array(numbers, np.int64)
    assert NumberIndex(own).repeated == TextIndex(pa.array(own)).repeated
