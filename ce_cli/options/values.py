"""From what was typed, written down or passed from Python to the values of options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from ce_cli.errors import UsageError
from ce_cli.text import quoted

BALANCED = "balanced"
ClassWeights = tuple[tuple[str, float], ...] | Literal["balanced"]


def names(value: object) -> tuple[str, ...]:
    """One text or several; anything else by how it is written."""
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    return tuple(str(one) for one in several)


def separated_names(value: object) -> tuple[str, ...]:
    """Names between commas, with quotes around those that hold one as in a CSV file; or several."""
    if not isinstance(value, str):
        return names(value)
    import csv

    fields = next(csv.reader([value], skipinitialspace=True), [])
    return tuple(name.strip() for name in fields)


def class_weights(value: object) -> ClassWeights:
    """A mapping, or texts ``CLASS=W``, or ``balanced`` alone.

    Raises
    ------
    UsageError
        A text is neither, or a class is named twice.
    """
    if isinstance(value, Mapping):
        return tuple((str(name), float(weight)) for name, weight in value.items())
    texts = names(value)
    if texts == (BALANCED,):
        return "balanced"
    weights: dict[str, float] = {}
    for text in texts:
        name, _, number = text.rpartition("=")
        if not name or name in weights:
            why = "names a class twice" if name else "is not CLASS=W, or balanced alone"
            raise UsageError(f"--class-weight {quoted(text)} {why}.")
        try:
            weights[name] = float(number)
        except ValueError:
            raise UsageError(
                f"--class-weight {quoted(text)}: the weight is not a number."
            ) from None
    return tuple(weights.items())


def clip(value: Any) -> float | None:
    """Where to clip: None for ``auto``, 0 for ``none``.

    Raises
    ------
    UsageError
        It is neither of these nor a number.
    """
    words = {"auto": None, "none": 0.0}
    if value in words:
        return words[value]
    try:
        return float(value)
    except (TypeError, ValueError):
        raise UsageError(f"--clip {quoted(str(value))} is not auto, none or a number.") from None


def delimiter(value: str) -> str:
    """The character; a tab may be spelled out, or as a backslash and a t."""
    return {"\\t": "\t", "tab": "\t"}.get(value, value)


def thread_count(value: int | None) -> int:
    """As many as given, or one for each processor that this process may use."""
    if value is not None:
        return value
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
