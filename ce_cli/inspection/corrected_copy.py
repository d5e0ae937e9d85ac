"""Commands that write a corrected copy of a file, and score it."""

from __future__ import annotations

from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.score_command import fixed_path, rewrite_command


def corrected_copy(facts: FileFacts, statement: str) -> str | None:
    """Change a copy of the only file with pandas, and score it; None if pandas may misread it."""
    issues = facts.exam.issues
    if len(facts.typed.paths) != 1 or issues.named("layout") or issues.named("not-a-number"):
        return None
    rewrite = rewrite_command(facts.typed, facts.delimiter, statement)
    if rewrite is None:
        return None
    command = facts.typed.adding(facts.settled.assumed)
    if issues.named("missing"):
        command = command.adding("--missing skip")
    path = str(fixed_path(facts.typed.paths[0]))
    return f"{rewrite} && {command.replace(paths=(path,)).line()}"
