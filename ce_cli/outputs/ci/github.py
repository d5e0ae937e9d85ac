"""Workflow commands of GitHub Actions: an annotation for each failed check, warning and verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from ce_cli.outputs.check_text import failed, failure_text, title_text, verdict_text, warnings
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.record import Record
from ce_cli.results.gate import Gated
from ce_cli.text import plural, sanitize

# GitHub shows this many annotations of each level for a step, and silently drops the others.
_SHOWN = 10
_LONGEST = 1000


class _Annotation(Record):
    title: str
    message: str


def render(result: Gated, canvas: Canvas) -> str:
    """One command a line: the errors, the warnings, and a notice for each verdict."""
    lines = [
        *_commands("error", list(_errors(result)), "failed check"),
        *_commands("warning", list(_warnings(result)), "warning"),
        *_commands("notice", list(_verdicts(result)), "gate"),
    ]
    return "".join(f"{line}\n" for line in lines)


def _errors(result: Gated) -> Iterator[_Annotation]:
    for gate in result.gates:
        name = sanitize(gate.name)
        if not gate.checks:
            yield _Annotation(name, verdict_text(gate))
        for check in failed(gate):
            reason = f"\n{sanitize(check.reason, _LONGEST)}" if check.reason else ""
            yield _Annotation(f"{name}: {title_text(check)}", failure_text(check) + reason)


def _warnings(result: Gated) -> Iterator[_Annotation]:
    for gate in result.gates:
        for note in warnings(gate):
            yield _Annotation(sanitize(gate.name), sanitize(note.message, _LONGEST))


def _verdicts(result: Gated) -> Iterator[_Annotation]:
    for gate in result.gates:
        yield _Annotation(sanitize(gate.name), verdict_text(gate))


def _commands(
    level: Literal["error", "warning", "notice"], annotations: Sequence[_Annotation], noun: str
) -> Iterator[str]:
    """As many as GitHub shows; if there are more, the last one counts them."""
    if len(annotations) > _SHOWN:
        rest = plural(len(annotations) - _SHOWN + 1, f"more {noun}")
        annotations = [*annotations[: _SHOWN - 1], _Annotation("ce gate", f"… and {rest}.")]
    for one in annotations:
        yield f"::{level} title={_property(one.title)}::{_data(one.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
