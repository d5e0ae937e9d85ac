"""Every engine of the registry gives the documents of threads, whatever happens to workers.

A test has all cases of an engine, since to start one takes seconds.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.comparing.bound_models import ComparisonPlan
from ce_cli.engines.engine import Engine, Fold, Folded, Task
from ce_cli.engines.threads import Threads
from ce_cli.errors import CeError
from ce_cli.gating.judge import judged, ready
from ce_cli.gating.request import GateRequest
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from tests.comparing.test_compare_folded import several
from tests.engines.folds import Deadly, InOrder, Wrong
from tests.engines.running import ELSEWHERE, running
from tests.scoring.test_folding import OPTIONS, as_csv, document, rows_of, write

FEW, MANY = 1 << 20, 700  # bytes of a task: one a file, or some forty


class Measured:
    """An engine that notes how large the tasks are, and what comes back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.differences: tuple[str, ...] = ()
        self.tasks: list[int] = []
        self.results: list[int] = []

    @property
    def workers(self) -> int:
        return self._engine.workers

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        self.tasks += [len(pickle.dumps(task)) for task in tasks]
        found = self._engine.folded(fold, tasks)
        self.differences = self._engine.differences
        self.results.append(len(pickle.dumps(found)))
        return found

    def close(self) -> None:
        """It is closed by whoever started it."""


class Noted:
    """What an engine says about its work."""

    def __init__(self) -> None:
        self.places: set[str] = set()
        self.tasks: list[object] = []

    def running(self, where: str) -> None:
        self.places.add(where)

    def done(self, task: object) -> None:
        self.tasks.append(task)


class Cases:
    """Files, and the options with which they are scored."""

    def __init__(self, folder: Path) -> None:
        rows = rows_of(600)
        parts = [rows[:200], rows[200:201], rows[201:]]
        self.csv = [write(folder / f"{n}.csv", as_csv(one)) for n, one in enumerate(parts)]
        table = pa.Table.from_pylist(rows)
        self.parquet = [folder / "a.parquet", folder / "b.parquet"]
        pq.write_table(table.slice(0, 250), self.parquet[0], row_group_size=20)
        pq.write_table(table.slice(250), self.parquet[1], row_group_size=20)
        self.bad_first = [write(folder / "bad.csv", "label,prob\n1,0.5\n0,1.5\n"), *self.csv[1:]]
        self.bad_last = [*self.csv, write(folder / "last.csv", as_csv(rows[:3]) + "1,x,a,b,1,i\n")]
        self.empty = [write(folder / "empty.csv", ""), *self.csv]
        self.other = [*self.csv, write(folder / "other.csv", "label,p\n1,0.5\n")]
        self.missing = [*self.parquet, write(folder / "broken.parquet", "PAR1 and no more")]
        self.quotes = [write(folder / "quotes.csv", _quoted())]

    def of(self, is_fast: bool) -> Iterator[tuple[list[Path], int, dict[str, Any]]]:
        """The files, the size of tasks and the options of each case."""
        every = OPTIONS["groups"] | OPTIONS["worst"] | OPTIONS["every metric"]
        yield self.csv, MANY, every
        yield self.parquet, MANY, every
        for options in OPTIONS.values():
            yield self.csv, FEW, options  # three tasks
        for files in (self.bad_first, self.bad_last, self.empty, self.other, self.missing):
            yield files, FEW, {}
        yield self.quotes, MANY if is_fast else _quarter(self.quotes[0]), {}


def _quarter(file: Path) -> int:
    """A few tasks, which are read again: each time is a job of Spark, which takes a second."""
    return file.stat().st_size // 4


def _quoted() -> str:
    rows = (f'{n % 2},0.{n % 9 + 1},"said ""{n}"",\nthen {n},\n"\n' for n in range(300))
    return "label,prob,text\n" + "".join(rows)


@pytest.mark.parametrize("name", ELSEWHERE)
def test_an_engine_gives_the_documents_of_threads(name: str, tmp_path: Path) -> None:
    cases = Cases(tmp_path)
    noted = Noted()
    with running(name, noted) as engine:
        check_order(engine, noted)
        check_ends_of_workers(engine, tmp_path)
        measured = Measured(engine)
        for files, size, options in cases.of(is_fast=name != "spark"):
            run = Run(Threads(1), elsewhere=measured, task_bytes=size, name=name)
            expected = document(files, run_on("threads", 1), options)
            found = document(files, run, options)
            assert found == expected, (files, size, options)
        check_comparisons(measured, name, tmp_path)
    assert max(measured.tasks) < 1000
    assert max(measured.results) < 1 << 20


def check_order(engine: Engine, noted: Noted) -> None:
    """Only neighbours are merged, in the order of the tasks; a mistake is raised as it is."""
    assert engine.workers == 2
    for count in (0, 1, 2, 17, 40):
        noted.tasks.clear()
        assert engine.folded(InOrder(), range(count)) == [*range(count)]
        assert sorted(noted.tasks, key=str) == sorted(range(count), key=str)
    assert len(noted.places) in (1, 2)  # of processes, as many as there are tasks
    with pytest.raises(ZeroDivisionError) as raised:
        engine.folded(Wrong(), range(9))
    assert any("folds.py" in note for note in raised.value.__notes__)


def check_ends_of_workers(engine: Engine, folder: Path) -> None:
    """A worker that is killed amidst a task costs time, but no result."""
    file = write(folder / "once", "")
    assert engine.folded(Deadly(str(file)), range(20)) == [*range(20)]
    assert not file.exists()


def check_comparisons(engine: Engine, name: str, folder: Path) -> None:
    """Several files are compared by ranges of rows, or by one worker; gates compare, too."""
    rows = rows_of(600)
    table = pa.Table.from_pylist(rows)
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    pq.write_table(table, ours, row_group_size=50)
    worse = [{**row, "prob": (row["prob"] + 0.5) / 2} for row in rows]
    pq.write_table(pa.Table.from_pylist(worse), theirs, row_group_size=70)
    text = write(folder / "theirs.csv", as_csv(worse))
    moved = write(folder / "moved.csv", as_csv([*worse[300:], *worse[:300]]))
    run, threads = (
        Run(Threads(1), elsewhere=engine, task_bytes=900, name=name),
        run_on("threads", 1),
    )
    spec = Spec.from_options({"by": ["segment"]})
    by_id = spec.replace(id="id")
    for other, own in ((theirs, spec), (text, spec), (moved, spec), (moved, by_id)):
        expected = several([[ours], [other]], threads, own, ComparisonPlan(cluster="user"))
        found = several([[ours], [other]], run, own, ComparisonPlan(cluster="user"))
        assert found == expected, (other, own.id)
        options = {"baseline": str(other), "max_regression": "1%", "id": own.id}
        assert gated(ours, options, run) == gated(ours, options, threads), (other, own.id)


def gated(path: Path, options: dict[str, Any], run: Run) -> str:
    """The document of a gate, or the error."""
    request = GateRequest.from_options("gate", [str(path)], options)
    data = data_set([str(path)], request.reading, request.spec)
    try:
        return json.dumps(judged(ready(request), data, run).to_dict())
    except CeError as error:
        return f"{type(error).__name__}: {error}"
