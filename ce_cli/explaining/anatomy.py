"""Explain one row: its classes, their predicted probabilities, and their surprisals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.predictions import TOLERANCE
from ce_cli.kernels.losses import surprisal
from ce_cli.kernels.outcomes import (
    Hard,
    Likelihood,
    Multilabel,
    Outcomes,
    Soft,
    indicator,
    products,
)
from ce_cli.record import Record
from ce_cli.results.explain import ClassTerm, Explained
from ce_cli.results.explain_curves import CrossEntropyCurve, Curve
from ce_cli.spec import Spec

Floats = NDArray[np.float64]

CURVE_STEPS = 120
_MARKS = 6
_ROUNDING = 2.0**-48  # a divergence below this share of the entropy is rounding


class Subject(Record):
    """One row, ready to be explained.

    Attributes
    ----------
    outcomes : Outcomes
        The row as it is scored.
    raw : ndarray, shape (K,) or (1,)
        The predicted numbers as written in the input; NaN for a class that has none.
    classes : tuple of str
        Class names, in the order of the codes.
    loss : float
        The loss in nats.
    spec : Spec
        With every ``auto`` resolved.
    """

    outcomes: Outcomes
    raw: Floats
    classes: tuple[str, ...]
    loss: float
    spec: Spec


def explained(subject: Subject, with_curve: bool) -> Explained:
    """Explain a row, in the unit of `subject.spec`."""
    spec, outcomes = subject.spec, subject.outcomes
    entropies = outcomes.entropies()
    entropy = 0.0 if entropies is None else float(entropies[0])
    entropy = math.nan if isinstance(outcomes, Likelihood) else entropy
    parts = tuple(_parts(subject))
    with np.errstate(over="ignore"):
        loss, entropy = subject.loss / spec.scale, entropy / spec.scale
        perplexity = float(np.exp(subject.loss))
    return Explained(
        task=spec.task,
        values=spec.as_,
        unit=spec.unit,
        signature=spec.signature(),
        parts=parts,
        entropy=entropy,
        cross_entropy=loss,
        kl_divergence=0.0 if abs(loss - entropy) < _ROUNDING * entropy else loss - entropy,
        clip=spec.clip or 0.0,
        smoothing=spec.label_smoothing,
        perplexity=perplexity,
        curve=surprisal_curve(parts, spec.scale) if with_curve else None,
        cross_entropy_curve=_over_predictions(parts, entropy, loss, spec) if with_curve else None,
    )


def _parts(subject: Subject) -> Iterator[ClassTerm]:
    outcomes = subject.outcomes
    if isinstance(outcomes, Likelihood):
        yield _observed(subject, outcomes)
    elif isinstance(outcomes, Multilabel):
        yield from _independent(subject, outcomes)
    elif isinstance(outcomes, Hard | Soft):
        yield from _of_classes(subject, outcomes)


def _of_classes(subject: Subject, outcomes: Hard | Soft) -> Iterator[ClassTerm]:
    labels, unsmoothed = outcomes.targets, _shares(outcomes)
    predictions = outcomes.form.probabilities()[:, 0].tolist()
    surprisals = outcomes.form.surprisals()
    costs = products(labels, surprisals) / subject.spec.scale
    raw = [None if math.isnan(one) else one for one in subject.raw.tolist()]
    if len(raw) < len(predictions):
        raw = [None, *raw]
    for code, name in enumerate(subject.classes):
        yield ClassTerm(
            name=name,
            label=float(labels[code, 0]),
            stated=float(unsmoothed[code, 0]),
            given=raw[code],
            prediction=predictions[code],
            surprisal=float(surprisals[code, 0]) / subject.spec.scale,
            product=float(costs[code, 0]),
            clipped=_is_clipped(predictions[code], subject.spec),
        )


def _independent(subject: Subject, outcomes: Multilabel) -> Iterator[ClassTerm]:
    missed, held = outcomes.form.surprisals()[:, :, 0] / subject.spec.scale
    losses = outcomes.parts()[1][:, 0] / subject.spec.scale
    predictions = outcomes.form.probabilities()[1, :, 0].tolist()
    for code, name in enumerate(subject.classes):
        yield ClassTerm(
            name=name,
            label=float(outcomes.targets[code, 0]),
            stated=float(outcomes.shares[code, 0]),
            given=float(subject.raw[code]),
            prediction=predictions[code],
            surprisal=float(held[code]),
            otherwise=float(missed[code]),
            product=float(losses[code]),
            clipped=_is_clipped(predictions[code], subject.spec),
        )


def _observed(subject: Subject, outcomes: Likelihood) -> ClassTerm:
    prediction = float(outcomes.probability[0])
    cost = subject.loss / subject.spec.scale
    clipped = _is_clipped(prediction, subject.spec)
    raw = float(subject.raw[0])
    return ClassTerm(None, None, None, raw, prediction, cost, cost, clipped=clipped)


def _shares(outcomes: Outcomes) -> Floats:
    """The label's share of each class before smoothing, shape (K, 1)."""
    masses = outcomes.masses()
    return indicator(outcomes.codes, outcomes.space.classes) if masses is None else masses


def _is_clipped(prediction: float, spec: Spec) -> bool:
    over = not spec.clip_zeros and 1.0 - prediction < (spec.clip or 0.0)
    return prediction < spec.lowest or over


def surprisal_curve(parts: Sequence[ClassTerm], scale: float) -> Curve:
    """The curve from 0 to 1, and the observed outcomes, larger shares first."""
    along = np.linspace(0.0, 1.0, CURVE_STEPS + 1)
    points = zip(along.tolist(), (surprisal(along) / scale).tolist(), strict=True)
    marks = [mark for part in parts for mark in _marks(part)]
    marks.sort(key=lambda mark: -mark[0])
    shown = tuple(mark[1:] for mark in marks[:_MARKS])
    return Curve(tuple(points), shown, len(marks) - len(shown))


def _over_predictions(
    parts: Sequence[ClassTerm], entropy: float, loss: float, spec: Spec
) -> CrossEntropyCurve | None:
    """H(p, q) over q with the explained prediction, if two classes are both possible."""
    marks = ((None, parts[-1].prediction, loss),)
    if spec.task == "multilabel" or not is_distribution(parts):
        return None
    return cross_entropy_curve(parts, entropy, marks, spec.scale)


def is_distribution(parts: Sequence[ClassTerm]) -> bool:
    """Whether the prediction sums to 1, as far as people round."""
    return abs(math.fsum(part.prediction for part in parts) - 1.0) <= TOLERANCE["text"]


def cross_entropy_curve(
    parts: Sequence[ClassTerm],
    entropy: float,
    marks: tuple[tuple[str | None, float, float], ...],
    scale: float,
) -> CrossEntropyCurve | None:
    """H(p, q) over q, the probability of the second of two classes.

    Parameters
    ----------
    parts : sequence of ClassTerm
        The classes with their labels.
    entropy : float
        H(p), in the unit of the result.
    marks : tuple of (str or None, float, float)
        Predictions: name, q and H(p, q).
    scale : float
        Nats for one unit.
    """
    if len(parts) != 2 or not 0.0 < (parts[1].label or 0.0) < 1.0:
        return None
    label = float(parts[1].label or 0.0)
    along = np.linspace(0.0, 1.0, CURVE_STEPS + 1)
    heights = (label * surprisal(along) + (1.0 - label) * surprisal(1.0 - along)) / scale
    points = tuple(zip(along.tolist(), heights.tolist(), strict=True))
    return CrossEntropyCurve(str(parts[1].name), points, (label, entropy), marks)


def _marks(part: ClassTerm) -> Iterator[tuple[float, str | None, float, float]]:
    """The observed outcomes of one class with their shares: an independent label has two."""
    share = 1.0 if part.label is None else part.label
    if share > 0:
        yield share, part.name, part.prediction, part.surprisal
    if part.otherwise is not None and share < 1:
        yield 1.0 - share, f"not {part.name}", 1.0 - part.prediction, part.otherwise
