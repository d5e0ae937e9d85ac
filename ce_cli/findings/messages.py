"""The sentence for each issue: what, where, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from ce_cli.findings.row_issues import RowIssue
from ce_cli.findings.row_locations import RowLocations
from ce_cli.text import plural, quoted, quoted_list, sanitize, shell_word

_COLUMNS_TOLD = 2
# What makes data bad, the most basic first. {row} is the first row that is meant and {cell} its
# column too, {value} what stands there and {shown} the same in quotes, {more} the other rows.
_TROUBLES = {
    "comment": (
        "{row} begins with '#' and has {value} fields{more}; if such lines are comments, leave "
        "them out with --comment '#'."
    ),
    "malformed": (
        "{row} has {value} fields{more}; if the delimiter was found wrong, say which with "
        "--delimiter."
    ),
    "malformed-json": (
        "{row} is not a JSON object in one line{more}: {shown}; write one object a line, for "
        "example with jq -c."
    ),
    "repeated-key": (
        "{cell}: the key stands in the object more than once{more}; keep one of them."
    ),
    "encoding": (
        "{cell}: {shown} is not UTF-8 text{more}; say which encoding, for example --encoding "
        "latin-1."
    ),
    "not-a-list": (
        "{cell}: {shown} is not a list of numbers{more}; write lists as [0.1, 0.9], or, {absent}."
    ),
    "not-a-map": (
        "{cell}: {shown} does not give each class one number{more}; write maps as "
        '{{"cat": 0.1, "dog": 0.9}}, or, {absent}.'
    ),
    "not-a-number": "{cell}: {shown} is not a number{more}; {mending}.",
    "list-length": (
        "{cell}: the list has {value}{more}, and there are {count} classes: write one number for "
        "each."
    ),
    "unknown-class": (
        "{cell}: the map names {shown}{more}, which is none of the classes {classes} of the first "
        "rows: name all with --classes."
    ),
    "unlisted": (
        "{cell}: what happened, {shown}, is not among the classes that the map names, and they do "
        "not sum to 1{more}: its probability is missing; leave such rows out with --missing skip."
    ),
    "duplicate-id": "{cell}: {shown} has been there before{more}: an id has to be of one row.",
    "unmatched": (
        "{cell}: {shown} is not in the file of labels{more}; leave such rows out with --missing "
        "skip."
    ),
    "missing": "{cell}: the value is missing{more}; leave such rows out with --missing skip.",
    "unknown-label": (
        "{cell}: the label {shown} is none of the classes {classes}{more}; give the column of its "
        "prediction with --pred, name the class of each prediction with --classes, or leave such "
        "rows out with --ignore-label {word}."
    ),
    "undecided-label": (
        "{cell}: the label {shown} does not say whether it is the positive class{more}; name the "
        "positive class with --positive."
    ),
    "label-outside": (
        "{cell}: {value} is no share of a class{more}, which is between 0 and 1; if these are "
        "counts, say --label-counts."
    ),
    "label-sum": (
        "{row}: the shares in the label sum to {value}, not 1{more}; if they are counts, say "
        "--label-counts, if several labels may hold at once, --task multilabel."
    ),
    "bad-count": "{cell}: {value} is no count{more}; counts are 0 or more.",
    "no-count": "{row}: the counts of all classes are 0{more}; leave the row out.",
    "outside": (
        "{cell}: {value} is not a probability{more}; if these are logits, say --as logits, if "
        "{otherwise}."
    ),
    "positive-logprob": (
        "{cell}: {value} is no log-probability, which is never above 0{more}; if these are "
        "logits, say --as logits."
    ),
    "bad-logits": (
        "{row}: the logits {value} give no probabilities{more}: two are infinite, or all are −inf; "
        "mend them, or leave the rows out."
    ),
    "bad-weight": (
        "{cell}: {value} is no weight{more}; weights have to be finite and not negative."
    ),
    "bad-bytes": (
        "{cell}: {value} is no number of bytes{more}, which is whole, finite and not negative."
    ),
    "zero-sum": "{row}: the probabilities sum to 0{more}; is a class missing from --pred?",
    "bad-sum": (
        "{row}: the probabilities sum to {value}, not 1{more}{worst}; allow for it with "
        "--sum-tolerance, or say --on-bad-sum warn or renormalize."
    ),
}
_UNREADABLE = ("encoding", "not-a-list", "not-a-map")  # what else such a column has means nothing
_SUMS = ("zero-sum", "bad-sum")  # neither do the sums of rows of which some number is unreadable
_MENDING = (  # what cells that are no numbers look like
    (r"[\[{].*", "write one number, or null for a missing value"),
    (r"[-+]?\d*,\d+(e[-+]?\d+)?", "say --decimal , if that is a decimal comma"),
    (
        r"[-+]?\d*\.\d+(e[-+]?\d+)?",
        "--decimal , reads decimal commas, so leave that option out",
    ),
    (
        r"[-+]?\d{1,3}([., '\u00a0\u202f]\d{3})+([.,]\d+)?",
        "write it without the marks between thousands",
    ),
    (r"[-+]?[\d.,]+ ?%", "ce reads probabilities, so divide percentages by 100"),
    (
        r"\d+:[-+]?[\d.]+(e[-+]?\d+)?",
        "take off what stands before the colons, for example with sed 's/[0-9]*://g'",
    ),
)


def fatal(issues: Sequence[RowIssue], sums_must_fit: bool) -> list[RowIssue]:
    """Those that make the data bad, the most basic first."""
    order = [code for code in _TROUBLES if code != "bad-sum" or sums_must_fit]
    unreadable = {issue.column for issue in issues if issue.code in _UNREADABLE}
    if unreadable or any(issue.code == "not-a-number" for issue in issues):
        order = [code for code in order if code not in _SUMS]
    bad = [
        issue
        for issue in issues
        if issue.code in order and (issue.code in _UNREADABLE or issue.column not in unreadable)
    ]
    return sorted(bad, key=lambda one: (order.index(one.code), one.rows[0], one.column))


def sentences(
    bad: Sequence[RowIssue], locations: RowLocations, classes: Sequence[str] | None
) -> Iterator[str]:
    """A sentence for each; where many columns have the same trouble, for the first of them."""
    for _, kind in groupby(bad, key=lambda issue: issue.code):
        alike = list(kind)
        if len(alike) <= _COLUMNS_TOLD:
            yield from (sentence(issue, locations, classes) for issue in alike)
        else:
            more = plural(len(alike) - 1, "more column")
            yield f"{sentence(alike[0], locations, classes)[:-1]} (and so in {more})."


def sentence(issue: RowIssue, locations: RowLocations, classes: Sequence[str] | None) -> str:
    """One sentence with file, row, column, value, the total and the option that helps."""
    row = locations.first(issue)
    value = issue.values[0] if issue.values else ""
    return _TROUBLES[issue.code].format(
        row=row,
        cell=f"{row}, column {quoted(issue.column)}" if issue.column else row,
        value=sanitize(value),
        shown=quoted(value),
        word=shell_word(value),
        more=locations.others(issue),
        worst=locations.worst(issue),
        classes=quoted_list(classes or (), 10),
        count=len(classes or ("negative", "positive")),
        absent=_absent(value),
        mending=_mending(value),
        otherwise=_otherwise(value),
    )


def _mending(value: str) -> str:
    value = value.strip()
    forms = re.IGNORECASE | re.DOTALL
    fitting = (how for form, how in _MENDING if re.fullmatch(form, value, forms))
    return next(fitting, _absent(value))


def _absent(value: str) -> str:
    return f"if it stands for a missing value, say --na-value {shell_word(value)} --missing skip"


def _otherwise(value: str) -> str:
    if value.startswith("-"):
        return "log-probabilities, --as logprobs"
    return "percentages, divide them by 100"


def sum_warning(issue: RowIssue, locations: RowLocations, convention: str | None = None) -> str:
    """For rows that do not sum to 1 and were scored all the same, maybe as a tool does."""
    if convention is not None:
        return (
            f"{plural(issue.count, 'row')} of probabilities did not sum to 1, scored as "
            f"{convention} does{locations.worst(issue)}."
        )
    done = "renormalised" if issue.code == "renormalized" else "scored as found"
    advice = "" if issue.code == "renormalized" else " (--on-bad-sum renormalize changes that)"
    return (
        f"{plural(issue.count, 'row')} of probabilities did not sum to 1, {done}{advice}"
        f"{locations.worst(issue)}."
    )


def rest_warning(issue: RowIssue, locations: RowLocations) -> str:
    """For maps that name only some of the classes."""
    return (
        f"{plural(issue.count, 'row')} do not name all classes; the rest of their mass counts "
        f"for no class{locations.worst(issue)}."
    )


def no_weight(locations: RowLocations, column: str) -> str:
    """Where every weight is 0."""
    which = f"all weights in {quoted(column)}" if column else "the weights of all rows"
    return f"{locations.title}: {which} are 0, so there is nothing to average."


def no_bytes(locations: RowLocations, column: str) -> str:
    """Where every row has 0 bytes."""
    return f"{locations.title}: all bytes in {quoted(column)} are 0, so there are no bits per byte."
