"""The table that people read: what was read, what was bound, the number, and its companions."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ce_cli.outputs.canvas import Canvas
from ce_cli.outputs.numbers import percent, shown
from ce_cli.result import Interval, Result, Scalar
from ce_cli.text import counted, sanitize

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


def render(result: Result, canvas: Canvas) -> str:
    """The whole page."""
    text = io.StringIO()
    console = Console(
        file=text,
        width=canvas.width,
        force_terminal=canvas.colour,
        color_system="standard" if canvas.colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for block in _blocks(result):
        console.print(block, soft_wrap=isinstance(block, Text))
    return text.getvalue()


def _blocks(result: Result) -> Iterator[Text | Table]:
    yield _inputs(result)
    yield _bound(result)
    yield Text()
    if "cross_entropy" in result.metrics:
        yield _headline(result)
        yield Text()
    if companions := _companions(result):
        yield companions
        yield Text()
    for table in (_groups(result), _per_class(result), _worst(result)):
        if table is not None:
            yield table
            yield Text()
    for warning in result.warnings:
        rows = f" Rows {', '.join(f'{row:,}' for row in warning.rows)}" if warning.rows else ""
        more = ", …" if len(warning.rows) < warning.count else ""
        yield Text.assemble(
            ("! ", "bold yellow"), warning.message, (f"{rows}{more}." if rows else "", "dim")
        )
    yield Text(result.signature, style="dim")


def _inputs(result: Result) -> Text:
    names = [sanitize(name, 200) for name in result.inputs]
    title = (
        names[0] if len(names) == 1 else f"{names[0]} and {counted(len(names) - 1, 'more file')}"
    )
    rows = result.rows
    facts = [counted(rows["scored"], "row")]
    if rows["scored"] != rows["read"]:
        facts[0] = f"{rows['scored']:,} of {counted(rows['read'], 'row')}"
    return Text.assemble((title, "bold"), "  ", (" · ".join([*facts, result.task]), "dim"))


def _bound(result: Result) -> Text:
    columns = result.columns
    parts = [("label ", "dim"), (sanitize(columns["label"][0]), "cyan"), ("   ", "")]
    parts += [(f"{result.values} ", "dim"), (_predictions(result), "cyan")]
    for part in ("weight", "id"):
        if columns[part]:
            parts += [(f"   {part} ", "dim"), (sanitize(columns[part]), "cyan")]
    if columns["by"]:
        parts += [("   by ", "dim"), (", ".join(map(sanitize, columns["by"])), "cyan")]
    return Text.assemble(*parts)


def _predictions(result: Result) -> str:
    """Which prediction is for which class."""
    predictions, classes = result.columns["predictions"], result.classes
    if len(predictions) == len(classes):
        pairs = zip(predictions, classes, strict=True)
        return _some([f"{sanitize(column)} → {sanitize(name)}" for column, name in pairs], 4)
    if len(classes) == 2 and result.columns["shape"] == "single":
        return f"{sanitize(predictions[0])} → {sanitize(classes[1])} (not {sanitize(classes[0])})"
    return f"{sanitize(predictions[0])} → {_some([sanitize(name) for name in classes], 6)}"


def _some(items: Sequence[str], most: int) -> str:
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[: most - 1])}, … {items[-1]} ({len(items)} classes)"


def _headline(result: Result) -> Text:
    value = Text.assemble(
        ("cross-entropy  ", ""),
        (shown(result.metrics["cross_entropy"]), "bold green"),
        (f" {result.unit}", "green"),
    )
    interval = result.intervals.get("cross_entropy")
    if interval is not None:
        value.append(f"   {_interval(interval)}", "dim")
    return value


def _interval(interval: Interval) -> str:
    level = f"{100 * interval.confidence:.10g} %"
    return f"{level} interval {shown(interval.low)} … {shown(interval.high)}"


def _companions(result: Result) -> Table | None:
    columns = [
        [(name, result.metrics[name]) for name in names if name in result.metrics]
        for names in _COLUMNS
    ]
    known = {name for names in _COLUMNS for name in names} | {"cross_entropy"}
    columns.append([item for item in result.metrics.items() if item[0] not in known])
    columns = [column for column in columns if column]
    if not columns:
        return None
    grid = Table.grid(padding=(0, 2))
    for _ in columns:
        grid.add_column(style="dim")
        grid.add_column(justify="right")
    for line in range(max(map(len, columns))):
        cells: list[str] = []
        for column in columns:
            name, value = column[line] if line < len(column) else ("", None)
            cells += [_LABELS.get(name, name), "" if value is None else _metric(name, value)]
        grid.add_row(*cells)
    return grid


def _metric(name: str, value: float) -> str:
    return percent(value) if name in _PERCENT else shown(value)


def _groups(result: Result) -> Table | None:
    if not result.groups:
        return None
    table = _table()
    for name in result.columns["by"]:
        table.add_column(Text(sanitize(name)))
    for name in ("rows", "cross-entropy", "interval", "skill"):
        table.add_column(name, justify="right")
    for group in result.groups[:_GROUPS_SHOWN]:
        interval = group.intervals.get("cross_entropy")
        table.add_row(
            *(Text("—" if value is None else sanitize(value)) for value in group.by.values()),
            f"{group.rows:,}",
            shown(group.metrics.get("cross_entropy", float("nan"))),
            f"{shown(interval.low)} … {shown(interval.high)}" if interval else "",
            percent(group.metrics.get("skill", float("nan"))),
        )
    _count_rest(table, len(result.groups), _GROUPS_SHOWN, "group", "--format csv shows all")
    return table


def _per_class(result: Result) -> Table | None:
    if not result.per_class:
        return None
    table = _table()
    table.add_column("class")
    for name in ("rows", "share", "cross-entropy"):
        table.add_column(name, justify="right")
    for line in result.per_class[:_CLASSES_SHOWN]:
        weight, mean = line["weight_sum"], line["cross_entropy"]
        table.add_row(
            Text(sanitize(str(line["class"]))),
            f"{line['rows']:,}",
            percent(float(weight or 0.0) / result.weight_sum),
            shown(float("nan") if mean is None else float(mean)),
        )
    _count_rest(table, len(result.per_class), _CLASSES_SHOWN, "class", "--json shows all")
    return table


def _worst(result: Result) -> Table | None:
    if not result.worst:
        return None
    table = _table()
    for name, value in result.worst[0].items():
        table.add_column(name, justify="right" if isinstance(value, int | float) else "left")
    for line in result.worst:
        table.add_row(*(Text(_cell(value)) for value in line.values()))
    return table


def _cell(value: Scalar) -> str:
    if isinstance(value, float):
        return shown(value)
    return "—" if value is None else sanitize(str(value))


def _table() -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")


def _count_rest(table: Table, count: int, most: int, noun: str, how: str) -> None:
    if count > most:
        nouns = noun + ("es" if noun.endswith("s") else "s")
        table.add_row(Text(f"… and {count - most:,} more {nouns} ({how})", style="dim"))
