"""Runs cases one by one in a preloaded process, each in a folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ce_cli.record import Record
from tests.fuzz.case import Case

ROOT = Path(__file__).parents[2]
MEMORY_FILES = Path("/dev/shm")  # a folder in memory, on Linux


class Outcome(Record):
    """How a run ended.

    Attributes
    ----------
    code : int
        The exit code; of a signal, minus its number.
    stdout, stderr : bytes
        What was written.
    stalled : bool
        Whether it was ended by the clock.
    orphans : bool
        Whether it left processes behind.
    cpu, seconds : float
        Its time.
    memory : int
        Its largest resident memory, in bytes.
    new : tuple of str
        The files that it left in its folder and in the folder for temporary ones.
    """

    code: int
    stdout: bytes
    stderr: bytes
    stalled: bool
    orphans: bool
    cpu: float
    seconds: float
    memory: int
    new: tuple[str, ...]


class Session:
    """A preloaded process, and the folder of its runs; use it in a ``with`` block."""

    def __init__(self) -> None:
        self._folder = Path(
            tempfile.mkdtemp(prefix="ce-fuzz-", dir=MEMORY_FILES if MEMORY_FILES.is_dir() else None)
        )
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.preloaded"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *filter(None, sys.path)))},
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, case: Case) -> Outcome:
        """Run a case to its end."""
        folder = self._folder / "run"
        try:
            work = written(case, folder)
            answer = self._answer(
                {
                    "arguments": case.arguments,
                    "folder": str(work),
                    "stdin": str(folder / "stdin") if case.stdin is not None else None,
                    "stdout": str(folder / "stdout"),
                    "stderr": str(folder / "stderr"),
                    "environment": environment(folder) | dict(case.environment),
                }
            )
            stdout, stderr = ((folder / name).read_bytes() for name in ("stdout", "stderr"))
            return Outcome(stdout=stdout, stderr=stderr, new=_new(case, folder), **answer)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def written(case: Case, folder: Path) -> Path:
    """Write the files of a case; the folder in which it runs."""
    for name in ("work", "tmp", "home"):
        (folder / name).mkdir(parents=True)
    for name, content in case.files.items():
        path = folder / "work" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    if case.stdin is not None:
        (folder / "stdin").write_bytes(case.stdin)
    return folder / "work"


def environment(folder: Path) -> dict[str, str]:
    """The variables of every run."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    places = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp")}
    return kept | places | {"CE_TRACEBACK": "1", "COLUMNS": "100", "PYTHONUTF8": "1"}


def _new(case: Case, folder: Path) -> tuple[str, ...]:
    found = [path for path in (folder / "work").rglob("*") if not path.is_dir()]
    names = {path.relative_to(folder / "work").as_posix() for path in found} - set(case.files)
    temporary = (path.relative_to(folder).as_posix() for path in (folder / "tmp").rglob("*"))
    return (*sorted(names), *sorted(temporary))
