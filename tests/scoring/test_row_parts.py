"""Every row, written by tasks to the parts of a folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.errors import DataError, StorageError, UsageError
from ce_cli.outputs.tables.row_parts import RowPart, RowParts
from ce_cli.reading import Reading
from ce_cli.scoring.pipeline import score
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.conftest import environment
from tests.scoring.serial import serial_run
from tests.scoring.test_folding import as_csv, rows_of, write

TABLE = pa.table({"loss": [0.5]})


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
    assert [path.name for path in folder.iterdir()] == ["mine"]
    with pytest.raises(UsageError, match="name a file"):
        score(data, Spec(), run_on("threads", 1), rows_in=f"{folder}/")


def test_a_folder_is_written_by_one_run(tmp_path: Path) -> None:
    one = RowParts(f"{tmp_path}/").made()
    other = RowParts(f"{tmp_path}/").made()  # which saw it empty, too
    with one.kept_if_complete():
        with one.part(0, 0) as (name, write):
            write(TABLE)
        with pytest.raises(UsageError, match="not empty"), other.kept_if_complete():
            pass
        one.complete([RowPart(0, name, 1)], ["a.csv"])
    assert _names(tmp_path) == ["manifest.json", name]
    with pytest.raises(UsageError, match="not empty"), other.kept_if_complete():
        pass
    assert _names(tmp_path) == ["manifest.json", name]


def test_only_parts_are_removed(tmp_path: Path) -> None:
    rows = RowParts(f"{tmp_path}/").made()
    with pytest.raises(KeyboardInterrupt), rows.kept_if_complete():
        _interrupted(rows, tmp_path)
    assert _names(tmp_path) == ["notes.parquet", "part-of-a-whole"]


def _interrupted(rows: RowParts, folder: Path) -> None:
    (folder / "part-of-a-whole").mkdir()
    (folder / "notes.parquet").touch()
    with rows.part(0, 7) as (_, write):
        write(TABLE)
    (folder / ".part-000000-00000000000009.parquet.0a1b.part").touch()  # of a lost worker
    raise KeyboardInterrupt


def test_parts_on_the_disk_of_a_worker_are_missed(tmp_path: Path) -> None:
    rows = RowParts(f"{tmp_path}/").made()
    parts = [RowPart(0, "part-000000-00000000000000.parquet", 1), RowPart(0, "", 0)]
    with pytest.raises(StorageError, match=r"1 part that .*name a folder that all of them share"):
        rows.complete(parts, ["a.csv"])
    assert _names(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder, why in ((tmp_path / "file", "file exists"), (tmp_path / "file/x", "not a dir")):
        with pytest.raises(StorageError, match=f"per-row .*{folder}/: cannot be used: {why}"):
            RowParts(f"{folder}/").made()


def test_a_signal_leaves_no_part(tmp_path: Path) -> None:
    script = (
        "import time\n"
        "import pyarrow as pa\n"
        "from ce_cli.process import signals\nsignals.install()\n"
        "from ce_cli.outputs.tables.row_parts import RowParts\n"
        f"rows = RowParts('{tmp_path}/').made()\n"
        "with rows.kept_if_complete():\n"
        "    with rows.part(0, 0) as (_, write):\n"
        "        write(pa.table({'loss': [0.5]}))\n"
        "    print('now', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment({"PYTHONPATH": os.pathsep.join(sys.path)})
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        assert "part-000000-00000000000000.parquet" in _names(tmp_path)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert _names(tmp_path) == []


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
