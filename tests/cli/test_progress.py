"""What a terminal shows while ce works on a slow source, and what is left of it afterwards."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from ce_cli.cli import progress_bar
from ce_cli.cli.progress import Counter
from tests.cli.terminal import OnTerminal, screen, writing
from tests.conftest import COMMAND, environment

HEADER = b"case,y,p\n"
ROWS = b"".join(b"c%d,%d,%s\n" % (n, n % 2, b"0.8" if n % 3 else b"0.4") for n in range(600))
BAD_DATA, INTERRUPTED = 3, 130
COMMANDS = {
    "score": ("score", "slow.csv"),
    "score --labels": ("score", "ready.csv", "--labels", "slow.csv", "--id", "case"),
    "compare, the first file": ("compare", "slow.csv", "ready.csv"),
    "compare, the second file": ("compare", "ready.csv", "slow.csv"),
    "compare --id": ("compare", "turned.csv", "slow.csv", "--id", "case"),
    "gate": ("gate", "slow.csv", "--max", "9"),
    "gate that fails": ("gate", "slow.csv", "--max", "0.1"),
    "inspect": ("inspect", "slow.csv"),
    "explain": ("explain", "slow.csv", "--row", "17"),
}
# A fresh process in which progress is drawn at once, or never.
AT_ONCE = "from ce_cli.cli import progress; progress._DELAY = 0.0; "
NEVER = "from ce_cli.cli import progress; progress._DELAY = 3600.0; "
RUN = (
    "import sys; from ce_cli.cli.app import run; code = run(); "
    "assert 'rich.progress' not in sys.modules; sys.exit(code)"
)
SOON = (sys.executable, "-c", AT_ONCE + "from ce_cli.__main__ import main; main()")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the same rows in a file, turned round in another, and a named pipe."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ready.csv").write_bytes(HEADER + ROWS)
    (tmp_path / "turned.csv").write_bytes(HEADER + b"\n".join(ROWS.split()[::-1]) + b"\n")
    os.mkfifo(tmp_path / "slow.csv")
    return tmp_path


def is_drawn(written: bytes) -> bool:
    """Whether the terminal has received the progress."""
    return b" rows" in written


def fed_slowly(
    args: Sequence[str], columns: int = 80, rest: bytes = b"", command: Sequence[str] = SOON
) -> OnTerminal:
    """Run ce on ``slow.csv``, whose end comes only when the terminal shows progress."""
    run = OnTerminal(args, columns, command=command)
    with writing("slow.csv") as write:
        write(HEADER + ROWS)
        run.wait_for(is_drawn)
        write(rest)
    return run


def quiet_page(args: Sequence[str], columns: int = 80) -> tuple[list[str], int]:
    """The screen and exit code of the same run without progress."""
    with OnTerminal([*args, "--quiet"], columns) as run:
        with writing("slow.csv") as write:
            write(HEADER + ROWS)
        return run.finish(), run.process.returncode


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_only_the_page_is_left_of_long_work(here: Path, args: Sequence[str]) -> None:
    with fed_slowly(args) as run:
        left = run.finish()
    assert (left, run.process.returncode) == quiet_page(args)
    assert left


def test_work_of_a_second_draws_it_unasked(here: Path) -> None:
    """Without the change by which the other tests see it sooner."""
    with fed_slowly(COMMANDS["score"], command=COMMAND) as run:
        left = run.finish()
    assert (left, run.process.returncode) == quiet_page(COMMANDS["score"])


@pytest.mark.parametrize("columns", [20, 40, 56, 75, 132])
def test_no_width_leaves_a_trace(here: Path, columns: int) -> None:
    args = COMMANDS["score"]
    with fed_slowly(args, columns) as run:
        assert run.finish() == quiet_page(args, columns)[0]


def test_billions_of_rows_fit_every_width() -> None:
    counter = Counter(1 << 40)
    counter.close()
    counter._start -= 3600  # an hour ago
    counter.add_rows(12_345_678_901)
    counter.add_bytes(1 << 39)
    for width in (30, 56, 75, 76, 80, 132):
        console = Console(width=width, file=io.StringIO(), force_terminal=True)
        for total in (None, 1 << 40):
            with mock.patch.object(progress_bar, "_Terminal", return_value=console):
                drawn = progress_bar.bar(counter, total)
            lines = console.render_lines(drawn.get_renderable(), pad=False)
            (line,) = ["".join(segment.text for segment in one) for one in lines]
            assert "12,345,678,901 rows" in line
            assert "…" not in line
            assert ("rows/s" in line) == (width >= 56)


def test_progress_is_drawn_on_stderr(here: Path) -> None:
    """With stdout in a pipe, the terminal of stderr receives it, and the pipe the page alone."""
    with OnTerminal(COMMANDS["score"], command=SOON, stdout=subprocess.PIPE) as run:
        with writing("slow.csv") as write:
            write(HEADER + ROWS)
            run.wait_for(is_drawn)
        assert run.finish() == []
        assert run.process.stdout is not None
        page = run.process.stdout.read().decode()
    assert page.startswith("slow.csv")
    assert "\x1b" not in page


def test_standard_input_has_a_spinner(here: Path) -> None:
    with OnTerminal(["score"], command=SOON, stdin=subprocess.PIPE) as run:
        assert run.process.stdin is not None
        run.process.stdin.write(HEADER + ROWS)
        run.process.stdin.flush()
        run.wait_for(is_drawn)
        run.process.stdin.close()
        assert run.finish()[0].startswith("standard input")
    assert b"%" not in run.written.partition(b" rows")[0]


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_ctrl_c_leaves_nothing(here: Path, args: Sequence[str]) -> None:
    with OnTerminal(args, command=SOON) as run, writing("slow.csv") as write:
        write(HEADER + ROWS)
        run.wait_for(is_drawn)
        run.process.send_signal(signal.SIGINT)
        assert run.finish() == []
    assert run.process.returncode == INTERRUPTED


def test_ctrl_c_ends_a_wait_that_it_does_not_interrupt(here: Path) -> None:
    """As when it comes just before the wait: here, because another thread receives it."""
    masked = (
        "import signal, threading; "
        "threading.Thread(target=threading.Event().wait, daemon=True).start(); "
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}); "
    )
    command = (*SOON[:-1], masked + SOON[-1])
    with OnTerminal(COMMANDS["score"], command=command) as run, writing("slow.csv") as write:
        write(HEADER + ROWS)
        run.wait_for(lambda written: b"0:01" in written)
        run.process.send_signal(signal.SIGINT)
        assert run.finish() == []
    assert run.process.returncode == INTERRUPTED


def test_an_error_leaves_only_its_message(here: Path) -> None:
    with fed_slowly(COMMANDS["score"], rest=b"c600,1,1.5\n") as run:
        left = run.finish()
    assert run.process.returncode == BAD_DATA
    assert left[0].startswith("ce: slow.csv: ")
    assert "rows/s" not in "".join(left)


def test_the_cursor_stays_visible(here: Path) -> None:
    """A process that is killed could not show it again."""
    with fed_slowly(COMMANDS["score"]) as run:
        run.finish()
    assert b"\x1b[?25l" not in run.written


def test_no_color_is_honoured(here: Path) -> None:
    with OnTerminal(COMMANDS["score"], env={"NO_COLOR": "1"}, command=SOON) as run:
        with writing("slow.csv") as write:
            write(HEADER + ROWS)
            run.wait_for(is_drawn)
        run.finish()
    assert not re.findall(rb"\x1b\[[\d;]*3\dm", run.written)


BIG_ROWS = 2_000_000


def big_file(folder: Path, kind: str) -> Path:
    """A file of several splits."""
    rows = BIG_ROWS // len(ROWS.split())
    if kind == "csv":
        path = folder / "big.csv"
        path.write_bytes(HEADER + ROWS * rows)
        return path
    y, p = [0, 1] * (BIG_ROWS // 8), [0.4, 0.8] * (BIG_ROWS // 8)
    path = folder / "big.parquet"
    pq.write_table(pa.table({"y": y, "p": p}), path, row_group_size=BIG_ROWS // 32)
    return path


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_the_share_of_a_file_is_shown(tmp_path: Path, kind: str) -> None:
    """The reader of the rows holds ce up in the middle of a file whose size is known."""
    path = big_file(tmp_path, kind)
    args = ["score", str(path), "--per-row", "-", "--threads", "1"]
    with OnTerminal(args, command=SOON, stdout=subprocess.PIPE) as run:
        run.wait_for(lambda written: b" left" in written)
        shares = [int(one) for one in re.findall(rb"(\d+)%", run.written)]
        assert any(0 < share < 100 for share in shares)
        assert b" rows/s" in run.written
        assert run.process.stdout is not None
        for _ in run.process.stdout:
            pass
        page = run.finish()
    shares = [int(one) for one in re.findall(rb"(\d+)%", run.written.partition(b"\x1b[1A")[0])]
    assert shares == sorted(shares)
    assert page[0].startswith(str(path)[:20])
    assert run.process.returncode == 0


def drawn_in(code: str, *args: str) -> OnTerminal:
    """Run ce in a process that first runs some code."""
    return OnTerminal(args, command=(sys.executable, "-c", code))


def test_a_gate_that_reads_its_files_twice_leaves_the_page(here: Path) -> None:
    args = ("gate", "ready.csv", "--baseline", "turned.csv", "--max-regression", "9", "--id=case")
    with drawn_in(AT_ONCE + RUN.replace("not in", "in"), *args) as run:
        left = run.finish()
    with OnTerminal([*args, "--quiet"]) as run:
        assert run.finish() == left


def test_short_work_draws_nothing_and_loads_no_bar(here: Path) -> None:
    with drawn_in(NEVER + RUN, "score", "ready.csv") as run:
        page = run.finish()
    assert run.process.returncode == 0, page
    assert page[0].startswith("ready.csv")


def test_quiet_work_draws_nothing(here: Path) -> None:
    with drawn_in(AT_ONCE + RUN, "score", "ready.csv", "--quiet") as run:
        page = run.finish()
    assert run.process.returncode == 0, page


def test_a_dumb_terminal_draws_nothing(here: Path) -> None:
    command = (sys.executable, "-c", AT_ONCE + RUN)
    with OnTerminal(["score", "ready.csv"], env={"TERM": "dumb"}, command=command) as run:
        page = run.finish()
    assert run.process.returncode == 0, page


def test_rows_on_the_terminal_are_progress_enough(here: Path) -> None:
    """They would mix with the bar."""
    with drawn_in(AT_ONCE + RUN, "score", "ready.csv", "--per-row", "-") as run:
        page = run.finish()
    assert run.process.returncode == 0, page


def test_a_pipe_receives_no_progress(here: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_ONCE + RUN, "score", "ready.csv"],
        capture_output=True,
        check=False,
        env=environment(),
        stdin=subprocess.DEVNULL,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_screen_shows_what_a_terminal_would() -> None:
    assert screen(b"abc\rX\r\n12\x1b[1A\rY\x1b[K\r\n\x1b[2Kend") == ["Y", "end"]
    assert screen(b"abcde", columns=3) == ["abc", "de"]
    assert screen(b"\x1b[32mgreen\x1b[0m\r\x1b[2K") == []
