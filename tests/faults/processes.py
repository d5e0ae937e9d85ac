"""Runs of ce that end early, and what may be left of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from tests.conftest import COMMAND, environment

OLD = b"precious\n"
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
PATIENCE = 30.0  # seconds after which a run that should have ended hangs
_PAUSE = 0.005


class Place:
    """A directory of inputs, one for outputs and one for temporary files.

    Parameters
    ----------
    folder : Path
        Where they are made.
    rows : int
        The rows of the inputs.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        self.data, self.out, self.temporary = (folder / name for name in ("data", "out", "tmp"))
        for one in (self.data, self.out, self.temporary):
            one.mkdir()
        rng = np.random.default_rng(15)
        table = pa.table(
            {
                "id": [f"row-{number}" for number in rng.permutation(rows)],
                "label": rng.integers(0, 2, rows),
                "prob": rng.random(rows),
            }
        )
        pc.write_csv(table, self.data / "rows.csv")
        pq.write_table(table, self.data / "rows.parquet")
        pc.write_csv(table.take(rng.permutation(rows)), self.data / "turned.csv")
        os.mkfifo(self.data / "silent")

    def prepare(self, outputs: Sequence[str]) -> None:
        """Put a precious file in the place of each output, and nothing else anywhere."""
        for folder in (self.out, self.temporary):
            shutil.rmtree(folder)
            folder.mkdir()
        for name in outputs:
            (self.out / name).write_bytes(OLD)

    def left(self) -> list[str]:
        """The names of all outputs and temporary files."""
        return sorted(one.name for one in (*self.out.iterdir(), *self.temporary.iterdir()))

    @contextlib.contextmanager
    def running(
        self,
        *words: str,
        piped: bytes | None = None,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        **options: Any,
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``ce WORDS`` here; `piped` is written to its stdin, which stays open."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": self.data} | options
        start: Any = subprocess.Popen
        process: subprocess.Popen[bytes] = start(
            [*command, *words],
            env=environment({"TMPDIR": str(self.temporary), **(env or {})}),
            stdin=subprocess.DEVNULL if piped is None else subprocess.PIPE,
            **options,
        )
        try:
            if process.stdin is not None and piped:
                process.stdin.write(piped)
                process.stdin.flush()
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Wait for a run: its exit code, and what it wrote to stderr."""
    if process.stdin is not None:
        wait_for(lambda: process.poll() is not None)
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, (said or b"").decode()


def wait_for(happens: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(_PAUSE)
