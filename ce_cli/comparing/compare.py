"""The whole flow: from data sets and a plan to a comparison."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.comparing.agreement import Agreement
from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.paired_sums import SumPairs, folded
from ce_cli.comparing.row_alignment import RowAlignment
from ce_cli.comparing.summary import Summary
from ce_cli.errors import DataError, UsageError
from ce_cli.results.compare import Compared
from ce_cli.scoring.run import Run


def compare(
    data_sets: Sequence[ModelData],
    plan: ComparisonPlan,
    run: Run,
    groupings: Sequence[Sequence[str]] | None = None,
) -> Compared:
    """Score the rows that all models have, and compare each model with the reference.

    Parameters
    ----------
    data_sets : sequence of ModelData
        Two or more models in one data set or several.
    plan : ComparisonPlan
        How to compare.
    run : Run
        Where the work is done.
    groupings : sequence of sequence of str, optional
        Sets of grouping columns, to make the groups of one after another; by default all columns
        together.

    Raises
    ------
    CeError
        Whatever is wrong with the options, the data or the files, or rows that do not meet.
    """
    field = ModelSet.of(data_sets, plan, run)
    spec = field.entrants[0].spec
    several = len(field.feeds) > 1
    if plan.inner and several and spec.id is None:
        raise UsageError(
            "--join inner leaves out rows by their names: say with --id what they are."
        )
    by_key = several and spec.id is not None
    meeting = RowAlignment(field.feeds, field.key, by_key, plan.inner)
    agreement = Agreement(field.entrants)
    work = SumPairs(plan.cluster is not None, plan.test == "sign-flip", plan.worst)
    rows = meeting.rows(run)
    tally = folded(work(field.with_groups(agreement(field.in_order(some)))) for some in rows)
    for feed in field.feeds:
        feed.refuse_bad()
    meeting.refuse()
    classes = field.classes
    agreement.refuse(classes, spec.id)
    if tally is None or not tally.rows:
        raise DataError("No row is left that all models could score.")
    summary = Summary(field, plan, meeting, agreement.left_out, tally, classes)
    return summary.compared(groupings)
