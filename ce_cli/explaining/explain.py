"""The whole flow of ``ce explain``: score all rows, find one, and take it apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.checked import CheckedRows
from ce_cli.binding.prediction_rows import read_predictions
from ce_cli.binding.rows import BoundRows, bound_rows
from ce_cli.errors import DataError
from ce_cli.explaining.anatomy import Subject, explained
from ce_cli.explaining.rank_counts import LargestLoss, RankCounts
from ce_cli.explaining.row_search import FoundRow, RowSelector, SearchedRows, SearchSplit, name_of
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Frame
from ce_cli.kernels.batch import Batch
from ce_cli.metrics.loss import Loss
from ce_cli.results.explain import Explained, LossRank
from ce_cli.results.score import Result
from ce_cli.scoring.figures import Computed
from ce_cli.scoring.pipeline import Prepared, balance, prepared
from ce_cli.scoring.reduce import ScoreSplit
from ce_cli.scoring.result import report
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted


def explain(
    data: DataSet, spec: Spec, wanted: RowSelector, run: Run, with_curve: bool = False
) -> Explained:
    """Explain one row of a data set.

    Parameters
    ----------
    data, spec, run
        As `ce_cli.scoring.pipeline.score` takes them.
    wanted : RowSelector
        Which row.
    with_curve : bool
        Whether to draw −log q.

    Raises
    ------
    CeError
        Whatever is wrong with the options, the data or the files, or there is no such row.
    """
    weights = balance(data, spec, run) if spec.balanced else ()
    ready = prepared(data, spec)
    if weights:
        ready = ready.replace(binding=ready.binding.replace(class_weights=weights))
    hunt = RowSearch(ready, data.names, wanted)
    try:
        hunt.run(run)
    finally:
        hunt.tally.close()
    return hunt.result(with_curve)


class RowSearch:
    """Looking for one row while all of them are scored.

    Parameters
    ----------
    ready : Prepared
        The data set.
    names : sequence of str
        Of the files.
    wanted : RowSelector
        The row.
    """

    def __init__(self, ready: Prepared, names: Sequence[str], wanted: RowSelector) -> None:
        self._ready = ready
        self._wanted = wanted
        self._work = ScoreSplit(ready.binding, ready.spec, (Loss,))
        self._total = self._work.empty()
        self._places = RowLocations(tuple(names))
        self._found: FoundRow | None = None
        self._again: list[int] = []
        self.tally = RankCounts()
        self._largest = LargestLoss()

    def run(self, run: Run) -> None:
        """Read everything once."""
        called = self._wanted.called
        scoring = SearchSplit(self._work, None if called is None else called.strip())
        for stretch in run.results(scoring, self._ready.splits()):
            start = self._total.issues.read
            self._places = self._places.begun(stretch.part, start)
            self._total = self._work.merge(self._total, stretch.outcome)
            if self._wanted == RowSelector():
                self._keep_largest(stretch, start)
            else:
                self._look(stretch, start)
            run.show(self._total.issues.read)

    def _keep_largest(self, stretch: SearchedRows, start: int) -> None:
        at = self._largest.place(stretch.losses)
        if at is not None:
            self._found = _found(stretch, start, int(stretch.rows[at]))

    def _look(self, stretch: SearchedRows, start: int) -> None:
        self.tally.add(stretch.losses)
        for place in self._found_in(stretch, start):
            if self._found is not None:
                self._again.append(start + place)
                continue
            self._found = _found(stretch, start, place)
            if self._found.loss is not None:
                self.tally.settle(self._found.loss)

    def _found_in(self, stretch: SearchedRows, start: int) -> Iterator[int]:
        """Where the wanted row is in a stretch; an id may be there more than once."""
        if self._wanted.row is None:
            yield from stretch.called
        elif 0 <= self._wanted.row - 1 - start < stretch.outcome.issues.read:
            yield self._wanted.row - 1 - start

    def result(self, with_curve: bool) -> Explained:
        """What is told of the row.

        Raises
        ------
        DataError
            It is not there, or cannot be scored; or the data is bad elsewhere.
        """
        binding, spec = self._ready.binding, self._ready.spec
        locations = self._places.ended(self._total.issues.read)
        found = self._found
        if found is None:
            self._ready.refuse_bad(self._total.issues, locations)
            raise DataError(self._absent(locations))
        frame, row = found.frame()
        bound = bound_rows(frame, binding, spec)
        _refuse_row(bound, found, row, self._ready, locations)
        self._ready.refuse_bad(self._total.issues, locations)
        self._refuse_other(bound, found, locations)
        computed = Computed(self._total, binding, spec, (Loss,), locations, self._ready.label_file)
        score = report(computed)
        subject = _subject(frame, bound, self._ready, computed.classes, found.loss or 0.0)
        anatomy = explained(subject, with_curve)
        weight = _weight(bound.batches[0])
        return anatomy.replace(
            row=_row(found, locations, frame, binding, weight),
            score=score,
            standing=self._standing(anatomy.cross_entropy, weight, score),
            warnings=score.warnings,
        )

    def _absent(self, locations: RowLocations) -> str:
        rows = plural(self._total.issues.read, "row")
        if self._wanted.called is None:
            return f"{locations.title}: there is no row {self._wanted.row:,}: it has {rows}."
        column = quoted(self._ready.binding.id or "")
        return f"{locations.title}: no row has {quoted(self._wanted.called)} in {column}."

    def _refuse_other(self, bound: BoundRows, found: FoundRow, locations: RowLocations) -> None:
        """Refuse a row that is not the only one of its name, or was left out on purpose."""
        where = locations.describe(found.number)
        if self._again:
            name, column = quoted(self._wanted.called or ""), self._ready.binding.id or ""
            raise DataError(
                f"{where}, column {quoted(column)}: {name} is there again in "
                f"{locations.describe(self._again[0])}; choose one of them with --row."
            )
        if bound.batches:
            return
        if bound.ignored:
            raise DataError(f"{where} is left out by --ignore-label, and has no loss.")
        raise DataError(f"{where} is left out by --missing skip: a value is missing in it.")

    def _standing(self, loss: float, weight: float, score: Result) -> LossRank:
        tally = self._largest if self._wanted == RowSelector() else self.tally
        total = score.metrics["total"]
        known = 0.0 < total < math.inf
        return LossRank(
            rank=tally.larger + 1,
            rows=tally.rows,
            lower=tally.rows - tally.larger - tally.same,
            equal=tally.same - 1,
            mean=score.metrics["cross_entropy"],
            total=total,
            share=weight * loss / total if known else math.nan,
        )


def _found(stretch: SearchedRows, start: int, place: int) -> FoundRow:
    at = np.flatnonzero(stretch.rows == place)
    loss = float(stretch.losses[at[0]]) if len(at) else None
    return FoundRow(start + place, place, stretch.split, loss)


def _refuse_row(
    bound: BoundRows, found: FoundRow, row: int, ready: Prepared, locations: RowLocations
) -> None:
    """Refuse the row itself if it is bad, before whatever else is bad in the data."""
    issues = [one.shifted(found.number - row) for one in bound.issues]
    own = [one.replace(count=1, worst=None) for one in issues if one.rows[:1] == (found.number,)]
    bad = fatal(own, sums_must_fit=ready.spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, locations, ready.binding.classes))


def _subject(
    frame: Frame, bound: BoundRows, ready: Prepared, classes: tuple[str, ...], loss: float
) -> Subject:
    spec = ready.spec
    stated = bound_rows(frame, ready.binding, spec.replace(label_smoothing=0.0))
    given, _ = read_predictions(CheckedRows(frame), ready.binding)
    return Subject(
        bound.batches[0].outcomes,
        stated.batches[0].outcomes,
        given[:, 0],
        classes,
        loss,
        spec,
    )


def _weight(batch: Batch) -> float:
    return 1.0 if batch.weights is None else float(batch.weights[0])


def _row(
    found: FoundRow, locations: RowLocations, frame: Frame, binding: Binding, weight: float
) -> dict[str, str | int | float | None]:
    file, number = locations.of(found.number)
    name = name_of(frame, binding)
    return {"row": found.number + 1, "file": file, "file_row": number, **name, "weight": weight}
