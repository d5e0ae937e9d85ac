"""The page of typed distributions: the entropy of one, or several predictions side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.bars import bar
from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span
from ce_cli.outputs.drawing.plain import width_of
from ce_cli.outputs.numbers import percent, shown
from ce_cli.outputs.pages import explain_curves as curves
from ce_cli.outputs.pages import explain_formulas as formulas
from ce_cli.results.explain import ClassTerm, Compared, Explained
from ce_cli.text import plural, sanitize

INFINITE = "q is 0 where p is not: without clipping the loss is infinite (--clip none)."
_DIVIDE = "--on-bad-sum renormalize --sum-tolerance 0"
_CLASSES_SHOWN = 12
_NAME = 14
_GAP = 2
_LONGEST_BAR, _SHORTEST_BAR = 24, 4
_DIGITS = 4
_GRID = 33  # columns that names and entropies take before those of the predictions

Columns = list[tuple[str, bool, list[Span]]]  # name, whether it is aligned to the right, cells


def is_infinite(part: ClassTerm) -> bool:
    """Whether the loss would be infinite if the prediction of this class were not clipped."""
    label = part.label or 0.0
    if part.otherwise is not None and label < 1 and part.prediction == 1:
        return True
    return label > 0 and part.prediction == 0


def blocks(result: Explained, columns: int) -> Iterator[Block]:
    """The page from top to bottom, `columns` wide."""
    if not result.parts:
        yield Line((Span("entropy of two classes", "bold"),))
        yield Line()
    elif result.predictions:
        yield from _side_by_side(result, columns)
    else:
        yield from _of_the_label(result, columns)
    yield from curves.blocks(result, columns)
    yield Line((Span(result.signature, "dim"),))


def _headline(result: Explained) -> Iterator[Line]:
    count = len(result.predictions)
    more = f" · {plural(count, 'prediction')}" if count else ""
    yield Line((Span("typed numbers", "bold"), Span(f"  {result.task}{more}", "dim")))
    yield Line()


def _sentence(text: str) -> Line:
    return Line((Span(text, "italic dim"),))


def _note(text: str) -> Line:
    return Line((Span("! ", "bold yellow"), Span(text)))


def _cell(value: float | None) -> Span:
    if value is None:
        return Span("")
    return Span("1" if value == 1 else shown(value, _DIGITS))


def _smoothed(result: Explained) -> Iterator[Line]:
    if result.smoothing:
        share = percent(result.smoothing)
        yield _note(f"smoothed: {share} of the label is spread over all classes.")


def sums(result: Explained) -> Iterator[Line]:
    """Notes on typed numbers whose sum differs from 1, though not by more than people round."""
    if result.row is not None or result.task in ("multilabel", "likelihood"):
        return
    columns = [("p", [part.label for part in result.parts])]
    if not math.isnan(result.cross_entropy):
        columns.append(("q", [part.prediction for part in result.parts]))
    columns += [(one.name, [part.prediction for part in one.parts]) for one in result.predictions]
    for name, values in columns:
        if not formulas.sums_to_one(values):
            total = math.fsum(value or 0.0 for value in values)
            yield _note(f"{name} sums to {total:.6g}, not 1; divide: {_DIVIDE}")


# The entropy of a distribution


def _of_the_label(result: Explained, columns: int) -> Iterator[Block]:
    yield from _headline(result)
    shown_parts = _chosen(result.parts)
    yield _grid(_label_columns(result, shown_parts, columns), len(result.parts))
    log = formulas.LOGS[result.unit]
    if result.task != "multilabel":
        yield _sentence(f"surprisal: −{log} p in {result.unit}: the rarer a class, the larger.")
    yield from _smoothed(result)
    yield from sums(result)
    yield Line()
    yield from _entropy(result, columns)
    yield Line()
    yield _perplexity(result, columns)
    yield _sentence(f"For every prediction q, {formulas.EQUALITY}.")
    yield Line()


def _label_columns(result: Explained, parts: Sequence[ClassTerm], columns: int) -> Columns:
    independent = result.task == "multilabel"
    found: Columns = [("label" if independent else "class", False, _names(parts))]
    if any(part.stated != part.label for part in parts):
        found.append(("unsmoothed", True, [_cell(part.stated) for part in parts]))
    found.append(("label p", True, [_cell(part.label) for part in parts]))
    place = len(found)
    found.append(("−log p" if independent else "surprisal", True, _cells(parts, "surprisal")))
    if independent:
        found.append(("−log(1−p)", True, _cells(parts, "otherwise")))
    name = "entropy" if independent else "p · surprisal"
    found.append((name, True, _cells(parts, "product")))
    return _with_bars(found, {place: ([part.label or 0.0 for part in parts], "cyan")}, columns)


def _cells(parts: Sequence[ClassTerm], field: str) -> list[Span]:
    return [_cell(getattr(part, field)) for part in parts]


def _entropy(result: Explained, columns: int) -> Iterator[Line]:
    """The entropy as a formula, and with its numbers."""
    value = f"{shown(result.entropy)} {result.unit}"
    room = columns - len("H(p) = ") - len(value) - len(" = ")
    steps = [*formulas.entropy_steps(result, room), value]
    *above, last = formulas.equations("H(p)", steps, columns)
    for line in above:
        yield Line((Span(line),))
    yield Line((Span(last.removesuffix(value)), Span(value, "bold green")))


def _perplexity(result: Explained, columns: int) -> Grid:
    """The entropy beside that of a uniform distribution, and what it means."""
    base, log = formulas.BASES[result.unit], formulas.LOGS[result.unit]
    count = 2 if result.task == "multilabel" else len(result.parts)
    scale = {"nats": 1.0, "bits": math.log(2), "bans": math.log(10)}[result.unit]
    highest = math.log(count) / scale
    values = shown(result.entropy), shown(highest), shown(result.perplexity)
    meaning = f"as uncertain as {shown(result.perplexity, 3)} equally likely classes"
    names = "H(p)", f"{log} {count}", f"{base}^H(p)"
    width = columns - len("perplexity") - max(map(len, names)) - max(map(len, values)) - 3 * _GAP
    width = max(_SHORTEST_BAR, min(2 * _LONGEST_BAR, width))
    share = result.entropy / highest if highest else 0.0
    cells = Span(bar(share, width), "cyan"), Span(bar(1.0, width), "dim"), Span(meaning, "dim")
    titles = "entropy", "uniform", "perplexity"
    rows = [
        (Span(title), Span(name, "dim"), Span(value, "bold" if title == "entropy" else ""), one)
        for title, name, value, one in zip(titles, names, values, cells, strict=True)
    ]
    return Grid((), (False, False, True, False), tuple(rows))


# Several predictions


def _side_by_side(result: Explained, columns: int) -> Iterator[Block]:
    yield from _headline(result)
    for some in _groups(result.predictions, columns):
        yield _grid(_class_columns(result, some, columns), len(result.parts))
        yield Line()
        yield _figures(result, some)
        yield Line()
    notes = list(changed(result))
    yield from [*notes, Line()] if notes else ()
    log = formulas.LOGS[result.unit]
    symbols = f"Σ p · {log} 1/q"
    if result.task == "multilabel":
        symbols = f"mean of −[p · {log} q + (1 − p) · {log}(1 − q)]"
    yield Line((Span(f"H(p, q) = {symbols} = H(p) + KL(p‖q)"),))
    yield from map(_sentence, equalities(result))
    yield Line()
    yield from _distances(result, columns)
    yield Line((Span(nearer(result), "bold green"),))
    yield Line()


def _groups(predictions: Sequence[Compared], columns: int) -> Iterator[Sequence[Compared]]:
    """As many predictions at a time as a page is wide enough for."""
    most = max(1, (columns - _GRID) // (9 + _GAP))
    for start in range(0, len(predictions), most):
        yield predictions[start : start + most]


def _class_columns(result: Explained, some: Sequence[Compared], columns: int) -> Columns:
    """The label, and a column for each prediction."""
    independent = result.task == "multilabel"
    parts = _chosen(result.parts)
    places = [result.parts.index(part) for part in parts]
    found: Columns = [("label" if independent else "class", False, _names(parts))]
    found.append(("label p", True, _cells(parts, "label")))
    bars = {2: ([part.label or 0.0 for part in parts], "cyan")}
    for number, one in enumerate(some):
        own = [one.parts[place] for place in places]
        found.append((one.name, True, _cells(own, "prediction")))
        bars[3 + number] = ([part.prediction for part in own], "green")
    return _with_bars(found, bars, columns)


def _figures(result: Explained, some: Sequence[Compared]) -> Grid:
    """Entropy, KL divergence and cross-entropy of each prediction."""
    base = formulas.BASES[result.unit]
    lines = (
        ("entropy", "H(p)", [result.entropy] * len(some)),
        ("+ KL divergence", "KL(p‖q)", [one.kl_divergence for one in some]),
        ("= cross-entropy", "H(p, q)", [one.cross_entropy for one in some]),
        ("perplexity", f"{base}^H(p, q)", [one.perplexity for one in some]),
    )
    rows = [
        (
            Span(title),
            Span(name, "dim"),
            *(Span(shown(value), "bold" if name == "H(p, q)" else "") for value in values),
        )
        for title, name, values in lines
    ]
    header = ("", "", *(one.name for one in some))
    return Grid(header, (False, False, *(True for _ in some)), tuple(rows))


def _distances(result: Explained, columns: int) -> Iterator[Block]:
    """A bar for the KL divergence of each prediction; the longest is the largest."""
    every = [one.kl_divergence for one in result.predictions]
    largest = max((value for value in every if math.isfinite(value)), default=0.0)
    numbers = list(map(shown, every))
    left = max(len(one.name) for one in result.predictions) + max(7, *map(len, numbers)) + 2 * _GAP
    width = max(_SHORTEST_BAR, min(2 * _LONGEST_BAR, columns - left))
    rows = []
    for one, text in zip(result.predictions, numbers, strict=True):
        share = 1.0 if math.isinf(one.kl_divergence) else one.kl_divergence / (largest or 1.0)
        style = "green" if one.name in result.nearest else "red"
        rows.append((Span(one.name), Span(text), Span(bar(share, width), style)))
    yield Grid(("", "KL(p‖q)", ""), (False, True, False), tuple(rows))


def nearer(result: Explained) -> str:
    """Which prediction is nearest to the label, and by how much."""
    names = result.nearest
    if not names:
        return "None is nearer: every q is 0 where p is not, so every loss is infinite."
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]} are equally near to p."
    own = next(one for one in result.predictions if one.name == names[0])
    others = [one.cross_entropy for one in result.predictions if one is not own]
    word = "nearer" if len(others) == 1 else "nearest"
    gap = min(others) - own.cross_entropy
    if math.isinf(gap):
        return f"{own.name} is {word} to p: its loss alone is finite."
    than = "" if len(others) == 1 else " than that of the next"
    return f"{own.name} is {word} to p: its loss is {shown(gap)} {result.unit} smaller{than}."


def equalities(result: Explained) -> Iterator[str]:
    """Gibbs' inequality, if it holds for every prediction, and where there is equality."""
    every = [formulas.equality(result, one.parts) for one in result.predictions]
    if all(every):
        yield f"{formulas.EQUALITY}."


def changed(result: Explained) -> Iterator[Line]:
    """Notes on what clipping and smoothing changed, in any of the predictions."""
    clipped = [one for one in result.predictions if any(part.clipped for part in one.parts)]
    if clipped:
        names = ", ".join(one.name for one in clipped)
        yield _note(f"clipped: {names}: kept {result.clip:.2g} away from 0 and 1 (--clip).")
    if any(is_infinite(part) for one in clipped for part in one.parts):
        yield _note(INFINITE)
    yield from _smoothed(result)
    yield from sums(result)


# Both


def _chosen(parts: Sequence[ClassTerm]) -> list[ClassTerm]:
    """The classes to show; of many, those with the largest shares."""
    if len(parts) <= _CLASSES_SHOWN:
        return list(parts)
    order = sorted(range(len(parts)), key=lambda code: (-(parts[code].label or 0.0), code))
    return [parts[code] for code in sorted(order[:_CLASSES_SHOWN])]


def _names(parts: Sequence[ClassTerm]) -> list[Span]:
    return [Span(sanitize(str(part.name), _NAME)) for part in parts]


def _with_bars(found: Columns, bars: dict[int, tuple[list[float], str]], columns: int) -> Columns:
    """The columns, with bars before those at these places if there is room for them."""
    widths = [
        max(width_of(name), *(width_of(one.text) for one in cells)) for name, _, cells in found
    ]
    room = columns - sum(widths) - _GAP * (len(found) + len(bars) - 1)
    width = min(_LONGEST_BAR, room // len(bars))
    if width < _SHORTEST_BAR:
        return found
    made = list(found)
    for place in sorted(bars, reverse=True):
        shares, style = bars[place]
        made.insert(
            place, ("", False, [Span(bar(one, width).ljust(width), style) for one in shares])
        )
    return made


def _grid(columns: Columns, count: int) -> Grid:
    """The columns as a grid that ends with how many of `count` classes are left out."""
    rows = [tuple(cells) for cells in zip(*(cells for _, _, cells in columns), strict=True)]
    if count > len(rows):
        more = Span(f"… {count - len(rows):,} more", "dim")
        rows.append((more, *(Span("") for _ in columns[1:])))
    return Grid(tuple(one[0] for one in columns), tuple(one[1] for one in columns), tuple(rows))
