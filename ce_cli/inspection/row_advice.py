"""Findings about single rows: the issues found while binding, with the options that fix them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ce_cli.findings.messages import (
    advice_for,
    fatal,
    no_weight,
    sentence,
    together,
)
from ce_cli.findings.number_advice import are_base_ten
from ce_cli.findings.row_issues import EXAMPLES, RowIssue
from ce_cli.findings.row_warnings import row_warning
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.ids import MOST_ROWS
from ce_cli.inspection.score_command import option
from ce_cli.metrics.loss import Loss
from ce_cli.results.inspect import Finding
from ce_cli.scoring.warnings import clip_message
from ce_cli.text import plural, quoted

_FIXES = {
    "missing": "--missing skip",
    "unlisted": "--missing skip",
    "encoding": "--encoding latin-1",
    "bad-sum": "--on-bad-sum renormalize",
}
_BY_VALUES = ("outside", "positive-logprob", "unknown-label", "undecided-label")
_WEIGHT = re.compile(
    r"(?:(?:sample|case|row|survey|instance|obs|observation|importance)[_ .-]?)?"
    r"(?:weights?|wts?|wgt)"
    r"|freq|frequency|frequencies|exposures?"
)
_LARGE_PART = 1 / 3  # of the loss: more than the choice of the clip should decide


def row_advice(facts: FileFacts) -> Iterator[Finding]:
    """Errors first, worded by `ce_cli.findings.messages`; then issues that do not stop a run."""
    issues = list(facts.exam.issues.by_kind.values())
    own = [one for one in issues if one.column in facts.used or not one.column]
    errors = fatal(own, sums_must_fit=facts.spec.on_bad_sum == "error") if facts.binding else []
    classes = facts.binding.classes if facts.binding else None
    for issues_alike, message in together(errors, facts.locations, classes, facts.exam.issues):
        yield _advice(facts, issues_alike[0], message, "error")
    reported = {(issue.code, issue.column) for issue in errors}
    for issue in issues:
        if (issue.code, issue.column) not in reported:
            yield from _harmless(facts, issue)
    yield from _left_out(facts)
    if facts.binding is not None and facts.binding.weight and _weighs_nothing(facts):
        yield Finding("no_weight", "error", no_weight(facts.locations, facts.binding.weight))
    yield from _repeated_ids(facts)
    yield from _unused_weights(facts)


def _weighs_nothing(facts: FileFacts) -> bool:
    """Whether there are rows to score, but all their weights are 0."""
    return facts.exam.issues.scored > 0 and not facts.figures


def _harmless(facts: FileFacts, issue: RowIssue) -> Iterator[Finding]:
    if message := row_warning(issue, facts.locations):
        yield _advice(facts, issue, message, "note" if issue.code == "renormalized" else "warning")
    elif issue.code == "layout":
        yield Finding("layout", "note", issue.column)
    elif issue.code == "clipped":
        yield from _clipped(facts, issue)
    elif issue.code in ("malformed", "encoding", "not-a-number"):
        message = sentence(issue, facts.locations, None)
        severity = "error" if issue.code == "malformed" else "note"
        yield _advice(facts, issue, message, severity)


def _clipped(facts: FileFacts, issue: RowIssue) -> Iterator[Finding]:
    """A few rows that the clip decides, if they carry a large part of the loss."""
    total = float(facts.exam.states[Loss].loss.floats()[0]) if facts.exam.states else 0.0
    raised = float(facts.exam.clipped.floats()[0])
    if 0.0 < total < math.inf and raised >= _LARGE_PART * total:
        message = clip_message(facts.exam.issues, facts.spec, min(1.0, raised / total))
        yield _advice(facts, issue, message, "warning")


def _advice(facts: FileFacts, issue: RowIssue, message: str, severity: str) -> Finding:
    options = _FIXES.get(issue.code) if severity != "note" else None
    if are_base_ten(issue.numbers):
        options = None
    if issue.code == "not-a-number" and severity == "error" and "--na-value" in message:
        texts = dict.fromkeys(issue.values)
        options = " ".join((*(option("--na-value", text) for text in texts), "--missing skip"))
    if issue.code in _BY_VALUES and facts.binding is not None:
        options = advice_for(issue, facts.binding.classes, facts.exam.issues).options
    if issue.code == "share-outside":
        options = f"{option('--na-value', issue.values[0])} --missing skip"
    if issue.code in ("label-outside", "label-sum"):
        options = "--label-counts" if _may_be_counts(facts) else None
    return Finding(
        issue.code.replace("-", "_"),
        severity,  # type: ignore[arg-type]  # one of the three, above
        message,
        issue.count,
        tuple(row + 1 for row in issue.rows),
        options,
    )


def _may_be_counts(facts: FileFacts) -> bool:
    """Whether the label columns have no number below 0, and some above 1."""
    labels = facts.binding.labels.columns if facts.binding is not None else ()
    profiles = [facts.exam.profiles[name] for name in labels if name in facts.exam.profiles]
    known = [one for one in profiles if one.low <= one.high]
    return any(one.high > 1.0 for one in known) and all(one.low >= 0.0 for one in known)


def _left_out(facts: FileFacts) -> Iterator[Finding]:
    issues = facts.exam.issues
    if issues.skipped:
        message = f"Skipped {plural(issues.skipped, 'row')} with a missing value."
        yield Finding("skipped", "note", message, issues.skipped)
    if (
        facts.binding is not None
        and issues.scored == 0
        and not fatal(list(issues.by_kind.values()), sums_must_fit=False)
    ):
        yield Finding("no_rows", "error", f"{facts.locations.title}: there are no rows to score.")


def _unused_weights(facts: FileFacts) -> Iterator[Finding]:
    """Columns of numbers that are named like weights."""
    if facts.binding is None or facts.binding.weight or not facts.exam.issues.scored:
        return
    for column in facts.columns:
        profile = facts.exam.profiles.get(column.name)
        named = _WEIGHT.fullmatch(column.name.strip().lower()) and column.name not in facts.used
        if not named or column.kind != "number" or profile is None or profile.missing:
            continue
        if 0.0 <= profile.low < profile.high:
            options = option("--weight", column.name)
            message = f"The column {quoted(column.name)} is not used; weight rows by it with "
            yield Finding("unused_weight", "note", f"{message}{options}", options=options)


def _repeated_ids(facts: FileFacts) -> Iterator[Finding]:
    repeated = facts.exam.alignment.ids.repeated()
    if not len(repeated):
        return
    checked = f" (of the first {MOST_ROWS:,} rows)" if facts.exam.issues.read > MOST_ROWS else ""
    rows = tuple(int(row) + 1 for row in repeated[:EXAMPLES])
    repeat = "repeats" if len(repeated) == 1 else "repeat"
    message = (
        f"{plural(len(repeated), 'row')}{checked} {repeat} an id in {quoted(facts.ids or '')} from "
        "an earlier row: does the file contain rows twice?"
    )
    severity = "warning" if facts.requested.id else "note"
    yield Finding("repeated_id", severity, message, len(repeated), rows)  # type: ignore[arg-type]
