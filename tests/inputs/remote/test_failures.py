"""What goes wrong while files of a store are read: one sentence, which names the file."""

from __future__ import annotations

import io
import itertools
import time
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.inputs.remote.counting import CountedStore
from tests.writing import as_text

NOT_READ, BAD_DATA = 4, 3
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})


def parquet(count: int, seed: int) -> bytes:
    random, sink = np.random.default_rng(seed), io.BytesIO()
    columns = {"label": random.integers(0, 2, count), "prob": random.random(count)}
    # Neither compressed nor in dictionaries, so that all of one length have the same places.
    plain: dict[str, Any] = {"compression": "none", "use_dictionary": False}
    pq.write_table(pa.table(columns), sink, row_group_size=count // 4, **plain)
    return sink.getvalue()


CONTENTS = {"csv": as_text(TABLE), "parquet": parquet(40_000, 1)}


@pytest.fixture(params=["csv", "parquet"])
def many(request: pytest.FixtureRequest, store: CountedStore) -> tuple[CountedStore, str]:
    suffix = request.param
    for number in range(20):
        store.put(f"run/{number:02}.{suffix}", CONTENTS[suffix])
    return store, suffix


@pytest.mark.parametrize(
    ("status", "words"),
    [(404, "there is no such file"), (403, "could not be read"), (400, "could not be read")],
)
@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_one_of_many_is_refused(
    method: str, status: int, words: str, many: tuple[CountedStore, str]
) -> None:
    """Also one that has vanished between listing and reading; the first in order is named."""
    store, suffix = many
    bad = (f"/run/07.{suffix}", f"/run/13.{suffix}")
    store.proxy.instead = lambda how, path: status if how == method and path.endswith(bad) else None
    line = store.refused(store.uri("run"))
    assert line.startswith(f"ce: {store.uri(f'run/07.{suffix}')}: ")
    if method == "HEAD" or status != 404:
        assert words in line


def test_a_server_that_wants_less(many: tuple[CountedStore, str]) -> None:
    """Requests that are refused for now are made again by the client of Arrow."""
    store, _ = many
    refused: set[tuple[str, str]] = set()

    def once(how: str, path: str) -> int | None:
        if (how, path) in refused:
            return None
        refused.add((how, path))
        return 503

    store.proxy.instead = once
    assert store.scored(store.uri("run"))["rows"]["read"] in (40, 800_000)
    assert len(refused) > 2


def test_connections_that_are_cut(many: tuple[CountedStore, str]) -> None:
    store, suffix = many
    name = f"run/03.{suffix}"
    store.proxy.instead = lambda how, path: -1 if how == "GET" and path.endswith(name) else None
    start = time.monotonic()
    line = store.refused(store.uri("run"))
    assert line.startswith(f"ce: {store.uri(name)}: could not be read: ")
    assert time.monotonic() - start < 60


@pytest.mark.parametrize("kind", ["replaced", "shorter", "longer", "deleted"])
def test_a_file_that_changes_while_it_is_read(kind: str, store: CountedStore) -> None:
    first, other = parquet(40_000, 1), parquet(40_000, 2)
    uri = store.put("a.parquet", first)
    later = {"replaced": other, "shorter": parquet(400, 3), "longer": parquet(80_000, 4)}
    gets = itertools.count()

    def change(method: str, path: str) -> None:
        if method == "GET" and next(gets) == 2:  # after the footer and one row group
            if kind == "deleted":
                store.server.client.delete_object(Bucket=store.bucket, Key="a.parquet")
            else:
                store.put("a.parquet", later[kind])

    store.proxy.instead = change
    line = store.refused(uri, code=BAD_DATA)
    assert line.startswith(f"ce: {uri}: ")
    assert len(first) == len(other)
    size = len(later.get(kind, b""))
    sizes = f"went from {len(first):,} to {size:,} bytes"
    how = {"replaced": "was replaced", "deleted": "was deleted"}.get(kind, sizes)
    assert f"{how} while it was read; run ce again" in line


def test_a_file_that_changes_between_two_passes(store: CountedStore) -> None:
    uri = store.put("a.csv", as_text(TABLE))
    heads = itertools.count()

    def change(method: str, path: str) -> None:
        if method == "HEAD" and next(heads) == 1:
            store.put("a.csv", as_text(TABLE) + b"1,0.25\n")

    store.proxy.instead = change
    line = store.refused(uri, "--class-weight", "balanced", code=BAD_DATA)
    assert "went from" in line


def test_wrong_keys(store: CountedStore) -> None:
    with store.server.checking() as server:
        checked = store._replace(server=server)
        uri = checked.put("a/b.csv", as_text(TABLE))
        assert checked.scored(uri)["rows"]["read"] == 2
        env = checked.env
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            wrong = {**env, name: "not-the-s3cret"}
            for path in (uri, checked.uri("a"), checked.uri("a/*.csv")):
                line = checked.refused(path, env=wrong)
                assert "could not be read" in line
                assert "s3cret" not in line


def test_no_server(store: CountedStore) -> None:
    nobody = {**store.env, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    for path in ("a.csv", "a/", "a*.csv"):
        assert "could not be read" in store.refused(store.uri(path), env=nobody)
