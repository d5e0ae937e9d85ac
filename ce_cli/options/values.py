"""Converting what is typed, configured or passed from Python to the values of options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ce_cli.errors import UsageError
from ce_cli.text import quoted

BALANCED = "balanced"
ClassWeights = tuple[tuple[str, float], ...] | Literal["balanced"]


def names(value: object) -> tuple[str, ...]:
    """One text or several, as a tuple; other values are converted to text."""
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    return tuple(str(one) for one in several)


def separated_names(value: object) -> tuple[str, ...]:
    """Names separated by commas, quoted as in a CSV file if they contain one; or several texts."""
    if not isinstance(value, str):
        return names(value)
    import csv

    try:
        fields = next(csv.reader([value], skipinitialspace=True), [])
    except csv.Error:
        raise UsageError(f"{quoted(value)} is not a list of names between commas.") from None
    return tuple(name.strip() for name in fields)


def class_weights(value: object) -> ClassWeights:
    """A mapping, or texts ``CLASS=W``, or ``balanced`` alone.

    Raises
    ------
    UsageError
        A text is neither, a weight is not a number, or a class is named twice.
    """
    if isinstance(value, Mapping):
        return weights_of(value)
    texts = names(value)
    if texts == (BALANCED,):
        return "balanced"
    weights: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or name in weights:
            if name:
                raise _named_twice(name)
            raise UsageError(
                f"--class-weight must be CLASS=W, or balanced alone, not {quoted(text)}."
            )
        try:
            weights[name] = float(number)
        except ValueError:
            raise UsageError(
                f"--class-weight {quoted(text)}: the weight must be a number."
            ) from None
    return tuple(weights.items())


def weights_of(value: Mapping[Any, Any]) -> tuple[tuple[str, float], ...]:
    """The weights of a mapping from classes.

    Raises
    ------
    UsageError
        A weight is not a number, or a class is named twice.
    """
    weights: dict[str, float] = {}
    for name, weight in zip(map(str, value), value.values(), strict=True):
        if name in weights:
            raise _named_twice(name)
        try:
            weights[name] = float(weight)
        except OverflowError:
            raise UsageError(f"--class-weight of {quoted(name)} is too large.") from None
        except (TypeError, ValueError):
            raise UsageError(
                f"--class-weight of {quoted(name)} must be a number, not {quoted(str(weight))}."
            ) from None
    return tuple(weights.items())


def _named_twice(name: str) -> UsageError:
    return UsageError(f"--class-weight names the class {quoted(name)} twice.")


def clip(value: Any) -> float | None:
    """The value to clip at: None for ``auto``, 0 for ``none``.

    Raises
    ------
    UsageError
        It is not one of these, nor a number.
    """
    words = {"auto": None, "none": 0.0}
    if isinstance(value, str) and value in words:
        return words[value]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"--clip must be auto, none or a number, not {quoted(str(value))}."
        ) from None


def delimiter(value: str) -> str:
    """The character; a tab may be typed as ``tab``, or as a backslash and a t."""
    return {"\\t": "\t", "tab": "\t"}.get(value, value)


def thread_count(value: int | None) -> int:
    """The number of threads; by default one for each processor that this process may use."""
    if value is not None:
        return value
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
