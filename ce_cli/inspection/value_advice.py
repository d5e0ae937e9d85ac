"""Findings about predictions that look like another kind of number than they are read as."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from ce_cli.findings.number_advice import are_base_ten, outside_advice
from ce_cli.findings.row_issues import RowIssue
from ce_cli.inspection.corrected_copy import corrected_copy
from ce_cli.inspection.crossed import in_nats
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.numbers import NumberKinds
from ce_cli.inspection.score_command import option
from ce_cli.results.inspect import Finding, Severity
from ce_cli.scoring.warnings import FEW_ROWS

_MOST = 0.9  # of the rows: if so many look like a kind, all are of that kind
_MANY = 0.1  # of the rows: too many to be errors in single numbers
_FEW_ERRORS = 3  # and in a small file, this many rows are too many
_FEW_ROWS = 20  # too few to detect the kind of numbers
_SUMS: dict[str, Severity] = {"error": "error", "warn": "warning", "renormalize": "note"}


def value_advice(facts: FileFacts) -> Iterator[Finding]:
    """Findings about how to read the numbers, and whether they are informative."""
    numbers, binding = facts.numbers, facts.binding
    if binding is None or not numbers.rows or binding.task == "likelihood":
        return
    if facts.spec.as_ == "probabilities":
        yield from _not_probabilities(facts, numbers)
    else:
        yield from _rather_probabilities(facts, numbers)
    yield from _one_answer(facts, numbers)
    if numbers.coarse == numbers.rows > numbers.decided and numbers.rows >= _FEW_ROWS:
        message = (
            "The predictions are rounded to 2 decimals, which limits the precision of the losses."
        )
        yield Finding("rounded", "note", message)


def _not_probabilities(facts: FileFacts, numbers: NumberKinds) -> Iterator[Finding]:
    """Numbers outside [0, 1], or rows that do not sum to 1."""
    several, rows = len(numbers.first) > 1 and facts.spec.task != "multilabel", numbers.rows
    found = facts.exam.issues.numbers
    if found is None:
        if several and numbers.low >= 0.0 and _many(rows - numbers.to_one, rows):
            yield _other_sums(facts, numbers)
        return
    kind = outside_advice(found, facts.exam.issues.read).kind  # as the rows are reported
    span = f"the predictions range from {numbers.low:.6g} to {numbers.high:.6g}"
    if kind == "logprobs":
        message = f"These look like log-probabilities: {span}, and their exponentials sum to 1."
        yield _looks_like(facts, kind, message, "--as logprobs")
    elif kind == "percentages":
        sums = ", and the rows sum to 100" if several else ""
        yield _percentages(facts, f"These look like percentages: {span}{sums}; divide them by 100.")
    elif kind == "logits":
        message = f"These look like logits: {span}."
        if numbers.low >= 0.0:
            message = f"These are not probabilities; they may be logits: {span}."
        yield _looks_like(facts, kind, message, "--as logits")


def _many(count: int, rows: int) -> bool:
    return count >= max(_MANY * rows, min(_FEW_ERRORS, rows))


def _percentages(facts: FileFacts, message: str) -> Finding:
    """The finding with a command that divides a copy of the file: there is no option for it."""
    binding = facts.binding
    found = _outside(facts)
    command = None
    if binding is not None and binding.shape in ("single", "columns"):
        columns = [str(name) for name in binding.predictions]
        numbers = f'f[{columns!r}].apply(pd.to_numeric, errors="coerce")'  # of texts that mean NaN
        command = corrected_copy(facts, f"f[{columns!r}] = {numbers} / 100")
    return Finding(
        "looks_like_percentages",
        "error",
        message,
        0 if found is None else found.count,
        () if found is None else tuple(row + 1 for row in found.rows),
        command=command,
    )


def _looks_like(facts: FileFacts, kind: str, message: str, options: str) -> Finding:
    found = _outside(facts)
    count, rows = (0, ()) if found is None else (found.count, tuple(r + 1 for r in found.rows))
    return Finding(f"looks_like_{kind}", "error", message, count, rows, options)


def _outside(facts: FileFacts) -> RowIssue | None:
    """The issue of numbers outside [0, 1] in the column with the most such rows."""
    found = facts.exam.issues.named("outside")
    return max(found, key=lambda one: one.count) if found else None


def _other_sums(facts: FileFacts, numbers: NumberKinds) -> Finding:
    """Rows within [0, 1] that do not sum to 1, with the reading that has the lower loss."""
    read = facts.exam.alignment.rereadings
    softmax = read.rows >= _FEW_ROWS and read.softmax < read.divided
    kind = _SUMS[facts.spec.on_bad_sum]
    low, high = f"{numbers.low_sum:.4g}", f"{numbers.high_sum:.4g}"
    sums = f"The rows sum to {low if low == high else f'{low} … {high}'} instead of 1: "
    if softmax:
        message = (
            f"{sums}they may be logits between 0 and 1, which sum to 1 only after softmax"
            f"{_against(read.softmax, read.divided, read.rows)}."
        )
        return Finding("sums_after_softmax", kind, message, options="--as logits")
    message = (
        f"{sums}they are distributions only after each row is divided by its sum"
        f"{_against(read.divided, read.softmax, read.rows)}."
    )
    options = "--on-bad-sum renormalize"
    return Finding("sums_after_division", kind, message, options=options)


def _against(better: int, worse: int, rows: int) -> str:
    if not rows:
        return ""
    means = _in_nats(better) / rows, _in_nats(worse) / rows
    return f" (loss {means[0]:.3g} nats, against {means[1]:.3g} the other way)"


def _in_nats(units: int) -> float:
    """One sum in nats."""
    return float(in_nats(np.array([units], np.float64))[0])


def _rather_probabilities(facts: FileFacts, numbers: NumberKinds) -> Iterator[Finding]:
    """Numbers read as logits or log-probabilities that look like another kind."""
    several, rows = len(numbers.first) > 1, numbers.rows
    within = numbers.low >= 0.0 and numbers.high <= 1.0
    sums = several and numbers.to_one >= _MOST * rows
    if within and rows >= _FEW_ROWS and numbers.high > 0.0 and (sums or not several):
        sums_to_one = ", and the rows sum to 1" if several else ""
        message = (
            f"These look like probabilities, not {_read_as(facts)}: the predictions range from "
            f"{numbers.low:.6g} to {numbers.high:.6g}{sums_to_one}."
        )
        yield Finding("looks_like_probabilities", "warning", message, options="--as probabilities")
    elif facts.spec.as_ == "logprobs" and several and numbers.to_one_by_exp < _MANY * rows:
        named = facts.exam.issues.named
        if any(are_base_ten(one.numbers) for one in (*named("far-sum"), *named("bad-sum"))):
            return  # which the rows are reported as
        message = (
            "These look like logits, not log-probabilities: the exponentials of the rows do not "
            "sum to 1."
        )
        yield Finding("looks_like_logits", "warning", message, options="--as logits")
    elif (
        facts.spec.as_ == "logits"
        and several
        and numbers.to_one_by_exp >= _MOST * rows
        and isfinite(numbers.low)
    ):
        message = (
            "These are log-probabilities: their exponentials sum to 1. Softmax changes only the "
            "last digits."
        )
        yield Finding("looks_like_logprobs", "note", message, options="--as logprobs")


def _read_as(facts: FileFacts) -> str:
    return {"logits": "logits", "logprobs": "log-probabilities"}[facts.spec.as_]


def _one_answer(facts: FileFacts, numbers: NumberKinds) -> Iterator[Finding]:
    """Predictions that are all equal."""
    if numbers.rows < FEW_ROWS:
        return
    if numbers.constant and facts.exam.issues.scored:
        shown = ", ".join(f"{value:.6g}" for value in numbers.first[:6])
        more = ", …" if len(numbers.first) > 6 else ""
        message = (
            f"The prediction is the same in every row ({shown}{more}), so it carries no "
            "information about the label."
        )
        yield Finding("constant_prediction", "warning", message, options=_other_column(facts))


def _other_column(facts: FileFacts) -> str | None:
    """The only column without a role that may contain the probabilities instead."""
    if facts.binding is None or facts.binding.shape != "single":
        return None
    found = []
    for column in facts.columns:
        profile = facts.exam.profiles.get(column.name)
        if column.name in facts.used or profile is None or column.kind != "number":
            continue
        if 0.0 <= profile.low < profile.high <= 1.0 and not _is_whole(profile.low, profile.high):
            found.append(column.name)
    return option("--pred", found[0]) if len(found) == 1 else None


def _is_whole(low: float, high: float) -> bool:
    return low == 0.0 and high == 1.0
