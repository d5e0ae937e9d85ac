"""Labels as class codes: matched to classes by name, never by sort order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.record import Record
from ce_cli.text import quoted, quoted_list

Codes = NDArray[np.intp]

UNKNOWN = -2
_WHOLE = re.compile(r"[+-]?\d{1,30}(\.0*)?")
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


def canonical(text: str) -> str:
    """One spelling for each value: ``1``, ``1.0``, ``01`` and ``True`` all become ``1``."""
    lowered = text.lower()
    if lowered in ("true", "false"):
        return "1" if lowered == "true" else "0"
    return str(int(text.partition(".")[0])) if _WHOLE.fullmatch(text) else text


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
        """Match by text and, where that fails, by value."""
        found = [
            self._by_text.get(text, self._by_value.get(canonical(text), UNKNOWN)) for text in texts
        ]
        return np.array(found, np.intp)

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    @cached_property
    def _by_value(self) -> dict[str, int]:
        values = [canonical(name) for name in self.names]
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
    raise DataError(
        f"the labels {quoted_list(seen)} are not a known pair of classes; "
        "name the positive class with --positive."
    )


def canonical_number(text: str) -> str:
    """``1`` for ``1.0``; any other text as it is."""
    return canonical(text) if _WHOLE.fullmatch(text) else text


def _conventional(text: str) -> str:
    return canonical_number(text).lower()
