"""A cluster that is not there, cannot be used or has no ce is said in one sentence."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import ce_cli
from ce_cli.engines.dask import Dask, _in_sentences
from ce_cli.errors import StorageError, UsageError
from tests.conftest import ROOT, complaints, environment, run_ce, spawn_ce
from tests.engines.running import skip_without
from tests.scoring.test_folding import as_csv, rows_of, write


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return write(tmp_path / "a.csv", as_csv(rows_of(30)))


def free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        port: int = own.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("engine", "scheduler", "code", "part"),
    [
        ("threads", "tcp://h:1", 2, "Only --engine dask and --engine spark have a --scheduler"),
        ("processes", "tcp://h:1", 2, "Only --engine dask and --engine spark have a --scheduler"),
        ("dask", "nowhere", 2, "--scheduler nowhere: missing port number in address 'nowhere'"),
        ("dask", "http://h:1", 2, "unknown address scheme 'http'"),
        ("dask", "gone.json", 4, "gone.json: the scheduler file: no such file or directory"),
        ("dask", "a.csv", 2, "a.csv: this is not a scheduler file of Dask"),
        ("spark", "sc://127.0.0.1:{port}/;token=s3cr3t", 4, "no Spark Connect server at sc://127"),
        ("spark", "spark://127.0.0.1:{port}", 4, "there is no Spark master at spark://127"),
        ("spark", "http://h:1", 2, "--scheduler http://h:1 is not an address of Spark: use sc://"),
        ("spark", "sc://h:p:1", 2, "h:p:1 is not a host with a port"),
    ],
)
def test_a_wrong_address_is_one_sentence(
    rows: Path, engine: str, scheduler: str, code: int, part: str
) -> None:
    skip_without(engine)
    words = ("score", "a.csv", "--engine", engine)
    address = scheduler.format(port=free_port())
    done = run_ce(*words, "--scheduler", address, cwd=rows.parent)
    (line,) = complaints(done, code)
    assert part in line
    assert "s3cr3t" not in line


@pytest.mark.parametrize("scheduler", [5, b"a", {"address": "tcp://h:1"}])
def test_a_scheduler_of_another_type_is_refused(rows: Path, scheduler: object) -> None:
    skip_without("dask")
    kind = type(scheduler).__name__
    with pytest.raises(UsageError, match=f"must be the address of a Dask .*, not a {kind}"):
        ce_cli.score(str(rows), engine="dask", scheduler=scheduler)


def test_a_scheduler_file_may_be_a_path(rows: Path) -> None:
    skip_without("dask")
    with pytest.raises(StorageError, match=r"gone\.json: the scheduler file: no such file"):
        ce_cli.score(str(rows), engine="dask", scheduler=rows.parent / "gone.json")


def test_a_cluster_of_a_call_leaves_the_process_as_it_was(
    rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("dask")
    monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    import distributed  # sets levels of its own

    def state() -> tuple[object, object]:
        names = ("asyncio", "tornado", "distributed", "distributed.client", "distributed.scheduler")
        return dict(os.environ), [logging.getLogger(name).level for name in names]

    assert distributed
    before = state()
    with contextlib.closing(Dask(1)) as engine:
        assert engine.workers == 1
    assert state() == before


@pytest.mark.parametrize(
    ("error", "is_dasks"),
    [
        (OSError("Timed out trying to connect to tcp://h:1 after 10 s"), True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), True),
        (socket.gaierror(socket.EAI_NONAME, "not known"), True),
        (OSError(errno.EHOSTUNREACH, "no route"), True),
        (OSError(errno.ENOSPC, "no space left on device", "/tmp/ce.zip"), False),
        (PermissionError(errno.EACCES, "permission denied", "/tmp/ce.zip"), False),
    ],
)
def test_only_errors_of_the_network_are_those_of_dask(error: OSError, is_dasks: bool) -> None:
    with pytest.raises(StorageError if is_dasks else type(error)) as raised, _in_sentences("x"):
        raise error
    assert isinstance(raised.value, StorageError) == is_dasks


def test_a_scheduler_that_does_not_answer_takes_seconds(
    rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_without("dask")
    monkeypatch.setattr("ce_cli.engines.dask._PATIENCE", 1)
    before = time.monotonic()
    done = run_ce(
        "score", rows, "--engine", "dask", "--scheduler", f"tcp://127.0.0.1:{free_port()}"
    )
    (line,) = complaints(done, 4)
    assert "there is no Dask scheduler at tcp://127.0.0.1:" in line
    assert time.monotonic() - before < 60


@pytest.mark.parametrize(("engine", "package"), [("dask", "distributed"), ("spark", "pyspark")])
def test_a_missing_extra_is_one_sentence(rows: Path, engine: str, package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None; sys.argv[0] = 'ce'\n"
        "from ce_cli.cli.app import run; sys.exit(run())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "score", str(rows), "--engine", engine],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=ROOT,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"ce: --engine {engine} needs the package {package}: pip install 'ce-cli[{engine}]'.\n"
    )


class Cluster:
    """A scheduler and a worker without ce, each a process, in another directory."""

    def __init__(self, folder: Path) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.file = folder / "scheduler.json"
        host, port = self.address.removeprefix("tcp://").split(":")
        own = ("--host", host, "--port", port, "--no-dashboard", "--scheduler-file", self.file)
        other = (self.address, "--nthreads", "1", "--no-dashboard", "--local-directory", folder)
        self._processes = [self._start("scheduler", *own), self._start("worker", *other)]
        self._folder = folder

    def _start(self, *words: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-m",
                "distributed.cli.dask_" + str(words[0]),
                *map(str, words[1:]),
            ],
            cwd="/",
            env=environment({"PYTHONPATH": ""}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    skip_without("dask")
    found = Cluster(tmp_path)
    yield found
    found.close()


def test_a_cluster_without_ce_is_sent_it(rows: Path, cluster: Cluster) -> None:
    """Its worker is in another directory, so that only absolute paths are found."""
    words = ("score", "a.csv", "--engine", "dask", "--scheduler", cluster.address)
    done = spawn_ce(*words, "--json", cwd=rows.parent)
    assert done.returncode == 0, done.stderr
    assert f"runs on 1 worker of {cluster.address} (--engine dask)." in done.stderr
    assert done.stdout == run_ce("score", "a.csv", "--json", cwd=rows.parent).stdout
    by_file = spawn_ce(*words[:-1], cluster.file, "--json", "--quiet", cwd=rows.parent)
    assert by_file.stdout == done.stdout
    assert by_file.stderr == ""
