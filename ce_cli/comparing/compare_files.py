"""What tasks do for several models in one data set: score its rows for each, and sum the pairs."""

from __future__ import annotations

from ce_cli.binding.fits import Fits
from ce_cli.comparing.agreement import Agreement
from ce_cli.comparing.model_set import ModelSet
from ce_cli.comparing.paired_sums import PairedSums, SumPairs, folded
from ce_cli.comparing.scored_rows import ModelRows, RowsOfModels, ScoreModels
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Source
from ce_cli.record import Record


class PairedFiles(Record):
    """What was found in some rows: a monoid in their order.

    Attributes
    ----------
    rows : RowsOfModels
        For each model.
    agreement : Agreement
        Whether the models have the same labels and weights.
    sums : PairedSums or None
        None for no rows.
    """

    rows: RowsOfModels
    agreement: Agreement
    sums: PairedSums | None


class CompareFiles(Record):
    """The work on files; picklable.

    Attributes
    ----------
    models : ModelSet
        The models, without the readers of their files.
    job : ScoreModels
        How the rows are scored.
    pairs : SumPairs
        How they are summed.
    fits : Fits
        What each file has to have.
    """

    models: ModelSet
    job: ScoreModels
    pairs: SumPairs
    fits: Fits

    def of_source(self, part: int, source: Source, *, start: int | None) -> PairedFiles:
        """What is found in a file, or in the span of it that is read."""
        found = self.empty()
        if source.is_empty:
            return found
        self.fits.check_file(part, source)
        kept, sums = found.rows, []
        for split in source.splits(self.job.projection):
            if kept.issues[0].hide_the_rest:
                continue  # to its end, which the next span has to begin with
            for pieces in self.job(split):
                if pieces[0].scored.read:
                    sums.append(self._pairs(pieces, kept.issues[0].read, found.agreement))
                kept = kept.merge(RowsOfModels.of(pieces))
        return found.replace(rows=kept, sums=folded(sums))

    def empty(self) -> PairedFiles:
        """No rows."""
        models = self.models.models
        return PairedFiles(RowsOfModels.empty(len(models)), Agreement(models), None)

    def merge(self, earlier: PairedFiles, later: PairedFiles) -> PairedFiles:
        """What was found in the rows of both; associative."""
        before = earlier.rows.issues[0].read
        agreement = Agreement(self.models.models)
        agreement.merge(earlier.agreement, 0)
        agreement.merge(later.agreement, before)
        shifted = None if later.sums is None else later.sums.shifted(before)
        if earlier.sums is not None and shifted is not None:
            shifted = earlier.sums.merge(shifted)
        return PairedFiles(earlier.rows.merge(later.rows), agreement, shifted or earlier.sums)

    def issues(self, outcome: PairedFiles) -> RowIssues:
        """The issues of the rows, for one of the models."""
        return outcome.rows.issues[0]

    def _pairs(self, pieces: list[ModelRows], start: int, agreement: Agreement) -> PairedSums:
        rows = self.models.in_order([piece.scored.at(start) for piece in pieces])
        return self.pairs(self.models.with_groups(agreement(rows)))
