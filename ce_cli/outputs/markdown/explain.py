"""An explanation in Markdown, for notes, lessons and pull requests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.blocks import Line
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.markdown.text import code, escaped, table
from ce_cli.outputs.numbers import percent, shown
from ce_cli.outputs.pages import explain as page
from ce_cli.outputs.pages import explain_distributions as distributions
from ce_cli.outputs.pages import explain_formulas as formulas
from ce_cli.results.explain import ClassTerm, Compared, Explained, LossRank
from ce_cli.text import plural

_LINE = 100  # columns of a line of code
_DIGITS = 4

Texts = list[tuple[str, list[str]]]  # the columns of a table: names and cells


def render(result: Explained, canvas: Canvas) -> str:
    """The classes, the formula with its numbers, and the parts of the loss."""
    parts = [part for part in _parts(result) if part]
    return "\n\n".join([*parts, code(result.signature)]) + "\n"


def _parts(result: Explained) -> Iterator[str]:
    yield _headline(result)
    if result.predictions:
        yield from _side_by_side(result)
    elif result.parts:
        yield from _alone(result)
    yield from _curves(result)
    yield from (f"> {escaped(warning.message)}" for warning in result.warnings)


def _headline(result: Explained) -> str:
    if result.row is not None:
        name = "" if result.row.get("id") is None else f" · {result.row['id']}"
        return escaped(f"{result.row['file']}, row {result.row['file_row']:,}{name}")
    return "" if result.parts else "Entropy of two classes"


def _alone(result: Explained) -> Iterator[str]:
    """A label, with its prediction if there is one."""
    has_prediction = not math.isnan(result.cross_entropy)
    name, value, steps = "H(p)", result.entropy, formulas.entropy_steps
    if has_prediction:
        name, value, steps = "loss", result.cross_entropy, formulas.loss_steps
    text = f"{shown(value)} {result.unit}"
    title = "Loss" if has_prediction else "Entropy"
    yield f"**{title} {text}**"
    yield _classes(_class_columns(result, result.parts, has_prediction))
    room = _LINE - len(f"{name} = {text} = ")
    yield _code(formulas.equations(name, [*steps(result, room), text], _LINE))
    yield from _notes((page if has_prediction else distributions).changed(result))
    if not math.isnan(result.entropy):
        yield _figures(result, [])
        always = f"For every prediction q, {formulas.EQUALITY}."
        yield escaped(formulas.equality(result, result.parts) if has_prediction else always)
    if result.standing is not None:
        yield _standing(result.standing, result.unit)


def _side_by_side(result: Explained) -> Iterator[str]:
    yield f"**{escaped(distributions.nearer(result))}**"
    columns = _class_columns(result, result.parts, False)[:2]
    columns += [
        (one.name, [_cell(part.prediction) for part in one.parts]) for one in result.predictions
    ]
    yield _classes(columns)
    yield from _notes(distributions.changed(result))
    yield _figures(result, result.predictions)
    yield from map(escaped, distributions.equalities(result))


def _class_columns(result: Explained, parts: Sequence[ClassTerm], has_prediction: bool) -> Texts:
    independent = result.task == "multilabel"
    fields = [("label p", "label")] if result.task != "likelihood" else []
    q = "q" if has_prediction else "p"
    if has_prediction:
        fields += [("prediction q", "prediction")]
    fields += [(f"−log {q}" if independent else "surprisal", "surprisal")]
    if independent:
        fields += [(f"−log(1−{q})", "otherwise")]
    if result.task != "likelihood":
        product = "loss" if has_prediction else "entropy"
        fields += [(product if independent else "p · surprisal", "product")]
    names = [str(part.name) if part.name is not None else "observed outcome" for part in parts]
    cells = [(title, [_cell(getattr(part, field)) for part in parts]) for title, field in fields]
    return [("label" if independent else "class", names), *cells]


def _classes(columns: Texts) -> str:
    names = [escaped(name) for name, _ in columns]
    rows = zip(*(map(escaped, cells) for _, cells in columns), strict=True)
    return table(names, [False, *(True for _ in names[1:])], rows)


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return "1" if value == 1 else shown(value, _DIGITS)


def _figures(result: Explained, predictions: Sequence[Compared]) -> str:
    """Entropy, KL divergence, cross-entropy and perplexity."""
    several = [(one.name, one) for one in predictions]
    figures: list[tuple[str, Explained | Compared]] = [*several] if several else [("", result)]
    base = formulas.BASES[result.unit]
    has_prediction = bool(several) or not math.isnan(result.cross_entropy)
    rows = [["entropy", "H(p)", *(shown(result.entropy) for _ in figures)]]
    exponent = "H(p)"
    if has_prediction:
        exponent = "H(p, q)"
        rows.append(["KL divergence", "KL(p‖q)", *(shown(one.kl_divergence) for _, one in figures)])
        rows.append(["cross-entropy", exponent, *(shown(one.cross_entropy) for _, one in figures)])
    rows.append(
        ["perplexity", f"{base}^{exponent}", *(shown(one.perplexity) for _, one in figures)]
    )
    header = ["figure", "", *(name or "value" for name, _ in figures)]
    right = [False, False, *(True for _ in figures)]
    return table(header, right, [[escaped(cell) for cell in row] for row in rows])


def _standing(rank: LossRank, unit: str) -> str:
    lower = percent(rank.lower / rank.rows)
    return escaped(
        f"Rank {rank.rank:,} of {plural(rank.rows, 'row')}: more surprising than {lower}. The mean "
        f"is {shown(rank.mean)} {unit}."
    )


def _curves(result: Explained) -> Iterator[str]:
    """The curves as tables of eleven points."""
    if result.entropy_curve is not None:
        yield _points(("p", "H(p)"), result.entropy_curve.points)
    elif result.cross_entropy_curve is not None:
        yield _points(("q", "H(p, q)"), result.cross_entropy_curve.points)
    elif result.curve is not None:
        yield _points(("q", "−log q"), result.curve.points)


def _points(names: tuple[str, str], points: Sequence[tuple[float, float]]) -> str:
    step = (len(points) - 1) // 10
    chosen = points[::step]
    header = [names[0], *(shown(x, 2) for x, _ in chosen)]
    return table(
        header, [False, *(True for _ in chosen)], [[names[1], *(_cell(y) for _, y in chosen)]]
    )


def _notes(lines: Iterator[Line]) -> Iterator[str]:
    yield from (escaped("".join(span.text for span in line.spans)) for line in lines)


def _code(lines: Sequence[str]) -> str:
    """Equations as code; a space at the start of a line would be lost."""
    return "\n".join(code(line.strip()) for line in lines)
