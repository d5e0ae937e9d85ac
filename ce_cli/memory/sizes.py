"""Sizes of memory as people write them: 2GB, 1500MB, 50%."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from ce_cli.errors import UsageError
from ce_cli.text import quoted

_UNITS = {"b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
_UNITS |= {f"{letter}{b}": 1000**n for n, letter in enumerate("kmgt", 1) for b in ("", "b")}
_SIZE = re.compile(r"(\d{1,20}(?:\.\d{0,20})?)\s*([a-z]{0,3}|%)", re.ASCII | re.IGNORECASE)


def bytes_of(size: str | int, total: Callable[[], int], least: int) -> int:
    """The number of bytes of a size; that of a percentage is a share of `total`.

    Raises
    ------
    UsageError
        It is not a size, or below `least`, what a run on a small file takes.
    """
    text = str(size).strip()
    found = None if isinstance(size, bool) else _SIZE.fullmatch(text)
    number, unit = found.groups() if found else ("", "?")
    share = float(number) / 100 if unit == "%" else None
    factor = 1 if unit == "" else _UNITS.get(unit.lower())
    if (factor is None and share is None) or (share is not None and not 0 < share <= 1):
        raise UsageError(
            f"--max-memory must be a size, such as 2GB, 1500MB or 50%, not {quoted(text)}."
        )
    value = total() * share if share is not None else float(number) * (factor or 1)
    if value < least:
        raise UsageError(
            f"--max-memory must be {shown(least).replace(' ', '')} or more, not {quoted(text)}; "
            "ce itself takes about that much."
        )
    return math.floor(value)


def shown(size: int) -> str:
    """A number of bytes, rounded: ``850 MB``, ``2 GB``, ``5.93 GB``."""
    for factor, unit in ((10**18, "EB"), (10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if size >= 0.9995 * factor:
            return f"{size / factor:.3g} {unit}"
    return f"{-(-size // 1000):,} kB"
