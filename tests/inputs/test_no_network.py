"""What a local file can make ce do: read it. No connection, no other file, no code."""

from __future__ import annotations

import json
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import numpy as np
import pyarrow as pa
import pytest

from ce_cli import registry
from tests.conftest import environment, run_ce
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

TABLE = pa.table({"label": [1, 0, 1], "prob": [0.5, 0.75, 0.9]})
FILES: dict[str, Callable[[pa.Table], bytes]] = {
    "a.csv": as_text,
    "a.jsonl": as_json_lines,
    "a.parquet": as_parquet,
    "a.arrow": as_arrow,
    "a.npz": as_npz,
    "a.orc": as_orc,
    "a.xlsx": as_excel,
    "a.zip": lambda table: as_zip(as_text(table), "a.csv"),
    "a.db": as_sqlite,
    "a.duckdb": as_duckdb,
}
# Ends the process at the first socket of Python. Those of Arrow and DuckDB are not seen, but a
# proxy that is not there would make them fail.
GUARDED = """
import os, sys
def refuse(event, arguments):
    if event.startswith("socket.") and event not in ("socket.__new__", "socket.gethostname"):
        os.write(2, f"opened a connection: {event} {arguments}".encode())
        os._exit(99)
sys.addaudithook(refuse)
from ce_cli.__main__ import main
main()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("local")
    for name, write in FILES.items():
        (folder / name).write_bytes(write(TABLE))
    deltalake.write_deltalake(folder / "delta", TABLE)
    return folder


def guarded(folder: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-c", GUARDED, *words],
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment({"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}),
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", [*FILES, "delta"])
def test_no_format_opens_a_connection(folder: Path, name: str) -> None:
    done = guarded(folder, "score", name)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command", [one.names[0] for one in registry.COMMANDS if registry.formats(one.names[0])]
)
def test_no_command_opens_a_connection(folder: Path, command: str) -> None:
    own = {"compare": ["a.parquet"], "gate": ["--max", "9"], "explain": ["--row", "1"]}
    own["calibrate fit"] = ["--method", "offset", "--prior", "0.3"]  # of few rows
    done = guarded(folder, *command.split(), "a.csv", *own.get(command, []))
    assert done.returncode == 0, done.stderr


def test_the_guard_sees_a_connection(folder: Path) -> None:
    done = guarded(folder, "score", "http://127.0.0.1:9/a.csv")
    assert b"opened a connection" in done.stderr


def test_nothing_that_is_not_needed_can_speak_to_a_network(folder: Path) -> None:
    """A plain file is scored without the modules of clouds, of TLS and of HTTP."""
    shown = "; import sys; print(sorted({'ssl', 'http.client', 'pyarrow.fs'} & {*sys.modules}))"
    code = f"from ce_cli import score; score('a.csv').to_dict(){shown}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True, cwd=folder, text=True
    )
    assert done.stdout == "[]\n"


SECRET = "label,prob\n1,0.123\n0,0.2\n"


def of_duckdb(path: Path, *statements: str) -> Path:
    with duckdb.connect(path) as connection:
        for one in statements:
            connection.execute(one)
    return path


def test_a_view_in_a_database_reads_no_other_file(tmp_path: Path) -> None:
    other = tmp_path / "secret.csv"
    other.write_text(SECRET)
    path = of_duckdb(
        tmp_path / "a.duckdb", f"CREATE VIEW v AS SELECT label, prob FROM read_csv('{other}')"
    )
    done = run_ce("score", path)
    assert done.returncode == 3
    assert "0.123" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH '{0}' AS other",
        "COPY (SELECT 1) TO '{0}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SELECT * FROM read_text('{0}')",
        "SELECT * FROM glob('{0}')",
        "SELECT * FROM '{0}'",
        "SELECT 1 AS label, 0.5 AS prob; COPY (SELECT 1) TO '{0}'",
    ],
)
def test_no_statement_gets_out_of_a_duckdb_database(tmp_path: Path, sql: str) -> None:
    path = of_duckdb(tmp_path / "a.duckdb", "CREATE TABLE t AS SELECT 1 AS label, 0.5 AS prob")
    target = tmp_path / "out.csv"
    done = run_ce("score", path, "--query", sql.format(target))
    assert done.returncode in (2, 3, 4), done.stdout
    assert "Traceback" not in done.stderr
    assert not target.exists()


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH '{0}' AS other",
        "VACUUM INTO '{0}'",
        "SELECT load_extension('{0}')",
        "SELECT writefile('{0}', 'x')",
        "SELECT readfile('{1}')",
    ],
)
def test_no_statement_gets_out_of_a_sqlite_database(tmp_path: Path, sql: str) -> None:
    path, target, other = tmp_path / "a.db", tmp_path / "out", tmp_path / "secret.csv"
    other.write_text(SECRET)
    path.write_bytes(as_sqlite(TABLE))
    done = run_ce("score", path, "--query", sql.format(target, other))
    assert done.returncode in (2, 3, 4), done.stdout
    assert "0.123" not in done.stderr
    assert not target.exists()


def test_a_view_in_sqlite_calls_no_dangerous_function(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIEW v AS SELECT 1 AS label, load_extension('x') AS prob"  # of a stranger
        )
    done = run_ce("score", path)
    assert done.returncode in (2, 3)


class Runs:
    """A pickle that writes a file where it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self._path, "ran")


def with_pickles(mark: Path) -> dict[str, bytes]:
    """Files with a pickle where a reader of their kind may load one."""
    evil = pickle.dumps(Runs(mark))
    objects = np.array([Runs(mark), 1], dtype=object)
    storage = pa.array([1, 0], pa.int64())
    numbers = pa.array([0.5, 0.75])
    extension = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": evil,
    }
    field = pa.field("label", pa.int64(), metadata=extension)
    schema = pa.schema([field, pa.field("prob", pa.float64())], {b"pandas": evil})
    table = pa.table([storage, numbers], schema=schema)
    return {
        "a.npy": as_pickled_npy(objects),
        "a.npz": as_pickled_npz(objects),
        "a.pkl": evil,
        "a.csv": evil,
        "a.pt": as_zip(evil, "archive/data.pkl"),
        "a.joblib": evil,
        "a.arrow": as_arrow(table),
        "a.parquet": as_parquet(table),
        "a.feather": as_arrow(table),
        "a.zip": as_zip(evil, "a.pkl"),
    }


def as_pickled_npy(objects: Any) -> bytes:
    import io

    sink = io.BytesIO()
    np.save(sink, objects, allow_pickle=True)
    return sink.getvalue()


def as_pickled_npz(objects: Any) -> bytes:
    import io

    sink = io.BytesIO()
    np.savez(sink, label=objects, prob=objects)
    return sink.getvalue()


@pytest.mark.parametrize("command", ["score", "inspect", "gate"])
@pytest.mark.parametrize("name", with_pickles(Path("x")))
def test_no_pickle_runs(tmp_path: Path, name: str, command: str) -> None:
    mark = tmp_path / "mark"
    (tmp_path / name).write_bytes(with_pickles(mark)[name])
    done = run_ce(command, tmp_path / name)
    assert "Traceback" not in done.stderr
    assert not mark.exists()
    baseline = ["--baseline", str(tmp_path / name)] if command == "gate" else []
    run_ce(command, "-", *baseline, stdin=(tmp_path / name).read_bytes())
    assert not mark.exists()


def test_the_pickle_runs_where_it_is_loaded(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Runs(tmp_path / "mark")))
    assert (tmp_path / "mark").read_text() == "ran"


def test_a_member_of_a_zip_is_written_nowhere_else(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.zip").write_bytes(as_zip(as_text(TABLE), "../escaped.csv"))
    run_ce("score", inner / "a.zip")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.zip", "inner"]


def test_entities_of_xml_are_not_expanded(tmp_path: Path) -> None:
    """Nine levels of ten copies each would be a gigabyte."""
    import io
    import zipfile

    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "lol">{levels}]>'
    outside = '<!ENTITY o SYSTEM "file:///etc/passwd">'
    sink = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_excel(TABLE))) as book,
        zipfile.ZipFile(sink, "w") as target,
    ):
        for one in book.namelist():
            text = book.read(one)
            if one.endswith("sheet1.xml"):
                body = text.decode().partition("?>")[2] or text.decode()
                body = body.replace(">label<", ">&a9;&o;<").replace("<v>1</v>", "<v>&a9;</v>")
                text = (bomb.replace("]>", f"{outside}]>") + body).encode()
            target.writestr(one, text)
    (tmp_path / "a.xlsx").write_bytes(sink.getvalue())
    done = run_ce("score", tmp_path / "a.xlsx")
    assert "root:" not in done.stdout + done.stderr
    assert "lollol" not in done.stdout + done.stderr


def test_links_that_lead_in_a_circle_are_followed_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(as_text(TABLE))
    (tmp_path / "deep").symlink_to(tmp_path, target_is_directory=True)
    document = json.loads(run_ce("score", tmp_path, "--json").stdout)
    assert document["rows"]["read"] == len(TABLE)
