"""Tables of a lakehouse: only the current rows are scored, or none."""

from __future__ import annotations

import json
import shlex
import shutil
import struct
import sys
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest

from tests.conftest import complaints, run_ce, score_json, write_parquet

BAD_DATA, NOT_READ = 3, 4
OLD = pa.table({"label": [1, 0], "prob": [0.25, 0.25], "part": ["a", "b c/d"]})
NEW = pa.table({"label": [1, 0], "prob": [0.5, 0.75], "part": ["a", "b c/d"]})  # 1 and 2 bits
MEAN = 1.5


def bits(*args: str | Path) -> float:
    mean: float = score_json(*args, "--base", "2")["metrics"]["cross_entropy"]
    return mean


def refused(*args: str | Path, code: int = BAD_DATA) -> str:
    (line,) = complaints(run_ce("score", *args), code)
    return line


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A table that was overwritten: its directory still has the file of the old rows."""
    path = tmp_path / "plain"
    for table, mode in ((OLD, "error"), (NEW, "overwrite")):
        deltalake.write_deltalake(path, table, mode=mode)
    assert len([*path.glob("*.parquet")]) == 2
    return path


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """The same with a directory for each part."""
    path = tmp_path / "parts"
    for table, mode in ((OLD, "error"), (NEW, "overwrite")):
        deltalake.write_deltalake(path, table, mode=mode, partition_by=["part"])
    return path


def files(path: Path) -> tuple[Path, Path]:
    """The file of the current rows, and that of the old ones."""
    (live,) = (Path(uri) for uri in deltalake.DeltaTable(path).file_uris())
    (dead,) = (one for one in path.glob("*.parquet") if one.name != live.name)
    return path / live.name, dead


def test_only_current_rows_are_read(plain: Path, parts: Path) -> None:
    assert score_json(plain)["rows"]["read"] == 2
    assert bits(plain) == bits(parts) == MEAN


def test_partitions_are_columns(parts: Path) -> None:
    groups = score_json(parts, "--by", "part", "--base", "2")["groups"]
    found = {one["by"]["part"]: one["metrics"]["cross_entropy"] for one in groups}
    assert found == {"a": 1, "b c/d": 2}
    assert bits(parts / "part=a") == 1


def test_paths_may_be_relative(plain: Path, parts: Path) -> None:
    for here, typed in ((plain, "."), (plain.parent, "plain"), (parts / "part=a", "..")):
        done = run_ce("score", typed, "--base", "2", "--json", cwd=here)
        assert json.loads(done.stdout)["metrics"]["cross_entropy"] == MEAN


def test_a_file_that_was_removed_is_refused(plain: Path) -> None:
    live, dead = files(plain)
    assert bits(live) == MEAN
    assert "was removed from its Delta table" in refused(dead)
    assert "was removed" in refused(live, dead)


def test_files_may_be_typed_without_the_package(
    plain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, dead = files(plain)
    monkeypatch.setitem(sys.modules, "deltalake", None)
    assert bits(live) == MEAN
    assert "was removed" in refused(dead)


def test_a_file_of_an_old_commit(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a checkpoint, the commits before it may be gone."""
    live, dead = files(plain)
    deltalake.DeltaTable(plain).create_checkpoint()
    for commit in (plain / "_delta_log").glob("*.json"):
        commit.unlink()
    assert bits(plain) == bits(live) == MEAN
    assert "not in the current version" in refused(dead)
    monkeypatch.setitem(sys.modules, "deltalake", None)
    assert "ce-cli[delta]" in refused(live)


def test_the_extra_and_a_command_are_named_where_it_is_missing(
    plain: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "deltalake", None)
        line = refused(plain)
    assert "pip install 'ce-cli[delta]'" in line
    words = shlex.split(line[line.index("python3 -c") : line.index(" (needs")])
    exec(words[2], {})
    assert capfd.readouterr().out.split() == [str(files(plain)[0])]


def test_a_directory_of_tables_is_refused(plain: Path, tmp_path: Path) -> None:
    write_parquet(tmp_path / "other.parquet", {"label": [1], "prob": [0.5]})
    assert str(plain) in refused(tmp_path)


# The second row in a 64-bit Roaring bitmap: a magic number, one bitmap, its upper half; then its
# cookie, one container, the key and size of that, where it begins, and the row.
BITMAP = struct.pack("<IQI", 1681511377, 1, 0) + struct.pack("<IIHHIH", 12346, 1, 0, 0, 16, 1)
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(plain: bytes) -> str:
    """Text of ZeroMQ: five characters for four bytes."""
    words = struct.unpack(f">{len(plain) // 4}I", plain)
    return "".join(Z85[word // 85**place % 85] for word in words for place in range(4, -1, -1))


def test_deleted_rows_in_a_file_are_refused(plain: Path) -> None:
    """A deletion vector, as Spark writes it: the file is current, but not all of its rows."""
    live, _ = files(plain)
    log = plain / "_delta_log"
    (first, *_) = sorted(log.glob("*.json"))
    entries = [json.loads(line) for line in first.read_text().splitlines()]
    metadata = next(one for one in entries if "metaData" in one)
    vector = {
        "storageType": "i",
        "pathOrInlineDv": z85(BITMAP + bytes(2)),
        "sizeInBytes": len(BITMAP),
        "cardinality": 1,
    }
    add = {
        "path": live.name,
        "partitionValues": {},
        "size": live.stat().st_size,
        "modificationTime": 0,
        "dataChange": True,
        "stats": '{"numRecords": 2}',
        "deletionVector": vector,
    }
    features = ["deletionVectors"]
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": features,
        "writerFeatures": features,
    }
    remove = {"path": live.name, "deletionTimestamp": 0, "dataChange": True}
    commit = [{"protocol": protocol}, metadata, {"remove": remove}, {"add": add}]
    (log / f"{2:020}.json").write_text("\n".join(map(json.dumps, commit)))
    assert "deleted" in refused(live)
    assert "deleted rows in its files" in refused(plain)


def test_a_broken_log_is_reported(plain: Path) -> None:
    live, _ = files(plain)
    (plain / "_delta_log" / f"{2:020}.json").write_text('{"add": {"path"')
    assert run_ce("score", live).returncode == BAD_DATA
    assert run_ce("score", plain).returncode in (BAD_DATA, NOT_READ)


def lake(folder: Path, log: str) -> Path:
    """A directory with a data file, and a log that is not read."""
    (folder / "data").mkdir(parents=True)
    write_parquet(folder / "data" / "a.parquet", {"label": [1], "prob": [0.5]})
    (folder / log).parent.mkdir(parents=True, exist_ok=True)
    (folder / log).write_text("{}")
    return folder


@pytest.mark.parametrize(
    ("kind", "log"),
    [
        ("Iceberg", "metadata/00003-8f9a.metadata.json"),
        ("Iceberg", "metadata/v3.metadata.json"),
        ("Hudi", ".hoodie/hoodie.properties"),
    ],
)
def test_other_tables_are_refused(kind: str, log: str, tmp_path: Path) -> None:
    table = lake(tmp_path / "t", log)
    for path in (table, table / "data", table / "data" / "a.parquet"):
        assert f"{kind} table" in refused(path)
    assert str(table) in refused(tmp_path)


def test_the_newest_metadata_is_in_the_command(tmp_path: Path) -> None:
    table = lake(tmp_path / "t", "metadata/00009-b.metadata.json")
    for name in ("00010-a", "00002-c"):
        (table / "metadata" / f"{name}.metadata.json").write_text("{}")
    assert "00010-a.metadata.json" in refused(table)
    for name in ("v1", "v2", "v3"):
        (table / "metadata" / f"{name}.metadata.json").write_text("{}")
    (table / "metadata" / "version-hint.text").write_text("2\n")
    assert "v2.metadata.json" in refused(table)


def test_files_that_only_look_alike_are_read(tmp_path: Path) -> None:
    """Metadata of other tools, and text files in the directory of a table."""
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "run.metadata.json").write_text("{}")
    write_parquet(tmp_path / "a.parquet", {"label": [1], "prob": [0.5]})
    assert bits(tmp_path) == bits(tmp_path / "a.parquet") == 1
    shutil.copytree(tmp_path, tmp_path / "t" / "_delta_log")
    (tmp_path / "t" / "notes.csv").write_text("label,prob\n1,0.5\n")
    assert bits(tmp_path / "t" / "notes.csv") == 1
