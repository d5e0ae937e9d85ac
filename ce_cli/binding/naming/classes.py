"""Labels as class codes: matched to classes by name, never by sort order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.spelling import as_name, canonical, canonical_number, is_made_name
from ce_cli.errors import DataError, Suggestion
from ce_cli.record import Record
from ce_cli.text import quoted, quoted_list

Codes = NDArray[np.intp]

UNKNOWN = -2
_MARKS = {"-1", "-9", "-99", "-100", "-999", "9", "99", "255", "999"}  # of rows without a label
_BINARY_FAMILIES = (
    ("0", "1"),
    ("false", "true"),
    ("-1", "1"),
    ("no", "yes"),
    ("n", "y"),
    ("f", "t"),
    ("negative", "positive"),
    ("neg", "pos"),
)


class LabelReader(Protocol):
    """Turns the texts of labels into class codes."""

    def codes(self, texts: Sequence[str]) -> Codes:
        """The class code of each text, `UNKNOWN` where there is no such class."""
        ...


class NamedClasses(Record):
    """Classes whose names are known before the first row is read.

    Attributes
    ----------
    names : tuple of str
        In the order of the predictions.
    """

    names: tuple[str, ...]

    def codes(self, texts: Sequence[str]) -> Codes:
        """Match by text and, where that fails, by value, and then as names of columns match."""
        found = list(map(self._by_text.get, texts))  # mostly all of them, and many in each frame
        for place, code in enumerate(found):
            if code is None:
                found[place] = self._code(texts[place])
        return np.array(found, np.intp)

    def _code(self, text: str) -> int:
        """The code of a text that is not itself a name."""
        found = self._by_value.get(canonical(text))
        if found is None and self._by_name and not is_made_name(text):
            found = self._by_name.get(as_name(text))
        return UNKNOWN if found is None else found

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    @cached_property
    def _by_value(self) -> dict[str, int]:
        return _unique([canonical(name) for name in self.names])

    @cached_property
    def _by_name(self) -> dict[str, int]:
        names = [as_name(name) if is_made_name(name) else "" for name in self.names]
        return {name: code for name, code in _unique(names).items() if name}


def _unique(values: Sequence[str]) -> dict[str, int]:
    """The place of each value that occurs once."""
    once = Counter(values)
    return {value: code for code, value in enumerate(values) if once[value] == 1}


class OneAgainstRest(Record):
    """A single prediction for the class `positive`; any other label is the negative class."""

    positive: str

    def codes(self, texts: Sequence[str]) -> Codes:
        """1 for the positive class, 0 for any other text."""
        value = canonical(self.positive)
        return np.array(
            [text == self.positive or canonical(text) == value for text in texts], np.intp
        )


class ConventionalBinary(Record):
    """A single prediction for labels whose names show which one is positive."""

    def codes(self, texts: Sequence[str]) -> Codes:
        """0 or 1 by the usual words: 0/1, false/true, -1/1, no/yes, negative/positive."""
        return np.array([self._code(text) for text in texts], np.intp)

    @staticmethod
    def share(text: str) -> float | None:
        """The share of the positive class, if the text is a number between 0 and 1."""
        try:
            number = float(text)
        except ValueError:
            return None
        return number if 0.0 < number < 1.0 else None

    @staticmethod
    def _code(text: str) -> int:
        value = _conventional(text)
        for negative, positive in _BINARY_FAMILIES:
            if value in (negative, positive):
                return int(value == positive)
        return UNKNOWN


def names_of_two(labels: LabelReader, seen: Sequence[str]) -> tuple[str, str]:
    """The names of the two classes of a single prediction, given the labels `seen`.

    Raises
    ------
    DataError
        The labels do not form two classes.
    """
    if isinstance(labels, OneAgainstRest):
        others = [text for text in seen if not labels.codes([text])[0]]
        if len(set(map(canonical, others))) > 1:
            raise DataError(
                f"besides the positive class {quoted(labels.positive)}, the labels are "
                f"{quoted_list(others)}, but one prediction column separates only two classes."
            )
        return (others[0] if others else f"not {labels.positive}", labels.positive)
    known = [text for text in seen if labels.codes([text])[0] != UNKNOWN]
    spelled = {_conventional(text): canonical_number(text) for text in known}
    for pair in _BINARY_FAMILIES:
        if set(spelled) <= set(pair):
            return spelled.get(pair[0], pair[0]), spelled.get(pair[1], pair[1])
    if {canonical(text) for text in known} <= {"0", "1"}:  # 0 and false are the same class
        return "0", "1"
    raise _not_two(seen)


def _not_two(seen: Sequence[str]) -> DataError:
    """Labels that are not two classes; −1 beside 0 and 1 marks rows without a label."""
    labels = f"the labels {quoted_list(seen)} are not a known pair of classes"
    by_value = {canonical(text): text for text in seen}
    others = by_value.keys() - {"0", "1"}
    if len(by_value) - len(others) < len("01") or not others <= _MARKS:
        return DataError(f"{labels}; name the positive class with --positive.")
    sets = [("-1",), ("0",)] if others == {"-1"} else [sorted(others)]
    marks = [
        Suggestion(tuple(("--ignore-label", by_value[value]) for value in values))
        for values in sets
    ]
    return DataError(
        f"{labels}; if one of them marks rows without a label, leave these out with "
        "--ignore-label.",
        suggestions=marks,
    )


def _conventional(text: str) -> str:
    lowered = canonical_number(text).lower()
    return lowered.removesuffix(".") if lowered in ("true.", "false.") else lowered
