"""A comparison in Markdown: the verdict, the models, and their differences in all and by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import percent, shown
from ce_cli.outputs.pages.compare import MARKS, columns_of, model_parts, p_or_none, sentence
from ce_cli.results.compare import Compared, Comparison
from ce_cli.results.score import Interval

_MOVED = {"direction": "moved", "reference_loss": "reference"}


def render(result: Compared, canvas: Canvas) -> str:
    """The verdict, then every table."""
    verdicts = [
        f"**{MARKS[one.verdict].text.strip()} {escaped(sentence(one, result))}**"
        for one in result.comparisons
    ]
    parts = [*verdicts, _models(result), *_differences(result), *_moved(result)]
    parts += [f"> {escaped(warning.message)}" for warning in result.warnings]
    parts += [code(one) for one in dict.fromkeys(model.signature for model in result.models)]
    return "\n\n".join(parts) + "\n"


def _models(result: Compared) -> str:
    rows = [
        [
            escaped(model.name),
            escaped(", ".join(model.inputs)),
            escaped(columns_of(model)),
            shown(model.metrics["cross_entropy"]),
            _reach(model.intervals["cross_entropy"]),
        ]
        for model in result.models
    ]
    header = ["model", "files", model_parts(result), f"cross-entropy ({result.unit})", "interval"]
    return table(header, [False, False, False, True, True], rows)


def _differences(result: Compared) -> Iterator[str]:
    """A line for each comparison of all rows, then a line for each in every group."""
    header = ["difference", result.unit, "interval", "relative", "interval", "p", "lower loss in"]
    right = [False, *(True for _ in header[1:])]
    yield table(header, right, [_line(one) for one in result.comparisons])
    if result.groups:
        by = [escaped(name) for name in result.groups[0].by]
        lines = [
            [
                *("—" if key is None else escaped(key) for key in group.by.values()),
                f"{group.rows:,}",
                *_line(one),
                one.verdict,
            ]
            for group in result.groups
            for one in group.comparisons
        ]
        sides = [*(False for _ in by), True, *right, False]
        yield table([*by, "rows", *header, "verdict"], sides, lines)


def _line(one: Comparison) -> list[str]:
    return [
        f"{escaped(one.model)} − {escaped(one.reference)}",
        shown(one.difference["absolute"]),
        _reach(one.intervals["absolute"]),
        percent(one.difference["relative"]),
        _reach(one.intervals["relative"], in_percent=True),
        escaped(p_or_none(one.p_adjusted)),
        percent(one.win_rate),
    ]


def _reach(interval: Interval, in_percent: bool = False) -> str:
    formatted = percent if in_percent else shown
    return f"{formatted(interval.low)} … {formatted(interval.high)}"


def _moved(result: Compared) -> Sequence[str]:
    if not result.moved:
        return []
    names = list(result.moved[0])
    right = [isinstance(result.moved[0][name], int | float) for name in names]
    rows = [
        [escaped(shown(v) if isinstance(v, float) else "—" if v is None else str(v)) for v in line]
        for line in (list(one.values()) for one in result.moved)
    ]
    return [table([escaped(_MOVED.get(name, name)) for name in names], right, rows)]
