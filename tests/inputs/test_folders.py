"""The choice of data files by their names."""

from __future__ import annotations

import fnmatch
import random
from pathlib import PurePosixPath

import pytest

from ce_cli import registry
from ce_cli.inputs.bytestream import PACKED, suffix_of
from ce_cli.inputs.folders import cut_glob, data_names, is_deep, is_glob, matching

LETTERS = ["a", "b", "A", "ü", "-", ".csv", ".gz", "[", "]", "!", " ", "#", "1"]


def names(count: int, seed: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(LETTERS, k=chance.randint(1, 6))) for _ in range(count)]


def test_the_suffix_of_a_name_is_that_of_a_path() -> None:
    known = registry.data_suffixes()
    for name in names(2_000, 1):
        is_data = suffix_of(PurePosixPath(name), PACKED | {".zip"}) in known
        assert data_names([name]) == ([name] if is_data and name[0] not in "._" else [])


@pytest.mark.parametrize(
    "glob", ["*.csv", "?", "a*b", "[ab]*.csv", "[!a-b]?*", "[]]", "[[]*", "!*"]
)
def test_a_part_matches_as_in_the_standard_library(glob: str) -> None:
    shown = {name for name in names(3_000, 2) if name[0] != "."}
    assert matching(shown, glob) == sorted(fnmatch.filter(shown, glob))


def test_settings_are_left_out_beside_data() -> None:
    assert data_names(["b.json", "a.json"]) == ["a.json", "b.json"]
    assert data_names(["b.json", "a.csv", "c/d.JSON"]) == ["a.csv"]
    assert matching(["r/b.json", "r/a.csv", "r/_x.csv", ".r/a.csv"], "*") == ["r/a.csv"]
    assert matching(["r/b.json", "r/a.csv"], "r/*.json") == ["r/b.json"]


def test_order_is_by_the_parts_of_a_name() -> None:
    assert data_names(["a-b/1.csv", "a/2.csv", "B.csv", "a.csv"]) == [
        *("B.csv", "a/2.csv", "a-b/1.csv", "a.csv")
    ]


def test_where_a_glob_begins() -> None:
    assert cut_glob("a/b/c*/d") == ("a/b", "c*/d")
    assert cut_glob("*.csv") == ("", "*.csv")
    assert [is_deep(one) for one in ("*.csv", "**", "a*/b")] == [False, True, True]
    assert [is_glob(one) for one in ("a b", "a?", "a[1]", "*")] == [False, True, True, True]
