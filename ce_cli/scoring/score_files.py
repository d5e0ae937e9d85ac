"""What tasks do for ``ce score``: the result of the rows of files, and how the files begin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import Fits
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.source import Source
from ce_cli.outputs.tables.row_parts import RowPart, RowParts
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.reduce import ScoreSplit, SplitResult
from ce_cli.scoring.row_losses import RowLosses

if TYPE_CHECKING:
    from ce_cli.outputs.tables.rows import Write
    from ce_cli.scoring.repeated_files import Beginning


class Scored(Record):
    """The result of some rows: a monoid in their order.

    Attributes
    ----------
    result : SplitResult
        The result.
    beginnings : tuple of Beginning
        How their files begin, if that is compared.
    parts : tuple of RowPart
        Where the rows were written, if they are.
    """

    result: SplitResult
    beginnings: tuple[Beginning, ...] = ()
    parts: tuple[RowPart, ...] = ()


class ScoreFiles(Record):
    """The work on files; picklable.

    Attributes
    ----------
    split : ScoreSplit
        The work on each split.
    fits : Fits
        What each file has to have.
    compared : Binding or None
        The columns in which the beginnings of files are compared; None if they are not.
    written : RowParts or None
        Where every row is written, if it is.
    """

    split: ScoreSplit
    fits: Fits
    compared: Binding | None = None
    written: RowParts | None = None

    def of_source(self, part: int, source: Source, *, start: int | None) -> Scored:
        """The result of a file, or of the span of it that is read."""
        if source.is_empty:
            return self.empty()
        self.fits.check_file(part, source)
        begins = self._beginnings(part, source) if start == 0 else ()
        if self.written is None:
            return Scored(self._total(part, source, None), begins)
        with self.written.part(part, start or 0) as (name, write):
            total = self._total(part, source, write)
        own = RowPart(part, name if total.issues.scored else "", total.issues.read)
        return Scored(total, begins, (own,))

    def _total(self, part: int, source: Source, write: Write | None) -> SplitResult:
        """The result of all splits, whose rows are written."""
        total = self.split.empty()
        for split in source.splits(self.split.binding.projection):
            if total.issues.hide_the_rest:
                continue  # to its end, which the next span has to begin with
            before = total.issues.read
            _, result, rows = self.split((part, split))
            total = self.split.merge(total, result)
            total.check_memory()
            if write is not None:
                self._write(rows, before, total.issues.labels, source.name, write)
        return total

    def _write(
        self, rows: list[RowLosses], before: int, labels: Sequence[str], name: str, write: Write
    ) -> None:
        binding, spec = self.split.binding, self.split.spec
        names = class_names(binding, list(dict.fromkeys((*binding.sample, *labels))))
        predicted, places = class_names(binding, binding.sample), RowLocations((name,), (0,))
        for some in rows:
            table = some.shifted(before).table(names, predicted, spec.scale, binding.id, places)
            write(table.rename_columns({"row": "row_in_part"}))

    def empty(self) -> Scored:
        """That of no rows."""
        return Scored(self.split.empty())

    def merge(self, earlier: Scored, later: Scored) -> Scored:
        """That of the rows of both; associative."""
        result = self.split.merge(earlier.result, later.result)
        result.check_memory()
        beginnings, parts = earlier.beginnings + later.beginnings, earlier.parts + later.parts
        return Scored(result, beginnings, parts)

    def issues(self, outcome: Scored) -> RowIssues:
        """The issues of the rows."""
        return outcome.result.issues

    def _beginnings(self, part: int, source: Source) -> tuple[Beginning, ...]:
        if self.compared is None:
            return ()
        from ce_cli.scoring.repeated_files import beginning

        return tuple(beginning(source, part, self.compared))
