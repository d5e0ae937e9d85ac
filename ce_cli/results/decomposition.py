"""A cross-entropy taken apart: frozen values that renderers read."""

from __future__ import annotations

import math
from typing import Any, Literal

from ce_cli.record import Record
from ce_cli.results.document import strict

Name = Literal["temperature", "temperature_bias", "isotonic"]
Basis = Literal["rows", "bins", "sample"]


class Recalibrated(Record):
    """What one way of recalibrating would make of the predictions.

    Attributes
    ----------
    name : {"temperature", "temperature_bias", "isotonic"}
        The way.
    cross_entropy : float
        After it.
    calibration : float
        What it removes: the cross-entropy less that. Negative where it would do harm.
    discrimination : float
        What is better than a constant then: the uncertainty less `cross_entropy`.
    standard_error : float
        Of the calibration; NaN where the calibration is not cross-fitted.
    cross_fitted : bool
        Whether every row was recalibrated by what was fitted without it.
    temperature : float
        What all rows together say logits should be divided by, infinite where predictions should
        not count; NaN of an isotonic one.
    biases : dict of str to float
        What is then added to the logit of each class, of two classes the positive one only.
    chance : float
        A calibration up to here may be chance.
    """

    name: Name
    cross_entropy: float
    calibration: float
    discrimination: float
    standard_error: float = math.nan
    cross_fitted: bool = True
    temperature: float = math.nan
    biases: dict[str, float] = {}  # noqa: RUF012 - a field, and never changed
    chance: float = 0.0

    @property
    def is_clear(self) -> bool:
        """Whether it removes something, and more than by chance."""
        return self.calibration > self.chance

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
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
        What always predicting the share of each class costs.
    cross_entropy : float
        Of the predictions.
    label_noise : float
        Entropy of the labels, the part of both that nothing removes.
    slope : float
        Of two classes Cox's calibration slope; NaN of more.
    basis : {"rows", "bins", "sample"}
        Whether fits are made to all rows, to all rows with scores in bins, or to some rows.
    rows : int
        How many rows there are …
    used : int
        … and how many of them the fits have seen.
    recalibrations : tuple of Recalibrated
        Those that can be made.
    not_applicable : dict of str to str
        The others, and why.
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

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
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
