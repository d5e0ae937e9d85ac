"""The flow of ``ce calibrate fit``: from files to a calibration and what it gains."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.calibrating.cross_fitting import (
    Gains,
    Tried,
    folds_of,
    simplest,
    tried,
    why_no_folds,
)
from ce_cli.calibrating.methods import Training, fitted, methods_for
from ce_cli.calibrating.offset import offset_to, prior_of
from ce_cli.calibrating.rows import FittedRows, fitted_rows
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.dataset import DataSet
from ce_cli.kernels.calibration import (
    BETA,
    BIAS,
    ISOTONIC,
    LEAST,
    NONE,
    OFFSET,
    PLATT,
    VECTOR,
    Calibration,
    Kind,
)
from ce_cli.record import Record
from ce_cli.results.calibrate import Calibrated
from ce_cli.results.calibration_lines import ClassGain, Gain, GroupGain, MethodTried
from ce_cli.results.lines import ClusterCount
from ce_cli.results.score import Note
from ce_cli.scoring.evidence_notes import evidence_notes
from ce_cli.scoring.result import columns_of
from ce_cli.scoring.run import Run
from ce_cli.scoring.warnings import empty_files, issue_warnings, with_evidence
from ce_cli.spec import Spec
from ce_cli.text import files_title, quoted

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

AUTO = "auto"
_SURE = 2.0  # standard errors that a gain has to exceed
_ONLY_TWO = (PLATT, BETA, ISOTONIC)


class Plan(Record):
    """What to fit.

    Attributes
    ----------
    method : str
        The method, or auto.
    prior : tuple of str
        For an offset, the share of each class where the predictions will be used.
    """

    method: str = AUTO
    prior: tuple[str, ...] = ()

    def check(self) -> None:
        """Raise if the two do not fit together."""
        if self.method == OFFSET and not self.prior:
            raise UsageError(
                "--method offset needs the share of the positive class where the predictions will "
                "be used: --prior 0.03; or of every class: --prior 'cat=0.2' --prior 'dog=0.8'."
            )
        if self.prior and self.method != OFFSET:
            raise UsageError(f"--prior is for --method offset, not for --method {self.method}.")


def fit(data: DataSet, spec: Spec, plan: Plan, run: Run) -> Calibrated:
    """Fit a calibration to the rows of a data set.

    Parameters
    ----------
    data : DataSet
        The files; the first one decides the binding.
    spec : Spec
        How to read and weigh them.
    plan : Plan
        What to fit.
    run : Run
        The engine and the progress.

    Raises
    ------
    CeError
        The options, the data or the files are invalid, or no calibration of this method has a
        finite best fit to them.
    """
    run.refuse_elsewhere("ce calibrate fit")
    _check_spec(spec)
    rows = fitted_rows(data, spec, run)
    training = _training(rows)
    if plan.method == OFFSET:
        return _offset(rows, training, plan)
    methods = _methods(plan.method, len(rows.classes))
    folds = _folds(rows, training)
    every = [Tried(NONE, rows.losses), *tried(methods, training, folds, plan.method != AUTO)]
    gains = Gains(rows.scaled, rows.clusters)
    chosen = simplest(every, gains) if plan.method == AUTO else every[1]
    if chosen.losses is None:
        title = files_title(rows.locations.names)
        raise DataError(f"{title}: --method {plan.method} has no best fit: {chosen.reason}.")
    calibration = fitted(chosen.method, training)
    return _Report(rows, gains, chosen.losses).result(calibration, plan.method, every)


def _check_spec(spec: Spec) -> None:
    if spec.bytes is not None:
        raise UsageError("--bytes is for a score, and does not apply to ce calibrate.")


def _training(rows: FittedRows) -> Training:
    spec = rows.ready.spec
    values: Kind = spec.as_  # type: ignore[assignment]  # neither auto nor losses once bound
    return Training(rows.rows, rows.scaled, rows.classes, values, spec.clip or LEAST)


def _methods(method: str, classes: int) -> tuple[str, ...]:
    """The methods to fit, the simplest first."""
    if method == AUTO:
        return methods_for(classes)
    if method == BIAS and classes == 2:
        return (PLATT,)
    if method in _ONLY_TWO and classes != 2:
        raise UsageError(
            f"--method {method} is for two classes, and there are {classes:,}: use --method bias "
            "or --method vector."
        )
    if method == VECTOR and classes == 2:
        raise UsageError("--method vector is for more than two classes: use --method beta.")
    return (method,)


def _folds(rows: FittedRows, training: Training) -> Codes:
    """The fold of each row.

    Raises
    ------
    DataError
        There are too few rows to fit anything.
    """
    reason = why_no_folds(training, rows.clusters)
    if reason is not None:
        raise DataError(f"{files_title(rows.locations.names)}: {reason}.")
    keys: list[int] = []
    if rows.cluster_keys is not None:
        keys = [_hash(key[0] or "") for key in rows.cluster_keys]
    return folds_of(rows.rows.codes, rows.clusters, keys)


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")


def _offset(rows: FittedRows, training: Training, plan: Plan) -> Calibrated:
    """An offset, with what it gains where the classes have the shares of the prior."""
    if (training.counts <= 0).any():
        absent = rows.classes[int(np.flatnonzero(training.counts <= 0)[0])]
        raise DataError(
            f"{files_title(rows.locations.names)}: no row is of class {quoted(absent)}, so its "
            "share in these rows is not known: leave it out of the predictions, or add such rows."
        )
    prior = prior_of(plan.prior, rows.classes)
    calibration, factors = offset_to(prior, training)
    found = rows.replace(weights=rows.weights * factors)
    gains = Gains(found.scaled, rows.clusters)
    losses = calibration.losses(rows.rows)
    every = [Tried(NONE, rows.losses), Tried(OFFSET, losses)]
    report = _Report(found, gains, losses)
    own = report.result(calibration, OFFSET, every)
    named = dict(zip(rows.classes, prior.tolist(), strict=True))
    return own.replace(verdict="prior", prior=named, weight_sum=float(rows.weights.sum()))


class _Report:
    """What a calibration gains: in all, by class and by group."""

    def __init__(self, rows: FittedRows, gains: Gains, after: Floats) -> None:
        self._rows, self._gains, self._after = rows, gains, after
        self._scale = rows.ready.spec.scale

    def result(
        self, calibration: Calibration, asked_for: str, every: Sequence[Tried]
    ) -> Calibrated:
        """The result."""
        rows = self._rows
        ready, spec, issues = rows.ready, rows.ready.spec, rows.counts.issues
        whole = Gain(*self._gain(slice(None)))
        cluster = None
        if spec.cluster is not None and rows.cluster_keys is not None:
            cluster = ClusterCount(spec.cluster, len(rows.cluster_keys))
        return Calibrated(
            calibration=calibration,
            chosen_from=asked_for,
            signature=spec.signature(),
            inputs=rows.locations.names,
            task=spec.task,
            columns=columns_of(ready.binding, spec.by, ready.label_file),
            unit=spec.unit,
            rows={
                "read": issues.read,
                "scored": issues.scored,
                "skipped": issues.skipped,
                "ignored": issues.ignored,
                "clipped": issues.count("clipped"),
                "infinite": 0,
            },
            weight_sum=float(rows.weights.sum()),
            cluster=cluster,
            fingerprint=rows.fingerprint,
            prior={},
            whole=whole,
            verdict=_verdict(every, whole, self._after is rows.losses),
            tried=tuple(map(self._tried, every)),
            per_class=tuple(self._per_class()),
            groups=tuple(self._groups()) if spec.by else (),
            warnings=tuple(self._warnings()),
        )

    def _gain(self, chosen: Codes | slice) -> tuple[float, float, float, float]:
        """Before, after, the gain and its standard error, of some rows."""
        rows = self._rows
        before, after = rows.mean(rows.losses, chosen), rows.mean(self._after, chosen)
        error = self._gains.of(rows.losses - self._after, chosen)[1]
        return (
            before / self._scale,
            after / self._scale,
            (before - after) / self._scale,
            error / self._scale,
        )

    def _tried(self, one: Tried) -> MethodTried:
        if one.losses is None:
            return MethodTried(one.method, one.reason, math.nan, math.nan, math.nan)
        gain, error = self._gains.of(self._rows.losses - one.losses)
        after = self._rows.mean(one.losses)
        return MethodTried(
            one.method, None, after / self._scale, gain / self._scale, error / self._scale
        )

    def _per_class(self) -> Iterator[ClassGain]:
        for code, name in enumerate(self._rows.classes):
            chosen = np.flatnonzero(self._rows.rows.codes == code)
            if len(chosen):
                weight = float(self._rows.weights[chosen].sum())
                yield ClassGain(*self._gain(chosen), name, len(chosen), weight)

    def _groups(self) -> Iterator[GroupGain]:
        rows = self._rows
        order = np.argsort(rows.groups, kind="stable")
        starts = np.searchsorted(rows.groups[order], np.arange(len(rows.keys) + 1))
        names = rows.ready.spec.by
        for place in rows.keys.order().tolist():
            chosen = order[starts[place] : starts[place + 1]]
            if len(chosen):
                by = dict(zip(names, rows.keys[place], strict=True))
                weight = float(rows.weights[chosen].sum())
                yield GroupGain(*self._gain(chosen), by, len(chosen), weight)

    def _warnings(self) -> Iterator[Note]:
        rows, counts = self._rows, self._rows.counts
        spec = rows.ready.spec
        yield from empty_files(rows.locations, counts.issues.read)
        notes = list(
            evidence_notes(
                counts.evidence, rows.ready.binding, spec, rows.classes, rows.ready.source
            )
        )
        total = float((rows.losses * rows.weights).sum())
        raised = float(counts.clipped.floats()[0])
        about = issue_warnings(counts.issues, rows.locations, spec, raised, total)
        yield from with_evidence(about, notes)


def _verdict(every: Sequence[Tried], whole: Gain, is_none: bool) -> str:
    if is_none:
        return "nothing"
    if whole.gain < 0:
        return "worse"
    return "gain" if whole.gain > _SURE * whole.standard_error else "chance"
