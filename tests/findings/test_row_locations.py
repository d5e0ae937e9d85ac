"""Where rows are: each is counted in its own file."""

from __future__ import annotations

import numpy as np

from ce_cli.findings.row_issues import RowIssue
from ce_cli.findings.row_locations import RowLocations


def test_rows_of_other_files_are_named_with_their_file() -> None:
    locations = RowLocations(("a.csv", "b.csv", "c.csv"), (0, 100, 200))
    issue = RowIssue.of("negative", "prob", np.array([103, 104, 204]))
    assert locations.first(issue) == "b.csv: row 4"
    assert locations.others(issue) == " (and 2 more rows: 5, 5 of c.csv)"


def test_rows_of_one_file_are_numbers() -> None:
    issue = RowIssue.of("negative", "prob", np.array([3, 17, 1999]))
    assert RowLocations(("a.csv",), (0,)).others(issue) == " (and 2 more rows: 18, 2,000)"
