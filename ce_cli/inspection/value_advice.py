"""What the predictions look like beside what they are read as."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

import numpy as np

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inspection.crossed import in_nats
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.numbers import NumberKinds
from ce_cli.inspection.score_command import mended_path, option, with_option
from ce_cli.results.inspect import Finding, Severity
from ce_cli.scoring.warnings import FEW_ROWS

_MOST = 0.9  # of the rows: what nearly all look like, they are
_MANY = 0.1  # of the rows: too many for slips of single numbers
_SLIPS = 3  # and in a small file, this many rows are
_FEW_ROWS = 20  # too few to say what numbers look like
_FULL = 100.0
_SUMS: dict[str, Severity] = {"error": "error", "warn": "warning", "renormalize": "note"}


def value_advice(case: FileFacts) -> Iterator[Finding]:
    """What to read the numbers as, and whether they say anything."""
    looks, binding = case.looks, case.binding
    if binding is None or not looks.rows or binding.task == "likelihood":
        return
    if case.spec.values == "probabilities":
        yield from _no_probabilities(case, looks)
    else:
        yield from _rather_probabilities(case, looks)
    yield from _one_answer(case, looks)
    if looks.coarse == looks.rows > looks.decided and looks.rows >= _FEW_ROWS:
        message = "Predictions are rounded to 2 decimals, so losses are as coarse as that."
        yield Finding("rounded", "note", message)


def _no_probabilities(case: FileFacts, looks: NumberKinds) -> Iterator[Finding]:
    """Numbers outside [0, 1], or rows that sum to something else."""
    several, rows = len(looks.first) > 1 and case.spec.task != "multilabel", looks.rows
    reach = f"the predictions reach from {looks.low:.6g} to {looks.high:.6g}"
    if _many(looks.negative, rows):
        as_logs = looks.high <= 0.0 and (not several or looks.to_one_by_exp >= _MOST * rows)
        kind, value = ("log-probabilities", "logprobs") if as_logs else ("logits", "logits")
        sums = ", and their exponentials sum to 1" if as_logs and several else ""
        message = f"These look like {kind}: {reach}{sums}."
        yield _looks_like(case, value, message, option("--as", value))
    elif looks.high > 1.0 and looks.low >= 0.0 and _are_percentages(looks, several):
        sums = ", and the rows sum to 100" if several else ""
        yield _percentages(case, f"These look like percentages: {reach}{sums}; divide them by 100.")
    elif _many(looks.above, rows):
        message = f"These are no probabilities, so perhaps logits: {reach}."
        yield _looks_like(case, "logits", message, "--as logits")
    elif several and looks.low >= 0.0 and _many(rows - looks.to_one, rows):
        yield _sums_elsewhere(case, looks)


def _many(count: int, rows: int) -> bool:
    return count >= max(_MANY * rows, min(_SLIPS, rows))


def _are_percentages(looks: NumberKinds, several: bool) -> bool:
    if looks.high > _FULL:
        return False
    if several:
        return looks.to_hundred >= _MOST * looks.rows
    return looks.high > 1.5 and _many(looks.above, looks.rows)


def _percentages(case: FileFacts, message: str) -> Finding:
    """There is no option that divides; a copy of the file is divided instead."""
    binding = case.binding
    found = _outside(case)
    command = None
    if (
        binding is not None
        and len(case.typed.paths) == 1
        and binding.shape in ("single", "columns")
    ):
        path = case.typed.paths[0]
        columns = [str(name) for name in binding.predictions]
        command = with_option(
            case.typed, case.delimiter, f"f[{columns!r}] = f[{columns!r}].astype(float) / 100"
        )
        if command is not None:
            command += f" && {case.typed.replace(paths=(str(mended_path(path)),)).line()}"
    return Finding(
        "looks_like_percentages",
        "error",
        message,
        0 if found is None else found.count,
        () if found is None else tuple(row + 1 for row in found.rows),
        command=command,
    )


def _looks_like(case: FileFacts, kind: str, message: str, options: str) -> Finding:
    found = _outside(case)
    count, rows = (0, ()) if found is None else (found.count, tuple(r + 1 for r in found.rows))
    return Finding(f"looks_like_{kind}", "error", message, count, rows, options)


def _outside(case: FileFacts) -> RowIssue | None:
    """The finding that numbers are outside of their range, in the column of most such rows."""
    found = case.exam.issues.named("outside")
    return max(found, key=lambda one: one.count) if found else None


def _sums_elsewhere(case: FileFacts, looks: NumberKinds) -> Finding:
    """Rows within [0, 1] that are no distributions: what would make them so with less surprise."""
    read = case.exam.traps.rereadings
    softmax = read.rows >= _FEW_ROWS and read.softmax < read.divided
    kind = _SUMS[case.spec.on_bad_sum]
    sums = f"The rows sum to {looks.low_sum:.4g} … {looks.high_sum:.4g}, not to 1: "
    if softmax:
        message = (
            f"{sums}they may be logits between 0 and 1, which sum to 1 only after softmax"
            f"{_against(read.softmax, read.divided, read.rows)}."
        )
        return Finding("sums_after_softmax", kind, message, options="--as logits")
    message = (
        f"{sums}these are distributions only after each row is divided by its sum"
        f"{_against(read.divided, read.softmax, read.rows)}."
    )
    options = "--on-bad-sum renormalize"
    return Finding("sums_after_division", kind, message, options=options)


def _against(better: int, worse: int, rows: int) -> str:
    if not rows:
        return ""
    means = _in_nats(better) / rows, _in_nats(worse) / rows
    return f" (loss {means[0]:.3g} instead of {means[1]:.3g} nats the other way)"


def _in_nats(units: int) -> float:
    """One sum in nats."""
    return float(in_nats(np.array([units], np.float64))[0])


def _rather_probabilities(case: FileFacts, looks: NumberKinds) -> Iterator[Finding]:
    """Read as logits or log-probabilities, but within [0, 1], or no logarithms at all."""
    several, rows = len(looks.first) > 1, looks.rows
    within = looks.low >= 0.0 and looks.high <= 1.0
    sums = several and looks.to_one >= _MOST * rows
    if within and rows >= _FEW_ROWS and looks.high > 0.0 and (sums or not several):
        told = ", and the rows sum to 1" if several else ""
        message = (
            f"These look like probabilities, not {_read_as(case)}: the predictions reach from "
            f"{looks.low:.6g} to {looks.high:.6g}{told}."
        )
        yield Finding("looks_like_probabilities", "warning", message, options="--as probabilities")
    elif case.spec.values == "logprobs" and several and looks.to_one_by_exp < _MANY * rows:
        message = (
            "These look like logits, not log-probabilities: the exponentials of the rows do not "
            "sum to 1."
        )
        yield Finding("looks_like_logits", "warning", message, options="--as logits")
    elif (
        case.spec.values == "logits"
        and several
        and looks.to_one_by_exp >= _MOST * rows
        and isfinite(looks.low)
    ):
        message = (
            "These are log-probabilities: their exponentials sum to 1. Softmax changes nothing "
            "but the last digits."
        )
        yield Finding("looks_like_logprobs", "note", message, options="--as logprobs")


def _read_as(case: FileFacts) -> str:
    return {"logits": "logits", "logprobs": "log-probabilities"}[case.spec.values]


def _one_answer(case: FileFacts, looks: NumberKinds) -> Iterator[Finding]:
    """Predictions that are all alike, or all decided."""
    if looks.rows < FEW_ROWS:
        return
    if looks.constant and case.exam.issues.scored:
        shown = ", ".join(f"{value:.6g}" for value in looks.first[:6])
        more = ", …" if len(looks.first) > 6 else ""
        message = (
            f"The prediction is the same in every row ({shown}{more}): it tells nothing apart."
        )
        yield Finding("constant_prediction", "warning", message, options=_other_column(case))
    elif looks.decided == looks.rows and case.spec.values == "probabilities":
        other = _other_column(case)
        message = (
            "Every prediction is 0 or 1: these are decisions, not probabilities, and one wrong "
            "decision costs all that the clip allows"
            f"{'; there are other numbers between 0 and 1' if other else ''}."
        )
        yield Finding("decisions", "warning", message, options=other)


def _other_column(case: FileFacts) -> str | None:
    """The one column without a part that may hold the probabilities instead."""
    if case.binding is None or case.binding.shape != "single":
        return None
    found = []
    for column in case.columns:
        profile = case.exam.profiles.get(column.name)
        if column.name in case.used or profile is None or column.kind != "number":
            continue
        if 0.0 <= profile.low < profile.high <= 1.0 and not _is_whole(profile.low, profile.high):
            found.append(column.name)
    return option("--pred", found[0]) if len(found) == 1 else None


def _is_whole(low: float, high: float) -> bool:
    return low == 0.0 and high == 1.0
