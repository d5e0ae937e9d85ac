"""Tables of group keys behave as the tuples of texts that they stand for."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ce_cli.binding.rows import coded_words as coded_words_module
from ce_cli.binding.rows import group_keys
from ce_cli.binding.rows.coded_words import coded_words
from ce_cli.binding.rows.columns import tokens
from ce_cli.binding.rows.group_keys import GroupKeys, coarser, merged_groups, without_last
from ce_cli.metrics.groups import GroupKey, sortable


@pytest.fixture(params=[0, 4096], autouse=True)
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once as for many keys, and once as for few."""
    monkeypatch.setattr(group_keys, "_FEW", request.param)
    monkeypatch.setattr(coded_words_module, "_FEW", request.param)


unhurried = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # nothing is timed

WORDS = (
    *("1", "01", "10", "9", "-3", "-0", "0", "1.5", "1e2", "123456789012345678", "1_000", "-", ""),
    *("b", "a", "ab", "inf", "nan", "Z", "é", "z", " x", "#"),
)
words = st.none() | st.sampled_from(WORDS) | st.text(max_size=3)


def keys_of(parts: int) -> st.SearchStrategy[list[GroupKey]]:
    return st.lists(st.tuples(*[words] * parts), max_size=12)


several = st.integers(0, 3).flatmap(lambda n: st.tuples(keys_of(n), keys_of(n)))


@unhurried
@given(several)
def test_a_table_of_keys_is_a_sequence_of_tuples(pair: tuple[list[GroupKey], ...]) -> None:
    keys, _ = pair
    table = GroupKeys.of(keys)
    assert list(table) == keys
    assert len(table) == len(keys)
    assert [table[place] for place in range(len(keys))] == keys
    assert list(table[1:3]) == keys[1:3]
    assert pickle.loads(pickle.dumps(table)) == table


@unhurried
@given(several)
def test_merging_pairs_the_groups_of_one_key(pair: tuple[list[GroupKey], ...]) -> None:
    earlier, later = pair
    keys, _ = merged_groups(earlier, {}, later, {})
    assert list(keys) == list(dict.fromkeys([*earlier, *later])) or earlier == later
    found, codes = GroupKeys.of([*earlier, *later]).distinct()
    assert [found[code] for code in codes] == [*earlier, *later]


@unhurried
@given(keys_of(1) | keys_of(2))
def test_the_order_is_that_of_numbers_then_text_then_missing(keys: list[GroupKey]) -> None:
    table = GroupKeys.of(keys)
    assert [keys[place] for place in table.order()] == sorted(keys, key=sortable)


@pytest.mark.parametrize(
    "texts",
    [
        ["10", "9", "-3", "0"],
        ["10", "9", None, "1"],
        ["b", "", "a", "Zoe", None],
        ["1", "01", "2"],
        ["9007199254740993", "9007199254740992"],
    ],
)
def test_plain_numbers_and_words_are_in_the_same_order(texts: list[str | None]) -> None:
    keys = [(text,) for text in texts]
    assert [keys[place] for place in GroupKeys.of(keys).order()] == sorted(keys, key=sortable)


@unhurried
@given(keys_of(2))
def test_leaving_out_the_last_part_gives_the_group_of_each_key(keys: list[GroupKey]) -> None:
    short, codes = without_last(keys)
    assert list(short) == list(dict.fromkeys(key[:1] for key in keys))
    assert [short[code] for code in codes] == [key[:1] for key in keys]


def test_no_keys_have_any_parts() -> None:
    none = GroupKeys.of([])
    assert list(none.parts((0, -1)).beside(GroupKeys.of([("a", "b")]))) == [("a", "b")]
    assert list(coarser([], {}, (1,))[0]) == []


COLUMNS = {
    "int": pa.array([3, None, -1, 3], pa.int32()),
    "far": pa.array([3, None, -(10**12), 3]),
    "uint": pa.array([2**64 - 1, 0, None], pa.uint64()),
    "float": pa.array([1.0, 0.5, None, 1.0, float("nan")], pa.float32()),
    "bool": pa.array([True, None, False]),
    "text": pa.array(["b", None, "a", "b", ""]),
    "large": pa.array(["b", None, "a", "b", ""], pa.large_utf8()),
    "spaces": pa.array([" b", "b\u3000", "b", "\x1fb", None]),
    "accents": pa.array(["é", "a", "é", None]),
    "words": pa.array(["b", None, "a", "b"]).dictionary_encode(),
    "nulls": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, None], pa.int8()), pa.array(["a", None])
    ),
    "numbers": pa.array([1.0, 2.5, None]).dictionary_encode(),
    "bytes": pa.array([b"a", b"\xff", None]),
    "empty": pa.array([], pa.utf8()),
    "nothing": pa.nulls(3),
}


@pytest.mark.parametrize("cut", [slice(None), slice(1, None), slice(0, 2)])
@pytest.mark.parametrize("name", COLUMNS)
def test_codes_refer_to_the_texts_of_the_values(name: str, cut: slice) -> None:
    column = COLUMNS[name][cut]
    codes, texts = coded_words(column)
    own, names = tokens(column)
    wanted = [None if code < 0 else names[code] for code in own]
    assert [None if code < 0 else texts[code].as_py() for code in codes] == wanted
    assert texts.null_count == 0
    assert codes.dtype == np.intp
