"""Many groups are written a column at a time: the same text as a group at a time."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pandas as pd
import pytest

from ce_cli import score
from ce_cli.registry import output
from ce_cli.results.group_table import GroupTable
from ce_cli.results.score import Result, flat_group

NAMES = ('u"{}', "é {}", "##[{}", "{} %s", "{}", "\x1b[{}m")


def many(groups: int) -> Result:
    rng = np.random.default_rng(3)
    place = rng.integers(0, groups, 3 * groups)
    prob = rng.random(3 * groups)
    prob[:40] = 0.0  # so that some losses are infinite, and some intervals not defined
    frame = pd.DataFrame(
        {
            "label": rng.integers(0, 2, 3 * groups),
            "prob": prob,
            "rows": [None if n == 5 else NAMES[n % 6].format(n) for n in place],
            "part": rng.integers(0, 2, 3 * groups),
        }
    )
    return score(frame, label="label", pred="prob", by=["rows", "part"])


@pytest.mark.parametrize("groups", [20, 2000])
def test_the_json_document_is_that_of_the_result(groups: int) -> None:
    result = many(groups)
    text = output("score", "json").plain(result)
    assert json.loads(text) == result.to_dict()
    assert "\x1b" not in text
    assert "##[" not in text


@pytest.mark.parametrize("groups", [20, 2000])
def test_each_of_many_groups_has_the_line_that_the_encoder_writes(groups: int) -> None:
    result = many(groups)
    lines = output("score", "json").plain(result).split("\n")
    for group in result.to_dict()["groups"][:: len(result.groups) // 7]:
        if groups > 1000 and str(group["by"]["rows"]).isalnum():
            assert lines.count(f"    {json.dumps(group)},") == 1


def test_csv_has_a_line_for_each_group() -> None:
    result = many(2000)
    rows = list(csv.DictReader(io.StringIO(output("score", "csv").plain(result))))
    assert list(rows[0])[:3] == ["by_rows", "part", "rows"]
    for row, group in zip(rows, result.groups, strict=True):
        cells = {name: "" if v is None else str(v) for name, v in flat_group(group).items()}
        assert row == {name: "" if text == "nan" else text for name, text in cells.items()}


def test_a_table_of_groups_is_a_sequence_of_groups() -> None:
    groups = many(20).groups
    assert isinstance(groups, GroupTable)
    listed = list(groups)
    assert repr([groups[place] for place in range(len(groups))]) == repr(listed)
    assert repr(groups[-3:]) == repr(tuple(listed[-3:]))
    assert repr(list(groups.between(2, 5))) == repr(listed[2:5])
    with pytest.raises(IndexError):
        groups[len(groups)]


def test_the_frame_of_groups_has_their_lines() -> None:
    result = many(20)
    lines = pd.DataFrame([flat_group(group) for group in result.groups])
    pd.testing.assert_frame_equal(result.groups_frame()[list(lines)], lines)
