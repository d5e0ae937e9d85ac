"""The command line of the benchmarks: ``python -m tests.benchmarks --help``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from tests import benchmarks
from tests.benchmarks import measuring, report
from tests.benchmarks.cases import CASES, Case
from tests.benchmarks.measuring import Setting

T = TypeVar("T")
TABLES = ("peers", "threads", "growth")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the chosen cases and print the tables.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.

    Returns
    -------
    int
        1 if a contender failed or figures differ, else 0.
    """
    options = parse(arguments)
    setting = Setting(options.folder, options.scale, options.turns)
    cases = [CASES[name] for name in options.case or CASES]
    measuring.prepare([file for case in cases for file in case.files], setting)
    print(report.machine(measuring.imports(setting)))
    failures: list[RuntimeError] = []
    if "peers" in options.table:
        compared = each(
            cases, lambda case: measuring.measured(case, setting), report.ratios, failures
        )
        print(f"\n{report.ratios(compared)}", flush=True)
        print(f"\n{report.EVERYONE}\n\n{report.everyone(compared)}", flush=True)
    if "threads" in options.table:
        counted = [case for case in cases if case.threads]
        by_threads = each(
            counted, lambda case: measuring.by_threads(case, setting), report.threads, failures
        )
        print(f"\n{report.THREADS}\n\n{report.threads(by_threads)}", flush=True)
    if "growth" in options.table:
        print(f"\n{report.GROWTH}\n\n{report.growth(measuring.grown(setting))}")
    return 1 if failures else 0


def each(
    cases: Sequence[Case],
    measure: Callable[[Case], T],
    show: Callable[[Sequence[T]], str],
    failures: list[RuntimeError],
) -> list[T]:
    """Measure cases; show each line at once, and go on after a failure."""
    found: list[T] = []
    for case in cases:
        try:
            found.append(measure(case))
            print(show(found[-1:]).splitlines()[-1], file=sys.stderr)
        except RuntimeError as error:
            failures.append(error)
            print(error, file=sys.stderr)
    return found


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--case", nargs="+", action="extend", choices=CASES, metavar="NAME", help=", ".join(CASES)
    )
    parser.add_argument(
        "--table", nargs="+", choices=TABLES, help="which tables [all; with --case, not growth]"
    )
    parser.add_argument("--turns", type=positive, default=5, help="counted runs of each [5]")
    parser.add_argument(
        "--scale", type=above_zero, default=1.0, help="of the data sets, such as 0.01 [1]"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()) / "ce-benchmarks",
        help="where data sets are kept [ce-benchmarks in the temporary folder]",
    )
    options = parser.parse_args(arguments)
    if not options.table:
        options.table = [table for table in TABLES if table != "growth" or not options.case]
    return options


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def above_zero(text: str) -> float:
    """Read a number above 0."""
    number = float(text)
    if not number > 0:
        raise ValueError
    return number


if __name__ == "__main__":
    sys.exit(main())
