"""What is wrong with the way in which a run ended."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

from jsonschema import ValidationError

from ce_cli.record import Record
from tests.conftest import strict
from tests.fuzz.case import Case
from tests.fuzz.session import Outcome

GATE_FAILED, USAGE, BAD_DATA, STORAGE, BUG = 1, 2, 3, 4, 70
MOST_LINES, LONGEST_LINE = 40, 6000  # of a message
MEMORY = 2 << 30
SAME = ("rows", "weight_sum", "metrics", "intervals", "per_class", "groups", "classes", "verdict")


class Finding(Record):
    """Something that must not happen.

    Attributes
    ----------
    kind : str
        What it is, in a word or two.
    detail : str
        What tells two findings of a kind apart, such as the place of a traceback.
    """

    kind: str
    detail: str


def findings(case: Case, outcome: Outcome) -> Iterator[Finding]:
    """What is wrong with a run."""
    if outcome.stalled or outcome.code in (-signal.SIGXCPU, -signal.SIGKILL):
        yield Finding("hang", f"{outcome.cpu:.0f} s of CPU time in {outcome.seconds:.0f} s")
        return
    errors = outcome.stderr.decode("utf-8", "backslashreplace")
    if outcome.code < 0:
        yield Finding("crash", signal.Signals(-outcome.code).name)
    elif outcome.code == BUG or "Traceback (most recent call last)" in errors:
        yield Finding("traceback", _place(errors))
    elif outcome.code not in _allowed(case):
        yield Finding("exit code", str(outcome.code))
    else:
        yield from _of_messages(outcome, errors)
    if outcome.orphans:
        yield Finding("orphan", "a process is left")
    if outcome.memory > MEMORY:
        yield Finding("memory", f"{outcome.memory >> 20} MiB")
    for name in outcome.new:
        if not _is_wanted(case, name):
            yield Finding("left behind", re.sub(r"\d+", "N", name))
    if outcome.code in (0, GATE_FAILED) and _is_json(case):
        yield from _of_document(outcome.stdout)


def differences(case: Case, outcome: Outcome, other: Outcome) -> Iterator[Finding]:
    """Where two runs on the same rows do not agree."""
    codes = (outcome.code, other.code)
    if min(codes) < 0 or BUG in codes:
        return
    if codes[0] != codes[1]:
        yield Finding("another end", f"{codes[0]} and {codes[1]}")
    elif codes[0] in (0, GATE_FAILED) and _is_json(case):
        first, second = (_numbers(json.loads(one.stdout)) for one in (outcome, other))
        for name in first.keys() | second.keys():
            if first.get(name) != second.get(name):
                yield Finding("another number", name)


def _allowed(case: Case) -> tuple[int, ...]:
    own = (GATE_FAILED,) if case.command == "gate" else ()
    return (0, USAGE, BAD_DATA, STORAGE, *own)


def _place(errors: str) -> str:
    """The error of a traceback, and the last line of ce that was on its way."""
    places = re.findall(r'File "[^"]*/(ce_cli/[^"]+)", line \d+, in (\S+)', errors)
    lines = [
        line for line in errors.splitlines() if re.match(r"[\w.]+(Error|Exception|\w+)\b", line)
    ]
    error = re.sub(r"0x[0-9a-f]+|\d+", "N", lines[-1]) if lines else "?"
    return f"{error[:120]} in {' '.join(places[-1]) if places else '?'}"


def _of_messages(outcome: Outcome, errors: str) -> Iterator[Finding]:
    """What is wrong with the sentences on stderr."""
    if warned := re.search(r"\b\w+Warning: .*", errors):
        yield Finding("Python warning", re.sub(r"\d+", "N", warned[0])[:120])
    lines = errors.splitlines()
    if outcome.code in (USAGE, BAD_DATA, STORAGE):
        if not errors.strip():
            yield Finding("message", "empty")
        if outcome.stdout and outcome.code != STORAGE:
            yield Finding("message", "an error beside a result")
        if outcome.code != USAGE:
            for line in lines:
                if not line.startswith("ce: "):
                    yield Finding("message", f"not a sentence of ce: {line[:80]}")
                    break
    if len(lines) > MOST_LINES:
        yield Finding("message", f"more than {MOST_LINES} lines")
    if any(len(line) > LONGEST_LINE for line in lines):
        yield Finding("message", f"a line longer than {LONGEST_LINE} characters")
    for line in errors.split("\n"):
        if not line.isprintable():
            yield Finding("message", f"raw control characters: {line[:80]!r}")
            break


def _of_document(stdout: bytes) -> Iterator[Finding]:
    try:
        strict(stdout.decode())
    except (AssertionError, UnicodeDecodeError) as error:
        yield Finding("JSON", f"not strict: {error}"[:120])
    except json.JSONDecodeError as error:
        yield Finding("JSON", f"not JSON: {error.msg}")
    except ValidationError as error:
        yield Finding("JSON", f"not its schema: {error.json_path} {error.validator}")


def _is_json(case: Case) -> bool:
    """Whether stdout has to be a document."""
    words = case.arguments
    others = ("--output", "-o", "--per-row", "--report", "--init", "--help", "--format", "-f")
    return "--json" in words and not any(word.partition("=")[0] in others for word in words)


def _is_wanted(case: Case, name: str) -> bool:
    """Whether a new file is one that was requested."""
    if name == "ce.toml" and "--init" in case.arguments:
        return True
    config = (
        text.decode("utf-8", "replace") for file, text in case.files.items() if ".toml" in file
    )
    asked = (*case.arguments, *case.environment.values(), *config)
    return not name.startswith("tmp/") and any(name in text for text in asked)


def _numbers(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in SAME if name in document}
