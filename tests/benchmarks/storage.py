"""Requests, bytes and time of reading from a store, beside pyarrow and polars.

Run as ``python -m tests.benchmarks.storage``: a server of S3 on loopback, behind a proxy that
counts and answers after 50 ms. The server is slow, so that times are compared with each other only.
"""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from tests.benchmarks.report import table
from tests.inputs.remote.counting import CountingProxy, counting
from tests.stores import S3Server, running_server

LATENCY = 0.05  # seconds
TURNS = 3
Columns = dict[str, np.ndarray]

_PYARROW = """
import sys, pyarrow.compute as pc, pyarrow.dataset as ds
from pyarrow import fs
store = fs.S3FileSystem(endpoint_override=sys.argv[2], scheme="http", region="us-east-1")
kind = "csv" if sys.argv[1].endswith("csv") else "parquet"
rows = ds.dataset(sys.argv[1], format=kind, filesystem=store).to_table(columns=["label", "prob"])
prob = pc.if_else(pc.equal(rows["label"], 1), rows["prob"], pc.subtract(1.0, rows["prob"]))
print(-pc.mean(pc.ln(prob)).as_py())
"""
_POLARS = """
import os, sys, polars as pl
options = {"aws_endpoint_url": "http://" + sys.argv[2], "aws_region": "us-east-1",
           "aws_allow_http": "true"}
path = "s3://" + sys.argv[1]
if path.endswith("csv"):
    rows = pl.scan_csv(path, storage_options=options)
else:
    rows = pl.scan_parquet(path, storage_options=options)
prob = pl.when(pl.col("label") == 1).then(pl.col("prob")).otherwise(1 - pl.col("prob"))
print(rows.select(-prob.log().mean()).collect().item())
"""


def main() -> None:
    """Print the table."""
    lines = []
    with running_server() as server, counting(server.port, LATENCY) as proxy:
        bucket = server.bucket()
        for title, path, put in WORKS:
            needed = put(server, bucket)
            for name, command in contenders(f"{bucket}/{path}", proxy).items():
                lines.append(
                    (title, name, *measured(command, server, proxy), f"{needed / 1e6:.2f}")
                )
    print(table(HEADER, lines))


HEADER = ("work", "reader", "s", "requests", "MB read", "MB needed")


def contenders(path: str, proxy: CountingProxy) -> dict[str, list[str]]:
    """The commands that compute the mean loss."""
    here = f"127.0.0.1:{proxy.port}"
    folder = path.rstrip("*").rstrip("/")
    ours = ["-m", "ce_cli", "score", f"s3://{path}", "--metric", "cross_entropy"]
    found = {
        "`ce`": [*ours, "--label", "label", "--pred", "prob"],
        "pyarrow": ["-c", _PYARROW, folder, here],
        "polars": ["-c", _POLARS, path, here],
    }
    return {name: [sys.executable, *words] for name, words in found.items()}


def measured(command: list[str], server: S3Server, proxy: CountingProxy) -> tuple[str, str, str]:
    """Median time, requests and megabytes."""
    times = []
    env = os.environ | server.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{proxy.port}"}
    for _ in range(TURNS):
        proxy.log.clear()
        start = time.perf_counter()
        done = subprocess.run(command, env=env, capture_output=True, check=False)
        times.append(time.perf_counter() - start)
        if done.returncode:
            return "—", "—", "—"  # it is not installed
    read = sum(one.sent for one in proxy.log if one.method == "GET")
    return f"{statistics.median(times):.1f}", str(len(proxy.log)), f"{read / 1e6:.2f}"


# What is read; each returns the bytes of the columns and the footers.


def rows(count: int, seed: int) -> Columns:
    """Labels and probabilities."""
    random = np.random.default_rng(seed)
    return {"label": random.integers(0, 2, count), "prob": random.random(count)}


def put_parquet(server: S3Server, bucket: str, key: str, columns: Columns, group: int) -> int:
    """Store a file of Parquet."""
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink, row_group_size=group)
    server.put(bucket, key, sink.getvalue())
    metadata = pq.ParquetFile(sink).metadata
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(at) for group in groups for at in range(group.num_columns)]
    used = [chunk for chunk in chunks if chunk.path_in_schema in ("label", "prob")]
    return int(metadata.serialized_size + sum(chunk.total_compressed_size for chunk in used))


def wide(server: S3Server, bucket: str) -> int:
    """A file of which few columns are used."""
    random = np.random.default_rng(0)
    others = {f"f{n}": random.random(4_000).astype(np.float32) for n in range(3_000)}
    return put_parquet(server, bucket, "wide.parquet", others | rows(4_000, 1), 1_000)


def many(server: S3Server, bucket: str) -> int:
    """Many small files."""
    keys = [f"many/{number:03}.parquet" for number in range(100)]
    return sum(put_parquet(server, bucket, key, rows(1_000, 2), 1_000) for key in keys)


def large(server: S3Server, bucket: str) -> int:
    """A file that is used whole."""
    return put_parquet(server, bucket, "large.parquet", rows(2_000_000, 3), 250_000)


def text(server: S3Server, bucket: str) -> int:
    """The same as text."""
    sink = io.BytesIO()
    pa.csv.write_csv(pa.table(rows(1_000_000, 4)), sink)
    server.put(bucket, "text.csv", sink.getvalue())
    return len(sink.getvalue())


WORKS: list[tuple[str, str, Callable[[S3Server, str], int]]] = [
    ("3,002 columns, 2 used, 4 row groups (52 MB)", "wide.parquet", wide),
    ("100 Parquet files of 1,000 rows", "many/*", many),
    ("2 M rows, Parquet, 8 row groups", "large.parquet", large),
    ("1 M rows, CSV", "text.csv", text),
]

if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
