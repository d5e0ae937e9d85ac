"""A file that changes while it is read gives no result."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from pyarrow import orc

from ce_cli.errors import DataError, StorageError
from ce_cli.inputs.locate import opened, opener
from ce_cli.inputs.source import Projection, Source
from ce_cli.reading import Reading
from tests.faults.processes import Place, ended

ROWS = 60_000
BAD_DATA = 3
BOTH = Projection(("label", "prob"), ())
NAMES = (
    *("rows.csv", "rows.csv.gz", "rows.csv.zip", "rows.jsonl", "rows.parquet", "rows.arrow"),
    *("rows.arrows", "rows.orc", "rows.npy", "rows.npz", "rows.safetensors", "rows.sqlite"),
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="open files cannot change there")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same rows in every kind of file, in several pieces where the format has them."""
    folder = tmp_path_factory.mktemp("files")
    rng = np.random.default_rng(15)
    labels, probabilities = rng.integers(0, 2, ROWS), rng.random(ROWS)
    table = pa.table({"label": labels, "prob": probabilities})
    pc.write_csv(table, folder / "rows.csv")
    text = (folder / "rows.csv").read_bytes()
    (folder / "rows.csv.gz").write_bytes(gzip.compress(text, 1))
    with zipfile.ZipFile(folder / "rows.csv.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("rows.csv", text)
    lines = (f'{{"label": {one}, "prob": {p!r}}}\n' for one, p in zip(
        labels.tolist(), probabilities.tolist(), strict=True))  # fmt: skip
    (folder / "rows.jsonl").write_text("".join(lines))
    pq.write_table(table, folder / "rows.parquet", row_group_size=ROWS // 4)
    with pa.ipc.new_file(folder / "rows.arrow", table.schema) as file:
        file.write_table(table, max_chunksize=ROWS // 4)
    with pa.ipc.new_stream(folder / "rows.arrows", table.schema) as stream:
        stream.write_table(table, max_chunksize=ROWS // 4)
    orc.write_table(table, folder / "rows.orc", stripe_size=1 << 16)
    records = np.zeros(ROWS, [("label", "i8"), ("prob", "f8")])
    records["label"], records["prob"] = labels, probabilities
    np.save(folder / "rows.npy", records)
    np.savez(folder / "rows.npz", label=labels, prob=probabilities)
    header = (
        f'{{"label": {{"dtype": "I64", "shape": [{ROWS}], "data_offsets": [0, {8 * ROWS}]}}, '
        f'"prob": {{"dtype": "F64", "shape": [{ROWS}], '
        f'"data_offsets": [{8 * ROWS}, {16 * ROWS}]}}}}'
    ).encode()
    arrays = labels.tobytes() + probabilities.tobytes()
    (folder / "rows.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + arrays)
    with sqlite3.connect(folder / "rows.sqlite") as database:
        database.execute("CREATE TABLE predictions (label INTEGER, prob REAL)")
        both = zip(labels.tolist(), probabilities.tolist(), strict=True)
        database.executemany("INSERT INTO predictions VALUES (?, ?)", both)
    database.close()
    return folder


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"1,0.5\n")


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"9" * 40)
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # however coarse the clock is


def replace(path: Path) -> None:
    shutil.copy2(path, path.with_suffix(".new"))  # with the same time
    path.with_suffix(".new").replace(path)


def delete(path: Path) -> None:
    path.unlink()


CHANGES: dict[Callable[[Path], None], str] = {
    truncate: r"went from [\d,]+ to [\d,]+ bytes",
    append: r"went from [\d,]+ to [\d,]+ bytes",
    overwrite: "was written to",
    replace: "was replaced",
    delete: "was deleted",
}


def read(source: Source) -> int:
    """Read all rows, and count them."""
    return sum(frame.rows for split in source.splits(BOTH) for frame in split.frames())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NAMES)
def test_after_it_was_opened(
    files: Path, tmp_path: Path, name: str, change: Callable[[Path], None]
) -> None:
    path = Path(shutil.copy(files / name, tmp_path))
    source = opened(str(path), Reading())
    source.columns()
    change(path)
    with pytest.raises(DataError, match=f"{name}: {CHANGES[change]} while it was read"):
        read(source)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_stays_as_it_is(files: Path, name: str) -> None:
    assert read(opened(str(files / name), Reading())) == ROWS


@pytest.mark.parametrize("change", CHANGES)
def test_between_two_passes(files: Path, tmp_path: Path, change: Callable[[Path], None]) -> None:
    path = Path(shutil.copy(files / "rows.csv", tmp_path))
    sources = opener([str(path)], Reading())
    read(next(sources()))
    change(path)
    with pytest.raises((DataError, StorageError), match=rf"{CHANGES[change]}|no such file"):
        read(next(sources()))


def test_splits_that_read_ahead_still_do(files: Path) -> None:
    split = next(iter(opened(str(files / "rows.parquet"), Reading()).splits(BOTH)))
    ahead = split.read_ahead()  # type: ignore[attr-defined]
    assert sum(frame.rows for frame in ahead.frames()) == ROWS // 4


def test_what_is_no_regular_file_is_not_compared() -> None:
    from ce_cli.inputs.unchanged import state_of

    assert state_of("/dev/null") is None
    assert state_of("s3://bucket/key") is None


@pytest.mark.parametrize("change", CHANGES)
def test_a_run_that_waits_meanwhile(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """Nobody reads its output at first, so that it stops in the middle of its input."""
    place = Place(tmp_path, 400_000)
    place.prepare([])
    os.mkfifo(place.out / "x.csv")
    words = ("score", "rows.csv", "--per-row", "../out/x.csv", "--threads", "1")
    with place.running(*words) as process:
        with (place.out / "x.csv").open("rb") as file:
            file.read(1)
            change(place.data / "rows.csv")
            while file.read(1 << 20):
                pass
        code, said = ended(process)
    assert code == BAD_DATA
    assert said.startswith("ce: rows.csv: ")
    assert "while it was read" in said
