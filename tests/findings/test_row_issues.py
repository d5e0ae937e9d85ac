"""What was found in the rows: the same whatever the cut, with the first rows and the worst."""

from __future__ import annotations

import itertools
import pickle
from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.findings.row_issues import EXAMPLES, RowIssue, RowIssues

Key = tuple[str, str]
Trouble = tuple[str, str, float, str]  # code, column, how bad, what stands there
Row = list[Trouble]

unhurried = settings(max_examples=60, deadline=None)  # nothing is timed

troubles = st.tuples(
    st.sampled_from(("missing", "bad-sum")),
    st.sampled_from(("prob", "label", "")),
    st.sampled_from((0.0, 0.25, 0.5)) | st.floats(0.0, 10.0),
    st.sampled_from(("", "NA", "1.2")),
)
rows_of_a_file: st.SearchStrategy[list[Row]] = st.lists(
    st.lists(troubles, max_size=2, unique_by=lambda trouble: trouble[:2]), max_size=25
)


def by_kind(rows: Sequence[Row]) -> dict[Key, list[tuple[int, float, str]]]:
    """The troubles of each code and column, in the order of their rows."""
    kinds: dict[Key, list[tuple[int, float, str]]] = {}
    for number, row in enumerate(rows):
        for code, column, badness, value in row:
            kinds.setdefault((code, column), []).append((number, badness, value))
    return kinds


def issues_of(rows: Sequence[Row]) -> RowIssues:
    """What someone finds who has seen these rows only, numbered from 0."""
    findings = []
    for (code, column), found in by_kind(rows).items():
        badness, first = max((badness, -number) for number, badness, _ in found)
        worst = (badness, -first, f"row of badness {badness}")
        findings.append(
            RowIssue.of(
                code,
                column,
                [number for number, _, _ in found],
                [value for _, _, value in found],
                worst,
            )
        )
    sound = sum(not row for row in rows)
    return RowIssues.of(findings, read=len(rows), scored=sound, skipped=len(rows) - sound)


def assert_same(one: RowIssues, other: RowIssues) -> None:
    """Equal, and with the findings in the same order."""
    assert one == other
    assert list(one.by_kind) == list(other.by_kind)


# The laws


@unhurried
@given(rows_of_a_file, st.data())
def test_a_file_read_in_parts_gives_the_ledger_of_the_whole(
    rows: list[Row], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))
    parts = [
        issues_of(rows[start:stop]) for start, stop in itertools.pairwise((0, *cuts, len(rows)))
    ]
    while len(parts) > 1:
        at = data.draw(st.integers(0, len(parts) - 2))
        parts[at : at + 2] = [parts[at].merge(parts[at + 1])]
    assert_same(parts[0], issues_of(rows))


@unhurried
@given(rows_of_a_file, rows_of_a_file, rows_of_a_file)
def test_merge_is_associative(a: list[Row], b: list[Row], c: list[Row]) -> None:
    one, two, three = issues_of(a), issues_of(b), issues_of(c)
    assert_same(one.merge(two).merge(three), one.merge(two.merge(three)))


@unhurried
@given(rows_of_a_file)
def test_an_empty_ledger_is_the_identity_of_merge(rows: list[Row]) -> None:
    issues = issues_of(rows)
    assert_same(issues.merge(RowIssues.of()), issues)
    assert_same(RowIssues.of().merge(issues), issues)


@unhurried
@given(rows_of_a_file)
def test_pickling_keeps_the_ledger(rows: list[Row]) -> None:
    issues = issues_of(rows)
    assert_same(pickle.loads(pickle.dumps(issues)), issues)


# What is kept


@unhurried
@given(rows_of_a_file, rows_of_a_file)
def test_the_first_rows_and_the_worst_are_kept(a: list[Row], b: list[Row]) -> None:
    merged = issues_of(a).merge(issues_of(b))
    expected = by_kind([*a, *b])
    assert merged.by_kind.keys() == expected.keys()
    for key, found in expected.items():
        finding = merged.by_kind[key]
        assert finding.count == len(found)
        assert finding.rows == tuple(number for number, _, _ in found[:EXAMPLES])
        assert finding.values == tuple(value for _, _, value in found[:EXAMPLES])
        assert finding.worst is not None
        badness, row, _ = finding.worst
        assert badness == max(badness for _, badness, _ in found)
        assert row == min(number for number, other, _ in found if other == badness)


def test_rows_are_shifted_by_the_rows_read_before() -> None:
    found = RowIssue.of("missing", "prob", [0, 2], ["", "NA"], (0.5, 2, "NA"))
    before = RowIssues.of(read=10, scored=9)
    merged = before.merge(RowIssues.of([found], read=3, scored=1, skipped=2))
    assert (merged.read, merged.scored, merged.skipped) == (13, 10, 2)
    (shifted,) = merged.named("missing")
    assert shifted.rows == (10, 12)
    assert shifted.values == ("", "NA")
    assert shifted.worst == (0.5, 12, "NA")


def test_no_more_than_the_first_few_rows_are_remembered() -> None:
    found = RowIssue.of("missing", "prob", np.arange(1000), map(str, range(1000)))
    assert found.count == 1000
    assert found.rows == tuple(range(EXAMPLES))
    assert found.values == tuple(map(str, range(EXAMPLES)))
    again = found.merge(found.shifted(1000))
    assert again.count == 2000
    assert again.rows == tuple(range(EXAMPLES))


def test_the_earlier_of_two_equally_bad_rows_is_the_worst() -> None:
    early = RowIssue.of("bad-sum", "", [3], ["0.5"], (0.5, 3, "0.5"))
    late = RowIssue.of("bad-sum", "", [8], ["1.5"], (0.5, 8, "1.5"))
    worse = RowIssue.of("bad-sum", "", [9], ["2.0"], (1.0, 9, "2.0"))
    assert early.merge(late).worst == (0.5, 3, "0.5")
    assert early.merge(late).merge(worse).worst == (1.0, 9, "2.0")


def test_a_finding_without_a_worst_row_does_not_hide_another() -> None:
    plain = RowIssue.of("bad-sum", "", [3])
    worst = RowIssue.of("bad-sum", "", [8], worst=(0.0, 8, "1.0"))
    assert plain.merge(worst).worst == (0.0, 8, "1.0")
    assert worst.merge(plain).worst == (0.0, 8, "1.0")
    assert plain.merge(plain).worst is None


def test_findings_of_a_kind_are_counted_over_all_columns() -> None:
    issues = RowIssues.of(
        [
            RowIssue.of("missing", "prob", [1, 2]),
            RowIssue.of("outside", "prob", [5]),
            RowIssue.of("missing", "label", [7]),
        ]
    )
    assert issues.count("missing") == 3
    assert issues.count("outside") == 1
    assert issues.count("malformed") == 0
    assert [finding.column for finding in issues.named("missing")] == ["prob", "label"]
