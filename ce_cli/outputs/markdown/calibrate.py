"""A calibration in Markdown: the verdict, what was tried, and the gains by class and group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import shown, signed
from ce_cli.outputs.pages.calibrate import MARKS, SHOWN, parameters, sentence
from ce_cli.results.calibrate import Calibrated
from ce_cli.results.calibration_lines import Gain
from ce_cli.text import files_title, plural

_GAINS = ["rows", "before", "after", "gain", "standard error"]


def render(result: Calibrated, canvas: Canvas) -> str:
    """The verdict, then every table."""
    mark = MARKS[result.verdict].text.strip()
    rows = plural(result.rows["scored"], "row")
    parts = [
        f"**{mark} {escaped(sentence(result))}**",
        f"{escaped(files_title(result.inputs))}, {rows}, {result.task}",
        _tried(result),
    ]
    if numbers := parameters(result):
        parts.append(f"{result.method}: {escaped(numbers)}")
    parts += _parts(result) if result.verdict != "nothing" else ()
    parts += [f"> {escaped(warning.message)}" for warning in result.warnings]
    parts.append(code(result.signature))
    return "\n\n".join(parts) + "\n"


def _tried(result: Calibrated) -> str:
    lines = [
        [
            one.method,
            shown(one.after),
            signed(one.gain),
            shown(one.standard_error, 3),
            escaped(one.reason or ""),
        ]
        for one in result.tried
    ]
    header = ["method", f"cross-entropy ({result.unit})", "gain", "standard error", "not fitted"]
    return table(header, [False, True, True, True, False], lines)


def _parts(result: Calibrated) -> Iterator[str]:
    classes = [[escaped(one.name), *_line(one.rows, one)] for one in result.per_class]
    yield from _table(["class"], classes, "classes")
    if result.groups:
        lines = [
            [
                *("—" if key is None else escaped(key) for key in one.by.values()),
                *_line(one.rows, one),
            ]
            for one in result.groups
        ]
        yield from _table([escaped(name) for name in result.groups[0].by], lines, "groups")


def _table(names: Sequence[str], lines: Sequence[list[str]], noun: str) -> Iterator[str]:
    right = [*(False for _ in names), *(True for _ in _GAINS)]
    yield table([*names, *_GAINS], right, lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"… and {len(lines) - SHOWN:,} more {noun}"


def _line(rows: int, own: Gain) -> list[str]:
    return [
        f"{rows:,}",
        shown(own.before),
        shown(own.after),
        signed(own.gain),
        shown(own.standard_error, 3),
    ]
