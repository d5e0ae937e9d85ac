"""The reader of Parquet files gives what `pyarrow.parquet` gives."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.inputs.arrow.parquet_file import parquet_file

ROWS, GROUP, BUFFER = 5_000, 700, 1 << 12
COLUMNS: list[list[str] | None] = [
    None,
    [],
    ["prob"],
    ["text", "label"],
    ["nested"],
    ["nested.p"],
    ["a.b", "nested.deep.q"],
    ["a"],
    ["gone", "scores"],
    ["places"],
]


def table() -> pa.Table:
    """Numbers and text, nested or not, with missing cells and names with points."""
    rng = np.random.default_rng(13)
    prob = rng.random(ROWS)
    texts = [None if n % 11 == 0 else f"word {n % 17}" for n in range(ROWS)]
    nested = [{"p": float(p), "deep": {"q": int(p * 9), "word": "x"}} for p in prob]
    return pa.table(
        {
            "label": rng.integers(0, 2, ROWS),
            "prob": pa.array(prob, mask=prob < 0.1),
            "single": prob.astype(np.float32),
            "text": texts,
            "a.b": prob,
            "a": [{"b": 1, "c": 2.0}] * ROWS,
            "nested": nested,
            "scores": [[float(p), 1.0 - float(p)] for p in prob],
            "places": pa.array([[("x", 1)], None] * (ROWS // 2), pa.map_(pa.string(), pa.int32())),
            "id": pa.array([bytes([n % 251]) * 16 for n in range(ROWS)], pa.binary(16)).cast(
                pa.binary(16)
            ),
        }
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parquet") / "rows.parquet"
    pq.write_table(table(), path, row_group_size=GROUP)
    return path


@pytest.mark.parametrize("dictionaries", [[], ["text"]])
def test_it_is_the_same_file(path: Path, dictionaries: list[str]) -> None:
    own = parquet_file(pa.OSFile(str(path)), dictionaries, BUFFER)
    other = pq.ParquetFile(path, read_dictionary=dictionaries)
    assert type(own) is not type(other)
    assert own.schema_arrow.equals(other.schema_arrow, check_metadata=True)
    assert own.metadata.equals(other.metadata)
    assert own.num_row_groups == other.num_row_groups == -(-ROWS // GROUP)


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("dictionaries", [[], ["text"]])
def test_columns_are_the_same(
    path: Path, dictionaries: list[str], columns: list[str] | None
) -> None:
    own = parquet_file(pa.OSFile(str(path)), dictionaries, BUFFER)
    other = pq.ParquetFile(path, read_dictionary=dictionaries)
    assert own.read_row_group(2, columns).equals(other.read_row_group(2, columns))
    for groups in (None, [1], [4, 2]):
        found = list(own.iter_batches(300, groups, columns, use_threads=False))
        expected = list(other.iter_batches(300, groups, columns, use_threads=False))
        assert len(found) == len(expected)
        assert all(one.equals(two) for one, two in zip(found, expected, strict=True))


def test_another_reader_in_arrow_is_left_to_arrow(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reader:
        def open(self, source: object) -> None:
            """Take no options."""

    for reader in (types.SimpleNamespace(), types.SimpleNamespace(ParquetReader=Reader), None):
        monkeypatch.setitem(sys.modules, "pyarrow._parquet", reader)
        file = parquet_file(pa.OSFile(str(path)), [], BUFFER)
        assert isinstance(file, pq.ParquetFile)
        assert file.metadata.num_rows == ROWS


def test_a_broken_file_is_reported_by_arrow() -> None:
    with pytest.raises(pa.ArrowInvalid):
        parquet_file(pa.BufferReader(b"PAR1 and no more"), [], BUFFER)
