"""Processes of this machine end with the one that started them, in every case."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from queue import SimpleQueue

import pytest

from ce_cli.engines.processes import Processes, _Process
from ce_cli.errors import StorageError, UsageError
from tests.conftest import ROOT, complaints, environment, run_ce, score_json
from tests.engines.folds import Deadly, InOrder, Slow
from tests.scoring.test_folding import as_csv, rows_of, write

LONG = """
import sys
from ce_cli.engines.processes import Processes
from tests.engines.folds import Slow
engine = Processes(2)
try:
    engine.folded(Slow(), range(1000))
finally:
    engine.close()
"""


def test_a_task_on_which_a_process_ends_twice_is_given_up(tmp_path: Path) -> None:
    files = [write(tmp_path / name, "") for name in ("a", "b", "c")]
    with contextlib.closing(Processes(2)) as engine:
        with pytest.raises(StorageError, match=r"was ended by SIGKILL, 2 times: if memory"):
            engine.folded(Deadly(*map(str, files)), range(20))
        assert [file.exists() for file in files] == [False, False, True]
        assert engine.folded(InOrder(), range(20)) == [*range(20)]


def test_a_scheduler_is_refused() -> None:
    with pytest.raises(
        UsageError, match="Only --engine dask and --engine spark have a --scheduler"
    ):
        Processes(2, "tcp://localhost:1")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_its_parent(number: signal.Signals) -> None:
    """Not even to the end of its task, which takes minutes."""
    parent = subprocess.Popen(
        [sys.executable, "-c", LONG],
        cwd=ROOT,
        env=environment({"PYTHONPATH": str(ROOT)}),
        stderr=subprocess.DEVNULL,
    )
    try:
        workers = _until(lambda: _children(parent.pid), 2)
        parent.send_signal(number)
        assert parent.wait(20) != 0
        assert _until(lambda: {one for one in workers if _is_running(one)}, 0) == set()
    finally:
        parent.kill()
        parent.wait()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks for processes in /proc")
def test_closing_leaves_neither_processes_nor_pipes() -> None:
    before, pipes = _children(os.getpid()), _pipes()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        with contextlib.closing(Processes(2)) as engine:
            assert engine.folded(InOrder(), range(5)) == [*range(5)]
            assert len(_children(os.getpid()) - before) == 2
            assert len(_pipes() - pipes) == 4
    assert [str(one.message) for one in said if one.category is ResourceWarning] == []
    assert _children(os.getpid()) <= before
    assert _pipes() <= pipes


def test_a_closed_process_is_not_started_again() -> None:
    process = _Process(b"")
    process.close()
    with pytest.raises(StorageError, match="were closed while they worked"):
        process.answer(b"", b"")


def test_closing_amidst_a_task_says_so() -> None:
    engine, failures = Processes(1), SimpleQueue[Exception]()

    def work() -> None:
        try:
            engine.folded(Slow(), range(2))
        except StorageError as error:
            failures.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    _until(lambda: {one for one in range(1) if _is_working(engine)}, 1)
    engine.close()
    thread.join(20)
    assert "were closed while they worked" in str(failures.get(timeout=1))


def _is_working(engine: Processes) -> bool:
    return any(one._sent is not None for one in engine._processes)


def _pipes() -> set[str]:
    """The pipes of this process."""
    found = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(f"{descriptor.name} {descriptor.readlink()}")
    return {one for one in found if "pipe:" in one}


def test_processes_work_in_the_directory_of_the_call(tmp_path: Path) -> None:
    """Paths and errors are as they were typed, also below a directory that looks like a column."""
    folder = tmp_path / "label=1"
    folder.mkdir()
    write(folder / "a.csv", as_csv(rows_of(30)))
    done = run_ce("score", "a.csv", "--engine", "processes", "--threads", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("ce: runs on 1 process (--engine processes).\n")
    done = run_ce("score", "a.csv", "--engine", "processes", "--quiet", cwd=folder)
    assert "runs on" not in done.stderr
    assert done.stdout == run_ce("score", "a.csv", "--quiet", cwd=folder).stdout
    write(folder / "b.csv", "label,prob\n1,0.5\n1,0.5,1\n")
    words = ("score", "a.csv", "b.csv", "--quiet")
    there = run_ce(*words, "--engine", "processes", cwd=folder)
    assert there.stderr == run_ce(*words, cwd=folder).stderr
    assert there.returncode == 3


@pytest.mark.parametrize(
    "words",
    [
        ("inspect", "a.csv", "b.csv"),
        ("gate", "a.csv", "--max", "9", "--require", "accuracy >= 0"),
        ("gate", "a.csv", "--max", "0.1"),
        ("compare", "a.csv", "--model", "one=prob", "--model", "two=other"),
        ("compare", "a.csv", "other.csv", "--id", "id"),
        ("score", "a.csv", "b.csv", "--labels", "labels.csv", "--id", "id", "--pred", "other"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_gives_the_document_of_threads(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    rows = [{**row, "other": round(1 - row["prob"], 4)} for row in rows_of(60)]
    write(tmp_path / "a.csv", as_csv(rows[:20]))
    write(tmp_path / "b.csv", as_csv(rows[20:]))
    same = [{**row, "prob": row["other"]} for row in rows[:20]]
    write(tmp_path / "other.csv", as_csv(same))
    labels = [{"id": row["id"], "label": row["label"]} for row in rows]
    write(tmp_path / "labels.csv", as_csv(labels))
    threads = run_ce(*words, "--json", cwd=tmp_path)
    assert threads.stdout, threads.stderr
    there = run_ce(*words, "--json", "--engine", "processes", "--threads", "2", cwd=tmp_path)
    assert (there.returncode, there.stdout) == (threads.returncode, threads.stdout), there.stderr
    assert "(--engine processes)" in there.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("explain", "a.csv", "--row", "2"),
        ("calibrate", "fit", "a.csv"),
        ("score", "a.csv", "--per-row", "out.csv"),
        ("score", "-"),
    ],
    ids=" ".join,
)
def test_what_needs_this_process_is_refused_before_anything_starts(
    words: tuple[str, ...], tmp_path: Path
) -> None:
    for name in ("a.csv", "b.csv"):
        write(tmp_path / name, as_csv(rows_of(20)))
    piped = (tmp_path / "a.csv").read_bytes() if "-" in words else None
    done = run_ce(*words, "--engine", "processes", cwd=tmp_path, stdin=piped)
    (line,) = complaints(done, 2)
    assert "is not possible with --engine processes" in line
    assert not line.startswith("ce: This")  # but what it is


def test_the_variable_chooses_the_engine(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", as_csv(rows_of(30)))
    done = run_ce("score", path, "--json", env={"CE_ENGINE": "processes"})
    assert "runs on 1 process" in done.stderr
    assert score_json(path)["signature"] in done.stdout


def _children(pid: int) -> set[int]:
    found = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found |= set(map(int, task.read_text().split()))
    return found


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _until(find: object, count: int) -> set[int]:
    """What is found once there are `count` of it, or after half a minute."""
    assert callable(find)
    for _ in range(600):
        found: set[int] = find()
        if len(found) == count:
            break
        time.sleep(0.05)
    return found
