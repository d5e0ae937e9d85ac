"""Every row, written by tasks to the parts of a folder."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.errors import DataError, UsageError
from ce_cli.reading import Reading
from ce_cli.scoring.pipeline import score
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.scoring.serial import serial_run
from tests.scoring.test_folding import as_csv, rows_of, write


@pytest.mark.parametrize("size", [600, 1 << 20])
def test_the_parts_have_the_rows_of_one_file(tmp_path: Path, size: int) -> None:
    text = as_csv(rows_of(300)).replace(",u1,", ',"u\n""1"",\n",')
    files = [write(tmp_path / "a.csv", text), write(tmp_path / "b.csv", as_csv(rows_of(50, 1)))]
    data, spec = data_set([str(path) for path in files], Reading(), Spec()), Spec(id="id")
    expected: list[pa.Table] = []
    score(data, spec, run_on("threads", 1), expected.append)
    folder = tmp_path / "rows"
    score(data, spec, serial_run(size), rows_in=f"{folder}/")
    manifest = json.loads((folder / "manifest.json").read_text())
    found = {one["part"]: pq.read_table(folder / one["part"]) for one in manifest["parts"]}
    assert sorted(found) == sorted(path.name for path in folder.glob("part-*"))
    assert list(found) == sorted(found)
    every, whole = pa.concat_tables(found.values()), pa.concat_tables(expected)
    for name in ("id", "label", "loss", "probability"):
        assert every[name].to_pylist() == whole[name].to_pylist()
    numbers = [
        (one["file"], one["rows_before"] + row)
        for one in manifest["parts"]
        for row in found[one["part"]]["row_in_part"].to_pylist()
    ]
    assert numbers == list(
        zip(whole["file"].to_pylist(), whole["file_row"].to_pylist(), strict=True)
    )


def test_a_folder_has_to_be_new_and_no_part_remains_without_a_result(tmp_path: Path) -> None:
    good, folder = write(tmp_path / "a.csv", as_csv(rows_of(50))), tmp_path / "rows"
    bad = write(tmp_path / "b.csv", as_csv(rows_of(50)).replace("0.", "7."))
    data = data_set([str(good), str(bad)], Reading(), Spec())
    with pytest.raises(DataError):
        score(data, Spec(), serial_run(300), rows_in=f"{folder}/")
    assert list(folder.iterdir()) == []
    (folder / "mine").touch()
    with pytest.raises(UsageError, match="not empty"):
        score(data, Spec(), serial_run(300), rows_in=f"{folder}/")
    with pytest.raises(UsageError, match="name a file"):
        score(data, Spec(), run_on("threads", 1), rows_in=f"{folder}/")
