"""What is wrong with single rows: the findings of binding, with the options that mend them."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.findings.messages import fatal, no_weight, rest_warning, sentence, sum_warning
from ce_cli.findings.row_issues import EXAMPLES, RowIssue
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.ids import MOST_ROWS
from ce_cli.inspection.score_command import option
from ce_cli.results.inspect import Finding
from ce_cli.text import plural, quoted

_MENDING = {
    "missing": "--missing skip",
    "unlisted": "--missing skip",
    "positive-logprob": "--as logits",
    "encoding": "--encoding latin-1",
    "bad-sum": "--on-bad-sum renormalize",
}


def row_advice(case: FileFacts) -> Iterator[Finding]:
    """Errors first, as `ce_cli.findings.messages` tells them; then what costs no run."""
    findings = list(case.exam.issues.by_kind.values())
    own = [one for one in findings if one.column in case.used or not one.column]
    bad = fatal(own, sums_must_fit=case.spec.on_bad_sum == "error") if case.binding else []
    classes = case.binding.classes if case.binding else None
    for finding in bad:
        yield _advice(case, finding, sentence(finding, case.locations, classes), "error")
    told = {(finding.code, finding.column) for finding in bad}
    for finding in findings:
        if (finding.code, finding.column) not in told:
            yield from _harmless(case, finding)
    yield from _left_out(case)
    if case.binding is not None and case.binding.weight and _weighs_nothing(case):
        yield Finding("no_weight", "error", no_weight(case.locations, case.binding.weight))
    yield from _repeated_ids(case)


def _weighs_nothing(case: FileFacts) -> bool:
    """Whether there are rows to score, but no weight among them."""
    return case.exam.issues.scored > 0 and not case.figures


def _harmless(case: FileFacts, finding: RowIssue) -> Iterator[Finding]:
    if finding.code in ("bad-sum", "renormalized"):
        told = sum_warning(finding, case.locations)
        severity = "warning" if finding.code == "bad-sum" else "note"
        yield _advice(case, finding, told, severity)
    elif finding.code == "rest-missing":
        yield _advice(case, finding, rest_warning(finding, case.locations), "warning")
    elif finding.code == "infinite":
        message = (
            f"{plural(finding.count, 'row')} gave what happened a probability of 0, so the "
            "cross-entropy is infinite."
        )
        yield _advice(case, finding, message, "warning")
    elif finding.code in ("malformed", "encoding", "not-a-number"):
        told = sentence(finding, case.locations, None)
        severity = "error" if finding.code == "malformed" else "note"
        yield _advice(case, finding, told, severity)


def _advice(case: FileFacts, finding: RowIssue, message: str, severity: str) -> Finding:
    options = _MENDING.get(finding.code) if severity != "note" else None
    if finding.code == "not-a-number" and severity == "error" and "--na-value" in message:
        options = f"{option('--na-value', finding.values[0])} --missing skip"
    if finding.code in ("label-outside", "label-sum"):
        options = "--label-counts" if _may_be_counts(case) else None
    return Finding(
        finding.code.replace("-", "_"),
        severity,  # type: ignore[arg-type]  # one of the three, above
        message,
        finding.count,
        tuple(row + 1 for row in finding.rows),
        options,
    )


def _may_be_counts(case: FileFacts) -> bool:
    """Whether label columns hold nothing below 0, and something above 1."""
    labels = case.binding.labels.columns if case.binding is not None else ()
    profiles = [case.exam.profiles[name] for name in labels if name in case.exam.profiles]
    known = [one for one in profiles if one.low <= one.high]
    return any(one.high > 1.0 for one in known) and all(one.low >= 0.0 for one in known)


def _left_out(case: FileFacts) -> Iterator[Finding]:
    issues = case.exam.issues
    if issues.skipped:
        message = f"{plural(issues.skipped, 'row')} with a missing value left out."
        yield Finding("skipped", "note", message, issues.skipped)
    if (
        case.binding is not None
        and issues.scored == 0
        and not fatal(list(issues.by_kind.values()), sums_must_fit=False)
    ):
        yield Finding("no_rows", "error", f"{case.locations.title}: no row is left to score.")


def _repeated_ids(case: FileFacts) -> Iterator[Finding]:
    repeated = case.exam.traps.ids.repeated()
    if not len(repeated):
        return
    looked = f" (of the first {MOST_ROWS:,} rows)" if case.exam.issues.read > MOST_ROWS else ""
    rows = tuple(int(row) + 1 for row in repeated[:EXAMPLES])
    repeat = "repeats" if len(repeated) == 1 else "repeat"
    message = (
        f"{plural(len(repeated), 'row')}{looked} {repeat} an id of {quoted(case.ids or '')} that "
        "stands in an earlier row: are rows in the file twice?"
    )
    severity = "warning" if case.given.id else "note"
    yield Finding("repeated_id", severity, message, len(repeated), rows)  # type: ignore[arg-type]
