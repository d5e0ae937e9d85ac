"""Findings about what the rows show about the roles of their columns, as ``ce score`` warns."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.inspection.file_facts import FileFacts
from ce_cli.results.inspect import Finding
from ce_cli.scoring.evidence_notes import DECISIONS, PROBABILITIES, evidence_notes


def evidence_advice(facts: FileFacts) -> Iterator[Finding]:
    """The warnings of ``ce score``, but for those that other findings word better."""
    if facts.binding is None or not facts.exam.issues.scored or facts.bad_labels is not None:
        return
    shown = evidence_notes(
        facts.exam.evidence, facts.binding, facts.spec, facts.classes, facts.source
    )
    for note in shown:
        constant = note.code == DECISIONS and facts.numbers.constant
        if not constant and note.code != PROBABILITIES:
            yield Finding(note.code, "warning", note.message, note.count, options=note.options)
