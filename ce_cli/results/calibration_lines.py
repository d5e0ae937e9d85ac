"""The parts of a calibration's document: gains, methods, columns, and how each is read again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ce_cli.results.document import Scalar
from ce_cli.results.json_node import JsonNode
from ce_cli.results.lines import BoundColumns, ClusterCount, TableLine
from ce_cli.results.score import Note

_SHAPES = ("single", "columns", "list", "map")
_ROWS = ("read", "scored", "skipped", "ignored", "clipped", "infinite")
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


def known_in(own: JsonNode, key: str, known: Sequence[str]) -> str:
    """One of some words."""
    text = own.text(key)
    if text not in known:
        own.refuse(own.value(key)[0], f"one of {', '.join(known)}", text)
    return text


def gain_in(own: JsonNode) -> tuple[float, float, float, float]:
    """The numbers of a `Gain`, NaN for null."""
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


def class_gain_in(own: JsonNode) -> ClassGain:
    """The line of a class."""
    return ClassGain(*gain_in(own), own.text("class"), *_size(own))


def group_gain_in(own: JsonNode, by: Sequence[str]) -> GroupGain:
    """The line of a group, with its values of the columns `by`."""
    values = own.part("by")
    keys = {name: _text_or_none(values, name) for name in by}
    return GroupGain(*gain_in(own), keys, *_size(own))


def cluster_in(own: JsonNode) -> ClusterCount | None:
    """The column of the clusters, if there are any."""
    if own.values.get("cluster") is None:
        return None
    cluster = own.part("cluster")
    return ClusterCount(cluster.text("column"), cluster.count("count"))


def tried_in(own: JsonNode) -> MethodTried:
    """The line of a method."""
    return MethodTried(
        own.text("method"),
        _text_or_none(own, "reason"),
        *(_or_nan(own, name, -_LARGEST) for name in ("after", "gain", "standard_error")),
    )


def _text_or_none(own: JsonNode, key: str) -> str | None:
    return None if own.value(key)[1] is None else own.text(key)


def counts_in(own: JsonNode) -> dict[str, int]:
    """The counts of rows."""
    return {key: int(own.finite(key, 0, 1e15)) for key in _ROWS}


def columns_in(own: JsonNode, classes: int) -> BoundColumns:
    """The columns; there is a prediction for each class, or one that holds all."""
    shape, count = known_in(own, "shape", _SHAPES), len(own.texts("predictions"))
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


def note_in(own: JsonNode) -> Note:
    """A warning."""
    rows = tuple(map(int, own.finites("rows", 1, 1e15)))
    return Note(own.text("code"), own.text("message"), int(own.finite("count", 0, 1e15)), rows)
