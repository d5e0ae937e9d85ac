"""What the rows show about the roles of their columns: a monoid, next to nothing to compute."""

from __future__ import annotations

import math
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.far_marks import extremes, far_marks, merged
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.forms import (
    BinaryForm,
    BinaryLogit,
    BinaryLogprob,
    Logits,
    Logprobs,
    Probabilities,
)
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import Hard, Likelihood, Outcomes, Soft
from ce_cli.record import Record

Floats = NDArray[np.float64]

_NONE = ExactSums.empty(1)
_FIRST = 64  # rows that mostly suffice to see that not all rows are of a kind
_SLACK = 0.5  # nats that a loss of the likeliest class may exceed log K by, where sums are not 1
_ROUNDING = 1e-9  # probabilities as near to each other are the same
_NEVER_RIGHT = math.log(1000.0)  # nats: as surprising as a chance of 1 in 1,000
_LIKELIER = math.log(10.0)
_MOST_LOSS = 1e6  # nats: an infinite loss as a number
_CHANCE = 2.0  # standard deviations
_FEW_ROWS = 3
_ROWS = 10
_MANY_ROWS = 20


class Evidence(Record):
    """Whether all rows so far are of a kind, by those of weight above 0.

    A kind that a single row refutes is not looked at again, so for most data only the first batch
    costs anything. The sums are kept only where all rows are of the kind that needs them.

    Attributes
    ----------
    rows, positives : int
        How many rows there are, and for two classes how many of the second.
    likeliest : bool
        Whether every label is the likeliest class, or one of them.
    upper : bool
        Whether there are two classes, and a single prediction that never favours the first.
    decided : bool
        Whether all predicted probabilities are 0 or 1.
    highest_negative, lowest_positive : float
        The largest single prediction of a row of the first class, and the least of the second.
    logprobs : bool
        Whether a single prediction is a log-probability.
    low, high : float
        The range of a single prediction, or 0 and 1, if all rows are of any such kind.
    low_class, high_class : int
        The range of the labels by their codes, if `likeliest`.
    errors, surprise : ExactSums
        Σ (1 − q) and Σ −log q, where q is the predicted probability of the likeliest class, or of
        all the likeliest classes: the errors that the predictions expect of themselves, and how
        surprising it is that there are none. Only if `likeliest` or `split`.
    as_class, as_outcome : ExactSums
        The losses of single log-probabilities, read as those of the second class and as those of
        the label itself; both 0 for other predictions.
    negatives : ExactSums
        Σ (1 − q) of the second class, if `upper`: how many rows of the first are expected.
    wrong : int
        The rows that the decisions are wrong about.
    several : bool
        Whether there is one logit or log-probability for each class.
    extremes : tuple of float
        The largest logits or log-probabilities, as `ce_cli.findings.far_marks` keeps them.
    """

    rows: int = 0
    positives: int = 0
    likeliest: bool = True
    upper: bool = True
    decided: bool = True
    highest_negative: float = -math.inf
    lowest_positive: float = math.inf
    logprobs: bool = True
    low: float = math.inf
    high: float = -math.inf
    low_class: int = 1 << 30
    high_class: int = -1
    errors: ExactSums = _NONE
    surprise: ExactSums = _NONE
    negatives: ExactSums = _NONE
    wrong: int = 0
    as_class: ExactSums = _NONE
    as_outcome: ExactSums = _NONE
    several: bool = False
    extremes: tuple[float, ...] = ()

    @classmethod
    def of(cls, batch: Batch) -> Self:
        """The evidence in one batch, whose labels are taken as they happened."""
        batch = batch.unsmoothed
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights))
        if not len(batch):
            return cls()
        outcomes = batch.outcomes
        likeliest = _may_be_likeliest(batch) and _is_likeliest(outcomes)
        upper, decided = _is_upper(outcomes), _is_decided(outcomes)
        numbers = _logprobs(outcomes)
        own = numbers is not None
        found = cls(len(batch), 0, likeliest, upper, decided, *_limits(outcomes), own)
        unbounded = _without_bounds(outcomes)
        if unbounded is not None:
            found = found.replace(several=len(unbounded) > 1, extremes=extremes(unbounded))
        if numbers is not None:
            found = found.replace(
                positives=int(np.count_nonzero(outcomes.codes == 1)),
                as_class=ExactSums.of(batch.finite_losses),
                as_outcome=ExactSums.of(np.minimum(-numbers, _MOST_LOSS)),
            )
        if not (likeliest or upper or decided or found.split):
            return found
        codes, ends = outcomes.codes, _range(outcomes)
        found = found.replace(
            positives=int(np.count_nonzero(codes == 1)), low=ends[0], high=ends[1]
        )
        if likeliest:
            found = found.replace(low_class=int(codes.min()), high_class=int(codes.max()))
        if likeliest or found.split:
            most = _of_likeliest(outcomes)
            found = found.replace(
                errors=ExactSums.of(1.0 - most), surprise=ExactSums.of(-np.log(most))
            )
        if upper:
            found = found.replace(negatives=ExactSums.of(1.0 - outcomes.confidence()))
        if decided and isinstance(outcomes, Hard):
            right = int(np.count_nonzero(outcomes.correct()))
            found = found.replace(wrong=len(batch) - right)
        return found

    def merge(self, later: Self) -> Self:
        """The evidence of the rows of both; associative and commutative."""
        likeliest, upper = self.likeliest and later.likeliest, self.upper and later.upper
        decided = self.decided and later.decided
        limits = (
            max(self.highest_negative, later.highest_negative),
            min(self.lowest_positive, later.lowest_positive),
        )
        split, logprobs = limits[0] < limits[1], self.logprobs and later.logprobs
        ranged = likeliest or upper or decided or split
        several = self.several or later.several
        return type(self)(
            rows=self.rows + later.rows,
            positives=self.positives + later.positives if ranged or logprobs else 0,
            likeliest=likeliest,
            upper=upper,
            decided=decided,
            highest_negative=limits[0] if split else math.inf,
            lowest_positive=limits[1] if split else -math.inf,
            logprobs=logprobs,
            low=min(self.low, later.low) if ranged else math.inf,
            high=max(self.high, later.high) if ranged else -math.inf,
            low_class=min(self.low_class, later.low_class) if likeliest else 1 << 30,
            high_class=max(self.high_class, later.high_class) if likeliest else -1,
            errors=self.errors.merge(later.errors) if likeliest or split else _NONE,
            surprise=self.surprise.merge(later.surprise) if likeliest or split else _NONE,
            negatives=self.negatives.merge(later.negatives) if upper else _NONE,
            wrong=self.wrong + later.wrong if decided else 0,
            as_class=self.as_class.merge(later.as_class) if logprobs else _NONE,
            as_outcome=self.as_outcome.merge(later.as_outcome) if logprobs else _NONE,
            several=several,
            extremes=merged(self.extremes, later.extremes, several),
        )

    @property
    def split(self) -> bool:
        """Whether a single prediction of every second class is above those of every first."""
        return self.highest_negative < self.lowest_positive

    @property
    def expected_errors(self) -> float:
        """How many rows the predictions expect to be wrong about, if `likeliest` or `split`."""
        return float(self.errors.floats()[0])

    @property
    def labels_are_decisions(self) -> bool:
        """Whether the labels are the model's own decisions, but for a chance of 1 in 1,000.

        Labels of a single class may have been chosen by it, which explains them as well.
        """
        several = self.low_class < self.high_class
        return self.likeliest and several and float(self.surprise.floats()[0]) > _NEVER_RIGHT

    @property
    def labels_are_split(self) -> bool:
        """Whether the labels are decisions at another threshold than 1/2.

        With each threshold, the labels have at most the chance of those at 1/2, and there is one
        more threshold than rows.
        """
        fewer = min(self.positives, self.rows - self.positives)
        if self.likeliest or not self.split or fewer < _ROWS:
            return False
        chance = float(self.surprise.floats()[0]) - math.log(self.rows + 1)
        return chance > _NEVER_RIGHT

    @property
    def of_outcomes(self) -> bool:
        """Whether log-probabilities are rather those of the labels than of the second class.

        As those of the second class, they are worse than its share; as those of the labels, they
        are better, and 10 times as likely.
        """
        if self.rows < _FEW_ROWS or not 0 < self.positives < self.rows:
            return False
        one, other = float(self.as_class.floats()[0]), float(self.as_outcome.floats()[0])
        share = self.positives / self.rows
        entropy = -share * math.log(share) - (1.0 - share) * math.log1p(-share)
        return other < self.rows * entropy < one and one - other > _LIKELIER

    @property
    def are_decisions(self) -> bool:
        """Whether the predictions are decisions instead of probabilities."""
        if not self.decided or not self.rows:
            return False
        return self.rows >= (_FEW_ROWS if self.low < self.high else _ROWS)

    @property
    def never_below_half(self) -> bool:
        """Whether single predictions of several values are never below 1/2, with labels of both."""
        both = 0 < self.positives < self.rows
        varied = self.upper and self.low < self.high and not self.decided
        return varied and both and self.rows >= _FEW_ROWS

    @property
    def marks(self) -> tuple[float, ...]:
        """Logits or log-probabilities that are usual marks of missing values, far from others."""
        return far_marks(self.extremes)

    @property
    def within_one(self) -> bool:
        """Whether single predictions that never favour the first class are all in [0, 1]."""
        many = self.upper and self.rows >= _MANY_ROWS
        return many and self.low >= 0.0 and 0.0 < self.high <= 1.0

    @property
    def too_many_negatives(self) -> bool:
        """Whether the first class is much more frequent than `upper` predictions expect."""
        if not self.upper or self.rows < _MANY_ROWS:
            return False
        expected = float(self.negatives.floats()[0])
        return self.rows - self.positives - expected > _CHANCE * math.sqrt(expected)


def _may_be_likeliest(batch: Batch) -> bool:
    """Whether the labels are classes, and no loss alone shows another class to be likelier."""
    outcomes = batch.outcomes
    if not isinstance(outcomes, Hard):
        return False
    return batch.ends[1] <= math.log(outcomes.classes) + _SLACK


def _is_likeliest(outcomes: Outcomes) -> bool:
    own, most = outcomes.label_probability(), outcomes.confidence()
    return bool((own >= most * (1.0 - _ROUNDING)).all())


def _of_likeliest(outcomes: Outcomes) -> Floats:
    """The predicted probability of the likeliest class, or of all the likeliest, shape (n,)."""
    form = cast(Hard, outcomes).form
    each, most = form.probabilities(), outcomes.confidence()
    tied = (each >= most * (1.0 - _ROUNDING)).sum(axis=0)
    shared: Floats = np.minimum(tied * most, 1.0)
    return shared


def _range(outcomes: Outcomes) -> tuple[float, float]:
    """The range of a single prediction; 0 and 1 for several."""
    if not isinstance(outcomes, Hard | Soft) or not isinstance(outcomes.form, BinaryForm):
        return 0.0, 1.0
    numbers = outcomes.ranking()
    return float(numbers.min()), float(numbers.max())


def _limits(outcomes: Outcomes) -> tuple[float, float]:
    """The largest single prediction of the first class, and the least of the second."""
    if not isinstance(outcomes, Hard) or not isinstance(outcomes.form, BinaryForm):
        return math.inf, -math.inf
    numbers = outcomes.ranking()
    for few in (slice(0, _FIRST), slice(None)):
        some, second = numbers[few], outcomes.codes[few] == 1
        low = float(some.max(where=~second, initial=-math.inf))
        high = float(some.min(where=second, initial=math.inf))
        if low >= high:
            return math.inf, -math.inf
    return low, high


def _logprobs(outcomes: Outcomes) -> Floats | None:
    """The numbers of a single prediction, if they are log-probabilities."""
    if not isinstance(outcomes, Hard) or not isinstance(outcomes.form, BinaryLogprob):
        return None
    return outcomes.ranking()


def _without_bounds(outcomes: Outcomes) -> Floats | None:
    """Logits or log-probabilities, shape (K, n); None for other numbers."""
    if isinstance(outcomes, Likelihood):
        return outcomes.surprisal[np.newaxis]
    form = getattr(outcomes, "form", None)
    if isinstance(form, BinaryLogit):
        return form.logit[np.newaxis]
    if isinstance(form, BinaryLogprob):
        return form.logprob[np.newaxis]
    return form.matrix if isinstance(form, Logits | Logprobs) else None


def _is_upper(outcomes: Outcomes) -> bool:
    if not isinstance(outcomes, Hard | Soft) or not isinstance(outcomes.form, BinaryForm):
        return False
    half = 0.5
    if isinstance(outcomes.form, BinaryLogit):
        half = 0.0
    elif isinstance(outcomes.form, BinaryLogprob):
        half = -LOG_2 * (1.0 + _ROUNDING)
    numbers = outcomes.ranking()
    return bool(numbers[:_FIRST].min() >= half and numbers.min() >= half)


def _is_decided(outcomes: Outcomes) -> bool:
    if isinstance(outcomes, Likelihood):
        return False
    form = getattr(outcomes, "form", None)
    numbers = getattr(form, "probability", None)
    if isinstance(form, Probabilities):
        numbers = form.matrix
    return numbers is not None and _whole(numbers[..., :_FIRST]) and _whole(numbers)


def _whole(numbers: Floats) -> bool:
    return bool(((numbers == 0.0) | (numbers == 1.0)).all())
