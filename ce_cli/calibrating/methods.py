"""The methods of calibration: which of them suit some rows, and their fits."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.calibration import (
    BETA,
    BIAS,
    ISOTONIC,
    NONE,
    PLATT,
    TEMPERATURE,
    VECTOR,
    Calibration,
    Kind,
)
from ce_cli.kernels.isotonic import isotonic_curve
from ce_cli.kernels.recalibration import Recalibration, Rows, tempered
from ce_cli.kernels.scaling import beta_scaled, vector_scaled
from ce_cli.record import Record
from ce_cli.text import plural, quoted, quoted_list

Floats = NDArray[np.float64]

TWO_CLASSES = (TEMPERATURE, PLATT, BETA, ISOTONIC)  # the simplest first
MORE_CLASSES = (TEMPERATURE, BIAS, VECTOR)

_ROWS_A_NUMBER = 10
_CELLS = 1 << 17  # of an isotonic curve: more distinct predictions are put together
_MOST_PRODUCTS = 2e9  # n·K²: more make `auto` leave out the methods with a bias for each class
_CERTAIN = "every row is predicted correctly, so the loss falls without end as the slope rises"
_SEPARATED = (
    "a threshold separates the classes without an error, so the loss falls without end as the "
    "slope rises"
)


class Training(Record):
    """Rows to fit to; fits that others begin with are computed once.

    Attributes
    ----------
    rows, weights : Rows, ndarray of shape (n,)
        Labels and predictions, with weights above 0.
    classes : tuple of str
        The names of the classes.
    values, clip : str, float
        The kind of the predictions, and the least probability.
    around : Training or None
        Rows that these are most of: fits begin with theirs, which are near.
    """

    rows: Rows
    weights: Floats
    classes: tuple[str, ...]
    values: Kind
    clip: float
    around: Training | None = None

    def without(self, chosen: NDArray[np.bool_]) -> Training:
        """The rows that are not chosen."""
        kept = np.flatnonzero(~chosen)
        rows = of_rows(self.rows, kept)
        return self.replace(rows=rows, weights=self.weights[kept], around=self)

    @cached_property
    def slope(self) -> Recalibration:
        """The best temperature."""
        begin = None if self.around is None else self.around.slope
        return tempered(self.rows, self.weights, False, begin)

    @cached_property
    def biased(self) -> Recalibration:
        """The best temperature with a bias for each class."""
        begin = self.slope if self.around is None else self.around.biased
        return tempered(self.rows, self.weights, True, begin)

    @cached_property
    def counts(self) -> Floats:
        """The rows of each class; of soft labels, the sum of the shares."""
        return self.rows.class_weights(np.ones(len(self.rows)))

    @cached_property
    def odds(self) -> Floats:
        """Logits of the second of two classes, shape (n,)."""
        logits: Floats = self.rows.logs[1] - self.rows.logs[0]
        return logits

    def of(self, method: str, **numbers: Floats) -> Calibration:
        """A calibration of these classes and predictions."""
        found = {name: tuple(map(float, own)) for name, own in numbers.items()}
        return Calibration(method, self.values, self.classes, self.clip, **found)


def of_rows(rows: Rows, places: NDArray[np.intp]) -> Rows:
    """Some of the rows."""
    shares = None if rows.shares is None else rows.shares[:, places]
    return Rows(rows.logs[:, places], rows.codes[places], shares)


def methods_for(classes: int) -> tuple[str, ...]:
    """The methods that are fitted by their loss, the simplest first."""
    return TWO_CLASSES if classes == 2 else MORE_CLASSES


def why_not(method: str, training: Training) -> str | None:
    """Why a method has no finite best fit to such rows, or none to rely on; None if it has one."""
    if np.count_nonzero(training.counts > 0) < 2:
        only = quoted(training.classes[int(training.counts.argmax())])
        return f"all labels are of class {only}, and a calibration needs rows of each class"
    if method in (NONE, ISOTONIC):
        return None
    if method == TEMPERATURE:
        return _why_no_slope(training)
    return _why_too_little(method, training) or _why_no_biases(method, training)


def is_costly(method: str, training: Training) -> bool:
    """Whether a method takes so long that it has to be asked for."""
    classes = len(training.classes)
    return method in (BIAS, VECTOR) and classes * classes * len(training.rows) > _MOST_PRODUCTS


def fitted(method: str, training: Training) -> Calibration:
    """The fit of a method for which `why_not` is None."""
    return _FITS[method](training)


def _why_no_slope(training: Training) -> str | None:
    rows = training.rows
    if rows.spread() == 0:
        return "every row predicts all classes alike"
    return _CERTAIN if _are_certain(rows) else None


def _are_certain(rows: Rows) -> bool:
    """Whether no class has a larger logit than the label, in any row."""
    return bool((rows.label_logs() >= rows.masses() * rows.logs.max(axis=0)).all())


def _why_too_little(method: str, training: Training) -> str | None:
    absent = np.flatnonzero(training.counts <= 0)
    if len(absent):
        return f"no row is of {_named([training.classes[code] for code in absent])}"
    numbers = {BIAS: 1, VECTOR: 2}.get(method, 0) * len(training.classes)
    needed = _ROWS_A_NUMBER * numbers
    if len(training.rows) < needed:
        return f"{numbers:,} numbers need {plural(needed, 'row')}"
    return None if training.rows.vary() else "every row has the same predictions"


def _is_separated(training: Training) -> bool:
    """Whether no row of the first class has a larger logit than one of the second."""
    rows, odds = training.rows, training.odds
    second = rows.codes == 1 if rows.shares is None else rows.shares[1] > 0
    first = rows.codes == 0 if rows.shares is None else rows.shares[0] > 0
    return bool(odds[first].max() <= odds[second].min())


def _why_no_biases(method: str, training: Training) -> str | None:
    if len(training.classes) == 2:
        return _SEPARATED if _is_separated(training) else None
    found = training.biased
    if method == VECTOR and not found.slope > 0:
        return "the best common slope is 0, so no slope of a class has a meaning"
    scores = found.slope * training.rows.logs + found.biases[:, np.newaxis]
    again = Rows(scores, training.rows.codes, training.rows.shares)
    return _CERTAIN if _are_certain(again) else None


def _named(classes: list[str]) -> str:
    return f"class {quoted(classes[0])}" if len(classes) == 1 else quoted_list(classes, 3)


def _none(training: Training) -> Calibration:
    count = len(training.classes)
    return training.of(NONE, slopes=np.ones(count), biases=np.zeros(count))


def _temperature(training: Training) -> Calibration:
    count, slope = len(training.classes), training.slope.slope
    return training.of(TEMPERATURE, slopes=np.full(count, slope), biases=np.zeros(count))


def _biased(training: Training) -> Calibration:
    found, count = training.biased, len(training.classes)
    biases = found.biases - found.biases[0] if count == 2 else found.biases
    method = PLATT if count == 2 else BIAS
    return training.of(method, slopes=np.full(count, found.slope), biases=biases)


def _beta(training: Training) -> Calibration:
    found = beta_scaled(training.rows, training.weights, training.biased)
    return training.of(BETA, slopes=found.slopes, biases=found.biases)


def _vector(training: Training) -> Calibration:
    found = vector_scaled(training.rows, training.weights, training.biased)
    return training.of(VECTOR, slopes=found.slopes, biases=found.biases)


def _isotonic(training: Training) -> Calibration:
    rows = training.rows
    scores, cells = np.unique(training.odds, return_inverse=True)
    if len(scores) > _CELLS:
        places = np.arange(len(scores)) * _CELLS // len(scores)
        starts = np.flatnonzero(np.diff(places, prepend=-1))
        scores, cells = scores[starts], places[cells]
    share = (rows.codes == 1).astype(np.float64) if rows.shares is None else rows.shares[1]
    positive, negative, counts = (
        np.bincount(cells, own, len(scores)).astype(np.float64)
        for own in (training.weights * share, training.weights * (1.0 - share), None)
    )
    knots, curve = isotonic_curve(scores, positive, negative, counts)
    return training.of(ISOTONIC, knots=knots, curve=curve)


_FITS: dict[str, Callable[[Training], Calibration]] = {
    NONE: _none,
    TEMPERATURE: _temperature,
    PLATT: _biased,
    BIAS: _biased,
    BETA: _beta,
    VECTOR: _vector,
    ISOTONIC: _isotonic,
}
