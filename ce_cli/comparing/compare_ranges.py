"""What tasks do for models in several data sets with the same rows in the same order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce

from ce_cli.binding.fits import Fits
from ce_cli.comparing.agreement import Agreement
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.order_evidence import OrderColumns, OrderEvidence
from ce_cli.comparing.paired_sums import PairedSums, SumPairs, folded
from ce_cli.comparing.row_alignment import in_step
from ce_cli.comparing.row_ranges import FilesOfRows, RowRange
from ce_cli.comparing.scored_rows import RowsOfModels, ScoredRows, ScoreModels
from ce_cli.errors import CeError
from ce_cli.memory.limit import check
from ce_cli.record import Record
from ce_cli.storage.options import StorageOptions, using


class PairedRows(Record):
    """What was found in some rows: a monoid in their order.

    Attributes
    ----------
    rows : tuple of RowsOfModels
        For the models of each data set.
    agreement : Agreement
        Whether the models have the same labels and weights.
    order : OrderEvidence
        Whether the rows are in the same order.
    sums : PairedSums or None
        None for no rows.
    error : CeError or None
        Why there is no more of them.
    """

    rows: tuple[RowsOfModels, ...]
    agreement: Agreement
    order: OrderEvidence
    sums: PairedSums | None = None
    error: CeError | None = None


class CompareRanges(Record):
    """The fold of ranges of rows; picklable.

    Attributes
    ----------
    models : ModelSet
        The models, without the readers of their files.
    files : tuple of FilesOfRows
        The files of each data set.
    jobs : tuple of ScoreModels
        How the rows of each are scored.
    fits : tuple of Fits
        What each file of each has to have.
    columns : OrderColumns
        The columns that show the order of rows.
    pairs : SumPairs
        How the rows are summed.
    storage : StorageOptions
        How stores are reached.
    """

    models: ModelSet
    files: tuple[FilesOfRows, ...]
    jobs: tuple[ScoreModels, ...]
    fits: tuple[Fits, ...]
    columns: OrderColumns
    pairs: SumPairs
    storage: StorageOptions = StorageOptions()

    def __call__(self, task: RowRange) -> PairedRows:
        """What is found in a range of rows."""
        try:
            with using(self.storage):
                return self._paired(task)
        except CeError as error:
            return self.empty().replace(error=error)

    def merge(self, several: Sequence[PairedRows]) -> PairedRows:
        """What was found in consecutive ranges; of errors, the first counts."""
        read: list[PairedRows] = []
        for one in several:
            read.append(one)
            if one.error is not None:
                break
        if len(read) < 2:
            return read[0] if read else self.empty()
        agreement = self._agreement()
        for one in read:
            agreement.merge(one.agreement, 0)  # rows are numbered from the first of all
        return PairedRows(
            tuple(
                reduce(RowsOfModels.merge, own) for own in zip(*(x.rows for x in read), strict=True)
            ),
            agreement,
            reduce(OrderEvidence.merge, (one.order for one in read)),
            folded(one.sums for one in read if one.sums is not None),
            read[-1].error,
        )

    def empty(self) -> PairedRows:
        """What is found in no rows."""
        rows = tuple(RowsOfModels.empty(len(job.bindings)) for job in self.jobs)
        return PairedRows(rows, self._agreement(), self.columns.empty())

    def _agreement(self) -> Agreement:
        return Agreement(self.models.models)

    def _paired(self, task: RowRange) -> PairedRows:
        found = self.empty()
        rows, order = list(found.rows), found.order

        def pairs() -> Iterator[PairedSums]:
            nonlocal order
            streams = [self._stream(task, place, rows) for place in range(len(self.files))]
            for step in in_step(streams):
                if not all(step):
                    continue  # rows that only some have, which are counted
                order = order.merge(self.columns.of(step))
                every = self.models.in_order([one for some in step for one in some])
                yield self.pairs(self.models.with_groups(found.agreement(every)))
                check("the rows that were read so far", "compare fewer rows at once")

        sums = folded(pairs())
        return found.replace(rows=tuple(rows), order=order, sums=sums)

    def _stream(
        self, task: RowRange, place: int, kept: list[RowsOfModels]
    ) -> Iterator[list[ScoredRows]]:
        """The rows of a data set, numbered; what is kept of them is added to `kept`."""
        job, at = self.jobs[place], task.start
        for part, source in self.files[place].opened(task.start, task.stop):
            self.fits[place].check_file(part, source)
            for split in source.splits(job.projection):
                for pieces in job(split):
                    kept[place] = kept[place].merge(RowsOfModels.of(pieces))
                    read = pieces[0].scored.read
                    if read:
                        yield [piece.scored.at(at) for piece in pieces]
                    at += read
