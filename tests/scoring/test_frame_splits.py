"""Rows with long ids are written in frames, with the same bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli import score
from ce_cli.scoring import frame_splits


def test_rows_with_long_ids_are_those_of_whole_splits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.arange(5000)
    names = pa.array([f"{row}{'x' * 3000}" for row in rows])  # a frame has 1,024 of them at least
    table = pa.table({"id": names, "label": rows % 2, "prob": (rows + 0.5) / 5000})
    pq.write_table(table, tmp_path / "a.parquet")
    parts = score(tmp_path / "a.parquet", id="id", per_row=True, worst=5)
    monkeypatch.setattr(frame_splits, "_LONG", 10_000)
    whole = score(tmp_path / "a.parquet", id="id", per_row=True, worst=5)
    assert parts.to_dict() == whole.to_dict()
    left, right = (pa.concat_tables(one.row_tables) for one in (whole, parts))
    assert left.unify_dictionaries().equals(right.unify_dictionaries())
    assert len(right) == 5000
