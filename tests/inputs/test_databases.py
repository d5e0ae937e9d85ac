"""Databases: the only table, a table by name, or a query; read-only, and without passwords."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import log_loss

from ce_cli.text import display_name, without_secrets
from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_duckdb, as_sqlite

USAGE, BAD_DATA, NOT_READ = 2, 3, 4
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
MEAN = 1.5
SELECT = "select label, prob from predictions where prob > 0.6"
WRITERS: dict[str, Callable[..., bytes]] = {"sqlite": as_sqlite, "duckdb": as_duckdb}


def bits(*args: str | Path) -> float:
    mean: float = score_json(*args, "--base", "2")["metrics"]["cross_entropy"]
    return mean


def refused(*args: str | Path, code: int) -> str:
    (line,) = complaints(run_ce("score", *args), code)
    return line


@pytest.fixture(params=WRITERS)
def one(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database with one table."""
    path = tmp_path / f"one.{request.param}"
    path.write_bytes(WRITERS[request.param](TABLE))
    return path


@pytest.fixture(params=WRITERS)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A database with two tables of the same rows."""
    path = tmp_path / f"two.{request.param}"
    path.write_bytes(WRITERS[request.param](TABLE, "predictions", "old ones"))
    return path


def test_the_only_table(one: Path) -> None:
    assert bits(one) == MEAN
    assert bits(f"{one.suffix[1:]}:///{one}") == MEAN
    assert bits(one.rename(one.with_name("plain"))) == MEAN


def test_several_tables_are_named_and_one_can_be_chosen(two: Path) -> None:
    line = refused(two, code=BAD_DATA)
    assert "'predictions'" in line
    assert "'old ones'" in line
    assert "--table " in line
    assert bits(two, "--table", "old ones") == MEAN
    assert bits(f"{two.suffix[1:]}:///{two}?table=predictions") == MEAN
    assert bits(f"{two.suffix[1:]}:///{two}?table=old%20ones") == MEAN
    assert "did you mean 'predictions'" in refused(two, "--table", "prediction", code=USAGE)


def test_a_query(two: Path) -> None:
    assert bits(two, "--query", SELECT) == 2
    assert bits(f"{two.suffix[1:]}:///{two}?query={SELECT}") == 2
    assert bits(f"{two.suffix[1:]}:///{two}?query={quote(SELECT)}") == 2
    same = "select 1 as label, 0.25 as prob where 'a&b%20c' like '%&b%'"
    assert bits(f"{two.suffix[1:]}:///{two}?query={same}") == 2


def test_mistakes_in_a_query(one: Path) -> None:
    assert "predictions" in refused(one, "--query", "select * from prediction", code=USAGE)
    assert "syntax" in refused(one, "--query", "selec 1", code=USAGE)
    assert "nope" in refused(one, "--query", "select nope from predictions", code=USAGE)


@pytest.mark.parametrize("sql", ["delete from predictions", "drop table predictions"])
def test_nothing_is_written(sql: str, one: Path) -> None:
    before = one.read_bytes()
    assert "SELECT" in refused(one, "--query", sql, code=USAGE)
    assert one.read_bytes() == before
    assert bits(one) == MEAN


def writing_ahead(folder: Path) -> Path:
    """A database whose changes are in a file beside it until they are moved."""
    path = folder / "one.sqlite"
    path.write_bytes(as_sqlite(TABLE))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    return path


def test_reading_a_database_that_writes_ahead_makes_no_file(tmp_path: Path) -> None:
    path = writing_ahead(tmp_path)
    assert score_json(path)["rows"]["read"] == len(TABLE)
    assert [*tmp_path.iterdir()] == [path]


def test_changes_beside_a_database_are_read(tmp_path: Path) -> None:
    path = writing_ahead(tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM predictions WHERE rowid = 1")
        connection.commit()
        assert score_json(path)["rows"]["read"] == len(TABLE) - 1


def test_a_query_needs_a_database(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("label,prob\n1,0.5\n")
    assert "is not a database" in refused(path, "--query", "select 1", code=USAGE)
    assert "is not a database, a workbook" in refused(path, "--table", "x", code=USAGE)
    assert "leave out --table" in refused(path, "--table", "x", "--query", "y", code=USAGE)


def test_labels_may_be_in_another_file(one: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("y_true\n0\n")
    assert bits(one, "--query", SELECT.replace("label, ", ""), "--labels", labels) == 2


def test_views_are_read_where_there_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE VIEW v AS SELECT 1 AS label, 0.25 AS prob")
    assert bits(path) == 2


def test_values_of_any_type(tmp_path: Path) -> None:
    """SQLite gives each value a type of its own, and names the row of one that is not a number."""
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (label, prob)")
        rows = [(1, 0.5), (b"0", "0.75"), (0, "high"), (1, None)]
        connection.executemany("INSERT INTO t VALUES (?, ?)", rows)
    lines = complaints(run_ce("score", path), BAD_DATA)
    assert any("row 3, column 'prob'" in line and "high" in line for line in lines)
    assert any("row 4, column 'prob'" in line for line in lines)
    assert bits(path, "--query", "select * from t limit 2") == MEAN


def test_numbers_round_trip_in_many_batches(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    labels, probs = rng.integers(0, 2, 20_000), rng.random(20_000)
    for name, write in WRITERS.items():
        path = tmp_path / name
        path.write_bytes(write(pa.table({"label": labels, "prob": probs})))
        mean = score_json(path)["metrics"]["cross_entropy"]
        assert mean == pytest.approx(log_loss(labels, probs), rel=1e-12)


def test_lists_of_duckdb(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(as_duckdb(TABLE))
    query = "select label, [1 - prob, prob] as probs from predictions"
    assert bits(path, "--query", query) == MEAN


def test_a_query_reads_no_file_beside_the_database(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    path.write_bytes(as_duckdb(TABLE))
    (tmp_path / "other.csv").write_text("label,prob\n1,0.5\n")
    query = f"select * from read_csv('{tmp_path / 'other.csv'}')"
    assert run_ce("score", path, "--query", query).returncode == BAD_DATA


@pytest.mark.parametrize("size", [100, 5000])
def test_a_broken_database(size: int, one: Path) -> None:
    one.write_bytes(one.read_bytes()[:size])
    assert run_ce("score", one).returncode in (BAD_DATA, NOT_READ)


def test_an_error_of_sqlite_about_what_is_not_utf_8(tmp_path: Path) -> None:
    content = as_sqlite(TABLE)
    assert content.count(b"CREATE TABLE") == 1
    path = tmp_path / "preds.sqlite"
    path.write_bytes(content.replace(b"CREATE", b"CRE\x80TE"))
    assert "not UTF-8" in refused(path, code=BAD_DATA)


def test_a_database_that_does_not_exist() -> None:
    for scheme in WRITERS:
        assert "there is no such file" in refused(f"{scheme}:///nope.db", code=NOT_READ)


def test_any_database_through_sqlalchemy(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(as_sqlite(TABLE))
    url = f"sqlite+pysqlite:///{tmp_path / 'a.db'}"
    assert bits(url) == MEAN
    assert bits(f"{url}?query={SELECT}") == 2
    assert bits(url, "--query", SELECT) == 2
    assert bits(f"{url}?query=select 1 as label, 0.25 as prob where 'x%y' like 'x%'") == 2
    assert "predictionz" in refused(f"{url}?query=select * from predictionz", code=USAGE)
    assert "SELECT" in refused(f"{url}?query=delete from predictions", code=USAGE)
    assert bits(url) == MEAN


def test_a_driver_that_is_missing_is_named() -> None:
    line = refused("mysql+pymysql://me@localhost/db?query=select 1", code=NOT_READ)
    assert "pymysql" in line


@pytest.mark.parametrize(("module", "scheme"), [("duckdb", "duckdb"), ("sqlalchemy", "mysql")])
def test_the_extra_is_named_where_it_is_missing(
    module: str, scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    duckdb.connect(tmp_path / "a.duckdb").close()
    monkeypatch.setitem(sys.modules, module, None)
    line = refused(f"{scheme}:///{tmp_path / 'a.duckdb'}?query=select 1", code=BAD_DATA)
    assert "pip install 'ce-cli[sql]'" in line


SECRETS = {
    "postgresql://me:s3cret@host/db?query=select 1": "postgresql://me:***@host/db?query=select 1",
    "mysql://me:s3c/r@et@host/db": "mysql://me:***@host/db",
    "https://me:s3cret@host/a.csv": "https://me:***@host/a.csv",
    "https://host/a.csv?X-Amz-Signature=s3cret&part=1": (
        "https://host/a.csv?X-Amz-Signature=***&part=1"
    ),
    "https://host/a.csv?token=s3cret": "https://host/a.csv?token=***",
    "s3://key:s3cret@bucket/a.csv": "s3://key:***@bucket/a.csv",
    "https://host:80/a@b.csv": "https://host:80/a@b.csv",
    "sqlite:///a.db?query=select 1 as label": "sqlite:///a.db?query=select 1 as label",
    "a:b@c.csv": "a:b@c.csv",
}


@pytest.mark.parametrize("path", SECRETS)
def test_secrets_are_not_shown(path: str) -> None:
    assert without_secrets(path) == SECRETS[path]
    assert display_name(path) == SECRETS[path]


@pytest.mark.parametrize("command", ["score", "inspect", "explain"])
def test_no_output_has_the_password(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(as_sqlite(TABLE))
    url = f"sqlite://me:s3cret@/{tmp_path / 'a.db'}"
    extra = ["--row", "1"] if command == "explain" else []
    for form in ("table", "json"):
        done = run_ce(command, url, *extra, "-f", form)
        assert "s3cret" not in done.stdout + done.stderr
    assert "s3cret" not in run_ce("score", "postgresql://me:s3cret@localhost:1/db").stderr


def test_an_inspected_table_is_in_the_next_command(two: Path) -> None:
    document = json.loads(run_ce("inspect", two, "--table", "predictions", "--json").stdout)
    assert "--table predictions" in json.dumps(document)
