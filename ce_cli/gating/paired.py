"""A baseline that is predictions for the same rows, compared row by row."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.errors import UsageError
from ce_cli.gating.against import Against
from ce_cli.gating.plans import Plan
from ce_cli.result import Result
from ce_cli.spec import Spec
from ce_cli.text import display_name


def paired_comparison(
    plan: Plan, spec: Spec, result: Result, groupings: Sequence[Sequence[str]]
) -> Against:
    """Compare the files of a gate with the predictions of ``plan.limits.baseline``.

    Parameters
    ----------
    plan : Plan
        The files, the baseline, the file of labels, and how all are read.
    spec : Spec
        What was computed; its `by` are the columns of all groupings.
    result : Result
        The score of the files.
    groupings : sequence of sequence of str
        Sets of columns, of whose groups `Against.groups` has to say how they compare.

    Raises
    ------
    UsageError
        It is not possible yet.
    """
    raise UsageError(
        f"{display_name(plan.limits.baseline or '')}: a baseline of predictions cannot be compared "
        "yet: give what ce score --json wrote of them."
    )
