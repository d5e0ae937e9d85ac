"""The result of a comparison: frozen records that renderers and gates read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.document import Scalar, strict, strict_row
from ce_cli.results.lines import ClusterCount
from ce_cli.results.result import CommandResult
from ce_cli.results.score import Interval, Note, intervals_document

if TYPE_CHECKING:
    import pandas as pd

Verdict = Literal["better", "worse", "same", "unclear"]


class ModelColumns(Record):
    """Which columns a model has its labels and predictions in.

    Attributes
    ----------
    label, predictions : tuple of str
        The predictions in the order of the classes.
    shape : str
        How the predictions are laid out.
    labels_from : str or None
        The file that the labels are from, if it is another.
    found_by : tuple of (str, str)
        Why the columns of a role were chosen: option, name, labels or values.
    positive : str or None
        The class of a single prediction that separates two classes; None for any other.
    """

    label: tuple[str, ...]
    predictions: tuple[str, ...]
    shape: str
    labels_from: str | None
    found_by: tuple[tuple[str, str], ...] = ()
    positive: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        return {
            "label": list(self.label),
            "predictions": list(self.predictions),
            "shape": self.shape,
            "positive": self.positive,
            "labels_from": self.labels_from,
            "found_by": dict(self.found_by),
        }


class Model(Record):
    """One model on the rows that all models have.

    Attributes
    ----------
    name : str
        The name shown.
    inputs : tuple of str
        The files with its predictions.
    columns : ModelColumns
        Which column plays which role.
    classes : tuple of str
        In the order of its predictions.
    values, signature : str
        The kind of its predictions, and every setting that changes its cross-entropy.
    rows : dict of str to int
        Read, skipped and ignored in its own files, and those without a partner.
    metrics : dict of str to float
        ``cross_entropy`` and ``standard_error``, in the unit of the comparison.
    intervals : dict of Interval
        The interval of the cross-entropy.
    """

    name: str
    inputs: tuple[str, ...]
    columns: ModelColumns
    classes: tuple[str, ...]
    values: str
    signature: str
    rows: dict[str, int]
    metrics: dict[str, float]
    intervals: dict[str, Interval]


class Comparison(Record):
    """The difference between a model and the reference: below 0, the model is better.

    Attributes
    ----------
    model, reference : str
        Names.
    difference : dict of str to float
        The model's cross-entropy minus the reference's: ``absolute`` in the unit of the
        comparison, ``relative`` to the reference (0.01 is 1 % more), and in ``bits``.
    intervals : dict of Interval
        One for each of these differences.
    standard_error : float
        The standard error of the absolute difference.
    p_value, p_adjusted : float
        For the hypothesis that there is no difference, before and after Holm's adjustment for
        the number of comparisons. NaN if unknown.
    win_rate, tie_rate : float
        Weighted share of the rows in which the model's loss is lower, or the same; NaN if the rows
        were not paired.
    verdict : {"better", "worse", "same", "unclear"}
        The conclusion at the chosen confidence; "same" means equal in every row, except for
        rounding.
    more_rows : int or None
        About how many more rows would detect a difference of this size in 4 cases out of 5;
        None where the verdict is clear or the number cannot be estimated.
    """

    model: str
    reference: str
    difference: dict[str, float]
    intervals: dict[str, Interval]
    standard_error: float
    p_value: float
    p_adjusted: float
    win_rate: float
    tie_rate: float
    verdict: Verdict
    more_rows: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "model": self.model,
            "reference": self.reference,
            "difference": strict_row(self.difference),
            "intervals": intervals_document(self.intervals),
            "standard_error": strict(self.standard_error),
            "p_value": strict(self.p_value),
            "p_adjusted": strict(self.p_adjusted),
            "win_rate": strict(self.win_rate),
            "tie_rate": strict(self.tie_rate),
            "verdict": self.verdict,
            "more_rows": self.more_rows,
        }


class ComparedGroup(Record):
    """One line of ``--by``: the values of the grouping columns, and how the models compare there.

    Attributes
    ----------
    metrics : dict of dict
        The figures of each model, by model name.
    """

    by: dict[str, str | None]
    rows: int
    weight_sum: float
    metrics: dict[str, dict[str, float]]
    intervals: dict[str, dict[str, Interval]]
    comparisons: tuple[Comparison, ...]


class Compared(CommandResult):
    """The result of `compare`.

    Attributes
    ----------
    task, unit, reference : str
        The task, the unit of all figures, and the model that the others are compared with.
    confidence : float
        The confidence of the intervals; the tests use the level 1 − confidence.
    test : str
        The test behind the p-values.
    join : dict
        How rows were matched: ``by`` (``"file"``, ``"order"`` or ``"id"``), ``how`` (``"all"``
        or ``"inner"``), ``same_order``.
    cluster : ClusterCount or None
        The column that identifies the clusters, and how many clusters there are.
    rows : dict of str to int
        How many rows were compared, and how many were left out for which reason.
    models : tuple of Model
        The reference, then the others in the order given.
    comparisons : tuple of Comparison
        One for each model but the reference.
    groups : tuple of ComparedGroup
        One for each combination of values of the grouping columns.
    moved : tuple of dict
        The rows whose losses differ most from the reference's, in each direction.
    """

    command = "compare"

    task: str
    unit: str
    reference: str
    confidence: float
    test: str
    join: dict[str, Any]
    cluster: ClusterCount | None
    rows: dict[str, int]
    weight_sum: float
    models: tuple[Model, ...]
    comparisons: tuple[Comparison, ...]
    groups: tuple[ComparedGroup, ...] = ()
    moved: tuple[dict[str, Scalar], ...] = ()
    warnings: tuple[Note, ...] = ()

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Every warning."""
        return tuple(("warning", one.message) for one in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.compare/1``: None replaces numbers that JSON cannot write."""
        return {
            "schema": "ce.compare/1",
            "version": __version__,
            "task": self.task,
            "unit": self.unit,
            "reference": self.reference,
            "confidence": self.confidence,
            "test": self.test,
            "join": self.join,
            "cluster": self.cluster and self.cluster.to_dict(),
            "rows": self.rows,
            "weight_sum": strict(self.weight_sum),
            "models": [
                {
                    "name": model.name,
                    "inputs": list(model.inputs),
                    "columns": model.columns.to_dict(),
                    "classes": list(model.classes),
                    "values": model.values,
                    "signature": model.signature,
                    "rows": model.rows,
                    "metrics": strict_row(model.metrics),
                    "intervals": intervals_document(model.intervals),
                }
                for model in self.models
            ],
            "comparisons": [one.to_dict() for one in self.comparisons],
            "groups": [
                {
                    "by": group.by,
                    "rows": {"compared": group.rows},
                    "weight_sum": strict(group.weight_sum),
                    "models": [
                        {
                            "name": name,
                            "metrics": strict_row(group.metrics[name]),
                            "intervals": intervals_document(group.intervals[name]),
                        }
                        for name in group.metrics
                    ],
                    "comparisons": [one.to_dict() for one in group.comparisons],
                }
                for group in self.groups
            ],
            "moved": [strict_row(row) for row in self.moved],
            "warnings": [warning.to_dict() for warning in self.warnings],
        }

    def frame(self) -> pd.DataFrame:
        """One row per model, the reference first: its cross-entropy, and how it compares.

        ``difference``, ``low`` and ``high`` are absolute, in the unit of the comparison.
        """
        import pandas as pd

        compared = {one.model: _comparison_cells(one) for one in self.comparisons}
        rows = [
            {
                "model": model.name,
                "cross_entropy": model.metrics["cross_entropy"],
                **compared.get(model.name, {}),
            }
            for model in self.models
        ]
        return pd.DataFrame(rows)


def _comparison_cells(one: Comparison) -> dict[str, Scalar]:
    interval = one.intervals.get("absolute")
    return {
        "difference": one.difference["absolute"],
        "low": interval.low if interval else math.nan,
        "high": interval.high if interval else math.nan,
        "verdict": one.verdict,
        "p_adjusted": one.p_adjusted,
        "win_rate": one.win_rate,
        "tie_rate": one.tie_rate,
        "relative": one.difference["relative"],
        "standard_error": one.standard_error,
        "p_value": one.p_value,
    }
