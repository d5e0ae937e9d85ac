"""How many rows a frame may have, and reading ahead of the frame that is worked on."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.errors import DataError
from ce_cli.inputs.arrow import ipc, memory
from ce_cli.inputs.arrow.parquet import ParquetSource
from ce_cli.inputs.frame_sizes import cells_of_row_group, rows_at_once
from ce_cli.inputs.read_ahead import ReadAhead
from ce_cli.inputs.source import Frame, Projection, Split
from ce_cli.record import Record

WIDTH = 1500
ROWS = 5000
MOST_BYTES = 32 << 20  # of the numbers of a frame as float64


@pytest.mark.parametrize("cells", [0, 1, 10, 1000, 50_000, 10_000_000])
def test_a_frame_has_a_row_and_a_bounded_number_of_cells(cells: int) -> None:
    rows = rows_at_once(cells)
    assert rows >= 1
    assert rows == 1 or rows * cells <= 1 << 21


def test_the_cells_of_a_row_group_are_those_of_the_columns_that_are_read(tmp_path: Path) -> None:
    lists = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    rows = pa.table({"a": [1, 2], "a.b": lists, "ab": lists, "s": [{"x": 1.0, "y": 2.0}] * 2})
    pq.write_table(rows, tmp_path / "rows.parquet")
    group = pq.ParquetFile(tmp_path / "rows.parquet").metadata.row_group(0)
    # A path does not show whether "a.b" is a column or a field of "a", so both count.
    for names, cells in ((["a"], 4), (["a.b"], 3), (["s"], 2), (["ab", "s"], 5), ([], 0)):
        assert cells_of_row_group(group, names) == cells


def table(kind: str) -> pa.Table:
    numbers = pa.array(np.arange(ROWS * WIDTH, dtype=np.float32))
    if kind == "lists":
        starts = pa.array(np.arange(0, ROWS * WIDTH + 1, WIDTH, dtype=np.int32))
        lists = pa.ListArray.from_arrays(starts, numbers)
    else:
        lists = pa.FixedSizeListArray.from_arrays(numbers, WIDTH)
    return pa.table({"label": np.arange(ROWS), "scores": lists})


def splits_of(kind: str, form: str, folder: Path) -> Iterator[Split]:
    """One record batch or row group that holds all rows."""
    projection, rows = Projection(("label", "scores"), ("label",), ("scores",)), table(kind)
    if form == "memory":
        return memory.TableSource("table", rows).splits(projection)
    path = str(folder / f"rows.{form}")
    if form == "parquet":
        pq.write_table(rows, path, row_group_size=ROWS)
        return ParquetSource("rows", path).splits(projection)
    with pa.OSFile(path, "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_table(rows, ROWS)
    return ipc.FileSource("rows", path).splits(projection)


@pytest.mark.parametrize("form", ["parquet", "arrow", "memory"])
@pytest.mark.parametrize("kind", ["lists", "lists of one size"])
def test_long_lists_come_in_frames_of_bounded_size(kind: str, form: str, tmp_path: Path) -> None:
    (split,) = splits_of(kind, form, tmp_path)
    rows = 0
    for frame in split.frames():
        assert frame.rows * WIDTH * 8 <= MOST_BYTES
        scores = frame.columns["scores"]
        first = scores[0][0].as_py()
        assert first == np.float32(rows * WIDTH)
        rows += frame.rows
    assert rows == ROWS


class Counted(Record):
    """A split of whole frames, of which `fails` cannot be read; -1 for none."""

    frames_in_all: int
    fails: int = -1
    size: int = 7

    def frames(self) -> Iterator[Frame]:
        for place in range(self.frames_in_all):
            if place == self.fails:
                raise DataError("rows: is truncated.")
            yield Frame({}, place)


def test_reading_ahead_gives_the_same_frames_in_order() -> None:
    split = pickle.loads(pickle.dumps(ReadAhead(Counted(50))))
    assert [frame.rows for frame in split.frames()] == list(range(50))
    assert split.size == 7


def test_an_error_comes_after_the_frames_before_it() -> None:
    seen: list[int] = []
    frames = ReadAhead(Counted(9, fails=4)).frames()
    with pytest.raises(DataError, match="truncated"):
        seen.extend(frame.rows for frame in frames)
    assert seen == [0, 1, 2, 3]


def test_a_reader_that_is_left_early_ends() -> None:
    before = threading.active_count()
    frames = ReadAhead(Counted(10_000)).frames()
    assert next(frames).rows == 0
    frames.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
