"""Explain typed numbers: a distribution, a prediction of it, or several side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import UsageError
from ce_cli.explaining.anatomy import (
    CURVE_STEPS,
    cross_entropy_curve,
    explained,
    is_distribution,
    surprisal_curve,
)
from ce_cli.explaining.typed_numbers import LabelShares, TypedNumbers, label_of, subject_of
from ce_cli.kernels.losses import surprisal
from ce_cli.kernels.outcomes import products
from ce_cli.results.explain import ClassTerm, Compared, Explained
from ce_cli.results.explain_curves import EntropyCurve
from ce_cli.spec import Spec
from ce_cli.text import shell_word

Floats = NDArray[np.float64]

_TIE = 2.0**-48  # divergences whose difference is below this share of the loss are equal


def explained_numbers(
    predictions: Sequence[str], p: str | None, label: str | None, spec: Spec, with_curve: bool
) -> Explained:
    """Explain typed numbers.

    Parameters
    ----------
    predictions : sequence of str
        The numbers of each ``--q``; there may be none.
    p, label : str or None
        The distribution of the label, or the class that happened.
    spec : Spec
        How to read them.
    with_curve : bool
        Whether to add the curves.

    Raises
    ------
    UsageError
        They are not numbers or not distributions, or do not match each other.
    """
    if len(predictions) == 1:
        typed = TypedNumbers(predictions[0], p, label)
        return explained(subject_of(typed, spec), with_curve)
    if predictions:
        return _side_by_side(predictions, p, label, spec, with_curve)
    _check_without_prediction(label, spec)
    return _of_the_label(label_of(p or "", spec), with_curve)


def entropy_over_p(spec: Spec) -> Explained:
    """H(p) of two classes over p, without numbers."""
    spec = spec.replace(task="binary", as_="probabilities", clip=0.0)
    return Explained(
        task=spec.task,
        values=spec.as_,
        unit=spec.unit,
        signature=spec.signature(),
        parts=(),
        entropy=math.nan,
        cross_entropy=math.nan,
        kl_divergence=math.nan,
        clip=0.0,
        smoothing=0.0,
        entropy_curve=_entropy_curve(None, None, spec.scale),
    )


def _check_without_prediction(label: str | None, spec: Spec) -> None:
    if label is not None:
        raise UsageError("Give the label with --p or --label, not both.")
    for option, is_used in (
        ("--as", spec.as_ not in ("auto", "probabilities")),
        ("--clip", spec.clip is not None),
    ):
        if is_used:
            raise UsageError(f"{option} applies to predictions: use it with --q, or omit it.")


def _of_the_label(label: LabelShares, with_curve: bool) -> Explained:
    """The entropy of a distribution."""
    spec = label.spec
    parts = tuple(_label_parts(label))
    nats = math.fsum(part.product for part in parts) * spec.scale
    nats = nats / len(parts) if spec.task == "multilabel" else nats
    entropy = nats / spec.scale
    marks = [part.replace(prediction=part.label or 0.0) for part in parts]
    is_binary = spec.task == "binary"
    mark = (float(parts[-1].label or 0.0), entropy)
    drawn = _entropy_curve(parts[-1].name, mark, spec.scale) if is_binary else None
    return Explained(
        task=spec.task,
        values=spec.as_,
        unit=spec.unit,
        signature=spec.signature(),
        parts=parts,
        entropy=entropy,
        cross_entropy=math.nan,
        kl_divergence=math.nan,
        clip=0.0,
        smoothing=spec.label_smoothing,
        perplexity=math.exp(nats),
        curve=surprisal_curve(marks, spec.scale) if with_curve else None,
        entropy_curve=drawn if with_curve else None,
    )


def _label_parts(label: LabelShares) -> list[ClassTerm]:
    """The classes with −log p in place of −log q."""
    shares, scale = label.shares, label.spec.scale
    happens = surprisal(shares) / scale
    costs = products(shares, happens)
    otherwise: Sequence[float | None] = [None] * len(shares)
    if label.spec.task == "multilabel":
        not_ = surprisal(1.0 - shares) / scale
        costs = costs + products(1.0 - shares, not_)
        otherwise = not_.tolist()
    return [
        ClassTerm(
            name=name,
            label=float(shares[code]),
            stated=float(label.unsmoothed[code]),
            given=None,
            prediction=math.nan,
            surprisal=float(happens[code]),
            otherwise=otherwise[code],
            product=float(costs[code]),
        )
        for code, name in enumerate(label.classes)
    ]


def _side_by_side(
    predictions: Sequence[str], p: str | None, label: str | None, spec: Spec, with_curve: bool
) -> Explained:
    """Several predictions of one label."""
    if p is None and label is None:
        raise UsageError("Several --q need one label: add --p NUMBERS or --label CLASS.")
    subjects = [
        subject_of(TypedNumbers(text, p, label, f"--q {shell_word(text)}"), spec)
        for text in predictions
    ]
    every = [explained(subject, False) for subject in subjects]
    _check_same_classes(predictions, every)
    compared = tuple(
        Compared(f"q{number}", one.parts, one.cross_entropy, one.kl_divergence, one.perplexity)
        for number, one in enumerate(every, start=1)
    )
    first = subjects[0]
    unsmoothed = np.array([part.stated for part in compared[0].parts], dtype=np.float64)
    shares = np.array([part.label for part in compared[0].parts], dtype=np.float64)
    own = _of_the_label(LabelShares(shares, unsmoothed, first.classes, first.spec), False)
    curve = None
    if with_curve and first.spec.task != "multilabel":
        marks = tuple(
            (one.name, one.parts[-1].prediction, one.cross_entropy)
            for one in compared
            if is_distribution(one.parts)
        )
        curve = cross_entropy_curve(own.parts, own.entropy, marks, first.spec.scale)
    return own.replace(
        values=first.spec.as_,
        signature=first.spec.signature(),
        entropy=every[0].entropy,
        clip=first.spec.clip or 0.0,
        perplexity=math.nan,
        predictions=compared,
        nearest=_nearest(compared),
        curve=surprisal_curve(_named_parts(compared), first.spec.scale) if with_curve else None,
        cross_entropy_curve=curve,
    )


def _check_same_classes(predictions: Sequence[str], every: Sequence[Explained]) -> None:
    count = len(every[0].parts)
    for text, one in zip(predictions, every, strict=True):
        if len(one.parts) != count:
            raise UsageError(
                f"--q {shell_word(text)} has {len(one.parts)} classes, but "
                f"--q {shell_word(predictions[0])} has {count}: write one number for each class."
            )


def _named_parts(compared: Sequence[Compared]) -> list[ClassTerm]:
    """The classes of all predictions, each with the name of its prediction."""
    return [part.replace(name=f"{one.name}, {part.name}") for one in compared for part in one.parts]


def _nearest(compared: Sequence[Compared]) -> tuple[str, ...]:
    """The names of the predictions with the smallest cross-entropy; none if all are infinite."""
    least = min(one.cross_entropy for one in compared)
    if math.isinf(least):
        return ()
    limit = least * (1.0 + _TIE)
    return tuple(one.name for one in compared if one.cross_entropy <= limit)


def _entropy_curve(
    name: str | None, mark: tuple[float, float] | None, scale: float
) -> EntropyCurve:
    along = np.linspace(0.0, 1.0, CURVE_STEPS + 1)
    heights = products(along, surprisal(along)) + products(1.0 - along, surprisal(1.0 - along))
    points = zip(along.tolist(), (heights / scale).tolist(), strict=True)
    return EntropyCurve(name, tuple(points), mark)
