"""What happened, beside what was predicted: each kind of label answers the same questions.

Shapes: n rows, K classes, L independent labels; labels of every kind are class-major, like the
predictions, so shares have shape (K, n) or (L, n).
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.forms import BinaryForm, Form
from ce_cli.kernels.losses import class_sums, first_largest
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Bools = NDArray[np.bool_]

NO_CLASS = -1


class LabelSpace(Record):
    """What can happen.

    Attributes
    ----------
    classes : int
        K classes, of which one happens; or L labels, each of which may; 0 if none is named.
    independent : bool
        Whether it is L labels.
    sized : bool
        Whether it is known how many bytes each row has.
    """

    classes: int
    independent: bool = False
    sized: bool = False


class Outcomes(Protocol):
    """Labels and predictions of n rows."""

    @property
    def space(self) -> LabelSpace:
        """What can happen."""
        ...

    @property
    def codes(self) -> Codes:
        """The class that happened, of several the likeliest; `NO_CLASS` if there is none."""
        ...

    def losses(self) -> Floats:
        """Cross-entropy in nats, shape (n,)."""
        ...

    def label_probability(self) -> Floats:
        """The probability that the class in `codes` was given, before any clipping, shape (n,)."""
        ...

    def predicted(self) -> Codes:
        """The likeliest class, the first one on a tie, shape (n,)."""
        ...

    def confidence(self) -> Floats:
        """The probability that the likeliest class was given, shape (n,)."""
        ...

    def correct(self) -> Bools | Floats:
        """How much of the label was predicted, from 0 to 1, shape (n,)."""
        ...

    def squared_errors(self) -> Floats:
        """Brier's (q − p)² over the classes, half of it for two classes, shape (n,)."""
        ...

    def entropies(self) -> Floats | None:
        """H(p) of the label in nats, shape (n,); None where it is 0 by nature."""
        ...

    def uncertainties(self) -> Floats:
        """H(q) of the prediction in nats, shape (n,)."""
        ...

    def surprisals(self) -> Floats:
        """What each class would cost in nats if it happened, shape (K, n)."""
        ...

    def ranking(self) -> Floats:
        """Of two classes, a number that orders rows by what the second was given, shape (n,)."""
        ...

    def positives(self) -> Floats:
        """Of two classes, how much of the second happened, shape (n,)."""
        ...

    def residuals(self) -> Floats:
        """Of two classes, q − p of the second, shape (n,)."""
        ...

    def raised(self, clip: float) -> Bools:
        """Where something that happened was given less than `clip`, shape (n,)."""
        ...

    def masses(self) -> Floats | None:
        """How much of each class happened, shape (K, n); None where `codes` say it all."""
        ...

    def parts(self) -> tuple[Floats, Floats] | None:
        """By class, how much of it happened and what each unit of that costs, (K, n) both.

        None where `codes` say it all.
        """
        ...

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        ...


class _OneClass:
    """What labels of one class and distributions over the classes answer alike."""

    form: Form
    codes: Codes

    def label_probability(self) -> Floats:
        """Probability of the label's likeliest class."""
        return self.form.label_probability(self.codes)

    def predicted(self) -> Codes:
        """The likeliest class."""
        return self.form.predicted()

    def confidence(self) -> Floats:
        """Its probability."""
        return self.form.confidence()

    def correct(self) -> Bools:
        """Whether label and prediction have the same likeliest class."""
        correct: Bools = self.predicted() == self.codes
        return correct

    def uncertainties(self) -> Floats:
        """−Σ q·log q."""
        return class_sums(products(self.form.probabilities(), self.form.surprisals()))

    def surprisals(self) -> Floats:
        """Those of the predictions."""
        return self.form.surprisals()

    def ranking(self) -> Floats:
        """As the predictions come."""
        return self.form.ranking()


class _NoOrder:
    """What labels that are no two classes do not answer."""

    @property
    def codes(self) -> Codes:
        """No class."""
        raise NotImplementedError

    def surprisals(self) -> Floats:
        """Of no class."""
        return np.zeros((0, len(self.codes)))

    def ranking(self) -> Floats:
        """Unknown."""
        return np.full(len(self.codes), np.nan)

    def positives(self) -> Floats:
        """Unknown."""
        return self.ranking()

    def residuals(self) -> Floats:
        """Unknown."""
        return self.ranking()


class Hard(_OneClass, Record):
    """One class happened, and is known: `codes` of shape (n,) among `classes`."""

    form: Form
    codes: Codes
    classes: int

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return LabelSpace(self.classes)

    def losses(self) -> Floats:
        """Surprisal of the class that happened."""
        return self.form.losses(self.codes)

    def squared_errors(self) -> Floats:
        """Against the indicator of the class."""
        return self.form.squared_errors(self.codes)

    def entropies(self) -> None:
        """Nothing is uncertain."""
        return

    def positives(self) -> Floats:
        """1 where the second class happened."""
        return np.equal(self.codes, 1).astype(np.float64)

    def residuals(self) -> Floats:
        """What the second class was given, or where it happened, less what it was not."""
        first, second = self.form.probabilities()
        missed = first if isinstance(self.form, BinaryForm) else 1.0 - second
        residuals: Floats = np.where(self.codes == 1, -missed, second)
        return residuals

    def raised(self, clip: float) -> Bools:
        """Where the class that happened was given less."""
        raised: Bools = self.form.label_probability(self.codes) < clip
        return raised

    def masses(self) -> None:
        """The codes say it all."""
        return

    def parts(self) -> None:
        """The codes say it all."""
        return

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.form.take(rows), self.codes[rows], self.classes)


class Soft(_OneClass, Record):
    """Labels that are distributions over the classes: `shares` of shape (K, n).

    `codes`, shape (n,), is the likeliest class of each label before any smoothing.
    """

    form: Form
    shares: Floats
    codes: Codes

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return LabelSpace(len(self.shares))

    def losses(self) -> Floats:
        """Σ p·(−log q), where 0·∞ is 0."""
        return class_sums(products(*self.parts()))

    def squared_errors(self) -> Floats:
        """Σ (q − p)², half of it for two classes; where one class has all, as for a hard label."""
        total = class_sums(np.square(self.form.probabilities() - self.shares))
        total = total / 2.0 if len(self.shares) == 2 else total
        certain = np.flatnonzero(_certain(self.shares))
        if len(certain):
            total[certain] = self.form.take(certain).squared_errors(self.codes[certain])
        return total

    def entropies(self) -> Floats:
        """−Σ p·log p."""
        return class_sums(_entropy_terms(self.shares))

    def positives(self) -> Floats:
        """The share of the second class."""
        second: Floats = self.shares[1]
        return second

    def residuals(self) -> Floats:
        """As it stands: q − p."""
        residuals: Floats = self.form.probabilities()[1] - self.shares[1]
        return residuals

    def raised(self, clip: float) -> Bools:
        """Where a class with a share was given less."""
        low = self.form.probabilities() < clip
        raised: Bools = np.logical_or.reduce(low & (self.shares > 0), axis=0)
        return raised

    def masses(self) -> Floats:
        """The shares."""
        return self.shares

    def parts(self) -> tuple[Floats, Floats]:
        """Shares, and surprisals of the classes."""
        return self.shares, self._surprisals

    @cached_property
    def _surprisals(self) -> Floats:
        return self.form.surprisals()

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.form.take(rows), self.shares[:, rows], self.codes[rows])


class Multilabel(_NoOrder, Record):
    """L labels, each of which may hold: predictions and `shares` from 0 to 1 of shape (L, n)."""

    form: BinaryForm
    shares: Floats

    @property
    def space(self) -> LabelSpace:
        """The labels."""
        return LabelSpace(len(self.shares), independent=True)

    @property
    def codes(self) -> Codes:
        """No single class happened."""
        return np.full(self.shares.shape[1], NO_CLASS, np.intp)

    def losses(self) -> Floats:
        """Mean over the labels of the binary cross-entropy."""
        return class_sums(self._label_losses) / len(self.shares)

    def label_probability(self) -> Floats:
        """The geometric mean over the labels."""
        return np.exp(-self.losses())

    def predicted(self) -> Codes:
        """No single class is."""
        return self.codes

    def confidence(self) -> Floats:
        """Of no single class."""
        return np.full(self.shares.shape[1], np.nan)

    def correct(self) -> Floats:
        """The share of the labels that were predicted."""
        hits = self.form.predicted() == (self.shares > 0.5)
        return class_sums(hits.astype(np.float64)) / len(self.shares)

    def squared_errors(self) -> Floats:
        """Mean over the labels of (q − y)²."""
        not_given, given = self.form.probabilities()
        residuals = (
            self.shares * not_given - (1.0 - self.shares) * given
        )  # q − y, without cancelling
        return class_sums(np.square(residuals)) / len(self.shares)

    def entropies(self) -> Floats:
        """Mean over the labels of the binary entropy."""
        return class_sums(class_sums(_entropy_terms(self._both))) / len(self.shares)

    def uncertainties(self) -> Floats:
        """Mean over the labels of the binary entropy of the prediction."""
        terms = products(self.form.probabilities(), self.form.surprisals())
        return class_sums(class_sums(terms)) / len(self.shares)

    def raised(self, clip: float) -> Bools:
        """Where what a label says was given less."""
        low = self.form.probabilities() < clip
        raised: Bools = np.logical_or.reduce(low & (self._both > 0), axis=(0, 1))
        return raised

    def masses(self) -> Floats:
        """The shares."""
        return self.shares

    def parts(self) -> tuple[Floats, Floats]:
        """Every label once, and its binary cross-entropy."""
        return np.ones_like(self.shares), self._label_losses

    @cached_property
    def _label_losses(self) -> Floats:
        return class_sums(products(self._both, self.form.surprisals()))

    @cached_property
    def _both(self) -> Floats:
        return np.stack([1.0 - self.shares, self.shares])

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.form.take(rows), self.shares[:, rows])


class Likelihood(_NoOrder, Record):
    """Only what happened has a prediction: its surprisal and probability, shape (n,) each."""

    surprisal: Floats
    probability: Floats

    @property
    def space(self) -> LabelSpace:
        """Nothing is named."""
        return LabelSpace(0)

    @property
    def codes(self) -> Codes:
        """What happened has no name."""
        return np.full(len(self.surprisal), NO_CLASS, np.intp)

    def losses(self) -> Floats:
        """The surprisal."""
        return self.surprisal

    def label_probability(self) -> Floats:
        """The probability."""
        return self.probability

    def predicted(self) -> Codes:
        """Unknown."""
        return self.codes

    def confidence(self) -> Floats:
        """Unknown."""
        return np.full(len(self.surprisal), np.nan)

    def correct(self) -> Floats:
        """Unknown."""
        return self.confidence()

    def squared_errors(self) -> Floats:
        """Unknown."""
        return self.confidence()

    def entropies(self) -> None:
        """Unknown."""
        return

    def uncertainties(self) -> Floats:
        """Unknown."""
        return self.confidence()

    def raised(self, clip: float) -> Bools:
        """Where the probability is less."""
        raised: Bools = self.probability < clip
        return raised

    def masses(self) -> None:
        """There are no classes."""
        return

    def parts(self) -> None:
        """There are no classes."""
        return

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.surprisal[rows], self.probability[rows])


def smoothed(shares: Floats, smoothing: float, classes: int) -> Floats:
    """(1 − e)·p + e/K (Szegedy et al. 2016, as in torch and Keras)."""
    return (1.0 - smoothing) * shares + smoothing / classes


def indicator(codes: Codes, classes: int) -> Floats:
    """Shares of hard labels: 1 for the class of each row, shape (K, n)."""
    shares = np.zeros((classes, len(codes)))
    shares[codes, np.arange(len(codes))] = 1.0
    return shares


def certain_codes(shares: Floats) -> Codes | None:
    """The classes of labels that each give everything to one class; None if not all do."""
    return first_largest(shares) if _certain(shares).all() else None


def _certain(shares: Floats) -> Bools:
    """Where one class has a share of 1 and the others none, shape (n,)."""
    ones = (shares == 1.0).sum(axis=0)
    certain: Bools = (ones == 1) & ((shares == 0.0).sum(axis=0) == len(shares) - 1)
    return certain


def products(masses: Floats, surprisals: Floats) -> Floats:
    """What each class costs, p·(−log q), where 0·∞ is 0."""
    with np.errstate(invalid="ignore"):
        products = masses * surprisals
    return np.where(masses == 0.0, 0.0, products)


def _entropy_terms(shares: Floats) -> Floats:
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return 0.0 - shares * logs
