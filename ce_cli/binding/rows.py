"""From frames of columns to batches of checked rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.batch import Batch
from ce_cli.binding.bind import Binding
from ce_cli.binding.classes import UNKNOWN
from ce_cli.binding.columns import floats, lists, nulls, tokens
from ce_cli.inputs.source import Frame
from ce_cli.kernels import forms
from ce_cli.kernels.losses import class_sums
from ce_cli.ledger import Finding
from ce_cli.spec import Spec
from ce_cli.value import Value

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]

GroupKey = tuple[str | None, ...]
Shown = Callable[[int], str]

_ROUNDING = 1e-9  # how far outside [0, 1] a probability may be by rounding alone
_FLOAT32_ROUNDING = 1e-6  # the same where probabilities are stored in single precision or less
_BATCH_CELLS = 1 << 16  # keeps the arrays of a batch in the processor's cache
_LONGEST_BATCH = 1 << 15
_SHORTEST_BATCH = 1 << 9
_MISSING = -1
_LABELS_KEPT = 20


class Bound(Value):
    """The rows of one frame, checked.

    Attributes
    ----------
    batches : list of Batch
        Rows to score, in order.
    keys : list of tuple
        The group of each group code.
    findings : list of Finding
        What was wrong on the way, by row of the frame.
    skipped : int
        Rows left out since something was missing.
    """

    batches: list[Batch]
    keys: list[GroupKey]
    findings: list[Finding]
    skipped: int


def bound_rows(frame: Frame, binding: Binding, spec: Spec) -> Bound:
    """Check the rows of `frame` and cut them into batches."""
    checked = _Rows(frame, binding, spec)
    matrix = checked.predictions()
    labels = checked.labels()
    weights = checked.weights()
    groups, keys = checked.groups()
    checked.note_missing()
    if spec.values == "probabilities":
        matrix = checked.probabilities(matrix)
    elif spec.values == "logprobs":
        matrix = checked.logprobs(matrix)
    else:
        checked.logits(matrix)
    if len(matrix) > 1 and spec.values != "logits":
        matrix = checked.summing_to_one(matrix)
    keep = checked.keep
    whole = Batch(
        form=_form(matrix, spec),
        labels=labels,
        class_count=binding.class_count,
        weights=weights,
        groups=groups,
        group_count=len(keys),
        rows=checked.rows,
        places=np.arange(len(labels)),
    )
    if not keep.all():
        whole = whole.take(np.flatnonzero(keep))
    return Bound(list(_cut(whole, len(matrix))), keys, checked.findings, checked.skipped)


class _Rows:
    """The rows of a frame while they are checked: `keep` shrinks, `findings` grow."""

    def __init__(self, frame: Frame, binding: Binding, spec: Spec) -> None:
        self._columns = frame.columns
        self._binding = binding
        self._spec = spec
        self.findings = list(frame.findings)
        self.rows = np.arange(frame.rows, dtype=np.int64)
        if frame.left_out:
            self.rows = np.delete(self.rows, frame.left_out)
        self.keep = np.ones(len(self.rows), np.bool_)
        self._missing: dict[str, Bools] = {}
        self.skipped = 0

    def predictions(self) -> Floats:
        """All predictions, shape (K, n), or (1, n) for a single column."""
        names = self._binding.predictions
        if self._binding.shape == "list":
            return self._from_lists(names[0])
        if len(names) == 1:
            matrix = floats(self._columns[names[0]])[np.newaxis, :]
        else:
            matrix = np.empty((len(names), len(self.rows)))
            for row, name in zip(matrix, names, strict=True):
                row[:] = floats(self._columns[name])
        for row, name in zip(matrix, names, strict=True):
            self._missing[name] = _nan(row)
        return matrix

    def labels(self) -> Codes:
        """Class codes, shape (n,); rows of an unknown label are dropped."""
        name = self._binding.label
        codes, texts = tokens(self._columns[name])
        texts, codes = self._without_missing_texts(texts, codes)
        self._missing[name] = codes == _MISSING
        classes = np.append(self._binding.labels.codes(texts), UNKNOWN)
        labels = classes[codes]
        if UNKNOWN in classes[:-1]:
            unknown = (labels == UNKNOWN) & (codes != _MISSING)
            self._drop(unknown, "unknown-label", name, lambda row: texts[codes[row]])
        if self._binding.classes is None:
            self._note_labels(texts, codes)
        return labels

    def weights(self) -> Floats | None:
        """Weights, shape (n,), or None for none."""
        name = self._binding.weight
        if name is None:
            return None
        weights = floats(self._columns[name])
        self._missing[name] = _nan(weights)
        bad = (weights < 0) | np.isinf(weights)
        if bad.any():
            self._drop(bad, "bad-weight", name, lambda row: f"{weights[row]:g}")
        return weights

    def groups(self) -> tuple[Codes | None, list[GroupKey]]:
        """Group codes, shape (n,), and their keys; a missing value is a group of its own."""
        names = self._binding.by
        if not names:
            return None, [()]
        codes, keys = self._group_column(names[0])
        for name in names[1:]:
            own, choices = self._group_column(name)
            distinct, codes = np.unique(codes * len(choices) + own, return_inverse=True)
            pairs = [divmod(code, len(choices)) for code in distinct.tolist()]
            keys = [keys[before] + choices[last] for before, last in pairs]
        return codes, keys

    def _group_column(self, name: str) -> tuple[Codes, list[GroupKey]]:
        """Codes of one grouping column; some keys may have no row."""
        codes, texts = tokens(self._columns[name])
        keys: list[GroupKey] = [(text,) for text in texts]
        missing = codes == _MISSING
        if missing.any():
            codes = np.where(missing, len(texts), codes)
            keys.append((None,))
        return codes, keys

    def note_missing(self) -> None:
        """Drop the rows in which something is missing."""
        for name, missing in self._missing.items():
            if not missing.any():
                continue
            if self._spec.missing == "error":
                self._drop(missing, "missing", name, lambda row: "")
            else:
                self.skipped += int((missing & self.keep).sum())
                self.keep &= ~missing

    def probabilities(self, matrix: Floats) -> Floats:
        """Check the range; what is outside by rounding alone is put on the edge."""
        low, high = _range(matrix)
        if low >= 0.0 and high <= 1.0:
            return matrix
        coarse = {"float32", "float16"} & set(self._binding.stored)
        rounding = _FLOAT32_ROUNDING if coarse else _ROUNDING
        with np.errstate(invalid="ignore"):
            outside = (matrix < -rounding) | (matrix > 1.0 + rounding)
        if outside.any():
            self._drop_cells(matrix, outside, "outside")
        return np.clip(matrix, 0.0, 1.0)

    def logprobs(self, matrix: Floats) -> Floats:
        """Check that none is positive; rounding above 0 is put to 0."""
        if _range(matrix)[1] <= 0.0:
            return matrix
        with np.errstate(invalid="ignore"):
            above = matrix > _ROUNDING
        if above.any():
            self._drop_cells(matrix, above, "positive-logprob")
        return np.minimum(matrix, 0.0)

    def logits(self, matrix: Floats) -> None:
        """Check that no row has two classes of infinite odds, or none of any."""
        low, high = _range(matrix)
        if len(matrix) == 1 or (low > -np.inf and high < np.inf):
            return
        bad = ((matrix == np.inf).sum(axis=0) > 1) | (matrix == -np.inf).all(axis=0)
        if (bad & self.keep).any():
            self._drop(bad, "bad-logits", "", lambda row: _listed(matrix[:, row]))

    def summing_to_one(self, matrix: Floats) -> Floats:
        """Check that the probabilities of each row sum to 1, and renormalise if asked."""
        logs = self._spec.values == "logprobs"
        sums = _log_sums(matrix) if logs else class_sums(matrix)
        with np.errstate(over="ignore"):
            gaps = np.abs(np.expm1(sums) if logs else sums - 1.0)
        bad = self.keep & ~(gaps <= (self._spec.sum_tolerance or 0.0))
        hollow = bad & (sums == (-np.inf if logs else 0.0))
        if hollow.any():
            self._drop(hollow, "zero-sum", "", lambda row: "0")
            bad &= ~hollow
        if not bad.any():
            return matrix
        at = np.flatnonzero(bad)
        peak = at[np.argmax(gaps[at])]
        shown = [_sum_text(sums[row], logs) for row in at[:10]]
        worst = (float(gaps[peak]), int(self.rows[peak]), _sum_text(sums[peak], logs))
        if self._spec.on_bad_sum != "renormalize":
            self.findings.append(Finding.of("bad-sum", "", self.rows[at], shown, worst))
            return matrix
        self.findings.append(Finding.of("renormalized", "", self.rows[at], shown, worst))
        fitted = matrix.copy()
        fitted[:, at] = matrix[:, at] - sums[at] if logs else matrix[:, at] / sums[at]
        return fitted

    def _from_lists(self, name: str) -> Floats:
        width = self._binding.class_count
        column = self._columns[name]
        values, offsets = lists(column)
        lengths = np.diff(offsets)
        missing = nulls(column)
        self._missing[name] = np.zeros(len(lengths), np.bool_) if missing is None else missing
        wrong = (lengths != width) & ~self._missing[name]
        if wrong.any():
            self._drop(wrong, "list-length", name, lambda row: str(lengths[row]))
        if (lengths == width).all():
            return self._noted(name, np.ascontiguousarray(values.reshape(-1, width).T))
        matrix = np.full((width, len(lengths)), 1.0 / width)
        for row in np.flatnonzero(lengths == width):
            matrix[:, row] = values[offsets[row] : offsets[row + 1]]
        return self._noted(name, matrix)

    def _noted(self, name: str, matrix: Floats) -> Floats:
        self._missing[name] |= np.isnan(matrix).any(axis=0)
        return matrix

    def _without_missing_texts(self, texts: list[str], codes: Codes) -> tuple[list[str], Codes]:
        hollow = [code for code, text in enumerate(texts) if text in self._binding.missing_texts]
        if hollow:
            codes = np.where(np.isin(codes, hollow), _MISSING, codes)
        return texts, codes

    def _note_labels(self, texts: Sequence[str], codes: Codes) -> None:
        """Remember which labels occur, since they will name the classes."""
        few = range(len(texts)) if len(texts) <= _LABELS_KEPT else np.unique(codes[codes >= 0])
        for code in few[:_LABELS_KEPT]:
            first = int(np.argmax(codes == code)) if len(codes) else 0
            if len(codes) and codes[first] == code:
                self.findings.append(Finding("label", texts[code], 1, (int(self.rows[first]),)))

    def _drop_cells(self, matrix: Floats, bad: Bools, code: str) -> None:
        for name, values, cells in zip(self._cell_names(matrix), matrix, bad, strict=True):
            if cells.any():
                self._note(code, name, cells & self.keep, values)
        self.keep &= ~bad.any(axis=0)

    def _note(self, code: str, name: str, bad: Bools, values: Floats) -> None:
        at = np.flatnonzero(bad)
        if len(at):
            shown = [
                f"{values[row]:.17g}".rstrip()
                if 0.99 < values[row] < 1.01
                else f"{values[row]:.6g}"
                for row in at[:10]
            ]
            self.findings.append(Finding.of(code, name, self.rows[at], shown))

    def _cell_names(self, matrix: Floats) -> Sequence[str]:
        names = self._binding.predictions
        return names if len(names) == len(matrix) else names * len(matrix)

    def _drop(self, bad: Bools, code: str, name: str, shown: Shown) -> None:
        at = np.flatnonzero(bad & self.keep)
        if len(at):
            self.findings.append(
                Finding.of(code, name, self.rows[at], [shown(int(row)) for row in at[:10]])
            )
        self.keep &= ~bad


def _range(matrix: Floats) -> tuple[float, float]:
    """The smallest and largest value, NaN left aside."""
    if not matrix.size:
        return 0.0, 0.0
    low, high = float(matrix.min()), float(matrix.max())
    if np.isnan(low):
        low, high = float(np.fmin.reduce(matrix, None)), float(np.fmax.reduce(matrix, None))
    return low, high


def _nan(values: Floats) -> Bools:
    """Where values are NaN; the minimum tells first, and quickly, if there are any."""
    if len(values) and np.isnan(values.min()):
        return np.isnan(values)
    return np.zeros(len(values), np.bool_)


def _log_sums(logprobs: Floats) -> Floats:
    """The logarithm of the sum of the probabilities, also where each of them underflows."""
    largest = logprobs.max(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shifted = np.exp(logprobs - np.where(np.isinf(largest), 0.0, largest))
        total: Floats = largest + np.log(class_sums(shifted))
    return total


def _sum_text(total: float, is_log: bool) -> str:
    return (
        f"e^{total:.6g}" if is_log and total < -700 else f"{np.exp(total) if is_log else total:.6g}"
    )


def _listed(values: Floats) -> str:
    shown = ", ".join(f"{value:g}" for value in values[:6])
    return f"[{shown}, …]" if len(values) > 6 else f"[{shown}]"


def _cut(rows: Batch, columns: int) -> Iterator[Batch]:
    """Cut into batches that fit the cache; many groups make longer ones worth their while."""
    fitting = max(_SHORTEST_BATCH, _BATCH_CELLS // columns)
    size = max(min(_LONGEST_BATCH, fitting), 4 * rows.group_count)
    for start in range(0, len(rows), size):
        yield rows.take(slice(start, start + size))


def _form(matrix: Floats, spec: Spec) -> forms.Form:
    clip = spec.clip or 0.0
    if len(matrix) == 1:
        if spec.values == "probabilities":
            return forms.BinaryProbability(matrix[0], clip)
        return (forms.BinaryLogit if spec.values == "logits" else forms.BinaryLogprob)(matrix[0])
    if spec.values == "probabilities":
        return forms.Probabilities(matrix, clip)
    return (forms.Logits if spec.values == "logits" else forms.Logprobs)(matrix)
