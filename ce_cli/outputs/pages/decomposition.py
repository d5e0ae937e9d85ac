"""The page of a decomposed cross-entropy: a sum, a table, and what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ce_cli.outputs.drawing.blocks import Block, Grid, Line, Span
from ce_cli.outputs.numbers import minus, shown
from ce_cli.results.decomposition import Decomposed, Name, Recalibrated
from ce_cli.text import sanitize

_NAMES: dict[str, str] = {
    "temperature": "temperature",
    "temperature_bias": "temperature + bias",
    "isotonic": "isotonic, in-sample",
}
_BIASES_SHOWN = 3
_WIDTH = 80
_CLASS = 9
_FIT = 3  # digits of what is fitted …
_BIAS = 2  # … and of one bias of several


def blocks(parts: Decomposed, unit: str) -> Iterator[Block]:
    """The sum for the first recalibration, then a table of all, then what they mean."""
    if parts.recalibrations:
        yield _sum(parts, parts.recalibrations[0], unit)
        yield Line()
        yield _table(parts)
        yield from (Line((Span(text, "italic dim"),)) for text in _meaning(parts, unit))
    for name, why in parts.not_applicable.items():
        yield Line((Span("· ", "bold cyan"), Span(f"{_plain(name)} does not apply: {why}.")))
    yield Line()


def _plain(name: str) -> str:
    return _NAMES[name].partition(",")[0]


def _sum(parts: Decomposed, first: Recalibrated, unit: str) -> Grid:
    by = "temperature" if first.name == "temperature" else "isotonic fit"
    before = ", before label smoothing" if parts.unsmoothed else ""
    lines = [
        ("  uncertainty", parts.uncertainty, "always predicting the share of each class"),
        (
            "− discrimination",
            first.discrimination,
            f"gained from predictions, at the best {by}",
        ),
        ("+ calibration", first.calibration, f"would be removed by the best {by}"),
        ("= cross-entropy", parts.cross_entropy, unit + before),
        ("  label noise", parts.label_noise, "entropy of the labels, which no model can remove"),
    ]
    rows = [
        (Span(name), Span(shown(value), "bold" if name[0] == "=" else ""), Span(text, "dim"))
        for name, value, text in lines
    ]
    return Grid((), (False, True, False), tuple(rows))


def _table(parts: Decomposed) -> Grid:
    header = ("recalibrated by", "leaves", "calibration", "discrimination", "T")
    rows = [
        (
            Span(_NAMES[one.name]),
            Span(shown(one.cross_entropy)),
            Span(_with_error(one)),
            Span(shown(one.discrimination)),
            Span("" if one.name == "isotonic" else shown(one.temperature)),
        )
        for one in parts.recalibrations
    ]
    return Grid(header, (False, True, True, True, True), tuple(rows))


def _with_error(one: Recalibrated) -> str:
    value = shown(one.calibration, 4)
    return f"{value} ± {shown(one.standard_error, 2)}" if one.cross_fitted else value


def _meaning(parts: Decomposed, unit: str) -> Iterator[str]:
    found: dict[Name, Recalibrated] = {one.name: one for one in parts.recalibrations}
    temperature, biased = found.get("temperature"), found.get("temperature_bias")
    if temperature is not None:
        others = [one for one in parts.recalibrations if one is not temperature]
        yield _temperature_text(temperature, others, parts, unit)
        if biased is not None:
            yield from _together(_bias_text(biased, temperature, parts, unit), _biases(biased))
        if [one.name for one in parts.recalibrations if one.is_clear] == ["isotonic"]:
            removed = _removed(found["isotonic"], parts, unit)
            yield f"The isotonic fit removes {removed}, on the rows that it was fitted to."
    if not math.isnan(parts.slope):
        kind = "below 1 is over-confident, above 1 under-confident"
        yield f"Calibration slope {shown(parts.slope)}: {kind}."
    if temperature is not None:
        yield f"Cross-fitted ± standard error, {_basis(parts)}."


def _temperature_text(
    one: Recalibrated, others: Sequence[Recalibrated], parts: Decomposed, unit: str
) -> str:
    """The effect of a temperature, worded with regard to those of the other recalibrations."""
    clear = [other for other in others if other.is_clear]
    best = shown(one.temperature, _FIT)
    if math.isinf(one.temperature):
        if any(math.isfinite(other.temperature) for other in clear):
            return "The best temperature alone would make the predictions constant."
        return "Predictions are worse than a constant: the best temperature makes them constant."
    if one.is_clear:
        kind = "Over-confident" if one.temperature > 1 else "Under-confident"
        return f"{kind}: dividing logits by {best} would remove {_removed(one, parts, unit)}."
    if clear:
        if one.calibration > 0:
            return f"Temperature alone removes nothing clearly, at best T = {best}."
        return "Temperature alone removes nothing."
    if one.calibration > 0:
        detail = f"dividing logits by {best} may remove nothing"
    else:
        detail = "no temperature helps on rows that it was not fitted to"
    return f"No clear miscalibration: {detail}."


def _bias_text(one: Recalibrated, alone: Recalibrated, parts: Decomposed, unit: str) -> str:
    """What biases remove beyond a temperature."""
    biases = "a bias" if len(one.biases) == 1 else "biases"
    if one.calibration <= alone.calibration:
        return f"With {biases}, nothing more."
    if not one.is_clear:
        return f"With {biases}, no clear gain."
    return f"With {biases}, {_removed(one, parts, unit)}."


def _biases(one: Recalibrated) -> str:
    """The largest biases."""
    largest = sorted(one.biases.items(), key=lambda pair: -abs(pair[1]))[:_BIASES_SHOWN]
    named = ", ".join(
        f"of {sanitize(name, _CLASS)}: {minus(f'{bias:+.{_BIAS}g}')}" for name, bias in largest
    )
    return f"Bias {named}{', …' if len(one.biases) > len(largest) else '.'}"


def _together(one: str, other: str) -> Iterator[str]:
    """Two sentences, on one line if there is room."""
    if len(one) + len(other) < _WIDTH:
        yield f"{one} {other}"
    else:
        yield one
        yield other


def _removed(one: Recalibrated, parts: Decomposed, unit: str) -> str:
    share = one.calibration / parts.cross_entropy
    return f"{shown(one.calibration, _FIT)} {unit}, {shown(100 * share, _FIT)} %"


def _basis(parts: Decomposed) -> str:
    if parts.basis == "sample":
        return f"from a sample of {parts.used:,} of {parts.rows:,} rows"
    if parts.basis == "bins":
        return f"from all {parts.rows:,} rows in bins of 0.1 %"
    return f"from all {parts.rows:,} rows"
