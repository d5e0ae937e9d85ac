"""The parts of a URI: a key is what the store has, and options are only what the store knows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.storage import keys
from ce_cli.storage.addresses import address_of, sibling
from ce_cli.storage.azure import path_of
from ce_cli.storage.file_systems import file_system, identity
from tests.stores import S3Server

KEYS = ["a b.csv", "ä/ö.csv", "50%.csv", "a%20b.csv", "a#b.csv", "a?b.csv", "x=1/a+b&c.csv"]
KEYS += ["why?.csv", "a?b=c.csv", "a@b:c.csv", "'q'\".csv", "~$!*().csv", "日本.csv", "a;b.csv"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("query", ["", "?region=eu-west-1", "?region=x&session_token=a%2Fb"])
def test_a_key_is_taken_as_it_is(key: str, query: str) -> None:
    address = address_of(f"s3://me:s%2Fx/y@bucket/{key}{query}", keys.S3)
    assert (address.user, address.password) == ("me", "s/x/y")
    assert (address.bucket, address.key) == ("bucket", key)
    assert bool(address.options) == bool(query)
    plain = address_of(f"s3://bucket/{key}{query}", keys.S3)
    assert (plain.user, plain.path) == ("", f"bucket/{key}")


@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_any_key_without_options_is_itself(key: str) -> None:
    if not any(f"{name}=" in key.lower().replace("-", "_") for name in keys.own_names(keys.S3)):
        assert address_of(f"s3://bucket/{key}", keys.S3).path == f"bucket/{key}"


@pytest.mark.parametrize("key", KEYS)
def test_objects_with_any_name_are_found(key: str, s3_server: S3Server) -> None:
    bucket = s3_server.bucket()
    s3_server.put(bucket, key, b"123")
    uri = f"s3://{s3_server.key}:{s3_server.secret}@{bucket}/{key}"
    system, path = file_system(f"{uri}?endpoint={s3_server.endpoint}&region=us-east-1")
    assert system.get_file_info(path).size == 3


def test_a_name_is_no_chain_of_addresses() -> None:
    system, _ = file_system("memory://run/a.csv::http://127.0.0.1:9/b.csv")
    assert system.handler.fs.storage_options == {}  # a chain would name the other address


def test_the_sibling_of_a_file_has_the_same_store() -> None:
    uri = "s3://me:pw@bucket/run?region=x"
    assert (
        sibling(uri, "bucket/run", "bucket/run/a?.csv") == "s3://me:pw@bucket/run/a?.csv?region=x"
    )
    assert sibling("s3://b/run/", "b/run/", "b/run/c.csv") == "s3://b/run/c.csv"


@pytest.mark.parametrize("name", ["b?region=x.csv", "b?endpoint=http://127.0.0.1:1&region=x.csv"])
@pytest.mark.parametrize("uri", ["s3://b/run/", "s3://b/run/*", "s3://b/run/?region=mine"])
def test_the_name_of_a_found_object_has_no_options(uri: str, name: str) -> None:
    path = address_of(uri, keys.S3).path
    found = address_of(sibling(uri, path, f"b/run/{name}"), keys.S3)
    assert found.path == f"b/run/{name}"
    assert found.options == address_of(uri, keys.S3).options


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("abfs://data@me.dfs.core.windows.net/a b/c.csv", "data/a b/c.csv"),
        ("abfss://me.blob.core.windows.net/data/c.csv", "data/c.csv"),
        ("az://data/a/c.csv", "data/a/c.csv"),
        ("abfs://me@127.0.0.1:10000/data/c.csv", "data/c.csv"),
        ("abfs://data@me.dfs.core.windows.net", "data/"),
    ],
)
def test_containers_of_azure(uri: str, path: str) -> None:
    assert path_of(address_of(uri, keys.AZURE)) == path


def test_two_names_of_one_object() -> None:
    assert identity("s3a://b/k?region=x") == identity("s3://me:pw@b/k") == "s3://b/k"
    assert identity("gcs://b/k") == identity("gs://anonymous@b/k") != identity("s3://b/k")
    assert identity("file:///a%20b/../c") == "/c"
