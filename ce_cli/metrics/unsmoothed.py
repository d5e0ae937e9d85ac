"""The states of a decomposition, of the labels as they happened where other states are smoothed."""

from __future__ import annotations

from typing import ClassVar, Self

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.entropy import Entropy
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.prior import Prior
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.sample import Sample
from ce_cli.metrics.scores import Scores
from ce_cli.metrics.state import State, States


def kinds_of(space: LabelSpace) -> tuple[type[State], ...]:
    """The states that are decomposed: of two classes, sums; of more, a sample."""
    return Loss, Quantiles, Prior, Entropy, Scores if space.classes == 2 else Sample


class Unsmoothed(State):
    """The states of a decomposition, each with one group, before label smoothing."""

    grouped: ClassVar[bool] = False

    parts: tuple[State, ...]

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows."""
        return cls(tuple(kind.empty(1, space) for kind in kinds_of(space)))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        plain = batch.unsmoothed.replace(groups=None, group_count=1)
        return cls(tuple(kind.of(plain) for kind in kinds_of(batch.space)))

    def merge(self, other: Self) -> Self:
        """The state of the rows of both."""
        pairs = zip(self.parts, other.parts, strict=True)
        return type(self)(tuple(one.merge(their) for one, their in pairs))

    @property
    def states(self) -> States:
        """The states by their class."""
        return States({type(one): one for one in self.parts})
