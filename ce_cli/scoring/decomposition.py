"""Splitting a cross-entropy into calibration and discrimination, from merged states."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.folds import cross_fitted, fold_weights
from ce_cli.kernels.hashing import Hashes, mixed
from ce_cli.kernels.isotonic import isotonic_chance, isotonic_total, pools
from ce_cli.kernels.losses import bounded_surprisals
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.kernels.recalibration import LOWEST, Recalibration, Rows, fitted, tempered
from ce_cli.metrics.auc import Cells
from ce_cli.metrics.entropy import Entropy
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.prior import Prior
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.sample import Sample
from ce_cli.metrics.scores import Scores
from ce_cli.metrics.state import State, States, one_class_only
from ce_cli.metrics.unsmoothed import Unsmoothed, kinds_of
from ce_cli.record import Record
from ce_cli.results.decomposition import Basis, Decomposed, Name, Recalibrated
from ce_cli.text import sanitize

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_FEWEST_ROWS = 20
_FEWEST_OF_A_CLASS = 5  # for at least two classes
_ROWS_A_BIAS = 10
_DRAWN_A_BIAS = 50  # in a sample, which would seem to overfit more than all rows do
_WAYS = ("temperature", "temperature_bias", "isotonic")
_SURE = 2.0  # a gain of more standard errors is hardly chance
_ROUNDING = 1e-12  # a share of the cross-entropy: smaller differences are rounding errors
_CLASS = 10
_OVERFLOWN = "the sum of the weights overflows"
_ENDLESS = "the loss is infinite at any temperature"
_CONSTANT = "slope and bias need predictions that vary"


class Evidence(Record):
    """The data that recalibrations are fitted to: n entries, each for one or more rows.

    Attributes
    ----------
    entries : Rows
        Labels and predictions.
    weights, counts : ndarray, shape (n,)
        Σ w and the number of rows of each entry.
    keys : ndarray of uint64, shape (n,)
        A hash of each entry.
    share : float
        The share of the weight of all rows that they represent; the other losses are nearly 0.
    """

    entries: Rows
    weights: Floats
    counts: Floats
    keys: Hashes
    basis: Basis
    share: float = 1.0

    @cached_property
    def folds(self) -> Floats:
        """The weights by fold."""
        return fold_weights(self.weights, self.counts, self.keys)


def needed(space: LabelSpace, smoothing: float) -> tuple[type[State], ...]:
    """The states for a decomposition, which is of the labels as they happened."""
    if why_not(space) is not None:
        return ()
    return (Unsmoothed,) if smoothing else kinds_of(space)


def why_not(space: LabelSpace) -> str | None:
    """Why there is no decomposition; None if there is one."""
    return one_class_only(space)


def decomposed(
    states: States,
    space: LabelSpace,
    values: str,
    clip: float,
    classes: Sequence[str],
    scale: float,
) -> Decomposed:
    """Decompose the cross-entropy of all rows.

    Parameters
    ----------
    states : mapping
        Those `needed`, or the states in `Unsmoothed`, each with one group.
    space : LabelSpace
        One for which `why_not` is None.
    values : str
        The kind of the predictions: probabilities, logits or logprobs.
    clip : float
        The value that probabilities were clipped to; 0 for no clipping.
    classes : sequence of str
        The names of the classes.
    scale : float
        The divisor from nats to the unit of the result.
    """
    loss = states[Loss]
    uncertainty = float(states[Prior].figures(states)["baseline"][0])
    mean, rows = float(loss.mean[0]), int(loss.rows.floats()[0])
    label_noise = float(states[Entropy].figures(states)["entropy"][0])
    if math.isnan(uncertainty):
        parts = (uncertainty / scale, mean / scale, label_noise / scale, math.nan)
        return Decomposed(*parts, "rows", rows, rows, (), dict.fromkeys(_WAYS, _OVERFLOWN))
    if space.classes == 2:
        cells, counts = states[Scores].cells()
        cells, counts = _in_range(cells, counts)
        evidence = _of_cells(cells, counts, values, clip, soft=label_noise > 0)
    else:
        evidence = _of_sample(states[Sample], states, space.classes)
    if evidence.basis != "sample":
        rows = int(np.rint(evidence.counts.sum()))  # without those of weight 0
    digits = float(np.finfo(evidence.entries.logs.dtype).eps)
    rounding = max(_ROUNDING * mean, digits * (mean + math.log(space.classes)))
    whole = Whole(uncertainty, mean, rows, classes, scale, rounding)
    refused = _refusals(whole, evidence)
    found = [
        _recalibrated(whole, evidence, name)
        for name in ("temperature", "temperature_bias")
        if name not in refused
    ]
    if "isotonic" not in refused:
        found.append(_isotonic(whole, cells, counts))
    slope = math.nan
    if space.classes == 2 and "temperature_bias" not in refused:
        slope = fitted(evidence.entries, evidence.weights, biased=True).slope
    return Decomposed(
        uncertainty / scale,
        mean / scale,
        label_noise / scale,
        slope,
        evidence.basis,
        rows,
        int(np.rint(evidence.counts.sum())) if evidence.basis == "sample" else rows,
        tuple(found),
        refused,
    )


class Whole(Record):
    """Figures of all rows, in nats; differences up to `rounding` count as 0."""

    uncertainty: float
    mean: float
    rows: int
    classes: Sequence[str]
    scale: float
    rounding: float

    def after(self, mean: float, name: Name) -> Recalibrated:
        """The parts of the sum, if `mean` is left after recalibrating."""
        return Recalibrated(
            name,
            mean / self.scale,
            self.rounded(self.mean - mean) / self.scale,
            self.rounded(self.uncertainty - mean) / self.scale,
            cross_fitted=False,
        )

    def rounded(self, difference: float) -> float:
        """The difference; 0 if it is a rounding error."""
        return difference if abs(difference) > self.rounding else 0.0


def _refusals(whole: Whole, evidence: Evidence) -> dict[str, str]:
    """The recalibrations that cannot be fitted, and why."""
    refused: dict[str, str] = {}
    count = len(whole.classes)
    class_rows = evidence.entries.class_weights(evidence.counts)
    present = int(np.count_nonzero(class_rows > 0))
    second = float(np.sort(class_rows)[-2])
    why = None
    if present < 2:
        why = "all labels are of one class"
    elif math.isinf(whole.mean):
        why = _ENDLESS
    elif whole.rows < _FEWEST_ROWS:
        why = f"it needs {_FEWEST_ROWS} rows, and there are {whole.rows}"
    elif second < _FEWEST_OF_A_CLASS:
        why = f"it needs {_FEWEST_OF_A_CLASS} rows of each of two classes"
    if why is not None:
        refused |= {"temperature": why, "temperature_bias": why}
    elif why_no_biases := _why_no_biases(evidence, class_rows, whole.classes):
        refused["temperature_bias"] = why_no_biases
    if count > 2:
        refused["isotonic"] = f"it needs two classes, and there are {count}"
    elif present < 2:
        refused["isotonic"] = "all labels are of one class"
    return refused


def _why_no_biases(evidence: Evidence, class_rows: Floats, classes: Sequence[str]) -> str | None:
    """Why biases cannot be fitted: the best one of an absent class, for example, is −∞."""
    drawn = evidence.basis == "sample"
    row = "sampled row" if drawn else "row"
    absent = np.flatnonzero(class_rows <= 0)
    if len(absent) == 1:
        return f"no {row} is of class {sanitize(classes[absent[0]], _CLASS)}"
    if len(absent):
        return f"no {row} is of {len(absent):,} of {len(classes):,} classes"
    needed_rows = len(classes) * (_DRAWN_A_BIAS if drawn else _ROWS_A_BIAS)
    if float(evidence.counts.sum()) < needed_rows:
        return f"{len(classes):,} biases need {needed_rows:,} {row}s"
    return None if evidence.entries.vary() else _CONSTANT


def _isotonic(whole: Whole, cells: Cells, counts: Cells) -> Recalibrated:
    """The best non-decreasing curve, on the rows that it is fitted to."""
    weights = cells.positive + cells.negative
    rows = counts.positive + counts.negative
    there = rows > 0
    squares = np.square(weights[there]) / rows[there]
    total = float(weights.sum())
    pooled = int(pools(cells.positive, cells.negative)[-1]) + 1
    chance = isotonic_chance(pooled, total * total / float(squares.sum()))
    after = isotonic_total(cells.positive, cells.negative) / total
    return whole.after(after, "isotonic").replace(chance=chance / whole.scale)


def _recalibrated(whole: Whole, evidence: Evidence, name: Name) -> Recalibrated:
    """The best temperature, and its effect on rows that it was not fitted to."""
    biased = name == "temperature_bias"
    entries, weights = evidence.entries, evidence.weights
    fit = tempered(entries, weights, biased)
    gains = entries.losses() - cross_fitted(entries, weights, evidence.folds, biased, fit)
    total = weights.sum()
    gain = float(np.dot(weights, gains) / total) * evidence.share
    away = np.square(weights * (gains - gain)) / np.maximum(evidence.counts, 1.0)
    error = whole.rounded(float(np.sqrt(away.sum()) / total)) / whole.scale
    return whole.after(whole.mean - gain, name).replace(
        cross_fitted=True,
        standard_error=error,
        chance=_SURE * error,
        temperature=1.0 / fit.slope if fit.slope > 0 else math.inf,
        biases=_named(fit, whole.classes) if biased else {},
    )


def _named(fit: Recalibration, classes: Sequence[str]) -> dict[str, float]:
    """Biases by class; for two classes, that of the second relative to the first."""
    if len(classes) == 2:
        return {classes[1]: float(fit.biases[1] - fit.biases[0])}
    return dict(zip(classes, fit.biases.tolist(), strict=True))


def _in_range(cells: Cells, counts: Cells) -> tuple[Cells, Cells]:
    """Cells scaled to 1 for the largest Σ w, without those that this rounds to 0."""
    scaled = cells.scaled()
    there = np.flatnonzero(scaled.positive + scaled.negative > 0)
    return scaled.take(there), counts.take(there)


def _of_cells(cells: Cells, counts: Cells, values: str, clip: float, soft: bool) -> Evidence:
    """All rows of two classes by score; for hard labels, an entry for each score and label."""
    logs = np.maximum(_log_probabilities(cells.scores, values, clip), LOWEST)
    keys = mixed((cells.scores + 0.0).view(np.uint64))
    basis: Basis = "rows" if cells.exact else "bins"
    if soft:
        weights = cells.positive + cells.negative
        shares = np.stack([cells.negative, cells.positive]) / weights
        entries = Rows(logs, shares.argmax(axis=0), shares)
        rows = counts.positive + counts.negative
    else:
        codes = np.repeat(np.array([0, 1], np.intp), len(cells.scores))
        weights = np.concatenate([cells.negative, cells.positive])
        there = np.flatnonzero(weights > 0)
        keys = mixed(np.concatenate([keys, keys + np.uint64(1)]))[there]
        entries = Rows(np.concatenate([logs, logs], axis=1)[:, there], codes[there])
        weights = weights[there]
        rows = np.concatenate([counts.negative, counts.positive])[there]
    return Evidence(entries, weights, rows, keys, basis)


def _log_probabilities(scores: Floats, values: str, clip: float) -> Floats:
    """Log-probabilities of both classes, shape (2, n), from the scores of `Outcomes.ranking`."""
    with np.errstate(divide="ignore", over="ignore"):
        if values == "logits":
            return np.stack([-np.logaddexp(0.0, scores), -np.logaddexp(0.0, -scores)])
        if values == "logprobs":
            other = np.log(np.maximum(-np.expm1(np.minimum(scores, 0.0)), 0.0))
            return np.stack([other, np.minimum(scores, 0.0)])
        own = np.stack([-np.log1p(-scores), -np.log(scores)])
        return -bounded_surprisals(own, clip)


def _of_sample(sample: Sample, states: States, classes: int) -> Evidence:
    """The rows of a sample, with losses weighted as they are among all rows.

    Otherwise a row that occurs a million times would have far too much weight if it is drawn, and
    none if it is not.
    """
    part = sample.settled.parts[0]
    entries, counts = sample.rows(classes), part.rows.floats()
    weights = part.weight.floats()
    weights /= weights.max()
    if sample.is_whole:
        return Evidence(entries, weights, counts, part.hashes, "rows")
    histogram = states[Quantiles].histogram
    factors, share = histogram.reweighting(np.maximum(entries.losses(), 0.0), weights)
    return Evidence(entries, weights * factors, counts, part.hashes, "sample", share)
