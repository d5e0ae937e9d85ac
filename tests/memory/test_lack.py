"""Where memory is short, a run ends with a sentence and exit code 3, never as a bug."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

resource = pytest.importorskip("resource", reason="limits of processes are those of Unix")

ROWS = 1_500_000


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
