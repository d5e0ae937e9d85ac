"""Score random data sets with ce, and compare with the reference and with ce itself.

``python -m tests.fuzz.soak --seconds 600`` prints a table; a finding has its seed, with which
``python -m tests.fuzz.soak --seed SEED --cases 1`` repeats it.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.soak_cases import case_of
from tests.fuzz.soak_checks import against_pair, against_reference, gated
from tests.fuzz.soak_drawing import Case
from tests.fuzz.soak_variants import against_itself, first_run

MOST_ROWS = (40, 40, 40, 40, 150, 150, 150, 600, 600, 2000)
SHOWN = 40  # lines of findings


@dataclass
class Tally:
    """What was tried, and what was found."""

    cases: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    comparisons: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def table(self) -> Iterator[str]:
        """The lines of the table."""
        yield "| tried | times |"
        yield "|---|---|"
        yield f"| data sets × options | {self.cases.total():,} |"
        yield f"| … of them bad data, refused by both | {self.refused:,} |"
        for name, count in sorted(self.comparisons.items()):
            yield f"| {name} | {count:,} |"
        yield f"| findings | {len(self.findings):,} |"


def one(seed: int, folder: Path, tally: Tally, most: int | None = None) -> list[str]:
    """The findings of one seed."""
    case = case_of(seed, most or random.Random(seed).choice(MOST_ROWS))
    found = list(_checked(case, folder, tally))
    tally.cases[case.kind] += 1
    tally.findings += [f"seed {seed} ({case.kind}): {line}" for line in found]
    return found


def _checked(case: Case, folder: Path, tally: Tally) -> Iterator[str]:
    code, stdout, stderr = first_run(case, folder)
    tally.comparisons["score against the reference"] += 1
    yield from against_reference(case, code, stdout, stderr)
    if code != 0:
        tally.refused += 1
        return
    tally.comparisons["the same rows in other files and pieces"] += 4
    yield from against_itself(case, folder, stdout)
    if case.seed % 3 == 0:
        tally.comparisons["gate against its limits"] += 2
        yield from gated(case, folder / "first.csv", stdout)
    if case.seed % 3 == 1 and "--convention" not in case.options:
        tally.comparisons["compare against the reference"] += 1
        yield from against_pair(case, folder)


def main() -> int:
    """Run the soak; 1 if there are findings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tally, end = Tally(), time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.seed, options.seed + options.cases):
            for line in one(seed, Path(folder), tally)[:SHOWN]:
                print(f"seed {seed}: {line}", flush=True)
            if time.monotonic() > end:
                break
    print(*tally.table(), sep="\n")
    return bool(tally.findings)


if __name__ == "__main__":
    sys.exit(main())
