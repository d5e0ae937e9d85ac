"""Losses by other rules: bounds on the surprisal of a class, and rows divided by their sums.

Shapes: n rows, K classes, L independent labels, as in `ce_cli.kernels.outcomes`. Outcomes must not
be clipped already.
"""

from __future__ import annotations

import math
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.forms import BinaryForm, Form, Logprobs, Probabilities
from ce_cli.kernels.losses import class_sums, of_class, surprisal_bounds
from ce_cli.kernels.outcomes import Hard, Likelihood, Multilabel, Outcomes, Soft, products
from ce_cli.kernels.tool_precision import tool_probabilities, tool_surprisals
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]


class Rule(Record):
    """Bounds on surprisals, in nats.

    Attributes
    ----------
    most, least : float
        The largest and smallest surprisal of a class.
    rest_most : float
        The largest surprisal of the negative class of a single prediction, which has 1 − q.
    divided : bool
        Whether each row of probabilities is divided by its sum first.
    bounded_from : float
        The surprisal from which `most` applies: infinity if only a probability of 0 is raised.
    stored : str
        The type, float32 or float64, of the probabilities that the tool makes of predictions, and
        of 1 − q; empty if no digit of them is lost.
    brier : float
        The factor of Brier's sum over more than two classes.
    """

    most: float = math.inf
    least: float = 0.0
    rest_most: float = math.inf
    divided: bool = False
    bounded_from: float = 0.0
    stored: str = ""
    brier: float = 1.0


UNBOUNDED = Rule()


class Costs(Record):
    """The losses of rows by a rule.

    Attributes
    ----------
    losses : ndarray, shape (n,)
        In nats; may be infinite.
    raised, lowered : ndarray of bool, shape (n,)
        Where the probability of something that happened was raised, or lowered, by the rule.
    """

    losses: Floats
    raised: Bools
    lowered: Bools


def clipped(low: float) -> Rule:
    """The rule that keeps probabilities within [low, 1 − low]; unbounded if `low` is 0."""
    if not low:
        return UNBOUNDED
    least, most = surprisal_bounds(low)
    return Rule(most, least, most)


def without_zeros(low: float) -> Rule:
    """The rule that raises probabilities of 0 to `low`; unbounded if that is 0."""
    return Rule(most_of(low), bounded_from=math.inf) if low else UNBOUNDED


def most_of(floor: float) -> float:
    """The surprisal of the probability `floor`."""
    return surprisal_bounds(floor)[1]


def costs(outcomes: Outcomes, rule: Rule) -> Costs:
    """Losses by a rule of outcomes that are not clipped, whatever rule they already have."""
    if isinstance(outcomes, Hard) and not outcomes.smoothing:
        return _of_classes(outcomes.form, outcomes.codes, rule)
    if isinstance(outcomes, Likelihood):
        return Costs(*_bounded(outcomes.surprisal, None, rule))
    if isinstance(outcomes, Hard | Soft):
        each, raised, lowered = _of_every_class(outcomes.form, rule)
        some = outcomes.targets > 0
        return Costs(
            class_sums(products(outcomes.targets, each)),
            np.logical_or.reduce(raised & some, axis=0),
            np.logical_or.reduce(lowered & some, axis=0),
        )
    if isinstance(outcomes, Multilabel):
        both = np.stack([1.0 - outcomes.targets, outcomes.targets])
        each, raised, lowered = _of_every_class(outcomes.form, rule)
        return Costs(
            class_sums(class_sums(products(both, each))) / len(outcomes.shares),
            np.logical_or.reduce(raised & (both > 0), axis=(0, 1)),
            np.logical_or.reduce(lowered & (both > 0), axis=(0, 1)),
        )
    raise TypeError(f"there is no rule for {type(outcomes).__name__}")


def row_sums(outcomes: Outcomes) -> Floats | None:
    """The sum of the probabilities of each row, shape (n,); None where it is 1 by definition."""
    logs = _log_sums(outcomes.form) if isinstance(outcomes, Hard | Soft) else None
    return None if logs is None else np.exp(logs)


def _of_classes(form: Form, codes: Codes, rule: Rule) -> Costs:
    own = of_class(tool_surprisals(form, rule.stored), codes) if rule.stored else form.losses(codes)
    rest = codes == 0 if isinstance(form, BinaryForm) else None
    return Costs(*_bounded(_divided(own, form, rule), rest, rule))


def _of_every_class(form: Form, rule: Rule) -> tuple[Floats, Bools, Bools]:
    """Surprisals of all classes, shape (K, n) or (2, L, n), and which were raised or lowered."""
    each = tool_surprisals(form, rule.stored) if rule.stored else form.surprisals()
    rest = None
    if isinstance(form, BinaryForm):
        rest = np.zeros(each.shape, np.bool_)
        rest[0] = True
    return _bounded(_divided(each, form, rule), rest, rule)


def _bounded(own: Floats, rest: Bools | None, rule: Rule) -> tuple[Floats, Bools, Bools]:
    """Surprisals within the bounds, and where they were above and below."""
    most: float | Floats = rule.most
    above = (own > rule.most) & (own >= rule.bounded_from)
    if rest is not None:
        most = np.where(rest, rule.rest_most, rule.most)
        above = own > most
    within = np.where(above, most, np.maximum(own, rule.least))
    return within, above, own < rule.least


def _divided(own: Floats, form: Form, rule: Rule) -> Floats:
    """Surprisals after each row was divided by its sum."""
    logs = _log_sums(form) if rule.divided else None
    return own if logs is None else np.maximum(own + logs, 0.0)


def _log_sums(form: Form) -> Floats | None:
    """Logarithm of the sum of each row of class probabilities, shape (n,)."""
    if isinstance(form, Probabilities):
        logs: Floats = np.log(class_sums(form.matrix))
        return logs
    if isinstance(form, Logprobs):
        largest = form.matrix.max(axis=0)
        total: Floats = largest + np.log(class_sums(np.exp(form.matrix - largest)))
        return total
    return None


class _Ruled:
    """What all kinds of outcomes that are scored by a rule have in common."""

    rule: Rule

    def losses(self) -> Floats:
        """The losses by the rule."""
        return costs(cast(Outcomes, self), self.rule).losses

    def squared_errors(self) -> Floats:
        """Those of the outcomes, times the factor of the rule."""
        space = cast(Outcomes, self).space
        own: Floats = super().squared_errors()  # type: ignore[misc]
        several = space.classes > 2 and not space.independent
        return own * self.rule.brier if several else own

    def raised(self, clip: float) -> Bools:
        """Where the rule (not the clip) raised the probability of something that happened."""
        return costs(cast(Outcomes, self), self.rule).raised

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        taken: Self = super().take(rows).replace(rule=self.rule)  # type: ignore[misc]
        return taken


class _RuledClasses(_Ruled):
    """Labels of one class, whose losses may be of probabilities that a tool has changed."""

    form: Form
    codes: Codes

    def shown(self) -> tuple[Floats, Floats]:
        """Those of the tool, before bounds."""
        return self._of(self.codes), self._of(self.form.predicted())

    def _of(self, codes: Codes) -> Floats:
        form, rule = self.form, self.rule
        own = form.label_probability(codes)
        if rule.stored:
            own = of_class(tool_probabilities(form, rule.stored), codes)
        logs = _log_sums(form) if rule.divided else None
        return own if logs is None else np.minimum(own / np.exp(logs), 1.0)


class RuledHard(_RuledClasses, Hard):
    """Hard labels, scored by a rule."""

    rule: Rule = UNBOUNDED


class RuledSoft(_RuledClasses, Soft):
    """Soft labels, scored by a rule."""

    rule: Rule = UNBOUNDED

    def parts(self) -> tuple[Floats, Floats]:
        """Shares, and losses of the classes by the rule."""
        return self.shares, self._whole_losses(_of_every_class(self.form, self.rule)[0])


class RuledMultilabel(_Ruled, Multilabel):
    """Independent labels, scored by a rule."""

    rule: Rule = UNBOUNDED

    def parts(self) -> tuple[Floats, Floats]:
        """Every label once, and its loss by the rule."""
        both = np.stack([1.0 - self.targets, self.targets])
        each = _of_every_class(self.form, self.rule)[0]
        return np.ones_like(self.shares), class_sums(products(both, each))


class RuledLikelihood(_Ruled, Likelihood):
    """Likelihoods, scored by a rule."""

    rule: Rule = UNBOUNDED


def ruled(outcomes: Outcomes, rule: Rule) -> Outcomes:
    """Outcomes that are not clipped, scored by a rule."""
    if isinstance(outcomes, Hard):
        codes, classes = outcomes.codes, outcomes.classes
        return RuledHard(outcomes.form, codes, classes, outcomes.smoothing, rule)
    if isinstance(outcomes, Soft):
        shares, codes = outcomes.shares, outcomes.codes
        return RuledSoft(outcomes.form, shares, codes, outcomes.smoothing, rule)
    if isinstance(outcomes, Multilabel):
        return RuledMultilabel(outcomes.form, outcomes.shares, outcomes.smoothing, rule)
    if isinstance(outcomes, Likelihood):
        return RuledLikelihood(outcomes.surprisal, outcomes.probability, rule)
    raise TypeError(f"there is no rule for {type(outcomes).__name__}")
