"""What is examined of whole files, or of parts of them, beside their rows."""

from __future__ import annotations

from ce_cli.binding.fits import Fits
from ce_cli.errors import DataError
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Projection, Source
from ce_cli.inspection.examine import Exam, ExamineSplit, projection_of
from ce_cli.record import Record
from ce_cli.results.inspect import Finding
from ce_cli.scoring.repeated_files import Beginning, beginning


class Examined(Record):
    """What was found in some files: a monoid in their order.

    Attributes
    ----------
    exam : Exam
        Of the rows.
    findings : tuple of Finding
        About files that do not fit the first.
    without_rows : tuple of str
        The files that have no rows.
    beginnings : tuple of Beginning
        How the files begin, if that is compared.
    fits : bool
        Of one file: whether its rows are examined.
    """

    exam: Exam
    findings: tuple[Finding, ...] = ()
    without_rows: tuple[str, ...] = ()
    beginnings: tuple[Beginning, ...] = ()
    fits: bool = True


class ExamineFiles(Record):
    """The work on files; picklable.

    Attributes
    ----------
    split : ExamineSplit
        The work on each split.
    fits : Fits or None
        What each file has to have; None if the columns could not be bound.
    first : int
        The number of the first file that has a row, which the others have to fit.
    compared : bool
        Whether the beginnings of files are compared.
    """

    split: ExamineSplit
    fits: Fits | None
    first: int
    compared: bool

    def of_source(self, part: int, source: Source, *, start: int | None) -> Examined:
        """What is found in a file, or in the span of it that is read."""
        found = self.noted(part, source)
        if found.fits:
            total, projection = found.exam, self.projection(source)
            for split in source.splits(projection):
                if total.issues.hide_the_rest:
                    continue  # to its end, which the next span has to begin with
                total = total.merge(self.split((part, split, projection))[1])
            found = found.replace(exam=total)
        return found if start == 0 else Examined(found.exam)

    def noted(self, part: int, source: Source) -> Examined:
        """What is found in a file without its rows, and whether those are examined."""
        nothing = self.empty()
        if source.is_empty:
            return nothing.replace(without_rows=(source.name,), fits=False)
        compared = None if self.fits is None else self.fits.bindings[0]
        begins = tuple(beginning(source, part, compared)) if self.compared else ()
        findings, fits = self._misfits(part, source)
        return nothing.replace(findings=findings, beginnings=begins, fits=fits)

    def projection(self, source: Source) -> Projection:
        """The columns of a file that are examined."""
        return projection_of(source.columns(), self.split.binding, self.split.missing_texts)

    def empty(self) -> Examined:
        """Nothing was found."""
        return Examined(self.split.empty())

    def merge(self, earlier: Examined, later: Examined) -> Examined:
        """What was found in both; associative."""
        return Examined(
            earlier.exam.merge(later.exam),
            earlier.findings + later.findings,
            earlier.without_rows + later.without_rows,
            earlier.beginnings + later.beginnings,
        )

    def issues(self, outcome: Examined) -> RowIssues:
        """The issues of the rows."""
        return outcome.exam.issues

    def _misfits(self, part: int, source: Source) -> tuple[tuple[Finding, ...], bool]:
        """How a file does not fit the first, and whether its rows are examined nevertheless."""
        if self.fits is None:
            return (), True
        try:
            self.fits.check_columns(0 if part == self.first else part or 1, source)
        except DataError as error:
            message = f"{error} Its rows were not inspected."
            return (Finding("other_file", "error", message),), False
        try:
            if part != self.first:
                self.fits.check_precision(source)
        except DataError as error:
            return (Finding("other_precision", "error", str(error)),), True
        return (), True
