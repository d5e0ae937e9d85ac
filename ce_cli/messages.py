"""The sentence for each finding: what, where, and what to do."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import groupby

from ce_cli.ledger import Finding
from ce_cli.text import counted, display_name, listed, quoted, sanitize, shell_word
from ce_cli.value import Value

_COLUMNS_TOLD = 2
_FATAL = (
    "comment",
    "malformed",
    "malformed-json",
    "repeated-key",
    "encoding",
    "not-a-list",
    "not-a-map",
    "not-a-number",
    "list-length",
    "unknown-class",
    "unlisted",
    "duplicate-id",
    "unmatched",
    "missing",
    "unknown-label",
    "label-outside",
    "label-sum",
    "bad-count",
    "no-count",
    "outside",
    "positive-logprob",
    "bad-logits",
    "bad-weight",
    "zero-sum",
)
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
    (r"[-+]?[\d.]+ ?%", "ce reads probabilities, so divide percentages by 100"),
    (
        r"\d+:[-+]?[\d.]+(e[-+]?\d+)?",
        "take off what stands before the colons, for example with sed 's/[0-9]*://g'",
    ),
)


class Places(Value):
    """Which file a row of the data set is in.

    Attributes
    ----------
    names : tuple of str
        Of the files.
    starts : tuple of int
        How many rows come before each.
    """

    names: tuple[str, ...]
    starts: tuple[int, ...]

    def of(self, row: int) -> tuple[str, int]:
        """File and 1-based row in it, for a row of the data set counted from 0."""
        part = max(bisect_right(self.starts, row) - 1, 0)
        return self.names[part], row - self.starts[part] + 1

    @property
    def title(self) -> str:
        """The first file, and how many more there are."""
        name = display_name(self.names[0])
        more = len(self.names) - 1
        return f"{name} and {counted(more, 'more file')}" if more else name

    def first(self, finding: Finding) -> str:
        """``preds.csv: row 17``, the first row of a finding."""
        name, row = self.of(finding.rows[0])
        return f"{display_name(name)}: row {row:,}"


def fatal(findings: Sequence[Finding], sums_must_fit: bool) -> list[Finding]:
    """Those that make the data bad, the most basic first."""
    order: tuple[str, ...] = (*_FATAL, "bad-sum") if sums_must_fit else _FATAL
    unreadable = {finding.column for finding in findings if finding.code in _UNREADABLE}
    if unreadable or any(finding.code == "not-a-number" for finding in findings):
        order = tuple(code for code in order if code not in _SUMS)
    bad = [
        finding
        for finding in findings
        if finding.code in order
        and (finding.code in _UNREADABLE or finding.column not in unreadable)
    ]
    return sorted(bad, key=lambda one: (order.index(one.code), one.rows[0], one.column))


def sentences(
    bad: Sequence[Finding], places: Places, classes: Sequence[str] | None
) -> Iterator[str]:
    """A sentence for each; where many columns have the same trouble, for the first of them."""
    for _, kind in groupby(bad, key=lambda finding: finding.code):
        alike = list(kind)
        if len(alike) <= _COLUMNS_TOLD:
            yield from (sentence(finding, places, classes) for finding in alike)
        else:
            more = counted(len(alike) - 1, "more column")
            yield f"{sentence(alike[0], places, classes)[:-1]} (and so in {more})."


def sentence(finding: Finding, places: Places, classes: Sequence[str] | None) -> str:
    """One sentence with file, row, column, value, the total and the option that helps."""
    where = places.first(finding)
    column = quoted(finding.column)
    value = finding.values[0] if finding.values else ""
    shown = quoted(value)
    total = _total(finding, places)
    advice = {
        "malformed": (
            f"{where} has {value} fields{total}; "
            "if the delimiter was found wrong, say which with --delimiter."
        ),
        "comment": (
            f"{where} begins with '#' and has {value} fields{total}; "
            "if such lines are comments, leave them out with --comment '#'."
        ),
        "malformed-json": (
            f"{where} is not a JSON object in one line{total}: {shown}; "
            "write one object a line, for example with jq -c."
        ),
        "repeated-key": (
            f"{where}, column {column}: the key stands in the object more than once{total}; "
            "keep one of them."
        ),
        "encoding": (
            f"{where}{f', column {column}' if finding.column else ''}: {shown} is not UTF-8 "
            f"text{total}; "
            "say which encoding, for example --encoding latin-1."
        ),
        "not-a-number": (
            f"{where}, column {column}: {shown} is not a number{total}; {_mending(value)}."
        ),
        "not-a-list": (
            f"{where}, column {column}: {shown} is not a list of numbers{total}; "
            f"write lists as [0.1, 0.9], or, {_missing(value)}."
        ),
        "not-a-map": (
            f"{where}, column {column}: {shown} does not give each class one number{total}; "
            f'write maps as {{"cat": 0.1, "dog": 0.9}}, or, {_missing(value)}.'
        ),
        "list-length": (
            f"{where}, column {column}: the list has {value}{total}, "
            f"and there are {len(classes or (0, 0))} classes: write one number for each."
        ),
        "unknown-class": (
            f"{where}, column {column}: the map names {shown}{total}, which is none of the classes "
            f"{listed(classes or (), 10)} of the first rows: name all with --classes."
        ),
        "unlisted": (
            f"{where}, column {column}: what happened, {shown}, is not among the classes that the "
            f"map names, and they do not sum to 1{total}: its probability is missing; leave such "
            "rows out with --missing skip."
        ),
        "label-outside": (
            f"{where}, column {column}: {value} is no share of a class{total}, which is between "
            "0 and 1; if these are counts, say --label-counts."
        ),
        "label-sum": (
            f"{where}: the shares in the label sum to {value}, not 1{total}; if they are counts, "
            "say --label-counts, if several labels may hold at once, --task multilabel."
        ),
        "bad-count": (
            f"{where}, column {column}: {value} is no count{total}; counts are 0 or more."
        ),
        "no-count": f"{where}: the counts of all classes are 0{total}; leave the row out.",
        "missing": (
            f"{where}, column {column}: the value is missing{total}; "
            "leave such rows out with --missing skip."
        ),
        "duplicate-id": (
            f"{where}, column {column}: {shown} has been there before{total}: an id has to be of "
            "one row."
        ),
        "unmatched": (
            f"{where}, column {column}: {shown} is not in the file of labels{total}; leave such "
            "rows out with --missing skip."
        ),
        "unknown-label": (
            f"{where}, column {column}: the label {shown} is none of the classes "
            f"{listed(classes or (), 10)}{total}; give the column of its prediction with --pred, "
            "or name the class of each prediction with --classes."
            if classes
            else f"{where}, column {column}: the label {shown} does not say whether it is the "
            f"positive class{total}; name the positive class with --positive."
        ),
        "outside": (
            f"{where}, column {column}: {value} is not a probability{total}; if these are logits, "
            f"say --as logits, if {_other_numbers(value)}."
        ),
        "positive-logprob": (
            f"{where}, column {column}: {value} is no log-probability, which is never "
            f"above 0{total}; if these are logits, say --as logits."
        ),
        "bad-logits": (
            f"{where}: the logits {sanitize(value)} give no probabilities{total}: two are "
            "infinite, or all are −inf; mend them, or leave the rows out."
        ),
        "bad-weight": (
            f"{where}, column {column}: {value} is no weight{total}; "
            "weights have to be finite and not negative."
        ),
        "zero-sum": f"{where}: the probabilities sum to 0{total}; is a class missing from --pred?",
        "bad-sum": f"{where}: the probabilities sum to {value}, not 1{_total(finding, places)}"
        f"{_worst(finding, places)}; allow for it with --sum-tolerance, or say --on-bad-sum warn "
        "or renormalize.",
    }
    return advice[finding.code]


def _mending(value: str) -> str:
    value = value.strip()
    forms = re.IGNORECASE | re.DOTALL
    fitting = (how for form, how in _MENDING if re.fullmatch(form, value, forms))
    return next(fitting, _missing(value))


def _missing(value: str) -> str:
    return f"if it stands for a missing value, say --na-value {shell_word(value)} --missing skip"


def _other_numbers(value: str) -> str:
    if value.startswith("-"):
        return "log-probabilities, --as logprobs"
    return "percentages, divide them by 100"


def sum_warning(finding: Finding, places: Places) -> str:
    """For rows that do not sum to 1 and were scored all the same."""
    done = "renormalised" if finding.code == "renormalized" else "scored as found"
    advice = "" if finding.code == "renormalized" else " (--on-bad-sum renormalize changes that)"
    return (
        f"{counted(finding.count, 'row')} of probabilities did not sum to 1, {done}{advice}"
        f"{_worst(finding, places)}."
    )


def rest_warning(finding: Finding, places: Places) -> str:
    """For maps that name only some of the classes."""
    return (
        f"{counted(finding.count, 'row')} do not name all classes; the rest of their mass counts "
        f"for no class{_worst(finding, places)}."
    )


def no_weight(places: Places, column: str) -> str:
    """Where every weight is 0."""
    return f"{places.title}: all weights in {quoted(column)} are 0, so there is nothing to average."


def _worst(finding: Finding, places: Places) -> str:
    if finding.worst is None:
        return ""
    _, row, value = finding.worst
    name, number = places.of(row)
    inside = f" of {display_name(name)}" if len(places.names) > 1 else ""
    return f"; the worst is row {number:,}{inside} with {value}"


def _total(finding: Finding, places: Places) -> str:
    """``, and in 4 more rows (18, 19, 25, …)``."""
    more = finding.count - 1
    if not more:
        return ""
    rows = ", ".join(f"{places.of(row)[1]:,}" for row in finding.rows[1:])
    tail = ", …" if finding.count > len(finding.rows) else ""
    return f" (and {counted(more, 'more row')}: {rows}{tail})"
