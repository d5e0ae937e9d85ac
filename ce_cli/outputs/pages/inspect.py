"""The page of ``ce inspect``: columns, classes, findings, and the next command to type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.numbers import figure_text, minus, percent, shown
from ce_cli.results.inspect import ClassSeen, ColumnSeen, Finding, Inspected
from ce_cli.text import files_title, harmless, plural, sanitize

_COLUMNS_SHOWN = 25
_CLASSES_SHOWN = 20
_VALUES_SHOWN = 3
_VALUES_WIDTH = 20
_SHORT = {"prediction": "pred"}
_MARKS = {
    "error": Span("✗ ", "bold red"),
    "warning": Span("! ", "bold yellow"),
    "note": Span("· ", "bold cyan"),
}


# Types of Arrow: the inner one of lists, the values of a dictionary, the outer one of any other.
_LISTS = r"(?:large_|fixed_size_)?list(?:_view)?<[^:]*: (\w+)"
_OTHERS = r"dictionary<values=(\w+)|(struct|map|timestamp|duration|extension|\w+_union)[<\[]"


def render(result: Inspected, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result), canvas)


def blocks(result: Inspected) -> Iterator[Block]:
    """The page from top to bottom."""
    yield _headline(result)
    yield Line()
    yield _columns(result.columns)
    yield Line()
    if result.classes:
        yield _classes(result.classes)
        yield Line()
    if result.figures:
        yield _figures(result)
        yield Line()
    yield _verdict(result.findings)
    for finding in result.findings:
        yield from _finding(finding)
    if result.next is not None:
        yield Line()
        yield Line((Span("next  ", "dim"), Span(harmless(result.next), "bold")), wrapped=False)


def _headline(result: Inspected) -> Line:
    read, usable = result.rows["read"], result.rows["usable"]
    rows = plural(read, "row")
    if result.task is not None and usable != read:
        rows += f", {usable:,} usable"
    kind = f" · {result.task}, {result.values}" if result.task else ""
    files = files_title(result.inputs)
    return Line((Span(files, "bold"), Span(f"  {result.format} · {rows}{kind}", "dim")))


def _columns(columns: Sequence[ColumnSeen]) -> Grid:
    # If not all columns can be shown, those with a role come first.
    chosen = columns
    if len(columns) > _COLUMNS_SHOWN:
        chosen = sorted(columns, key=lambda one: one.role is None)[:_COLUMNS_SHOWN]
    rows = [
        (
            Span(sanitize(one.name, 24), "cyan" if one.role else "dim"),
            Span(sanitize(_in_words(one.type), 16), "dim"),
            Span(_role(one)),
            Span("" if one.missing is None else f"{one.missing:,}", _missing_style(one)),
            Span(_values(one), "" if one.role else "dim"),
            Span(sanitize(one.why), "dim"),
        )
        for one in chosen
    ]
    more = len(columns) - len(rows)
    if more:
        rest = Span(f"… and {more:,} more", "dim")
        rows.append((rest, Span(""), Span(""), Span(""), Span(""), Span("")))
    header = ("column", "type", "role", "missing", "values", "why")
    return Grid(header, (False, False, False, True, False, False), tuple(rows))


def _in_words(type_: str) -> str:
    """A type of Arrow without what is inside it: ``list of double`` for ``list<item: double>``."""
    import re

    if found := re.match(_LISTS, type_):
        return f"list of {found[1]}"
    found = re.match(_OTHERS, type_)
    return type_ if found is None else found[1] or found[2]


def _missing_style(column: ColumnSeen) -> str:
    return "bold yellow" if column.missing and column.role else "dim"


def _role(column: ColumnSeen) -> str:
    if column.role is None:
        return "—"
    role = _SHORT.get(column.role, column.role)
    return column.role if column.of is None else f"{role} → {sanitize(column.of, 20)}"


def _values(column: ColumnSeen) -> str:
    few = [sanitize(text, 12) for text in column.values[:_VALUES_SHOWN]]
    if len(few) == len(column.values) > 0 and not column.more:
        whole = ", ".join(few)
        if len(whole) <= _VALUES_WIDTH:
            return whole
    if column.low is not None and column.high is not None:
        return f"{minus(f'{column.low:.5g}')} … {minus(f'{column.high:.5g}')}"
    while len(few) > 1 and len(", ".join(few)) > _VALUES_WIDTH - 3:
        few = few[:-1]
    return ", ".join(few) + (", …" if few else "")


def _classes(classes: Sequence[ClassSeen]) -> Grid:
    bound = [one.column for one in classes if one.column]
    other = f"not {bound[0]}" if bound else "—"
    rows = [
        (
            Span(sanitize(one.name, 24)),
            Span(sanitize(one.column or other, 24), "cyan" if one.column else "dim"),
            Span(f"{one.rows:,}"),
            Span(percent(one.share)),
            Span("—" if one.predicted is None else f"{one.predicted:,}"),
            Span(shown(one.cross_entropy)),
        )
        for one in classes[:_CLASSES_SHOWN]
    ]
    more = len(classes) - len(rows)
    if more:
        rest = Span(f"… and {more:,} more (--json shows all)", "dim")
        rows.append((rest, Span(""), Span(""), Span(""), Span(""), Span("")))
    header = ("class", "bound to", "rows", "share", "predicted", "loss")
    return Grid(header, (False, False, True, True, True, True), tuple(rows))


def _figures(result: Inspected) -> Line:
    figures = result.figures
    spans = [
        Span("cross-entropy ", "dim"),
        Span(shown(figures["cross_entropy"]), "green"),
        Span(" nats", "dim"),
    ]
    for name in ("baseline", "accuracy"):
        if name in figures:
            spans += [Span(f"   {name} ", "dim"), Span(figure_text(name, figures[name]))]
    if result.sums is not None:
        low, high = (f"{value:.5g}" for value in result.sums)
        spans += [Span("   rows sum to ", "dim"), Span(low if low == high else f"{low} … {high}")]
    return Line(tuple(spans))


def _verdict(findings: Sequence[Finding]) -> Line:
    if not findings:
        return Line((Span("✓ ", "bold green"), Span("No problems found.")))
    counts = [
        plural(sum(one.severity == severity for one in findings), severity)
        for severity in _MARKS
        if any(one.severity == severity for one in findings)
    ]
    return Line((Span("found ", "dim"), Span(", ".join(counts))))


def _finding(finding: Finding) -> Iterator[Line]:
    spans = [_MARKS[finding.severity], Span(finding.message)]
    if finding.rows and finding.severity != "error":
        word = "Row" if finding.count == 1 else "Rows"
        more = ", …" if len(finding.rows) < finding.count else ""
        rows = ", ".join(f"{row:,}" for row in finding.rows)
        spans.append(Span(f" {word} {rows}{more}.", "dim"))
    yield Line(tuple(spans))
    fix = finding.options or finding.command
    if fix is not None:
        yield Line((Span("  fix: ", "dim"), Span(harmless(fix), "green")), wrapped=False)
