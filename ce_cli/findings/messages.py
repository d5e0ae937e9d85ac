"""The sentence for each issue: what, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from ce_cli.findings.row_issues import RowIssue, RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.text import plural, quoted, quoted_list, sanitize, shell_word

if TYPE_CHECKING:
    from ce_cli.findings.number_advice import Advice

_COLUMNS_SHOWN = 2
# What makes data bad, the most basic first. {row} is the first row with the issue and {cell} also
# names its column, {value} is its value and {shown} the same in quotes, {more} the other rows.
_MESSAGES = {
    "open-quote": (
        "{row}: the quote before {value} is not closed where the field ends; close it, or write "
        'two quotes ("") if it belongs to the text.'
    ),
    "escaped-quote": (
        "{row} has {value}{more} and quotes after a backslash; CSV doubles quotes instead: "
        'sed \'s/\\\\"/""/g\' changes that.'
    ),
    "comment": (
        "{row} begins with '#' and has {value}{more}; if such lines are comments, skip them with "
        "--comment '#'."
    ),
    "malformed": (
        "{row} has {value}{more}; if the delimiter was detected wrongly, set it with --delimiter."
    ),
    "malformed-json": (
        "{row} is not a JSON object on one line{more}: {shown}; write one object per line, for "
        "example with jq -c."
    ),
    "repeated-key": "{cell}: the object has this key more than once{more}; keep one of them.",
    "encoding": (
        "{cell}: {shown} is not UTF-8 text{more}; set the encoding, for example --encoding latin-1."
    ),
    "not-a-list": (
        "{cell}: {shown} is not a list of numbers{more}; write lists as [0.1, 0.9], or, {absent}."
    ),
    "not-a-map": (
        "{cell}: {shown} is not a map with one number for each class{more}; write maps as "
        '{{"cat": 0.1, "dog": 0.9}}, or, {absent}.'
    ),
    "not-a-list-of-names": (
        "{cell}: {shown} is not a list of the names of classes{more}; write it as "
        '["cat", "dog"], or, {absent}.'
    ),
    "names-length": "{cell}: {value}{more}; write the name of a class for each number.",
    "not-a-number": "{cell}: {shown} is not a number{more}; {fix}.",
    "list-length": (
        "{cell}: the list has {value}{more}, but there are {count} classes; write one number for "
        "each class."
    ),
    "list-longer": (
        "{cell}: the list has {value}{more}, but the lists of the first rows have at most {count}; "
        "give the place of each number in the longest list, from 0, with --classes."
    ),
    "list-empty": "{cell}: the list is empty{more}; remove such rows.",
    "no-such-place": (
        "{cell}: the list has {value}{more}, but the label is a place after its end; places count "
        "from 0."
    ),
    "unknown-class": (
        "{cell}: the map has a class {shown}{more}, but the classes of the first rows are "
        "{classes}; list all classes with --classes."
    ),
    "unlisted": (
        "{cell}: the map has no probability for the label {shown}, and its probabilities do not "
        "sum to 1{more}; skip such rows with --missing skip."
    ),
    "duplicate-id": "{cell}: {shown} has already occurred{more}; ids have to be unique.",
    "unmatched": (
        "{cell}: {shown} is not in the file of labels{more}; skip such rows with --missing skip."
    ),
    "missing": "{cell}: the value is missing{more}; skip such rows with --missing skip.",
    "unknown-label": "{cell}: there is no class {shown}{more}; {advice}.",
    "undecided-label": (
        "{cell}: the label {shown} is neither the positive nor the negative class{more}; {advice}."
    ),
    "unknown-predicted": (
        "{cell}: the predicted class {shown} is not one of the two classes of the labels{more}; "
        "correct or remove such rows."
    ),
    "label-outside": "{cell}: {value} is not a share between 0 and 1{more}; {share_fix}.",
    "share-outside": (
        "{cell}: {value} is not a share between 0 and 1{more}; if it marks a missing value, use "
        "--na-value {word} --missing skip."
    ),
    "label-sum": (
        "{row}: the shares in the label sum to {value}, not 1{more}; if they are counts, use "
        "--label-counts; if several labels may apply at once, use --task multilabel."
    ),
    "not-one-hot": (
        "{row}: the label has shares of several classes{more}, but --class-weight needs labels of "
        "one class each; leave --class-weight out, or remove such rows."
    ),
    "bad-count": "{cell}: {value} is not a count{more}; counts have to be finite and at least 0.",
    "no-count": "{row}: the counts of all classes are 0{more}; remove such rows.",
    "outside": "{cell}: {value} is not a probability{more}; {advice}.",
    "positive-logprob": (
        "{cell}: {value} is not a log-probability, which is never above 0{more}; {advice}."
    ),
    "negative-loss": (
        "{cell}: {value} is not a loss, which is never below 0{more}; if all of "
        "them are at most 0, they are log-probabilities: use --as logprobs."
    ),
    "bad-logits": (
        "{row}: the logits {value} do not define probabilities{more}: several are inf, or all are "
        "−inf; correct or remove such rows."
    ),
    "bad-weight": (
        "{cell}: {value} is not a weight{more}; weights have to be finite and at least 0."
    ),
    "bad-bytes": (
        "{cell}: {value} is not a number of bytes{more}; byte counts have to be whole, finite and "
        "at least 0."
    ),
    "bad-byte": (
        "{cell}: {value} is not a byte, a whole number from 0 to 255{more}; if the numbers are of "
        "tokens, give the number of bytes or the text of each row."
    ),
    "bad-tokens": (
        "{cell}: {value} is not a number of tokens{more}; these have to be whole, finite and at "
        "least 1."
    ),
    "zero-sum": "{row}: the probabilities sum to 0{more}; is a class missing from --pred?",
    "far-sum": "{row}: the probabilities sum to {value}, far from 1{more}{worst}; {far_sum_fix}.",
    "bad-sum": "{row}: the probabilities sum to {value}, not 1{more}{worst}; {sum_fix}.",
}
# other issues of such a column mean nothing
_UNREADABLE = ("encoding", "not-a-list", "not-a-map", "not-a-list-of-names")
_SUMS = ("zero-sum", "far-sum", "bad-sum")  # nor do the sums of rows with an unreadable number
_SUM_FIX = (
    "allow larger deviations with --sum-tolerance, or use --on-bad-sum warn or "
    "--on-bad-sum renormalize"
)
_FAR_SUM_FIX = (
    "if several labels may apply at once, use --task multilabel; if these are logits, use --as "
    "logits; --on-bad-sum renormalize divides each row by its sum"
)


def fatal(issues: Sequence[RowIssue], sums_must_fit: bool) -> list[RowIssue]:
    """The issues that make the data bad, the most basic first."""
    order = [code for code in _MESSAGES if code != "bad-sum" or sums_must_fit]
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
    bad: Sequence[RowIssue],
    locations: RowLocations,
    classes: Sequence[str] | None,
    found: RowIssues | None = None,
) -> Iterator[str]:
    """A sentence for each issue; one for all where many columns have the same kind of issue.

    `found` holds the issues of all rows, which show what the bad ones may be.
    """
    return (message for _, message in together(bad, locations, classes, found))


def together(
    bad: Sequence[RowIssue],
    locations: RowLocations,
    classes: Sequence[str] | None,
    found: RowIssues | None = None,
) -> Iterator[tuple[Sequence[RowIssue], str]]:
    """The issues that each of the `sentences` is about."""
    for _, kind in groupby(bad, key=lambda issue: issue.code):
        alike = list(kind)
        if len(alike) <= _COLUMNS_SHOWN:
            yield from (([one], sentence(one, locations, classes, found)) for one in alike)
        else:
            more = plural(len(alike) - 1, "more column")
            first = sentence(alike[0], locations, classes, found)[:-1]
            yield alike, f"{first} (and likewise in {more})."


def sentence(
    issue: RowIssue,
    locations: RowLocations,
    classes: Sequence[str] | None,
    found: RowIssues | None = None,
) -> str:
    """One sentence with file, row, column, value, the total and the option that helps."""
    from ce_cli.findings.number_advice import BASE_TEN, are_base_ten
    from ce_cli.findings.number_texts import absent, number_fix

    row = locations.first(issue)
    value = issue.values[0] if issue.values else ""
    return _MESSAGES[issue.code].format(
        row=row,
        cell=f"{row}, column {quoted(issue.column)}" if issue.column else row,
        value=sanitize(value),
        shown=f'"{sanitize(value)}"' if value[:1] == "'" else quoted(value),
        word=shell_word(value),
        more=locations.others(issue),
        worst=locations.worst(issue) if issue.count > 1 else "",
        classes=quoted_list(classes or (), 10),
        count=len(classes or ("negative", "positive")),
        absent=absent([value]),
        fix=number_fix(issue, issue.count if found is None else found.read),
        share_fix=_share_fix(value),
        sum_fix=BASE_TEN if are_base_ten(issue.numbers) else _SUM_FIX,
        far_sum_fix=BASE_TEN if are_base_ten(issue.numbers) else _FAR_SUM_FIX,
        advice=advice_for(issue, classes, found).text,
    )


def advice_for(issue: RowIssue, classes: Sequence[str] | None, found: RowIssues | None) -> Advice:
    """What to do about numbers out of range, and labels that are not classes."""
    from ce_cli.findings.label_advice import undecided_label, unknown_label
    from ce_cli.findings.number_advice import Advice, outside_advice, positive_advice

    value = issue.values[0] if issue.values else ""
    read = issue.count if found is None else found.read
    numbers = None if found is None else found.numbers
    if issue.code == "unknown-label":
        return unknown_label(value, issue.distinct or (value,), classes or ())
    if issue.code == "undecided-label":
        return undecided_label(issue.distinct or (value,), () if found is None else found.labels)
    if numbers is None or issue.code not in ("outside", "positive-logprob"):
        return Advice("correct or remove such rows")
    known = outside_advice if issue.code == "outside" else positive_advice
    return known(numbers, read)


def _share_fix(value: str) -> str:
    if value.startswith("-"):
        return "shares and counts are never negative, so correct or remove such rows"
    return "if these are counts, use --label-counts"


def no_weight(locations: RowLocations, column: str) -> str:
    """Where every weight is 0."""
    weights = f"all weights in {quoted(column)}" if column else "the weights of all rows"
    return f"{locations.title}: {weights} are 0, so there is nothing to average."


def no_bytes(locations: RowLocations, column: str) -> str:
    """Where every row has 0 bytes."""
    return (
        f"{locations.title}: all byte counts in {quoted(column)} are 0: there are no bits per byte."
    )
