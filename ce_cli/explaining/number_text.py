"""Read numbers from typed text, and check that they are probabilities."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.predictions import TOLERANCE
from ce_cli.binding.rows.prediction_rows import ROUNDING
from ce_cli.errors import UsageError
from ce_cli.text import quoted

Floats = NDArray[np.float64]

_PERCENT = 100.0 * TOLERANCE["text"]  # how far people's percentages are from 100 in sum
_LONGEST_EXAMPLE = 8  # numbers


def numbers_in(text: str, option: str) -> Floats:
    """Read ``0.7,0.2,0.1``, ``1/3 2/3`` or ``70%,30%``.

    Raises
    ------
    UsageError
        There is no number, or a word that is not a number.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    if not words:
        raise UsageError(f"{option} has no numbers: write for example {option} 0.7,0.2,0.1.")
    return np.array([_number(word, option) for word in words])


def _number(word: str, option: str) -> float:
    upper, slash, lower = word.removesuffix("%").partition("/")
    try:
        value = float(upper) / (float(lower) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if math.isnan(value) or "_" in word:
        raise UsageError(
            f"{option}: {quoted(word)} is not a number; write for example {option} 0.7,0.2,0.1."
        )
    return value / 100.0 if word.endswith("%") else value


def within_one(numbers: Floats, option: str, otherwise: str) -> Floats:
    """Check that numbers are in [0, 1]; those outside by rounding are moved to the limit.

    Parameters
    ----------
    numbers : ndarray, shape (K,)
        As they were typed.
    option : str
        Where: ``--p``, or ``--q 90,10`` of several.
    otherwise : str
        What else they may be, with the option that reads them so; ends in ``"; "``, or is empty.

    Raises
    ------
    UsageError
        One of them is outside.
    """
    outside = numbers[(numbers < -ROUNDING) | (numbers > 1.0 + ROUNDING)]
    if len(outside):
        if _are_percentages(numbers):
            raise UsageError(
                f"{option}: {outside[0]:g} is not a probability between 0 and 1; the sum is "
                f"{numbers.sum():g}, so add percent signs{_example(numbers, option)}."
            )
        raise UsageError(
            f"{option}: {outside[0]:g} is not a probability between 0 and 1; {otherwise}write "
            "percentages as 70%."
        )
    return np.clip(numbers, 0.0, 1.0)


def _are_percentages(numbers: Floats) -> bool:
    """Whether the numbers would be a distribution as percentages."""
    total = float(numbers.sum())
    return len(numbers) > 1 and bool((numbers >= 0).all()) and abs(total - 100.0) <= _PERCENT


def _example(numbers: Floats, option: str) -> str:
    """The option with percentages, unless it is long."""
    if len(numbers) > _LONGEST_EXAMPLE:
        return ""
    shown = [f"{number!r}%".replace(".0%", "%") for number in numbers.tolist()]
    return f": {option.partition(' ')[0]} {','.join(shown)}"
