"""The sums of the probabilities of rows: which are not 1, how they are reported, and corrected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.findings.bad_numbers import BadNumbers
from ce_cli.findings.row_issues import RowIssue
from ce_cli.kernels.losses import LOG_2, class_sums
from ce_cli.spec import Spec

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FAR, _LOG_FAR = 2.0, LOG_2 * (1.0 - 1e-12)  # sums from here on are no rounding, and their logs
_BELOW_1 = 1.0 - 1e-9  # no tolerance makes probabilities of a sum of 0 or 2


def summing_to_one(
    checked: CheckedRows, matrix: Floats, sparse: Bools, binding: Binding, spec: Spec
) -> Floats:
    """Check that the probabilities of each row sum to 1, and renormalise them if requested.

    Rows that are `sparse`, which do not name all classes, may sum to less. Rows with a sum of 2 or
    more are kept, although they stop a run: `ce inspect` looks at them.
    """
    logs, tolerance = spec.as_ == "logprobs", min(spec.sum_tolerance or 0.0, _BELOW_1)
    sums = log_sums(matrix) if logs else class_sums(matrix)
    with np.errstate(over="ignore"):
        deviations = np.abs(np.expm1(sums) if logs else sums - 1.0)
    bad = checked.keep & ~(deviations <= tolerance)
    bad &= ~sparse | (sums > (0.0 if logs else 1.0))
    zero = bad & (sums == (-np.inf if logs else 0.0))
    if zero.any():
        checked.drop(zero, "zero-sum", "", lambda row: "0")
        bad &= ~zero
    if not bad.any():
        return matrix
    divided = spec.on_bad_sum == "renormalize"
    far = bad & (sums >= (_LOG_FAR if logs else _FAR))
    if far.any() and not (divided or _tool_divides(binding, spec)):
        _note_sums(checked, "far-sum", matrix, far, sums, deviations, logs)
        bad &= ~far
    if bad.any():
        code = "renormalized" if divided else "bad-sum"
        _note_sums(checked, code, matrix, bad, sums, deviations, logs)
    if not divided:
        return matrix
    fitted, at = matrix.copy(), np.flatnonzero(bad)
    fitted[:, at] = matrix[:, at] - sums[at] if logs else matrix[:, at] / sums[at]
    return fitted


def _note_sums(
    checked: CheckedRows,
    code: str,
    matrix: Floats,
    bad: Bools,
    sums: Floats,
    deviations: Floats,
    logs: bool,
) -> None:
    """Record the rows whose sum is `bad`, and the worst of them."""
    at = np.flatnonzero(bad)
    peak = at[np.argmax(deviations[at])]
    shown = [_sum_text(sums[row], logs) for row in at[:10]]
    worst = (float(deviations[peak]), int(checked.rows[peak]), _sum_text(sums[peak], logs))
    every = np.ones((len(matrix), len(at)), np.bool_)
    numbers = BadNumbers.of(matrix[:, at], every, likelihood=False) if logs else None
    checked.issues.append(RowIssue.of(code, "", checked.rows[at], shown, worst, numbers=numbers))


def _tool_divides(binding: Binding, spec: Spec) -> bool:
    """Whether the tool of ``--convention`` divides rows by their sums."""
    if spec.convention is None:
        return False
    from ce_cli.binding.convention_choice import rule_of

    rule = rule_of(binding, spec)
    return rule is not None and rule.divided


def log_sums(logprobs: Floats) -> Floats:
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
