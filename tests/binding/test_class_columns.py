"""Class columns whose names carry the labels, and labels in any spelling."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from ce_cli.binding.naming.class_columns import class_columns, naming_by_labels
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.naming.spelling import as_name, canonical, positives

WORDS = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)
NAMES = st.lists(WORDS, min_size=2, max_size=6, unique_by=lambda word: as_name(word).casefold())
DRESS = st.text("pX_.:()[]= ", max_size=6)


@given(NAMES, DRESS, DRESS, st.randoms(use_true_random=False))
def test_any_dress_is_taken_off(names: list[str], start: str, end: str, random: object) -> None:
    columns = [f"{start}{name}{end}" for name in names]
    found = naming_by_labels(columns, names[::-1])
    assert found is not None
    assert [canonical(one) for one in found] == [canonical(name) for name in names]


@given(NAMES, DRESS, st.data())
def test_a_class_without_a_column_is_not_found(
    names: list[str], start: str, data: st.DataObject
) -> None:
    absent = data.draw(st.sampled_from(names))
    columns = [f"{start}{name}" for name in names if name != absent]
    assume(not any(as_name(absent).casefold() in as_name(c).casefold() for c in columns))
    assert class_columns(columns, names) == []


@given(st.integers(-(10**12), 10**12), st.integers(0, 6), st.sampled_from(["", "+", " "]))
def test_whole_numbers_in_any_spelling_are_one_label(number: int, zeros: int, sign: str) -> None:
    start = sign if number >= 0 else ""
    spellings = [
        f"{start}{number}",
        f"{number}.{'0' * zeros}",
        f"{Decimal(number):E}",
        f"{number:.18e}" if abs(number) < 10**12 else f"{number}",
    ]
    assert {canonical(text) for text in spellings} == {str(number)}


@given(st.text(min_size=1, max_size=12))
def test_normal_forms_are_one_label(text: str) -> None:
    forms = {canonical(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")}
    assert len(forms) == 1


def test_different_values_are_never_one_label() -> None:
    different = ["1", "-1", "1e1", "1.5", "15", "one", ">1", "<1", "1%", "a+", "a-", "", "0.1"]
    assert len({canonical(text) for text in different}) == len(different)


def test_signs_that_names_cannot_have_do_not_make_labels_alike() -> None:
    classes = NamedClasses(("a+", ">50K", "rare.type"))
    assert classes.codes(["a-", "<50K", "rare-typ"]).tolist() == [UNKNOWN] * 3
    assert classes.codes(["rare type", "a+", ">50K"]).tolist() == [2, 0, 1]


def test_the_positive_class_is_the_one_without_a_denial() -> None:
    assert positives(["no_churn", "churn"]) == ["churn"]
    assert positives(["toxic", "non-toxic"]) == ["toxic"]
    assert positives(["Not Fraud", "Fraud"]) == ["Fraud"]
    assert positives(["spam", "ham"]) == ["spam", "ham"]
    assert positives(["a", "b", "c"]) == []
