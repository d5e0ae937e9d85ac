"""What to do about texts in the place of numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ce_cli.findings.row_issues import RowIssue
from ce_cli.text import shell_word

_MARKS = 3  # different texts; if there are more, they are not marks of missing values
_COMMA = r"[-+]?\d*,\d+(e[-+]?\d+)?"
_POINT = r"[-+]?\d*\.\d+(e[-+]?\d+)?"
_ALIKE = "if other numbers have a decimal {other}, write all of them alike"
_FIXES = (  # for cells that are not numbers, by the form of the text
    (r".*[\r\n].*", "a quote opens the cell and ends in another line: close it, or remove it"),
    (r"[\[{].*", "write one number, or null for a missing value"),
    (r"['\"`‘’“”«»].*", "remove the quotes around the number"),
    (
        r"[<>≤≥~] ?[\d.,]+(e[-+]?\d+)? ?%?",
        "it is a bound: correct or remove such rows",
    ),
    (r"[\d.]+ ?/ ?[\d.]+", "write fractions as decimal numbers"),
    (r"[\d.e-]+([|;] ?[\d.e-]+)+", "write lists as [0.1, 0.9]"),
    (r"[a-z_]+ ?[=:] ?[\d.]+(e[-+]?\d+)?", "write only the number"),
    (r"[1-9]\d{0,2}(,\d{3})+", "write it without thousands separators"),
    (
        r"[-+]?\d{1,3}([., '\u00a0\u202f]\d{3})+([.,]\d+)?",
        "write it without thousands separators",
    ),
    (r"[-+]?[\d.,]+ ?%", "divide percentages by 100, since ce reads probabilities"),
    (
        r"\d+:[-+]?[\d.]+(e[-+]?\d+)?",
        "remove the indices before the colons, for example with sed 's/[0-9]*://g'",
    ),
)


def number_fix(issue: RowIssue, read: int) -> str:
    """The end of the message about texts that are not numbers, in some of `read` rows."""
    texts = list(dict.fromkeys(value.strip(" ") for value in issue.values or ("",)))
    value = texts[0]
    if any(character.isdigit() and not character.isascii() for character in value):
        return "write numbers with the digits 0 to 9"
    known = (fix for form, fix in _FIXES if all(_matches(form, text) for text in texts))
    fix = next(known, None) or _decimal_fix(value, 2 * issue.count < read)
    fix = fix or next((fix for form, fix in _FIXES if _matches(form, value)), None)
    if fix is not None:
        return fix
    if len(texts) > _MARKS or (len(texts) > 1 and issue.count >= read):
        return "write numbers only"
    return absent(list(dict.fromkeys(issue.values)))


def _decimal_fix(value: str, few: bool) -> str | None:
    """For a decimal comma in the place of a point, perhaps in only a `few` rows, or the reverse."""
    if _matches(_COMMA, value):
        alike = f"; {_ALIKE.format(other='point')}" if few else ""
        return f"if this is a decimal comma, use --decimal ,{alike}"
    if _matches(_POINT, value):
        return f"it has a decimal point, so remove --decimal ,; {_ALIKE.format(other='comma')}"
    return None


def absent(values: Sequence[str]) -> str:
    """The advice for texts that may mark missing values."""
    options = " ".join(f"--na-value {shell_word(value)}" for value in values)
    mark = "it marks" if len(values) == 1 else "they mark"
    return f"if {mark} a missing value, use {options} --missing skip"


def _matches(form: str, value: str) -> bool:
    return re.fullmatch(form, value, re.IGNORECASE | re.DOTALL | re.ASCII) is not None
