"""A binding: which column plays which role, and which class each prediction is for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

from ce_cli.binding.finding.chosen import Reason
from ce_cli.binding.naming.classes import LabelReader
from ce_cli.inputs.source import Projection, Stored
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.groups import rank
from ce_cli.options.choices import Task
from ce_cli.record import Record

if TYPE_CHECKING:
    from ce_cli.kernels.calibration import Calibration

BytesShape = Literal["counts", "text", "list"]
Shape = Literal["single", "share", "columns", "list", "map", "none"]


class Labels(Record):
    """How the labels are stored.

    Attributes
    ----------
    columns : tuple of str
        One column of classes; one of shares of the positive class; one column of shares for each
        class; one list or map of shares; or no column.
    shape : {"single", "share", "columns", "list", "map", "none"}
        Which of these.
    reader : LabelReader
        Turns texts, or the names in a map, into class codes.
    class_codes : tuple of int
        The class code of each column, or of each position in a list.
    tolerance : float
        How far from 1 the sum of shares may be, which allows for rounding in the file.
    """

    columns: tuple[str, ...]
    shape: Shape
    reader: LabelReader
    class_codes: tuple[int, ...] = ()
    tolerance: float = 0.0

    @property
    def in_order(self) -> tuple[str, ...]:
        """The columns in the order of the classes, where there is one for each."""
        if self.shape != "columns":
            return self.columns
        return tuple(
            self.columns[self.class_codes.index(code)] for code in range(len(self.class_codes))
        )


class Binding(Record):
    """Which column plays which role; the same for every file of a data set.

    Attributes
    ----------
    labels : Labels
        The labels.
    predictions : tuple of str
        One column, one list or map column, or one column for each class.
    shape : {"single", "columns", "list", "map"}
        Which of these.
    classes : tuple of str or None
        In the order of the predictions; None for a single prediction whose labels name them.
    task : {"binary", "multiclass", "multilabel", "likelihood"}
        The task.
    missing_texts : tuple of str
        Texts that mean a missing value.
    sample : tuple of str
        The labels of the first rows.
    stored : tuple of str
        The precision in which the predictions are stored.
    class_weights : tuple of float
        By class code; empty for no class weights.
    complete : tuple of str
        The grouping columns in which no value may be missing.
    ragged : bool
        Whether lists of predictions may end before the last class.
    bytes : str or None
        The column with the bytes of each row.
    bytes_shape : {"counts", "text", "list"} or None
        Whether it holds their number, the text itself, or lists of them.
    tokens : str or None
        The column with the number of tokens of each row.
    predicted_class : str or None
        The column with the class that a single prediction is for.
    map_keys : tuple of str
        The names of the classes in maps of predictions, if they are others than `classes`.
    found_by : tuple of (str, str)
        Why the columns of a role were chosen.
    calibration : Calibration or None
        What recalibrates the predictions, in the order of `classes`.
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
    ragged: bool = False
    bytes: str | None = None
    bytes_shape: BytesShape | None = None
    map_keys: tuple[str, ...] = ()
    found_by: tuple[tuple[str, Reason], ...] = ()
    tokens: str | None = None
    predicted_class: str | None = None
    calibration: Calibration | None = None

    @property
    def names_in_maps(self) -> tuple[str, ...]:
        """The names of the classes in maps of predictions."""
        return self.map_keys or self.classes or ()

    @property
    def class_count(self) -> int:
        """K or L; 2 for a single prediction, 0 for likelihoods."""
        if self.task == "likelihood":
            return 0
        return 2 if self.classes is None else len(self.classes)

    @cached_property
    def class_order(self) -> tuple[int, ...]:
        """Class codes by value, or by text where names are no numbers; empty if all are in order.

        It settles ties, so that they do not depend on the order of columns.
        """
        classes = self.classes or ()
        order = sorted(range(len(classes)), key=lambda code: rank(classes[code]))
        return () if order == list(range(len(classes))) else tuple(order)

    @property
    def space(self) -> LabelSpace:
        """The possible outcomes."""
        return LabelSpace(self.class_count, self.task == "multilabel", self.bytes is not None)

    @property
    def projection(self) -> Projection:
        """The columns to read."""
        roles = ((self.predictions, self.shape), (self.labels.columns, self.labels.shape))
        named = {shape: [c for cs, own in roles if own == shape for c in cs] for _, shape in roles}
        texts = self.labels.columns if self.labels.shape == "single" else ()
        single = self.predictions if self.shape == "single" else ()
        counted = [name for name in (self.weight, self.tokens) if name is not None]
        counts, words, bytes_lists = (
            () if self.bytes is None or self.bytes_shape != shape else (self.bytes,)
            for shape in ("counts", "text", "list")
        )
        spelled = [name for name in (self.predicted_class, self.id) if name is not None]
        numbers = (*single, *named.get("share", ()), *named.get("columns", ()), *counted, *counts)
        return Projection(
            numbers=tuple(dict.fromkeys(numbers)),
            texts=(*texts, *self.by, *spelled, *words),
            lists=tuple(dict.fromkeys((*named.get("list", ()), *bytes_lists))),
            maps=tuple(dict.fromkeys(named.get("map", ()))),
            missing_texts=self.missing_texts,
            verbatim=words,
        )
