"""What is wrong with single rows: the findings of binding, with the options that mend them."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.findings.messages import fatal, no_weight, rest_warning, sentence, sum_warning
from ce_cli.findings.row_issues import EXAMPLES, Finding
from ce_cli.inspection.case import Case
from ce_cli.inspection.ids import MOST_ROWS
from ce_cli.inspection.typed import option
from ce_cli.results.inspect import Advice
from ce_cli.text import counted, quoted

_MENDING = {
    "missing": "--missing skip",
    "unlisted": "--missing skip",
    "positive-logprob": "--as logits",
    "encoding": "--encoding latin-1",
    "bad-sum": "--on-bad-sum renormalize",
}


def row_advice(case: Case) -> Iterator[Advice]:
    """Errors first, as `ce_cli.findings.messages` tells them; then what costs no run."""
    findings = list(case.exam.ledger.findings.values())
    own = [one for one in findings if one.column in case.used or not one.column]
    bad = fatal(own, sums_must_fit=case.spec.on_bad_sum == "error") if case.binding else []
    classes = case.binding.classes if case.binding else None
    for finding in bad:
        yield _advice(case, finding, sentence(finding, case.places, classes), "error")
    told = {(finding.code, finding.column) for finding in bad}
    for finding in findings:
        if (finding.code, finding.column) not in told:
            yield from _harmless(case, finding)
    yield from _left_out(case)
    if case.binding is not None and case.binding.weight and _weighs_nothing(case):
        yield Advice("no_weight", "error", no_weight(case.places, case.binding.weight))
    yield from _repeated_ids(case)


def _weighs_nothing(case: Case) -> bool:
    """Whether there are rows to score, but no weight among them."""
    return case.exam.ledger.scored > 0 and not case.figures


def _harmless(case: Case, finding: Finding) -> Iterator[Advice]:
    if finding.code in ("bad-sum", "renormalized"):
        told = sum_warning(finding, case.places)
        severity = "warning" if finding.code == "bad-sum" else "note"
        yield _advice(case, finding, told, severity)
    elif finding.code == "rest-missing":
        yield _advice(case, finding, rest_warning(finding, case.places), "warning")
    elif finding.code == "infinite":
        message = (
            f"{counted(finding.count, 'row')} gave what happened a probability of 0, so the "
            "cross-entropy is infinite."
        )
        yield _advice(case, finding, message, "warning")
    elif finding.code in ("malformed", "encoding", "not-a-number"):
        told = sentence(finding, case.places, None)
        severity = "error" if finding.code == "malformed" else "note"
        yield _advice(case, finding, told, severity)


def _advice(case: Case, finding: Finding, message: str, severity: str) -> Advice:
    options = _MENDING.get(finding.code) if severity != "note" else None
    if finding.code == "not-a-number" and severity == "error" and "--na-value" in message:
        options = f"{option('--na-value', finding.values[0])} --missing skip"
    if finding.code in ("label-outside", "label-sum"):
        options = "--label-counts" if _may_be_counts(case) else None
    return Advice(
        finding.code.replace("-", "_"),
        severity,  # type: ignore[arg-type]  # one of the three, above
        message,
        finding.count,
        tuple(row + 1 for row in finding.rows),
        options,
    )


def _may_be_counts(case: Case) -> bool:
    """Whether label columns hold nothing below 0, and something above 1."""
    labels = case.binding.labels.columns if case.binding is not None else ()
    profiles = [case.exam.profiles[name] for name in labels if name in case.exam.profiles]
    known = [one for one in profiles if one.low <= one.high]
    return any(one.high > 1.0 for one in known) and all(one.low >= 0.0 for one in known)


def _left_out(case: Case) -> Iterator[Advice]:
    ledger = case.exam.ledger
    if ledger.skipped:
        message = f"{counted(ledger.skipped, 'row')} with a missing value left out."
        yield Advice("skipped", "note", message, ledger.skipped)
    if (
        case.binding is not None
        and ledger.scored == 0
        and not fatal(list(ledger.findings.values()), sums_must_fit=False)
    ):
        yield Advice("no_rows", "error", f"{case.places.title}: no row is left to score.")


def _repeated_ids(case: Case) -> Iterator[Advice]:
    repeated = case.exam.traps.ids.repeated()
    if not len(repeated):
        return
    looked = f" (of the first {MOST_ROWS:,} rows)" if case.exam.ledger.read > MOST_ROWS else ""
    rows = tuple(int(row) + 1 for row in repeated[:EXAMPLES])
    repeat = "repeats" if len(repeated) == 1 else "repeat"
    message = (
        f"{counted(len(repeated), 'row')}{looked} {repeat} an id of {quoted(case.ids or '')} that "
        "stands in an earlier row: are rows in the file twice?"
    )
    severity = "warning" if case.given.id else "note"
    yield Advice("repeated_id", severity, message, len(repeated), rows)  # type: ignore[arg-type]
