"""The sentence for each issue of rows that were scored in spite of it, or are no rows."""

from __future__ import annotations

from ce_cli.findings.row_issues import RowIssue
from ce_cli.findings.row_locations import RowLocations
from ce_cli.text import plural, quoted

SPELLING = "token-spelling"  # the issue of rows that are tokens as a tokenizer spells them


def row_warning(issue: RowIssue, locations: RowLocations, convention: str | None = None) -> str:
    """The sentence; empty for an issue that is worded elsewhere, or stops a run.

    Parameters
    ----------
    issue : RowIssue
        The issue.
    locations : RowLocations
        Where its rows are.
    convention : str, optional
        The tool by whose rules they were scored.
    """
    if issue.code in ("bad-sum", "renormalized"):
        return _sums(issue, locations, convention)
    if issue.code == "rest-missing":
        return _rest(issue, locations)
    plain = {"repeated-header": _repeated_header, "infinite": _infinite, SPELLING: _spelling}
    return plain[issue.code](issue) if issue.code in plain else ""


def _sums(issue: RowIssue, locations: RowLocations, convention: str | None) -> str:
    """For rows that do not sum to 1 and were scored nevertheless, perhaps as another tool does."""
    from ce_cli.findings.number_advice import BASE_TEN, are_base_ten

    was = "was" if issue.count == 1 else "were"
    if convention is not None:
        done = f"{was} scored as {convention} does"
    elif issue.code == "renormalized":
        done = f"{was} renormalised"
    else:
        done = f"{was} scored unchanged (--on-bad-sum renormalize changes that)"
    rows, worst = plural(issue.count, "row"), locations.worst(issue)
    base = f"; {BASE_TEN}" if are_base_ten(issue.numbers) else ""
    return f"{rows} of probabilities did not sum to 1 and {done}{worst}{base}."


def _repeated_header(issue: RowIssue) -> str:
    """For lines that repeat the header, and are not rows."""
    repeat = "repeats" if issue.count == 1 else "repeat"
    was = "was" if issue.count == 1 else "were"
    return (
        f"{plural(issue.count, 'line')} {repeat} the header and {was} left out: were files joined?"
    )


def _rest(issue: RowIssue, locations: RowLocations) -> str:
    """For maps that name only some of the classes."""
    verb = "omits" if issue.count == 1 else "omit"
    return (
        f"{plural(issue.count, 'row')} {verb} some of the classes; the remaining probability is "
        f"assigned to none of them{locations.worst(issue)}."
    )


def _infinite(issue: RowIssue) -> str:
    """For rows whose outcome was predicted to be impossible."""
    verb = "has" if issue.count == 1 else "have"
    return (
        f"{plural(issue.count, 'row')} {verb} a probability of 0 for the observed outcome, so the "
        "cross-entropy is infinite."
    )


def _spelling(issue: RowIssue) -> str:
    """For tokens in the spelling of a tokenizer, whose bytes are not those of the text."""
    is_ = "is a token" if issue.count == 1 else "are tokens"
    return (
        f"{plural(issue.count, 'row')} of {quoted(issue.column)} {is_} as a tokenizer spells them, "
        f"such as {quoted(issue.values[0])}, whose bytes are counted as written, not those of the "
        "text: name a column of decoded text or of numbers of bytes with --bytes."
    )
