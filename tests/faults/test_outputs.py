"""An output is whole or the old one, whatever goes wrong while it is written."""

from __future__ import annotations

import csv
import os
import resource
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ce_cli.errors import StorageError
from ce_cli.outputs.files import replacing
from tests.conftest import COMMAND, complaints, environment, run_ce, spawn_ce
from tests.faults.processes import OLD, Place, ended, wait_for

ROWS = 50_000
LIMIT = 100_000  # bytes of a file; every output below has more
FAILED, WRONG_USAGE = 4, 2

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its files differ")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place(tmp_path_factory.mktemp("outputs"), ROWS)


def limited() -> None:
    """As a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.parquet"])
def test_a_full_disk(place: Place, name: str) -> None:
    place.prepare([name])
    words = ("score", "rows.csv", "--per-row", f"../out/{name}")
    with place.running(*words, preexec_fn=limited) as process:
        code, said = ended(process)
    assert (code, said) == (FAILED, f"ce: ../out/{name} could not be written: file too large.\n")
    assert place.left() == [name]
    assert (place.out / name).read_bytes() == OLD


def test_the_files_of_a_gate_replace_the_old_ones_together(place: Place) -> None:
    """The last of them is too large, so that none is replaced."""
    place.prepare(["a.xml", "b.json"])
    large = (  # a document of the size that a limit of the file forbids
        "from ce_cli.outputs import json\nreal = json.render\n"
        f"json.render = lambda *args: real(*args) + ' ' * {2 * LIMIT}\n"
        "from ce_cli.__main__ import main\nmain()\n"
    )
    reports = ("--report", "junit=../out/a.xml", "--report", "json=../out/b.json")
    words = ("gate", "rows.csv", "--max", "9", *reports)
    command = (sys.executable, "-c", large)
    with place.running(*words, command=command, preexec_fn=limited) as process:
        code, said = ended(process)
    assert (code, said) == (FAILED, "ce: ../out/b.json could not be written: file too large.\n")
    assert place.left() == ["a.xml", "b.json"]
    assert (place.out / "a.xml").read_bytes() == (place.out / "b.json").read_bytes() == OLD


def test_a_full_disk_for_temporary_files(place: Place) -> None:
    place.prepare([])
    with (place.data / "rows.parquet").open("rb") as file:
        half = file.read(LIMIT * 3)
    with place.running("score", "-", piped=half, preexec_fn=limited) as process:
        code, said = ended(process)
    assert code == FAILED
    assert said == (
        "ce: standard input: could not be copied to a file, which its format needs: file too large "
        f"for temporary files in {place.temporary}; set TMPDIR to another directory.\n"
    )
    assert place.left() == []


def test_a_full_disk_for_rows_that_are_joined(place: Place) -> None:
    place.prepare([])
    small = (
        "from ce_cli.comparing import partitioned_join\npartitioned_join.IN_MEMORY = 1\n"
        "from ce_cli.__main__ import main\nmain()\n"
    )
    words = ("compare", "rows.csv", "turned.csv", "--id", "id")
    command = (sys.executable, "-c", small)
    with place.running(*words, command=command, preexec_fn=limited) as process:
        code, said = ended(process)
    assert (code, said.count("\n")) == (FAILED, 1)
    assert f"file too large for temporary files in {place.temporary}" in said
    assert place.left() == []


def test_two_processes_with_one_output(place: Place) -> None:
    """The last one wins, with a whole file."""
    place.prepare(["x.csv"])
    words = ("score", "rows.csv", "--per-row", "../out/x.csv")
    with place.running(*words) as first, place.running(*words) as second:
        assert ended(first) == (0, "")
        assert ended(second) == (0, "")
    assert place.left() == ["x.csv"]
    with (place.out / "x.csv").open() as file:
        assert [int(row["row"]) for row in csv.DictReader(file)] == list(range(1, ROWS + 1))


def test_a_worker_that_dies(place: Place) -> None:
    """An error in a thread, which is a bug in ce: the others end, and nothing is written."""
    place.prepare(["x.csv"])
    dying = (
        "from ce_cli.binding.rows import bound_rows\n"
        "def dies(*_, **__): raise ZeroDivisionError('of a worker')\n"
        "from ce_cli.inputs.text import delimited_split\n"
        "delimited_split.DelimitedSplit.frames = dies\n"
        "from ce_cli.__main__ import main\nmain()\n"
    )
    words = ("score", "rows.csv", "--label", "label", "--pred", "prob", "--per-row", "../out/x.csv")
    with place.running(*words, command=(sys.executable, "-c", dying)) as process:
        code, said = ended(process)
    assert (code, said.count("\n")) == (70, 1)
    assert "ZeroDivisionError: of a worker" in said
    assert place.left() == ["x.csv"]
    assert (place.out / "x.csv").read_bytes() == OLD


def test_permissions_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.touch()
    path.chmod(0o640)
    with replacing(str(path)) as file:
        file.write(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.read_bytes() == b"new"


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    with replacing(str(tmp_path / "x.json")):
        pass
    assert (tmp_path / "x.json").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x.json").write_bytes(OLD)
    (tmp_path / "x.json").symlink_to("there/x.json")
    with replacing(str(tmp_path / "x.json")) as file:
        file.write(b"new")
    assert (tmp_path / "x.json").is_symlink()
    assert (tmp_path / "there" / "x.json").read_bytes() == b"new"
    assert [one.name for one in (tmp_path / "there").iterdir()] == ["x.json"]


@pytest.mark.parametrize(
    "typed",
    [
        ("score", "rows.csv", "--output", "{}"),
        ("score", "rows.csv", "--per-row", "{}"),
        ("gate", "rows.csv", "--max", "9", "--report", "junit={}"),
        ("gate", "rows.csv", "--baseline", "{}", "--max-regression", "9"),
    ],
)
def test_a_link_to_itself(place: Place, typed: tuple[str, ...], tmp_path: Path) -> None:
    link = tmp_path / "loop.csv"
    link.symlink_to(link)
    done = run_ce(*(one.format(link) for one in typed), cwd=place.data)
    (line,) = complaints(done, FAILED)
    assert "too many levels of symbolic links" in line.lower()
    assert link.is_symlink()


def test_a_pipe_that_is_read_cannot_be_written(place: Place, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    done = run_ce("score", pipe, "--output", pipe)
    assert "is an input and cannot be overwritten" in complaints(done, WRONG_USAGE)[0]


def test_a_name_may_be_as_long_as_names_can_be(tmp_path: Path) -> None:
    name = "\N{GREEK SMALL LETTER ALPHA}" * 125 + ".json"  # 255 bytes
    with replacing(str(tmp_path / name)) as file:
        file.write(b"new")
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(OLD)
    tmp_path.chmod(0o500)
    with (
        pytest.raises(StorageError, match="permission denied"),
        replacing(str(tmp_path / "x.json")),
    ):
        pass
    tmp_path.chmod(0o700)
    assert (tmp_path / "x.json").read_bytes() == OLD


def test_standard_output_as_a_file_is_appended_to(place: Place) -> None:
    """Opening its name anew would write over what it holds, or replace it."""
    place.prepare(["log"])
    with (place.out / "log").open("ab") as log:
        words = ("score", "rows.csv", "--json", "--output", "/dev/stdout")
        with place.running(*words, stdout=log) as process:
            assert ended(process) == (0, "")
    assert (place.out / "log").read_bytes().startswith(OLD + b"{")


def test_a_named_pipe_receives_the_rows(place: Place) -> None:
    place.prepare([])
    os.mkfifo(place.out / "x.csv")
    with place.running("score", "rows.csv", "--per-row", "../out/x.csv", "--quiet") as process:
        with (place.out / "x.csv").open() as file:
            assert len(file.readlines()) == ROWS + 1
        assert ended(process) == (0, "")


def test_a_leftover_of_a_killed_process_is_no_obstacle(place: Place) -> None:
    """A container gives each of its processes the same number."""
    place.prepare(["x.csv"])
    words = ("score", "silent", "--per-row", "../out/x.csv")
    with place.running(*words) as process:
        wait_for(lambda: len(place.left()) == 2)
        process.kill()
    (leftover,) = set(place.left()) - {"x.csv"}
    number = leftover.removeprefix(".x.csv.").removesuffix(".part")
    assert number != str(process.pid)
    assert (place.out / "x.csv").read_bytes() == OLD


def test_files_that_are_complete_are_named_when_the_summary_fails(place: Place) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    place.prepare([])
    with Path("/dev/full").open("wb") as full:
        words = ("score", "rows.csv", "--per-row", "../out/x.csv")
        with place.running(*words, stdout=full) as process:
            code, said = ended(process)
    assert code == FAILED
    assert said.splitlines() == [
        "ce: ../out/x.csv was written, but not all output.",
        "ce: could not write: no space left on device.",
    ]
    assert (place.out / "x.csv").read_bytes().count(b"\n") == ROWS + 1


CLOSED = [
    ("score rows.csv --per-row ../out/x.csv >&-", 4, ["x.csv was written", "output is closed"]),
    ("gate rows.csv --max 0.1 --report junit=../out/x.csv >&-", 4, ["x.csv was", "is closed"]),
    ("gate rows.csv --max 9 >&-", 4, ["Standard output is closed."]),
    ("score rows.csv --per-row - >&-", 4, ["Standard output is closed."]),
    ("score rows.csv --json --output /dev/stdout >&-", 4, ["/dev/stdout could not be written"]),
    ("compare rows.csv turned.csv --id id >&-", 4, ["Standard output is closed."]),
    ("inspect rows.csv >&-", 4, ["Standard output is closed."]),
    ("explain rows.csv --row 1 >&-", 4, ["Standard output is closed."]),
    ("score gone.csv >&- 2>&-", 4, []),
    ("score rows.csv --nonsense <&- >&- 2>&-", 2, []),
    ("score - <&-", 4, ["Standard input is closed."]),
    ("score <&-", 2, ["Name a file"]),
    ("score rows.csv --json --output ../out/x.csv <&- >&- 2>&-", 0, []),
]


@pytest.mark.parametrize(("typed", "code", "said"), CLOSED)
def test_streams_that_are_closed(place: Place, typed: str, code: int, said: list[str]) -> None:
    place.prepare([])
    script = f"exec {' '.join(COMMAND)} {typed}"
    with place.running(command=("bash", "-c", script)) as process:
        found, written = ended(process)
    assert found == code
    lines = written.splitlines()
    assert len(lines) == len(said)
    assert all(one in line for one, line in zip(said, lines, strict=True))


def test_what_is_written_to_a_closed_stderr_is_in_no_file(tmp_path: Path) -> None:
    """A file that is opened later would otherwise have its number."""
    noisy = (
        "import os\nfrom ce_cli.__main__ import main\nfrom ce_cli.outputs import files\n"
        "real = files._synchronize\n"
        "files._synchronize = lambda number: (os.write(2, b'noise'), real(number))\nmain()\n"
    )
    (tmp_path / "f.csv").write_text("label,prob\n1,0.9\n0,0.2\n")
    words = "score f.csv --json --output x.json 2>&- >&- <&-"
    script = f'exec {sys.executable} -c "$0" {words}'
    subprocess.run(["bash", "-c", script, noisy], check=True, cwd=tmp_path, env=environment())
    text = (tmp_path / "x.json").read_text()
    assert text.startswith("{")
    assert "noise" not in text


def test_a_home_and_a_directory_that_are_gone(place: Place, tmp_path: Path) -> None:
    rows = place.data / "rows.csv"
    assert spawn_ce("score", rows, env={"HOME": str(tmp_path / "gone")}).returncode == 0
    gone = f"cd {tmp_path}; rmdir {tmp_path}; unset HOME; exec {' '.join(COMMAND)}"
    for typed, code, said in [
        (f"score {rows}", 0, ""),
        (f"score {rows} --output x.json", 4, "the current directory was deleted"),
        ("score rows.csv", 4, "no such file"),
    ]:
        tmp_path.mkdir(exist_ok=True)
        with place.running(command=("bash", "-c", f"{gone} {typed}")) as process:
            found, written = ended(process)
        assert found == code
        assert said in written


def test_a_directory_for_temporary_files_that_is_missing(place: Place) -> None:
    """Another of the usual ones is used, as by other programs."""
    piped = (place.data / "rows.parquet").read_bytes()
    done = spawn_ce("score", "-", stdin=piped, env={"TMPDIR": "/nowhere"})
    assert (done.returncode, done.stderr) == (0, "")


def test_no_directory_for_temporary_files(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ce_cli.process.temporary.os.access", lambda *_: False)
    done = run_ce("score", "-", stdin=(place.data / "rows.parquet").read_bytes())
    (line,) = complaints(done, FAILED)
    assert "set TMPDIR to another directory" in line


def test_no_more_threads(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", refused)
    done = run_ce("score", place.data / "rows.csv", place.data / "turned.csv", "--threads", "2")
    (line,) = complaints(done, FAILED)
    assert "no more threads" in line
