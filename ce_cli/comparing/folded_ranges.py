"""Compare data sets of the same rows in the same order by ranges of rows, folded elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.comparing.bound_models import ModelData
from ce_cli.comparing.compare_ranges import CompareRanges, PairedRows
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.order_check import OrderCheck
from ce_cli.comparing.paired_sums import SumPairs
from ce_cli.comparing.row_alignment import RowAlignment
from ce_cli.comparing.row_ranges import FilesOfRows, files_of_rows, ranges_of
from ce_cli.errors import CeError
from ce_cli.inputs.anywhere import Home
from ce_cli.scoring.run import Run
from ce_cli.storage.options import in_force


def files_in_order(data_sets: Sequence[ModelData]) -> list[FilesOfRows] | None:
    """The files of several data sets, if all say how many rows they have, to be paired in order."""
    if any(one.data.labels is not None or one.models[0][1].id is not None for one in data_sets):
        return None
    found: list[FilesOfRows] = []
    for one in data_sets:
        try:
            files = files_of_rows(one.data)
        except CeError:
            return None  # whoever reads the files in order finds this error, or an earlier one
        if files is None:
            return None
        found.append(files)
    return found


def folded_ranges(
    model_set: ModelSet,
    files: Sequence[FilesOfRows],
    pairs: SumPairs,
    alignment: RowAlignment,
    run: Run,
) -> PairedRows | None:
    """What is found in the rows; the readers of the data sets take over what is theirs.

    None if all rows have to be read in order: they may be in another order, and only that shows
    which row tells so; or a file has other rows than it says.

    Raises
    ------
    CeError
        The first error, in the order of the rows.
    """
    readers, key, engine = model_set.readers, model_set.key, run.elsewhere
    assert engine is not None
    order = OrderCheck(readers, key)
    jobs = tuple(one.work(key, own) for one, own in zip(readers, order.indices, strict=True))
    fits = tuple(reader.fits(job) for reader, job in zip(readers, jobs, strict=True))
    models = model_set.replace(readers=())
    fold = CompareRanges(models, tuple(files), jobs, fits, order.columns, pairs, in_force())
    found = engine.folded(fold, ranges_of(files, engine.workers, run.task_bytes))
    if fold.columns.may_differ(found.order):
        return None
    if found.error is not None:
        raise Home.here().at_home(found.error, f"the workers of --engine {run.name}") from None
    read = [rows.issues[0].read for rows in found.rows]
    if read != [one.rows for one in files]:
        return None
    if len({*read}) == 1 and found.order.are_reordered:
        return None
    for reader, rows, one in zip(readers, found.rows, files, strict=True):
        names = reader.models[0].files
        reader.take_over(rows, one.locations(names, rows.issues[0].read))
    run.add_rows(sum(read))
    alignment.compare_counts()
    return found
