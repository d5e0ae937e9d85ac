"""The forms of predictions, all with the same methods.

A form holds the predictions of n rows; label codes have shape (n,). In a binary form the code is
1 for the positive class, and all shapes may have a leading axis of independent labels.
"""

from __future__ import annotations

from functools import cached_property
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels import losses
from ce_cli.kernels.layout import of_rows, pieces, stored
from ce_cli.kernels.losses import LOG_2, class_sums, first_largest, of_class
from ce_cli.kernels.softmax import Softmax
from ce_cli.record import Record

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]


class Form(Protocol):
    """Predictions of some rows."""

    def losses(self, codes: Codes) -> Floats:
        """Surprisal of the labels in nats, shape (n,)."""
        ...

    def label_probability(self, codes: Codes) -> Floats:
        """The predicted probability of the labels, before any clipping, shape (n,)."""
        ...

    def predicted(self) -> Codes:
        """The most likely class, shape (n,); on a tie, the negative or the first one in order."""
        ...

    def confidence(self) -> Floats:
        """The predicted probability of the most likely class, shape (n,)."""
        ...

    def squared_errors(self, codes: Codes) -> Floats:
        """Sum over the classes of (q_k − p_k)², half of it for two classes, shape (n,)."""
        ...

    def probabilities(self) -> Floats:
        """The predicted probability of each class, before any clipping, shape (K, n)."""
        ...

    def surprisals(self) -> Floats:
        """Surprisal of each class in nats, shape (K, n)."""
        ...

    def ranking(self) -> Floats:
        """A number that orders rows by the probability of the second class, shape (n,)."""
        ...

    def take(self, rows: Codes | slice) -> Self:
        """The predictions of some of the rows."""
        ...


class BinaryProbability(Record):
    """P(positive), shape (n,), and the clip (0 for none)."""

    probability: Floats
    clip: float = 0.0

    def losses(self, codes: Codes) -> Floats:
        """−log of the clipped probability of the label."""
        own = losses.binary_probability_losses(self.probability, codes)
        return losses.bounded_surprisals(own, self.clip)

    def label_probability(self, codes: Codes) -> Floats:
        """The probability q, or 1 − q."""
        return np.where(codes == 1, self.probability, 1.0 - self.probability)

    def predicted(self) -> Codes:
        """Positive where q > 1/2."""
        return (self.probability > 0.5).astype(np.intp)

    def confidence(self) -> Floats:
        """The larger of q and 1 − q."""
        return np.maximum(self.probability, 1.0 - self.probability)

    def squared_errors(self, codes: Codes) -> Floats:
        """(q − y)²."""
        residual = self.probability - codes
        return np.multiply(residual, residual, out=residual)

    def probabilities(self) -> Floats:
        """1 − q and q."""
        return np.stack([1.0 - self.probability, self.probability])

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return _surprisals(self, 2, self.probability.shape)

    def ranking(self) -> Floats:
        """The probability q itself."""
        return self.probability

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.probability[..., rows], self.clip)


class BinaryLogit(Record):
    """Log-odds of the positive class, shape (n,)."""

    logit: Floats

    def losses(self, codes: Codes) -> Floats:
        """Softplus of the logit against the label."""
        return losses.binary_logit_losses(self.logit, codes)

    def label_probability(self, codes: Codes) -> Floats:
        """The logistic function of the logit for the label."""
        return _logistic(self.logit * (2.0 * codes - 1.0))

    def predicted(self) -> Codes:
        """Positive where z > 0."""
        return (self.logit > 0).astype(np.intp)

    def confidence(self) -> Floats:
        """The logistic function of the absolute logit."""
        return _logistic(np.abs(self.logit))

    def squared_errors(self, codes: Codes) -> Floats:
        """Square of the predicted probability of the other class."""
        residual = _logistic(self.logit * (1.0 - 2.0 * codes))
        return np.multiply(residual, residual, out=residual)

    def probabilities(self) -> Floats:
        """The logistic function of −z and z."""
        return np.stack([_logistic(-self.logit), _logistic(self.logit)])

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return _surprisals(self, 2, self.logit.shape)

    def ranking(self) -> Floats:
        """The logit z itself."""
        return self.logit

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.logit[..., rows])


class BinaryLogprob(Record):
    """Log P(positive), shape (n,)."""

    logprob: Floats

    def losses(self, codes: Codes) -> Floats:
        """−lp, or −log(1 − e^lp)."""
        return losses.binary_logprob_losses(self.logprob, codes)

    def label_probability(self, codes: Codes) -> Floats:
        """e^lp or 1 − e^lp."""
        return np.where(codes == 1, np.exp(self.logprob), -np.expm1(self.logprob))

    def predicted(self) -> Codes:
        """Positive where lp > −log 2."""
        return (self.logprob > -LOG_2).astype(np.intp)

    def confidence(self) -> Floats:
        """The larger of e^lp and 1 − e^lp."""
        return np.maximum(np.exp(self.logprob), -np.expm1(self.logprob))

    def squared_errors(self, codes: Codes) -> Floats:
        """Square of the predicted probability of the other class."""
        return np.square(self.label_probability(1 - codes))

    def probabilities(self) -> Floats:
        """1 − e^lp and e^lp."""
        return np.stack([-np.expm1(self.logprob), np.exp(self.logprob)])

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return _surprisals(self, 2, self.logprob.shape)

    def ranking(self) -> Floats:
        """The log-probability itself."""
        return self.logprob

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(self.logprob[..., rows])


BinaryForm = BinaryProbability | BinaryLogit | BinaryLogprob


class Probabilities(Record):
    """Class probabilities, shape (K, n), the clip (0 for none), and the order that settles ties."""

    matrix: Floats
    clip: float = 0.0
    order: tuple[int, ...] = ()

    def losses(self, codes: Codes) -> Floats:
        """−log of the clipped probability of the label."""
        own = losses.surprisal(of_class(self.matrix, codes))
        return losses.bounded_surprisals(own, self.clip)

    def label_probability(self, codes: Codes) -> Floats:
        """q_y."""
        return of_class(self.matrix, codes)

    def predicted(self) -> Codes:
        """Argmax q."""
        return first_largest(self.matrix, self.order)

    def confidence(self) -> Floats:
        """The largest q."""
        largest: Floats = self.matrix.max(axis=0)
        return largest

    def squared_errors(self, codes: Codes) -> Floats:
        """Brier's sum over the classes."""
        return _squared_errors(self.matrix, codes)

    def probabilities(self) -> Floats:
        """The matrix."""
        return self.matrix

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return losses.bounded_surprisals(losses.surprisal(self.matrix), self.clip)

    def ranking(self) -> Floats:
        """The prediction of the second class."""
        second: Floats = self.matrix[1]
        return second

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(of_rows(self.matrix, rows), self.clip, self.order)


class Logits(Record):
    """Class logits, shape (K, n), and the order that settles ties."""

    matrix: Floats
    order: tuple[int, ...] = ()

    @cached_property
    def softmax(self) -> Softmax:
        """The decomposed logits, computed once."""
        return Softmax.of(self.matrix)

    def losses(self, codes: Codes) -> Floats:
        """Logsumexp(z) − z_y."""
        return self.softmax.losses(codes)

    def label_probability(self, codes: Codes) -> Floats:
        """Softmax of the label's class."""
        return np.exp(-self.losses(codes))

    def predicted(self) -> Codes:
        """Argmax z."""
        return first_largest(self.matrix, self.order) if self.order else self.softmax.top

    def confidence(self) -> Floats:
        """The largest of softmax(z)."""
        return 1.0 / (1.0 + self.softmax.rest)

    def squared_errors(self, codes: Codes) -> Floats:
        """Brier's sum over the classes."""
        total = self.softmax.squared_errors(codes)
        return total / 2.0 if len(self.matrix) == 2 else total

    def probabilities(self) -> Floats:
        """softmax(z)."""
        return self.softmax.probabilities()

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return self.softmax.surprisals()

    def ranking(self) -> Floats:
        """The logit of the second class minus that of the first."""
        difference: Floats = self.matrix[1] - self.matrix[0]
        return difference

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(of_rows(self.matrix, rows), self.order)


class Logprobs(Record):
    """Class log-probabilities, shape (K, n), and the order that settles ties."""

    matrix: Floats
    order: tuple[int, ...] = ()

    def losses(self, codes: Codes) -> Floats:
        """−log q_y, without exponentials."""
        return 0.0 - of_class(self.matrix, codes)

    def label_probability(self, codes: Codes) -> Floats:
        """q_y."""
        return np.exp(of_class(self.matrix, codes))

    def predicted(self) -> Codes:
        """Argmax log q."""
        return first_largest(self.matrix, self.order)

    def confidence(self) -> Floats:
        """The largest q."""
        largest: Floats = np.exp(self.matrix.max(axis=0))
        return largest

    def squared_errors(self, codes: Codes) -> Floats:
        """Brier's sum over the classes."""
        return _squared_errors(self.matrix, codes, is_log=True)

    def probabilities(self) -> Floats:
        """e^lp."""
        return np.exp(self.matrix)

    def surprisals(self) -> Floats:
        """Surprisal of each class."""
        return 0.0 - self.matrix

    def ranking(self) -> Floats:
        """The prediction of the second class."""
        second: Floats = self.matrix[1]
        return second

    def take(self, rows: Codes | slice) -> Self:
        """Some of the rows."""
        return type(self)(of_rows(self.matrix, rows), self.order)


def _surprisals(form: Form, classes: int, shape: tuple[int, ...]) -> Floats:
    return np.stack([form.losses(np.full(shape, code, np.intp)) for code in range(classes)])


def _logistic(values: Floats) -> Floats:
    with np.errstate(over="ignore"):
        odds = np.exp(-values)
    return 1.0 / (1.0 + odds)


def _squared_errors(matrix: Floats, codes: Codes, is_log: bool = False) -> Floats:
    """Σ (q_k − p_k)², half of it for two classes, of probabilities or their logarithms."""
    total = np.empty(matrix.shape[1])
    for piece in pieces(*matrix.shape):
        residuals = stored(len(matrix), piece.stop - piece.start)
        if is_log:
            np.exp(matrix[:, piece], out=residuals)
        else:
            np.copyto(residuals, matrix[:, piece])
        residuals[codes[piece], np.arange(residuals.shape[1])] -= 1.0
        residuals *= residuals
        total[piece] = class_sums(residuals)
    return total / 2.0 if len(matrix) == 2 else total
