"""The work on each split of a file that a calibration is fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.bound_rows import bound_rows
from ce_cli.binding.rows.group_keys import GroupKeys
from ce_cli.findings.row_issues import RowIssues
from ce_cli.inputs.source import Split
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.calibration import LEAST, log_probabilities
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.forms import BinaryLogit, BinaryLogprob, BinaryProbability
from ce_cli.kernels.outcomes import Hard, Soft
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.scoring.reduce import issues_of
from ce_cli.spec import Spec

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Part(Record):
    """Some consecutive rows, without those of weight 0; shapes as in `FittedRows`."""

    logs: Floats
    codes: Codes
    shares: Floats | None
    weights: Floats
    losses: Floats
    groups: Codes

    @classmethod
    def of(cls, batch: Batch, spec: Spec) -> Self:
        """The rows of a batch, with their labels as they happened."""
        batch = batch.unsmoothed
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights > 0))
        outcomes = batch.outcomes
        assert isinstance(outcomes, Hard | Soft)  # others are refused before they are read
        return cls(
            log_probabilities(_matrix(outcomes), spec.as_, spec.clip or LEAST),
            outcomes.codes,
            outcomes.masses(),
            np.ones(len(batch)) if batch.weights is None else batch.weights,
            batch.losses,
            np.zeros(len(batch), np.intp) if batch.groups is None else batch.groups,
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, whose group codes mean the same, in order."""
        if len(parts) == 1:
            return parts[0]
        shares = [part.shares for part in parts if part.shares is not None]
        return cls(
            np.concatenate([part.logs for part in parts], axis=1),
            np.concatenate([part.codes for part in parts]),
            np.concatenate(shares, axis=1) if shares else None,
            np.concatenate([part.weights for part in parts]),
            np.concatenate([part.losses for part in parts]),
            np.concatenate([part.groups for part in parts]),
        )


class Counts(Record):
    """What there is to say about rows; a monoid in file order.

    Attributes
    ----------
    issues : RowIssues
        Counts of rows, and problems of rows.
    clipped : ExactSums
        Σ w·loss of the rows whose probability was raised by clipping.
    evidence : Evidence
        What they show about the roles of their columns.
    """

    issues: RowIssues = RowIssues.of()
    clipped: ExactSums = ExactSums.empty(1)
    evidence: Evidence = Evidence()

    def merge(self, later: Self) -> Self:
        """Append later rows."""
        return type(self)(
            self.issues.merge(later.issues),
            self.clipped.merge(later.clipped),
            self.evidence.merge(later.evidence),
        )


class SplitPart(Record):
    """What a split gives: a part for each of its frames, and the groups that its codes mean."""

    counts: Counts
    parts: tuple[Part, ...]
    keys: tuple[GroupKeys, ...]


class CollectSplit(Record):
    """The work on each split; picklable."""

    binding: Binding
    spec: Spec

    def __call__(self, task: tuple[int, Split]) -> tuple[int, SplitPart]:
        """Read and bind one split of part ``task[0]``."""
        part, split = task
        counts, parts, keys = Counts(), list[Part](), list[GroupKeys]()
        for frame in split.frames():
            bound = bound_rows(frame, self.binding, self.spec)
            counts = counts.merge(Counts(*issues_of(frame, bound, self.spec)))
            for batch in bound.batches:
                counts = counts.merge(Counts(evidence=Evidence.of(batch)))
            if bound.batches:
                parts.append(Part.joined([Part.of(one, self.spec) for one in bound.batches]))
                keys.append(bound.keys)
        return part, SplitPart(counts, tuple(parts), tuple(keys))


def _matrix(outcomes: Hard | Soft) -> Floats:
    """The predictions as they were read, shape (K, n) or (1, n)."""
    form = outcomes.form
    if isinstance(form, BinaryProbability):
        return form.probability[np.newaxis]
    if isinstance(form, BinaryLogit):
        return form.logit[np.newaxis]
    if isinstance(form, BinaryLogprob):
        return form.logprob[np.newaxis]
    matrix: Floats = form.matrix  # type: ignore[attr-defined]
    return matrix
