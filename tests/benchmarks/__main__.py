"""The command line of the benchmarks: ``python -m tests.benchmarks --help``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests import benchmarks
from tests.benchmarks.cases import CASES, ROWS, Case, Contender, contenders, data_file
from tests.benchmarks.timing import in_turns, run, table

TOLERANCE = 1e-12  # relative, of the means
PACKAGES = ("numpy", "pyarrow", "duckdb", "polars", "pandas", "scikit-learn")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the chosen cases and print their tables.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    options = parse(arguments)
    folder = Path(tempfile.gettempdir()) / "ce-benchmarks"
    print(machine(), flush=True)
    try:
        for name in options.case or CASES:
            print("\n" + measured(CASES[name], options.rows, options.runs, folder), flush=True)
    except RuntimeError as error:
        sys.exit(str(error))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=benchmarks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--rows", type=positive, default=ROWS, help=f"of binary data; multiclass a tenth [{ROWS}]"
    )
    parser.add_argument("--runs", type=positive, default=5, help="counted runs of each [5]")
    parser.add_argument(
        "--case", nargs="+", action="extend", choices=CASES, metavar="NAME", help=", ".join(CASES)
    )
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def measured(case: Case, size: int, runs: int, folder: Path) -> str:
    """Check that the contenders of a case agree, then time them.

    Parameters
    ----------
    case : Case
        The case.
    size : int
        Rows of binary data.
    runs : int
        Counted runs of each contender.
    folder : Path
        Where data sets are kept.

    Returns
    -------
    str
        A title and the table.

    Raises
    ------
    RuntimeError
        If a contender fails, or the means differ.
    """
    path = data_file(case, size, folder)
    all_of_them = contenders(case, path)
    agreement = warm_up(all_of_them)
    timed = in_turns([c.argv for c in all_of_them], runs)
    megabytes = path.stat().st_size / 1e6
    title = f"{case.name}: {case.rows(size):,} rows, {megabytes:,.2f} MB{agreement}"
    return f"{title}\n{table([c.name for c in all_of_them], timed)}"


def warm_up(all_of_them: Sequence[Contender]) -> str:
    """Run each contender once and compare their means; shows how far apart they are."""
    outputs = [(c, run(c.argv).output) for c in all_of_them]
    means = {c.name: c.mean(output) for c, output in outputs if c.mean}
    if not means:
        return ""
    low, high = min(means.values()), max(means.values())
    apart = (high - low) / abs(low)
    if not apart <= TOLERANCE:
        listed = "\n".join(f"  {mean!r}  {name}" for name, mean in means.items())
        raise RuntimeError(f"The means differ by {apart:.1e}:\n{listed}")
    return f"; means {low:.12g}, at most {apart:.0e} apart"


def machine() -> str:
    """Describe what the times depend on."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, load {load:.1f}, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}\n{packages}"
    )


if __name__ == "__main__":
    main()
