"""Runs of ce that end early, and what may be left of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from tests.conftest import COMMAND, environment

OLD = b"precious\n"
ENDINGS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
PATIENCE = 30.0  # seconds after which a run that should end hangs


class Place:
    """A directory with inputs, one for outputs, and one for temporary files.

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
        names = np.char.add("row-", rng.permutation(rows).astype("U"))
        columns = {"id": names, "label": rng.integers(0, 2, rows), "prob": rng.random(rows)}
        table = pa.table({name: pa.array(values.tolist()) for name, values in columns.items()})
        pc.write_csv(table, self.data / "rows.csv")
        pq.write_table(table, self.data / "rows.parquet")
        pc.write_csv(table.take(pa.array(rng.permutation(rows))), self.data / "turned.csv")
        os.mkfifo(self.data / "silent")

    def outputs(self, names: Sequence[str]) -> None:
        """Put an old file, which is precious, in the place of each output."""
        shutil.rmtree(self.out)
        self.out.mkdir()
        for name in names:
            (self.out / name).write_bytes(OLD)

    def environment(self) -> Mapping[str, str]:
        """With this place for temporary files."""
        return environment({"TMPDIR": str(self.temporary)})

    def left(self) -> list[str]:
        """The names of all files, but for the inputs."""
        return sorted(one.name for one in (*self.out.iterdir(), *self.temporary.iterdir()))


@contextlib.contextmanager
def running(
    place: Place, words: Sequence[str], piped: bytes | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``ce WORDS`` in the place; `piped` is written to its stdin, which stays open."""
    process: subprocess.Popen[bytes] = subprocess.Popen(
        [*COMMAND, *words],
        cwd=place.data,
        env=place.environment(),
        stdin=subprocess.DEVNULL if piped is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
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


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str, str]:
    """Wait for a run: its exit code, and what it wrote to stdout and stderr."""
    end = time.monotonic() + PATIENCE
    assert process.stdout is not None
    assert process.stderr is not None
    shown, said = process.stdout.read().decode(), process.stderr.read().decode()
    process.wait(max(0.0, end - time.monotonic()))
    return process.returncode, shown, said
