"""The result of fitting a calibration: what it is, and what it gains on other rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ce_cli import __version__
from ce_cli.errors import DataError
from ce_cli.kernels.calibration import Calibration
from ce_cli.results.calibration_document import SCHEMA, calibration_in, parameters_of
from ce_cli.results.document import Scalar
from ce_cli.results.json_node import JsonNode
from ce_cli.results.lines import BoundColumns, ClusterCount, TableLine
from ce_cli.results.result import CommandResult
from ce_cli.results.score import Note
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pandas as pd

_TASKS = ("binary", "multiclass")
_UNITS = ("nats", "bits", "bans")
_SHAPES = ("single", "columns", "list", "map")
_ROWS = ("read", "scored", "skipped", "ignored", "clipped", "infinite")
_VERDICTS = ("gain", "chance", "worse", "nothing", "prior")
_LARGEST = 1.7976931348623157e308


class Gain(TableLine):
    """What a calibration changes on rows that it was not fitted to.

    Attributes
    ----------
    before, after : float
        The cross-entropy without it and with it.
    gain, standard_error : float
        The first minus the second, and the standard error of that: NaN for a single row.
    """

    before: float
    after: float
    gain: float
    standard_error: float


class MethodTried(TableLine):
    """A method, and what it gains; or why it was not fitted.

    Attributes
    ----------
    reason : str or None
        Why there is no gain.
    after, gain, standard_error : float
        As in `Gain`; NaN where there is a reason.
    """

    method: str
    reason: str | None
    after: float
    gain: float
    standard_error: float


class ClassGain(Gain):
    """The gain of the rows of one class: `rows` of them, of the weight `weight_sum`."""

    name: str
    rows: int
    weight_sum: float

    def row(self) -> dict[str, Scalar]:
        """The cells by column."""
        cells = super().row()
        first = {"class": cells["name"], "rows": cells["rows"], "weight_sum": cells["weight_sum"]}
        return first | {name: cells[name] for name in Gain._fields}


class GroupGain(Gain):
    """The gain of a group of rows, with its values of the grouping columns."""

    by: dict[str, str | None]
    rows: int
    weight_sum: float

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        own = Gain(self.before, self.after, self.gain, self.standard_error)
        return {
            "by": self.by,
            "rows": self.rows,
            "weight_sum": self.weight_sum,
            **own.to_dict(),
        }


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
    before, after, gain, standard_error : float
        The cross-entropy of all rows, in `unit`; after the calibration, of rows that it was not
        fitted to: `Gain`.
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
        columns = _columns(own.part("columns"), len(calibration.classes))
        cluster = None if own.values.get("cluster") is None else own.part("cluster")
        return cls(
            calibration,
            own.text("chosen_from"),
            own.text("signature"),
            own.texts("inputs"),
            _known(own, "task", _TASKS),
            columns,
            _known(own, "unit", _UNITS),
            _counts(own.part("rows")),
            own.number("weight_sum", above=0.0),
            None if cluster is None else ClusterCount(*_cluster(cluster)),
            own.text("fingerprint"),
            {key: own.part("prior").finite(key, 0.0, 1.0) for key in own.part("prior").values},
            Gain(*_gain(own)),
            _known(own, "verdict", _VERDICTS),
            tuple(_tried(part) for part in own.parts("tried")),
            tuple(
                ClassGain(*_gain(one), one.text("class"), *_size(one))
                for one in own.parts("per_class")
            ),
            tuple(
                GroupGain(*_gain(one), _by(one.part("by"), columns.by), *_size(one))
                for one in own.parts("groups")
            ),
            tuple(_note(one) for one in own.parts("warnings")),
        )

    def frame(self) -> pd.DataFrame:
        """One row for each method that was tried: its cross-entropy and its gain."""
        import pandas as pd

        return pd.DataFrame([one.row() for one in self.tried])


Made = TypeVar("Made")


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


def _known(own: JsonNode, key: str, known: Sequence[str]) -> str:
    text = own.text(key)
    if text not in known:
        own.refuse(own.value(key)[0], f"one of {', '.join(known)}", text)
    return text


def _gain(own: JsonNode) -> tuple[float, float, float, float]:
    before, after, gain, error = (
        _or_nan(own, name, low)
        for name, low in zip(Gain._fields, (0.0, 0.0, -_LARGEST, 0.0), strict=True)
    )
    return before, after, gain, error


def _or_nan(own: JsonNode, key: str, low: float) -> float:
    absent = own.value(key)[1] is None
    return math.nan if absent else own.finite(key, low, _LARGEST)


def _size(own: JsonNode) -> tuple[int, float]:
    return own.count("rows"), own.finite("weight_sum", 0.0, _LARGEST)


def _tried(own: JsonNode) -> MethodTried:
    return MethodTried(
        own.text("method"),
        _text_or_none(own, "reason"),
        *(_or_nan(own, name, -_LARGEST) for name in ("after", "gain", "standard_error")),
    )


def _by(own: JsonNode, names: Sequence[str]) -> dict[str, str | None]:
    return {name: _text_or_none(own, name) for name in names}


def _text_or_none(own: JsonNode, key: str) -> str | None:
    return None if own.value(key)[1] is None else own.text(key)


def _counts(own: JsonNode) -> dict[str, int]:
    return {key: int(own.finite(key, 0, 1e15)) for key in _ROWS}


def _columns(own: JsonNode, classes: int) -> BoundColumns:
    """The columns; there is a prediction for each class, or one that holds all."""
    shape, count = _known(own, "shape", _SHAPES), len(own.texts("predictions"))
    if count != (classes if shape == "columns" else 1) or (shape == "single" and classes != 2):
        own.refuse(own.value("predictions")[0], f"the {shape} of {classes} classes", count)
    names = ("weight", "bytes", "bytes_shape", "id", "shape", "label_shape")
    more = ("labels_from", "tokens", "predicted_class")
    found_by = own.part("found_by")
    return BoundColumns(
        label=own.texts("label"),
        predictions=own.texts("predictions"),
        by=own.texts("by"),
        found_by=tuple((key, found_by.text(key)) for key in found_by.values),
        **{name: _text_or_none(own, name) for name in (*names, *more)},
    )


def _note(own: JsonNode) -> Note:
    rows = tuple(map(int, own.finites("rows", 1, 1e15)))
    return Note(own.text("code"), own.text("message"), int(own.finite("count", 0, 1e15)), rows)
