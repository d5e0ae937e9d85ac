"""Files of scored rows: each format holds the same rows, in order."""

from __future__ import annotations

import csv
import json
import math
import signal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli import score
from ce_cli.errors import StorageError
from ce_cli.outputs.tables.rows import row_writer

NAMES = ['a, "quoted"', "100 %s", "ünï\ncode", "</script>"]
NUMBERS = [0.1, 1e-7, 5e-324, 1.7976931348623157e308, math.inf, -0.0, 1e16, math.nan]


def rows_from(first: int, count: int) -> pa.Table:
    """Numbered rows; every fifth has no label."""
    numbers = range(first, first + count)
    codes = pa.array([None if n % 5 == 0 else n % 4 for n in numbers], pa.int32())
    return pa.table(
        {
            "row": pa.array(numbers, pa.int64()),
            "who %d": pa.array([f"{NAMES[n % 4]} {n}" for n in numbers]),
            "label": pa.DictionaryArray.from_arrays(codes, pa.array(NAMES)),
            "loss": pa.array([NUMBERS[n % 8] for n in numbers]),
            "prediction": pa.nulls(count, pa.float64()),
        }
    )


def written(path: Path, tables: list[pa.Table]) -> Path:
    with row_writer(str(path)) as write:
        for table in tables:
            write(table)
    return path


def strict(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def test_json_lines_are_the_objects_of_the_rows(tmp_path: Path) -> None:
    tables = [rows_from(1, 40), rows_from(41, 3)]
    lines = written(tmp_path / "rows.jsonl", tables).read_text().split("\n")
    rows = [
        {name: strict(value) for name, value in row.items()}
        for table in tables
        for row in table.to_pylist()
    ]
    assert lines == [*(json.dumps(row, ensure_ascii=False) for row in rows), ""]


def test_csv_has_every_row(tmp_path: Path) -> None:
    path = written(tmp_path / "rows.csv", [rows_from(1, 40), rows_from(41, 3)])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = pa.concat_tables([rows_from(1, 40), rows_from(41, 3)]).to_pylist()
    assert [row["label"] for row in rows] == [row["label"] or "" for row in wanted]
    assert [float(row["loss"]).hex() for row in rows] == [row["loss"].hex() for row in wanted]


def test_parquet_has_every_row_in_row_groups_of_many_tables(tmp_path: Path) -> None:
    tables = [rows_from(1 + 40_000 * place, 40_000) for place in range(8)]
    file = pq.ParquetFile(written(tmp_path / "rows.parquet", tables))
    found, wanted = file.read(), pa.concat_tables(tables)
    assert file.num_row_groups == 2
    assert [str(kind) for kind in found.schema.types] == ["int64", "string", "string"] + [
        "double"
    ] * 2
    for name in ("row", "who %d", "label", "prediction"):
        assert wanted.column(name).cast(found.schema.field(name).type).equals(found.column(name))
    mine, theirs = (np.array(one.column("loss")).view(np.int64) for one in (found, wanted))
    assert np.array_equal(mine, theirs)  # the same bits, for NaN too


@pytest.mark.parametrize("classes", [2, 3])
def test_the_frame_of_rows_has_texts_and_not_categories(classes: int) -> None:
    labels = list(range(classes)) * 4
    predictions = [[1 / classes] * classes] * len(labels)
    frame = score(labels, predictions, per_row=True).rows_frame()
    assert frame["label"].tolist() == list(map(str, labels))
    assert pa.Table.from_pandas(frame).schema.field("label").type in (pa.utf8(), pa.large_utf8())


def test_a_full_disk_is_the_error_of_a_parquet_file(tmp_path: Path) -> None:
    """The rows that wait for their row group are not written after the file has failed."""
    resource = pytest.importorskip("resource")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(StorageError, match="too large"):
            written(tmp_path / "rows.parquet", [rows_from(1, 300_000)] * 2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert list(tmp_path.iterdir()) == []
