"""Cells with one number in brackets, as frameworks print arrays and tensors of one element."""

from __future__ import annotations

import re

_LONGEST = 200
_NUMBER = r"([-+\u2212]?[\w.+\u2212-]+)"
_BRACKETS = r"[\[{]\s*" + _NUMBER + r"\s*,?\s*[\]}]"
_PAIR = r"\(\s*" + _NUMBER + r"\s*,\s*\)"  # without the comma, it may be a negative amount
_DEEP = r"\[\s*\[\s*" + _NUMBER + r"\s*\]\s*\]"
_CALL = (
    r"(?:(?:np|numpy|torch|tf|jnp)\.)?"
    r"(?:float\d*|u?int\d+|array|tensor|Tensor|Array)"
    r"\(\s*\[*\s*" + _NUMBER + r"\s*\]*(?:\s*,\s*\w+=[^()\[\],]*)*\s*\)"
)
_WRAPPED = re.compile(rf"\s*(?:{_BRACKETS}|{_PAIR}|{_DEEP}|{_CALL})\s*")


def unwrapped(text: str) -> str | None:
    """The text of the one number in a cell like ``[0.8]`` or ``tensor(0.8)``, None without one."""
    match = _WRAPPED.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        return None
    inner = next(group for group in match.groups() if group is not None)
    try:
        float(inner.replace("\u2212", "-"))
    except ValueError:
        return None
    return inner
