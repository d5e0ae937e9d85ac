"""Folders and globs of a store: the same files, in the same order, as on a disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from ce_cli.inputs.locate import located
from tests.conftest import complaints, run_ce, score_json
from tests.inputs.remote.counting import CountedStore
from tests.writing import as_parquet, as_text

BAD_DATA, USAGE = 3, 2
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
TEXT = as_text(TABLE)
KEYS = (
    "run/b.csv",
    "run/a.csv",
    "run/a-b/c.csv",
    "run/year=2024/città=Köln a+b%20c/p #1?.csv",
    "run/year=2024/_SUCCESS",
    "run/year=2025/.hidden.csv",
    "run/year=2025/part-0.tsv",
    "run/_temporary/x.csv",
    "run/notes.txt.bak",
    "run/settings.json",
    "run/Z.csv",
)
DATA = [
    "run/Z.csv",
    "run/a-b/c.csv",
    "run/a.csv",
    "run/b.csv",
    "run/year=2024/città=Köln a+b%20c/p #1?.csv",
    "run/year=2025/part-0.tsv",
]


def content(key: str) -> bytes:
    return as_text(TABLE, "\t") if key.endswith("tsv") else TEXT


@pytest.fixture
def filled(store: CountedStore) -> CountedStore:
    for key in KEYS:
        store.put(key, content(key))
    return store


def on_disk(root: Path) -> Path:
    for key in KEYS:
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(content(key))
    return root


def found(store: CountedStore, path: str) -> list[str]:
    start = len(store.uri())
    return [one[start:] for one in store.scored(store.uri(path))["inputs"]]


@pytest.mark.parametrize("folder", ["run", "run/", ""])
def test_a_folder_has_the_files_of_one_on_a_disk(
    folder: str, filled: CountedStore, tmp_path: Path
) -> None:
    assert found(filled, folder) == DATA
    root = on_disk(tmp_path)
    local = [Path(one).relative_to(root).as_posix() for one in located([str(root / folder)])]
    assert local == DATA
    by_uri = located([root.as_uri() + "/" + folder])
    assert [Path(one).relative_to(root).as_posix() for one in by_uri] == DATA


GLOBS = {
    "run/*.csv": ["run/Z.csv", "run/a.csv", "run/b.csv"],
    "run/**/*.csv": [one for one in DATA if one.endswith(".csv")],
    "run/**": DATA,
    "run/*": DATA,
    "r*/": DATA,
    "run/year=*": DATA[4:],
    "run/year=*/*.tsv": DATA[5:],
    "run/[ab].csv": ["run/a.csv", "run/b.csv"],
    "run/?.csv": ["run/Z.csv", "run/a.csv", "run/b.csv"],
    "run/[!ab].csv": ["run/Z.csv"],
    "run/_temp*/*": ["run/_temporary/x.csv"],
    "run/notes*": ["run/notes.txt.bak"],
    "*/*/p #1?.csv": [],
}


@pytest.mark.parametrize("glob", [one for one in GLOBS if GLOBS[one]])
def test_a_glob_matches_the_same_on_a_disk_and_in_a_store(
    glob: str, filled: CountedStore, tmp_path: Path
) -> None:
    assert found(filled, glob) == GLOBS[glob]
    root = on_disk(tmp_path)
    local = located([str(root / glob)])
    assert [Path(one).relative_to(root).as_posix() for one in local] == GLOBS[glob]


def test_a_key_with_a_wildcard_is_itself(store: CountedStore) -> None:
    for key in ("a[1].csv", "a1.csv", "what?.csv", "a+b c.csv", "100%.csv", "x#y=1.csv", "ü.csv"):
        store.put(key, TEXT)
        assert found(store, key) == [key]


def test_the_names_of_objects_choose_no_server(store: CountedStore) -> None:
    keys = ["run/a.csv", "run/b?region=us-east-1&endpoint=127.0.0.1:9.csv"]
    for key in keys:
        store.put(key, TEXT)
    for place in ("run/", "run/*", "run"):
        document = store.scored(store.uri(place))
        assert document["rows"]["read"] == 4


def test_columns_of_the_path_are_those_of_hive(filled: CountedStore) -> None:
    document = filled.scored(filled.uri("run/year=2024"), "--by", "città")
    assert [one["by"] for one in document["groups"]] == [{"città": "Köln a+b c"}]
    document = filled.scored(filled.uri("run/year=*"), "--by", "year")
    assert [one["by"]["year"] for one in document["groups"]] == ["2024", "2025"]


def test_a_key_that_is_also_a_folder(store: CountedStore) -> None:
    store.put("a.csv", TEXT)
    store.put("a.csv/b.csv", TEXT)
    store.put("empty/", b"")
    store.put("folder/", b"")
    store.put("folder/c.csv", TEXT)
    assert found(store, "a.csv") == ["a.csv"]
    assert found(store, "a.csv/") == ["a.csv/b.csv"]
    assert found(store, "folder") == ["folder/c.csv"]
    assert "no such" in store.refused(store.uri("empty/"))


def test_more_keys_than_one_answer_has(store: CountedStore) -> None:
    """An answer has up to 1,000 keys, so this takes more of them, and two seconds."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: store.put(f"many/{n:04}.csv", TEXT), range(1_004)))
    store.proxy.log.clear()
    assert found(store, "many/100?.csv") == [f"many/100{n}.csv" for n in range(4)]
    lists = [one for one in store.proxy.log if "list-type" in one.path]
    assert len(lists) == 2


def test_what_is_not_there(store: CountedStore) -> None:
    store.put("a/b.txt.bak", b"x")
    assert "there is no such file" in store.refused(store.uri("none.csv"))
    assert "no such folder" in store.refused(store.uri("none/"))
    assert "no file matches" in store.refused(store.uri("none*"))
    assert "holds no data file" in store.refused(store.uri("a"), code=BAD_DATA)
    for key in ("", "/", "/a.csv", "/a/*.csv"):
        line = store.refused(f"s3://ce-no-such-bucket{key}")
        assert "no such bucket" in line or "there is no such file" in line
    assert "name the bucket" in store.refused("s3://buck*/a.csv", code=USAGE)


def test_what_cannot_be_listed() -> None:
    for uri in ("https://host/run/*.csv", "hf://datasets/me/it/*.parquet"):
        (line,) = complaints(run_ce("score", uri), USAGE)
        assert "cannot be listed" in line


@pytest.mark.parametrize(
    ("log", "title"),
    [
        ("_delta_log/00000000000000000000.json", "a Delta table"),
        (".hoodie/hoodie.properties", "a Hudi table"),
        ("metadata/v1.metadata.json", "an Iceberg table"),
        ("metadata/00001-a1b2.metadata.json", "an Iceberg table"),
    ],
)
def test_a_table_of_a_lake_is_no_folder_of_files(log: str, title: str, store: CountedStore) -> None:
    store.put(f"lake/table/{log}", b"{}")
    store.put("lake/table/part-0.parquet", as_parquet(TABLE))
    store.put("lake/other/part-0.parquet", as_parquet(TABLE))
    for path in ("lake/table", "lake", "lake/table/*.parquet", "lake/**"):
        assert title in store.refused(store.uri(path), code=BAD_DATA)
    assert found(store, "lake/other") == ["lake/other/part-0.parquet"]


def test_addresses_of_local_files(tmp_path: Path) -> None:
    root = on_disk(tmp_path / "with blank ü")
    document = score_json(f"file://{root}/run/year=2024", "--by", "year")
    assert document["groups"][0]["by"] == {"year": "2024"}


def test_names_in_fsspec_are_never_other_addresses(tmp_path: Path) -> None:
    system = fsspec.filesystem("memory")
    keys = ["a.csv", "b?region=x.csv", "what?.csv"]
    try:
        for key in keys:
            system.pipe(f"/{tmp_path.name}/{key}", TEXT)
        inputs = score_json(f"memory://{tmp_path.name}/")["inputs"]
        assert inputs == [f"memory://{tmp_path.name}/{key}" for key in keys]
    finally:
        system.rm(f"/{tmp_path.name}", recursive=True)


def test_file_systems_of_fsspec(tmp_path: Path) -> None:
    """One in memory stands for all of them; it leaves out the slash behind a folder."""
    system = fsspec.filesystem("memory")
    try:
        for key in KEYS:
            system.pipe(f"/{tmp_path.name}/{key}", content(key))
        for folder in ("run", "run/", "run/**"):
            inputs = score_json(f"memory://{tmp_path.name}/{folder}")["inputs"]
            assert inputs == [f"memory://{tmp_path.name}/{key}" for key in DATA]
        (line,) = complaints(run_ce("score", f"memory://{tmp_path.name}/none"), 4)
        assert "there is no such file" in line
    finally:
        system.rm(f"/{tmp_path.name}", recursive=True)
