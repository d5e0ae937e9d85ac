"""What was bound: which column plays which part, and which class each number speaks of."""

from __future__ import annotations

from typing import Literal

from ce_cli.binding.classes import LabelReader
from ce_cli.inputs.source import Projection, Stored
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.record import Record
from ce_cli.spec import Task

BytesShape = Literal["counts", "text"]
Shape = Literal["single", "share", "columns", "list", "map", "none"]


class Labels(Record):
    """How what happened is written down.

    Attributes
    ----------
    columns : tuple of str
        One column of classes; or one of shares of the positive class; or one column of shares for
        each class; or one list or map of them; or nothing.
    shape : {"single", "share", "columns", "list", "map", "none"}
        Which of these.
    reader : LabelReader
        From texts, or from the names in a map, to class codes.
    places : tuple of int
        The class code of each column, or of each place in a list.
    tolerance : float
        How far from 1 shares may sum, by what rounding in the file explains.
    """

    columns: tuple[str, ...]
    shape: Shape
    reader: LabelReader
    places: tuple[int, ...] = ()
    tolerance: float = 0.0

    @property
    def in_order(self) -> tuple[str, ...]:
        """The columns in the order of the classes, where there is one for each."""
        if self.shape != "columns":
            return self.columns
        return tuple(self.columns[self.places.index(code)] for code in range(len(self.places)))


class Binding(Record):
    """Which column plays which part; the same for every file of a data set.

    Attributes
    ----------
    labels : Labels
        What happened.
    predictions : tuple of str
        One column, one list or map column, or one column for each class.
    shape : {"single", "columns", "list", "map"}
        Which of these.
    classes : tuple of str or None
        In the order of the predictions; None if a single prediction's labels will tell.
    task : {"binary", "multiclass", "multilabel", "likelihood"}
        What is predicted.
    missing_texts : tuple of str
        Texts that stand for a missing value.
    sample : tuple of str
        The labels of the first rows.
    stored : tuple of str
        How finely the predictions are stored.
    class_weights : tuple of float
        By class code; none for no class weights.
    complete : tuple of str
        Those of the grouping columns in which no value may be missing.
    bytes : str or None
        The column that tells how many bytes each row has.
    bytes_shape : {"counts", "text"} or None
        Whether it has their numbers, or the text that they are of.
    """

    labels: Labels
    predictions: tuple[str, ...]
    shape: Shape
    classes: tuple[str, ...] | None
    task: Task
    weight: str | None
    id: str | None
    by: tuple[str, ...]
    missing_texts: tuple[str, ...]
    sample: tuple[str, ...]
    stored: tuple[Stored, ...]
    class_weights: tuple[float, ...] = ()
    complete: tuple[str, ...] = ()
    bytes: str | None = None
    bytes_shape: BytesShape | None = None

    @property
    def class_count(self) -> int:
        """K or L; 2 for a single prediction, 0 if only what happened has one."""
        if self.task == "likelihood":
            return 0
        return 2 if self.classes is None else len(self.classes)

    @property
    def space(self) -> LabelSpace:
        """What can happen."""
        return LabelSpace(self.class_count, self.task == "multilabel", self.bytes is not None)

    @property
    def projection(self) -> Projection:
        """The columns to read."""
        parts = ((self.predictions, self.shape), (self.labels.columns, self.labels.shape))
        named = {shape: [c for cs, own in parts if own == shape for c in cs] for _, shape in parts}
        texts = self.labels.columns if self.labels.shape == "single" else ()
        single = self.predictions if self.shape == "single" else ()
        weight = (self.weight,) if self.weight else ()
        counts, words = (
            (self.bytes,) if self.bytes and self.bytes_shape == shape else ()
            for shape in ("counts", "text")
        )
        return Projection(
            numbers=(*single, *named.get("share", ()), *named.get("columns", ()), *weight, *counts),
            texts=(*texts, *self.by, *((self.id,) if self.id else ()), *words),
            lists=tuple(named.get("list", ())),
            maps=tuple(named.get("map", ())),
            missing_texts=self.missing_texts,
            verbatim=words,
        )
