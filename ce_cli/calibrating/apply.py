"""The flow of ``ce calibrate apply``: rows with recalibrated predictions, and all else kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import check_fits
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.prediction_rows import (
    check_predictions,
    read_predictions,
    settle_unnamed,
)
from ce_cli.calibrating.applied_columns import Applied, applied_to
from ce_cli.calibrating.written import alike, cells, with_predictions
from ce_cli.errors import CeError, DataError
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Frame, Source, Split
from ce_cli.kernels.calibration import Calibration
from ce_cli.record import Record
from ce_cli.results.calibrate import Calibrated
from ce_cli.scoring.prepared import up_to_first_row
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

    Write = Callable[[pa.Table], None]

Floats = NDArray[np.float64]


class ApplySplit(Record):
    """The work on each split; picklable."""

    binding: Binding
    calibration: Calibration
    spec: Spec
    names: tuple[str, ...]

    def __call__(self, task: tuple[int, Split]) -> tuple[int, RowIssues, list[pa.Table]]:
        """Read one split of part ``task[0]``, and recalibrate its rows."""
        part, split = task
        issues, tables = RowIssues.of(), []
        for frame in split.frames():
            checked, matrix = self._read(frame)
            with np.errstate(all="ignore"):  # rows without a prediction hold anything
                matrix = self.calibration.predictions(matrix)
            own = cells(matrix, checked.keep, self.binding)
            tables.append(with_predictions(frame, self.names, own))
            issues = issues.merge(
                RowIssues.of(
                    checked.issues,
                    read=frame.rows,
                    scored=int(checked.keep.sum()),
                    skipped=checked.skipped,
                )
            )
        return part, issues, tables

    def _read(self, frame: Frame) -> tuple[CheckedRows, Floats]:
        checked, binding, spec = CheckedRows(frame), self.binding, self.spec
        matrix, unnamed = read_predictions(checked, binding, spec)
        if unnamed is not None:
            nothing = np.zeros(matrix.shape, np.bool_)
            matrix = settle_unnamed(checked, matrix, unnamed, nothing, binding, spec)
        checked.settle_missing(spec.missing == "skip")
        return checked, check_predictions(checked, matrix, unnamed, binding, spec)


def apply(data: DataSet, spec: Spec, fitted: Calibrated, run: Run, write: Write) -> int:
    """Recalibrate the predictions of files, and write their rows in order.

    Parameters
    ----------
    data : DataSet
        The files; the first one decides which columns the predictions are.
    spec : Spec
        The columns and classes that were named, and how to read numbers.
    fitted : Calibrated
        The calibration, and the columns that it was fitted to.
    run : Run
        The engine and the progress.
    write : callable
        Called with tables of the rows.

    Returns
    -------
    int
        How many rows were recalibrated.

    Raises
    ------
    CeError
        The columns are not there, are of other classes or of another kind, or rows are bad.
    """
    sources = data.sources()
    leading = up_to_first_row(sources)
    first = leading[-1]
    if not first.columns():
        raise DataError(f"{first.name}: the file is empty.")
    try:
        applied = applied_to(first, spec, fitted)
    except CeError as error:
        raise error.about(first.name) from None
    names = tuple(column.name for column in first.columns())
    work = ApplySplit(applied.binding, applied.calibration, applied.spec, names)
    total, locations = RowIssues.of(), RowLocations(data.names)
    schema: pa.Schema | None = None
    splits = _splits(chain(leading, sources), applied.binding, names)
    for part, issues, tables in run.results(work, splits):
        locations = locations.begun(part, total.read)
        total = total.merge(issues)
        _refuse_bad(total, locations, applied)
        run.add_rows(issues.read)
        for table in tables:
            schema = table.schema if schema is None else schema
            write(alike(table, schema, locations.names[part]))
    if not total.read:
        raise DataError(f"{locations.title}: there is no data row.")
    return total.scored


def _splits(
    sources: Iterable[Source], binding: Binding, names: Sequence[str]
) -> Iterator[tuple[int, Split]]:
    """The splits of all files, each with the number of its file; they have the same columns."""
    others = tuple(name for name in names if name not in binding.predictions)
    projection = binding.projection.replace(
        texts=others, verbatim=others, words=(), numbers=binding.projection.numbers
    )
    for part, source in enumerate(sources):
        if source.is_empty:
            continue
        check_fits(source, binding.replace(by=others), source.name if part else "")
        for split in source.splits(projection):
            yield part, split


def _refuse_bad(total: RowIssues, locations: RowLocations, applied: Applied) -> None:
    bad = fatal(list(total.by_kind.values()), applied.spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, locations, applied.binding.classes, total))
