"""Lines of the tables in results: frozen values that documents, pages and frames are made of."""

from __future__ import annotations

from typing import Any

from ce_cli.record import Record
from ce_cli.results.document import Scalar, strict_row


class TableLine(Record):
    """Base of the lines of a table."""

    def row(self) -> dict[str, Scalar]:
        """The cells by column, with numbers as they are."""
        return {name: getattr(self, name) for name in self._fields}

    def to_dict(self) -> dict[str, Scalar]:
        """The cells as JSON can write them."""
        return strict_row(self.row())


class ClassLoss(TableLine):
    """The rows of one class.

    Attributes
    ----------
    name : str
        The class.
    rows : int
        How many have it as their label.
    weight_sum, cross_entropy : float
        Their weight and mean loss.
    interval : tuple of float or None
        The ends of the interval of the mean, if it was computed.
    """

    name: str
    rows: int
    weight_sum: float
    cross_entropy: float
    interval: tuple[float, float] | None = None

    def row(self) -> dict[str, Scalar]:
        """The cells by column; ``low`` and ``high`` only with an interval."""
        cells: dict[str, Scalar] = {
            "class": self.name,
            "rows": self.rows,
            "weight_sum": self.weight_sum,
            "cross_entropy": self.cross_entropy,
        }
        if self.interval is not None:
            cells |= zip(("low", "high"), self.interval, strict=True)
        return cells


class CalibrationBin(TableLine):
    """A bin of the expected calibration error that has rows.

    Attributes
    ----------
    low, high : float
        Its ends.
    rows : int
        How many probabilities are in it.
    weight_sum, confidence, accuracy : float
        Their weight, their mean, and the share of what happened.
    """

    low: float
    high: float
    rows: int
    weight_sum: float
    confidence: float
    accuracy: float


class ConventionScore(TableLine):
    """The cross-entropy as one tool has it.

    Attributes
    ----------
    convention : str
        The tool; ``ce`` for this one.
    cross_entropy, difference : float
        Its number, and how much higher that is than that of ``ce``.
    raised : int
        Rows whose probability it raises.
    why : str
        The reason for the difference.
    """

    convention: str
    cross_entropy: float
    difference: float
    raised: int
    why: str


class ClusterCount(TableLine):
    """Which rows belong together.

    Attributes
    ----------
    column : str
        Rows that have the same value there do.
    count : int
        How many clusters there are.
    """

    column: str
    count: int


class BoundColumns(Record):
    """Which column plays which role.

    Attributes
    ----------
    label, predictions, by : tuple of str
        Columns of labels, of predictions in the order of the classes, and to group by.
    weight, bytes, id : str or None
        Columns of weights, of byte counts or text, and of names of rows.
    tokens, predicted_class : str or None
        Columns of numbers of tokens, and of the class that a single prediction is for.
    shape, label_shape, bytes_shape : str or None
        How predictions, labels and bytes are laid out.
    labels_from : str or None
        The file that the labels are from, if it is another.
    found_by : tuple of (str, str)
        Why the columns of a role were chosen: option, name, labels or values.
    """

    label: tuple[str, ...]
    predictions: tuple[str, ...]
    by: tuple[str, ...] = ()
    weight: str | None = None
    bytes: str | None = None
    bytes_shape: str | None = None
    id: str | None = None
    shape: str | None = None
    label_shape: str | None = None
    labels_from: str | None = None
    found_by: tuple[tuple[str, str], ...] = ()
    tokens: str | None = None
    predicted_class: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write, in the order of the document."""
        return {
            "label": list(self.label),
            "predictions": list(self.predictions),
            "weight": self.weight,
            "bytes": self.bytes,
            "bytes_shape": self.bytes_shape,
            "id": self.id,
            "by": list(self.by),
            "shape": self.shape,
            "label_shape": self.label_shape,
            "labels_from": self.labels_from,
            "found_by": dict(self.found_by),
            "tokens": self.tokens,
            "predicted_class": self.predicted_class,
        }
