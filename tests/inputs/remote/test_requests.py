"""How many requests and bytes it takes to read files of a store."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import score_json
from tests.inputs.remote.counting import CountedStore
from tests.writing import (
    as_arrow,
    as_duckdb,
    as_excel,
    as_json_lines,
    as_npz,
    as_orc,
    as_parquet,
    as_sqlite,
    as_text,
    as_zip,
)

FOOTER = 1 << 16  # bytes that are read to find the footer


def rows(count: int, seed: int = 0) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    return {"label": random.integers(0, 2, count), "prob": random.random(count)}


def parquet(columns: dict[str, Any], group: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=group)
    return sink.getvalue()


def needed(content: bytes, names: tuple[str, ...]) -> int:
    """The bytes of some columns and of the footer."""
    file = pq.ParquetFile(io.BytesIO(content))
    places = [file.schema_arrow.get_field_index(name) for name in names]
    groups = map(file.metadata.row_group, range(file.num_row_groups))
    columns = sum(g.column(p).total_compressed_size for g in groups for p in places)
    return int(columns + file.metadata.serialized_size)


def test_few_columns_of_a_wide_file(store: CountedStore) -> None:
    noise = np.random.default_rng(1)
    wide = {f"f{n}": noise.random(600).astype(np.float32) for n in range(3_000)}
    content = parquet({**wide, **rows(600)}, 200)
    uri = store.put("wide.parquet", content)
    document = store.scored(uri, "--label", "label", "--pred", "prob")
    assert document["rows"]["read"] == 600
    gets = store.proxy.gets()
    assert sum(one.sent for one in gets) <= 1.2 * max(needed(content, ("label", "prob")), FOOTER)
    assert len(gets) <= 2 + 3 + 1  # the footer, the row groups, and the labels of the first
    assert len(store.proxy.heads()) <= 2  # the second shows that the file has not changed


def test_all_row_groups_of_a_large_file(store: CountedStore) -> None:
    content = parquet(rows(400_000), 50_000)
    uri = store.put("large.parquet", content)
    document = store.scored(uri)
    assert document["rows"]["read"] == 400_000
    gets = store.proxy.gets()
    assert sum(one.sent for one in gets) <= 1.05 * needed(content, ("label", "prob")) + FOOTER
    assert len(gets) <= 1 + 8 + 1
    assert {one.status for one in gets} == {206}
    assert not any(one.range.startswith("bytes=0-") for one in gets)  # its end shows the format


def test_a_small_file_takes_one_request_beside_its_size(store: CountedStore) -> None:
    for name, content in {
        "a.parquet": as_parquet(pa.table(rows(1_000))),
        "a.csv": as_text(pa.table(rows(100))),
    }.items():
        store.proxy.log.clear()
        store.scored(store.put(name, content))
        assert [one.method for one in store.proxy.log] == ["HEAD", "GET"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.txt"])
def test_text_is_read_once_in_large_pieces(name: str, store: CountedStore) -> None:
    count = 200_000 if name == "a.jsonl" else 600_000
    columns = rows(count)
    lines = zip(columns["label"].tolist(), columns["prob"].tolist(), strict=True)
    if name == "a.jsonl":
        text = "".join(json.dumps({"label": a, "prob": b}) + "\n" for a, b in lines).encode()
    else:
        text = ("label,prob\n" + "".join(f"{a},{b}\n" for a, b in lines)).encode()
    uri = store.put(name, text)
    assert store.scored(uri)["rows"]["read"] == count
    gets = store.proxy.gets()
    assert sum(one.sent for one in gets) == len(text)  # each byte once
    assert len(gets) <= 3 + len(text) // (8 << 20)


@pytest.mark.parametrize("name", ["a.arrow", "a.orc"])
def test_other_formats_are_opened_once(name: str, store: CountedStore) -> None:
    table = pa.table(rows(20_000))
    content = as_arrow(table) if name == "a.arrow" else as_orc(table)
    assert store.scored(store.put(name, content))["rows"]["read"] == 20_000
    assert len(store.proxy.heads()) <= 2
    assert sum(one.sent for one in store.proxy.gets()) <= 4 * len(content)


def test_many_files_are_opened_ahead(store: CountedStore) -> None:
    content = as_parquet(pa.table(rows(1_000)))
    for number in range(100):
        store.put(f"run/{number:03}.parquet", content)
    store.proxy.latency = 0.05
    document = store.scored(store.uri("run"), "--quiet")
    assert document["rows"]["read"] == 100_000
    assert store.proxy.most >= 4
    assert len(store.proxy.log) == 1 + 1 + 100 + 100  # the folder is no file; a list; each file


def test_many_files_that_are_named_are_found_at_once(store: CountedStore) -> None:
    uris = [store.put(f"{n}.csv", as_text(pa.table(rows(5, n)))) for n in range(40)]
    store.proxy.latency = 0.3
    assert store.scored(*uris)["inputs"] == uris
    assert store.proxy.most >= 4
    assert len(store.proxy.heads()) == 40


def test_the_same_document_as_on_a_disk(store: CountedStore, tmp_path: Path) -> None:
    columns = rows(30_000)
    words = np.array([f"user {n % 700}" for n in range(30_000)])
    content = parquet({**columns, "user": words}, 4_000)
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    options = ("--by", "user", "--worst", "3", "--class-weight", "balanced", "--metric", "all")
    local = score_json(path, *options)
    remote = store.scored(store.put("a.parquet", content), *options)
    assert {**remote, "inputs": None} == {**local, "inputs": None}


SMALL = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
FORMATS = {
    "a.tsv": as_text(SMALL, "\t"),
    "a.csv.gz": gzip.compress(as_text(SMALL)),
    "a.csv.bz2": bz2.compress(as_text(SMALL)),
    "a.csv.xz": lzma.compress(as_text(SMALL)),
    "a.csv.zip": as_zip(as_text(SMALL), "a.csv"),
    "a.jsonl": as_json_lines(SMALL),
    "a.arrow": as_arrow(SMALL),
    "a.orc": as_orc(SMALL),
    "a.npz": as_npz(SMALL),
    "a.xlsx": as_excel(SMALL),
    "a.db": as_sqlite(SMALL),
    "a.duckdb": as_duckdb(SMALL),
    "parquet-without-suffix": as_parquet(SMALL),
    "csv.parquet": as_text(SMALL),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_comes_from_a_store(name: str, store: CountedStore) -> None:
    uri = store.put(name, FORMATS[name])
    assert store.scored(uri, "--base", "2")["metrics"]["cross_entropy"] == 1.5
    assert len(store.proxy.heads()) <= 2
    if not name.endswith(("db", "zip", "xlsx")):  # which are copied to a disk
        assert len(store.proxy.gets()) <= 3
