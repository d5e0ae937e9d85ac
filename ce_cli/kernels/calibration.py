"""Calibrations: what turns predictions into recalibrated ones, row by row.

A calibration reads the log-probabilities of a row, whatever kind of number they come from, and
gives scores whose softmax is the new probabilities. Shapes: n rows, K classes; a single prediction
is that of the second of two classes, and has shape (1, n).
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.losses import LOG_2, class_sums
from ce_cli.kernels.recalibration import LOWEST, Rows
from ce_cli.record import Record

Floats = NDArray[np.float64]
Kind = Literal["probabilities", "logits", "logprobs"]

NONE = "none"
TEMPERATURE = "temperature"
PLATT = "platt"
BIAS = "bias"
BETA = "beta"
ISOTONIC = "isotonic"
VECTOR = "vector"
OFFSET = "offset"
METHODS = (NONE, TEMPERATURE, PLATT, BIAS, BETA, ISOTONIC, VECTOR, OFFSET)

MOST = 1e18  # more than any slope or bias can be, and so little that no score overflows
LEAST = 1e-300  # in place of a clip of 0, so that every logarithm is finite
_LETTERS = 12  # of the digest in a signature


class Calibration(Record):
    """A fitted calibration.

    The score of class k is w·log q + b, with a slope w and a bias b of its own. An isotonic
    calibration has a curve instead: the probability of the second class at each logit, on straight
    lines between the knots and constant beyond them.

    Attributes
    ----------
    method : str
        One of `METHODS`.
    values : str
        The kind of the predictions that it reads: probabilities, logits or logprobs.
    classes : tuple of str
        In the order of the slopes and biases; of a single prediction the negative one first.
    clip : float
        Probabilities below this count as this.
    slopes, biases : tuple of float
        One for each class; empty for a curve.
    knots, curve : tuple of float
        Logits, rising, and the probability of the second class at each; empty without a curve.
    """

    method: str
    values: Kind
    classes: tuple[str, ...]
    clip: float
    slopes: tuple[float, ...] = ()
    biases: tuple[float, ...] = ()
    knots: tuple[float, ...] = ()
    curve: tuple[float, ...] = ()

    @cached_property
    def digest(self) -> str:
        """A hash of everything that changes a number, in hexadecimal digits."""
        text = json.dumps(self._values(), ensure_ascii=True, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def signed(self) -> str:
        """Its entry in a signature."""
        return f"{self.method}:{self.digest[:_LETTERS]}"

    def ordered(self, codes: tuple[int, ...]) -> Calibration:
        """The same calibration of predictions whose class at each place has this code here."""
        if codes == tuple(range(len(self.classes))):
            return self
        classes, slopes, biases = (
            tuple(own[code] for code in codes) if own else ()
            for own in (self.classes, self.slopes, self.biases)
        )
        return self.replace(
            classes=classes,
            slopes=slopes,
            biases=biases,
            knots=tuple(-one for one in reversed(self.knots)),
            curve=tuple(1.0 - one for one in reversed(self.curve)),
        )

    def scores(self, logs: Floats) -> Floats:
        """Scores from log-probabilities, both of shape (K, n); their softmax is the result."""
        if self.knots:
            share = np.interp(logs[1] - logs[0], self.knots, self.curve)
            return np.stack([np.log1p(-share), np.log(share)])
        scores: Floats = logs * np.array(self.slopes)[:, np.newaxis]
        scores += np.array(self.biases)[:, np.newaxis]
        return scores

    def losses(self, rows: Rows) -> Floats:
        """Recalibrated cross-entropy of each row in nats, shape (n,)."""
        logs = normalised(self.scores(np.maximum(rows.logs, LOWEST)))
        return rows.replace(logs=logs).losses()

    def logits(self, matrix: Floats) -> Floats:
        """Recalibrated logits of predictions, of the same shape: (K, n), or (1, n) for one column.

        In a row of several, the largest logit is 0.
        """
        scores = self.scores(log_probabilities(matrix, self.values, self.clip))
        if len(matrix) == 1:
            return scores[1:] - scores[:1]
        scores -= scores.max(axis=0)
        return scores

    def probabilities(self, matrix: Floats) -> Floats:
        """Recalibrated probabilities of predictions, shape (K, n), or (1, n) for one column."""
        logits = self.logits(matrix)
        if len(logits) == 1:
            return np.exp(-np.logaddexp(0.0, -logits))
        odds = np.exp(logits)
        odds /= class_sums(odds)
        return odds

    def predictions(self, matrix: Floats) -> Floats:
        """Recalibrated predictions of the kind that they were, of the same shape."""
        if self.values == "probabilities":
            return self.probabilities(matrix)
        logits = self.logits(matrix)
        if self.values == "logits":
            return logits
        if len(logits) == 1:
            return -np.logaddexp(0.0, -logits)
        return normalised(logits)


def log_probabilities(matrix: Floats, values: str, clip: float) -> Floats:
    """Log-probabilities of all classes, at least `LOWEST`, shape (K, n), K = 2 for one column.

    Parameters
    ----------
    matrix : ndarray, shape (K, n) or (1, n)
        Predictions.
    values : str
        Their kind.
    clip : float
        Probabilities below this count as this.
    """
    if len(matrix) > 2:
        if values == "probabilities":
            with np.errstate(divide="ignore"):
                matrix = np.log(np.maximum(matrix, clip))
        return np.maximum(normalised(np.clip(matrix, LOWEST, -LOWEST)), LOWEST)
    odds = np.clip(_log_odds(matrix, values, clip), LOWEST, -LOWEST)
    return np.stack([-np.logaddexp(0.0, odds), -np.logaddexp(0.0, -odds)])


def _log_odds(matrix: Floats, values: str, clip: float) -> Floats:
    """Logit of the second of two classes, shape (n,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if values == "probabilities":
            second = matrix[-1]
            first = matrix[0] if len(matrix) == 2 else 1.0 - second
            odds: Floats = np.log(np.maximum(second, clip)) - np.log(np.maximum(first, clip))
        elif len(matrix) == 2:
            odds = np.maximum(matrix[1], LOWEST) - np.maximum(matrix[0], LOWEST)
        elif values == "logits":
            odds = matrix[0]
        else:
            second = np.minimum(matrix[0], 0.0)
            near = np.log(-np.expm1(np.maximum(second, -LOG_2)))
            far = np.log1p(-np.exp(np.minimum(second, -LOG_2)))
            odds = second - np.where(second > -LOG_2, near, far)
    return odds


def normalised(logits: Floats) -> Floats:
    """Log softmax, shape (K, n)."""
    logits = logits - logits.max(axis=0)
    logits -= np.log(class_sums(np.exp(logits)))
    return logits
