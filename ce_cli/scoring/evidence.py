"""What the rows show about the roles of their columns: a monoid, next to nothing to compute."""

from __future__ import annotations

import math
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.exact import ExactSums
from ce_cli.kernels.forms import BinaryForm, BinaryLogit, BinaryLogprob, Probabilities
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import Hard, Likelihood, Outcomes, Soft
from ce_cli.record import Record

Floats = NDArray[np.float64]

_NONE = ExactSums.empty(1)
_FIRST = 64  # rows that mostly suffice to see that not all rows are of a kind
_SLACK = 0.5  # nats that a loss of the likeliest class may exceed log K by, where sums are not 1
_ROUNDING = 1e-9  # probabilities as near to each other are the same
_NEVER_RIGHT = math.log(1000.0)  # nats: as surprising as a chance of 1 in 1,000
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
    low, high : float
        The range of a single prediction, or 0 and 1, if all rows are of any such kind.
    low_class, high_class : int
        The range of the labels by their codes, if `likeliest`.
    errors, surprise : ExactSums
        Σ (1 − q) and Σ −log q, where q is the predicted probability of the likeliest class, or of
        all the likeliest classes: the errors that the predictions expect of themselves, and how
        surprising it is that there are none.
    negatives : ExactSums
        Σ (1 − q) of the second class, if `upper`: how many rows of the first are expected.
    wrong : int
        The rows that the decisions are wrong about.
    """

    rows: int = 0
    positives: int = 0
    likeliest: bool = True
    upper: bool = True
    decided: bool = True
    low: float = math.inf
    high: float = -math.inf
    low_class: int = 1 << 30
    high_class: int = -1
    errors: ExactSums = _NONE
    surprise: ExactSums = _NONE
    negatives: ExactSums = _NONE
    wrong: int = 0

    @classmethod
    def of(cls, batch: Batch, smoothing: float = 0.0) -> Self:
        """The evidence in one batch, with labels that are smoothed by `smoothing`."""
        if batch.weights is not None and not batch.weights.all():
            batch = batch.take(np.flatnonzero(batch.weights))
        if not len(batch):
            return cls()
        outcomes = batch.outcomes
        likeliest = _may_be_likeliest(batch, smoothing) and _is_likeliest(outcomes)
        upper, decided = _is_upper(outcomes), _is_decided(outcomes)
        found = cls(len(batch), 0, likeliest, upper, decided)
        if not (likeliest or upper or decided):
            return found
        codes, numbers = outcomes.codes, _range(outcomes)
        found = found.replace(
            positives=int(np.count_nonzero(codes == 1)), low=numbers[0], high=numbers[1]
        )
        if likeliest:
            most = _of_likeliest(outcomes)
            found = found.replace(
                low_class=int(codes.min()),
                high_class=int(codes.max()),
                errors=ExactSums.of(1.0 - most),
                surprise=ExactSums.of(-np.log(most)),
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
        ranged = likeliest or upper or decided
        return type(self)(
            rows=self.rows + later.rows,
            positives=self.positives + later.positives if ranged else 0,
            likeliest=likeliest,
            upper=upper,
            decided=decided,
            low=min(self.low, later.low) if ranged else math.inf,
            high=max(self.high, later.high) if ranged else -math.inf,
            low_class=min(self.low_class, later.low_class) if likeliest else 1 << 30,
            high_class=max(self.high_class, later.high_class) if likeliest else -1,
            errors=self.errors.merge(later.errors) if likeliest else _NONE,
            surprise=self.surprise.merge(later.surprise) if likeliest else _NONE,
            negatives=self.negatives.merge(later.negatives) if upper else _NONE,
            wrong=self.wrong + later.wrong if decided else 0,
        )

    @property
    def expected_errors(self) -> float:
        """How many rows the predictions expect to be wrong about, if `likeliest`."""
        return float(self.errors.floats()[0])

    @property
    def labels_are_decisions(self) -> bool:
        """Whether the labels are the model's own decisions, but for a chance of 1 in 1,000.

        Labels of a single class may have been chosen by it, which explains them as well.
        """
        several = self.low_class < self.high_class
        return self.likeliest and several and float(self.surprise.floats()[0]) > _NEVER_RIGHT

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


def _may_be_likeliest(batch: Batch, smoothing: float) -> bool:
    """Whether the labels are classes, and no loss alone shows another class to be likelier."""
    outcomes = batch.outcomes
    if isinstance(outcomes, Soft):
        one = 1.0 - smoothing + smoothing / len(outcomes.shares)
        return bool(smoothing) and bool((outcomes.shares.max(axis=0) >= one - _ROUNDING).all())
    if not isinstance(outcomes, Hard):
        return False
    return bool(batch.losses.max() <= math.log(outcomes.classes) + _SLACK)


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
