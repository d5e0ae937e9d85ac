"""From splits to one result: the work on each split, and merging two results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import BoundRows, bound_rows
from ce_cli.binding.rows.group_keys import GroupKeys, merged_groups, without_last
from ce_cli.findings.row_issues import ABOVE_ZERO, RowIssue, RowIssues
from ce_cli.inputs.source import Frame, Split
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.memory.limit import check
from ce_cli.metrics.state import State, States, states_of
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.scoring.rarity import Rarity
from ce_cli.scoring.row_losses import RowLosses
from ce_cli.spec import Spec
from ce_cli.text import plural

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.metrics.by_convention import ByConvention
    from ce_cli.scoring.clustered import Clustered


_MANY = 1 << 18  # rows; of so many, groups may take most of the memory
_MANY_KINDS = 1000  # groups, clusters or labels; fewer of them take little
_MERGING = 1.5  # times the memory that groups take is taken while they are merged

Codes = NDArray[np.intp]
Joined = TypeVar("Joined", "Clustered", "ByConvention")


class SplitResult(Record):
    """The result of some rows; a monoid, in the order of the files.

    Attributes
    ----------
    issues : RowIssues
        Counts of rows, and problems of rows.
    keys : GroupKeys
        The groups, in the order of the entries of grouped states.
    states : dict of State
        By their class.
    clipped : ExactSums
        Σ w·loss of the rows in which the probability of the label was raised by clipping.
    worst : RowLosses or None
        The most surprising rows so far.
    clustered : Clustered or None
        Sums by cluster, with ``--cluster``; None also if there are no rows.
    by_convention : ByConvention or None
        The rows as other tools score them, with ``--conventions``.
    evidence : Evidence
        What the rows show about the roles of their columns.
    rarity : Rarity
        How rare errors and classes are, where there may be an interval.
    """

    issues: RowIssues
    keys: GroupKeys
    states: States
    clipped: ExactSums
    worst: RowLosses | None = None
    clustered: Clustered | None = None
    by_convention: ByConvention | None = None
    evidence: Evidence = Evidence()
    rarity: Rarity = Rarity()

    def check_memory(self) -> None:
        """Stop if the groups, the clusters or the labels take more memory than there may be.

        Raises
        ------
        OutOfMemoryError
            They do; it says how many of them there are so far.
        """
        clusters = 0 if self.clustered is None else len(self.clustered.keys)
        counts = {"group": len(self.keys), "cluster": clusters, "label": len(self.issues.labels)}
        kind = max(counts, key=counts.__getitem__)
        what, instead = (
            plural(self.issues.read, "row"),
            "use --threads 1, store the file in smaller parts",
        )
        if counts[kind] > _MANY_KINDS:
            what = f"{plural(counts[kind], kind)} in {what}"
            instead = "leave out what tells so many rows apart (--by, --cluster, --label)"
        check(what, instead, _MERGING if self.issues.read > _MANY else 1.0)


class ScoreSplit(Record):
    """The work on each split; picklable, so that it can be sent to where the split is read."""

    binding: Binding
    spec: Spec
    metrics: tuple[type[State], ...]
    every_row: bool = False
    by_cluster: bool = False

    def __call__(self, task: tuple[int, Split]) -> tuple[int, SplitResult, list[RowLosses]]:
        """Read, bind and score one split of part ``task[0]``."""
        part, split = task
        total: SplitResult | None = None
        rows: list[RowLosses] = []
        for frame in split.frames():
            bound = bound_rows(frame, self.binding, self.spec)
            ids = None if self.binding.id is None else frame.columns[self.binding.id]
            if self.every_row:
                before = total.issues.read if total else 0
                rows += [RowLosses.of(b, ids).shifted(before) for b in bound.batches]
            result = self.result(frame, bound, ids)
            total = self.merge(total, result) if total else result
            total.check_memory()
        return part, total or self.empty(), rows

    def empty(self) -> SplitResult:
        """The result of no rows: the identity of `merge`."""
        states = States({kind: kind.empty(0, self.binding.space) for kind in self.metrics})
        return SplitResult(RowIssues.of(), GroupKeys((), 0), states, ExactSums.empty(1))

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
            earlier.evidence.merge(later.evidence),
            earlier.rarity.merge(later.rarity),
        )

    def result(self, frame: Frame, bound: BoundRows, ids: pa.Array | None) -> SplitResult:
        """The result of the rows of one frame; `ids` is its id column."""
        keys, index = bound.keys, None
        if self.by_cluster:
            keys, index = without_last(bound.keys)
        states: dict[type[State], State] = {}
        worst: list[RowLosses] = []
        evidence, rarity = Evidence(), Rarity()
        has_interval = Rarity.needed(self.metrics, self.binding.space)
        for rows in bound.batches:
            batch = rows
            if index is not None and rows.groups is not None:
                batch = rows.grouped_by(index[rows.groups], len(keys))
            own = states_of(batch, self.metrics)
            states = {kind: s.merge(own[kind]) for kind, s in states.items()} if states else own
            evidence = evidence.merge(Evidence.of(batch))
            if has_interval:
                rarity = rarity.merge(Rarity.of(batch))
            if self.spec.worst:
                worst.append(RowLosses.worst_of(batch, ids, self.spec.worst))
        if not bound.batches:
            groups = {kind: len(keys) if kind.grouped else 1 for kind in self.metrics}
            states = {kind: kind.empty(n, self.binding.space) for kind, n in groups.items()}
        issues, clipped = issues_of(frame, bound, self.spec)
        kept = RowLosses.joined(worst).worst(self.spec.worst) if worst else None
        others = _by_convention(bound, self.binding, self.spec) if self.spec.conventions else None
        clustered = _clustered(bound, self.metrics) if self.by_cluster else None
        return SplitResult(
            issues, keys, States(states), clipped, kept, clustered, others, evidence, rarity
        )


def issues_of(frame: Frame, bound: BoundRows, spec: Spec) -> tuple[RowIssues, ExactSums]:
    """The problems of the rows of a frame, and Σ w·loss of those raised by clipping."""
    found = list(bound.issues)
    clipped = ExactSums.empty(1)
    for batch in bound.batches:
        found += _infinite(batch)
        raised = _clipped_rows(batch, spec)
        if raised is not None:
            found.append(RowIssue.of("clipped", "", raised.rows))
            finite = ~raised.outcomes.raised(math.ulp(0.0))
            if spec.convention is None and finite.any():
                found.append(RowIssue.of(ABOVE_ZERO, "", raised.rows[finite]))
            clipped = clipped.merge(raised.loss_sums)
    issues = RowIssues.of(
        found,
        read=frame.rows,
        scored=sum(len(batch) for batch in bound.batches),
        skipped=bound.skipped,
        ignored=bound.ignored,
        weightless=sum(
            int(np.count_nonzero(batch.weights == 0))
            for batch in bound.batches
            if batch.weights is not None
        ),
    )
    return issues, clipped


def _infinite(batch: Batch) -> list[RowIssue]:
    if batch.infinite is None:
        return []
    counting = batch.infinite if batch.weights is None else batch.infinite & (batch.weights > 0)
    return [RowIssue.of("infinite", "", batch.rows[counting])] if counting.any() else []


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


def _clipped_rows(batch: Batch, spec: Spec) -> Batch | None:
    """The rows whose label has a probability below the clip, as one group; None if there are none.

    Rows of weight 0 do not count.

    For hard labels, only such rows have the largest loss that the clip allows, so only few rows
    are checked; smoothing gives every class a share.
    """
    clip = spec.clip or 0.0
    if not clip or not len(batch):
        return None
    candidates = batch
    if batch.outcomes.parts() is None and not (spec.convention or spec.label_smoothing):
        limit = -math.log(clip) * (1.0 - 1e-9)
        if batch.ends[1] < limit:
            return None
        candidates = batch.take(np.flatnonzero(batch.losses >= limit))
    below = candidates.outcomes.raised(spec.lowest)
    if candidates.weights is not None:
        below = below & (candidates.weights > 0)
    raised = np.flatnonzero(below)
    return candidates.take(raised).replace(groups=None, group_count=1) if len(raised) else None
