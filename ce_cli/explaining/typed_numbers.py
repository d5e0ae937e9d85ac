"""Read distributions that are typed instead of read from a file."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.labels import NO_LABELS
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.predictions import EPSILON, TOLERANCE
from ce_cli.binding.rows.bound_rows import outcomes_of
from ce_cli.binding.rows.prediction_rows import ROUNDING
from ce_cli.binding.rows.row_sums import log_sums
from ce_cli.errors import UsageError
from ce_cli.explaining.anatomy import Subject
from ce_cli.explaining.number_text import numbers_in, within_one
from ce_cli.kernels.losses import class_sums
from ce_cli.kernels.outcomes import certain_codes, indicator, smoothed
from ce_cli.options.choices import Task
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, quoted_list

Floats = NDArray[np.float64]

_BINARY = ("0", "1")


class TypedNumbers(Record):
    """The typed text: numbers separated by commas, or the name of the true class."""

    q: str
    p: str | None = None
    label: str | None = None
    option: str = "--q"


class LabelShares(Record):
    """The label without a prediction: its share of each class, shape (K,), with their names."""

    shares: Floats
    unsmoothed: Floats
    classes: tuple[str, ...]
    spec: Spec


def label_of(p: str, spec: Spec) -> LabelShares:
    """Make a label from the numbers of ``--p`` alone.

    Raises
    ------
    UsageError
        They are not numbers or not a distribution, or an option needs a prediction.
    """
    count = len(numbers_in(p, "--p"))
    task: Task = spec.task
    if task == "likelihood":
        raise UsageError("--task likelihood has no label: replace --p with --q.")
    if task == "auto":
        task = "binary" if count <= 2 else "multiclass"
    tolerance = TOLERANCE["text"] if spec.sum_tolerance is None else spec.sum_tolerance
    spec = spec.replace(task=task, as_="probabilities", label=(), clip=0.0, sum_tolerance=tolerance)
    _check_count(count, spec, "--p")
    classes = _classes(count, spec)
    shares = _label(TypedNumbers("", p), classes, spec)
    assert shares is not None  # every task but likelihood has a label
    unsmoothed = shares[:, 0]
    among = 2 if spec.task == "multilabel" else len(classes)
    masses = smoothed(unsmoothed, spec.label_smoothing, among)
    return LabelShares(masses, unsmoothed, classes, spec)


def _check_count(count: int, spec: Spec, option: str) -> None:
    if (spec.task == "binary" and count > 2) or (spec.task == "multiclass" and count == 1):
        raise UsageError(
            f"--task {spec.task} does not match {plural(count, 'number')} in {option}."
        )


def subject_of(typed: TypedNumbers, spec: Spec) -> Subject:
    """Make a row from typed numbers.

    Raises
    ------
    UsageError
        These are not numbers or distributions, or do not match each other.
    """
    raw = numbers_in(typed.q, typed.option)
    spec = _settled(typed, len(raw), spec)
    classes = _classes(len(raw), spec)
    matrix = _prediction(raw, spec, typed.option)[:, np.newaxis]
    shares = _label(typed, classes, spec)
    codes = np.zeros(1, np.intp)
    hard = None
    if shares is not None and spec.task != "multilabel":
        codes, hard = shares.argmax(axis=0), certain_codes(shares)
    binding = _binding(classes, spec)
    scored = outcomes_of(matrix, codes, None if hard is not None else shares, binding, spec)
    return Subject(scored, raw, classes, float(scored.losses()[0]), spec)


def _settled(typed: TypedNumbers, count: int, spec: Spec) -> Spec:
    """Resolve every ``auto``: the task follows from the count of numbers."""
    values = "probabilities" if spec.as_ == "auto" else spec.as_
    if values == "losses":
        raise UsageError("--as losses is for files: a loss that is typed needs no explanation.")
    unlabelled = typed.p is None and typed.label is None
    task: Task = spec.task
    if task == "auto":
        task = "binary" if count <= 2 else "multiclass"
        alone = count == 1 and unlabelled and not spec.label_smoothing
        task = "likelihood" if alone and values != "logits" else task
    if typed.p is not None and typed.label is not None:
        raise UsageError("Give the label with --p or --label, not both.")
    if task == "likelihood" and not unlabelled:
        raise UsageError("--task likelihood has no label: omit --p and --label.")
    if task == "likelihood" and (count > 1 or values == "logits" or spec.label_smoothing):
        raise UsageError(
            "--task likelihood takes one probability or log-probability, that of the observed "
            "outcome, and no smoothing."
        )
    if task != "likelihood" and unlabelled:
        example = f"--p 1{',0' * (count - 1)}"
        raise UsageError(
            f"There is no label: add --label CLASS, or a distribution such as {example}."
        )
    _check_count(count, spec.replace(task=task), typed.option)
    clip = EPSILON["text"] if spec.clip is None else spec.clip
    tolerance = TOLERANCE["text"] if spec.sum_tolerance is None else spec.sum_tolerance
    return spec.replace(
        task=task,
        as_=values,
        label=(),
        clip=clip if values == "probabilities" else 0.0,
        clip_zeros=spec.clip is None and task == "likelihood" and values == "probabilities",
        sum_tolerance=tolerance,
    )


def _classes(count: int, spec: Spec) -> tuple[str, ...]:
    """The names in ``--classes``, or numbers from 0."""
    if spec.task == "likelihood":
        return ()
    alone = count == 1 and spec.task == "binary"
    needed = 2 if alone else count
    if not spec.classes:
        return _BINARY if alone else tuple(map(str, range(count)))
    if len(spec.classes) != needed or len(set(spec.classes)) < needed:
        raise UsageError(
            f"--classes {','.join(map(quoted, spec.classes))} must name {needed} classes, "
            "each once."
        )
    return spec.classes


def _prediction(numbers: Floats, spec: Spec, option: str) -> Floats:
    """Check the numbers of one ``--q``; the predictions to score."""
    column = numbers[:, np.newaxis]
    if spec.as_ == "logits":
        undefined = np.count_nonzero(numbers == np.inf) > 1 or (numbers == -np.inf).all()
        if len(numbers) > 1 and spec.task != "multilabel" and undefined:
            raise UsageError(
                f"{option}: the logits define no probabilities, since two are infinite or all are "
                "−inf."
            )
        return numbers
    if spec.as_ == "logprobs":
        if numbers.max() > ROUNDING:
            raise UsageError(
                f"{option}: {numbers.max():g} is not a log-probability, which is at most 0; if "
                "these are logits, use --as logits."
            )
        numbers = np.minimum(numbers, 0.0)
        column = numbers[:, np.newaxis]
        total = float(np.exp(log_sums(column))[0])
    else:
        numbers = within_one(numbers, option, "if these are logits, use --as logits; ")
        total = float(class_sums(column)[0])
    if len(numbers) == 1 or spec.task == "multilabel":
        return numbers
    if not _needs_division(total, option, spec):
        return numbers
    return numbers - log_sums(column)[0] if spec.as_ == "logprobs" else numbers / total


def _label(typed: TypedNumbers, classes: tuple[str, ...], spec: Spec) -> Floats | None:
    """The label's share of each class, shape (K, 1)."""
    if spec.task == "likelihood":
        return None
    if typed.label is not None:
        return _named(typed.label, classes, spec)
    shares = numbers_in(typed.p or "", "--p")
    alone = spec.task == "binary" and len(shares) == 1
    if len(shares) != len(classes) and not alone:
        raise UsageError(
            f"{typed.option} has {len(classes)} classes, but --p has "
            f"{plural(len(shares), 'number')}: write one number for each."
        )
    if spec.label_counts and not alone and spec.task != "multilabel":
        total = float(class_sums(shares[:, np.newaxis])[0])
        if not (shares >= 0).all() or not 0 < total < np.inf:
            raise UsageError("--p: counts must be 0 or more, and not all 0.")
        counted_shares: Floats = shares[:, np.newaxis] / total
        return counted_shares
    counts = not alone and spec.task != "multilabel" and (shares >= 0).all()
    shares = within_one(
        shares,
        "--p",
        "if these are counts, use --label-counts; " if counts and np.isfinite(shares).all() else "",
    )
    if alone:
        shares = np.array([1.0 - shares[0], shares[0]])
    elif spec.task != "multilabel":
        total = float(class_sums(shares[:, np.newaxis])[0])
        shares = shares / total if _needs_division(total, "--p", spec) else shares
    return shares[:, np.newaxis]


def _named(label: str, classes: tuple[str, ...], spec: Spec) -> Floats:
    if spec.task == "multilabel":
        raise UsageError("--task multilabel needs --p, a number from 0 to 1 for each label.")
    code = NamedClasses(classes).codes([label])
    if code[0] == UNKNOWN:
        raise UsageError(
            f"--label: there is no class {quoted(label)}; the classes are {quoted_list(classes)}."
        )
    return indicator(code, len(classes))


def _needs_division(total: float, option: str, spec: Spec) -> bool:
    """Whether numbers with this sum have to be divided by it."""
    if 0.0 < total < 2.0 and abs(total - 1.0) <= (spec.sum_tolerance or 0.0):
        return False
    if spec.on_bad_sum == "renormalize" and 0.0 < total < math.inf:
        return True
    raise UsageError(
        f"{option} sums to {total:.6g} instead of 1: correct it, or divide it by its sum with "
        "--on-bad-sum renormalize."
    )


def _binding(classes: Sequence[str], spec: Spec) -> Binding:
    """A binding that sets the task and the classes."""
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
