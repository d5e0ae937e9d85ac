"""How often `ce compare` prefers one of two equally good models: rows compared many times.

Run as ``python -m tests.benchmarks.verdicts``, which takes about 10 minutes on two processors (with
``--quick`` one), and prints a table for each test: how often the second model, which knows more and
exaggerates, is called better and worse (2.5 % each by design), how often the 95 % interval covers
the true difference, and how often a warning is raised. Rows are drawn from a fixed seed and
compared by the package; only files are left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from ce_cli import compare
from tests.benchmarks.coverage import ENOUGH, OFTEN, ONE_SIDE, QUICK, WARNINGS, choices
from tests.benchmarks.rivals import Rivals, rivals

Test = Literal["t", "sign-flip"]

SEED = 22
SIZES: Mapping[int, Mapping[Test, int]] = {  # repetitions
    30: {"t": 2_000, "sign-flip": 1_000},
    100: {"t": 2_000, "sign-flip": 1_000},
    300: {"t": 2_000, "sign-flip": 500},
    1_000: {"t": 2_000, "sign-flip": 500},
    10_000: {"t": 400, "sign-flip": 0},
}
_MOST_CLUSTERS = 1_000


@dataclass(frozen=True)
class Verdicts:
    """Of so many repetitions, how many called the second model better or worse, and so on."""

    repetitions: int
    better: int
    worse: int
    covered: int
    warned: int

    @property
    def wrong(self) -> bool:
        """Whether one side is preferred too often, without a warning."""
        most = max(self.better, self.worse) / self.repetitions
        return most > ONE_SIDE and self.warned < OFTEN * self.repetitions


def simulated(
    pair: Rivals, size: int, repetitions: int, test: Test = "t", seed: int = SEED
) -> Verdicts:
    """Compare two equally good models many times.

    Parameters
    ----------
    pair : Rivals
        The models.
    size : int
        How many rows, or clusters, each time.
    repetitions : int
        How many times.
    test : {"t", "sign-flip"}
        How p-values are found.
    seed : int
        Of the random numbers.
    """
    rng, found = np.random.default_rng([seed, size]), Counter[str]()
    options = {
        "weight": None if pair.weights is None else "weight",
        "cluster": None if pair.deviation is None else "user",
    }
    for _ in range(repetitions):
        table = pa.table(dict(pair.draw(rng, size)))
        compared = compare(
            table,
            preds={"a": "a", "b": "b"},
            test=test,
            weight=options["weight"],
            cluster=options["cluster"],
            threads=1,
        )
        (one,) = compared.comparisons
        interval = one.intervals["absolute"]
        found[one.verdict] += 1
        found["covered"] += not (interval.low > 0.0 or interval.high < 0.0)
        found["warned"] += any(note.code in WARNINGS for note in compared.warnings)
    return Verdicts(repetitions, found["better"], found["worse"], found["covered"], found["warned"])


# The tables

Findings = Mapping[tuple[str, int, Test], Verdicts]


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate, and print the tables.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of the command line.
    """
    given = choices("verdicts", __doc__, rivals(), SIZES, arguments)
    share = QUICK if given.quick else 1.0
    tasks = [
        (name, size, test, math.ceil(share * often))
        for name in given.only or rivals()
        for size, tests in SIZES.items()
        for test, often in tests.items()
        if often and size in given.sizes and not _too_many(rivals()[name], size)
    ]
    with ProcessPoolExecutor(given.processes) as pool:
        found = dict(zip((one[:3] for one in tasks), pool.map(_run, tasks), strict=True))
    print("\n\n".join(tables(found)))


def _too_many(pair: Rivals, size: int) -> bool:
    return pair.deviation is not None and size > _MOST_CLUSTERS


def _run(task: tuple[str, int, Test, int]) -> Verdicts:
    name, size, test, repetitions = task
    return simulated(rivals()[name], size, repetitions, test)


def tables(found: Findings) -> Iterator[str]:
    """A table for each test, in Markdown, with a line for each pair of models."""
    names = list(dict.fromkeys(name for name, _, _ in found))
    for test in dict.fromkeys(test for _, _, test in found):
        sizes = sorted({size for _, size, own in found if own == test})
        lines = [(test, *(f"{size:,}" for size in sizes)), ("---",) * (1 + len(sizes))]
        for name in names:
            cells = (cell(found.get((name, size, test)), size) for size in sizes)
            lines.append((rivals()[name].name, *cells))
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def cell(found: Verdicts | None, size: int) -> str:
    """Better and worse; covered; warned. Bold if one model is preferred without a warning."""
    if found is None:
        return ""
    shares = [
        100.0 * count / found.repetitions
        for count in (found.better, found.worse, found.covered, found.warned)
    ]
    verdicts = f"{shares[0]:.1f} / {shares[1]:.1f}"
    verdicts = f"**{verdicts}**" if size >= ENOUGH and found.wrong else verdicts
    return f"{verdicts}; {shares[2]:.1f}; {shares[3]:.0f}"


if __name__ == "__main__":
    main()
