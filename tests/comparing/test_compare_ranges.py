"""Parquet files with the same rows in the same order, compared by ranges of rows as by threads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.binding.data_set import data_set
from ce_cli.binding.joining.row_columns import _Count
from ce_cli.comparing.bound_models import ComparisonPlan
from ce_cli.comparing.order_evidence import Counting
from ce_cli.comparing.row_ranges import files_of_rows, ranges_of
from ce_cli.reading import Reading
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.comparing.test_compare_folded import columns, several
from tests.scoring.serial import Serial, serial_run

Rows = dict[str, list[Any]]
ONE = ComparisonPlan()
SIZES = (1500, 4000, 1 << 20)
PLANS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "plain": ({}, {}),
    "groups": ({"by": ["user"]}, {}),
    "moved": ({}, {"worst": 5}),
    "clusters": ({"by": ["part"]}, {"cluster": "user"}),
    "sign flip": ({"by": ["user"]}, {"test": "sign-flip"}),
    "reference": ({}, {"reference": 1}),
    "weights": ({"weight": "w"}, {}),
    "balanced": ({"class_weight": ["balanced"]}, {"worst": 2}),
}


def model(rows: Rows, name: str) -> Rows:
    """The rows of one model, whose predictions are in the column `name`."""
    own = {key: values for key, values in rows.items() if key not in "ab"}
    return own | {"p": rows[name]}


def stored(folder: Path, name: str, rows: Rows, cuts: Sequence[int], group: int) -> list[Path]:
    """Parquet files of a model, cut at some rows; their row groups have `group` rows."""
    table = pa.table(rows)
    paths: list[Path] = []
    for start, stop in zip((0, *cuts), (*cuts, len(table)), strict=True):
        paths.append(folder / f"{name}-{start:04d}-{len(paths)}.parquet")
        pq.write_table(table.slice(start, stop - start), paths[-1], row_group_size=group)
    return paths


def rows_of(count: int = 600, **more: list[Any]) -> Rows:
    part = ["x" if row < count // 2 else "y" for row in range(count)]
    weights = [float(row % 4) for row in range(count)]
    return columns(count, 0) | {"part": part, "w": weights} | more


def check(
    sets: Sequence[Sequence[Path]],
    options: dict[str, Any] | None = None,
    plan: dict[str, Any] | None = None,
    sizes: Sequence[int] = SIZES,
) -> str:
    """The document or error, which is that of threads for ranges of every size.

    For a document, no rows are read in order by one worker.
    """
    spec = Spec.from_options({"label": ["label"], "pred": ["p"], **(options or {})})
    own = ComparisonPlan(**(plan or {}))
    expected = several(sets, run_on("threads", 2), spec, own)
    with pytest.MonkeyPatch.context() as patch:
        if expected.startswith("{"):
            patch.delattr("ce_cli.comparing.compare._on_worker")
        for size in sizes:
            assert several(sets, serial_run(size, seed=size), spec, own) == expected, size
    return expected


@pytest.mark.parametrize(("options", "plan"), PLANS.values(), ids=list(PLANS))
def test_ranges_give_the_document_of_threads(
    tmp_path: Path, options: dict[str, Any], plan: dict[str, Any]
) -> None:
    rows = rows_of()
    first = stored(tmp_path, "a", model(rows, "a"), (250, 251, 251), 70)
    second = stored(tmp_path, "b", model(rows, "b"), (400,), 90)
    found = json.loads(check([first, second], options, plan))
    assert found["rows"]["compared"] == 600


def test_three_models_and_columns_that_one_of_them_has(tmp_path: Path) -> None:
    rows = rows_of()
    bare = {"label": rows["label"], "p": rows["b"]}
    sets = [
        stored(tmp_path, "a", bare, (), 50),
        stored(tmp_path, "b", model(rows, "a"), (100, 300), 40),
        stored(tmp_path, "c", bare, (599,), 1000),
    ]
    found = json.loads(check(sets, {"by": ["user"], "weight": "w"}, {"worst": 3}))
    assert found["comparisons"][0]["model"] == "m1"
    assert found["groups"]


def test_a_task_is_small_and_each_row_is_in_one(tmp_path: Path) -> None:
    rows = rows_of()
    first = stored(tmp_path, "a", model(rows, "a"), (250,), 70)
    second = stored(tmp_path, "b", model(rows, "b"), (), 30)
    run = serial_run(2000)
    several([first, second], run, Spec.from_options({"label": ["label"], "pred": ["p"]}), ONE)
    assert isinstance(run.elsewhere, Serial)
    assert len(run.elsewhere.task_sizes) > 3
    assert max(run.elsewhere.task_sizes) < 400
    sets = [data_set([str(path) for path in paths], Reading(), Spec()) for paths in (first, second)]
    known = [one for one in map(files_of_rows, sets) if one is not None]
    ranges = ranges_of(known, 2, 2000)
    assert [one.start for one in ranges] == [0, *(one.stop for one in ranges[:-1])]
    assert ranges[-1].stop == 600
    ends = {70, 140, 210, 250, 320, 390, 460, 530, 600}  # those of the longer row groups
    assert {one.stop for one in ranges} <= ends


def test_bad_rows_and_other_lengths_are_named_as_by_threads(tmp_path: Path) -> None:
    rows = rows_of(300)
    good = stored(tmp_path, "a", model(rows, "a"), (), 40)
    for row in (2, 290):
        bad = model(rows, "b")
        bad["p"] = [*bad["p"][:row], 7.5, *bad["p"][row + 1 :]]
        paths = stored(tmp_path, f"bad{row}", bad, (100,), 60)
        assert f"row {row + 1}" in check([good, paths]).replace("row 191", "row 291")
        labels = model(rows, "b")
        labels["label"] = [*labels["label"]]
        labels["label"][row] = 1 - labels["label"][row]
        paths = stored(tmp_path, f"other{row}", labels, (), 60)
        assert f"different labels in row {row + 1}" in check([good, paths])
    short = {name: values[:290] for name, values in model(rows, "b").items()}
    paths = stored(tmp_path, "short", short, (100,), 60)
    assert "has 300 rows" in check([good, paths])
    assert "has 300 rows" in check([paths, good])
    weights = model(rows, "b")
    weights["w"] = [*weights["w"][:-1], 9.0]
    paths = stored(tmp_path, "weights", weights, (), 60)
    assert "different weights in row 300" in check([good, paths], {"weight": "w"})


def test_files_that_do_not_fit_are_named_as_by_threads(tmp_path: Path) -> None:
    rows = rows_of(300)
    good = stored(tmp_path, "a", model(rows, "a"), (), 40)
    parts = stored(tmp_path, "b", model(rows, "b"), (100, 200), 40)
    pq.write_table(pq.read_table(parts[1]).rename_columns(["x"] * 6), parts[1])
    assert parts[1].name in check([good, parts])
    parts[2].write_bytes(b"PAR1" + b"x" * 500)
    assert parts[1].name in check([good, parts])
    parts[1].write_bytes(b"")
    assert parts[2].name in check([good, parts])


def test_an_empty_file_shows_no_rows(tmp_path: Path) -> None:
    rows = rows_of(300)
    parts = stored(tmp_path, "a", model(rows, "a"), (0, 100, 100), 40)
    (tmp_path / "a-0000-2.parquet").write_bytes(b"")
    other = stored(tmp_path, "b", model(rows, "b"), (), 40)
    assert json.loads(check([[tmp_path / "a-0000-2.parquet", *parts], other]))["warnings"]


def test_evidence_of_another_order_is_that_of_threads(tmp_path: Path) -> None:
    rows = rows_of(300)
    order = [*range(300)]
    order[100:200] = reversed(order[100:200])
    names = [f"r{row}" for row in range(300)]
    first = model(rows, "a") | {"id": names}
    moved = {name: [values[at] for at in order] for name, values in model(rows, "b").items()}
    good = stored(tmp_path, "a", first, (), 40)
    other = stored(tmp_path, "b", moved | {"id": [names[at] for at in order]}, (150,), 60)
    assert "row 101 has 'id'" in check([good, other])
    counts = model(rows, "a") | {"index": [*range(300)]}
    good = stored(tmp_path, "c", counts, (), 40)
    anew = model(rows, "b") | {"index": [*range(130), *range(170)]}
    other = stored(tmp_path, "d", anew, (130,), 60)
    assert json.loads(check([good, other]))["rows"]["compared"] == 300


@pytest.mark.parametrize("column", ["size", "index", "id"])
def test_the_same_values_in_another_order_are_noticed(tmp_path: Path, column: str) -> None:
    rows = rows_of(300)
    order = [*range(300)]
    order[9:200] = reversed(order[9:200])
    values = [row * 7 % 300 + 3 for row in range(300)]
    rest = {name: of for name, of in rows.items() if name != "id"}
    good = stored(tmp_path, "a", model(rest, "a") | {column: values}, (), 40)
    moved = {name: [of[at] for at in order] for name, of in model(rest, "b").items()}
    again = moved | {column: [values[at] for at in order]}
    other = stored(tmp_path, "b", again, (150,), 60)
    assert f"--id {column}" in check([good, other])


COUNTS = st.lists(
    st.sampled_from(["0", "1", "2", "3", "4", "5", "1.0", "2.5", "x", None, "nan"]), max_size=9
) | st.lists(st.sampled_from([[*"0123"], [*"123"], [*"01"], ["0"], ["1"]]), max_size=4).map(
    lambda runs: [text for some in runs for text in some]
)


@settings(deadline=None)
@given(COUNTS, st.lists(st.integers(0, 9), max_size=4))
def test_parts_of_an_index_count_as_all_of_it(texts: list[str | None], cuts: list[int]) -> None:
    whole, found = _Count(), Counting()
    whole.add(pa.array(texts, pa.string()))
    places = [0, *sorted(min(cut, len(texts)) for cut in cuts), len(texts)]
    for start, stop in pairwise(places):
        found = found.merge(Counting.of(pa.array(texts[start:stop], pa.string())))
    assert found.holds == whole.holds
    split = min(3, len(texts))
    both = [Counting.of(pa.array(some, pa.string())) for some in (texts[:split], texts[split:])]
    assert both[0].merge(both[1]).holds == whole.holds


VALUES = st.sampled_from(["same", "shuffled", "counted", "anew", "other", "absent"])


@settings(deadline=None, max_examples=10)
@given(
    st.dictionaries(st.sampled_from(["id", "index", "uid", "size", "row_id"]), VALUES, max_size=3),
    st.integers(1, 60),
    st.integers(1, 60),
    st.lists(st.integers(0, 60), max_size=2),
    st.sampled_from([700, 1500, 3000]),
    st.integers(0, 3),
)
def test_columns_of_any_order_give_the_document_of_threads(
    tmp_path_factory: pytest.TempPathFactory,
    kinds: dict[str, str],
    ours: int,
    theirs: int,
    cuts: list[int],
    size: int,
    seed: int,
) -> None:
    folder = tmp_path_factory.mktemp("order")
    random = np.random.default_rng(seed)
    rows = columns(60, seed)
    both = [{"label": rows["label"], "p": rows[name]} for name in "ab"]
    for name, kind in kinds.items():
        values = (random.permutation(60) * 3 + 2).tolist()
        again = {
            "same": values,
            "shuffled": [*values[:20], *reversed(values[20:])],
            "counted": [*range(60)],
            "anew": [*range(25), *range(35)],
            "other": [value + 1 for value in values],
        }
        both[0][name] = [*range(60)] if kind in ("counted", "anew") else values
        if kind != "absent":
            both[1][name] = again[kind]
    sets = [
        stored(folder, "a", both[0], (), ours),
        stored(folder, "b", both[1], sorted(cuts), theirs),
    ]
    check(sets, sizes=[size])
