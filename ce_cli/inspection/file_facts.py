"""The facts about an inspected file, from which findings are derived."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.errors import DataError
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.source import Column, Source, repeated
from ce_cli.inspection.examine import Exam
from ce_cli.inspection.numbers import NumberKinds
from ce_cli.inspection.score_command import ScoreCommand
from ce_cli.inspection.settle import Settled
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.prior import Prior
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.spec import Spec


class FileFacts(Record):
    """Everything known about an inspected data set.

    Attributes
    ----------
    exam : Exam
        The state after all rows.
    settled : Settled
        How its columns were bound.
    requested : Spec
        The options given.
    columns : tuple of Column
        Those of the first file.
    ids : str or None
        The column whose values should be distinct.
    locations : RowLocations
        Which row is in which file.
    typed : ScoreCommand
        The command that would score it.
    delimiter : str
        The field separator of a text file.
    source : Source
        The first file.
    """

    exam: Exam
    settled: Settled
    requested: Spec
    columns: tuple[Column, ...]
    ids: str | None
    locations: RowLocations
    typed: ScoreCommand
    delimiter: str
    source: Source

    @property
    def binding(self) -> Binding | None:
        """The binding, if there is one."""
        return self.settled.binding

    @property
    def spec(self) -> Spec:
        """The options, with every ``auto`` resolved."""
        return self.settled.spec

    @property
    def numbers(self) -> NumberKinds:
        """Counts of rows by the kind of their predictions."""
        return self.exam.alignment.numbers

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names by code; the codes themselves if the labels are not two classes."""
        if self.binding is None:
            return ()
        try:
            return class_names(self.binding, self.exam.issues.labels)
        except DataError:
            return ("0", "1")

    @cached_property
    def bad_labels(self) -> str | None:
        """An error in the labels of a single prediction column as a whole."""
        try:
            if self.binding is not None:
                class_names(self.binding, self.exam.issues.labels)
        except DataError as error:
            return str(error.about(self.locations.title))
        return None

    @cached_property
    def figures(self) -> dict[str, float]:
        """Figures of the rows that can be scored, in nats; empty if there are none."""
        states = self.exam.states
        if not states or not states[Loss].weight.floats()[0] > 0:
            return {}
        names = ("cross_entropy", "baseline", "skill", "accuracy")
        found: dict[str, float] = {}
        for kind, state in states.items():
            if kind is not PerClass:
                figures = state.figures(states)
                found |= {name: float(figures[name][0]) for name in names if name in figures}
        return found

    @cached_property
    def skill(self) -> float:
        """That against the baseline without bias; 0 where it is not known."""
        states, figures = self.exam.states, self.figures
        if "skill" not in figures or Prior not in states:
            return 0.0
        origin = float(states[Prior].without_bias(states)[0][0])
        return (
            1.0 - (1.0 - figures["skill"]) * figures["baseline"] / origin if origin > 0.0 else 0.0
        )

    @cached_property
    def class_rows(self) -> tuple[tuple[int, float, float], ...]:
        """Rows, weight and mean loss of each class."""
        if PerClass not in self.exam.states:
            return ()
        loss = self.exam.states[PerClass].loss
        rows = loss.rows.floats().astype(np.int64).tolist()
        return tuple(zip(rows, loss.weight.floats().tolist(), loss.mean.tolist(), strict=True))

    @cached_property
    def repeated(self) -> set[str]:
        """The names that several columns of the first file have."""
        return repeated(self.columns)

    @cached_property
    def prediction_places(self) -> dict[str, int]:
        """The place of each column among those of the predictions."""
        names = () if self.binding is None else self.binding.predictions
        return {name: place for place, name in enumerate(names)}

    @cached_property
    def used(self) -> frozenset[str]:
        """Columns that ``ce score`` reads."""
        return frozenset(() if self.binding is None else self.binding.projection.names)

    def column(self, code: int) -> str | None:
        """The column with the prediction for a class."""
        if self.binding is None:
            return None
        names: Sequence[str] = self.binding.predictions
        if len(names) == len(self.classes):
            return names[code]
        return names[0] if code == 1 or self.binding.shape != "single" else None
