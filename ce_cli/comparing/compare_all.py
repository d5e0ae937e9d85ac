"""What one worker does to compare models whose rows cannot be divided into tasks."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
from ce_cli.record import Record
from ce_cli.results.compare import Compared
from ce_cli.scoring.on_worker import FilesElsewhere, worker_run
from ce_cli.spec import Spec


class CompareAll(Record):
    """``ce compare`` on a worker.

    Attributes
    ----------
    sets : sequence of (FilesElsewhere, tuple of (str, Spec))
        The files of each data set, and its models.
    plan : ComparisonPlan
        The options.
    groupings : sequence of sequence of str, optional
        As for `ce_cli.comparing.compare.compare`.
    """

    sets: Sequence[tuple[FilesElsewhere, tuple[tuple[str, Spec], ...]]]
    plan: ComparisonPlan
    groupings: Sequence[Sequence[str]] | None = None

    def __call__(self) -> Compared:
        """The comparison."""
        from ce_cli.comparing.compare import compare

        data = [ModelData(files.opened(own[0][1]), own) for files, own in self.sets]
        return compare(data, self.plan, worker_run(), self.groupings)
