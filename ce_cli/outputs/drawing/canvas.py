"""The place that output is drawn on: its width, and whether it shows colours."""

from __future__ import annotations

from ce_cli.record import Record


class Canvas(Record):
    """Properties of the place that output is drawn on.

    Attributes
    ----------
    width : int or None
        Columns of a terminal; a pipe or a file has none.
    colour : bool
        Whether escape sequences are understood.
    """

    width: int | None = None
    colour: bool = False
