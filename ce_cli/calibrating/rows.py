"""The rows that a calibration is fitted to, in the order of their files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.group_keys import GroupKeys, without_last
from ce_cli.calibrating.collected import CollectSplit, Counts, Part
from ce_cli.errors import DataError, UsageError
from ce_cli.findings.messages import no_weight
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.kernels.exact import ExactSums, ratios, sum_of_products
from ce_cli.kernels.recalibration import Rows
from ce_cli.memory.limit import require
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.pipeline import balance
from ce_cli.scoring.prepared import Prepared, prepared
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import files_title, plural

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_COPIES = 4  # of the log-probabilities that are in memory while a calibration is fitted


class FittedRows(Record):
    """All rows with a weight above 0: n rows, K classes.

    Attributes
    ----------
    ready : Prepared
        How they were bound.
    locations : RowLocations
        Where they are.
    counts : Counts
        What there is to say about rows.
    classes : tuple of str
        The names of the classes.
    rows : Rows
        Log-probabilities and labels.
    weights : ndarray, shape (n,)
        Above 0.
    losses : ndarray, shape (n,)
        As they are without a calibration, in nats.
    groups, keys : ndarray of int of shape (n,), GroupKeys
        The group of each row, and their values of the grouping columns.
    clusters : ndarray of int, shape (n,), or None
        The cluster of each row.
    cluster_keys : GroupKeys or None
        Their values.
    """

    ready: Prepared
    locations: RowLocations
    counts: Counts
    classes: tuple[str, ...]
    rows: Rows
    weights: Floats
    losses: Floats
    groups: Codes
    keys: GroupKeys
    clusters: Codes | None = None
    cluster_keys: GroupKeys | None = None

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def scaled(self) -> Floats:
        """The weights in units of the largest, so that no sum of them overflows."""
        scaled: Floats = self.weights / self.weights.max()
        return scaled

    @cached_property
    def fingerprint(self) -> str:
        """A hash of labels, predictions and weights, in their order."""
        found = hashlib.sha256()
        shares = () if self.rows.shares is None else (self.rows.shares,)
        for numbers in (self.rows.logs, self.rows.codes, *shares, self.weights):
            small = numbers.dtype.newbyteorder("<")
            found.update(np.ascontiguousarray(numbers, small).data)
        return f"sha256:{found.hexdigest()}"

    def mean(self, losses: Floats, chosen: Codes | slice = slice(None)) -> float:
        """Σ w·loss / Σ w of all rows or of some, by exact sums."""
        weights = self.weights[chosen]
        total = sum_of_products(losses[chosen], weights)
        return float(ratios(total, ExactSums.of(weights, None, 1))[0])


def fitted_rows(data: DataSet, spec: Spec, run: Run) -> FittedRows:
    """Read all rows.

    Raises
    ------
    CeError
        The data are bad, or of a kind that cannot be calibrated.
    """
    weights = balance(data, spec, run) if spec.balanced else ()
    ready = prepared(data, spec)
    _check_kind(ready)
    if weights:
        ready = ready.replace(binding=ready.binding.replace(class_weights=weights))
    work = CollectSplit(ready.binding, ready.spec)
    counts, parts, keys = Counts(), list[Part](), list[GroupKeys]()
    locations = RowLocations(data.names)
    for part, made in run.results(work, ready.splits()):
        locations = locations.begun(part, counts.issues.read)
        counts = counts.merge(made.counts)
        run.add_rows(made.counts.issues.read)
        parts += made.parts
        keys += made.keys
    locations = locations.ended(counts.issues.read)
    ready.refuse_bad(counts.issues, locations)
    title = files_title(data.names)
    try:
        classes = class_names(ready.binding, counts.issues.labels)
    except DataError as error:
        raise error.about(title) from None
    if not any(len(part.codes) for part in parts):
        raise DataError(no_weight(locations, ready.spec.weight or ""))
    _refuse_infinite(counts.issues, title, ready.spec)
    return _together(ready, locations, counts, classes, parts, keys)


def _check_kind(ready: Prepared) -> None:
    task = ready.binding.task
    if task == "multilabel":
        raise UsageError(
            "ce calibrate fits labels of which one happens, and these are independent of each "
            "other: fit each label by itself, with --label and --pred."
        )
    if task == "likelihood":
        raise UsageError(
            "a calibration is fitted to predictions with their labels, and there is no label: name "
            "its column with --label, or its file with --labels."
        )


def _refuse_infinite(issues: RowIssues, title: str, spec: Spec) -> None:
    """No slope makes an infinite loss finite."""
    infinite = issues.named("infinite")
    if infinite:
        one = infinite[0]
        fix = "leave --clip none out" if spec.as_ == "probabilities" else "leave such rows out"
        raise DataError(
            f"{title}: what happened was predicted to be impossible in {plural(one.count, 'row')} "
            f"(first: row {one.rows[0] + 1:,}), and no calibration makes their loss finite: {fix}."
        )


def _together(
    ready: Prepared,
    locations: RowLocations,
    counts: Counts,
    classes: tuple[str, ...],
    parts: Sequence[Part],
    keys: Sequence[GroupKeys],
) -> FittedRows:
    size = sum(part.logs.nbytes for part in parts)
    what = f"fitting to {plural(counts.issues.scored, 'row')} of {len(classes):,} classes"
    require(_COPIES * size, what, "fit to fewer rows")
    whole = Part.joined(
        [
            part.replace(groups=part.groups + start)
            for part, start in zip(parts, _starts(keys), strict=True)
        ]
    )
    every, codes = _beside(keys).distinct()
    groups, clusters, cluster_keys = codes[whole.groups], None, None
    if ready.spec.cluster is not None:
        cluster_keys, cluster_of = every.parts((len(every.columns) - 1,)).distinct()
        clusters = cluster_of[groups]
        every, group_of = without_last(every)
        groups = group_of[groups]
    return FittedRows(
        ready,
        locations,
        counts,
        classes,
        Rows(np.ascontiguousarray(whole.logs), whole.codes, whole.shares),
        whole.weights,
        whole.losses,
        groups,
        every,
        clusters,
        cluster_keys,
    )


def _starts(keys: Sequence[GroupKeys]) -> list[int]:
    """The place of the first key of each part among the keys of all."""
    return list(accumulate((len(one) for one in keys[:-1]), initial=0))


def _beside(keys: Sequence[GroupKeys]) -> GroupKeys:
    """The keys of all parts, one after another."""
    import pyarrow as pa

    size = sum(len(one) for one in keys)
    columns = zip(*(one.columns for one in keys), strict=True)
    return GroupKeys(tuple(pa.concat_arrays(list(column)) for column in columns), size)
