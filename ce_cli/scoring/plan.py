"""Scoring in three steps for whatever runs tasks: plan them, fold them, and make the result."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ce_cli.engines.engine import Fold, Folded, Task
from ce_cli.engines.threads import Threads
from ce_cli.errors import UsageError
from ce_cli.inputs import tasks
from ce_cli.inputs.dataset import DataSet
from ce_cli.record import Record
from ce_cli.results.score import Result
from ce_cli.scoring import folding, pieces
from ce_cli.scoring.pipeline import Begun, Pass, metric_states
from ce_cli.scoring.result import report
from ce_cli.scoring.run import Run
from ce_cli.scoring.score_files import Scored
from ce_cli.spec import Spec


class Plan(Record):
    """Files that are bound, and the tasks that score them.

    Attributes
    ----------
    tasks : tuple of Task
        Where the rows are, in order; picklable. Empty for a table, whose rows `fold.of_batches`
        takes.
    fold : TaskFold
        ``fold(task)`` is the result of a task, ``fold.merge(several)`` that of consecutive ones,
        and ``fold.empty()`` that of none; all are picklable.
    """

    tasks: tuple[tasks.Task, ...]
    fold: pieces.TaskFold[Scored]
    begun: Begun

    def result(self, folded: pieces.Folded[Scored]) -> Result:
        """The result, from that of all tasks.

        Parts of a text that turn out to begin inside of quotes are read again, in this process.

        Raises
        ------
        CeError
            The first error of the files, in their order.
        """
        scored, rows = folding.whole(InTurn(), self.fold, self.tasks, folded)
        if self.begun.repeated is not None:
            self.begun.repeated.add(scored.beginnings)
        read = scored.result.issues.read
        locations = folding.locations_of(self.begun.names, rows, read)
        return report(self.begun.ended(scored.result, locations))


class InTurn:
    """Folds one task after another in this process."""

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        """The merged results of all tasks."""
        return reduce(lambda one, task: fold.merge([one, fold(task)]), tasks, fold.empty())


def plan(data: DataSet, spec: Spec, workers: int = 1, task_bytes: int | None = None) -> Plan:
    """Bind the columns of a data set, and plan its tasks.

    Raises
    ------
    UsageError
        A plan cannot do this, with these options or this data.
    CeError
        The options or the first rows are invalid.
    """
    _check_possible(data, spec)
    begun = Pass(spec, metric_states(spec), Run(Threads(1))).begun(data)
    files = data.files
    planned = () if files is None else tuple(tasks.planned(files, workers, task_bytes))
    fold = folding.fold_of(begun.files(), files)
    return Plan(planned, fold, begun)


def _check_possible(data: DataSet, spec: Spec) -> None:
    """Refuse, before anything is read, what a plan cannot do."""
    if spec.balanced:
        raise UsageError(
            "--class-weight balanced reads the data twice, which a plan does not: give each class "
            "a weight."
        )
    if data.labels is not None:
        raise UsageError(
            "--labels is not possible in a plan: write the labels to the files of the predictions, "
            "or score them with --engine."
        )
    what = None if data.files is None else tasks.read_here_only(data.files)
    if what is not None:
        raise UsageError(
            f"A plan cannot read {what}, which cannot be divided into tasks: write the rows to a "
            "Parquet file."
        )
