"""The page of ``ce explain``: the classes, the terms of the loss, and its rank."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from ce_cli.outputs.drawing.bars import bar, bar_between
from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span, warning_lines
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.drawing.draw import drawn
from ce_cli.outputs.drawing.plain import width_of
from ce_cli.outputs.numbers import percent, shown
from ce_cli.outputs.pages import explain_curves as curves
from ce_cli.outputs.pages import explain_distributions as distributions
from ce_cli.outputs.pages import explain_formulas as formulas
from ce_cli.outputs.pages.explain_distributions import INFINITE, is_infinite
from ce_cli.outputs.pages.score import bound
from ce_cli.results.explain import ClassTerm, Explained, LossRank
from ce_cli.text import display_name, plural, sanitize

_COLUMNS = 80
_CLASSES_SHOWN = 12
_NAME = 14
_CLIPPED = 20
_GAP = 2
_LONGEST_BAR, _SHORTEST_BAR = 24, 4
_DIGITS = 4
_DRAWN = {"label": "label p", "prediction": "prediction q"}
_INPUT_HEADINGS = {
    "logits": "logit",
    "logprobs": "log-prob.",
    "losses": "loss",
    "probabilities": "as given",
}
_CERTAIN = "The label is certain, so its entropy is 0: all of the loss is divergence."
_SOFT = "entropy: the loss of the best prediction; KL divergence: what this one adds."
_READ = {
    "logits": {
        "binary": "q is the logistic function of the logit, 1 / (1 + e^−z).",
        "multiclass": "q is the softmax of the logits: e^z over the sum of all e^z.",
    },
    "logprobs": {"binary": "q is e to the log-probability."},
}


def render(result: Explained, canvas: Canvas) -> str:
    """The whole page."""
    return drawn(blocks(result, min(_COLUMNS, canvas.width or _COLUMNS)), canvas)


def blocks(result: Explained, columns: int) -> Iterator[Block]:
    """The page from top to bottom, `columns` wide."""
    if math.isnan(result.cross_entropy):
        yield from distributions.blocks(result, columns)
        return
    yield from _headline(result)
    yield Line()
    yield _parts(result, columns)
    yield from _sentences(_meaning(result))
    yield from changed(result)
    yield Line()
    yield from _sum(result, columns)
    yield Line()
    if not math.isnan(result.entropy):
        yield _divergence(result, columns)
        hard = result.entropy == 0
        yield from _sentences(filter(None, [_CERTAIN if hard else _SOFT, _equality(result)]))
        yield Line()
    if result.standing is not None:
        yield rank_grid(result, result.standing)
        yield from _sentences(
            ["The mean over all rows is the cross-entropy that ce score reports."]
        )
        yield Line()
    yield from curves.blocks(result, columns)
    yield from warning_lines(result.warnings)
    yield Line((Span(result.signature, "dim"),))


def _sentences(sentences: Iterable[str]) -> Iterator[Line]:
    for sentence in sentences:
        yield Line((Span(sentence, "italic dim"),))


def _headline(result: Explained) -> Iterator[Line]:
    row, score = result.row, result.score
    if row is None or score is None:
        yield Line((Span("typed numbers", "bold"), Span(f"  {result.task}", "dim")))
        return
    title = f"row {row['file_row']:,}"
    if len(score.inputs) > 1:
        title += f" (row {row['row']:,} of all)"
    if row.get("id") is not None:
        title += f" · {sanitize(str(row['id']))}"
    if row["weight"] != 1.0:
        title += f" · weight {shown(float(row['weight'] or 0.0))}"
    name = Span(display_name(str(row["file"])), "bold")
    yield Line((name, Span(f"  {title}", "bold"), Span(f" · {result.task}", "dim")))
    yield bound(score)


def _parts(result: Explained, columns: int) -> Grid:
    """The classes with bars; of many, those that add most to the loss or were predicted most."""
    chosen = _chosen(result.parts)
    names, right, texts = _texts(result, chosen)
    rows = [list(map(Span, line)) for line in texts]
    rest = len(result.parts) - len(chosen)
    if rest:
        more = Span(f"… {rest:,} more", "dim")
        rows.append([more, *(Span("") for _ in names[1:])])
    widths = [
        max(width_of(text) for text in (name, *(row[place].text for row in rows)))
        for place, name in enumerate(names)
    ]
    drawn_of = ["prediction"] if _is_hard(result) else ["label", "prediction"]
    room = columns - sum(widths) - _GAP * (len(names) + len(drawn_of))
    width = min(_LONGEST_BAR, room // len(drawn_of))
    if width >= _SHORTEST_BAR:
        for kind in drawn_of:
            place = names.index(_DRAWN[kind]) + 1
            names.insert(place, "")
            right.insert(place, False)
            for row, part in zip(rows, chosen, strict=False):
                row.insert(place, _bar(part, kind, width))
            if rest:
                rows[-1].insert(place, Span(""))
    return Grid(tuple(names), tuple(right), tuple(map(tuple, rows)))


def _bar(part: ClassTerm, kind: str, width: int) -> Span:
    share = part.label if kind == "label" else part.prediction
    text = bar(share or 0.0, width)
    return Span(text.ljust(width), "cyan" if kind == "label" else _heat(part))


def _heat(part: ClassTerm) -> str:
    return "green" if part.label else "dim"


def _chosen(parts: Sequence[ClassTerm]) -> list[ClassTerm]:
    if len(parts) <= _CLASSES_SHOWN:
        return list(parts)
    order = sorted(
        range(len(parts)),
        key=lambda code: (-(parts[code].product or 0.0), -parts[code].prediction, code),
    )
    return [parts[code] for code in sorted(order[:_CLASSES_SHOWN])]


def _is_hard(result: Explained) -> bool:
    return result.task == "likelihood" or all(part.label in (0.0, 1.0) for part in result.parts)


def _texts(
    result: Explained, parts: Sequence[ClassTerm]
) -> tuple[list[str], list[bool], list[list[str]]]:
    """Names of the columns, whether each is aligned to the right, and the rows of cells."""
    columns: list[tuple[str, list[str]]] = []
    independent = result.task == "multilabel"
    if result.task == "likelihood":
        columns.append(("", ["observed outcome"]))
    else:
        name = "label" if independent else "class"
        columns.append((name, [sanitize(str(part.name), _NAME) for part in parts]))
        if any(part.stated != part.label for part in parts):
            columns.append(("unsmoothed", [_cell(part.stated) for part in parts]))
        columns.append((_DRAWN["label"], [_cell(part.label) for part in parts]))
    if any(part.given not in (None, part.prediction) for part in parts):
        columns.append((_INPUT_HEADINGS[result.values], [_cell(part.given) for part in parts]))
    columns.append((_DRAWN["prediction"], [_cell(part.prediction) for part in parts]))
    if independent:
        columns.append(("−log q", [_cell(part.surprisal) for part in parts]))
        columns.append(("−log(1−q)", [_cell(part.otherwise) for part in parts]))
        columns.append(("loss", [_cell(part.product) for part in parts]))
    else:
        columns.append(("surprisal", [_cell(part.surprisal) for part in parts]))
        if result.task != "likelihood":
            columns.append(("p · surprisal", [_cell(part.product) for part in parts]))
    names = [name for name, _ in columns]
    right = [False, *(True for _ in names[1:])]
    return names, right, [list(row) for row in zip(*(cells for _, cells in columns), strict=True)]


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return "1" if value == 1 else shown(value, _DIGITS)


def _meaning(result: Explained) -> list[str]:
    kind = "multiclass" if len(result.parts) > 2 and result.task != "multilabel" else "binary"
    kind = "multiclass" if _all_given(result) and result.task == "binary" else kind
    read = _READ.get(result.values, {})
    how = read.get(kind) or read.get("binary")
    log = formulas.LOGS[result.unit]
    surprisal = f"surprisal: the loss in {result.unit} if the class happens, −{log} q."
    if result.task == "likelihood":
        surprisal = f"surprisal: −{log} of the probability of the outcome, in {result.unit}."
    if result.task == "multilabel":
        surprisal = f"loss of a label: −{log} q if it holds, else −{log}(1 − q), in {result.unit}."
    return [*([how] if how else []), surprisal]


def _all_given(result: Explained) -> bool:
    return all(part.given is not None for part in result.parts)


def changed(result: Explained) -> Iterator[Line]:
    """Notes on what clipping, smoothing and renormalising changed in one prediction."""
    clipped = [part for part in result.parts if part.clipped]
    if clipped:
        names = sanitize(", ".join(str(part.name) for part in clipped if part.name), _CLIPPED)
        classes = f" of {names}" if names else ""
        yield _note(f"clipped: q{classes} is kept {result.clip:.2g} away from 0 and 1 (--clip).")
    if any(map(is_infinite, clipped)):
        yield _note(INFINITE)
    if result.smoothing:
        share = percent(result.smoothing)
        yield _note(f"smoothed: {share} of the label is spread over all classes.")
    probabilities = result.values == "probabilities" and result.task != "multilabel"
    if probabilities and any(part.given not in (None, part.prediction) for part in result.parts):
        yield _note("renormalised: the probabilities are divided by their sum, which was not 1.")
    yield from distributions.sums(result)


def _note(text: str) -> Line:
    return Line((Span("! ", "bold yellow"), Span(text)))


def _sum(result: Explained, columns: int) -> Iterator[Line]:
    """The loss as a formula, and with its numbers."""
    value = f"{shown(result.cross_entropy)} {result.unit}"
    room = columns - len("loss = ") - len(value) - len(" = ")
    *above, last = formulas.equations("loss", [*formulas.loss_steps(result, room), value], columns)
    for line in above:
        yield Line((Span(line),))
    yield Line((Span(last.removesuffix(value)), Span(value, "bold green")))
    if result.task == "binary" and result.parts[0].given is None:
        name = sanitize(str(result.parts[-1].name), _NAME)
        yield from _sentences([f"y and q: the label and the prediction of class {name}."])


def _equality(result: Explained) -> str:
    return formulas.equality(result, result.parts)


def _divergence(result: Explained, columns: int) -> Grid:
    """Bars of the entropy and the divergence end to end, and of their sum."""
    whole, part = result.cross_entropy, result.entropy
    share = 0.0 if math.isinf(whole) or not whole else min(1.0, max(0.0, part / whole))
    lines = (
        ("entropy", "H(p)", part, 0.0, share, "cyan"),
        ("+ KL divergence", "KL(p‖q)", result.kl_divergence, share, 1.0, "red"),
        ("= cross-entropy", "H(p, q)", whole, 0.0, 1.0, "green"),
    )
    numbers = [shown(value) for _, _, value, _, _, _ in lines]
    left = 15 + 7 + max(map(len, numbers)) + 3 * _GAP
    width = max(_SHORTEST_BAR, min(_LONGEST_BAR * 2, columns - left))
    rows = [
        (
            Span(name),
            Span(formula, "dim"),
            Span(number, "bold" if formula == "H(p, q)" else ""),
            Span(bar_between(start, end, width) if value > 0 else "", style),
        )
        for (name, formula, value, start, end, style), number in zip(lines, numbers, strict=True)
    ]
    return Grid((), (False, False, True, False), tuple(rows))


def rank_grid(result: Explained, rank: LossRank) -> Grid:
    """The loss beside those of all rows."""
    ties = f", tied with {rank.equal:,} more" if rank.equal else ""
    lower = percent(rank.lower / rank.rows)
    lines = [
        (
            "rank",
            f"{rank.rank:,}",
            f"of {plural(rank.rows, 'row')}{ties}: more surprising than {lower}",
        ),
        ("mean", shown(rank.mean), _beside_mean(result, rank)),
        ("share", percent(rank.share), f"of the total of {shown(rank.total)} {result.unit}"),
    ]
    rows = [(Span(name, "dim"), Span(number), Span(text, "dim")) for name, number, text in lines]
    return Grid((), (False, True, False), tuple(rows))


def _beside_mean(result: Explained, rank: LossRank) -> str:
    if not 0 < rank.mean < math.inf or math.isinf(result.cross_entropy):
        return f"{result.unit} a row"
    times = shown(result.cross_entropy / rank.mean, 3)
    return f"{result.unit} a row: the loss of this row is {times} times that"
