"""Whole processes, timed in turns.

Only the standard library is imported here and in `__main__`: on Linux, a child's peak memory
counts from that of the process that started it, so the harness has to stay small.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Run:
    """One process from start to end.

    Attributes
    ----------
    wall, cpu : float
        Seconds; `cpu` is user and system time of all threads.
    peak : float
        Largest resident memory, MB.
    output : str
        What it wrote to stdout.
    """

    wall: float
    cpu: float
    peak: float
    output: str


def run(argv: Sequence[str]) -> Run:
    """Run a command and measure it.

    Parameters
    ----------
    argv : sequence of str
        The command.

    Returns
    -------
    Run
        Times, memory and output.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            message = err.read().decode(errors="replace")
            raise RuntimeError(f"{argv} exited with {process.returncode}:\n{message}")
        peak = usage.ru_maxrss * _MAXRSS_UNIT / 1e6
        return Run(wall, usage.ru_utime + usage.ru_stime, peak, out.read().decode())


def in_turns(commands: Sequence[Sequence[str]], runs: int) -> list[list[Run]]:
    """Run every command once in each turn: A B C A B C and so on.

    Parameters
    ----------
    commands : sequence of argv
        What to run, in this order.
    runs : int
        How many turns.

    Returns
    -------
    list of list of Run
        For each command, its runs, turn by turn.
    """
    turns = [[run(argv) for argv in commands] for _ in range(runs)]
    return [list(runs_of_one) for runs_of_one in zip(*turns, strict=True)]


def table(names: Sequence[str], timed: Sequence[Sequence[Run]]) -> str:
    """Lay out what `in_turns` measured.

    Parameters
    ----------
    names : sequence of str
        Of the commands; ratios are to the first.
    timed : sequence of sequence of Run
        For each command, its runs.

    Returns
    -------
    str
        Lines of text under a header.
    """
    width = max(map(len, names))
    header = (
        f"{'':{width}}  {'wall s':>7}  {'min-max':>13}  {'CPU s':>7}  {'peak MB':>7}  {'ratio':>6}"
    )
    return "\n".join(
        [header] + [f"{n:{width}}  {_line(r, timed[0])}" for n, r in zip(names, timed, strict=True)]
    )


def _line(runs: Sequence[Run], base: Sequence[Run]) -> str:
    walls = [r.wall for r in runs]
    ratio = median(r.wall / b.wall for r, b in zip(runs, base, strict=True))
    span = f"{min(walls):.2f}-{max(walls):.2f}"
    cpu, peak = median(r.cpu for r in runs), max(r.peak for r in runs)
    return f"{median(walls):7.2f}  {span:>13}  {cpu:7.2f}  {peak:7.0f}  {ratio:6.2f}"
