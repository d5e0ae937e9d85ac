"""Names of columns that pandas wrote from several levels: ``('proba', '0')`` is ``proba_0``."""

from __future__ import annotations

from collections.abc import Sequence


def joined_levels(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns with their levels joined; unchanged if two would be alike."""
    joined = tuple(map(_joined, names))
    return joined if len(set(joined)) == len(set(names)) else tuple(names)


def _joined(name: str) -> str:
    if not (name.startswith("(") and name.endswith(")") and len(name) < 1000):
        return name
    import ast

    try:
        levels = ast.literal_eval(name)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return name
    if not isinstance(levels, tuple) or len(levels) < 2:
        return name
    if not all(isinstance(level, str | int | float | bool) for level in levels):
        return name
    return "_".join(str(level) for level in levels if level != "") or name
