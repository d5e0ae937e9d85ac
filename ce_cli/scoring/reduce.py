"""From splits to one outcome: what every worker does, and how two outcomes become one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows import BoundRows, bound_rows
from ce_cli.findings.row_issues import RowIssue, RowIssues
from ce_cli.inputs.source import Frame, Split
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.metrics.groups import GroupKey, merged_groups, without_last
from ce_cli.metrics.state import State, States
from ce_cli.record import Record
from ce_cli.scoring.row_losses import RowLosses
from ce_cli.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.metrics.by_convention import ByConvention
    from ce_cli.scoring.clustered import Clustered


Codes = NDArray[np.intp]
Joined = TypeVar("Joined", "Clustered", "ByConvention")


class SplitResult(Record):
    """What is known after some rows: a monoid in file order.

    Attributes
    ----------
    issues : RowIssues
        Counts and issues.
    keys : tuple of tuple
        The groups, in the order of the entries of grouped states.
    states : dict of State
        By their class.
    clipped : ExactSums
        Σ w·loss of the rows whose label's probability was raised by the clip.
    worst : RowLosses or None
        The most surprising rows so far.
    clustered : Clustered or None
        Sums by cluster, where rows belong together; None if there are no rows, too.
    by_convention : ByConvention or None
        The rows as other tools score them, if that was asked for.
    """

    issues: RowIssues
    keys: tuple[GroupKey, ...]
    states: States
    clipped: ExactSums
    worst: RowLosses | None = None
    clustered: Clustered | None = None
    by_convention: ByConvention | None = None


class ScoreSplit(Record):
    """What is done to every split; picklable, so that it can be sent to where the split is read."""

    binding: Binding
    spec: Spec
    metrics: tuple[type[State], ...]
    every_row: bool = False
    by_cluster: bool = False

    def __call__(self, task: tuple[int, Split]) -> tuple[int, SplitResult, list[RowLosses]]:
        """Read, bind and score one split of part ``task[0]``."""
        part, split = task
        total = self.empty()
        rows: list[RowLosses] = []
        for frame in split.frames():
            bound = bound_rows(frame, self.binding, self.spec)
            ids = frame.columns.get(self.binding.id or "")
            if self.every_row:
                rows += [RowLosses.of(b, ids).shifted(total.issues.read) for b in bound.batches]
            total = self.merge(total, self.outcome(frame, bound, ids))
        return part, total, [RowLosses.joined(rows)] if rows else []

    def empty(self) -> SplitResult:
        """The outcome of no rows: the identity of `merge`."""
        states = States({kind: kind.empty(0, self.binding.space) for kind in self.metrics})
        return SplitResult(RowIssues.of(), (), states, ExactSums.empty(1))

    def merge(self, earlier: SplitResult, later: SplitResult) -> SplitResult:
        """Append the rows of `later`; associative."""
        keys, states = merged_groups(earlier.keys, earlier.states, later.keys, later.states)
        worst = [one for one in (earlier.worst, later.worst) if one is not None]
        if later.worst is not None:
            worst[-1] = later.worst.shifted(earlier.issues.read)
        return SplitResult(
            earlier.issues.merge(later.issues),
            keys,
            States(states),
            earlier.clipped.merge(later.clipped),
            RowLosses.joined(worst).worst(self.spec.worst) if worst else None,
            _both(earlier.clustered, later.clustered),
            _both(earlier.by_convention, later.by_convention),
        )

    def outcome(self, frame: Frame, bound: BoundRows, ids: pa.Array | None) -> SplitResult:
        """What the rows of one frame come to; `ids` are what all of them are called."""
        keys, index = tuple(bound.keys), None
        if self.by_cluster:
            keys, index = without_last(bound.keys)
        states: dict[type[State], State] = {
            kind: kind.empty(len(keys) if kind.grouped else 1, self.binding.space)
            for kind in self.metrics
        }
        worst: list[RowLosses] = []
        for rows in bound.batches:
            batch = rows
            if index is not None and rows.groups is not None:
                batch = rows.grouped_by(index[rows.groups], len(keys))
            states = {kind: state.merge(kind.of(batch)) for kind, state in states.items()}
            if self.spec.worst:
                worst.append(RowLosses.worst_of(batch, ids, self.spec.worst))
        issues, clipped = issues_of(frame, bound, self.spec)
        kept = RowLosses.joined(worst).worst(self.spec.worst) if worst else None
        others = _by_convention(bound, self.binding, self.spec) if self.spec.conventions else None
        clustered = _clustered(bound, self.metrics) if self.by_cluster else None
        return SplitResult(issues, keys, States(states), clipped, kept, clustered, others)


def issues_of(frame: Frame, bound: BoundRows, spec: Spec) -> tuple[RowIssues, ExactSums]:
    """What happened to the rows of a frame, and Σ w·loss of those that the clip raised."""
    found = list(bound.issues)
    clipped = ExactSums.empty(1)
    for batch in bound.batches:
        found += _infinite(batch)
        raised = _clipped(batch, spec)
        if raised is not None:
            found.append(RowIssue.of("clipped", "", raised.rows))
            clipped = clipped.merge(raised.loss_sums)
    issues = RowIssues.of(
        found,
        read=frame.rows,
        scored=sum(len(batch) for batch in bound.batches),
        skipped=bound.skipped,
        ignored=bound.ignored,
    )
    return issues, clipped


def _infinite(batch: Batch) -> list[RowIssue]:
    if batch.infinite is None:
        return []
    return [RowIssue.of("infinite", "", batch.rows[batch.infinite])]


def _clustered(bound: BoundRows, kinds: Sequence[type[State]]) -> Clustered | None:
    """The rows of a frame by cluster; None if there are none."""
    from ce_cli.scoring.clustered import Clustered

    total: Clustered | None = None
    for batch in bound.batches:
        total = _both(total, Clustered.of(batch, bound.keys, kinds))
    return total


def _by_convention(bound: BoundRows, binding: Binding, spec: Spec) -> ByConvention:
    """The rows of a frame by every convention."""
    from ce_cli.binding.convention_choice import all_conventions
    from ce_cli.metrics.by_convention import ByConvention

    rules = [one.rule for one in all_conventions(binding, spec)]
    total = ByConvention.empty(len(rules))
    for batch in bound.batches:
        total = total.merge(ByConvention.of(batch, rules))
    return total


def _both(earlier: Joined | None, later: Joined | None) -> Joined | None:
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
