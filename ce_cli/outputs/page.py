"""What the page for people says: what was read and bound, the number, and its companions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.numbers import percent, shown
from ce_cli.result import Interval, Note, Result, Scalar
from ce_cli.text import counted, display_name, sanitize
from ce_cli.value import Value


class Span(Value):
    """Some text in one style, of those that rich knows by name."""

    text: str
    style: str = ""


class Line(Value):
    """Text that a terminal may wrap."""

    spans: tuple[Span, ...] = ()


class Grid(Value):
    """Cells in columns.

    Attributes
    ----------
    header : tuple of str
        Column names; none for a grid without a header.
    right : tuple of bool
        Which columns are aligned to the right.
    rows : tuple of tuple of Span
        As many cells as columns, each.
    """

    header: tuple[str, ...]
    right: tuple[bool, ...]
    rows: tuple[tuple[Span, ...], ...]


Block = Line | Grid

_COLUMNS = (
    ("total", "perplexity", "standard_error", "baseline", "normalized_cross_entropy", "skill"),
    ("min", "median", "p90", "p99", "max"),
    ("accuracy", "brier", "entropy", "kl_divergence"),
)
_PERCENT = ("skill", "accuracy")
_LABELS = {
    "standard_error": "standard error",
    "normalized_cross_entropy": "normalized",
    "kl_divergence": "KL divergence",
}
_CLASSES_SHOWN = 20
_GROUPS_SHOWN = 50


def blocks(result: Result) -> Iterator[Block]:
    """The page from top to bottom."""
    yield _inputs(result)
    yield bound(result)
    yield Line()
    if "cross_entropy" in result.metrics:
        yield _headline(result)
        yield Line()
    for grid in (_companions(result), _groups(result), _per_class(result), _worst(result)):
        if grid is not None:
            yield grid
            yield Line()
    if result.decomposition is not None:
        from ce_cli.outputs import decomposition_page

        yield from decomposition_page.blocks(result.decomposition, result.unit)
    yield from noted(result.warnings)
    for name, why in result.not_applicable.items():
        yield Line((Span("· ", "bold cyan"), Span(f"{name} does not apply: {why}.")))
    yield Line((Span(result.signature, "dim"),))


def noted(warnings: Sequence[Note]) -> Iterator[Line]:
    """Warnings, with the first rows that they are about."""
    for warning in warnings:
        word = "Row" if warning.count == 1 else "Rows"
        rows = f" {word} {', '.join(f'{row:,}' for row in warning.rows)}" if warning.rows else ""
        more = ", …" if len(warning.rows) < warning.count else ""
        place = f"{rows}{more}." if rows else ""
        yield Line((Span("! ", "bold yellow"), Span(warning.message), Span(place, "dim")))


def _inputs(result: Result) -> Line:
    names = [display_name(name) for name in result.inputs]
    more = f" and {counted(len(names) - 1, 'more file')}" if len(names) > 1 else ""
    read, scored = result.rows["read"], result.rows["scored"]
    rows = counted(scored, "row") if read == scored else f"{scored:,} of {counted(read, 'row')}"
    return Line((Span(names[0] + more, "bold"), Span(f"  {rows} · {result.task}", "dim")))


def bound(result: Result) -> Line:
    """Which column plays which part."""
    columns = result.columns
    parts = [(result.values, _predictions(result))]
    if columns["label"]:
        names = [sanitize(name) for name in columns["label"]]
        file = columns["labels_from"]
        shown = shortened(names, 4) + (f" of {file}" if file else "")
        parts.insert(0, ("label" if len(names) == 1 else "labels", shown))
    parts += [(part, sanitize(columns[part])) for part in ("weight", "id") if columns[part]]
    if columns["by"]:
        parts.append(("by", ", ".join(map(sanitize, columns["by"]))))
    spans: list[Span] = []
    for part, column in parts:
        spans += [Span(f"   {part} " if spans else f"{part} ", "dim"), Span(column, "cyan")]
    return Line(tuple(spans))


def _predictions(result: Result) -> str:
    """Which prediction is for which class."""
    predictions, classes = result.columns["predictions"], result.classes
    if len(predictions) == len(classes):
        pairs = zip(predictions, classes, strict=True)
        return shortened([f"{sanitize(column)} → {sanitize(name)}" for column, name in pairs], 4)
    if not classes:
        return f"{sanitize(predictions[0])} → what happened"
    if result.columns["shape"] == "single":
        other = sanitize(classes[0])
        negation = other if other == f"not {classes[1]}" else f"not {other}"
        return f"{sanitize(predictions[0])} → {sanitize(classes[1])} ({negation})"
    return f"{sanitize(predictions[0])} → {shortened([sanitize(name) for name in classes], 6)}"


def shortened(items: Sequence[str], most: int, noun: str = "classes") -> str:
    """Items between commas; of many, the first and the last."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[: most - 1])}, … {items[-1]} ({len(items)} {noun})"


def _headline(result: Result) -> Line:
    spans = [
        Span("cross-entropy  "),
        Span(shown(result.metrics["cross_entropy"]), "bold green"),
        Span(f" {result.unit}", "green"),
    ]
    interval = result.intervals.get("cross_entropy")
    if interval is not None:
        level = f"{100 * interval.confidence:.10g} %"
        spans.append(Span(f"   {level} interval {reach(interval)}", "dim"))
    return Line(tuple(spans))


def reach(interval: Interval | None) -> str:
    """From the lower to the upper bound."""
    return f"{shown(interval.low)} … {shown(interval.high)}" if interval else ""


def _companions(result: Result) -> Grid | None:
    known = {name for names in _COLUMNS for name in names} | {"cross_entropy"}
    others = tuple(name for name in result.metrics if name not in known)
    columns = [
        [(name, result.metrics[name]) for name in names if name in result.metrics]
        for names in (*_COLUMNS, others)
    ]
    columns = [column for column in columns if column]
    if not columns:
        return None
    rows = []
    for place in range(max(map(len, columns))):
        cells: list[Span] = []
        for column in columns:
            name, value = column[place] if place < len(column) else ("", None)
            cells += [
                Span(_LABELS.get(name, name), "dim"),
                Span("" if value is None else _metric(name, value)),
            ]
        rows.append(tuple(cells))
    return Grid((), (False, True) * len(columns), tuple(rows))


def _metric(name: str, value: float) -> str:
    return percent(value) if name in _PERCENT else shown(value)


def _groups(result: Result) -> Grid | None:
    if not result.groups:
        return None
    by = [sanitize(name) for name in result.columns["by"]]
    rows = [
        (
            *(Span("—" if key is None else sanitize(key)) for key in group.by.values()),
            Span(f"{group.rows:,}"),
            Span(shown(group.metrics.get("cross_entropy", math.nan))),
            Span(reach(group.intervals.get("cross_entropy"))),
            Span(percent(group.metrics.get("skill", math.nan))),
        )
        for group in result.groups[:_GROUPS_SHOWN]
    ]
    header = (*by, "rows", "cross-entropy", "interval", "skill")
    right = (False,) * len(by) + (True,) * 4
    return _grid(header, right, rows, len(result.groups), "groups (--format csv shows all)")


def _per_class(result: Result) -> Grid | None:
    if not result.per_class:
        return None
    rows: list[tuple[Span, ...]] = []
    for line in result.per_class[:_CLASSES_SHOWN]:
        name, loss = Span(sanitize(str(line["class"]))), Span(cell(line["cross_entropy"]))
        share = percent(float(line["weight_sum"] or 0.0) / result.weight_sum)
        rows.append((name, Span(f"{line['rows']:,}"), Span(share), loss))
    header: tuple[str, ...] = ("class", "rows", "share", "cross-entropy")
    if result.task == "multilabel":  # every row counts for every label
        rows = [(name, loss) for name, _, _, loss in rows]
        header = ("label", "cross-entropy")
    right = (False, *(True for _ in header[1:]))
    return _grid(header, right, rows, len(result.per_class), "classes (--json shows all)")


def _worst(result: Result) -> Grid | None:
    if not result.worst:
        return None
    first = result.worst[0]
    rows = [tuple(Span(cell(value)) for value in line.values()) for line in result.worst]
    header = tuple(sanitize(name) for name in first)
    return Grid(
        header, tuple(isinstance(value, int | float) for value in first.values()), tuple(rows)
    )


def cell(value: Scalar) -> str:
    """A value in a table for people."""
    if isinstance(value, float):
        return shown(value)
    return "—" if value is None else sanitize(f"{value:,}" if isinstance(value, int) else value)


def _grid(
    header: tuple[str, ...],
    right: tuple[bool, ...],
    rows: Sequence[tuple[Span, ...]],
    count: int,
    noun: str,
) -> Grid:
    """A grid with a last line that counts what is not shown."""
    if count > len(rows):
        rest = Span(f"… and {count - len(rows):,} more {noun}", "dim")
        rows = (*rows, (rest, *(Span("") for _ in header[1:])))
    return Grid(header, right, tuple(rows))
