"""Labels and class names in any spelling: one text for each value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(\d{1,40}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_BOOLEANS = {"true": "1", "true.": "1", "false": "0", "false.": "0"}  # R adds the point
_NOT_IN_NAMES = re.compile(r"[^\w.]|_")
_DENIAL = r"(without|never|non|not|no|un|in|ab)[\W_]*"
_MADE_NAME = re.compile(r"\w*[._][\w.]*")


def canonical(text: str) -> str:
    """One spelling for each value: ``1``, ``1.0``, ``01``, ``1e0`` and ``True`` all become ``1``.

    Other texts are normalised (Unicode NFC), without white space around them.
    """
    return _BOOLEANS.get(text.lower()) or canonical_number(text)


def canonical_number(text: str) -> str:
    """``1`` for ``1.0`` and ``1.000e+00``; any other text normalised, without space around it."""
    if text.isascii():
        text = text.strip()
        return _shortest(text) if _NUMBER.fullmatch(text) else text
    return unicodedata.normalize("NFC", text).strip()


def as_name(text: str) -> str:
    """A value as it looks inside the name of a column.

    R's ``make.names`` replaces what cannot be in a name by points, other tools by underscores;
    here, all of them become points.
    """
    return _NOT_IN_NAMES.sub(".", canonical(text))


def _shortest(text: str) -> str:
    if text.isdigit():
        return text.lstrip("0") or "0"
    number = Decimal(text)
    if number == number.to_integral_value():
        return str(int(number))
    return format(number, "f").rstrip("0")


def is_made_name(text: str) -> bool:
    """Whether a text may be a value that was made into a name, so that some characters are lost."""
    return _MADE_NAME.fullmatch(text) is not None


def numbered(labels: Sequence[str], count: int) -> list[str]:
    """The labels in the order of their numbers, if they are that many whole numbers.

    Other labels have no order that would show which prediction is for which of them.
    """
    if len(labels) != count or not all(canonical(label).isdecimal() for label in labels):
        return []
    return sorted(labels, key=lambda label: int(canonical(label)))


def positives(labels: Sequence[str]) -> list[str]:
    """The label that is positive by its words, like ``churn`` beside ``no_churn``; or each of two.

    With more labels than two, there is none.
    """
    distinct = list(dict.fromkeys(labels))
    if len(distinct) != 2:
        return []
    denials = [label for label in distinct if _denies(label, distinct)]
    return [label for label in distinct if label not in denials] if len(denials) == 1 else distinct


def _denies(label: str, labels: Sequence[str]) -> bool:
    """Whether a label is another one with a word such as ``no`` before it."""
    rest = re.sub(_DENIAL, "", label.lower())
    return rest != label.lower() and any(rest == other.lower() for other in labels)
