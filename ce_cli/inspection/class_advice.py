"""Whether predictions meet the right labels: classes under wrong names, rows off by one, leaks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.names import class_named
from ce_cli.inspection.crossed import Crossed
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.score_command import joined, mended_path, option, with_option
from ce_cli.kernels.assignment import assignment
from ce_cli.record import Record
from ce_cli.results.inspect import Finding
from ce_cli.scoring.warnings import FEW_ROWS, NO_LOSS
from ce_cli.text import plural, quoted, quoted_list, sanitize

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# A trap is told where the loss falls by a tenth of a nat and by a fifth, from worse than a
# constant prediction to better than one, and by far more than the choice among all permutations
# explains: an honest model does not do that.
_LEAST_FALL = 0.1
_LEAST_SHARE = 0.2
_LEAST_TOTAL = 10.0  # nats over all rows, beside twice the logarithm of the number of choices
_LEAST_SKILL = 0.05
_RARE = 0.01
_SHOWN = 8


class ClassPairing(Record):
    """The predictions under the names that make the loss least, beside those they have.

    Attributes
    ----------
    nats : ndarray, shape (K, K)
        Sums of surprisals by label and class of the prediction.
    counts : ndarray, shape (K, K)
        Rows by label and predicted class.
    """

    nats: Floats
    counts: NDArray[np.int64]

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Rows of each class, shape (K,)."""
        rows: NDArray[np.int64] = self.counts.sum(axis=1)
        return rows

    @cached_property
    def best(self) -> Codes:
        """For each class, the class under which its prediction stands; in doubt its own."""
        classes = len(self.nats)
        elsewhere = 1e-9 * (1.0 + self.nats.max(initial=0.0))
        return assignment(self.nats + elsewhere * (1.0 - np.eye(classes)))

    @cached_property
    def moved(self) -> NDArray[np.bool_]:
        """Classes whose prediction stands elsewhere, shape (K,)."""
        moved: NDArray[np.bool_] = self.best != np.arange(len(self.nats))
        return moved

    @cached_property
    def means(self) -> tuple[float, float]:
        """Mean loss as it is, and as it would be."""
        every, total = np.arange(len(self.nats)), max(int(self.rows.sum()), 1)
        own, other = self.nats[every, every].sum(), self.nats[every, self.best].sum()
        return float(own) / total, float(other) / total

    @cached_property
    def is_better(self) -> bool:
        """Whether the classes are surely mixed up."""
        moved, total = self.moved, int(self.rows.sum())
        if not moved.any() or not total:
            return False
        own, other = self.means
        choices = 2.0 * math.lgamma(len(self.nats) + 1)
        if not falls_much(own, other) or total * (own - other) < _LEAST_TOTAL + choices:
            return False
        shares = self.rows / total
        prior = -np.log(np.where(shares > 0, shares, 1.0)) * self.rows
        every = np.arange(len(self.nats))
        before = self.nats[every, every][moved].sum()
        after = self.nats[every, self.best][moved].sum()
        constant = prior[moved].sum()
        return bool(before > constant and after < (1.0 - _LEAST_SKILL) * constant)


def falls_much(own: float, other: float) -> bool:
    """Whether a mean loss would be a lot lower."""
    return own - other > _LEAST_FALL and own - other > _LEAST_SHARE * own


def class_advice(case: FileFacts) -> Iterator[Finding]:
    """What the losses say of the classes and the order of the rows."""
    crossed = case.exam.traps.crossed
    if crossed is not None:
        pairing = ClassPairing(crossed.nats, crossed.counts)
        if pairing.is_better:
            yield _mixed_up(case, pairing)
        else:
            yield from _row_shift(case)
        yield from _occurrence(case, crossed)
        yield from _worse_than_constant(case, pairing)
    yield from _leak(case)


def _worse_than_constant(case: FileFacts, pairing: ClassPairing) -> Iterator[Finding]:
    """Predictions that seem to be of other rows."""
    skill, rows = case.figures.get("skill", 0.0), pairing.rows
    guessing = case.figures.get("accuracy", 1.0) < rows.max() / max(rows.sum(), 1)
    if skill < -_LEAST_SKILL and guessing and rows.sum() >= 3 * FEW_ROWS:
        message = (
            f"Always predicting the share of each class would score better (skill "
            f"{100 * skill:.0f} %): do predictions and labels belong to the same rows and classes?"
        )
        yield Finding("worse_than_constant", "warning", message)


def _mixed_up(case: FileFacts, pairing: ClassPairing) -> Finding:
    """The permutation by its name."""
    own, other = pairing.means
    once = ", each row counted once" if case.binding is not None and case.binding.weight else ""
    loss = f"the loss would be {other:.4g} instead of {own:.4g} nats{once}"
    told = _told(case, pairing)
    options = _classes_option(case, told)
    if len(told) == 2:
        message = f"The positive class looks flipped: the other way round {loss}."
        return Finding("flipped_positive", "warning", message, options=options)
    numbered = all(_is_whole(name) for name in case.classes)
    step = _cyclic_step(pairing) if numbered else None
    if step is not None:
        beyond = _counted_otherwise(case)
        options = options if beyond is None else option("--classes", joined(beyond))
        message = (
            f"The labels look shifted by one class against the predictions (0-based against "
            f"1-based numbers?): with each prediction for the class {step} it, {loss}."
        )
        return Finding("shifted_classes", "warning", message, options=options)
    order = _text_order(case.classes, told)
    if order is not None:
        message = f"The predictions look to be in the order of {order}: so bound, {loss}."
        return Finding("text_sorted_classes", "warning", message, options=options)
    pairs = [
        f"{sanitize(case.classes[int(code)])} → {sanitize(told[int(code)])}"
        for code in np.flatnonzero(np.array(told) != np.array(case.classes))
    ]
    more = f", … ({len(pairs)} in all)" if len(pairs) > _SHOWN else ""
    message = (
        f"Predictions look to stand under the wrong classes ({', '.join(pairs[:_SHOWN])}{more}): "
        f"so bound, {loss}."
    )
    return Finding("permuted_classes", "warning", message, options=options)


def _told(case: FileFacts, pairing: ClassPairing) -> list[str]:
    """The class that each prediction, in their order, should be bound to."""
    told = [""] * len(case.classes)
    for code, stands in enumerate(pairing.best.tolist()):
        told[stands] = case.classes[code]
    return told


def _classes_option(case: FileFacts, told: Sequence[str]) -> str | None:
    """How to bind so; None where names inside the file would have to change."""
    binding = case.binding
    if binding is None or binding.shape == "map" or binding.labels.shape in ("list", "map"):
        return None
    if binding.shape != "single":
        return option("--classes", joined(told))
    free = not case.given.classes and class_named(binding.predictions[0], case.classes) is None
    if free and binding.labels.shape == "single":
        return option("--positive", told[1])
    return option("--classes", joined(told))


def _cyclic_step(pairing: ClassPairing) -> str | None:
    """``after`` or ``before`` if every prediction stands one class off, in numbered order."""
    classes = len(pairing.best)
    steps = set(((pairing.best - np.arange(classes)) % classes).tolist())
    if steps == {1}:
        return "before"
    return "after" if steps == {classes - 1} else None


def _counted_otherwise(case: FileFacts) -> list[str] | None:
    """The classes as the labels count them, where some label is one beyond those known."""
    findings = case.exam.issues.named("unknown-label")
    unknown = {value for finding in findings for value in finding.values}
    for step in (1, -1):
        shifted = [str(int(name) + step) for name in case.classes]
        if unknown and unknown <= set(shifted):
            return shifted
    return None


def _text_order(classes: Sequence[str], told: Sequence[str]) -> str | None:
    """Whether one of two orders of numbers is how they sort as text."""
    if not all(map(_is_whole, classes)):
        return None
    by_text, by_value = sorted(classes), sorted(classes, key=int)
    if list(told) == by_text:
        return f"their names sorted as text ({', '.join(by_text[:4])}, …)"
    if list(told) == by_value and list(classes) == by_text:
        return f"the numbers ({', '.join(by_value[:4])}, …), and their names sorted as text"
    return None


def _is_whole(name: str) -> bool:
    return name.isascii() and name.removeprefix("-").isdigit()


def _row_shift(case: FileFacts) -> Iterator[Finding]:
    """Labels one row off, in the whole file."""
    seen = case.exam.traps.neighbours
    own, after, before = seen.means()
    baseline = case.figures.get("baseline", 0.0)
    other, step = (after, 1) if after < before else (before, -1)
    total = seen.rows * (own - other)
    if not falls_much(own, other) or total < _LEAST_TOTAL or not baseline > 0:
        return
    if own < (1.0 - _LEAST_SKILL) * baseline or other > (1.0 - _LEAST_SKILL) * baseline:
        return
    place = "below" if step == 1 else "above"
    message = (
        f"Labels look shifted by one row: against the label of the row {place}, the loss would be "
        f"{other:.4g} instead of {own:.4g} nats."
    )
    yield Finding("shifted_rows", "warning", message, command=_unshifted(case, step))


def _unshifted(case: FileFacts, step: int) -> str | None:
    """A command that moves the labels back."""
    binding = case.binding
    if binding is None or len(case.typed.paths) != 1:
        return None
    path, labels = case.typed.paths[0], list(binding.labels.columns)
    kept = "f = f.iloc[:-1]" if step == 1 else "f = f.iloc[1:]"
    moved = f"f[{labels!r}] = f[{labels!r}].astype(object).shift({-step}); {kept}"
    command = with_option(case.typed, case.delimiter, moved)
    if command is None:
        return None
    return f"{command} && {case.typed.replace(paths=(str(mended_path(path)),)).line()}"


def _occurrence(case: FileFacts, crossed: Crossed) -> Iterator[Finding]:
    """Classes that never happen, are never predicted, or hardly ever happen."""
    rows, predicted = crossed.counts.sum(axis=1), crossed.counts.sum(axis=0)
    total = int(rows.sum())
    if not total:
        return
    absent = [name for name, count in zip(case.classes, rows, strict=True) if not count]
    if len(absent) == len(rows) - 1:
        yield Finding("one_class", "warning", "All labels are one class, so skill is not defined.")
    elif absent:
        what = "class" if len(absent) == 1 else "classes"
        message = f"No row is of the {what} {quoted_list(absent)}."
        yield Finding("class_never_seen", "note", message)
    unused = [
        name
        for name, count, own in zip(case.classes, predicted, rows, strict=True)
        if own and not count
    ]
    if unused and total >= FEW_ROWS:
        verb = "is" if len(unused) == 1 else "are"
        message = f"{quoted_list(unused)} {verb} never the likeliest class."
        yield Finding("class_never_predicted", "note", message)
    rare = int(rows[rows > 0].min())
    if rare < _RARE * total:
        name = case.classes[int(np.flatnonzero(rows == rare)[0])]
        message = (
            f"The class {quoted(name)} has {plural(rare, 'row')} of {total:,}: its loss hardly "
            "shows in the mean."
        )
        yield Finding("rare_class", "note", message)


def _leak(case: FileFacts) -> Iterator[Finding]:
    """A loss too small to be a prediction."""
    loss = case.figures.get("cross_entropy", math.inf)
    if loss >= NO_LOSS or case.exam.issues.scored < FEW_ROWS:
        return
    if case.figures.get("baseline", 1.0) == 0.0:
        return
    message = (
        f"All losses are nearly 0 (mean {loss:.2g} nats): were these rows trained on, or were the "
        "predictions made from the labels?"
    )
    yield Finding("no_loss", "warning", message)
