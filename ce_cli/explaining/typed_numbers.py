"""Distributions that are typed instead of read from a file."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.classes import UNKNOWN, NamedClasses
from ce_cli.binding.labels import NO_LABELS
from ce_cli.binding.prediction_rows import ROUNDING, log_sums
from ce_cli.binding.predictions import EPSILON, TOLERANCE
from ce_cli.binding.rows import outcomes_of
from ce_cli.errors import UsageError
from ce_cli.explaining.anatomy import Subject
from ce_cli.kernels.losses import class_sums
from ce_cli.kernels.outcomes import certain_codes, indicator
from ce_cli.options.choices import Task
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, quoted_list

Floats = NDArray[np.float64]

_BINARY = ("0", "1")


class TypedNumbers(Record):
    """What was typed: numbers between commas, and the name of the class that happened."""

    q: str
    p: str | None = None
    label: str | None = None


def subject_of(typed: TypedNumbers, spec: Spec) -> Subject:
    """Make a row of what was typed.

    Raises
    ------
    UsageError
        These are no numbers, no distributions, or do not fit each other.
    """
    given = numbers_in(typed.q, "--q")
    spec = _settled(typed, len(given), spec)
    classes = _classes(len(given), spec)
    matrix = _prediction(given, spec)[:, np.newaxis]
    shares = _label(typed, classes, spec)
    codes = np.zeros(1, np.intp)
    hard = None
    if shares is not None and spec.task != "multilabel":
        codes, hard = shares.argmax(axis=0), certain_codes(shares)
    binding = _binding(classes, spec)
    scored, stated = (
        outcomes_of(matrix, codes, None if hard is not None else shares, binding, own)
        for own in (spec, spec.replace(label_smoothing=0.0))
    )
    loss = float(scored.losses()[0])
    return Subject(scored, stated, given, classes, loss, spec)


def numbers_in(text: str, option: str) -> Floats:
    """Read ``0.7,0.2,0.1``, ``1/3 2/3`` or ``70%,30%``.

    Raises
    ------
    UsageError
        Something is no number.
    """
    words = text.replace(",", " ").replace(";", " ").split()
    if not words:
        raise UsageError(f"{option} has no number: write for example {option} 0.7,0.2,0.1.")
    return np.array([_number(word, option) for word in words])


def _number(word: str, option: str) -> float:
    upper, slash, lower = word.removesuffix("%").partition("/")
    try:
        value = float(upper) / (float(lower) if slash else 1.0)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if math.isnan(value) or "_" in word:
        raise UsageError(
            f"{option}: {quoted(word)} is no number; write for example {option} 0.7,0.2,0.1."
        )
    return value / 100.0 if word.endswith("%") else value


def _settled(typed: TypedNumbers, count: int, spec: Spec) -> Spec:
    """Without any ``auto``: what is predicted follows from how much was typed."""
    values = "probabilities" if spec.as_ == "auto" else spec.as_
    nothing = typed.p is None and typed.label is None
    task: Task = spec.task
    if task == "auto":
        task = "binary" if count <= 2 else "multiclass"
        alone = count == 1 and nothing and not spec.label_smoothing
        task = "likelihood" if alone and values != "logits" else task
    if typed.p is not None and typed.label is not None:
        raise UsageError("Say what happened with --p or with --label, not with both.")
    if task == "likelihood" and not nothing:
        raise UsageError("--task likelihood has no label: leave --p and --label out.")
    if task == "likelihood" and (count > 1 or values == "logits" or spec.label_smoothing):
        raise UsageError(
            "--task likelihood takes one probability or log-probability, of what happened, and no "
            "smoothing."
        )
    if task != "likelihood" and nothing:
        example = f"--p 1{',0' * (count - 1)}"
        raise UsageError(f"What happened? Give --label CLASS, or a distribution: {example}.")
    if (task == "binary" and count > 2) or (task == "multiclass" and count == 1):
        raise UsageError(f"--task {task} does not fit {plural(count, 'number')} of --q.")
    clip = EPSILON["text"] if spec.clip is None else spec.clip
    tolerance = TOLERANCE["text"] if spec.sum_tolerance is None else spec.sum_tolerance
    return spec.replace(
        task=task,
        as_=values,
        label=(),
        clip=clip if values == "probabilities" else 0.0,
        sum_tolerance=tolerance,
    )


def _classes(count: int, spec: Spec) -> tuple[str, ...]:
    """Those named, or numbers from 0."""
    if spec.task == "likelihood":
        return ()
    alone = count == 1 and spec.task == "binary"
    needed = 2 if alone else count
    if not spec.classes:
        return _BINARY if alone else tuple(map(str, range(count)))
    if len(spec.classes) != needed or len(set(spec.classes)) < needed:
        raise UsageError(
            f"--classes {','.join(map(quoted, spec.classes))} does not name "
            f"{needed} classes, each once."
        )
    return spec.classes


def _prediction(given: Floats, spec: Spec) -> Floats:
    """The numbers to score, checked."""
    column = given[:, np.newaxis]
    if spec.as_ == "logits":
        endless = np.count_nonzero(given == np.inf) > 1 or (given == -np.inf).all()
        if len(given) > 1 and spec.task != "multilabel" and endless:
            raise UsageError("--q: two logits are infinite, or all are −inf: no probabilities.")
        return given
    if spec.as_ == "logprobs":
        if given.max() > ROUNDING:
            raise UsageError(
                f"--q: {given.max():g} is no log-probability, which is never above 0; if these are "
                "logits, say --as logits."
            )
        given = np.minimum(given, 0.0)
        column = given[:, np.newaxis]
        total = float(np.exp(log_sums(column))[0])
    else:
        given = _within_one(given, "--q", "if these are logits, say --as logits")
        total = float(class_sums(column)[0])
    if len(given) == 1 or spec.task == "multilabel":
        return given
    fitted = _fitted(total, "--q", spec)
    if not fitted:
        return given
    return given - log_sums(column)[0] if spec.as_ == "logprobs" else given / total


def _label(typed: TypedNumbers, classes: tuple[str, ...], spec: Spec) -> Floats | None:
    """How much of each class happened, shape (K, 1)."""
    if spec.task == "likelihood":
        return None
    if typed.label is not None:
        return _named(typed.label, classes, spec)
    shares = numbers_in(typed.p or "", "--p")
    alone = spec.task == "binary" and len(shares) == 1
    if len(shares) != len(classes) and not alone:
        raise UsageError(
            f"--p has {plural(len(shares), 'number')}, and there are {len(classes)} classes: "
            "write one number for each."
        )
    if spec.label_counts and not alone and spec.task != "multilabel":
        total = float(class_sums(shares[:, np.newaxis])[0])
        if not (shares >= 0).all() or not 0 < total < np.inf:
            raise UsageError("--p: counts are 0 or more, and not all are 0.")
        counted_shares: Floats = shares[:, np.newaxis] / total
        return counted_shares
    shares = _within_one(shares, "--p", "if these are counts, say --label-counts")
    if alone:
        shares = np.array([1.0 - shares[0], shares[0]])
    elif spec.task != "multilabel":
        total = float(class_sums(shares[:, np.newaxis])[0])
        shares = shares / total if _fitted(total, "--p", spec) else shares
    return shares[:, np.newaxis]


def _named(label: str, classes: tuple[str, ...], spec: Spec) -> Floats:
    if spec.task == "multilabel":
        raise UsageError("--task multilabel needs --p, a number from 0 to 1 for each label.")
    code = NamedClasses(classes).codes([label])
    if code[0] == UNKNOWN:
        raise UsageError(f"--label {quoted(label)} is none of the classes {quoted_list(classes)}.")
    return indicator(code, len(classes))


def _within_one(numbers: Floats, option: str, otherwise: str) -> Floats:
    """Probabilities, those that are outside by rounding put on the edge."""
    outside = numbers[(numbers < -ROUNDING) | (numbers > 1.0 + ROUNDING)]
    if len(outside):
        raise UsageError(
            f"{option}: {outside[0]:g} is no probability, which is between 0 and 1; {otherwise}, "
            "and write percentages as 70%."
        )
    return np.clip(numbers, 0.0, 1.0)


def _fitted(total: float, option: str, spec: Spec) -> bool:
    """Whether numbers are to be divided by their sum, which is not 1."""
    if abs(total - 1.0) <= (spec.sum_tolerance or 0.0):
        return False
    if spec.on_bad_sum == "renormalize" and 0.0 < total < math.inf:
        return True
    raise UsageError(
        f"{option} sums to {total:.6g}, not 1: mend it, or say --on-bad-sum renormalize to divide "
        "by the sum."
    )


def _binding(classes: Sequence[str], spec: Spec) -> Binding:
    """What tells the kernels how many classes there are."""
    return Binding(
        labels=NO_LABELS,
        predictions=(),
        shape="columns",
        classes=tuple(classes),
        task=spec.task,
        weight=None,
        id=None,
        by=(),
        missing_texts=(),
        sample=(),
        stored=("text",),
    )
