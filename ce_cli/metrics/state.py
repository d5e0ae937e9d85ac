"""The state of a metric: a small value with laws.

``empty`` is the identity of ``merge``, ``merge`` is associative and commutative, and a state is
picklable and bounded. Since every field obeys these laws to the bit, so does every state, and the
same reduce runs on one thread, on all cores and on a cluster.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Kind = TypeVar("Kind", bound="State")


class State(Record):
    """Base class of states: fields that merge and regroup, with one entry for each group.

    Attributes
    ----------
    grouped : bool
        Whether the state is kept for each group of ``--by``; if not, for all rows only.
    requires : tuple of type
        Other states that `figures` and `bounds` read.
    by_class : bool
        Whether the figures are by class, over all rows, instead of by group.
    jackknifed : tuple of str
        Figures that are not means over rows; with clusters, their interval is by the jackknife.
    """

    grouped: ClassVar[bool] = True
    requires: ClassVar[tuple[type[State], ...]] = ()
    by_class: ClassVar[bool] = False
    jackknifed: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        """Why the metric does not apply to such labels; None if it applies."""
        return None if space.classes else "only the observed outcome has a prediction"

    @classmethod
    def empty(cls, groups: int, space: LabelSpace) -> Self:
        """The state of no rows, for `groups` groups; here, a sum in every field."""
        return cls(*(ExactSums.empty(groups) for _ in cls._fields))

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The state of one batch."""
        raise NotImplementedError

    def figures(self, states: States) -> dict[str, Floats]:
        """The figures of the state by name, in nats, each of shape (groups,)."""
        raise NotImplementedError

    def bounds(
        self,
        figures: Mapping[str, Floats],
        states: States,
        level: Level,
    ) -> dict[str, Bounds]:
        """Intervals of those figures that have one, for independent rows.

        The argument `figures` holds the figures of all states.
        """
        return {}

    @classmethod
    def totals(cls, batch: Batch) -> dict[str, ExactSums]:
        """Σ w·v by group, for those figures that are the mean of a number v of each row."""
        return {}

    def merge(self, other: Self) -> Self:
        """The state of the rows of both."""
        return type(self)(
            *(getattr(self, name).merge(getattr(other, name)) for name in self._fields)
        )

    def at(self, group: int) -> Self:
        """The state of one group alone."""
        return type(self)(
            *(
                own.at(group) if isinstance(own, State) else own.between(group, group + 1)
                for own in (getattr(self, name) for name in self._fields)
            )
        )

    def regroup(self, index: Codes, groups: int) -> Self:
        """Move group g to ``index[g]`` of `groups`, merging where they are equal."""
        return type(self)(*(getattr(self, name).regroup(index, groups) for name in self._fields))


class States(Mapping[type[State], State]):
    """States by their class, so that each value has the type of its key.

    Parameters
    ----------
    states : mapping
        Each value is an instance of its key.
    """

    def __init__(self, states: Mapping[type[State], State]) -> None:
        self._by_kind = dict(states)

    def __getitem__(self, kind: type[Kind]) -> Kind:
        return cast(Kind, self._by_kind[kind])

    def __iter__(self) -> Iterator[type[State]]:
        return iter(self._by_kind)

    def __len__(self) -> int:
        return len(self._by_kind)


class Sums(State):
    """Σ of anything, by group."""

    sums: ExactSums


def states_of(batch: Batch, kinds: Sequence[type[State]]) -> dict[type[State], State]:
    """The states of one batch.

    Those that others require come last: the others may have summed the same numbers by class.
    """
    found = {kind: kind.of(batch) for kind in reversed(kinds)}
    return {kind: found[kind] for kind in kinds}


def merged(earlier: States, later: States) -> States:
    """The states of the rows of both, of the same kinds and groups."""
    return States({kind: state.merge(later[kind]) for kind, state in earlier.items()})


def figures_of(states: States) -> dict[str, Floats]:
    """The figures of all states by name, each of shape (groups,)."""
    return {
        name: values
        for kind, state in states.items()
        if not kind.by_class
        for name, values in state.figures(states).items()
    }


def one_class_only(space: LabelSpace) -> str | None:
    """Why a metric that needs a single outcome does not apply; None if it applies."""
    if space.independent:
        return "several labels may hold at once"
    return State.why_not(space)


def two_classes_only(space: LabelSpace) -> str | None:
    """Why a metric of two classes does not apply; None if it applies."""
    if space.classes > 2 and not space.independent:
        return f"it needs two classes, and there are {space.classes}"
    return one_class_only(space)
