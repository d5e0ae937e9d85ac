"""A table in every format that ce reads."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

ROWS = 97  # of a record batch: no divisor of the rows of any sample


def as_text(table: pa.Table, delimiter: str = ",") -> bytes:
    """Delimited text; floats round-trip, and lists and maps are JSON."""
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=delimiter)
    writer.writerow(table.column_names)
    for row in rows_of(table):
        writer.writerow([json.dumps(v) if isinstance(v, list | dict) else v for v in row.values()])
    return sink.getvalue().encode()


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as Python objects, maps as dictionaries."""
    maps = [field.name for field in table.schema if pa.types.is_map(field.type)]
    rows: list[dict[str, Any]] = table.to_pylist()
    return [row | {name: dict(row[name]) for name in maps} for row in rows]


def as_parquet(table: pa.Table) -> bytes:
    path = io.BytesIO()
    pq.write_table(table, path, row_group_size=ROWS)
    return path.getvalue()


def as_json_lines(table: pa.Table) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows_of(table)).encode()


def as_arrow(table: pa.Table, compression: str | None = None) -> bytes:
    sink = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=ROWS)
    return sink.getvalue()


def as_stream(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=ROWS)
    return sink.getvalue()


def as_dictionaries(table: pa.Table) -> bytes:
    texts = [field.name for field in table.schema if field.type == pa.string()]
    for name in texts:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    return as_arrow(table)


def arrays_of(table: pa.Table) -> dict[str, Any]:
    return {
        field.name: np.array(
            table[field.name].to_pylist(), np.float32 if field.type == pa.float32() else None
        )
        for field in table.schema
    }


def as_npz(table: pa.Table, save: Callable[..., None] = np.savez) -> bytes:
    sink = io.BytesIO()
    save(sink, **arrays_of(table))
    return sink.getvalue()


def as_fortran_npz(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    arrays: Any = {name: np.asfortranarray(one) for name, one in arrays_of(table).items()}
    np.savez(sink, **arrays)
    return sink.getvalue()


def as_npy(table: pa.Table) -> bytes:
    arrays = arrays_of(table)
    records = np.empty(len(table), [(name, a.dtype, a.shape[1:]) for name, a in arrays.items()])
    for name, values in arrays.items():
        records[name] = values
    return saved(records)


def saved(array: object) -> bytes:
    sink = io.BytesIO()
    np.save(sink, np.asarray(array))
    return sink.getvalue()


def as_zip(content: bytes, name: str) -> bytes:
    """A zip as macOS packs a folder: with the folder, and a file beside each file."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("run/", b"")
        archive.writestr(f"run/{name}", content)
        archive.writestr("run/.DS_Store", b"\0\0\0\1Bud1")
        archive.writestr(f"__MACOSX/run/._{name}", b"\0\5\x16\7")
    return sink.getvalue()


def as_excel(table: pa.Table, **sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook; lists and maps are JSON in their cells."""
    book = openpyxl.Workbook()
    book.active.title = "predictions"
    for row in cells_of(table):
        book.active.append(row)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for values in rows:
            sheet.append(values)
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def cells_of(table: pa.Table) -> list[list[Any]]:
    """The names, then the rows, with lists and maps as JSON."""
    rows = [[*row.values()] for row in rows_of(table)]
    plain = [[json.dumps(v) if isinstance(v, list | dict) else v for v in row] for row in rows]
    return [table.column_names, *plain]


def as_sqlite(table: pa.Table, *names: str) -> bytes:
    names = names or ("predictions",)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "db")
        connection = sqlite3.connect(path)
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        for name in names:
            connection.execute(f'CREATE TABLE "{name}" ({columns})')
            marks = ", ".join("?" * table.num_columns)
            _, *rows = cells_of(table)
            connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)
        connection.commit()
        connection.close()
        return path.read_bytes()


def as_duckdb(table: pa.Table, *names: str) -> bytes:
    names = names or ("predictions",)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "db")
        with duckdb.connect(path) as connection:
            connection.register("given", table)
            for name in names:
                connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM given')
        return path.read_bytes()


def as_orc(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    orc.write_table(table, sink, stripe_size=4096)
    return sink.getvalue()


WRITERS: dict[str, tuple[str, Callable[[pa.Table], bytes]]] = {
    "csv": ("csv", as_text),
    "tsv": ("tsv", lambda table: as_text(table, "\t")),
    "parquet": ("parquet", as_parquet),
    "json lines": ("jsonl", as_json_lines),
    "arrow": ("arrow", as_arrow),
    "compressed arrow": ("feather", lambda table: as_arrow(table, "zstd")),
    "dictionaries": ("ipc", as_dictionaries),
    "stream": ("arrows", as_stream),
    "npz": ("npz", as_npz),
    "compressed npz": ("npz", lambda table: as_npz(table, np.savez_compressed)),
    "fortran npz": ("npz", as_fortran_npz),
    "npy": ("npy", as_npy),
    "zip": ("zip", lambda table: as_zip(as_text(table), "preds.csv")),
    "zip of Parquet": ("zip", lambda table: as_zip(as_parquet(table), "preds.parquet")),
    "excel": ("xlsx", as_excel),
    "sqlite": ("sqlite", as_sqlite),
    "duckdb": ("duckdb", as_duckdb),
    "orc": ("orc", as_orc),
}
