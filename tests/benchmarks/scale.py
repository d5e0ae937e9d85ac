"""What it takes to score 10¹¹ rows on 1,000 workers: pieces that are measured, and a simulation."""

from __future__ import annotations

import contextlib
import heapq
import pickle
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import ce_cli
from ce_cli import registry
from ce_cli.engines.engine import Engine
from ce_cli.engines.tree import AT_ONCE
from ce_cli.errors import UsageError
from ce_cli.scoring.plan import Plan
from tests.engines.folds import InOrder

ROWS = 2_000_000  # of the file that is measured
NETWORK = 125_000_000  # bytes a second: 1 Gbit/s
LATENCY = 0.002  # seconds to send anything


@dataclass(frozen=True)
class Outcome:
    """The result of a task: its size, and the time to merge 16 of them."""

    name: str
    size: int
    merge: float


@dataclass(frozen=True)
class Load:
    """What a cluster has to do.

    `rows_per_second` are of a worker; `scheduled` is the time that a scheduler takes for a task.
    """

    rows: float
    workers: int
    tasks: int
    rows_per_second: float
    scheduled: float
    outcome: Outcome


@dataclass(frozen=True)
class Outlook:
    """How that goes: seconds, steps from a task to the result, and what is sent."""

    seconds: float
    depth: int
    tasks: int
    moved: float
    at_driver: float


def simulated(load: Load, at_once: int = AT_ONCE) -> Outlook:
    """Tasks in order, each on the first free worker; merges as soon as their parts are there.

    The scheduler hands out one task after another. A merge waits until its parts have come, all but
    one from other workers; the last `at_once` come to the driver.
    """
    free = [0.0] * load.workers
    clock = 0.0  # of the scheduler

    def work(ready: float, seconds: float) -> float:
        nonlocal clock
        clock = max(clock, 0.0) + load.scheduled
        end = max(heapq.heappop(free), ready, clock) + seconds
        heapq.heappush(free, end)
        return end

    one = load.rows / load.tasks / load.rows_per_second
    level = [work(0.0, one) for _ in range(load.tasks)]
    depth, count, moved = 1, load.tasks, 0.0
    while len(level) > at_once:
        groups = [level[first : first + at_once] for first in range(0, len(level), at_once)]
        size = load.outcome.size
        level = []
        for group in groups:
            sent = (len(group) - 1) * size
            share = len(group) / AT_ONCE
            level.append(work(max(group), LATENCY + sent / NETWORK + share * load.outcome.merge))
            moved += sent
        depth, count = depth + 1, count + len(groups)
    at_driver = len(level) * load.outcome.size
    share = len(level) / AT_ONCE
    seconds = max(level) + LATENCY + at_driver / NETWORK + share * load.outcome.merge
    return Outlook(seconds, depth + 1, count, moved + at_driver, at_driver)


# What is measured


def planned(path: Path, groups: int, **options: object) -> Plan:
    """The plan of a file whose rows are in so many groups."""
    random = np.random.default_rng(1)
    prob = random.uniform(0.001, 0.999, ROWS)
    columns = {"label": (random.uniform(size=ROWS) < prob).astype("int64"), "prob": prob}
    if groups:
        columns["group"] = random.integers(0, groups, ROWS)
    pq.write_table(pa.table(columns), path)
    return ce_cli.plan(path, **options)  # type: ignore[arg-type]


def outcome_of(name: str, plan: Plan) -> tuple[Outcome, float]:
    """The result of a task, measured, and its rows a second."""
    (task,) = plan.tasks
    plan.fold(task)
    spent, folded = _timed(lambda: plan.fold(task))
    parts = [pickle.loads(pickle.dumps(folded)) for _ in range(AT_ONCE)]
    merge, _ = _timed(lambda: plan.fold.merge(parts))
    return Outcome(name, len(pickle.dumps(folded)), merge), ROWS / spent


def overhead(name: str, tasks: int) -> float | None:
    """Seconds that an engine takes for a task that does nothing; None if it is not installed."""
    with contextlib.suppress(UsageError):
        engine: Engine = registry.find(registry.ENGINES, name, "engine").load()(2)
        with contextlib.closing(engine):
            engine.folded(InOrder(), range(4))
            spent, _ = _timed(lambda: engine.folded(InOrder(), range(tasks)), time.perf_counter)
        return spent / tasks
    return None


def _timed(
    work: Callable[[], object], clock: Callable[[], float] = time.process_time
) -> tuple[float, object]:
    """The seconds that `work` takes, of this process unless `clock` has others; what it returns."""
    start = clock()
    made = work()
    return clock() - start, made


OPTIONS: dict[str, tuple[int, dict[str, object]]] = {
    "default figures": (0, {}),
    "all figures": (0, {"metric": ["all"]}),
    "1,000 groups": (1_000, {"by": ["group"]}),
    "100,000 groups": (100_000, {"by": ["group"]}),
}
LOADS = (  # workers and tasks
    (1_000, 4_000),
    (1_000, 16_000),
    (1_000, 100_000),
    (100, 4_000),
)


def tables() -> Iterator[str]:
    """What is measured, and what follows for 10¹¹ rows."""
    found: list[tuple[Outcome, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (groups, options) in OPTIONS.items():
            found.append(outcome_of(name, planned(Path(folder) / "a.parquet", groups, **options)))
    yield "| outcome of a task | bytes | to merge 16, s | rows/s a core |"
    yield "| --- | --- | --- | --- |"
    for one, speed in found:
        yield f"| {one.name} | {one.size:,} | {one.merge:.4f} | {speed / 1e6:.1f} M |"
    yield ""
    yield "| engine | overhead of a task, ms |"
    yield "| --- | --- |"
    spent = {}
    for name, tasks in (("processes", 2_000), ("dask", 1_000), ("spark", 20)):
        seconds = overhead(name, tasks)
        if seconds is not None:
            spent[name] = seconds
            yield f"| `{name}` | {1000 * seconds:.2f} |"
    yield ""
    header = "workers | tasks, with merges | steps | s | merged at the driver, s | sent, MB"
    yield f"| 10¹¹ rows | {header} | to the driver, MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    scheduled = spent.get("dask", 0.001)
    for one, speed in found:
        for workers, tasks in LOADS:
            load = Load(1e11, workers, tasks, speed, scheduled, one)
            tree, flat = simulated(load), simulated(load, at_once=tasks)
            yield (
                f"| {one.name} | {workers:,} | {tree.tasks:,} | {tree.depth} | {tree.seconds:,.0f} "
                f"| {flat.seconds:,.0f} | {tree.moved / 1e6:,.0f} | {tree.at_driver / 1e6:,.1f} |"
            )


if __name__ == "__main__":
    for line in tables():
        sys.stdout.write(line + "\n")
