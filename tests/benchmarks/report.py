"""The tables, as Markdown for the README."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

from tests.benchmarks.contenders import CE, PEERS
from tests.benchmarks.measuring import Grown, Measured, Threads
from tests.benchmarks.timing import peak, wall

EVERYONE = (
    "Seconds and memory in MB of every contender; ~ marks a single run of one that takes more\n"
    "than 2.5 times as long as the fastest peer:"
)
THREADS = "What a second thread brings, `--threads 2` against `--threads 1`:"
GROWTH = "Time and memory with the number of rows:"

PACKAGES = ("numpy", "pyarrow", "duckdb", "duckdb-cli", "polars", "pandas", "scikit-learn", "scipy")


def machine(imports: float) -> str:
    """Describe what the times depend on.

    Parameters
    ----------
    imports : float
        Seconds to start Python and import what `ce` needs.

    Returns
    -------
    str
        A paragraph.

    Raises
    ------
    SystemExit
        If a peer is not installed.
    """
    try:
        packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        raise SystemExit(f"{error} Run pip install '.[bench]'.") from error
    text = (
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {platform.system()} "
        f"{platform.machine()}, Python {platform.python_version()}, {packages}. To start Python "
        f"and import typer, numpy and pyarrow takes {imports:.2f} s:"
    )
    return textwrap.fill(text, 100)


def ratios(all_measured: Sequence[Measured]) -> str:
    """Lay out `ce` against the fastest peer of each case.

    Parameters
    ----------
    all_measured : sequence of Measured
        A line for each.

    Returns
    -------
    str
        A table.
    """
    header = ("work", "`ce`, s", "fastest peer, s", "ratio", "must", "goal", "memory, MB",
              "bytes, Arrow, logs, s")  # fmt: skip
    return table(header, map(_ratio_row, all_measured))


def _ratio_row(one: Measured) -> tuple[str, ...]:
    ours, best = one.runs[CE], one.runs[one.best]
    floor = (f"{one.floor[name]:.2f}" for name in ("bytes", "arrow", "logs"))
    return (
        titled(one),
        f"{wall(ours):.2f}",
        f"{one.best} {wall(best):.2f}",
        f"{one.ratio:.2f}",
        one.case.must,
        one.case.goal,
        f"{peak(ours):.0f}, {peak(best):.0f}",
        ", ".join(floor),
    )


def everyone(all_measured: Sequence[Measured]) -> str:
    """Lay out the time and memory of every contender.

    Parameters
    ----------
    all_measured : sequence of Measured
        A line for each.

    Returns
    -------
    str
        A table; one with a single run is marked.
    """
    names = [CE, *(n for n in PEERS if any(n in one.runs for one in all_measured))]
    rows = ((titled(one), *(_contender(one, name) for name in names)) for one in all_measured)
    return table(("work", *names), rows)


def _contender(one: Measured, name: str) -> str:
    runs = one.runs.get(name, [])
    once = "~" if runs and len(runs) < len(one.runs[CE]) else ""
    return f"{once}{wall(runs):.2f}, {peak(runs):.0f}" if runs else ""


def threads(all_measured: Sequence[Threads]) -> str:
    """Lay out what a second thread brings.

    Parameters
    ----------
    all_measured : sequence of Threads
        A line for each.

    Returns
    -------
    str
        A table.
    """
    header = ("work", "one thread, s", "two, s", "start-up, s", "gain beyond start-up")
    return table(header, map(_threads_row, all_measured))


def _threads_row(one: Threads) -> tuple[str, ...]:
    gain = f"{one.gain:.2f}" if one.two > 1.2 * one.startup else ""  # else all of it is start-up
    return (titled(one), *(f"{s:.2f}" for s in (one.one, one.two, one.startup)), gain)


def growth(all_measured: Sequence[Grown]) -> str:
    """Lay out time and memory by the number of rows.

    Parameters
    ----------
    all_measured : sequence of Grown
        A line for each.

    Returns
    -------
    str
        A table.
    """
    header = ("rows, Parquet", "one metric, s", "MB", "default figures, s", "MB")
    rows = (
        (
            amount(g.rows),
            f"{wall(g.one):.2f}",
            f"{peak(g.one):.0f}",
            f"{wall(g.default):.2f}",
            f"{peak(g.default):.0f}",
        )
        for g in all_measured
    )
    return table(header, rows)


def titled(one: Measured | Threads) -> str:
    """The title of a case, with its name, and its rows."""
    title = one.case.title.format(rows=amount(one.rows), tenth=amount(one.rows // 10))
    return f"`{one.case.name}`: {title}"


def amount(rows: int) -> str:
    """Rows in words: 500, 100 k, 10 M."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if rows >= size:
            return f"{rows / size:g} {unit}"
    return str(rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
