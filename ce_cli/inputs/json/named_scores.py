"""Scores with the names of their classes in one value, as pipelines and people write them.

``[{"label": "a", "score": 0.8}, …]``, ``[["a", 0.8], …]``, either of them in another list, and
``{"labels": ["a", …], "scores": [0.8, …]}``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Scores = list[tuple[str, float | None]]

_NAMES = ("label", "class", "name", "category", "class_name", "labels", "classes", "names")
_NUMBERS = ("score", "prob", "probability", "confidence", "logit", "logprob", "scores", "probs")


def scores_in(value: Any) -> Scores | None:
    """Name and number of each class, in their order; None if `value` is anything else."""
    if isinstance(value, Mapping):
        return _of_two_lists(value)
    if not isinstance(value, list | tuple) or not value:
        return None
    if len(value) == 1 and isinstance(value[0], list | tuple):
        inner = scores_in(value[0])  # one more list around them
        if inner is not None:
            return inner
    pairs = [_pair(one) for one in value]
    return None if None in pairs else pairs  # type: ignore[return-value]


def has_fractions(many: Sequence[Scores]) -> bool:
    """Whether these may be scores: whole numbers alone count or locate something."""
    numbers = (number for scores in many for _, number in scores if number is not None)
    return any(not number.is_integer() for number in numbers)


def names_in(value: Any) -> list[str] | None:
    """The texts, or whole numbers, in a list; None if it holds anything else."""
    if not isinstance(value, list | tuple):
        return None
    names = [_name(one) for one in value]
    return None if None in names else names  # type: ignore[return-value]


def _pair(entry: Any) -> tuple[str, float | None] | None:
    """The name and number in an object or a pair."""
    if isinstance(entry, Mapping):
        if len(entry) == 2:
            first, second = entry.values()
            if isinstance(first, str) != isinstance(second, str):
                return _of_two(first, second) if isinstance(first, str) else _of_two(second, first)
        name, number = _first_of(entry, _NAMES), _first_of(entry, _NUMBERS)
        return _of_two(_name(name), number)
    if isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str):
        return _of_two(*entry)
    return None


def _of_two(name: str | None, number: Any) -> tuple[str, float | None] | None:
    if name is None or not (number is None or is_number(number)):
        return None
    return name, number if number is None else float_of(number)


def _of_two_lists(value: Mapping[str, Any]) -> Scores | None:
    """Those of an object of a list of names and a list of numbers."""
    if len(value) < 2:
        return None
    names, numbers = _first_of(value, _NAMES), _first_of(value, _NUMBERS)
    if not isinstance(names, list) or not isinstance(numbers, list) or len(names) != len(numbers):
        return None
    pairs = [_of_two(_name(name), number) for name, number in zip(names, numbers, strict=True)]
    return None if None in pairs else pairs  # type: ignore[return-value]


def _first_of(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    return next((value[key] for key in keys if key in value), None)


def _name(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) else None


def float_of(number: float) -> float:
    """A number of JSON as float64; an integer beyond its range is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def is_number(value: object) -> bool:
    """Whether a value is a number, and not true or false."""
    return isinstance(value, int | float) and not isinstance(value, bool)
