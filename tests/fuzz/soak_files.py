"""The same rows in other files, and read in other pieces."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import importlib
import itertools
import json
import lzma
import math
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather, orc

from ce_cli.reading import Reading
from tests.fuzz.soak_checks import as_csv
from tests.fuzz.soak_drawing import Cell, Columns

SMALL = {  # sizes of pieces, by module and name
    ("ce_cli.inputs.arrow.memory", "_ROWS"): (1, 7, 64),
    ("ce_cli.inputs.arrow.parquet", "_CELLS"): (1, 7, 64),
    ("ce_cli.inputs.arrow.parquet", "_LONGEST"): (1, 5, 33),
    ("ce_cli.inputs.frame_sizes", "_FEWEST_ROWS"): (1, 3, 17),
    ("ce_cli.inputs.numpy.headers", "_SLICE"): (8, 100, 1000),
}


@contextlib.contextmanager
def in_small_pieces(rng: random.Random) -> Iterator[None]:
    """Blocks, row groups and slices of a few rows."""
    with contextlib.ExitStack() as stack:
        block = rng.choice([1, 40, 300, 5000])
        stack.enter_context(mock.patch.object(Reading, "block_bytes", block))
        for (module, name), sizes in SMALL.items():
            within = importlib.import_module(module)
            stack.enter_context(mock.patch.object(within, name, rng.choice(sizes)))
        yield


def table_of(columns: Columns) -> pa.Table:
    """The columns with the types of their values."""
    return pa.table({name: pa.array(_typed(cells)) for name, cells in columns.items()})


def _typed(cells: list[Cell]) -> list[Cell]:
    """Missing numbers as nulls."""
    return [None if isinstance(c, float) and math.isnan(c) else c for c in cells]


def rows_of(columns: Columns) -> list[dict[str, Cell]]:
    """A dictionary for each row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def has_infinity(columns: Columns) -> bool:
    """Whether a number is infinite, which JSON cannot say."""
    return any(
        isinstance(v, float) and math.isinf(v)
        for cells in columns.values()
        for cell in cells
        for v in (cell if isinstance(cell, list) else [cell])
    )


Writer = Callable[[Path, Columns, random.Random], Path]


def _text(change: Callable[[bytes], bytes], name: str) -> Writer:
    def write(folder: Path, columns: Columns, rng: random.Random) -> Path:
        path = folder / name
        path.write_bytes(change(as_csv(columns)))
        return path

    return write


def _zst(text: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(text, asbytes=True))


def _json_lines(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in _clean(columns)))
    return path


def _json(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.json"
    path.write_text(json.dumps(_clean(columns), indent=rng.choice([None, 1])))
    return path


def _clean(columns: Columns) -> list[dict[str, Cell]]:
    return [
        {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in row.items()}
        for row in rows_of(columns)
    ]


def _parquet(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.parquet"
    options: dict[str, Any] = {
        "row_group_size": rng.choice([1, 7, 100, 5000]),
        "compression": rng.choice(["snappy", "zstd", "none", "gzip"]),
        "use_dictionary": rng.random() < 0.5,
        "data_page_size": rng.choice([64, 1 << 20]),
    }
    pq.write_table(table_of(columns), path, **options)
    return path


def _feather(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.feather"
    codec = rng.choice(["lz4", "zstd", "uncompressed"])
    feather.write_feather(table_of(columns), path, codec, chunksize=rng.choice([1, 9, 1000]))
    return path


def _stream(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path, table = folder / "x.arrows", table_of(columns)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rng.choice([1, 9, 1000]))
    return path


def _orc(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.orc"
    orc.write_table(table_of(columns), path, batch_size=rng.choice([1, 9, 1024]))
    return path


def _npz(folder: Path, columns: Columns, rng: random.Random) -> Path:
    path = folder / "x.npz"
    save = rng.choice([np.savez, np.savez_compressed])
    arrays: dict[str, Any] = {name: np.array(cells) for name, cells in columns.items()}
    save(path, **arrays)
    return path


def _csv_parts(folder: Path, columns: Columns, rng: random.Random) -> Path:
    return _parts(folder, columns, rng, "csv", lambda part, path: path.write_bytes(as_csv(part)))


def _parquet_parts(folder: Path, columns: Columns, rng: random.Random) -> Path:
    def write(part: Columns, path: Path) -> None:
        rows = table_of(part).cast(table_of(columns).schema)
        pq.write_table(rows, path, row_group_size=rng.choice([1, 9, 1000]))

    return _parts(folder, columns, rng, "parquet", write)


def _parts(
    folder: Path,
    columns: Columns,
    rng: random.Random,
    extension: str,
    write: Callable[[Columns, Path], object],
) -> Path:
    """A folder with the rows in several files."""
    inside = folder / f"parts_{extension}"
    inside.mkdir(exist_ok=True)
    for old in inside.iterdir():
        old.unlink()
    n = len(next(iter(columns.values())))
    ends = sorted({0, n, *(rng.randint(1, n) for _ in range(rng.randint(0, 4)))})
    for number, (start, stop) in enumerate(itertools.pairwise(ends)):
        part = {name: cells[start:stop] for name, cells in columns.items()}
        write(part, inside / f"part-{number:03}.{extension}")
    return inside


EXACT: dict[str, Writer] = {
    "csv": _text(lambda t: t, "x.csv"),
    "CRLF": _text(lambda t: t.replace(b"\n", b"\r\n"), "crlf.csv"),
    "no last newline": _text(lambda t: t.rstrip(b"\n"), "unended.csv"),
    "gzip": _text(gzip.compress, "x.csv.gz"),
    "bzip2": _text(bz2.compress, "x.csv.bz2"),
    "xz": _text(lzma.compress, "x.csv.xz"),
    "zstd": _text(_zst, "x.csv.zst"),
    "JSON Lines": _json_lines,
    "JSON": _json,
    "Parquet": _parquet,
    "Feather": _feather,
    "Arrow stream": _stream,
    "ORC": _orc,
    "npz": _npz,
    "CSV parts": _csv_parts,
    "Parquet parts": _parquet_parts,
}
