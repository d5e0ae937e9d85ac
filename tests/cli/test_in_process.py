"""ce run in the process of the tests is ce run as a process: same streams, same exit code."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from ce_cli import registry
from tests.conftest import SAMPLES, run_ce, spawn_ce

PIPED = b"label,prob\n1,0.9\n0,0.2\n1,0.4\n"
WINE = str(SAMPLES / "wine.csv")
RUNS: list[tuple[list[str], bytes | None]] = [
    ([], None),
    (["--version"], None),
    (["scroe"], None),
    (["score", "--help"], None),
    (["score", "-", "--per-row", "/dev/stdout", "--quiet"], PIPED),
    (["compare", WINE, WINE, "--format", "csv"], None),
    (["compare", "-", "gone.csv"], PIPED),
    (["gate", "--max", "0.1", "-f", "github"], PIPED),
    (["gate", WINE, "--nonsense"], None),
    (["inspect", WINE, "--json"], None),
    (["explain", "--row", "3"], PIPED),
    (["explain", "--row", "3"], None),
    (["calibrate", "fit", WINE], None),
    (["calibrate", "apply", "gone.json", WINE], None),
    (["calibrate", "show", "-"], PIPED),
    (["calibrate", "melt"], None),
]


def test_every_command_is_here() -> None:
    typed = {(tuple(words[:1]), tuple(words[:2])) for words, _ in RUNS}
    assert {entry.words for entry in registry.COMMANDS} <= {one for pair in typed for one in pair}


def same(*words: str, **options: Any) -> None:
    """Run ce here and as a process, which must do the same."""
    here, there = run_ce(*words, **options), spawn_ce(*words, **options)
    assert (here.stdout, here.stderr) == (there.stdout, there.stderr)
    assert here.returncode == there.returncode


@pytest.mark.parametrize(("words", "stdin"), RUNS)
def test_it_does_the_same_as_a_process(words: list[str], stdin: bytes | None) -> None:
    same(*words, stdin=stdin)


def test_names_and_environment_are_those_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "preds.csv").write_bytes(PIPED)
    (tmp_path / "ce.toml").write_text("[gate]\nmax = 9\n")
    same("gate", "preds.csv", env={"FORCE_COLOR": "1"}, cwd=tmp_path)


def test_more_than_a_pipe_holds_goes_in_and_comes_out() -> None:
    done = run_ce("score", "-", "--per-row", "-", stdin=b"label,prob\n" + b"1,0.5\n" * 50_000)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 50_001


def test_input_that_nobody_reads_holds_nothing_up() -> None:
    done = run_ce("score", "--metric", "nonsense", stdin=b"label,prob\n" * 100_000)
    assert done.returncode == 2


def test_nothing_of_a_run_is_left() -> None:
    streams = (sys.stdin, sys.stdout, sys.stderr, sys.argv, sys.excepthook)
    before = dict(os.environ), Path.cwd(), sorted(Path("/dev/fd").iterdir())
    for arguments in (["score", str(WINE)], ["score", "--nonsense"], ["--help"]):
        run_ce(*arguments, stdin=PIPED, env={"CE_TRACEBACK": "1"}, cwd=SAMPLES)
    assert (sys.stdin, sys.stdout, sys.stderr, sys.argv, sys.excepthook) == streams
    assert (dict(os.environ), Path.cwd(), sorted(Path("/dev/fd").iterdir())) == before


def test_warnings_are_seen_again_in_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which tests look for: a warning of numpy is never meant."""

    def warning() -> int:
        warnings.warn("of a division", RuntimeWarning, stacklevel=1)
        return 0

    monkeypatch.setattr("ce_cli.cli.app.run", warning)
    for _ in range(2):
        assert "RuntimeWarning: of a division" in run_ce().stderr
