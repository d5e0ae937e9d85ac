"""The end of a run: everything is written, nothing is left behind, and nothing is taken apart."""

from __future__ import annotations

import pstats
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import environment, spawn_ce

ROWS = b"label,prob\n1,0.9\n0,0.2\n1,0.4\n"
MAIN = "from ce_cli.__main__ import main\n"


def python(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run Python with rows on standard input."""
    done = subprocess.run(
        [sys.executable, *words],
        input=ROWS,
        capture_output=True,
        env=environment(),
        cwd=cwd,
        check=False,
    )
    return subprocess.CompletedProcess(
        words, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


GOOD = parquet(pa.table({"label": [1, 0, 1], "prob": [0.9, 0.2, 0.4]}))
WRONG = parquet(pa.table({"label": [1, 0, 1], "prob": [0.9, 0.2, 4.0]}))


@pytest.mark.parametrize(
    ("piped", "code"), [(GOOD, 0), (WRONG, 3), (GOOD[:40] + b"?" * 40 + GOOD[80:], 3)]
)
def test_a_spooled_file_is_deleted(piped: bytes, code: int, tmp_path: Path) -> None:
    done = spawn_ce("score", "-", stdin=piped, env={"TMPDIR": str(tmp_path)})
    assert done.returncode == code
    assert list(tmp_path.iterdir()) == []


# An object that is alive at the end says whether Python takes the program apart.
ALIVE = (
    "import os\n"
    "class Alive:\n"
    "    def __del__(self, write=os.write): write(1, b'taken apart')\n"
    "alive = Alive()\n"
)


@pytest.mark.parametrize(("words", "code"), [(["score", "-"], 0), (["score", "gone.csv"], 4)])
def test_the_process_ends_with_its_code_and_takes_nothing_apart(
    words: list[str], code: int
) -> None:
    done = python("-c", f"{ALIVE}{MAIN}main()", *words)
    assert done.returncode == code
    assert "taken apart" not in done.stdout
    assert "cross-entropy" in done.stdout if code == 0 else done.stderr.startswith("ce: ")


def test_functions_registered_for_the_exit_are_called() -> None:
    done = python("-c", f"import atexit\natexit.register(print, 'bye')\n{MAIN}main()", "--version")
    assert done.stdout.splitlines()[1:] == ["bye"]
    assert done.returncode == 0


def test_a_caller_goes_on() -> None:
    calling = "def call():\n    try: main()\n    except SystemExit as e: print('after', e.code)\n"
    done = python("-c", f"{MAIN}{calling}call()", "score", "gone.csv")
    assert (done.stdout, done.returncode) == ("after 4\n", 0)


def test_a_profile_is_written(tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    done = python("-m", "cProfile", "-o", str(profile), "-m", "ce_cli", "score", "-")
    assert done.returncode == 0
    assert any(name == "score" for _, _, name in pstats.Stats(str(profile)).stats)  # type: ignore[attr-defined]


def test_a_thread_that_still_runs_is_waited_for() -> None:
    late = (
        "import threading, time\n"
        "def late():\n    time.sleep(0.5)\n    print('late')\n"
        "threading.Thread(target=late).start()\n"
    )
    done = python("-c", f"{late}{MAIN}main()", "--version")
    assert "late" in done.stdout.splitlines()  # at the end, unless the start took longer


def test_output_that_cannot_be_flushed_at_the_exit_is_reported() -> None:
    # print writes to a buffer, which is flushed after the command line has ended
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    late = "import atexit\natexit.register(print, 'bye')\n"
    buffered = {name: one for name, one in environment().items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"{late}{MAIN}main()", "score", "-", "--output", "/dev/null"],
            input=ROWS,
            stdout=full,
            stderr=subprocess.PIPE,
            env=buffered,
            check=False,
        )
    assert done.returncode == 120  # Python's own
    assert b"No space left" in done.stderr
