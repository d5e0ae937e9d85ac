"""Trying many cases of several targets, and the table of what was found."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from ce_cli.record import Record
from tests.fuzz.case import Case, Dice
from tests.fuzz.judging import Finding, differences, findings
from tests.fuzz.session import Session
from tests.fuzz.targets import targets

Targets = Mapping[str, Callable[[Dice], Case]]


class Found(Record):
    """A finding, and the case that shows it.

    Attributes
    ----------
    target : str
        The target.
    seed : int
        The seed of the campaign.
    number : int
        The number of the case.
    finding : Finding
        What happened.
    """

    target: str
    seed: int
    number: int
    finding: Finding

    def shown(self, corpus: Path | None) -> str:
        """The finding, and the command that runs the case again."""
        more = f" --corpus {corpus}" if corpus else ""
        return (
            f"{self.finding.kind}: {self.finding.detail}\n  python -m tests.fuzz "
            f"--target {self.target} --seed {self.seed} --case {self.number}{more}"
        )


class Tried(Record):
    """What was tried of a target.

    Attributes
    ----------
    cases : int
        How many cases.
    seconds : float
        For how long.
    codes : dict of int
        How often each exit code occurred.
    found : tuple of Found
        One finding of each kind and detail.
    counts : dict of int
        How often each kind occurred.
    """

    cases: int
    seconds: float
    codes: Mapping[int, int]
    found: tuple[Found, ...]
    counts: Mapping[str, int]


class Plan(Record):
    """What to try, and how much.

    Attributes
    ----------
    targets : tuple of str
        Their names.
    seed : int
        What the cases are made from.
    start : int
        The number of the first case.
    cases : int or None
        How many of each target; if None, as many as there is time for.
    seconds : float or None
        For how long, shared by the targets; if None, until all cases are run.
    corpus : path or None
        A folder of more files to damage.
    jobs : int
        How many at once.
    """

    targets: tuple[str, ...]
    seed: int = 0
    start: int = 0
    cases: int | None = None
    seconds: float | None = None
    corpus: Path | None = None
    jobs: int = 1


def campaign(plan: Plan) -> dict[str, Tried]:
    """Run a plan; what was tried, by target."""
    if plan.jobs == 1:
        return job(plan, 0)
    with multiprocessing.get_context("spawn").Pool(plan.jobs) as pool:
        parts = pool.starmap(job, [(plan, number) for number in range(plan.jobs)])
    return {name: _together([part[name] for part in parts]) for name in plan.targets}


def job(plan: Plan, which: int) -> dict[str, Tried]:
    """One of the jobs of a plan, which runs every n-th case for n jobs."""
    known = targets(plan.corpus)
    found = {}
    with Session() as session:
        for name in plan.targets:
            until = float("inf")
            if plan.seconds is not None:
                until = time.monotonic() + plan.seconds / len(plan.targets)
            numbers: Iterator[int] = itertools.count(plan.start + which, plan.jobs)
            if plan.cases is not None:
                numbers = iter(range(plan.start + which, plan.start + plan.cases, plan.jobs))
            found[name] = tried(session, known, name, plan.seed, numbers, until, plan.corpus)
    return found


def _together(parts: Sequence[Tried]) -> Tried:
    counts: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    for part in parts:
        counts.update(part.counts)
        codes.update(part.codes)
    unique = {one.finding: one for part in parts for one in part.found}
    return Tried(
        sum(part.cases for part in parts),
        max(part.seconds for part in parts),
        codes,
        tuple(unique.values()),
        counts,
    )


def made(known: Targets, target: str, seed: int, number: int) -> Case:
    """A case, always the same for these numbers."""
    return known[target](Dice(target, seed, number))


def tried(
    session: Session,
    known: Targets,
    target: str,
    seed: int,
    numbers: Iterator[int],
    until: float = float("inf"),
    corpus: Path | None = None,
) -> Tried:
    """Run cases of a target, until there are no more or the clock shows `until`.

    What is found is also shown on stderr at once.
    """
    start, cases = time.monotonic(), 0
    counts: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    found: dict[Finding, Found] = {}
    for number in numbers:
        if time.monotonic() >= until:
            break
        cases += 1
        code, wrong = judged(session, made(known, target, seed, number))
        codes[code] += 1
        for one in wrong:
            counts[one.kind] += 1
            key = one if one.kind not in ("hang", "memory") else one.replace(detail="")
            if key not in found:
                found[key] = Found(target, seed, number, one)
                print(found[key].shown(corpus), file=sys.stderr, flush=True)
    return Tried(cases, time.monotonic() - start, codes, tuple(found.values()), counts)


def judged(session: Session, case: Case) -> tuple[int, list[Finding]]:
    """The exit code of a case, and what is wrong with it or its twin."""
    outcome = session.run(case)
    wrong = list(findings(case, outcome))
    if case.twin is not None and not wrong:
        other = session.run(case.twin)
        wrong = [*findings(case.twin, other), *differences(case, outcome, other)]
    return outcome.code, wrong


def table(results: Mapping[str, Tried], corpus: Path | None = None) -> str:
    """The figures in Markdown, and below them the findings with the commands that replay them."""
    lines = [
        "| target | cases | a second | scored | refused | findings |",
        "|---|--:|--:|--:|--:|---|",
    ]
    for target, one in results.items():
        cases = max(one.cases, 1)
        scored = sum(one.codes.get(code, 0) for code in (0, 1)) / cases
        refused = sum(one.codes.get(code, 0) for code in (2, 3, 4)) / cases
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(one.counts.items())) or "none"
        rate = one.cases / max(one.seconds, 1e-9)
        lines.append(
            f"| {target} | {one.cases:,} | {rate:.0f} | {scored:.0%} | {refused:.0%} | {kinds} |"
        )
    for one in results.values():
        lines += [f"\n{found.shown(corpus)}" for found in one.found]
    return "\n".join(lines)
