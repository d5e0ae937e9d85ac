"""The curves of an explanation, each with a sentence on its shape."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.outputs.drawing import entropy_plots, plot
from ce_cli.outputs.drawing.blocks import Block, Line, Span
from ce_cli.results.explain import Explained

_SURPRISAL = "The curve is −log {of}: 0 at 1, and without bound towards 0."
_CROSS_ENTROPY = "H(p, q) over q is lowest, H(p), where q = p; the gap above that is KL(p‖q)."
_ENTROPY = "H(p) is 0 where one class is certain, and largest where both are equally likely."


def blocks(result: Explained, columns: int) -> Iterator[Block]:
    """The curves that add something, one below the other.

    Parameters
    ----------
    result : Explained
        With curves, or without.
    columns : int
        The width of the page.
    """
    above = result.entropy_curve, result.cross_entropy_curve if result.predictions else None
    if result.curve is not None and not any(above):
        yield from plot.lines(result.curve, result.unit, columns)
        yield from _closing(_SURPRISAL.format(of="q" if _has_predictions(result) else "p"))
    if result.cross_entropy_curve is not None:
        curve = result.cross_entropy_curve
        yield from entropy_plots.cross_entropy_lines(curve, result.unit, columns)
        yield from _closing(_CROSS_ENTROPY)
    if result.entropy_curve is not None:
        yield from entropy_plots.entropy_lines(result.entropy_curve, result.unit, columns)
        yield from _closing(_ENTROPY)


def _has_predictions(result: Explained) -> bool:
    return bool(result.predictions) or result.cross_entropy == result.cross_entropy


def _closing(sentence: str) -> Iterator[Block]:
    yield Line((Span(sentence, "italic dim"),))
    yield Line()
