"""Completion as a shell asks for it: a process with the words typed so far in its environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ce_cli import registry
from tests.conftest import SAMPLES, environment, run_ce, write_csv, write_parquet

COLUMNS = ["label", "p_class_2", "p_class_0", "p_class_1"]  # the first line of wine.csv
RUN = "from ce_cli.__main__ import main; main()"
NAMED_CE = "import sys; sys.argv[0] = 'ce'; "  # by which the shell calls it


def offered(*words: str, cwd: Path = SAMPLES, code: str = "") -> tuple[list[str], str]:
    """What completes the last of the words after ``ce``, and stderr."""
    variables = {
        "_CE_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(["ce", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        [sys.executable, "-c", NAMED_CE + code + RUN],
        capture_output=True,
        check=False,
        cwd=cwd,
        env=environment(variables),
        stdin=subprocess.DEVNULL,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


def test_commands_are_completed() -> None:
    first = dict.fromkeys(entry.words[0] for entry in registry.COMMANDS)
    assert offered("") == ([*first], "")
    assert offered("calibrate", "") == (["fit", "apply", "show"], "")
    assert offered("ex") == (["explain"], "")


@pytest.mark.parametrize(
    ("words", "some"),
    {
        "metrics": (("score", "--metric", ""), {"all", "cross_entropy", "brier", "per_class"}),
        "a beginning": (("score", "-m", "auc"), {"auc", "auc_error"}),
        "metrics of a gate": (("gate", "--require", "acc"), {"accuracy"}),
        "conventions": (("score", "--convention", ""), {"sklearn", "torch", "keras"}),
        "formats": (("gate", "--format", "j"), {"json", "junit"}),
        "input formats": (("inspect", "--input-format", ""), {"csv", "parquet", "npy"}),
        "engines": (("compare", "--engine", ""), {"threads"}),
        "kinds of values": (("explain", "--as", "log"), {"logits", "logprobs"}),
    }.values(),
)
def test_names_are_completed(words: tuple[str, ...], some: set[str]) -> None:
    found, errors = offered(*words)
    assert some <= set(found)
    assert all(name.startswith(words[-1]) for name in found)
    assert not errors


def test_a_requirement_is_not_about_all_metrics() -> None:
    assert "all" not in offered("gate", "--require", "")[0]


@pytest.mark.parametrize(
    "words",
    [
        ("score", "wine.csv", "--label", ""),
        ("score", "wine.csv", "--label", "label", "--pred", ""),
        ("inspect", "wine.csv", "--by", ""),
        ("compare", "missing.csv", "wine.csv", "--id", ""),
        ("gate", "wine.csv", "breast_cancer.csv", "-w", ""),
    ],
    ids=" ".join,
)
def test_columns_are_those_of_the_first_file_that_can_be_read(words: tuple[str, ...]) -> None:
    assert offered(*words) == (COLUMNS, "")


def test_columns_are_completed_from_their_beginning() -> None:
    assert offered("explain", "wine.csv", "--pred", "p_class_") == (COLUMNS[1:], "")


def test_columns_are_read_as_the_options_say(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1|0.5\n")
    words = ("score", "a.txt", "--delimiter", "|", "--no-header", "--label", "")
    assert offered(*words, cwd=tmp_path) == (["1", "2"], "")


def test_columns_of_other_formats_are_completed(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", {"y": [0, 1], "p": [0.5, 0.5]})
    assert offered("score", "a.parquet", "--label", "", cwd=tmp_path) == (["y", "p"], "")


def test_files_that_cannot_be_read_give_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1, and then nothing like it")
    (tmp_path / "empty.csv").write_bytes(b"")
    for name in ("broken.parquet", "empty.csv", "missing.csv", "-", ".", "s3://none/a.csv"):
        assert offered("score", name, "--label", "", cwd=tmp_path) == ([], "")


def test_completion_waits_for_no_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert offered("score", "pipe.csv", "--label", "", cwd=tmp_path) == ([], "")


def test_completion_loads_no_pandas(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", {"y": [0, 1], "p": [0.5, 0.5]})
    code = (
        "import atexit; "
        "atexit.register(lambda: print(sorted({'pandas', 'rich.table'} & set(sys.modules)))); "
    )
    words = ("score", "a.csv", "--label", "")
    found, _ = offered(*words, cwd=tmp_path, code=code)
    assert found == ["y", "p", "[]"]


def test_the_version_has_a_short_option() -> None:
    short, long = run_ce("-V"), run_ce("--version")
    assert short.returncode == 0
    assert short.stdout == long.stdout
    assert short.stdout.startswith("ce ")
