"""Where memory is short, a run ends with a sentence and exit code 3, never as a bug."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

resource = pytest.importorskip("resource", reason="limits of processes are those of Unix")

ROWS = 1_500_000
UNPACKED = 400_000_000  # bytes, from files of some kB


@pytest.fixture(scope="module")
def many_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions with a name of its own for every row."""
    path = tmp_path_factory.mktemp("data") / "names.parquet"
    rows = np.arange(ROWS)
    names = pa.array(rows).cast(pa.string())
    table = pa.table({"label": rows % 2, "prob": rows / ROWS, "name": names})
    pq.write_table(table, path, row_group_size=1 << 17)
    return path


def ce(*arguments: str, addresses: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``ce``, with a limit of its address space in bytes."""

    def limit() -> None:
        if addresses is not None:
            resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))

    return subprocess.run(
        [sys.executable, "-m", "ce_cli", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=limit,
        check=False,
    )


@pytest.mark.parametrize("megabytes", [64, 100, 200, 300, 390])
def test_a_process_that_is_too_small_to_start_says_so(megabytes: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("label,prob\n1,0.5\n", encoding="utf-8")
    done = ce("score", str(path), addresses=megabytes << 20)
    assert done.returncode == 3, done.stderr
    assert "raise it (ulimit -v)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("megabytes", [1100, 1500, 1800])
def test_more_addresses_are_never_worse(megabytes: int, tmp_path: Path) -> None:
    """Arrow's own allocator takes a gigabyte of them where it can, and leaves too few."""
    path = tmp_path / "a.csv"
    rows = np.arange(200_000)
    lines = [f"{row % 2},0.5" for row in rows]
    path.write_text("\n".join(["label,prob", *lines]), encoding="utf-8")
    done = ce("score", str(path), "--threads", "2", addresses=megabytes << 20)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("option", ["--by", "--cluster"])
def test_names_without_number_are_refused_with_their_number(option: str, many_names: Path) -> None:
    done = ce("score", str(many_names), option, "name", "--max-memory", "250MB")
    assert done.returncode == 3, done.stderr
    assert "take more memory than the limit of 250 MB" in done.stderr
    assert "raise it with --max-memory" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("megabytes", [500, 700, 1000])
def test_a_lack_of_memory_is_never_a_bug(megabytes: int, many_names: Path) -> None:
    done = ce("score", str(many_names), "--by", "name", "--threads", "2", addresses=megabytes << 20)
    assert done.returncode in (0, 3, 4), done.stderr
    assert "bug in ce" not in done.stderr
    assert "Traceback" not in done.stderr


def zeros() -> pa.Table:
    """Rows whose memory is not even written to, since all of it is 0."""
    return pa.table({"label": np.zeros(UNPACKED // 8, np.int64), "prob": np.zeros(UNPACKED // 8)})


def as_batch(path: Path) -> None:
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    table = zeros()
    with pa.OSFile(str(path), "wb") as file:
        is_stream = path.suffix == ".arrows"
        make = pa.ipc.new_stream if is_stream else pa.ipc.new_file
        with make(file, table.schema, options=options) as writer:
            writer.write_table(table)


def as_parquet(path: Path) -> None:
    numbers = pa.ListArray.from_arrays([0, UNPACKED // 8], np.zeros(UNPACKED // 8))
    pq.write_table(pa.table({"label": [0], "prob": numbers}), path)


def as_json_lines(path: Path) -> None:
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'{"prob": 0.5, "label": "')
        for _ in range(UNPACKED // 1_000_000):
            file.write(b"a" * 1_000_000)
        file.write(b'"}\n')


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a process to its limit")
@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.arrow", as_batch),
        ("a.arrows", as_batch),
        ("a.parquet", as_parquet),
        ("a.jsonl.gz", as_json_lines),
    ],
)
def test_what_a_library_would_unpack_at_once_is_refused(
    name: str, write: Callable[[Path], None], tmp_path: Path
) -> None:
    write(tmp_path / name)
    done = ce("score", str(tmp_path / name), "--threads", "2", "--max-memory", "150MB")
    assert done.returncode == 3, done.stderr
    assert "memory ran out" in done.stderr
    assert "the limit is 150 MB; raise it with --max-memory" in done.stderr
    assert "Traceback" not in done.stderr
