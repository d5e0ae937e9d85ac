"""Whole processes, timed in turns.

Only the standard library is imported here and wherever the harness itself runs: on Linux, a
child's peak memory counts from that of the process that started it, so the harness stays small.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Command:
    """A process to run.

    Attributes
    ----------
    argv : tuple of str
        The program and its arguments.
    piped : Path or None
        The file that ``cat`` pipes into it.
    """

    argv: tuple[str, ...]
    piped: Path | None = None


@dataclass(frozen=True)
class Run:
    """One process from start to end.

    Attributes
    ----------
    wall, cpu : float
        Seconds; `cpu` is user and system time of all threads.
    peak : float
        Largest resident memory, MB.
    """

    wall: float
    cpu: float
    peak: float


def run(command: Command, output: Path) -> Run:
    """Run a command and measure it.

    Parameters
    ----------
    command : Command
        The command.
    output : Path
        The file that takes its standard output.

    Returns
    -------
    Run
        Times and memory.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    with ExitStack() as stack:
        out = stack.enter_context(output.open("wb"))
        err = stack.enter_context(tempfile.TemporaryFile())
        start = time.perf_counter()
        stdin = stack.enter_context(_stdin(command.piped))
        process = subprocess.Popen(command.argv, stdin=stdin, stdout=out, stderr=err)
        stdin.close()  # so that cat ends if the command does
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            message = err.read().decode(errors="replace")
            raise RuntimeError(f"{command.argv} exited with {process.returncode}:\n{message}")
    peak = usage.ru_maxrss * _MAXRSS_UNIT / 1e6
    return Run(wall, usage.ru_utime + usage.ru_stime, peak)


@contextmanager
def _stdin(piped: Path | None) -> Iterator[IO[bytes]]:
    """Standard input for a command: empty, or a pipe that ``cat`` fills."""
    if piped is None:
        with Path(os.devnull).open("rb") as empty:
            yield empty
        return
    with subprocess.Popen(["cat", str(piped)], stdout=subprocess.PIPE) as cat:
        assert cat.stdout is not None
        yield cat.stdout


def in_turns(commands: Mapping[str, Command], turns: int, output: Path) -> dict[str, list[Run]]:
    """Run every command once in each turn: A B C A B C and so on.

    Parameters
    ----------
    commands : mapping of str to Command
        What to run, in this order.
    turns : int
        How many.
    output : Path
        The file that takes their standard output.

    Returns
    -------
    dict of str to list of Run
        For each command, its runs, turn by turn.
    """
    rounds = [{name: run(each, output) for name, each in commands.items()} for _ in range(turns)]
    return {name: [done[name] for done in rounds] for name in commands}


def wall(runs: Sequence[Run]) -> float:
    """The median time."""
    return median(run.wall for run in runs)


def peak(runs: Sequence[Run]) -> float:
    """The largest memory."""
    return max(run.peak for run in runs)


def ratio(runs: Sequence[Run], others: Sequence[Run]) -> float:
    """The median over the turns of the time of `runs` as a multiple of `others`."""
    return median(a.wall / b.wall for a, b in zip(runs, others, strict=True))
