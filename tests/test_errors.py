"""What all messages have in common."""

from __future__ import annotations

import shlex

import pytest

from ce_cli.errors import DataError, Suggestion, pasteable


@pytest.mark.parametrize("value", [".", "3", ",", "churn", "a b", "it's", "1.", "skip"])
def test_the_value_of_an_option_is_typed_as_it_ends_a_sentence(value: str) -> None:
    sentence = str(DataError(f"leave it out with --ignore-label {shlex.quote(value)}."))
    assert shlex.split(sentence[sentence.index("--") :])[1] == value


@pytest.mark.parametrize("end", ["with --positive.", "leave --label out.", "(--clip none)."])
def test_other_sentences_end_in_a_full_stop(end: str) -> None:
    assert pasteable(end) == end


def test_what_is_too_long_to_be_typed_is_not_suggested() -> None:
    long, short = (Suggestion((("--positive", value),)) for value in ("a" * 100_000, "b"))
    assert DataError("which?", suggestions=[long, short]).suggestions == (short,)
