"""Every option of every command with values that nobody means: a sentence, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from ce_cli import calibrate
from ce_cli.errors import UsageError
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import flag, options_of
from ce_cli.reading import Reading
from ce_cli.spec import Spec
from tests.conftest import complaints, run_ce

ODD = ("", " ", "*", "[", "-1", "nan", "1e999", "9" * 5000, "1" * 50, "\udcff", "\u0663", "a=nan")
TABLE = ",label,prob\n1,0,0.25\n2,1,0.5\n3,0,0.75\n4,1,0.5\n"
ROW = {"explain": ["--row=1"], "gate": ["--max=9"]}
FILES = {
    "compare": ["a.csv", "a.csv"],
    "calibrate apply": ["cal.json", "a.csv"],
    "calibrate show": ["cal.json"],
}
CALIBRATION = calibrate([0, 1] * 20, [0.2, 0.7, 0.6, 0.4] * 10, method="temperature")
MATCHED = {0, 2, 3, 4}


EVERY = {("score", name) for name in ("encoding", "na_value", "threads")}  # where faults were


def cases() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each option of each command with the next few odd values; each kind meets all of them."""
    found: dict[str, list[tuple[str, str]]] = {}
    for command, declared in COMMANDS.items():
        for name, option in options_of(declared).items():
            if option.typed is not bool:
                found.setdefault(str(option.typed), []).append((command, name))
    for kind in found.values():
        kind.sort(key=lambda case: case[::-1])  # by option: its commands have different values
        turn = cycle(ODD)
        few = max(3, -(-len(ODD) // len(kind)))
        for command, name in kind:
            values = ODD if (command, name) in EVERY else tuple(islice(turn, few))
            yield command, name, values


@pytest.mark.parametrize(("command", "name", "values"), [*cases()])
def test_no_value_of_an_option_is_a_bug(
    tmp_path: Path, command: str, name: str, values: tuple[str, ...]
) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "cal.json").write_text(json.dumps(CALIBRATION.to_dict()))
    files = FILES.get(command, ["a.csv"])
    for value in values:
        typed = [*ROW.get(command, []), f"{flag(name)}={value}"]
        done = run_ce(*command.split(), *files, *typed, cwd=tmp_path)
        assert done.returncode in MATCHED | ({1} if command == "gate" else set()), (value, done)
        assert "bug" not in done.stderr
        assert "Warning" not in done.stderr


HOSTILE = "x\x1b[31m\u202e\u200b\n::error::y ##[error]z\x85"


@pytest.mark.parametrize(("command", "name"), sorted({case[:2] for case in cases()}))
def test_no_value_of_an_option_controls_a_terminal_or_a_runner(
    tmp_path: Path, command: str, name: str
) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    files = ["a.csv"] * (1 + (command == "compare"))
    typed = [*ROW.get(command, []), f"{flag(name)}={HOSTILE}"]
    done = run_ce(command, *files, *typed, cwd=tmp_path)
    said = done.stdout + done.stderr
    assert not {"\x1b", "\u202e", "\u200b", "\x85"} & {*said}
    assert "##[error]" not in said
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]


def test_a_missing_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--na-value .* is not UTF-8 text"):
        Spec.from_options({"na_value": ("\udcff",)}).check()


@pytest.mark.parametrize("count", [0, 10**50])
def test_threads_have_limits(count: int) -> None:
    with pytest.raises(UsageError, match="--threads must be from 1 to 4,096"):
        Reading.from_options({"threads": count}).check()


@pytest.mark.parametrize(
    "line",
    [
        *(
            f"{name} = {number}"
            for name in ("worst", "confidence", "weight", "label")
            for number in ("0x" + "f" * 5000, "1" * 400, "1" * 5000)
        ),
        "confidence = 1979-05-27",
        "label = 07:32:00",
        'label = "\\ud800"',
        "label = [[1]]",
        "worst = {a = 1}",
        "[[score]]",
    ],
)
def test_a_configuration_with_odd_values_is_a_sentence(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    (tmp_path / "ce.toml").write_text(f"{line}\n")
    (sentence,) = complaints(run_ce("score", "a.csv", cwd=tmp_path), 2)
    assert sentence.startswith("ce: ce.toml: ")


@pytest.mark.parametrize(
    "name", ["utf-8\0", "\udcff", "base64", "undefined", "idna", "", "x" * 1000]
)
def test_an_encoding_that_is_none_is_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(TABLE)
    done = run_ce("score", "a.csv", f"--encoding={name}", cwd=tmp_path)
    complaints(done, 2)
