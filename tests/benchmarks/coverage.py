"""How often the intervals of `ce score` cover the truth: data of known origin, scored many times.

Run as ``python -m tests.benchmarks.coverage``, which takes about 20 minutes on two processors (with
``--quick`` three), and prints a table for each figure: how often a 95 % interval covers what the
figure is for all data there could be, and how often that is above and below it. Rows are drawn from
a fixed seed and scored by the package; only files are left out.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ce_cli import score
from ce_cli.results.score import Result
from tests.benchmarks.origins import Origin, origins

SEED = 21
SIZES = {30: 1_000, 100: 2_000, 300: 2_000, 1_000: 1_000, 10_000: 400}  # repetitions
QUICK = 0.1  # of them
_SHARE_OF_CLUSTERS = 0.25  # of the repetitions, since clusters take long
ENOUGH = 100  # rows or clusters, from which on intervals have to be right
LEAST, MOST, ONE_SIDE = 0.92, 0.98, 0.05  # how often they may cover, and miss on either side
OFTEN = 0.9  # in so many of the files a warning has to be raised instead
WARNINGS = frozenset(("few_rows", "heavy_tail", "few_clusters", "rare_class", "expected_loss"))
_OF_CLASSES = frozenset(("few_rows_of_class",))


@dataclass(frozen=True)
class Covered:
    """Of so many repetitions, how many missed each figure on either side, and raised a warning.

    Attributes
    ----------
    repetitions : int
        How many there were.
    above, below : dict of int
        How often the truth was above or below the interval. An end that is open, or not given,
        excludes nothing.
    warned : dict of int
        How often a warning about intervals was raised that may concern the figure.
    """

    repetitions: int
    above: Mapping[str, int]
    below: Mapping[str, int]
    warned: Mapping[str, int]

    @property
    def covered(self) -> dict[str, int]:
        """How often the truth was within each interval."""
        return {name: self.repetitions - self.above[name] - self.below[name] for name in self.above}

    def narrow(self, figure: str) -> bool:
        """Whether a figure is missed too often, without a warning."""
        most = max(self.above[figure], self.below[figure]) / self.repetitions
        missed = self.covered[figure] < LEAST * self.repetitions or most > ONE_SIDE
        return missed and self.warned[figure] < OFTEN * self.repetitions

    def wide(self, figure: str) -> bool:
        """Whether the interval covers more than it promises."""
        return self.covered[figure] > MOST * self.repetitions


def simulated(origin: Origin, size: int, repetitions: int, seed: int = SEED) -> Covered:
    """Score data of one origin many times.

    Parameters
    ----------
    origin : Origin
        Where the rows come from.
    size : int
        How many rows, or clusters, each time.
    repetitions : int
        How many times.
    seed : int
        Of the random numbers.

    Returns
    -------
    Covered
        How often the truth was beyond the intervals.
    """
    rng = np.random.default_rng([seed, size])
    above, below, warned = (dict.fromkeys(origin.truth, 0) for _ in range(3))
    for _ in range(repetitions):
        result = scored(origin, rng, size)
        ends = dict(intervals(result))
        for name, truth in origin.truth.items():
            low, high = ends.get(name, (-math.inf, math.inf))
            above[name] += truth > high
            below[name] += truth < low
            warned[name] += not relevant(name).isdisjoint(note.code for note in result.warnings)
    return Covered(repetitions, above, below, warned)


def relevant(figure: str) -> frozenset[str]:
    """The warnings that may concern its interval."""
    return WARNINGS | _OF_CLASSES if figure.startswith("class ") else WARNINGS


def scored(origin: Origin, rng: np.random.Generator, size: int) -> Result:
    """Draw once, and score with the figures that have a truth."""
    by_class = any(name.startswith("class ") for name in origin.truth)
    return score(
        pa.table(dict(origin.draw(rng, size))),
        metric=["all"] if by_class else ["standard_error", *origin.truth],
        cluster=origin.cluster,
        weight=origin.weight,
        threads=1,
    )


def intervals(result: Result) -> Iterator[tuple[str, tuple[float, float]]]:
    """The ends of every interval, by the figure, and by the class for the loss of a class."""
    for name, one in result.intervals.items():
        yield name, (one.low, one.high)
    for each in result.per_class:
        if each.interval is not None:
            yield f"class {each.name}", each.interval


# The tables

Findings = Mapping[tuple[str, int], Covered]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the tables.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    given = choices("coverage", __doc__, origins(), SIZES, arguments)
    share = QUICK if given.quick else 1.0
    tasks = [
        (name, size, math.ceil(share * own))
        for name in given.only or origins()
        for size, own in planned(origins()[name]).items()
        if size in given.sizes
    ]
    with ProcessPoolExecutor(given.processes) as pool:
        found = dict(zip(((one[0], one[1]) for one in tasks), pool.map(_run, tasks), strict=True))
    print("\n\n".join(tables(found)))


def choices(
    module: str,
    about: str | None,
    names: Iterable[str],
    sizes: Iterable[int],
    arguments: Sequence[str] | None,
) -> argparse.Namespace:
    """What the command line of a simulation chooses: ``quick``, ``only``, ``sizes``, ``processes``.

    Parameters
    ----------
    module, about : str
        The module of the simulation, and what it does.
    names, sizes : iterable
        The kinds of data, and the numbers of rows or clusters, to choose from.
    arguments : sequence of str, optional
        Instead of the command line.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.benchmarks.{module}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of the repetitions")
    parser.add_argument("--only", choices=list(names), nargs="+", help="some kinds of data")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(sizes), help="rows or clusters"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at a time")
    return parser.parse_args(arguments)


def planned(origin: Origin) -> dict[int, int]:
    """Numbers of rows or clusters, and how often each is drawn."""
    if origin.most is None:
        return SIZES
    return {
        size: math.ceil(_SHARE_OF_CLUSTERS * often)
        for size, often in SIZES.items()
        if size <= origin.most
    }


def _run(task: tuple[str, int, int]) -> Covered:
    name, size, repetitions = task
    return simulated(origins()[name], size, repetitions)


def tables(found: Findings) -> Iterator[str]:
    """A table for each figure, and one of the warnings, in Markdown."""
    names = list(dict.fromkeys(name for name, _ in found))
    sizes = sorted({size for _, size in found})
    figures = dict.fromkeys(figure for name in names for figure in origins()[name].truth)
    for figure in figures:
        own = [name for name in names if figure in origins()[name].truth]
        yield table(f"`{figure}`", own, sizes, found, figure, cell)
    yield table("warned", names, sizes, found, "cross_entropy", warned)


def table(
    title: str,
    names: Sequence[str],
    sizes: Sequence[int],
    found: Findings,
    figure: str,
    shown: Callable[[Covered, int, str], str],
) -> str:
    """One table: a line for each origin."""
    lines = [(title, *(f"{size:,}" for size in sizes)), ("---",) * (1 + len(sizes))]
    for name in names:
        each = ((size, found.get((name, size))) for size in sizes)
        cells = [shown(one, size, figure) if one else "" for size, one in each]
        lines.append((origins()[name].name, *cells))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(found: Covered, size: int, figure: str) -> str:
    """How often one figure was covered, and missed on either side; bold or italic if not right."""
    shares = [
        f"{100 * counts[figure] / found.repetitions:.1f}"
        for counts in (found.covered, found.above, found.below)
    ]
    text = f"{shares[0]} ({shares[1]} + {shares[2]})"
    if size >= ENOUGH and found.narrow(figure):
        return f"**{text}**"
    return f"*{text}*" if size >= ENOUGH and found.wide(figure) else text


def warned(found: Covered, size: int, figure: str) -> str:
    """How often a warning was raised about it."""
    return f"{100 * found.warned[figure] / found.repetitions:.0f}"


if __name__ == "__main__":
    main()
