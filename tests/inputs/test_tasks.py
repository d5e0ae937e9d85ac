"""Which files are divided into parts, and which are read by one process: by the names of files."""

from __future__ import annotations

import pytest

from ce_cli.inputs.dataset import Files
from ce_cli.inputs.remote.remote_file import RECENT, RemoteFile
from ce_cli.inputs.tasks import planned, read_here_only
from ce_cli.reading import Reading

QUERIES = ["", "?sig=abc.csv", "?a=1&b=2#part.txt"]


class Sized:
    """A file of a server, of which only the size is asked for."""

    size = 1_000
    version: object = "1"

    def fetch(self, start: int, count: int) -> bytes:
        raise NotImplementedError


def files(path: str) -> Files:
    RECENT.add(RemoteFile(path, Sized()))
    return Files((path,), Reading())


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("name", ["a.xlsx", "a.DB", "a.duckdb"])
def test_databases_are_read_here_only(name: str, query: str) -> None:
    assert read_here_only(files(f"https://host/{name}{query}")) == "a database or a workbook"


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize(
    ("name", "parts"),
    [("a.csv", 4), ("a.parquet", 4), ("a.PQ", 4), ("a.npy", 1), ("a.csv.gz", 1), ("a.arrow", 1)],
)
def test_a_query_does_not_change_what_is_divided(name: str, parts: int, query: str) -> None:
    address = files(f"https://host/{name}{query}")
    assert read_here_only(address) is None
    assert len(planned(address, 1, task_bytes=250)) == parts


def test_a_hash_belongs_to_the_name_of_an_object() -> None:
    assert len(planned(files("s3://bucket/a#1.npy"), 1, task_bytes=250)) == 1
