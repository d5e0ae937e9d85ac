"""From frames of columns to batches of checked rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.coded_words import coded_words
from ce_cli.binding.rows.columns import floats
from ce_cli.binding.rows.group_keys import GroupKeys
from ce_cli.binding.rows.label_rows import read_labels
from ce_cli.binding.rows.prediction_rows import (
    check_predictions,
    nan,
    read_predictions,
    settle_unnamed,
)
from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.source import Frame, first_numbers
from ce_cli.kernels import forms
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.losses import bounded_surprisals, finite_surprisals, surprisal
from ce_cli.kernels.outcomes import (
    Hard,
    Likelihood,
    Multilabel,
    Outcomes,
    Soft,
    indicator,
)
from ce_cli.record import Record
from ce_cli.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_BATCH_CELLS = 1 << 17  # few calls a row, and arrays that fit the processor's cache
_SHORTEST_BATCH = 1 << 9
_MISSING = -1


class BoundRows(Record):
    """The rows of one frame, checked.

    Attributes
    ----------
    batches : list of Batch
        Rows to score, in order.
    keys : GroupKeys
        The group of each group code.
    issues : list of RowIssue
        The issues found, by row of the frame.
    skipped, ignored : int
        Rows left out because a value is missing, or because their label is ignored.
    """

    batches: list[Batch]
    keys: GroupKeys
    issues: list[RowIssue]
    skipped: int
    ignored: int = 0


def bound_rows(frame: Frame, binding: Binding, spec: Spec) -> BoundRows:
    """Check the rows of `frame` and cut them into batches."""
    checked = CheckedRows(frame)
    codes, shares = read_labels(checked, binding, spec)
    matrix, unnamed = read_predictions(checked, binding, spec)
    weights = _weights(checked, binding.weight)
    byte_counts, token_counts = _bytes(checked, binding), _tokens(checked, binding)
    positive = _predicted_positive(checked, binding)
    groups, keys = _groups(checked, binding)
    if binding.ragged:
        from ce_cli.binding.rows.ragged import check_places

        happened = indicator(codes, binding.class_count) > 0 if shares is None else shares > 0
        check_places(checked, binding.predictions[0], happened)
    if unnamed is not None:
        happened = indicator(codes, binding.class_count) > 0 if shares is None else shares > 0
        happened |= bool(spec.label_smoothing)  # smoothing gives every class a share
        matrix = settle_unnamed(checked, matrix, unnamed, happened, binding, spec)
    checked.settle_missing(spec.missing == "skip")
    matrix = check_predictions(checked, matrix, unnamed, binding, spec)
    if positive is not None:
        from ce_cli.binding.rows.predicted_class import of_positive_class

        matrix = of_positive_class(matrix, positive, spec.as_)
    if binding.calibration is not None:
        with np.errstate(all="ignore"):  # rows that are left out hold anything
            matrix = binding.calibration.logits(matrix)
        spec = spec.replace(as_="logits")
    outcomes = outcomes_of(matrix, codes, shares, binding, spec)
    if token_counts is not None:
        from ce_cli.binding.rows.token_rows import per_token

        counts = np.where(checked.keep, token_counts, 1.0)
        outcomes = per_token(outcomes, counts)
        weights = counts if weights is None else weights * counts
        byte_counts = None if byte_counts is None else byte_counts / counts
    if binding.class_weights:
        own = np.array(binding.class_weights)[np.where(checked.keep, codes, 0)]
        with np.errstate(over="ignore"):  # an infinite weight is reported later
            weights = own if weights is None else weights * own
    whole = Batch(
        outcomes=outcomes,
        weights=weights,
        groups=groups,
        group_count=len(keys),
        rows=checked.rows,
        places=first_numbers(len(checked)),
        byte_counts=byte_counts,
    )
    if not checked.keep.all():
        whole = whole.take(np.flatnonzero(checked.keep))
    batches = list(_cut(whole, len(matrix)))
    return BoundRows(batches, keys, checked.issues, checked.skipped, checked.ignored)


def _bytes(checked: CheckedRows, binding: Binding) -> Floats | None:
    """Numbers of bytes, shape (n,), or None for none."""
    if binding.bytes is None:
        return None
    from ce_cli.binding.rows.bytes_rows import read_bytes

    return read_bytes(checked, binding.bytes, binding.bytes_shape)


def _tokens(checked: CheckedRows, binding: Binding) -> Floats | None:
    """Numbers of tokens, shape (n,), or None for none."""
    if binding.tokens is None:
        return None
    from ce_cli.binding.rows.token_rows import read_tokens

    return read_tokens(checked, binding.tokens)


def _predicted_positive(checked: CheckedRows, binding: Binding) -> Codes | None:
    """1 where the predicted class is the positive one, 0 where not; None for no such column."""
    if binding.predicted_class is None:
        return None
    from ce_cli.binding.rows.predicted_class import predicted_positive

    return predicted_positive(checked, binding)


def _weights(checked: CheckedRows, name: str | None) -> Floats | None:
    """Weights, shape (n,), or None for none."""
    if name is None:
        return None
    weights = floats(checked.columns[name])
    checked.miss(name, nan(weights))
    bad = (weights < 0) | np.isinf(weights)
    if bad.any():
        checked.drop(bad, "bad-weight", name, lambda row: f"{weights[row]:g}")
    return weights


def _groups(checked: CheckedRows, binding: Binding) -> tuple[Codes | None, GroupKeys]:
    """Group codes, shape (n,), and their keys; a missing value is a group of its own."""
    if not binding.by:
        return None, GroupKeys((), 1)
    first, *others = binding.by
    codes, words = _group_column(checked, first, first in binding.complete)
    keys = GroupKeys((words,), len(words))
    for name in others:
        own, words = _group_column(checked, name, name in binding.complete)
        distinct, codes = np.unique(codes * len(words) + own, return_inverse=True)
        before, last = np.divmod(distinct, len(words))
        added = GroupKeys((words,), len(words)).take(last).columns
        keys = GroupKeys(keys.take(before).columns + added, len(distinct))
    return codes, keys


def _group_column(checked: CheckedRows, name: str, complete: bool) -> tuple[Codes, pa.StringArray]:
    """Codes of one grouping column, and the text of each; some may have no row."""
    import pyarrow as pa

    codes, words = coded_words(checked.columns[name])
    missing = codes == _MISSING
    if missing.any():
        if complete:
            checked.miss(name, missing)
        codes = np.where(missing, len(words), codes)
        words = pa.concat_arrays([words, pa.nulls(1, pa.utf8())])
    return codes, words


def _cut(rows: Batch, columns: int) -> Iterator[Batch]:
    """Cut into batches that fit the cache; with many groups, longer ones pay off."""
    fitting = max(_SHORTEST_BATCH, _BATCH_CELLS // columns)
    size = max(fitting, 4 * rows.group_count)
    if 0 < len(rows) <= size:
        yield rows
        return
    for start in range(0, len(rows), size):
        yield rows.take(slice(start, start + size))


def outcomes_of(
    matrix: Floats, codes: Codes, shares: Floats | None, binding: Binding, spec: Spec
) -> Outcomes:
    """Predictions of shape (K, n) with their labels: shares, or class codes if `shares` is None."""
    if spec.convention or spec.conventions:
        from ce_cli.binding.convention_choice import rule_of
        from ce_cli.kernels.rules import ruled

        rule, plain = rule_of(binding, spec), spec.replace(convention=None, conventions=False)
        outcomes = outcomes_of(matrix, codes, shares, binding, plain.replace(clip=0.0))
        return outcomes if rule is None else ruled(outcomes, rule)
    smoothing, clip = spec.label_smoothing, spec.clip or 0.0
    if binding.task == "likelihood":
        return _likelihood(matrix[0], clip, spec)
    if binding.task == "multilabel" and shares is not None:
        return Multilabel(_binary_form(matrix, clip, spec), shares, smoothing)
    form = _form(matrix, clip, spec, binding.class_order)
    if shares is None:
        return Hard(form, codes, binding.class_count, smoothing)
    return Soft(form, shares, codes, smoothing)


def _form(matrix: Floats, clip: float, spec: Spec, order: tuple[int, ...]) -> forms.Form:
    if len(matrix) == 1:
        return _binary_form(matrix[0], clip, spec)
    if spec.as_ == "probabilities":
        return forms.Probabilities(matrix, clip, order)
    return (forms.Logits if spec.as_ == "logits" else forms.Logprobs)(matrix, order)


def _binary_form(values: Floats, clip: float, spec: Spec) -> forms.BinaryForm:
    if spec.as_ == "probabilities":
        return forms.BinaryProbability(values, clip)
    return (forms.BinaryLogit if spec.as_ == "logits" else forms.BinaryLogprob)(values)


def _likelihood(values: Floats, clip: float, spec: Spec) -> Likelihood:
    if spec.as_ == "logprobs":
        return Likelihood(0.0 - values, np.exp(values))
    if spec.as_ == "losses":
        return Likelihood(values, np.exp(-values))
    kept = finite_surprisals if spec.clip_zeros else bounded_surprisals
    return Likelihood(kept(surprisal(values), clip), values)
