"""Plan the scoring of files for an engine of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ce_cli.api.data import data_set, given
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, settings
from ce_cli.options.commands import ScoreOptions
from ce_cli.scoring import plan as planning
from ce_cli.scoring.plan import Plan

if TYPE_CHECKING:
    from ce_cli.api.data import Data


def plan(
    data: Data, *, workers: int = 1, task_bytes: int | None = None, **options: Unpack[ScoreOptions]
) -> Plan:
    r"""Plan what ``ce score`` does, for an engine of your own: Ray, a queue, a loop.

    Parameters
    ----------
    data : path, sequence of paths, or table
        Files that the workers can open under the same names. Of a table, such as the first rows
        of a distributed one, only the columns are bound: `Plan.fold` takes its rows.
    workers : int
        How many tasks are worked on at once, for their size.
    task_bytes : int, optional
        The size of a task; by default from 64 MB to 1 GB.
    **options
        The options of `ce_cli.score`.

    Returns
    -------
    Plan
        ``plan.tasks``, ``plan.fold`` and ``plan.result(folded)``.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from ce_cli import plan
    >>> file = pathlib.Path(tempfile.mkdtemp(), "preds.csv")
    >>> _ = file.write_text("label,prob\n1,0.5\n0,0.5\n")
    >>> planned = plan(file, base="2")
    >>> found = [planned.fold(task) for task in planned.tasks]  # wherever that is
    >>> planned.result(planned.fold.merge(found)).metrics["cross_entropy"]
    1.0
    """
    with in_python_terms(options):
        chosen = checked(options, ScoreOptions)
        spec, reading = settings(chosen)
        found = given(data)
        spec = found.bound(spec)
        rows = data_set(found, chosen, spec, reading)
        return planning.plan(rows, spec, workers, task_bytes)
