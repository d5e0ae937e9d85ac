"""Columns chosen for a role, and the reason."""

from __future__ import annotations

from typing import Literal

from ce_cli.record import Record

Reason = Literal["option", "name", "labels", "values"]


class Chosen(Record):
    """The columns of a role.

    Attributes
    ----------
    columns : tuple of str
        In the order of the file, or of the options.
    reason : {"option", "name", "labels", "values"}
        Whether an option names them, their own names show the role, their names are those of the
        labels, or their values leave no other choice.
    """

    columns: tuple[str, ...]
    reason: Reason = "name"
