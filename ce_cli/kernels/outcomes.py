"""Labels paired with predictions: a class for each kind of label, all with the same methods.

Shapes: n rows, K classes, L independent labels; labels of every kind are class-major, like the
predictions, so shares have shape (K, n) or (L, n).

Label smoothing is a property of the loss: losses, entropies and what they consist of are of the
smoothed shares, which are the `targets`; everything else is of the labels as they happened.
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
    """The possible outcomes.

    Attributes
    ----------
    classes : int
        K classes, of which one happens; or L independent labels; 0 if none is named.
    independent : bool
        Whether there are L independent labels.
    sized : bool
        Whether the number of bytes of each row is known.
    """

    classes: int
    independent: bool = False
    sized: bool = False


class Outcomes(Protocol):
    """Labels and predictions of n rows."""

    @property
    def space(self) -> LabelSpace:
        """The possible outcomes."""
        ...

    @property
    def codes(self) -> Codes:
        """The class of the label, the most likely one if soft; `NO_CLASS` if there is none."""
        ...

    def losses(self) -> Floats:
        """Cross-entropy in nats, of the smoothed label, shape (n,)."""
        ...

    def label_probability(self) -> Floats:
        """The predicted probability of the class in `codes`, before any clipping, shape (n,)."""
        ...

    def predicted(self) -> Codes:
        """The most likely class by the prediction, shape (n,)."""
        ...

    def confidence(self) -> Floats:
        """The predicted probability of that class, shape (n,)."""
        ...

    def shown(self) -> tuple[Floats, Floats]:
        """Both probabilities as the loss has them: a rule may be of less precise ones."""
        ...

    def correct(self) -> Bools | Floats:
        """How much of the label was predicted correctly, from 0 to 1, shape (n,)."""
        ...

    def squared_errors(self) -> Floats:
        """Brier's (q − p)² over the classes, half of it for two classes, shape (n,)."""
        ...

    def entropies(self) -> Floats | None:
        """H(p) of the smoothed label in nats, shape (n,); None where it is 0 by definition."""
        ...

    def uncertainties(self) -> Floats:
        """H(q) of the prediction in nats, shape (n,)."""
        ...

    def surprisals(self) -> Floats:
        """Surprisal of each class in nats, shape (K, n)."""
        ...

    def ranking(self) -> Floats:
        """For two classes, a number that orders rows by prediction of the second, shape (n,)."""
        ...

    def positive_probability(self) -> Floats:
        """For two classes, the predicted probability of the second, shape (n,)."""
        ...

    def positives(self) -> Floats:
        """For two classes, the share of the second in the label, shape (n,)."""
        ...

    def residuals(self) -> Floats:
        """For two classes, q − p of the second, shape (n,)."""
        ...

    def raised(self, clip: float) -> Bools:
        """Where something that happened had a probability below `clip`, shape (n,)."""
        ...

    def masses(self) -> Floats | None:
        """The share of each class in the label, shape (K, n); None where `codes` are enough."""
        ...

    def parts(self) -> tuple[Floats, Floats] | None:
        """By class, its share in the label and the loss of that share, both of shape (K, n).

        None where `codes` are enough.
        """
        ...

    def unsmoothed(self) -> Self:
        """The same rows without smoothing."""
        ...

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        ...


class _Shown:
    """Labels whose rows show the predictions as they are."""

    def shown(self: Outcomes) -> tuple[Floats, Floats]:
        """The probabilities of the label and of the predicted class."""
        return self.label_probability(), self.confidence()


class _Smoothed:
    """Labels whose loss may be that of smoothed shares."""

    smoothing: float

    def unsmoothed(self) -> Self:
        """The labels as they happened."""
        if not self.smoothing:
            return self
        plain: Self = self.replace(smoothing=0.0)  # type: ignore[attr-defined]
        return plain


class _OneClass(_Shown, _Smoothed):
    """The methods that hard labels and soft labels share."""

    form: Form
    codes: Codes

    @cached_property
    def targets(self) -> Floats:
        """The share of each class after smoothing, shape (K, n)."""
        raise NotImplementedError

    @cached_property
    def _surprisals(self) -> Floats:
        return self.form.surprisals()

    def losses(self) -> Floats:
        """Σ p·(−log q), where 0·∞ is 0."""
        return class_sums(products(self.targets, self._surprisals))

    def raised(self, clip: float) -> Bools:
        """Where a class with a share had less."""
        low = self.form.probabilities() < clip
        raised: Bools = np.logical_or.reduce(low & (self.targets > 0), axis=0)
        return raised

    def label_probability(self) -> Floats:
        """Probability of the label's most likely class."""
        return self.form.label_probability(self.codes)

    def predicted(self) -> Codes:
        """The most likely class."""
        return self.form.predicted()

    def confidence(self) -> Floats:
        """Its probability."""
        return self.form.confidence()

    def correct(self) -> Bools:
        """Whether label and prediction have the same most likely class."""
        correct: Bools = self.predicted() == self.codes
        return correct

    def uncertainties(self) -> Floats:
        """−Σ q·log q."""
        return class_sums(products(self.form.probabilities(), self.form.surprisals()))

    def surprisals(self) -> Floats:
        """Those of the predictions."""
        return self.form.surprisals()

    def ranking(self) -> Floats:
        """The ranking by the predictions."""
        return self.form.ranking()

    def positive_probability(self) -> Floats:
        """The probability of the second class, before any clipping."""
        second: Floats = self.form.probabilities()[1]
        return second


class _NoOrder(_Shown):
    """The methods that have no answer unless there are two classes."""

    @property
    def codes(self) -> Codes:
        """No class."""
        raise NotImplementedError

    def surprisals(self) -> Floats:
        """There are no classes."""
        return np.zeros((0, len(self.codes)))

    def ranking(self) -> Floats:
        """Unknown."""
        return np.full(len(self.codes), np.nan)

    def positive_probability(self) -> Floats:
        """Unknown."""
        return self.ranking()

    def positives(self) -> Floats:
        """Unknown."""
        return self.ranking()

    def residuals(self) -> Floats:
        """Unknown."""
        return self.ranking()


class Hard(_OneClass, Record):
    """One known class happened: `codes` of shape (n,) among `classes`."""

    form: Form
    codes: Codes
    classes: int
    smoothing: float = 0.0

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return LabelSpace(self.classes)

    @cached_property
    def targets(self) -> Floats:
        """The indicator of the class, smoothed."""
        return smoothed(indicator(self.codes, self.classes), self.smoothing, self.classes)

    def losses(self) -> Floats:
        """Surprisal of the class that happened."""
        return super().losses() if self.smoothing else self.form.losses(self.codes)

    def squared_errors(self) -> Floats:
        """Against the indicator of the class."""
        return self.form.squared_errors(self.codes)

    def entropies(self) -> Floats | None:
        """Nothing is uncertain, unless smoothed."""
        return class_sums(_entropy_terms(self.targets)) if self.smoothing else None

    def positives(self) -> Floats:
        """1 where the second class happened."""
        return np.equal(self.codes, 1).astype(np.float64)

    def residuals(self) -> Floats:
        """The probability of the second class, or, where it happened, minus that of the first."""
        first, second = self.form.probabilities()
        first = first if isinstance(self.form, BinaryForm) else 1.0 - second
        residuals: Floats = np.where(self.codes == 1, -first, second)
        return residuals

    def raised(self, clip: float) -> Bools:
        """Where the class that happened had less."""
        if self.smoothing:
            return super().raised(clip)
        raised: Bools = self.form.label_probability(self.codes) < clip
        return raised

    def masses(self) -> None:
        """The codes are enough."""
        return

    def parts(self) -> None:
        """The codes are enough."""
        return

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.form.take(rows), self.codes[rows], self.classes, self.smoothing)


class Soft(_OneClass, Record):
    """Labels that are distributions over the classes: `shares` of shape (K, n).

    `codes`, shape (n,), is the most likely class of each label.
    """

    form: Form
    shares: Floats
    codes: Codes
    smoothing: float = 0.0

    @property
    def space(self) -> LabelSpace:
        """The classes."""
        return LabelSpace(len(self.shares))

    @cached_property
    def targets(self) -> Floats:
        """The shares, smoothed."""
        return smoothed(self.shares, self.smoothing, len(self.shares))

    def squared_errors(self) -> Floats:
        """Σ (q − p)², half of it for two classes; a label that is certain counts as a hard one."""
        total = class_sums(np.square(self.form.probabilities() - self.shares))
        total = total / 2.0 if len(self.shares) == 2 else total
        certain = np.flatnonzero(is_certain(self.shares))
        if len(certain):
            total[certain] = self.form.take(certain).squared_errors(self.codes[certain])
        return total

    def entropies(self) -> Floats:
        """−Σ p·log p."""
        return class_sums(_entropy_terms(self.targets))

    def positives(self) -> Floats:
        """The share of the second class."""
        second: Floats = self.shares[1]
        return second

    def residuals(self) -> Floats:
        """The difference q − p."""
        residuals: Floats = self.form.probabilities()[1] - self.shares[1]
        return residuals

    def masses(self) -> Floats:
        """The shares."""
        return self.shares

    def parts(self) -> tuple[Floats, Floats]:
        """Shares, and the loss if the class is all of the label."""
        return self.shares, self._whole_losses(self._surprisals)

    def _whole_losses(self, surprisals: Floats) -> Floats:
        """The smoothed loss of a label that is a single class, for each class."""
        if not self.smoothing:
            return surprisals
        each = np.broadcast_to(class_sums(surprisals) / len(surprisals), surprisals.shape)
        return (1.0 - self.smoothing) * surprisals + self.smoothing * each

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        shares = self.shares[:, rows]
        return type(self)(self.form.take(rows), shares, self.codes[rows], self.smoothing)


class Multilabel(_NoOrder, _Smoothed, Record):
    """L independent labels: predictions and `shares` from 0 to 1, of shape (L, n)."""

    form: BinaryForm
    shares: Floats
    smoothing: float = 0.0

    @property
    def space(self) -> LabelSpace:
        """The labels."""
        return LabelSpace(len(self.shares), independent=True)

    @cached_property
    def targets(self) -> Floats:
        """The shares, smoothed."""
        return smoothed(self.shares, self.smoothing, 2)

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
        """No single class is predicted."""
        return self.codes

    def confidence(self) -> Floats:
        """Not defined without a single class."""
        return np.full(self.shares.shape[1], np.nan)

    def correct(self) -> Floats:
        """The share of the labels that were predicted correctly."""
        hits = self.form.predicted() == (self.shares > 0.5)
        return class_sums(hits.astype(np.float64)) / len(self.shares)

    def squared_errors(self) -> Floats:
        """Mean over the labels of (q − y)²."""
        negative, positive = self.form.probabilities()
        residuals = (
            self.shares * negative - (1.0 - self.shares) * positive
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
        """Where an outcome with a share in some label had less."""
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
        return np.stack([1.0 - self.targets, self.targets])

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.form.take(rows), self.shares[:, rows], self.smoothing)


class Likelihood(_NoOrder, Record):
    """Only what happened has a prediction: its surprisal and probability, of shape (n,)."""

    surprisal: Floats
    probability: Floats

    @property
    def space(self) -> LabelSpace:
        """No class is named."""
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

    def unsmoothed(self) -> Self:
        """There is no label to smooth."""
        return self

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.surprisal[rows], self.probability[rows])


def smoothed(shares: Floats, smoothing: float, classes: int) -> Floats:
    """(1 − e)·p + e/K (Szegedy et al. 2016, as in torch and Keras)."""
    if not smoothing:
        return shares
    return (1.0 - smoothing) * shares + smoothing / classes


def indicator(codes: Codes, classes: int) -> Floats:
    """Shares of hard labels: 1 for the class of each row, shape (K, n)."""
    shares = np.zeros((classes, len(codes)))
    shares[codes, np.arange(len(codes))] = 1.0
    return shares


def certain_codes(shares: Floats) -> Codes | None:
    """The classes of labels that are all certain of one class; None if some are not."""
    return first_largest(shares) if is_certain(shares).all() else None


def is_certain(shares: Floats) -> Bools:
    """Where one class has a share of 1 and the others none, shape (n,)."""
    ones = (shares == 1.0).sum(axis=0)
    certain: Bools = (ones == 1) & ((shares == 0.0).sum(axis=0) == len(shares) - 1)
    return certain


def products(masses: Floats, surprisals: Floats) -> Floats:
    """The contribution of each class, p·(−log q), where 0·∞ is 0."""
    with np.errstate(invalid="ignore"):
        products = masses * surprisals
    return np.where(masses == 0.0, 0.0, products)


def _entropy_terms(shares: Floats) -> Floats:
    logs = np.log(shares, where=shares > 0, out=np.zeros_like(shares))
    return 0.0 - shares * logs
