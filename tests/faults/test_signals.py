"""A signal ends ce at any moment, in order: its exit code, the old outputs, and nothing else."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.processes import ENDINGS, OLD, PATIENCE, Place, ended, wait_for

ROWS = 60_000
SAID = {
    signal.SIGINT: "",
    signal.SIGTERM: "ce: terminated.\n",
    signal.SIGHUP: "ce: hung up.\n",
}
BEGINNING = b"label,prob\n" + b"1,0.5\n" * 5_000
CSV, OUT = "../out/x.csv", ["x.csv"]
COMPARE = ("compare", "rows.csv", "turned.csv", "--id", "id", "--json", "--output", "../out/x.json")

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("signals"), ROWS)


def stop(place: Place, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal, after which nothing is left but the old outputs."""
    old = [one.name for one in place.out.iterdir() if one.read_bytes() == OLD]
    process.send_signal(number)
    assert ended(process) == (ENDINGS[number], SAID[number])
    assert place.left() == sorted(old)


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("module", ["ce_cli.cli.app", "typer", "numpy", "pyarrow.lib"])
def test_during_an_import(place: Place, number: signal.Signals, module: str) -> None:
    place.prepare(OUT)
    at_import = (
        "import os, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), {int(number)})\n"
        "sys.meta_path.insert(0, Finder())\n"
        "from ce_cli.__main__ import main\n"
        "main()\n"
    )
    command = (sys.executable, "-c", at_import)
    with place.running("score", "rows.csv", "--per-row", CSV, command=command) as process:
        assert ended(process) == (ENDINGS[number], SAID[number])
    assert place.left() == OUT
    assert (place.out / "x.csv").read_bytes() == OLD


@pytest.mark.parametrize("number", ENDINGS)
@pytest.mark.parametrize("name", ["-", "silent"])
def test_while_it_waits_for_input(place: Place, number: signal.Signals, name: str) -> None:
    place.prepare(OUT)
    words = ("score", name, "--per-row", CSV)
    with place.running(*words, piped=BEGINNING) as process:
        wait_for(lambda: len(place.left()) == 2)  # the new file, beside the old one
        stop(place, process, number)


@pytest.mark.parametrize("number", ENDINGS)
def test_while_a_pipe_is_copied_to_disk(place: Place, number: signal.Signals) -> None:
    place.prepare([])
    half = (place.data / "rows.parquet").read_bytes()[:60_000]
    with place.running("score", "-", piped=half) as process:
        wait_for(place.left)
        stop(place, process, number)


@pytest.mark.parametrize("number", ENDINGS)
def test_while_rows_wait_in_temporary_files(place: Place, number: signal.Signals) -> None:
    place.prepare(["x.json"])
    waiting = (  # as soon as rows are in files
        "import time\nfrom ce_cli.comparing import partitioned_join\n"
        "join = partitioned_join.PartitionedJoin\nwrite = join._write\n"
        "join._write = lambda self: (write(self), time.sleep(600))\n"
        "partitioned_join.IN_MEMORY = 1\nfrom ce_cli.__main__ import main\nmain()\n"
    )
    with place.running(*COMPARE, command=(sys.executable, "-c", waiting)) as process:
        wait_for(lambda: any(place.temporary.iterdir()))
        stop(place, process, number)


@pytest.mark.parametrize("number", ENDINGS)
def test_while_nobody_reads_what_it_writes(place: Place, number: signal.Signals) -> None:
    place.prepare([])
    with place.running("score", "rows.csv", "--per-row", "-") as process:
        assert process.stdout is not None
        process.stdout.read(1)
        stop(place, process, number)


@pytest.mark.parametrize("number", ENDINGS)
def test_between_the_files_of_a_gate(place: Place, number: signal.Signals) -> None:
    """All of them are replaced, and the exit code is that of the signal."""
    names = ["a.json", "b.xml", "c.md"]
    place.prepare(names)
    at_first = (
        "import os\nfrom ce_cli.outputs import files\n"
        "real, done = os.replace, []\n"
        "def replace(*paths):\n"
        f"    if not done: os.kill(os.getpid(), {int(number)})\n"
        "    done.append(real(*paths))\n"
        "os.replace = replace\nfrom ce_cli.__main__ import main\nmain()\n"
    )
    reports = [
        word
        for form, name in zip(("json", "junit", "markdown"), names, strict=True)
        for word in ("--report", f"{form}=../out/{name}")
    ]
    words = ("gate", "rows.csv", "--max", "9", *reports)
    with place.running(*words, command=(sys.executable, "-c", at_first)) as process:
        assert ended(process) == (ENDINGS[number], SAID[number])
    assert place.left() == names
    assert all((place.out / name).read_bytes() != OLD for name in names)


def test_a_second_signal_ends_it_as_well(place: Place) -> None:
    place.prepare(OUT)
    with place.running("score", "-", "--per-row", CSV, piped=BEGINNING) as process:
        wait_for(lambda: len(place.left()) == 2)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        code, _ = ended(process)
    assert code in (130, 143)
    assert place.left() == OUT


def test_nothing_holds_it_up(place: Place) -> None:
    """Here stderr, to which a pipe that is full lets nobody write."""
    place.prepare(OUT)
    filled = (
        "import os\nos.set_blocking(2, False)\n"
        "try:\n    while True: os.write(2, bytes(1000))\nexcept BlockingIOError: pass\n"
        "os.set_blocking(2, True)\nfrom ce_cli.__main__ import main\nmain()\n"
    )
    command = (sys.executable, "-c", filled)
    words = ("score", "-", "--per-row", CSV)
    with place.running(*words, piped=BEGINNING, command=command) as process:
        wait_for(lambda: len(place.left()) == 2)
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: process.poll() is not None)
        assert process.returncode == 143
    assert place.left() == OUT


def test_a_main_thread_that_does_not_come_to_it(place: Place) -> None:
    """As in a library that waits for a cloud; here a function of C that waits, come what may."""
    place.prepare(OUT)
    stuck = (
        "import ctypes, sys\n"
        "from ce_cli.process import signals, temporary\n"
        "signals.install()\n"
        "temporary.new_file(sys.argv[1], '.x.', '.part')\n"
        "set_ = ctypes.create_string_buffer(bytes([255]) * 128)\n"
        "libc = ctypes.CDLL(None)\n"
        "libc.pthread_sigmask(0, set_, None)\n"  # so that no signal interrupts the wait
        "libc.sleep(600)\n"
    )
    command = (sys.executable, "-c", stuck)
    with place.running(str(place.out), command=command) as process:
        wait_for(lambda: len(place.left()) == 2)
        time.sleep(0.1)  # until it waits
        stop(place, process, signal.SIGTERM)


def test_a_signal_that_is_ignored_stays_so(place: Place) -> None:
    """As with nohup."""
    place.prepare(OUT)
    nohup = "trap '' HUP; exec \"$@\""
    command = ("sh", "-c", nohup, "sh", sys.executable, "-m", "ce_cli")
    words = ("score", "-", "--per-row", CSV)
    with place.running(*words, piped=BEGINNING, command=command) as process:
        wait_for(lambda: len(place.left()) == 2)
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=PATIENCE)  # which closes its stdin
        assert process.returncode == 0
    assert (place.out / "x.csv").read_bytes().count(b"\n") == 5_001


def test_handlers_of_the_caller_are_kept(place: Place) -> None:
    own = (
        "import os, signal\n"
        "signal.signal(signal.SIGTERM, lambda *_: os._exit(77))\n"
        "from ce_cli.__main__ import main\nmain()\n"
    )
    place.prepare(OUT)
    words = ("score", "-", "--per-row", CSV)
    command = (sys.executable, "-c", own)
    with place.running(*words, piped=BEGINNING, command=command) as process:
        wait_for(lambda: len(place.left()) == 2)
        process.send_signal(signal.SIGTERM)
        assert ended(process)[0] == 77


def test_the_python_api_handles_no_signal(place: Place) -> None:
    code = (
        "import signal, sys\n"
        "before = [signal.getsignal(n) for n in signal.valid_signals()]\n"
        "import ce_cli\nce_cli.score(sys.argv[1])\n"
        "assert before == [signal.getsignal(n) for n in signal.valid_signals()]\n"
        "assert signal.set_wakeup_fd(-1) == -1\n"
    )
    place.prepare([])
    with place.running("rows.csv", command=(sys.executable, "-c", code)) as process:
        assert ended(process) == (0, "")


RUNS: list[tuple[Sequence[str], Sequence[str]]] = [
    (("score", "rows.csv", "--per-row", CSV), OUT),
    (("score", "rows.parquet", "--per-row", "../out/x.parquet"), ["x.parquet"]),
    (COMPARE, ["x.json"]),
    (("gate", "rows.csv", "--max", "9", "--report", f"junit={CSV}"), OUT),
]


@pytest.mark.parametrize(("words", "outputs"), RUNS)
def test_at_a_random_moment(place: Place, words: Sequence[str], outputs: Sequence[str]) -> None:
    """``python -m tests.faults 600`` does so for ten minutes."""
    chosen = random.Random(words[0] + outputs[0])
    place.prepare(outputs)
    with place.running(*words) as process:
        time.sleep(0.1 + chosen.random() * 0.6)
        number = chosen.choice([*ENDINGS])
        process.send_signal(number)
        code, _ = ended(process)
    assert code in (0, ENDINGS[number])
    assert place.left() == outputs
    is_old = [(place.out / name).read_bytes() == OLD for name in outputs]
    assert is_old == [code != 0 for _ in outputs] or code != 0  # a whole new one, at the very end


def test_a_killed_process_leaves_the_old_output(place: Place) -> None:
    for moment in (0.2, 0.4, 0.6):
        place.prepare(OUT)
        with place.running("score", "rows.csv", "--per-row", CSV) as process:
            time.sleep(moment)
            process.kill()
            process.wait()
        lines = (place.out / "x.csv").read_bytes()
        assert lines == OLD or lines.count(b"\n") == ROWS + 1


def test_folders_are_removed_too(tmp_path: Path) -> None:
    from ce_cli.process import temporary

    path = Path(temporary.new_folder(str(tmp_path), "ce-"))
    (path / "rows.bin").write_bytes(OLD)
    temporary.new_file(str(tmp_path), "ce-", ".csv")[0].close()
    temporary.remove_all()
    assert list(tmp_path.iterdir()) == []
