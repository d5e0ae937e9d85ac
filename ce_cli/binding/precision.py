"""The precision in which probabilities are stored, as messages name it."""

from __future__ import annotations

from collections.abc import Iterable

from ce_cli.binding.predictions import EPSILON, TOLERANCE

_NAMES = {"float64": "double", "float32": "single", "float16": "half"}


def stored_how(stored: Iterable[str]) -> str:
    """``in single precision``, or ``as text``, for the coarsest of `stored`."""
    coarsest = max(stored, key=lambda one: EPSILON[one])
    return "as text" if coarsest == "text" else f"in {_NAMES[coarsest]} precision"


def precision_of_clip(clip: str) -> str | None:
    """The precision whose automatic clip is written so; None if it is that of none."""
    names = {f"{EPSILON[stored]:.2g}": name for stored, name in _NAMES.items()}
    own = names.get(clip.removeprefix("0="))  # the signature of a clip of zeros only
    return own and f"{own} precision"


def options_for(stored: Iterable[str]) -> str:
    """The options that suit files of all these precisions."""
    stored = list(stored)
    clip, tolerance = (max(of[one] for one in stored) for of in (EPSILON, TOLERANCE))
    return f"--clip {clip:.2g} --sum-tolerance {tolerance:.2g}"
