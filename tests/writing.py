"""A table in every format that ce reads."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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
}
