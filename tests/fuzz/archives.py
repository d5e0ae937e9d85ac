"""Databases, workbooks and zip archives with predictions, damaged outside and inside."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from tests.fuzz import arrays, arrow_files, texts
from tests.fuzz.case import Dice
from tests.fuzz.mutating import mutated, reworded
from tests.fuzz.sheets import TEXTS, Sheet, sheet
from tests.writing import as_duckdb, as_excel, as_sqlite

_PLAIN = pa.table({"label": [0, 1, 1, 0], "prob": [0.2, 0.7, 0.9, 0.4], "id": [1, 2, 3, 4]})


def sqlite(dice: Dice) -> bytes:
    """A database with a table of predictions, and sometimes others and views."""
    if dice.sometimes(0.5):
        return mutated(dice, _sqlite(), 3)
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA user_version = 1")  # so that the file is not empty
    for name in dice.sample(("predictions", "b", *TEXTS), dice.choice((0, 1, 1, 1, 2, 3))):
        with contextlib.suppress(sqlite3.Error, UnicodeError, ValueError, OverflowError):
            _create(connection, name, sheet(dice))
    if dice.sometimes(0.2):
        with contextlib.suppress(sqlite3.Error):
            connection.execute(f"CREATE VIEW v AS {dice.choice(QUERIES)}")
    content = connection.serialize()
    connection.close()
    return mutated(dice, content, 2) if dice.sometimes(0.2) else content


QUERIES = (
    "SELECT * FROM predictions",
    "SELECT label, prob FROM predictions LIMIT 3",
    "SELECT 1 AS label, 0.5 AS prob",
    "SELECT 1, 1, 0.5",
    "SELECT NULL AS label, 1e999 AS prob",
    "WITH RECURSIVE t(label, prob) AS (SELECT 1, 0.5 UNION ALL SELECT label, prob FROM t LIMIT 99) "
    "SELECT * FROM t",
    "SELECT * FROM nowhere",
    "SELECT",
    "",
    ";",
    "DROP TABLE predictions",
    "SELECT zeroblob(10) AS label, x'ff' AS prob",
    "PRAGMA table_info(predictions)",
    "SELECT 1 AS label, 0.5 AS prob; SELECT 2",
    "ATTACH 'x' AS y",
)


def _create(connection: sqlite3.Connection, name: str, columns: Sheet) -> None:
    names = [_identifier(one) for one in columns]
    table = _identifier(name)
    connection.execute(f"CREATE TABLE {table} ({', '.join(names)})")
    marks = ", ".join("?" * len(names))
    for row in zip(*columns.values(), strict=True):
        cells = [str(one) if isinstance(one, list | dict) else one for one in row]
        connection.execute(f"INSERT INTO {table} VALUES ({marks})", cells)


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@cache
def _sqlite() -> bytes:
    return as_sqlite(_PLAIN)


@cache
def _duckdb() -> bytes:
    return as_duckdb(_PLAIN)


def as_duckdb_file(dice: Dice) -> bytes:
    """A database of another kind."""
    if dice.sometimes(0.6):
        return mutated(dice, _duckdb(), 3)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "db")
        with (
            duckdb.connect(path) as connection,
            contextlib.suppress(duckdb.Error, pa.ArrowException),
        ):
            from tests.fuzz.tables import table

            connection.register("given", table(dice, sheet(dice)))
            connection.execute("CREATE TABLE predictions AS SELECT * FROM given")
        return path.read_bytes()


@cache
def _excel() -> bytes:
    return as_excel(_PLAIN, other=[["a"], [1]])


def excel(dice: Dice) -> bytes:
    """A workbook whose XML is changed, or its zip."""
    if dice.sometimes(0.3):
        return mutated(dice, _excel(), 3)
    return _repacked(dice, _excel())


def _repacked(dice: Dice, content: bytes) -> bytes:
    """The same members, some of them changed, in a zip."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(sink, "w") as new:
        for name in old.namelist():
            member = old.read(name)
            if dice.sometimes(0.25):
                member = reworded(dice, member, 3)
            if not dice.sometimes(0.03):
                new.writestr(name, member)
    return sink.getvalue()


def zipped(dice: Dice) -> bytes:
    """Files of any format in a zip."""
    makers: tuple[tuple[str, Any], ...] = (
        *(("csv", texts.delimited), ("jsonl", texts.as_json), ("parquet", arrow_files.parquet)),
        *(("arrow", arrow_files.ipc), ("npy", arrays.npy), ("orc", arrow_files.as_orc)),
        *(
            ("zip", lambda _: _excel()),
            ("sqlite", sqlite),
            ("csv.gz", lambda dice: texts.packed(dice)[1]),
        ),
    )
    sink = io.BytesIO()
    method = dice.choice((0, 8, 8, 12, 14))
    with zipfile.ZipFile(sink, "w", method) as archive:
        for at in range(dice.choice((0, 1, 1, 1, 2, 3))):
            suffix, make = dice.choice(makers)
            folder = dice.choice(("", "", "run/", "../", "/", "a/b/", "__MACOSX/", "a\\", "\x1b/"))
            archive.writestr(f"{folder}preds{at}.{suffix}", make(dice))
        if dice.sometimes(0.1):
            archive.writestr(dice.choice(("x/", ".DS_Store", "README.txt", "x.npy")), b"")
    content = sink.getvalue()
    return mutated(dice, content, 3) if dice.sometimes(0.35) else content
