"""How often the intervals of `ce score` cover the truth: data of known origin, scored many times.

Run as ``python -m tests.benchmarks.coverage``, which takes some minutes and prints a table: for
each figure and number of rows, how often a 95 % interval covers what the figure is for all data
there could be; and, for the mean loss, how often a warning was raised that it may not. Rows are
drawn from a fixed seed and scored by the package; only files are left out.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ce_cli import score
from tests.benchmarks.origins import Origin, origins

SEED = 21
SIZES = {50: 2_000, 200: 2_000, 1_000: 2_000, 10_000: 500, 100_000: 100}  # repetitions
_WARNED = {"few_rows", "heavy_tail", "few_clusters"}


@dataclass(frozen=True)
class Covered:
    """How many of so many repetitions covered each figure, and raised a warning."""

    repetitions: int
    covered: Mapping[str, int]
    warned: int


def simulated(origin: Origin, rows: int, repetitions: int, seed: int = SEED) -> Covered:
    """Score data of one origin many times.

    Parameters
    ----------
    origin : Origin
        Where the rows come from.
    rows : int
        How many each time.
    repetitions : int
        How many times.
    seed : int
        Of the random numbers.

    Returns
    -------
    Covered
        How often the truth was within the intervals; an end that is open covers all beyond it.
    """
    rng = np.random.default_rng([seed, rows])
    covered, warned = dict.fromkeys(origin.truth, 0), 0
    for _ in range(repetitions):
        table = pa.table(dict(origin.draw(rng, rows)))
        result = score(table, metric=list(origin.truth), cluster=origin.cluster)
        for name, truth in origin.truth.items():
            interval = result.intervals[name]
            covered[name] += not (truth < interval.low or truth > interval.high)
        warned += any(note.code in _WARNED for note in result.warnings)
    return Covered(repetitions, covered, warned)


# The table


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the table origin by origin.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.coverage",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions [1]")
    parser.add_argument("--only", choices=origins(), help="one origin of the data")
    given = parser.parse_args(arguments)
    header = ("data", "figure", *(f"{rows:,} rows" for rows in SIZES))
    print(f"| {' | '.join(header)} |\n|{'---|' * len(header)}", flush=True)
    for name, origin in origins().items():
        if given.only in (None, name):
            print("\n".join(lines(origin, given.share)), flush=True)


def lines(origin: Origin, share: float) -> list[str]:
    """Simulate the lines of one origin: each figure, and the warnings."""
    found = {
        rows: simulated(origin, rows, math.ceil(share * repetitions))
        for rows, repetitions in SIZES.items()
        if rows >= origin.smallest
    }
    cells = {
        f"`{figure}`": {rows: one.covered[figure] / one.repetitions for rows, one in found.items()}
        for figure in origin.truth
    }
    if "cross_entropy" in origin.truth:
        cells["warned"] = {rows: one.warned / one.repetitions for rows, one in found.items()}
    return [
        f"| {origin.name} | {figure} | "
        + " | ".join(f"{100 * own[rows]:.1f} %" if rows in own else "" for rows in SIZES)
        + " |"
        for figure, own in cells.items()
    ]


if __name__ == "__main__":
    main()
