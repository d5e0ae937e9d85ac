"""The page of ``ce compare``: the models, their differences in all and by group, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span, cell, shortened, warning_lines
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.numbers import percent, shown
from ce_cli.outputs.pages.score import clusters_of
from ce_cli.results.compare import Compared, ComparedGroup, Comparison, Model
from ce_cli.results.score import Interval
from ce_cli.text import display_name, level_text, plural, sanitize

_GROUPS_SHOWN = 50
MARKS = {
    "better": Span("✓ ", "bold green"),
    "worse": Span("✗ ", "bold red"),
    "same": Span("= ", "bold cyan"),
    "unclear": Span("· ", "bold cyan"),
}
_STYLES = {"better": "green", "worse": "red", "same": "", "unclear": "dim"}


def render(result: Compared, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)


def blocks(result: Compared) -> Iterator[Block]:
    """The page from top to bottom."""
    yield _headline(result)
    yield Line()
    yield _models(result)
    yield Line()
    for one in result.comparisons:
        yield _difference(one, result.unit)
        yield _companions(one, result)
        yield Line()
    yield from _groups(result)
    yield from _moved(result)
    yield from warning_lines(result.warnings)
    for one in result.comparisons:
        yield Line((MARKS[one.verdict], Span(sentence(one, result), "bold")))
    for signature in dict.fromkeys(model.signature for model in result.models):
        yield Line((Span(signature, "dim"),))


def sentence(one: Comparison, result: Compared) -> str:
    """The verdict on a model, in words."""
    model, reference = sanitize(one.model), sanitize(one.reference)
    if one.verdict == "same":
        rounding = "" if one.tie_rate == 1.0 else ", but for rounding"
        return f"{model} and {reference} give every row the same loss{rounding}."
    if one.verdict in ("better", "worse"):
        return f"{model} is {one.verdict} than {reference}{_how_sure(one, result)}."
    if math.isnan(one.difference["absolute"]):
        return f"{model} and {reference} cannot be compared: both have infinite losses."
    undecided = f"{model} and {reference} are too close to call"
    if one.more_rows is None:
        return f"{undecided}."
    rows = "more row" if one.more_rows == 1 else "more rows"
    clusters = "" if result.cluster is None else ", in clusters as large as these,"
    return (
        f"{undecided}: about {_rounded(one.more_rows)} {rows}{clusters} would be needed to detect "
        "a difference of this size."
    )


def _how_sure(one: Comparison, result: Compared) -> str:
    if math.isnan(one.p_adjusted):
        return ""
    several = len(result.comparisons) > 1
    adjusted = f", adjusted for {len(result.comparisons)} comparisons" if several else ""
    return f" ({p_value(one.p_adjusted)}{adjusted})"


def p_value(p: float) -> str:
    """``p = 0.012``, or ``p < 0.0001``."""
    return "p < 0.0001" if p < 0.0001 else f"p = {shown(p, 2)}"


def _rounded(count: int) -> str:
    """The number rounded to two digits, since it is an estimate."""
    digits = max(0, len(str(count)) - 2)
    return f"{round(count, -digits):,}"


def _headline(result: Compared) -> Line:
    files = dict.fromkeys(display_name(name) for model in result.models for name in model.inputs)
    names = list(files)
    listed = ", ".join(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"
    rows = plural(result.rows["compared"], "row")
    if result.cluster is not None:
        rows += clusters_of(result.cluster)
    matched = {
        "order": ", matched by row order",
        "id": f", matched by {result.join['column']}",
        "file": "",
    }[result.join["by"]]
    title = f"  {rows} · {result.task}{sanitize(matched, 80)}"
    return Line((Span(listed, "bold"), Span(title, "dim")))


def _models(result: Compared) -> Grid:
    level = f"{level_text(result.confidence)} interval"
    rows = [
        (
            Span(sanitize(model.name, 30), "bold" if model.name == result.reference else ""),
            Span(columns_of(model), "cyan"),
            Span(shown(model.metrics["cross_entropy"])),
            Span(between(model.intervals["cross_entropy"]), "dim"),
        )
        for model in result.models
    ]
    header = ("model", model_parts(result), f"cross-entropy ({result.unit})", level)
    return Grid(header, (False, False, True, True), tuple(rows))


def model_parts(result: Compared) -> str:
    """The kind of the predictions, if it is the same for all models."""
    kinds = {model.values for model in result.models}
    return kinds.pop() if len(kinds) == 1 else "predictions"


def columns_of(model: Model) -> str:
    """The columns of the predictions, and the class of a single one that separates two."""
    own = model.columns
    if own.positive is not None:
        return f"{sanitize(own.predictions[0], 16)} → {sanitize(own.positive, 16)}"
    names = [sanitize(name, 16) for name in model.columns.predictions]
    return shortened(names, 3, "classes")


def _difference(one: Comparison, unit: str) -> Grid:
    lines = [("absolute", unit, shown), ("relative", "relative", share)]
    if unit != "bits":
        lines.append(("bits", "bits", shown))
    rows = [
        (
            Span(label, "dim"),
            Span(formatted(one.difference[name]), "bold" if name == "absolute" else ""),
            Span(between(one.intervals[name], formatted), "dim"),
        )
        for name, label, formatted in lines
    ]
    title = f"{sanitize(one.model, 30)} − {sanitize(one.reference, 30)}"
    level = f"{level_text(one.intervals['absolute'].confidence)} interval"
    return Grid((title, "difference", level), (False, True, True), tuple(rows))


def share(value: float) -> str:
    """A relative difference, which may be tiny: ``−8.32 %``, ``0.0012 %``."""
    return f"{shown(100 * value, 3)} %" if math.isfinite(value) else shown(value)


def between(interval: Interval, formatted: Callable[[float], str] = shown) -> str:
    """An interval from its lower to its upper end; a dash if it has none."""
    if math.isnan(interval.low) and math.isnan(interval.high):
        return "—"
    return f"{formatted(interval.low)} … {formatted(interval.high)}"


def _companions(one: Comparison, result: Compared) -> Line:
    spans = [Span(f"{result.test} ", "dim"), Span(p_or_none(one.p_adjusted))]
    if one.p_adjusted != one.p_value and not math.isnan(one.p_adjusted):
        spans.append(Span(", adjusted for the number of comparisons", "dim"))
    weighted = result.weight_sum != result.rows["compared"]
    if not math.isnan(one.win_rate):
        spans += [
            Span("   lower loss in ", "dim"),
            Span(percent(one.win_rate)),
            Span(f" of the {'weight' if weighted else 'rows'}", "dim"),
        ]
        if one.tie_rate:
            spans += [Span(", the same in ", "dim"), Span(percent(one.tie_rate))]
    return Line(tuple(spans))


def p_or_none(p: float) -> str:
    """A p-value; a dash if there is none."""
    return "—" if math.isnan(p) else p_value(p)


def _groups(result: Compared) -> Iterator[Block]:
    if not result.groups:
        return
    lines = [
        line
        for group in result.groups[:_GROUPS_SHOWN]
        for line in _group_lines(group, result.reference)
    ]
    several = len(result.models) > 2
    by = [sanitize(name) for name in result.groups[0].by]
    header = (*by, *(["model"] if several else []), "rows", result.reference)
    header = (*header, "cross-entropy" if several else result.models[1].name)
    header = (*map(sanitize, header), "difference", "interval", "verdict")
    rows = [line if several else (*line[: len(by)], *line[len(by) + 1 :]) for line in lines]
    left = len(by) + several
    right = (*(False for _ in range(left)), *(True for _ in range(5)), False)
    yield Grid(tuple(header), right, tuple(rows))
    yield from _below_groups(result)
    yield Line()


def _group_lines(group: ComparedGroup, reference: str) -> Iterator[tuple[Span, ...]]:
    for one in group.comparisons:
        yield (
            *(Span("—" if key is None else sanitize(key)) for key in group.by.values()),
            Span(sanitize(one.model)),
            Span(f"{group.rows:,}"),
            Span(shown(group.metrics[reference]["cross_entropy"])),
            Span(shown(group.metrics[one.model]["cross_entropy"])),
            Span(shown(one.difference["absolute"])),
            Span(between(one.intervals["absolute"]), "dim"),
            Span(one.verdict, _STYLES[one.verdict]),
        )


def _below_groups(result: Compared) -> Iterator[Line]:
    """How many groups are not shown, and why a verdict may not agree with its interval."""
    more = len(result.groups) - _GROUPS_SHOWN
    if more > 0:
        yield Line((Span(f"… and {plural(more, 'more group')} (--format csv shows all)", "dim"),))
    count = len(result.groups) * len(result.comparisons)
    if count > 1:
        note = f"Verdicts are adjusted for {count:,} comparisons; each interval is for one alone."
        yield Line((Span(note, "dim"),))


def _moved(result: Compared) -> Iterator[Block]:
    if not result.moved:
        return
    drop = () if len(result.models) > 2 else ("model",)
    header = [name for name in result.moved[0] if name not in drop]
    rows = [
        tuple(Span(cell(value)) for value in own)
        for own in ([line[name] for name in header] for line in result.moved)
    ]
    right = tuple(isinstance(result.moved[0][name], int | float) for name in header)
    yield Grid(tuple(map(_title, header)), right, tuple(rows))
    yield Line()


def _title(name: str) -> str:
    return {"direction": "moved", "reference_loss": "reference"}.get(name, sanitize(name))
