"""A small part of the fuzzing in every run of the tests, and whether it sees what is wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ce_cli import registry
from tests.fuzz.campaign import made, table, tried
from tests.fuzz.case import Case
from tests.fuzz.judging import Finding, differences, findings
from tests.fuzz.session import Outcome, Session
from tests.fuzz.targets import CONTENTS, targets

CASES = 12  # of each target
GOOD = Case(("score", "preds.csv", "--json"), {"preds.csv": b"label,prob\n0,0.2\n1,0.7\n"})


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


@pytest.mark.parametrize("target", targets())
def test_nothing_is_found(target: str, session: Session) -> None:
    found = tried(session, targets(), target, 0, iter(range(CASES)))
    assert found.cases == CASES
    assert not found.found, table({target: found})


def test_every_input_is_tried() -> None:
    assert CONTENTS.keys() == {entry.names[0] for entry in registry.INPUTS}


@pytest.mark.parametrize("target", targets())
def test_a_case_is_the_same_whenever_it_is_made(target: str) -> None:
    known = targets()
    for number in range(5):
        first, second = (made(known, target, 3, number) for _ in range(2))
        assert first.arguments == second.arguments
        assert target == "duckdb" or first.files == second.files  # which stamps its files
    assert any(made(known, target, seed, 0) != first for seed in range(5))


def test_a_sound_case_is_scored(session: Session) -> None:
    outcome = session.run(GOOD)
    assert outcome.code == 0
    assert b'"cross_entropy"' in outcome.stdout
    assert not list(findings(GOOD, outcome))


def test_each_run_begins_anew(session: Session) -> None:
    first, second = session.run(GOOD), session.run(GOOD.replace(files={}))
    assert (first.code, second.code) == (0, 4)


def outcome_of(code: int = 0, stdout: str = "", stderr: str = "", **more: object) -> Outcome:
    usual = {"stalled": False, "orphans": False, "cpu": 0.1, "seconds": 0.1, "memory": 1, "new": ()}
    return Outcome(code, stdout.encode(), stderr.encode(), **{**usual, **more})  # type: ignore[arg-type]


TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "/x/ce_cli/inputs/text/cells.py", line 3, in cells\n'
    "KeyError: 12\n"
)


@pytest.mark.parametrize(
    ("outcome", "finding"),
    [
        (
            outcome_of(70, stderr=TRACEBACK),
            ("traceback", "KeyError: N in ce_cli/inputs/text/cells.py cells"),
        ),
        (outcome_of(-signal.SIGSEGV), ("crash", "SIGSEGV")),
        (outcome_of(-signal.SIGXCPU, cpu=20.0), ("hang", "20 s of CPU time in 0 s")),
        (outcome_of(-signal.SIGKILL, stalled=True), ("hang", "0 s of CPU time in 0 s")),
        (outcome_of(1), ("exit code", "1")),
        (outcome_of(99), ("exit code", "99")),
        (outcome_of(3), ("message", "empty")),
        (outcome_of(3, stderr="x\n"), ("message", "not a sentence of ce: x")),
        (
            outcome_of(3, stderr="ce: \x1b[2J\n"),
            ("message", r"raw control characters: 'ce: \x1b[2J'"),
        ),
        (outcome_of(3, stderr="ce: x\n" * 41), ("message", "more than 40 lines")),
        (outcome_of(3, "{}", "ce: x\n"), ("message", "an error beside a result")),
        (outcome_of(3, stderr="ce: x\n", new=("tmp/a1",)), ("left behind", "tmp/aN")),
        (outcome_of(3, stderr="ce: x\n", new=(".a.part",)), ("left behind", ".a.part")),
        (outcome_of(3, stderr="ce: x\n", orphans=True), ("orphan", "a process is left")),
        (outcome_of(3, stderr="ce: x\n", memory=3 << 30), ("memory", "3072 MiB")),
        (
            outcome_of(3, stderr="a.py:1: RuntimeWarning: x\nce: x\n"),
            ("Python warning", "RuntimeWarning: x"),
        ),
        (outcome_of(0, '{"schema": NaN}'), ("JSON", "not strict: NaN is not JSON")),
        (
            outcome_of(0, "{"),
            ("JSON", "not JSON: Expecting property name enclosed in double quotes"),
        ),
        (outcome_of(0, '{"schema": "ce.score/1"}'), ("JSON", "not its schema: $ required")),
    ],
)
def test_what_is_wrong_is_found(outcome: Outcome, finding: tuple[str, str]) -> None:
    assert Finding(*finding) in list(findings(GOOD, outcome))


def test_another_number_for_the_same_rows_is_found() -> None:
    first, second = (
        outcome_of(0, f'{{"schema": "ce.score/1", "metrics": {{"cross_entropy": {value}}}}}')
        for value in (0.5, 0.25)
    )
    assert list(differences(GOOD, first, first)) == []
    assert list(differences(GOOD, first, second)) == [Finding("another number", "metrics")]
    refused = outcome_of(2, stderr="ce: x\n")
    assert list(differences(GOOD, first, refused)) == [Finding("another end", "0 and 2")]


def test_a_failed_gate_is_no_finding() -> None:
    gate = Case(("gate", "preds.csv", "--max", "0.1"), GOOD.files)
    assert not list(findings(gate, outcome_of(os.EX_OK + 1)))
