"""The flow of ``ce explain``: score all rows, find one, and explain its loss."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import BoundRows, bound_rows
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.predicted_class import predicted_positive
from ce_cli.binding.rows.prediction_rows import read_predictions
from ce_cli.errors import DataError
from ce_cli.explaining.anatomy import Subject, explained
from ce_cli.explaining.rank_counts import LargestLoss, RankCounts
from ce_cli.explaining.row_search import FoundRow, RowSelector, SearchedRows, SearchSplit, id_of
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Frame
from ce_cli.kernels.batch import Batch
from ce_cli.metrics.loss import Loss
from ce_cli.results.explain import Explained, LossRank
from ce_cli.results.score import Result
from ce_cli.scoring.figures import Computed
from ce_cli.scoring.pipeline import balance
from ce_cli.scoring.prepared import Prepared, prepared
from ce_cli.scoring.reduce import ScoreSplit
from ce_cli.scoring.result import report
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted


def explain(
    data: DataSet, spec: Spec, selector: RowSelector, run: Run, with_curve: bool = False
) -> Explained:
    """Explain one row of a data set.

    Parameters
    ----------
    data, spec, run
        As `ce_cli.scoring.pipeline.score` takes them.
    selector : RowSelector
        The row to explain.
    with_curve : bool
        Whether to draw −log q.

    Raises
    ------
    CeError
        The options, the data or the files are invalid, or there is no such row.
    """
    run.refuse_elsewhere("ce explain")
    weights = balance(data, spec, run) if spec.balanced else ()
    ready = prepared(data, spec)
    if weights:
        ready = ready.replace(binding=ready.binding.replace(class_weights=weights))
    search = RowSearch(ready, data.names, selector)
    try:
        search.run(run)
    finally:
        search.ranks.close()
    return search.result(with_curve)


class RowSearch:
    """Searches for one row while all rows are scored.

    Parameters
    ----------
    ready : Prepared
        The data set.
    names : sequence of str
        Those of the files.
    selector : RowSelector
        The row to explain.
    """

    def __init__(self, ready: Prepared, names: Sequence[str], selector: RowSelector) -> None:
        self._ready = ready
        self._selector = selector
        self._work = ScoreSplit(ready.binding, ready.spec, (Loss,))
        self._total = self._work.empty()
        self._locations = RowLocations(tuple(names))
        self._found: FoundRow | None = None
        self._repeats: list[int] = []
        self.ranks = RankCounts()
        self._largest = LargestLoss()

    def run(self, run: Run) -> None:
        """Read and score all rows once."""
        id_ = self._selector.id
        scoring = SearchSplit(self._work, None if id_ is None else id_.strip())
        for stretch in run.results(scoring, self._ready.splits()):
            start = self._total.issues.read
            self._locations = self._locations.begun(stretch.part, start)
            self._total = self._work.merge(self._total, stretch.outcome)
            if self._selector == RowSelector():
                self._keep_largest(stretch, start)
            else:
                self._search(stretch, start)
            run.add_rows(stretch.outcome.issues.read)

    def _keep_largest(self, stretch: SearchedRows, start: int) -> None:
        at = self._largest.place(stretch.losses)
        if at is not None:
            self._found = _found(stretch, start, int(stretch.rows[at]))

    def _search(self, stretch: SearchedRows, start: int) -> None:
        self.ranks.add(stretch.losses)
        for place in self._places_in(stretch, start):
            if self._found is not None:
                self._repeats.append(start + place)
                continue
            self._found = _found(stretch, start, place)
            if self._found.loss is not None:
                self.ranks.settle(self._found.loss)

    def _places_in(self, stretch: SearchedRows, start: int) -> Iterator[int]:
        """Places of the selected row in a stretch; an id may occur more than once."""
        if self._selector.row is None:
            yield from stretch.matching
        elif 0 <= self._selector.row - 1 - start < stretch.outcome.issues.read:
            yield self._selector.row - 1 - start

    def result(self, with_curve: bool) -> Explained:
        """The explanation of the row.

        Raises
        ------
        DataError
            The row does not exist or cannot be scored, or the data has errors elsewhere.
        """
        binding, spec = self._ready.binding, self._ready.spec
        locations = self._locations.ended(self._total.issues.read)
        found = self._found
        if found is None:
            self._ready.refuse_bad(self._total.issues, locations)
            raise DataError(self._absent(locations))
        frame, row = found.frame()
        bound = bound_rows(frame, binding, spec)
        _reject_row(bound, found, row, self._ready, locations, frame.rows)
        self._ready.refuse_bad(self._total.issues, locations)
        self._reject_other(bound, found, locations)
        files = self._ready.label_file, self._ready.source
        computed = Computed(self._total, binding, spec, (Loss,), locations, *files)
        score = report(computed)
        subject = _subject(frame, bound, self._ready, computed.classes, found.loss or 0.0)
        anatomy = explained(subject, with_curve)
        weight = _weight(bound.batches[0])
        return anatomy.replace(
            row=_row(found, locations, frame, binding, weight),
            score=score,
            standing=self._rank(anatomy.cross_entropy, weight, score),
            warnings=score.warnings,
        )

    def _absent(self, locations: RowLocations) -> str:
        rows = plural(self._total.issues.read, "row")
        if self._selector.id is None:
            return (
                f"{locations.title}: there is no row {self._selector.row:,}; the data have {rows}."
            )
        column = quoted(self._ready.binding.id or "")
        return f"{locations.title}: no row has {quoted(self._selector.id)} in {column}."

    def _reject_other(self, bound: BoundRows, found: FoundRow, locations: RowLocations) -> None:
        """Reject a row whose id is repeated, or that was left out by an option."""
        where = locations.describe(found.number)
        if self._repeats:
            name, column = quoted(self._selector.id or ""), self._ready.binding.id or ""
            raise DataError(
                f"{where}, column {quoted(column)}: {name} occurs again in "
                f"{locations.describe(self._repeats[0])}; choose one of them with --row."
            )
        if bound.batches:
            return
        if bound.ignored:
            raise DataError(f"{where} is left out by --ignore-label, so it has no loss.")
        raise DataError(
            f"{where} is skipped by --missing skip because a value is missing, so it has no loss."
        )

    def _rank(self, loss: float, weight: float, score: Result) -> LossRank:
        ranks = self._largest if self._selector == RowSelector() else self.ranks
        total = score.metrics["total"]
        known = 0.0 < total < math.inf
        return LossRank(
            rank=ranks.larger + 1,
            rows=ranks.rows,
            lower=ranks.rows - ranks.larger - ranks.same,
            equal=ranks.same - 1,
            mean=score.metrics["cross_entropy"],
            total=total,
            share=weight * loss / total if known else math.nan,
        )


def _found(stretch: SearchedRows, start: int, place: int) -> FoundRow:
    at = np.flatnonzero(stretch.rows == place)
    loss = float(stretch.losses[at[0]]) if len(at) else None
    return FoundRow(start + place, place, stretch.split, loss)


def _reject_row(
    bound: BoundRows,
    found: FoundRow,
    row: int,
    ready: Prepared,
    locations: RowLocations,
    read: int,
) -> None:
    """Reject the row itself if it has errors, before errors elsewhere in the data."""
    issues = [one.shifted(found.number - row) for one in bound.issues]
    own = [one.replace(count=1, worst=None) for one in issues if one.rows[:1] == (found.number,)]
    bad = fatal(own, sums_must_fit=ready.spec.on_bad_sum == "error")
    if bad:
        every = RowIssues.of(bound.issues, read=read)
        raise DataError(*sentences(bad, locations, ready.binding.classes, every))


def _subject(
    frame: Frame, bound: BoundRows, ready: Prepared, classes: tuple[str, ...], loss: float
) -> Subject:
    spec = ready.spec
    checked = CheckedRows(frame)
    raw, _ = read_predictions(checked, ready.binding, spec)
    positive = predicted_positive(checked, ready.binding)
    if positive is not None and not positive[0]:  # the number is of the negative class
        raw = np.array([raw[0], [np.nan]])
    return Subject(bound.batches[0].outcomes, raw[:, 0], classes, loss, spec)


def _weight(batch: Batch) -> float:
    return 1.0 if batch.weights is None else float(batch.weights[0])


def _row(
    found: FoundRow, locations: RowLocations, frame: Frame, binding: Binding, weight: float
) -> dict[str, str | int | float | None]:
    file, number = locations.of(found.number)
    row_id = id_of(frame, binding)
    return {"row": found.number + 1, "file": file, "file_row": number, **row_id, "weight": weight}
