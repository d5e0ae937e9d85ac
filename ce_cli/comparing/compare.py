"""The flow of ``ce compare``: from data sets and options to a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ce_cli.comparing.agreement import Agreement
from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
from ce_cli.comparing.interval_notes import CLASSES
from ce_cli.comparing.model_set import ModelSet, reference_first
from ce_cli.comparing.paired_sums import SumPairs, folded
from ce_cli.comparing.row_alignment import RowAlignment
from ce_cli.comparing.summary import Summary
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.dataset import DataSet
from ce_cli.results.compare import Compared
from ce_cli.scoring.pipeline import check_possible, is_whole
from ce_cli.scoring.run import Run

if TYPE_CHECKING:
    from ce_cli.comparing.compare_files import PairedFiles
    from ce_cli.comparing.row_ranges import FilesOfRows


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
        The options.
    run : Run
        Where the work is done.
    groupings : sequence of sequence of str, optional
        Sets of grouping columns, each with groups of its own; by default one set of all columns.

    Raises
    ------
    CeError
        The options, the data or the files are invalid, or the rows do not match.
    """
    files: list[FilesOfRows] | None = None
    if run.elsewhere is not None:
        for one in data_sets:
            own = len(data_sets) > 1 or is_whole(one.data, one.models[0][1])
            check_possible(one.data, run, whole=own)
        if len(data_sets) > 1:
            from ce_cli.comparing.folded_ranges import files_in_order, folded_ranges

            files = files_in_order(reference_first(data_sets, plan.reference))
        if own and files is None:
            return _on_worker(data_sets, plan, run, groupings)
    model_set = ModelSet.of(data_sets, plan, run)
    spec = model_set.models[0].spec
    several = len(model_set.readers) > 1
    if plan.inner and several and spec.id is None:
        raise UsageError("--join inner needs row ids: name their column with --id COL.")
    by_key = several and spec.id is not None
    alignment = RowAlignment(model_set.readers, model_set.key, by_key, plan.inner)
    agreement = Agreement(model_set.models)
    binding = model_set.models[0].binding
    counted = binding.task in ("binary", "multiclass") and binding.class_count <= CLASSES
    work = SumPairs(
        plan.cluster is not None,
        plan.test == "sign-flip",
        plan.worst,
        binding.class_count if counted else 0,
    )
    if run.elsewhere is None:
        rows = (model_set.in_order(some) for some in alignment.rows(run))
        common = (model_set.with_groups(agreement(some)) for some in rows)
        sums = folded(run.near(work, common))
    elif files is not None:
        found = folded_ranges(model_set, files, work, alignment, run)
        if found is None:
            return _on_worker(data_sets, plan, run, groupings)
        agreement.merge(found.agreement, 0)
        sums = found.sums
    else:
        folded_sums = _folded_elsewhere(model_set, work, agreement, data_sets[0].data, run)
        if folded_sums is None:  # a label is joined twice: the rows in order show where
            return compare(data_sets, plan, run.here(), groupings)
        sums = folded_sums.sums
    for reader in model_set.readers:
        reader.refuse_bad()
    alignment.refuse()
    classes = model_set.classes
    agreement.refuse(classes, spec.id)
    if sums is None or not sums.rows:
        raise DataError("There are no rows that all models could score.")
    summary = Summary(model_set, plan, alignment, agreement.left_out, sums, classes)
    compared = summary.compared(groupings)
    return compared.replace(warnings=(*compared.warnings, *run.notes()))


def _on_worker(
    data_sets: Sequence[ModelData],
    plan: ComparisonPlan,
    run: Run,
    groupings: Sequence[Sequence[str]] | None,
) -> Compared:
    """The comparison, made by one worker."""
    from ce_cli.comparing.compare_all import CompareAll
    from ce_cli.scoring.on_worker import FilesElsewhere, on_worker

    sets = [(FilesElsewhere.of(one.data), one.models) for one in data_sets]
    work = CompareAll(sets, plan, groupings)
    compared = on_worker(run, work, [files for files, _ in sets])
    run.add_rows(sum(one.rows["read"] for one in compared.models))
    return compared.replace(warnings=(*compared.warnings, *run.notes()))


def _folded_elsewhere(
    model_set: ModelSet, work: SumPairs, agreement: Agreement, data: DataSet, run: Run
) -> PairedFiles | None:
    """What is found in the rows of one data set, folded by tasks; None as for `folded_files`."""
    from ce_cli.comparing.compare_files import CompareFiles
    from ce_cli.scoring.folding import folded_files

    (reader,) = model_set.readers
    job = reader.work(model_set.key)
    files = CompareFiles(model_set.replace(readers=()), job, work, reader.fits(job))
    folded_rows = folded_files(run, files, data, reader.labelled(job))
    if folded_rows is None:
        return None
    found, locations = folded_rows
    agreement.merge(found.agreement, 0)
    reader.take_over(found.rows, locations)
    run.add_rows(reader.read)
    return found
