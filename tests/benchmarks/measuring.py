"""Measure a case: warm up, check that all agree, then take turns."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.benchmarks import contenders
from tests.benchmarks.cases import CE_SCORE, DEFAULT, ONE_METRIC, SMALL, Case, DataFile
from tests.benchmarks.contenders import CE
from tests.benchmarks.figures import Figures, apart, printed, summed
from tests.benchmarks.timing import Command, Run, in_turns, ratio, run, wall

SLOW = 2.5  # times as long as the fastest: not worth more than the first run
GROWTH = (1_000_000, 10_000_000, 100_000_000)


@dataclass(frozen=True)
class Setting:
    """How to measure.

    Attributes
    ----------
    folder : Path
        Where data sets are kept, and outputs are written.
    scale : float
        Of the data sets.
    turns : int
        Counted runs of each contender.
    """

    folder: Path
    scale: float
    turns: int

    @property
    def output(self) -> Path:
        """The file for what a contender prints."""
        return self.folder / "printed"


@dataclass(frozen=True)
class Measured:
    """What was measured of a case.

    Attributes
    ----------
    case : Case
        The case.
    rows : int
        Of its data.
    runs : dict of str to list of Run
        Of each contender, turn by turn; a single one of those that are too slow.
    floor : dict of str to float
        Seconds of the unavoidable: `bytes`, `arrow`, `logs`.
    """

    case: Case
    rows: int
    runs: dict[str, list[Run]]
    floor: Figures

    @property
    def best(self) -> str:
        """The fastest peer that counts, of those that took part in all turns."""
        turns = len(self.runs[CE])
        peers = [name for name in self.case.peers if len(self.runs[name]) == turns]
        return min(peers, key=lambda name: wall(self.runs[name]))

    @property
    def ratio(self) -> float:
        """The time of `ce` as a multiple of the fastest peer."""
        return ratio(self.runs[CE], self.runs[self.best])


@dataclass(frozen=True)
class Threads:
    """The time with one thread, with two, and for a file of a few rows."""

    case: Case
    rows: int
    one: float
    two: float
    startup: float

    @property
    def gain(self) -> float:
        """How many times as fast two threads are beyond the start-up."""
        return (self.one - self.startup) / (self.two - self.startup)


@dataclass(frozen=True)
class Grown:
    """Time and memory for a number of rows, for one metric and for the default figures."""

    rows: int
    one: list[Run]
    default: list[Run]


def prepare(files: Sequence[DataFile], setting: Setting) -> None:
    """Make data sets that are not there, each in a process of its own.

    Parameters
    ----------
    files : sequence of DataFile
        What is needed.
    setting : Setting
        Where, and at what scale.
    """
    setting.folder.mkdir(parents=True, exist_ok=True)
    for file in (*SMALL, *files):
        path = file.path(setting.folder, setting.scale)
        if not path.exists():
            rows = str(file.scaled(setting.scale))
            module = f"{__package__}.data"
            subprocess.run([sys.executable, "-m", module, file.kind, rows, str(path)], check=True)


def measured(case: Case, setting: Setting) -> Measured:
    """Check that the contenders of a case agree, then time them.

    Parameters
    ----------
    case : Case
        The case.
    setting : Setting
        How.

    Returns
    -------
    Measured
        The runs of each.

    Raises
    ------
    RuntimeError
        If a contender fails, or figures differ.
    """
    prepare(case.files, setting)
    commands = contenders.contenders(case, setting.folder, setting.scale)
    first = warmed_up(case, commands, setting)
    staying = worth_turns(case, first)
    runs = in_turns({name: commands[name] for name in staying}, setting.turns, setting.output)
    return Measured(
        case,
        case.files[0].scaled(setting.scale),
        {name: runs.get(name, [first[name]]) for name in commands},
        floor(case, setting),
    )


def warmed_up(
    case: Case, commands: Mapping[str, Command], setting: Setting
) -> dict[str, Run]:  # fmt: skip
    """Run each contender once and compare its figures with those of `ce`."""
    runs: dict[str, Run] = {}
    of_ce: Figures = {}
    for name, command in commands.items():
        runs[name] = run(command, setting.output)
        if case.work == "rows":
            run(contenders.check(setting.folder), setting.output)
            contenders.written(setting.folder).unlink()
        figures = printed(setting.output, case.key)
        of_ce = of_ce or figures
        if name == CE_SCORE:
            figures = {"cross_entropy": figures["cross_entropy"]}
        if different := apart(of_ce, figures, case.tolerance):
            raise RuntimeError(
                "\n".join([f"{case.name}: {CE} and {name} differ:", *different])
            )  # fmt: skip
    return runs


def worth_turns(case: Case, first: Mapping[str, Run]) -> list[str]:
    """Leave out contenders that have no chance to be the fastest peer, or that are far from it."""
    fastest = min(first[name].wall for name in case.peers)
    return [name for name in first if name == CE or first[name].wall <= SLOW * fastest]


def floor(case: Case, setting: Setting) -> Figures:
    """Measure the unavoidable."""
    found = []
    for command in contenders.floors(case, setting.folder, setting.scale):
        run(command, setting.output)
        found.append(printed(setting.output))
    return summed(found)


def by_threads(case: Case, setting: Setting) -> Threads:
    """Measure `ce` with one thread and with two.

    Parameters
    ----------
    case : Case
        The case.
    setting : Setting
        How.

    Returns
    -------
    Threads
        Times.
    """
    prepare(case.files, setting)
    commands = {
        threads: contenders.ce(case, setting.folder, setting.scale, ("--threads", threads))
        for threads in ("1", "2")
    }
    commands["startup"] = contenders.startup(case, setting.folder)
    runs = in_turns(commands, (setting.turns + 1) // 2, setting.output)
    times = (wall(runs[name]) for name in ("1", "2", "startup"))
    return Threads(case, case.files[0].scaled(setting.scale), *times)


def grown(setting: Setting) -> list[Grown]:
    """Measure `ce` with more and more rows of one kind.

    Parameters
    ----------
    setting : Setting
        How.

    Returns
    -------
    list of Grown
        From the smallest.
    """
    found = []
    for rows in GROWTH:
        file = DataFile("binary", rows, ".parquet")
        prepare([file], setting)
        path = file.path(setting.folder, setting.scale)
        commands = {
            name: contenders.scored(arguments, path)
            for name, arguments in (("one", ONE_METRIC), ("default", DEFAULT))
        }
        runs = in_turns(commands, setting.turns, setting.output)
        found.append(Grown(file.scaled(setting.scale), runs["one"], runs["default"]))
    return found


def imports(setting: Setting) -> float:
    """The time to start Python and import what `ce` needs."""
    command = Command((sys.executable, "-c", contenders.IMPORTS))
    return median(run(command, setting.output).wall for _ in range(setting.turns + 1))
