"""The result of comparing a score with a baseline, for either kind of baseline."""

from __future__ import annotations

from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.score import Note


class GroupComparison(Record):
    """One group compared with the same group of the baseline.

    Attributes
    ----------
    by : dict of str to str or None
        The group.
    comparison : Comparison or None
        None if the two cannot be compared.
    reason : str
        Why not, in one sentence; empty if they can.
    """

    by: dict[str, str | None]
    comparison: Comparison | None
    reason: str = ""


class BaselineComparison(Record):
    """A score compared with a baseline.

    Attributes
    ----------
    name : str
        The name of the baseline shown to the user.
    paired : bool
        Whether the two were compared row by row.
    whole : Comparison
        The comparison on all rows.
    groups : tuple of GroupComparison
        The groups by every requested set of columns, one set after another; a group that only
        one side has is included.
    """

    name: str
    paired: bool
    whole: Comparison
    groups: tuple[GroupComparison, ...] = ()
    warnings: tuple[Note, ...] = ()
