"""The result of fitting a calibration: what it is, and what it gains on other rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ce_cli import __version__
from ce_cli.errors import DataError
from ce_cli.kernels.calibration import Calibration
from ce_cli.results.calibration_document import SCHEMA, calibration_in, parameters_of
from ce_cli.results.calibration_lines import (
    ClassGain,
    Gain,
    GroupGain,
    MethodTried,
    class_gain_in,
    cluster_in,
    columns_in,
    counts_in,
    gain_in,
    group_gain_in,
    known_in,
    note_in,
    tried_in,
)
from ce_cli.results.json_node import JsonNode
from ce_cli.results.lines import BoundColumns, ClusterCount
from ce_cli.results.result import CommandResult
from ce_cli.results.score import Note
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pandas as pd

_TASKS = ("binary", "multiclass")
_UNITS = ("nats", "bits", "bans")
_VERDICTS = ("gain", "chance", "worse", "nothing", "prior")


class Calibrated(CommandResult):
    """A calibration, and what it was fitted to.

    Attributes
    ----------
    calibration : Calibration
        What it does to predictions.
    chosen_from : str
        The method that was asked for, which may be auto.
    signature : str
        Every setting of the cross-entropies.
    inputs : tuple of str
        The files that it was fitted to.
    columns : BoundColumns
        Which column plays which role.
    rows : dict of str to int
        As for a score.
    fingerprint : str
        A hash of the labels, predictions and weights.
    prior : dict of str to float
        The share of each class that an offset is for; else empty.
    whole : Gain
        The cross-entropy of all rows in `unit`, before and after, and the gain.
    verdict : str
        gain, if it is larger than two standard errors; chance, if it is not; worse, if it is
        negative; nothing, if predictions remain as they are; prior, for an offset.
    tried : tuple of MethodTried
        Every method, the simplest first.
    per_class, groups : tuple of ClassGain, tuple of GroupGain
        Gains by class and by group.
    """

    command = "calibrate fit"

    calibration: Calibration
    chosen_from: str
    signature: str
    inputs: tuple[str, ...]
    task: str
    columns: BoundColumns
    unit: str
    rows: dict[str, int]
    weight_sum: float
    cluster: ClusterCount | None
    fingerprint: str
    prior: dict[str, float]
    whole: Gain
    verdict: str
    tried: tuple[MethodTried, ...]
    per_class: tuple[ClassGain, ...] = ()
    groups: tuple[GroupGain, ...] = ()
    warnings: tuple[Note, ...] = ()

    @property
    def method(self) -> str:
        """The method of the calibration."""
        return self.calibration.method

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, in the order of the predictions."""
        return self.calibration.classes

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Every warning."""
        return tuple(("warning", one.message) for one in self.warnings)

    def predict_proba(self, predictions: ArrayLike) -> NDArray[np.float64]:
        """Calibrated probabilities of all classes, as estimators of scikit-learn give them.

        Parameters
        ----------
        predictions : array
            Predictions of the kind that the calibration was fitted to, in the order of `classes`:
            shape (n, K), or, for two classes, (n,) of the second.

        Returns
        -------
        ndarray of floats, shape (n, K)

        Raises
        ------
        DataError
            They have another shape, or a number is missing or out of range.
        """
        matrix = checked_predictions(predictions, self.calibration)
        found = self.calibration.probabilities(matrix)
        if len(found) == 1:
            found = np.concatenate([1.0 - found, found])
        return np.ascontiguousarray(found.T)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.calibration/1``."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "signature": self.signature,
            "inputs": list(self.inputs),
            "task": self.task,
            "columns": self.columns.to_dict(),
            "classes": list(self.classes),
            "values": self.calibration.values,
            "clip": self.calibration.clip,
            "method": self.method,
            "parameters": parameters_of(self.calibration),
            "digest": self.calibration.digest,
            "chosen_from": self.chosen_from,
            "prior": self.prior,
            "unit": self.unit,
            "rows": self.rows,
            "weight_sum": self.weight_sum,
            "cluster": self.cluster and self.cluster.to_dict(),
            "fingerprint": self.fingerprint,
            **self.whole.to_dict(),
            "verdict": self.verdict,
            "tried": [one.to_dict() for one in self.tried],
            "per_class": [one.to_dict() for one in self.per_class],
            "groups": [one.to_dict() for one in self.groups],
            "warnings": [one.to_dict() for one in self.warnings],
        }

    @classmethod
    def from_dict(cls, document: object, name: str = "the calibration") -> Self:
        """The result that a document describes; every value is checked.

        Parameters
        ----------
        document : dict
            What `to_dict` gives.
        name : str
            What it is called in messages.

        Raises
        ------
        DataError
            It is no such document, or of another version, or was edited.
        """
        own = JsonNode(name, "", document)
        _check_schema(own)
        if not own.texts("inputs"):
            own.refuse("inputs", "a list of files", [])
        calibration = calibration_in(own)
        columns = columns_in(own.part("columns"), len(calibration.classes))
        return cls(
            calibration,
            own.text("chosen_from"),
            own.text("signature"),
            own.texts("inputs"),
            known_in(own, "task", _TASKS),
            columns,
            known_in(own, "unit", _UNITS),
            counts_in(own.part("rows")),
            own.number("weight_sum", above=0.0),
            cluster_in(own),
            own.text("fingerprint"),
            {key: own.part("prior").finite(key, 0.0, 1.0) for key in own.part("prior").values},
            Gain(*gain_in(own)),
            known_in(own, "verdict", _VERDICTS),
            tuple(tried_in(part) for part in own.parts("tried")),
            tuple(class_gain_in(part) for part in own.parts("per_class")),
            tuple(group_gain_in(part, columns.by) for part in own.parts("groups")),
            tuple(note_in(one) for one in own.parts("warnings")),
        )

    def frame(self) -> pd.DataFrame:
        """One row for each method that was tried: its cross-entropy and its gain."""
        import pandas as pd

        return pd.DataFrame([one.row() for one in self.tried])


def checked_predictions(predictions: ArrayLike, calibration: Calibration) -> NDArray[np.float64]:
    """Predictions as the kernels take them: shape (K, n), or (1, n) for those of one class.

    Raises
    ------
    DataError
        They have another shape, or a number is missing or out of range.
    """
    try:
        matrix = np.asarray(predictions, np.float64)
    except (TypeError, ValueError):
        raise DataError("The predictions are not an array of numbers.") from None
    count = len(calibration.classes)
    one_column = matrix.ndim == 1 or (matrix.ndim == 2 and matrix.shape[1] == 1)
    if one_column and count == 2:
        matrix = matrix.reshape(1, -1)
    elif matrix.ndim == 2 and matrix.shape[1] == count:
        matrix = matrix.T
    else:
        raise DataError(
            f"The predictions have shape {matrix.shape}, and the calibration is of {count} "
            f"classes: they must have shape (n, {count}){' or (n,)' if count == 2 else ''}."
        )
    low, high = {"probabilities": (0.0, 1.0), "logprobs": (-math.inf, 0.0)}.get(
        calibration.values, (-math.inf, math.inf)
    )
    bad = ~((matrix >= low) & (matrix <= high))
    if bad.any():
        place = int(np.flatnonzero(bad.any(axis=0))[0])
        value = float(matrix[:, place][bad[:, place]][0])
        raise DataError(
            f"The predictions are read as {calibration.values}, and {int(bad.any(axis=0).sum()):,} "
            f"of {matrix.shape[1]:,} rows have other numbers (first: {value:g} in row "
            f"{place + 1:,})."
        )
    return matrix


def _check_schema(own: JsonNode) -> None:
    if "schema" not in own.values:
        raise DataError(f"{own.name}: this is JSON, but was not written by ce calibrate fit.")
    schema = own.text("schema")
    if schema != SCHEMA:
        raise DataError(
            f"{own.name}: the schema of the document is {quoted(schema)}, but a calibration must "
            f"have {SCHEMA}; write it with ce calibrate fit of this version."
        )


def _cluster(own: JsonNode) -> tuple[str, int]:
    return own.text("column"), own.count("count")
