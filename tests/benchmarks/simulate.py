"""How often `ce compare` is right: planted differences of known size, found or not.

Run as ``python -m tests.benchmarks.simulate``, which takes a few minutes and prints a table: how
often a difference of 0 causes a false alarm (5 % by design), how often a true one is found with
as many rows as the verdict would have promised to suffice (80 % by design), and how often the 95 %
interval covers the truth. Rows are drawn from a fixed seed and go through the sums, figures and
verdicts of the package; only files are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.figures import GroupSums, comparisons, settled
from ce_cli.comparing.paired_sums import SumPairs
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.spec import Spec
from tests.benchmarks.shapes import Shape, shapes

Floats = NDArray[np.float64]

SPEC = Spec()
SEED = 20
_AT_ONCE = 1 << 19  # rows


@dataclass(frozen=True)
class Found:
    """How many of the repetitions detected a difference, and covered the true one."""

    repetitions: int
    detected: int
    covered: int


def simulated(
    shape: Shape,
    rows: int,
    effect: float,
    repetitions: int,
    test: str = "t",
    clustered: bool = True,
    seed: int = SEED,
) -> Found:
    """Compare two models many times.

    Parameters
    ----------
    shape : Shape
        How their losses come about.
    rows : int
        How many rows each time.
    effect : float
        How much more the second model costs.
    repetitions : int
        How many times.
    test : {"t", "sign-flip"}
        How p-values are found.
    clustered : bool
        Whether rows that belong together are known to (``--cluster``).
    seed : int
        Of the random numbers.

    Returns
    -------
    Found
        The warnings shown.
    """
    rng = np.random.default_rng([seed, rows, round(1e6 * effect)])
    most = max(1, _AT_ONCE // rows)
    cluster = shape.cluster if clustered else 1
    detected = covered = 0
    for start in range(0, repetitions, most):
        count = min(most, repetitions - start)
        first, second = shape.draw(rng, (count, rows))
        for figures in _figures(first, second + effect, cluster, test):
            flipped = test == "sign-flip"
            found = list(comparisons(figures, ("a", "b"), SPEC, flipped))
            (one,) = settled(found, [figures.size], SPEC.confidence, flipped)
            interval = one.intervals["absolute"]
            detected += one.verdict != "unclear"
            covered += interval.low <= effect <= interval.high
    return Found(repetitions, detected, covered)


def _figures(first: Floats, second: Floats, cluster: int, test: str) -> Iterator[GroupSums]:
    """Those of each repetition; they are groups of one data set."""
    count, rows = first.shape
    clusters = rows // cluster if cluster > 1 else 1
    numbers = np.tile(np.arange(rows, dtype=np.int64), count)
    groups = np.repeat(np.arange(count), rows)
    keys: list[tuple[str | None, ...]] = [(f"{group:06}",) for group in range(count)]
    if cluster > 1:
        groups = groups * clusters + numbers // cluster
        keys = [(f"{group:06}", str(one)) for group in range(count) for one in range(clusters)]
    parts = [
        ScoredRows(0, rows, numbers, own.ravel(), np.zeros_like(groups), None, None, groups, keys)
        for own in (first, second)
    ]
    tally = SumPairs(cluster > 1, test == "sign-flip", 0)(parts)
    sums = dict(Clusters.by_group(tally)) if cluster > 1 else {}
    for place, key in enumerate(tally.keys):
        states = {name: state.at(place) for name, state in tally.states.items()}
        yield GroupSums(states, sums.get(key))


# The table

SIZES = {50: (4_000, 2_000), 1_000: (2_000, 500), 10_000: (1_000, 100)}  # repetitions: t, sign-flip
HEADER = (
    *("differences", "rows", "repetitions", "false alarms, t", "sign-flip"),
    *("found of those promised, t", "sign-flip", "intervals that cover"),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the table line by line.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.simulate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the repetitions [1]")
    share = parser.parse_args(arguments).share
    print(f"| {' | '.join(HEADER)} |\n|{'---|' * len(HEADER)}", flush=True)
    for shape in shapes().values():
        for rows, repetitions in SIZES.items():
            counts = [max(1, round(share * count)) for count in repetitions]
            if rows >= 50 * shape.cluster or shape.cluster == 1:
                print(line(shape, rows, counts), flush=True)
                if shape.cluster > 1:
                    print(line(shape, rows, counts, clustered=False), flush=True)


def line(shape: Shape, rows: int, repetitions: Sequence[int], clustered: bool = True) -> str:
    """Simulate one line of the table."""
    effect = shape.effect(rows)
    promised = shape.promised(effect)
    alarms, detected, covered = [], [], 0
    for test, count in zip(("t", "sign-flip"), repetitions, strict=True):
        none = simulated(shape, rows, 0.0, count, test, clustered)
        some = simulated(shape, promised, effect, count, test, clustered)
        alarms.append(f"{100 * none.detected / count:.1f} %")
        detected.append(f"{100 * some.detected / count:.1f} %")
        if test == "t":
            covered = none.covered + some.covered
    name = shape.name if clustered else f"{shape.name.rpartition(',')[0]}, without"
    cells = (
        name,
        f"{rows:,}",
        " / ".join(f"{count:,}" for count in repetitions),
        *alarms,
        *detected,
    )
    return f"| {' | '.join((*cells, f'{50 * covered / repetitions[0]:.1f} %'))} |"


if __name__ == "__main__":
    main()
