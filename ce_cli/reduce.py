"""From splits to one outcome: what every worker does, and how two outcomes become one."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.binding.binding import Binding
from ce_cli.binding.rows import Bound, GroupKey, bound_rows
from ce_cli.inputs.source import Frame, Split
from ce_cli.kernels.exact import ExactSums
from ce_cli.ledger import Finding, Ledger
from ce_cli.metrics.state import State
from ce_cli.row_losses import RowLosses
from ce_cli.spec import Spec
from ce_cli.value import Value

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.metrics.by_convention import ByConvention

Name = TypeVar("Name")

Codes = NDArray[np.intp]
States = dict[type[State], State]


class Outcome(Value):
    """What is known after some rows: a monoid in file order.

    Attributes
    ----------
    ledger : Ledger
        Counts and findings.
    keys : tuple of tuple
        The groups, in the order of the entries of grouped states.
    states : dict of State
        By their class.
    clipped : ExactSums
        Σ w·loss of the rows whose label's probability was raised by the clip.
    worst : RowLosses or None
        The most surprising rows so far.
    by_convention : ByConvention or None
        The rows as other tools score them, if that was asked for.
    """

    ledger: Ledger
    keys: tuple[GroupKey, ...]
    states: States
    clipped: ExactSums
    worst: RowLosses | None = None
    by_convention: ByConvention | None = None


class Work(Value):
    """What is done to every split; picklable, so that it can be sent to where the split is read."""

    binding: Binding
    spec: Spec
    metrics: tuple[type[State], ...]
    every_row: bool = False

    def __call__(self, task: tuple[int, Split]) -> tuple[int, Outcome, list[RowLosses]]:
        """Read, bind and score one split of part ``task[0]``."""
        part, split = task
        total = self.empty()
        rows: list[RowLosses] = []
        for frame in split.frames():
            bound = bound_rows(frame, self.binding, self.spec)
            ids = frame.columns.get(self.binding.id or "")
            if self.every_row:
                rows += [RowLosses.of(b, ids).shifted(total.ledger.read) for b in bound.batches]
            total = self.merge(total, self.outcome(frame, bound, ids))
        return part, total, [RowLosses.joined(rows)] if rows else []

    def empty(self) -> Outcome:
        """The outcome of no rows: the identity of `merge`."""
        states = {kind: kind.empty(0, self.binding.space) for kind in self.metrics}
        return Outcome(Ledger.of(), (), states, ExactSums.empty(1))

    def merge(self, earlier: Outcome, later: Outcome) -> Outcome:
        """Append the rows of `later`; associative."""
        keys, states = merged_groups(earlier.keys, earlier.states, later.keys, later.states)
        worst = [one for one in (earlier.worst, later.worst) if one is not None]
        if later.worst is not None:
            worst[-1] = later.worst.shifted(earlier.ledger.read)
        return Outcome(
            earlier.ledger.merge(later.ledger),
            keys,
            states,
            earlier.clipped.merge(later.clipped),
            RowLosses.joined(worst).worst(self.spec.worst) if worst else None,
            _both(earlier.by_convention, later.by_convention),
        )

    def outcome(self, frame: Frame, bound: Bound, ids: pa.Array | None) -> Outcome:
        """What the rows of one frame come to; `ids` are what all of them are called."""
        states = {
            kind: kind.empty(len(bound.keys) if kind.grouped else 1, self.binding.space)
            for kind in self.metrics
        }
        worst: list[RowLosses] = []
        for batch in bound.batches:
            states = {kind: state.merge(kind.of(batch)) for kind, state in states.items()}
            if self.spec.worst:
                worst.append(RowLosses.worst_of(batch, ids, self.spec.worst))
        ledger, clipped = ledger_of(frame, bound, self.spec)
        kept = RowLosses.joined(worst).worst(self.spec.worst) if worst else None
        others = _by_convention(bound, self.binding, self.spec) if self.spec.conventions else None
        return Outcome(ledger, tuple(bound.keys), states, clipped, kept, others)


def ledger_of(frame: Frame, bound: Bound, spec: Spec) -> tuple[Ledger, ExactSums]:
    """What happened to the rows of a frame, and Σ w·loss of those that the clip raised."""
    findings = list(bound.findings)
    clipped = ExactSums.empty(1)
    for batch in bound.batches:
        findings += _infinite(batch)
        raised = _clipped(batch, spec)
        if raised is not None:
            findings.append(Finding.of("clipped", "", raised.rows))
            clipped = clipped.merge(raised.loss_sums)
    ledger = Ledger.of(
        findings,
        read=frame.rows,
        scored=sum(len(batch) for batch in bound.batches),
        skipped=bound.skipped,
        ignored=bound.ignored,
    )
    return ledger, clipped


def merged_groups(
    earlier: tuple[GroupKey, ...],
    left: Mapping[Name, State],
    later: tuple[GroupKey, ...],
    right: Mapping[Name, State],
) -> tuple[tuple[GroupKey, ...], dict[Name, State]]:
    """Merge states of the groups `earlier` and `later`, those of one key with each other."""
    keys = earlier
    if earlier != later:
        places = {key: place for place, key in enumerate(earlier)}
        for key in later:
            places.setdefault(key, len(places))
        keys = tuple(places)
        index = np.array([places[key] for key in later], np.intp)
        left = regrouped(left, np.arange(len(earlier)), len(keys))
        right = regrouped(right, index, len(keys))
    return keys, {name: state.merge(right[name]) for name, state in left.items()}


def coarser(
    keys: Sequence[GroupKey], states: Mapping[Name, State], places: Sequence[int]
) -> tuple[tuple[GroupKey, ...], dict[Name, State]]:
    """The groups by some parts of their keys."""
    short = [tuple(key[place] for place in places) for key in keys]
    codes = {key: code for code, key in enumerate(dict.fromkeys(short))}
    index = np.array([codes[key] for key in short], np.intp)
    return tuple(codes), regrouped(states, index, len(codes))


def regrouped(states: Mapping[Name, State], index: Codes, groups: int) -> dict[Name, State]:
    """Move group g of every grouped state to ``index[g]`` of `groups`, joining those that meet."""
    return {
        name: state.regroup(index, groups) if state.grouped else state
        for name, state in states.items()
    }


def _infinite(batch: Batch) -> list[Finding]:
    if batch.infinite is None:
        return []
    return [Finding.of("infinite", "", batch.rows[batch.infinite])]


def _by_convention(bound: Bound, binding: Binding, spec: Spec) -> ByConvention:
    """The rows of a frame by every convention."""
    from ce_cli.binding.conventions import all_conventions
    from ce_cli.metrics.by_convention import ByConvention

    rules = [one.rule for one in all_conventions(binding, spec)]
    total = ByConvention.empty(len(rules))
    for batch in bound.batches:
        total = total.merge(ByConvention.of(batch, rules))
    return total


def _both(earlier: ByConvention | None, later: ByConvention | None) -> ByConvention | None:
    if earlier is None or later is None:
        return earlier or later
    return earlier.merge(later)


def _clipped(batch: Batch, spec: Spec) -> Batch | None:
    """The rows whose label was given less than the clip, all as one group; None if there are none.

    For hard labels only such rows have a loss as large as the clip allows, so few have to be
    looked at.
    """
    clip = spec.clip or 0.0
    if not clip or not len(batch):
        return None
    candidates = batch
    if batch.outcomes.parts() is None and not spec.convention:
        limit = -math.log(clip) * (1.0 - 1e-9)
        if batch.losses.max() < limit:
            return None
        candidates = batch.take(np.flatnonzero(batch.losses >= limit))
    raised = np.flatnonzero(candidates.outcomes.raised(clip))
    return candidates.take(raised).replace(groups=None, group_count=1) if len(raised) else None
