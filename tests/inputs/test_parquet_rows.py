"""Some rows of a Parquet file, by their numbers."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.inputs.locate import opened
from ce_cli.inputs.source import Projection
from ce_cli.reading import Reading

COLUMNS = Projection(("prob",), ("name",))


def rows_of(path: Path, rows: tuple[int, int] | None) -> list[tuple[float, str]]:
    source = opened(str(path), Reading(rows=rows))
    found: list[tuple[float, str]] = []
    for split in source.splits(COLUMNS):
        for frame in split.frames():
            assert frame.rows == len(frame.columns["prob"])
            cells = (frame.columns[name].to_pylist() for name in ("prob", "name"))
            found += zip(*cells, strict=True)
    return found


@pytest.mark.parametrize("group", [1, 7, 40, 1000])
def test_rows_by_their_numbers_are_those_of_the_file(tmp_path: Path, group: int) -> None:
    rows = [(row / 128, f"n{row % 5}") for row in range(100)]
    path = tmp_path / "a.parquet"
    table = pa.table({"prob": [row[0] for row in rows], "name": [row[1] for row in rows]})
    pq.write_table(table, path, row_group_size=group)
    assert rows_of(path, None) == rows
    for first, last in ((0, 100), (0, 1), (39, 41), (7, 14), (99, 100), (13, 87), (50, 50)):
        assert rows_of(path, (first, last)) == rows[first:last]


def test_the_sample_is_that_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"prob": [0.5, 0.25], "name": ["a", "b"]}), path)
    source = opened(str(path), Reading(rows=(1, 2)))
    assert source.sample(COLUMNS).rows == 2
