"""What a comparison with a baseline found, whatever the baseline is."""

from __future__ import annotations

from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.score import Note


class GroupComparison(Record):
    """One group held against the same one of the baseline.

    Attributes
    ----------
    by : dict of str to str or None
        The group.
    comparison : Comparison or None
        None where the two cannot be compared.
    reason : str
        Why not, in one sentence.
    """

    by: dict[str, str | None]
    comparison: Comparison | None
    reason: str = ""


class BaselineComparison(Record):
    """A score held against a baseline.

    Attributes
    ----------
    name : str
        Of the baseline, as it is shown.
    paired : bool
        Whether the rows of both were compared one by one.
    whole : Comparison
        On all rows.
    groups : tuple of GroupComparison
        Of all sets of columns that were asked for, one after another; a group of either side is
        there once.
    """

    name: str
    paired: bool
    whole: Comparison
    groups: tuple[GroupComparison, ...] = ()
    warnings: tuple[Note, ...] = ()
