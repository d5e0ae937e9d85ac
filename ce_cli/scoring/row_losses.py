"""Scored rows, one by one: for ``--per-row`` and ``--worst``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.rows.columns import as_texts
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.arrow.arrays import constant, numbers, texts
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import NO_CLASS
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]
Classes = NDArray[np.int32]
_NEVER_NULL = ("row", "file_row", "probability", "loss")

_RUNS = 4  # maxima of runs of values for each of the largest values that are sought


_OWN_COLUMNS = (
    "row",
    "file",
    "file_row",
    "label",
    "probability",
    "loss",
    "predicted",
    "prediction",
)


class RowLosses(Record):
    """Some scored rows, with one entry for each.

    Attributes
    ----------
    rows : ndarray of int
        Row numbers from 0, first within the frame, then within the whole data set.
    ids : pyarrow.Array or None
        The id column, as text.
    labels, predicted : ndarray of int
        Class codes, `NO_CLASS` for none.
    probability : ndarray
        The predicted probability of the label, before clipping.
    prediction : ndarray
        The predicted probability of the predicted class.
    loss : ndarray
        In nats.
    """

    rows: NDArray[np.int64]
    ids: pa.Array | None
    labels: Classes
    predicted: Classes
    probability: Floats
    prediction: Floats
    loss: Floats

    @classmethod
    def of(cls, batch: Batch, ids: pa.Array | None) -> Self:
        """All rows of a batch; `ids` is the whole id column of its frame."""
        own_ids = None if ids is None else as_texts(_taken(ids, batch.places))
        probability, prediction = batch.outcomes.shown()
        return cls(
            batch.rows,
            own_ids,
            batch.outcomes.codes.astype(np.int32),
            batch.outcomes.predicted().astype(np.int32),
            probability,
            prediction,
            batch.losses,
        )

    @classmethod
    def worst_of(cls, batch: Batch, ids: pa.Array | None, most: int) -> Self:
        """The rows of a batch with the largest losses, the earlier first among equals."""
        return cls.of(batch.take(largest_first(batch.losses, most)), ids)

    def shifted(self, rows: int) -> Self:
        """The same rows, when `rows` other rows come before them."""
        return self.replace(rows=self.rows + rows)

    def take(self, places: Codes) -> Self:
        """Some of the rows, in the order of `places`."""
        return type(self)(
            self.rows[places],
            None if self.ids is None else _taken(self.ids, places),
            self.labels[places],
            self.predicted[places],
            self.probability[places],
            self.prediction[places],
            self.loss[places],
        )

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The rows of all parts, in order."""
        if len(parts) == 1:
            return parts[0]
        import pyarrow as pa

        ids = [part.ids for part in parts if part.ids is not None]
        return cls(
            np.concatenate([part.rows for part in parts]),
            pa.concat_arrays(ids) if ids else None,
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.predicted for part in parts]),
            np.concatenate([part.probability for part in parts]),
            np.concatenate([part.prediction for part in parts]),
            np.concatenate([part.loss for part in parts]),
        )

    def table(
        self,
        labels: Sequence[str],
        predicted: Sequence[str],
        scale: float,
        id_name: str | None,
        places: RowLocations,
    ) -> pa.Table:
        """A table of row number (from 1), id, label, probability, loss and predicted class.

        The names of files and classes are dictionary arrays: a code a row.

        Parameters
        ----------
        labels, predicted : sequence of str
            Names by class code, of labels and of predictions.
        scale : float
            The divisor from nats to the unit of the losses.
        id_name : str or None
            The name of the id column; if another column has it, it becomes ``id``.
        places : RowLocations
            The file that the rows are in; they must all be in one.
        """
        import pyarrow as pa

        columns: dict[str, Any] = {"row": numbers(self.rows + 1)}
        if len(places.names) > 1 and len(self):
            file, first = places.of(int(self.rows[0]))
            columns["file"] = constant(file, len(self))
            columns["file_row"] = numbers(self.rows - self.rows[0] + first)
        if self.ids is not None:
            columns["id" if id_name in _OWN_COLUMNS else id_name or "id"] = self.ids
        columns["label"] = _names(labels, self.labels)
        columns["probability"] = numbers(self.probability)
        columns["loss"] = numbers(self.loss if scale == 1.0 else self.loss / scale)
        columns["predicted"] = _names(predicted, self.predicted)
        unknown = len(self) and np.isnan(self.prediction[0]) and np.isnan(self.prediction).all()
        prediction = pa.nulls(len(self), pa.float64()) if unknown else numbers(self.prediction)
        columns["prediction"] = prediction
        fields = [
            pa.field(name, column.type, nullable=name not in _NEVER_NULL)
            for name, column in columns.items()
        ]
        return pa.Table.from_arrays(list(columns.values()), schema=pa.schema(fields))

    def worst(self, most: int) -> Self:
        """The rows of the largest losses, the earlier first among equals."""
        return self.take(np.lexsort((self.rows, -self.loss))[:most])


def largest_first(values: Floats, most: int, least: float = -math.inf) -> Codes:
    """Places of the largest of `values`, shape (n,), the earlier first among equals.

    Values below `least` and NaN are left out.
    """
    if not most:
        return np.zeros(0, np.intp)
    if len(values) > most:
        least = max(least, _limit(values, most))
    chosen = np.flatnonzero(values >= least)
    return chosen[np.lexsort((chosen, -values[chosen]))][:most]


def _limit(values: Floats, most: int) -> float:
    """A number that at least `most` of `values` reach, and mostly few more.

    As many of the values as runs have a maximum that reaches it.
    """
    length = max(1, len(values) // (_RUNS * most))
    runs = len(values) // length
    tops = np.fmax.reduce(values[: runs * length].reshape(runs, length), axis=1)
    tops = np.where(np.isnan(tops), -math.inf, tops)
    return float(np.partition(tops, runs - most)[runs - most])


def _names(names: Sequence[str], codes: Classes) -> pa.DictionaryArray:
    """Names by class code, null for no class."""
    import pyarrow as pa

    known = codes != NO_CLASS
    bits = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    places = pa.Array.from_buffers(pa.int32(), len(codes), [bits, pa.py_buffer(codes)])
    return pa.DictionaryArray.from_arrays(places, texts(names))


def _taken(column: pa.Array, places: NDArray[np.integer]) -> pa.Array:
    return column.take(numbers(places.astype(np.int64, copy=False)))
