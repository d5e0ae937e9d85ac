"""Inspect one split, and merge the results of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import BoundRows, bound_rows
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.group_keys import GroupKeys
from ce_cli.binding.rows.prediction_rows import read_predictions
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Column, Frame, Projection, Split, repeated
from ce_cli.inspection.crossed import Crossed
from ce_cli.inspection.ids import Ids
from ce_cli.inspection.neighbours import Neighbours
from ce_cli.inspection.numbers import NumberKinds, Rereadings
from ce_cli.inspection.profiles import (
    Profile,
    profile_of_lists,
    profile_of_numbers,
    profile_of_texts,
)
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.metrics.accuracy import Accuracy
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.prior import Prior
from ce_cli.metrics.state import State, States, merged
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.scoring.reduce import issues_of
from ce_cli.spec import Spec

_METRICS: tuple[type[State], ...] = (Loss, Prior, Accuracy, PerClass)


class AlignmentChecks(Record):
    """Evidence that labels and predictions are aligned; a monoid in file order."""

    crossed: Crossed | None = None
    neighbours: Neighbours = Neighbours()
    numbers: NumberKinds = NumberKinds()
    rereadings: Rereadings = Rereadings()
    ids: Ids = Ids()

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The evidence in one batch."""
        return cls(
            crossed=Crossed.of(batch),
            neighbours=Neighbours.of(batch),
            rereadings=Rereadings.of(batch),
        )

    def merge(self, later: Self) -> Self:
        """Append the rows of `later`."""
        crossed = self.crossed or later.crossed
        if self.crossed is not None and later.crossed is not None:
            crossed = self.crossed.merge(later.crossed)
        return type(self)(
            crossed,
            self.neighbours.merge(later.neighbours),
            self.numbers.merge(later.numbers),
            self.rereadings.merge(later.rereadings),
            self.ids.merge(later.ids),
        )


class Exam(Record):
    """The state after some rows: a monoid in file order.

    Attributes
    ----------
    issues : RowIssues
        Row counts, and the issues found in rows.
    profiles : dict of str to Profile
        By column.
    states : dict of State
        States of metrics, by class, for the rows that can be scored.
    alignment : AlignmentChecks
        Checks that only inspection makes.
    clipped : ExactSums
        Σ w·loss of the rows whose probability was raised by clipping.
    evidence : Evidence
        What the rows show about the roles of their columns.
    """

    issues: RowIssues
    profiles: dict[str, Profile]
    states: States
    alignment: AlignmentChecks
    clipped: ExactSums
    evidence: Evidence = Evidence()

    def merge(self, later: Exam) -> Exam:
        """Append the rows of `later`; associative."""
        profiles = dict(self.profiles)
        for name, profile in later.profiles.items():
            profiles[name] = profiles[name].merge(profile) if name in profiles else profile
        return Exam(
            self.issues.merge(later.issues),
            profiles,
            merged(self.states, later.states),
            self.alignment.merge(later.alignment),
            self.clipped.merge(later.clipped),
            self.evidence.merge(later.evidence),
        )


class ExamineSplit(Record):
    """The work on one split; picklable.

    Attributes
    ----------
    binding : Binding or None
        None if the columns could not be bound; then each is profiled on its own.
    ids : str or None
        The column whose values should be distinct.
    missing_texts : tuple of str
        Texts that mean a missing value.
    """

    binding: Binding | None
    spec: Spec
    ids: str | None
    missing_texts: tuple[str, ...]

    def __call__(self, task: tuple[int, Split, Projection]) -> tuple[int, Exam]:
        """Read and inspect one split of file ``task[0]``."""
        part, split, projection = task
        total = self.empty()
        for frame in split.frames():
            total = total.merge(self._exam(frame, projection))
        return part, total

    def empty(self) -> Exam:
        """No rows: the identity of `Exam.merge`."""
        nothing = ExactSums.empty(1)
        return Exam(RowIssues.of(), {}, self._empty_states(), AlignmentChecks(), nothing)

    def _exam(self, frame: Frame, projection: Projection) -> Exam:
        invalid = dict(frame.invalid_cells)
        profiles = {
            name: profile_of_numbers(frame.columns[name], invalid.get(name, ()))
            for name in dict.fromkeys(projection.numbers)
        }
        for name in projection.texts:
            missing = () if name in projection.verbatim else self.missing_texts
            profiles[name] = profile_of_texts(frame.columns[name], missing)
        for name in projection.lists:
            profiles[name] = profile_of_lists(frame.columns[name])
        ids = Ids()
        if self.ids in frame.columns:
            ids = Ids.of(frame.columns[self.ids], frame.rows, frame.left_out)
        states, alignment = self._empty_states(), AlignmentChecks(ids=ids)
        bound = BoundRows([], GroupKeys((), 0), list(frame.issues), 0)
        if self.binding is not None:
            bound = bound_rows(frame, self.binding, self.spec)
            matrix, unnamed = read_predictions(CheckedRows(frame), self.binding, self.spec)
            partial = unnamed is not None or self.binding.ragged
            numbers = NumberKinds() if partial else NumberKinds.of(matrix)
            alignment = AlignmentChecks(ids=ids, numbers=numbers)
        evidence = Evidence()
        bound = bound.replace(batches=[self._unspoiled(batch, frame) for batch in bound.batches])
        for batch in bound.batches:
            states = merged(states, States({kind: kind.of(batch) for kind in states}))
            alignment = alignment.merge(AlignmentChecks.of(batch))
            evidence = evidence.merge(Evidence.of(batch))
        issues, clipped = issues_of(frame, bound, self.spec)
        return Exam(issues, profiles, states, alignment, clipped, evidence)

    def _unspoiled(self, batch: Batch, frame: Frame) -> Batch:
        """Without rows in which a used number is a placeholder for an invalid cell."""
        own = () if self.binding is None else self.binding.projection.numbers
        invalid = [place for name, places in frame.invalid_cells if name in own for place in places]
        if not invalid:
            return batch
        return batch.take(np.flatnonzero(~np.isin(batch.places, invalid)))

    def _empty_states(self) -> States:
        if self.binding is None:
            return States({})
        space = self.binding.space
        kinds = [kind for kind in _METRICS if kind.why_not(space) is None]
        return States({kind: kind.empty(1, space) for kind in kinds})


def projection_of(
    columns: Sequence[Column], binding: Binding | None, missing_texts: tuple[str, ...]
) -> Projection:
    """Every column with one value per row; those without a role are read by their types."""
    base = (
        Projection((), (), missing_texts=missing_texts) if binding is None else binding.projection
    )
    taken = {*base.names, *repeated(columns)}
    free = [one for one in columns if one.name not in taken]
    numbers = [one.name for one in free if _is_number(one)]
    rest = [one for one in free if not _is_number(one)]
    texts = [one.name for one in rest if one.kind in ("boolean", "text", "other")]
    return base.replace(numbers=(*base.numbers, *numbers), texts=(*base.texts, *texts))


def _is_number(column: Column) -> bool:
    if column.by_token:
        return False  # as a prediction it would have more rows than all others
    return column.kind == "number" or (column.kind == "boolean" and column.stored != "text")
