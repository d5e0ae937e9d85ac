"""The page of ``ce score``: what was read and bound, the cross-entropy, and other figures."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ce_cli import registry
from ce_cli.outputs.drawing.blocks import (
    Block,
    Grid,
    Line,
    Span,
    cell,
    reach,
    shortened,
    warning_lines,
)
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.numbers import figure_text, percent, shown, signed
from ce_cli.results.lines import ClusterCount, ConventionScore
from ce_cli.results.score import Interval, Result
from ce_cli.text import files_title, level_text, plural, sanitize

_COLUMNS = (  # any other figures come at the end of the last column
    (
        *("total", "perplexity", "bits_per_token", "bits_per_byte", "standard_error"),
        *("baseline", "normalized_cross_entropy", "skill"),
    ),
    ("min", "median", "p90", "p99", "max"),
    ("accuracy", "brier", "entropy", "kl_divergence"),
)
_ALWAYS = ("total", "standard_error", "median")  # in the default set, whatever the predictions
# A column of the table of groups shows the first of these figures that the groups have.
_OF_GROUPS = (("skill", "perplexity"), ("bits_per_byte", "bits_per_token"))
_CLASSES_SHOWN = 20
_GROUPS_SHOWN = 50
_PAGE = 80  # columns
_NARROWEST_WHY = 24
_OTHERS_OF_GROUPS = 5
_ROUNDING = 1e-12
_NEARLY = 0.995  # of the number of rows: the effective number is not shown beyond


def render(result: Result, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)


def blocks(result: Result) -> Iterator[Block]:
    """The page from top to bottom."""
    yield _inputs(result)
    yield bound(result)
    yield Line()
    if "cross_entropy" in result.metrics:
        yield _headline(result)
        yield Line()
    yield from _tables(result)
    if result.decomposition is not None:
        from ce_cli.outputs.pages import decomposition as decomposition_page

        yield from decomposition_page.blocks(result.decomposition, result.unit)
    yield from warning_lines(result.warnings)
    for why in dict.fromkeys(result.not_applicable.values()):
        names = [name for name, reason in result.not_applicable.items() if reason == why]
        verb = "does" if len(names) == 1 else "do"
        yield Line((Span("· ", "bold cyan"), Span(f"{', '.join(names)} {verb} not apply: {why}.")))
    yield Line((Span(result.signature, "dim"),))


def _tables(result: Result) -> Iterator[Block]:
    """All tables, each with a blank line after it."""
    yield from _companions(result)
    yield from _conventions(result)
    yield from _groups(result)
    if not result.conventions:
        yield from _per_class(result)
    yield from _worst(result)


def _inputs(result: Result) -> Line:
    read, scored = result.rows["read"], result.rows["scored"]
    rows = plural(scored, "row") if read == scored else f"{scored:,} of {plural(read, 'row')}"
    interval = result.intervals.get("cross_entropy")
    if result.cluster is not None:
        rows += clusters_of(result.cluster)
        rows += effectively(interval, result.cluster.count)
    else:
        rows += effectively(interval, scored)
    files = files_title(result.inputs)
    return Line((Span(files, "bold"), Span(f"  {rows} · {result.task}", "dim")))


def effectively(interval: Interval | None, count: int | None) -> str:
    """`` (effectively 31.4)`` where weights or clusters of unequal size make the number smaller."""
    if interval is None or interval.n is None or not count or not math.isfinite(interval.n):
        return ""
    few = shown(interval.n, 3)
    return f" (effectively {few})" if interval.n < _NEARLY * count else ""


def clusters_of(cluster: ClusterCount) -> str:
    """`` in 40 clusters by user``."""
    return f" in {plural(cluster.count, 'cluster')} by {sanitize(cluster.column)}"


def bound(result: Result) -> Line:
    """Which column has which role."""
    columns = result.columns
    by_values = {role for role, reason in columns.found_by if reason == "values"}
    roles = [(result.values, _predictions(result) + _note("predictions" in by_values))]
    if columns.label:
        names = [sanitize(name) for name in columns.label]
        file = columns.labels_from
        label = shortened(names, 4) + (f" from {file}" if file else "")
        label += _note("label" in by_values)
        roles.insert(0, ("label" if len(names) == 1 else "labels", label))
    single = (
        ("predicted class", columns.predicted_class),
        ("tokens", columns.tokens),
        ("weight", columns.weight),
        ("id", columns.id),
    )
    roles += [(role, sanitize(name) or "''") for role, name in single if name is not None]
    if columns.bytes is not None:
        encoding = " (UTF-8)" if columns.bytes_shape == "text" else ""
        roles.append(("bytes", sanitize(columns.bytes) + encoding))
    if columns.by:
        roles.append(("by", ", ".join(map(sanitize, columns.by))))
    spans: list[Span] = []
    for role, column in roles:
        spans += [Span(f"   {role} " if spans else f"{role} ", "dim"), Span(column, "cyan")]
    return Line(tuple(spans))


def _note(by_values: bool) -> str:
    """How columns were found, where their names do not show it."""
    return " (by its values)" if by_values else ""


def _predictions(result: Result) -> str:
    """Which prediction is for which class."""
    predictions, classes = result.columns.predictions, result.classes
    if len(predictions) == len(classes):
        pairs = zip(predictions, classes, strict=True)
        return shortened([f"{sanitize(column)} → {sanitize(name)}" for column, name in pairs], 4)
    if not classes:
        return f"{sanitize(predictions[0])} → observed outcome"
    if result.columns.predicted_class is not None:
        return f"{sanitize(predictions[0])} → predicted class"
    if result.columns.shape == "single":
        other = sanitize(classes[0])
        negation = other if other == f"not {classes[1]}" else f"not {other}"
        return f"{sanitize(predictions[0])} → {sanitize(classes[1])} ({negation})"
    return f"{sanitize(predictions[0])} → {shortened([sanitize(name) for name in classes], 6)}"


def _headline(result: Result) -> Line:
    spans = [
        Span("cross-entropy  "),
        Span(shown(result.metrics["cross_entropy"]), "bold green"),
        Span(f" {result.unit}", "green"),
    ]
    interval = result.intervals.get("cross_entropy")
    if interval is not None:
        level = level_text(interval.confidence)
        spans.append(Span(f"   {level} interval {reach(interval)}", "dim"))
    else:
        spans.append(Span("   --metric standard_error adds its interval", "dim"))
    return Line(tuple(spans))


def _companions(result: Result) -> Iterator[Block]:
    """The default figures side by side; other sets as a list, each figure with its interval."""
    others = [name for name in result.metrics if name != "cross_entropy"]
    if set(others) <= _usual() and set(_ALWAYS) <= set(others):
        if result.conventions:
            return
        columns = _columns(others)
        rows = [
            tuple(span for name in line for span in _figure(result, name))
            for line in zip_longest(*columns, fillvalue="")
        ]
        yield Grid((), (False, True) * len(columns), tuple(rows))
        yield Line()
    elif others:
        yield from _listed(result, others)
        yield Line()


def _usual() -> set[str]:
    """The default figures."""
    metrics = (metric for metric in registry.METRICS if not metric.extra)
    return {figure.name for metric in metrics for figure in metric.figures}


def _columns(names: Sequence[str]) -> list[list[str]]:
    """The figures by column of the page."""
    columns = [[name for name in column if name in names] for column in _COLUMNS]
    placed = {name for column in columns for name in column}
    columns[-1] += [name for name in names if name not in placed]
    return columns


def _figure(result: Result, name: str) -> tuple[Span, Span]:
    if not name:
        return Span(""), Span("")
    return Span(result.heading(name), "dim"), Span(figure_text(name, result.metrics[name]))


def _listed(result: Result, names: Sequence[str]) -> Iterator[Block]:
    """Figures with their intervals, and the methods of these."""
    own = {name: result.intervals[name] for name in names if name in result.intervals}
    rows = [(*_figure(result, name), _reach(name, own.get(name))) for name in names]
    if not own:
        yield Grid((), (False, True), tuple(row[:2] for row in rows))
        return
    level = f"{level_text(next(iter(own.values())).confidence)} interval"
    yield Grid(("metric", "value", level), (False, True, True), tuple(rows))
    yield Line()
    methods = dict.fromkeys(interval.method for interval in own.values())
    for method in methods:
        figures = ", ".join(name for name, interval in own.items() if interval.method == method)
        yield Line((Span(f"{figures}: {method}", "dim"),))


def _reach(name: str, interval: Interval | None, style: str = "dim") -> Span:
    if interval is None:
        return Span("")
    return Span(f"{figure_text(name, interval.low)} … {figure_text(name, interval.high)}", style)


def _conventions(result: Result) -> Iterator[Block]:
    """The table of conventions, with the reasons folded so that it fits 80 columns."""
    if not result.conventions:
        return
    from textwrap import wrap

    lines = [
        (line.convention, cell(line.cross_entropy), _difference(line))
        for line in result.conventions
    ]
    header = ("convention", "cross-entropy", "difference", "why")
    widths = [max(map(len, column)) for column in zip(header[:3], *lines, strict=True)]
    width = max(_NARROWEST_WHY, _PAGE - sum(widths) - 2 * len(widths))
    rows: list[tuple[Span, ...]] = []
    for cells, line in zip(lines, result.conventions, strict=True):
        why = wrap(line.why, width)
        rows.append(tuple(map(Span, (*cells, why[0]))))
        rows += [(Span(""), Span(""), Span(""), Span(more)) for more in why[1:]]
    yield Grid(header, (False, True, True, False), tuple(rows))
    yield Line()


def _difference(line: ConventionScore) -> str:
    """The difference with its sign; 0 if it is no larger than rounding errors."""
    if abs(line.difference) <= _ROUNDING * abs(line.cross_entropy):
        return "0"
    return signed(line.difference)


def _groups(result: Result) -> Iterator[Block]:
    """A line for each group: the mean loss with its interval, or else the chosen figures."""
    if not result.groups:
        return
    by = [sanitize(name) for name in result.columns.by]
    known = result.groups[0].metrics
    first = "cross_entropy" if "cross_entropy" in known else next(iter(known), "cross_entropy")
    others = [next((name for name in names if name in known), "") for names in _OF_GROUPS]
    if first != "cross_entropy":
        others = list(known)[1:_OTHERS_OF_GROUPS]
    more = [name for name in others if name]
    rows = [
        (
            *(Span("—" if key is None else sanitize(key)) for key in group.by.values()),
            Span(f"{group.rows:,}"),
            Span(figure_text(first, group.metrics.get(first, math.nan))),
            _reach(first, group.intervals.get(first), ""),
            *(Span(figure_text(name, group.metrics[name])) for name in more),
        )
        for group in result.groups[:_GROUPS_SHOWN]
    ]
    header = (*by, "rows", result.heading(first), "interval", *map(result.heading, more))
    right = (False,) * len(by) + (True,) * (3 + len(more))
    yield Grid(header, right, tuple(rows))
    yield from _rest(len(result.groups) - len(rows), "groups (--format csv shows all)")
    yield Line()


def _per_class(result: Result) -> Iterator[Block]:
    if not result.per_class:
        return
    rows: list[tuple[Span, ...]] = []
    for line in result.per_class[:_CLASSES_SHOWN]:
        name, loss = Span(sanitize(line.name)), Span(shown(line.cross_entropy))
        share = percent(line.weight_sum / result.weight_sum)
        ends = (Span(" … ".join(map(shown, line.interval))),) if line.interval else ()
        rows.append((name, Span(f"{line.rows:,}"), Span(share), loss, *ends))
    header: tuple[str, ...] = ("class", "rows", "share", "cross-entropy", "interval")
    if result.task == "multilabel":  # every row counts for every label
        rows = [(name, *figures) for name, _, _, *figures in rows]
        header = ("label", "cross-entropy", "interval")
    header = header[: len(rows[0])]
    yield Grid(header, (False, *(True for _ in header[1:])), tuple(rows))
    yield from _rest(len(result.per_class) - len(rows), "classes (--json shows all)")
    yield Line()


def _rest(count: int, noun: str) -> Iterator[Line]:
    """A line that counts those that are not shown."""
    if count > 0:
        yield Line((Span(f"… and {count:,} more {noun}", "dim"),))


def _worst(result: Result) -> Iterator[Block]:
    if not result.worst:
        return
    first = result.worst[0]
    rows = [tuple(Span(cell(value)) for value in line.values()) for line in result.worst]
    right = tuple(isinstance(value, int | float) for value in first.values())
    yield Grid(tuple(sanitize(name) for name in first), right, tuple(rows))
    yield Line()
