"""An offset: predictions for rows in which the classes have other shares.

A model that learned from rows with the share π of a class, and is used where that share is π′, has
to have the odds of the class times the odds of π′ over those of π (Saerens, Latinne and
Decaestecker, "Adjusting the outputs of a classifier to new a priori probabilities", Neural
Computation 14, 2002).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.calibrating.methods import Training
from ce_cli.errors import UsageError
from ce_cli.kernels.calibration import OFFSET, Calibration
from ce_cli.text import quoted, quoted_list

Floats = NDArray[np.float64]

_TOLERANCE = 1e-6  # how far from 1 the shares may sum


def prior_of(written: Sequence[str], classes: Sequence[str]) -> Floats:
    """The share of each class: a number for the second of two, or CLASS=SHARE for every class.

    Raises
    ------
    UsageError
        A share is no number between 0 and 1, a class is unknown, missing or named twice, or the
        shares do not sum to 1.
    """
    if len(written) == 1 and len(classes) == 2 and "=" not in written[0]:
        share = _share(written[0], written[0])
        return np.array([1.0 - share, share])
    found: dict[int, float] = {}
    for text in written:
        name, equals, number = text.rpartition("=")
        code = int(NamedClasses(tuple(classes)).codes([name])[0]) if equals else UNKNOWN
        if code == UNKNOWN or code in found:
            why = "names a class twice" if code in found else "must be CLASS=SHARE"
            raise UsageError(
                f"--prior {quoted(text)} {why}; the classes are {quoted_list(classes)}."
            )
        found[code] = _share(number, text)
    if len(found) < len(classes):
        missing = [name for code, name in enumerate(classes) if code not in found]
        raise UsageError(f"--prior names no share of {quoted_list(missing)}: every class has one.")
    shares = np.array([found[code] for code in range(len(classes))])
    if abs(shares.sum() - 1.0) > _TOLERANCE:
        raise UsageError(f"The shares in --prior are {shares.sum():g} in all, and have to be 1.")
    scaled: Floats = shares / shares.sum()
    return scaled


def _share(number: str, text: str) -> float:
    try:
        share = float(number)
    except ValueError:
        share = math.nan
    if not 0.0 < share < 1.0:
        raise UsageError(
            f"--prior {quoted(text)}: the share of a class must be a number between 0 and 1."
        )
    return share


def offset_to(prior: Floats, training: Training) -> tuple[Calibration, Floats]:
    """The calibration, and the factor by which each row counts more where that prior holds."""
    rows = training.rows
    shares = rows.class_weights(training.weights)
    ratios = prior / (shares / shares.sum())
    biases = np.log(ratios)
    calibration = training.of(OFFSET, slopes=np.ones(len(prior)), biases=biases - biases[0])
    factors: Floats = ratios[rows.codes] if rows.shares is None else ratios @ rows.shares
    return calibration, factors
