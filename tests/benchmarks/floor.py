"""The time of the unavoidable: ``python -m tests.benchmarks.floor LOGS FILE [COLUMN ...]``.

Prints, as CSV, the seconds for reading the bytes of the file, for parsing it with Arrow alone, and
for `LOGS` logarithms, the last two on all processors. Each is the least of three.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

SLICE = 1 << 15  # numbers that stay in the cache
BLOCK = 1 << 20


def read(path: Path) -> None:
    """Read all bytes into one small buffer."""
    buffer = bytearray(BLOCK)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def parse(path: Path, columns: list[str]) -> None:
    """Parse with Arrow alone: text whole, Parquet by row groups of the named columns."""
    if path.suffix == ".parquet":
        with pa.parquet.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group, columns=columns or None)
    else:
        with pa.input_stream(path, compression="detect") as stream:
            pa.csv.read_csv(stream)


def take_logs(count: int) -> None:
    """Take logarithms of slices, in as many threads as there are processors."""
    threads = os.cpu_count() or 1
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(_slices, [count // threads] * threads))


def _slices(count: int) -> None:
    numbers = np.random.default_rng(0).random(SLICE)
    out = np.empty(SLICE)
    for start in range(0, count, SLICE):
        size = min(SLICE, count - start)
        np.log(numbers[:size], out=out[:size])


def seconds(work: Callable[[], None]) -> float:
    """The least of three times."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def main(logs: int, path: Path, columns: list[str]) -> None:
    """Measure and print the three times."""
    works = (lambda: read(path), lambda: parse(path, columns), lambda: take_logs(logs))
    print("bytes,arrow,logs")
    print(",".join(str(seconds(work)) for work in works))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
