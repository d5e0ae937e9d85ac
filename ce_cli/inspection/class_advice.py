"""Findings about misaligned labels: permuted classes, shifted rows, leaked labels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.names import class_named
from ce_cli.inspection.corrected_copy import corrected_copy
from ce_cli.inspection.crossed import Crossed
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.score_command import option
from ce_cli.kernels.assignment import assignment
from ce_cli.record import Record
from ce_cli.results.inspect import Finding
from ce_cli.scoring.warnings import FEW_ROWS, NO_LOSS
from ce_cli.text import comma_separated, plural, quoted, quoted_list, sanitize

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

# A misalignment is reported only if correcting it lowers the loss by a tenth of a nat and by a
# fifth, from worse than a constant prediction to better than one, and by far more than picking the
# best of all permutations explains. A correctly bound model does not do that.
_LEAST_FALL = 0.1
_LEAST_SHARE = 0.2
_LEAST_TOTAL = 10.0  # nats over all rows, plus twice the logarithm of the number of permutations
_LEAST_SKILL = 0.05
_RARE = 0.01
_SHOWN = 8


class ClassPairing(Record):
    """The assignment of predictions to classes with the least loss, and the present one.

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
        """For each class, the class now bound to its best prediction; on a tie its own."""
        classes = len(self.nats)
        penalty = 1e-9 * (1.0 + self.nats.max(initial=0.0))
        return assignment(self.nats + penalty * (1.0 - np.eye(classes)))

    @cached_property
    def moved(self) -> NDArray[np.bool_]:
        """Classes whose best prediction is bound to another class, shape (K,)."""
        moved: NDArray[np.bool_] = self.best != np.arange(len(self.nats))
        return moved

    @cached_property
    def means(self) -> tuple[float, float]:
        """The present mean loss, and that of the best assignment."""
        every, total = np.arange(len(self.nats)), max(int(self.rows.sum()), 1)
        own, other = self.nats[every, every].sum(), self.nats[every, self.best].sum()
        return float(own) / total, float(other) / total

    @cached_property
    def is_better(self) -> bool:
        """Whether the classes are almost certainly permuted."""
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
    """Whether the mean loss `other` is much lower than `own`."""
    return own - other > _LEAST_FALL and own - other > _LEAST_SHARE * own


def class_advice(facts: FileFacts) -> Iterator[Finding]:
    """Findings about the classes and the order of the rows, from the losses."""
    crossed = facts.exam.alignment.crossed
    if crossed is not None:
        pairing = ClassPairing(crossed.nats, crossed.counts)
        if pairing.is_better:
            yield _mixed_up(facts, pairing)
        else:
            yield from _row_shift(facts)
        yield from _occurrence(facts, crossed)
        yield from _worse_than_constant(facts, pairing)
    yield from _leak(facts)


def _worse_than_constant(facts: FileFacts, pairing: ClassPairing) -> Iterator[Finding]:
    """Predictions that seem to belong to other rows."""
    skill, rows = facts.skill, pairing.rows
    guessing = facts.figures.get("accuracy", 1.0) < rows.max() / max(rows.sum(), 1)
    if skill < -_LEAST_SKILL and guessing and rows.sum() >= 3 * FEW_ROWS:
        message = (
            f"Always predicting the share of each class would score better (skill "
            f"{100 * skill:.0f} %): do predictions and labels belong to the same rows and classes?"
        )
        yield Finding("worse_than_constant", "warning", message)


def _mixed_up(facts: FileFacts, pairing: ClassPairing) -> Finding:
    """The finding that names the permutation."""
    own, other = pairing.means
    once = " (unweighted)" if facts.binding is not None and facts.binding.weight else ""
    loss = f"the loss would be {other:.4g} instead of {own:.4g} nats{once}"
    names = _best_classes(facts, pairing)
    options = _classes_option(facts, names)
    if len(names) == 2:
        message = f"The positive class looks flipped: the other way round, {loss}."
        return Finding("flipped_positive", "warning", message, options=options)
    numbered = all(_is_whole(name) for name in facts.classes)
    step = _cyclic_step(pairing) if numbered else None
    if step is not None:
        renumbered = _renumbered_classes(facts)
        if renumbered is not None:
            options = option("--classes", comma_separated(renumbered))
        message = (
            "The labels look shifted by one class relative to the predictions (numbered from 0 or "
            f"from 1?): if each prediction is for the class {step} its own, {loss}."
        )
        return Finding("shifted_classes", "warning", message, options=options)
    order = _text_order(facts.classes, names)
    if order is not None:
        message = f"The predictions look to be in the order of {order}: in that order, {loss}."
        return Finding("text_sorted_classes", "warning", message, options=options)
    pairs = [
        f"{sanitize(facts.classes[int(code)])} → {sanitize(names[int(code)])}"
        for code in np.flatnonzero(np.array(names) != np.array(facts.classes))
    ]
    more = f", … ({len(pairs)} in all)" if len(pairs) > _SHOWN else ""
    message = (
        f"The predictions look bound to the wrong classes ({', '.join(pairs[:_SHOWN])}{more}): if "
        f"bound like this, {loss}."
    )
    return Finding("permuted_classes", "warning", message, options=options)


def _best_classes(facts: FileFacts, pairing: ClassPairing) -> list[str]:
    """The class that each prediction, in order, should be bound to."""
    names = [""] * len(facts.classes)
    for code, place in enumerate(pairing.best.tolist()):
        names[place] = facts.classes[code]
    return names


def _classes_option(facts: FileFacts, names: Sequence[str]) -> str | None:
    """The option that binds predictions to `names`; None if the file itself has to change."""
    binding = facts.binding
    if binding is None or binding.shape == "map" or binding.labels.shape in ("list", "map"):
        return None
    if binding.shape != "single":
        return option("--classes", comma_separated(names))
    free = (
        not facts.requested.classes and class_named(binding.predictions[0], facts.classes) is None
    )
    if free and binding.labels.shape == "single":
        return option("--positive", names[1])
    return option("--classes", comma_separated(names))


def _cyclic_step(pairing: ClassPairing) -> str | None:
    """``after`` or ``before`` if every prediction is bound one class off, in order."""
    classes = len(pairing.best)
    steps = set(((pairing.best - np.arange(classes)) % classes).tolist())
    if steps == {1}:
        return "before"
    return "after" if steps == {classes - 1} else None


def _renumbered_classes(facts: FileFacts) -> list[str] | None:
    """The classes as the labels number them, if a label is one beyond the known classes."""
    issues = facts.exam.issues.named("unknown-label")
    unknown = {value for issue in issues for value in issue.values}
    for step in (1, -1):
        shifted = [str(int(name) + step) for name in facts.classes]
        if unknown and unknown <= set(shifted):
            return shifted
    return None


def _text_order(classes: Sequence[str], names: Sequence[str]) -> str | None:
    """Describe `names` if one of the two orders is that of numbers sorted as text."""
    if not all(map(_is_whole, classes)):
        return None
    by_text, by_value = sorted(classes), sorted(classes, key=int)
    if list(names) == by_text:
        return f"the class names sorted as text ({', '.join(by_text[:4])}, …)"
    if list(names) == by_value and list(classes) == by_text:
        return f"the class numbers ({', '.join(by_value[:4])}, …), not of their text"
    return None


def _is_whole(name: str) -> bool:
    return name.isascii() and name.removeprefix("-").isdigit()


def _row_shift(facts: FileFacts) -> Iterator[Finding]:
    """Labels shifted by one row in the whole file."""
    neighbours = facts.exam.alignment.neighbours
    own, after, before = neighbours.means()
    baseline = facts.figures.get("baseline", 0.0)
    other, step = (after, 1) if after < before else (before, -1)
    total = neighbours.rows * (own - other)
    if not falls_much(own, other) or total < _LEAST_TOTAL or not baseline > 0:
        return
    if own < (1.0 - _LEAST_SKILL) * baseline or other > (1.0 - _LEAST_SKILL) * baseline:
        return
    place = "below" if step == 1 else "above"
    message = (
        f"The labels look shifted by one row: with the label of the row {place}, the loss would be "
        f"{other:.4g} instead of {own:.4g} nats."
    )
    yield Finding("shifted_rows", "warning", message, command=_unshifted(facts, step))


def _unshifted(facts: FileFacts, step: int) -> str | None:
    """A command that shifts the labels back."""
    binding = facts.binding
    if binding is None:
        return None
    labels = list(binding.labels.columns)
    kept = "f = f.iloc[:-1]" if step == 1 else "f = f.iloc[1:]"
    return corrected_copy(
        facts, f"f[{labels!r}] = f[{labels!r}].astype(object).shift({-step}); {kept}"
    )


def _occurrence(facts: FileFacts, crossed: Crossed) -> Iterator[Finding]:
    """Classes that never occur, are never predicted, or are rare."""
    rows, predicted = crossed.counts.sum(axis=1), crossed.counts.sum(axis=0)
    total = int(rows.sum())
    if not total:
        return
    absent = [name for name, count in zip(facts.classes, rows, strict=True) if not count]
    if len(absent) == len(rows) - 1:
        yield Finding(
            "one_class", "warning", "All labels are the same class, so skill is not defined."
        )
    elif absent:
        noun = "class" if len(absent) == 1 else "classes"
        message = f"No row has the {noun} {quoted_list(absent)}."
        yield Finding("class_never_seen", "note", message)
    unused = [
        name
        for name, count, own in zip(facts.classes, predicted, rows, strict=True)
        if own and not count
    ]
    if unused and total >= FEW_ROWS:
        verb = "is" if len(unused) == 1 else "are"
        message = f"{quoted_list(unused)} {verb} never the most likely class."
        yield Finding("class_never_predicted", "note", message)
    rare = int(rows[rows > 0].min())
    if rare < _RARE * total:
        name = facts.classes[int(np.flatnonzero(rows == rare)[0])]
        message = (
            f"The class {quoted(name)} has {plural(rare, 'row')} of {total:,}, so its loss hardly "
            "affects the mean."
        )
        yield Finding("rare_class", "note", message)


def _leak(facts: FileFacts) -> Iterator[Finding]:
    """A loss too small for real predictions."""
    loss = facts.figures.get("cross_entropy", math.inf)
    if loss >= NO_LOSS or facts.exam.issues.scored < FEW_ROWS:
        return
    if facts.figures.get("baseline", 1.0) == 0.0:
        return
    message = (
        f"All losses are nearly 0 (mean {loss:.2g} nats): was the model trained on these rows, or "
        "were the predictions made from the labels?"
    )
    yield Finding("no_loss", "warning", message)
