"""The command line of the fuzzer: ``python -m tests.fuzz --help``."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.campaign import Plan, campaign, judged, made, table
from tests.fuzz.session import Session, written
from tests.fuzz.targets import targets


def main(arguments: Sequence[str] | None = None) -> int:
    """Try cases, or replay one; 1 if there are findings."""
    options = _parsed(arguments)
    known = targets(options.corpus)
    chosen = options.target or list(known)
    if options.case is not None:
        return _replayed(options, chosen)
    plan = Plan(
        targets=tuple(chosen),
        seed=options.seed,
        start=options.start,
        cases=options.cases,
        seconds=options.seconds,
        corpus=options.corpus,
        jobs=options.jobs,
    )
    results = campaign(plan)
    print(table(results, options.corpus))
    return 1 if any(one.found for one in results.values()) else 0


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=sorted(targets()), metavar="NAME")
    parser.add_argument("--seconds", type=float, help="in all, shared by the targets")
    parser.add_argument("--cases", type=int, help="of each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="the number of the first case")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="a folder of more files to damage")
    parser.add_argument("--case", type=int, help="run only the case of this number, and show it")
    parser.add_argument("--keep", type=Path, help="with --case: write its files to this folder")
    options = parser.parse_args(arguments)
    if options.seconds is None and options.cases is None:
        options.seconds = 20.0
    return options


def _replayed(options: argparse.Namespace, chosen: list[str]) -> int:
    """Run one case of each chosen target, and show all of it."""
    is_wrong = False
    for name in chosen:
        case = made(targets(options.corpus), name, options.seed, options.case)
        if options.keep:
            written(case, options.keep)
        print(f"ce {shlex.join(case.arguments)}")
        for file, content in case.files.items():
            print(f"  {file}: {len(content)} bytes {content[:300]!r}")
        with Session() as session:
            outcome = session.run(case)
            _, wrong = judged(session, case)
        print(f"exit code {outcome.code} after {outcome.cpu:.2f} s of CPU time")
        print(outcome.stdout.decode("utf-8", "backslashreplace")[-1500:])
        print(outcome.stderr.decode("utf-8", "backslashreplace")[-4000:])
        for one in wrong:
            print(f"FOUND {one.kind}: {one.detail}")
        is_wrong = is_wrong or bool(wrong)
    return 1 if is_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
