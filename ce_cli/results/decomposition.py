"""The decomposition of a cross-entropy: frozen records that renderers read."""

from __future__ import annotations

import math
from typing import Any, Literal

from ce_cli.record import Record
from ce_cli.results.document import strict

Name = Literal["temperature", "temperature_bias", "isotonic"]
Basis = Literal["rows", "bins", "sample"]


class Recalibrated(Record):
    """The effect of one recalibration method on the predictions.

    Attributes
    ----------
    name : {"temperature", "temperature_bias", "isotonic"}
        The method.
    cross_entropy : float
        The cross-entropy after recalibration.
    calibration : float
        The cross-entropy that it removes. Negative where recalibration would do harm.
    discrimination : float
        The gain over a constant prediction that remains: uncertainty − `cross_entropy`.
    standard_error : float
        The standard error of `calibration`; NaN where it is not cross-fitted.
    cross_fitted : bool
        Whether every row was recalibrated by a fit that excludes it.
    temperature : float
        The divisor of the logits, fitted to all rows; infinite where the predictions carry no
        information, NaN for an isotonic fit.
    biases : dict of str to float
        The bias then added to the logit of each class; with two classes, of the positive one
        only.
    chance : float
        The largest calibration that chance alone may explain.
    """

    name: Name
    cross_entropy: float
    calibration: float
    discrimination: float
    standard_error: float = math.nan
    cross_fitted: bool = True
    temperature: float = math.nan
    biases: dict[str, float] = {}  # noqa: RUF012 - a field that is never changed
    chance: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether recalibration removes more than chance alone may explain."""
        return self.calibration > self.chance

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "name": self.name,
            "cross_entropy": strict(self.cross_entropy),
            "calibration": strict(self.calibration),
            "discrimination": strict(self.discrimination),
            "standard_error": strict(self.standard_error),
            "cross_fitted": self.cross_fitted,
            "temperature": strict(self.temperature),
            "biases": {name: strict(bias) for name, bias in self.biases.items()},
        }


class Decomposed(Record):
    """Cross-entropy = uncertainty − discrimination + calibration.

    Attributes
    ----------
    uncertainty : float
        The cross-entropy of always predicting the share of each class.
    cross_entropy : float
        The cross-entropy of the predictions, without label smoothing.
    label_noise : float
        Entropy of the labels: the part of both that no model can remove.
    slope : float
        Cox's calibration slope for two classes; NaN for more.
    basis : {"rows", "bins", "sample"}
        Whether the fits use all rows, all rows with scores in bins, or a sample.
    rows : int
        How many rows there are.
    used : int
        How many of them the fits use.
    recalibrations : tuple of Recalibrated
        The recalibrations that apply.
    not_applicable : dict of str to str
        The others, each with the reason.
    unsmoothed : bool
        Whether the cross-entropy of the score itself is another one, of smoothed labels.
    """

    uncertainty: float
    cross_entropy: float
    label_noise: float
    slope: float
    basis: Basis
    rows: int
    used: int
    recalibrations: tuple[Recalibrated, ...]
    not_applicable: dict[str, str]
    unsmoothed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "uncertainty": strict(self.uncertainty),
            "cross_entropy": strict(self.cross_entropy),
            "label_noise": strict(self.label_noise),
            "calibration_slope": strict(self.slope),
            "basis": self.basis,
            "rows": self.rows,
            "rows_used": self.used,
            "recalibrations": [one.to_dict() for one in self.recalibrations],
            "not_applicable": self.not_applicable,
        }
