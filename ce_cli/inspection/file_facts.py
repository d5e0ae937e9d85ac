"""A file that has been looked at: what findings are made of."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.classes import ConventionalBinary
from ce_cli.errors import DataError
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.source import Column
from ce_cli.inspection.examine import Exam
from ce_cli.inspection.numbers import NumberKinds
from ce_cli.inspection.score_command import ScoreCommand
from ce_cli.inspection.settle import Settled
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.spec import Spec


class FileFacts(Record):
    """All that is known of a file.

    Attributes
    ----------
    exam : Exam
        Of all its rows.
    settled : Settled
        How its columns were bound.
    given : Spec
        What was asked for.
    columns : tuple of Column
        Of the first file.
    ids : str or None
        The column whose values should be distinct.
    locations : RowLocations
        Which row is in which file.
    typed : ScoreCommand
        The command that would score it.
    delimiter : str
        Between fields of a text file.
    """

    exam: Exam
    settled: Settled
    given: Spec
    columns: tuple[Column, ...]
    ids: str | None
    locations: RowLocations
    typed: ScoreCommand
    delimiter: str

    @property
    def binding(self) -> Binding | None:
        """What was bound."""
        return self.settled.binding

    @property
    def spec(self) -> Spec:
        """What was settled."""
        return self.settled.spec

    @property
    def looks(self) -> NumberKinds:
        """What the predictions look like."""
        return self.exam.traps.looks

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names by code; where the labels are no two classes, the codes themselves."""
        if self.binding is None:
            return ()
        try:
            return class_names(self.binding, self.exam.issues.labels)
        except DataError:
            return ("0", "1")

    @cached_property
    def bad_labels(self) -> str | None:
        """What is wrong with the labels of a single prediction as a whole."""
        try:
            if self.binding is not None:
                class_names(self.binding, self.exam.issues.labels)
        except DataError as error:
            return str(error.about(self.locations.title))
        return None

    @cached_property
    def figures(self) -> dict[str, float]:
        """Of the rows that can be scored, in nats; nothing if there are none."""
        states = self.exam.states
        if not states or not states[Loss].weight.floats()[0] > 0:
            return {}
        wanted = ("cross_entropy", "baseline", "skill", "accuracy")
        found: dict[str, float] = {}
        for kind, state in states.items():
            if kind is not PerClass:
                said = state.figures(states)
                found |= {name: float(said[name][0]) for name in wanted if name in said}
        return found

    @cached_property
    def class_rows(self) -> tuple[tuple[int, float, float], ...]:
        """Rows, weight and mean loss of each class."""
        if PerClass not in self.exam.states:
            return ()
        loss = self.exam.states[PerClass].loss
        rows = loss.rows.floats().astype(np.int64).tolist()
        return tuple(zip(rows, loss.weight.floats().tolist(), loss.mean.tolist(), strict=True))

    @property
    def used(self) -> frozenset[str]:
        """Columns that ``ce score`` reads."""
        return frozenset(() if self.binding is None else self.binding.projection.names)

    @property
    def is_usual(self) -> bool:
        """Whether the labels of a lone prediction say by themselves which is positive."""
        return self.binding is not None and isinstance(
            self.binding.labels.reader, ConventionalBinary
        )

    def column(self, code: int) -> str | None:
        """The column that the prediction of a class stands in."""
        if self.binding is None:
            return None
        names: Sequence[str] = self.binding.predictions
        if len(names) == len(self.classes):
            return names[code]
        return names[0] if code == 1 or self.binding.shape != "single" else None
