"""Where text goes: how wide it is, and whether it shows colours."""

from __future__ import annotations

from ce_cli.value import Value

UNBOUNDED = 100_000


class Canvas(Value):
    """Properties of the place that output is drawn on.

    Attributes
    ----------
    width : int
        Columns; a pipe or a file has no bound.
    colour : bool
        Whether escape sequences are understood.
    """

    width: int = UNBOUNDED
    colour: bool = False
