"""The result of scoring: frozen records that renderers and programs read."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

from ce_cli import __version__
from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.registry import FIGURES
from ce_cli.results.document import Scalar, strict, strict_row
from ce_cli.results.lines import (
    BoundColumns,
    CalibrationBin,
    ClassLoss,
    ClusterCount,
    ConventionScore,
)
from ce_cli.results.result import CommandResult, beginning_with
from ce_cli.text import sanitize

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ce_cli.results.decomposition import Decomposed


_ROW_FIRST = ("row", "file", "file_row", "id", "label", "loss")


class Note(Record):
    """Something worth knowing about the data or the number.

    Attributes
    ----------
    code : str
        Stable, for programs.
    message : str
        One sentence, for people.
    count : int
        How many rows it concerns; 0 if it does not concern particular rows.
    rows : tuple of int
        The first few of these rows, counted from 1.
    """

    code: str
    message: str
    count: int = 0
    rows: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "code": self.code,
            "message": self.message,
            "count": self.count,
            "rows": list(self.rows),
        }


class Interval(Record):
    """A confidence interval and the method behind it.

    Attributes
    ----------
    low, high, confidence : float
        The ends, and how often such an interval has the true value within.
    method : str
        Its name.
    n, skewness : float or None
        For the mean loss: the number of independent rows or clusters, and Σ r³ / (Σ r²)^(3/2) of
        their residuals, which a comparison with another mean needs; for the difference of two
        independent means, the smaller of their numbers.
    """

    low: float
    high: float
    confidence: float
    method: str
    n: float | None = None
    skewness: float | None = None

    def over(self, scale: float) -> Self:
        """The interval in a unit that is `scale` times as large."""
        return self.replace(low=self.low / scale, high=self.high / scale)

    def to_dict(self) -> dict[str, Scalar]:
        """The record as JSON can write it."""
        found: dict[str, Scalar] = {
            "low": strict(self.low),
            "high": strict(self.high),
            "confidence": self.confidence,
            "method": self.method,
        }
        if self.n is not None and self.skewness is not None:
            found |= {"n": strict(self.n), "skewness": strict(self.skewness)}
        return found


class Group(Record):
    """One line of ``--by``: the values of the grouping columns, and the figures."""

    by: dict[str, str | None]
    rows: int
    weight_sum: float
    metrics: dict[str, float]
    intervals: dict[str, Interval]


class Result(CommandResult):
    """The result of `score`.

    Attributes
    ----------
    signature : str
        Every setting that changes the number.
    inputs : tuple of str
        The files read.
    columns : BoundColumns
        Which column plays which role.
    classes : tuple of str
        In the order of the predictions; for a single prediction negative, then positive.
    rows : dict of str to int
        read, scored, skipped, ignored, clipped, infinite.
    cluster : ClusterCount or None
        The column of the clusters and their count.
    metrics : dict of str to float
        In `unit` where a metric has one; may contain infinity or NaN, which JSON shows as null.
    about : dict of str to dict
        For figures that are of one class, which one: ``of`` is "positive class", with its name as
        ``class``, or "top class", the likeliest of each row.
    not_applicable : dict of str to str
        Requested metrics that do not apply here, each with the reason.
    conventions : tuple of ConventionScore
        The cross-entropy as `ce` and other tools compute it, with the reason for each
        difference; empty if not requested.
    per_class : tuple of ClassLoss
        A line for each class; empty if not requested.
    calibration : tuple of CalibrationBin
        A line for each bin of ``ece`` that has rows; empty if not requested.
    worst : tuple of dict
        The most surprising rows, the worst first; empty if not requested.
    decomposition : Decomposed or None
        The decomposition of the cross-entropy, if requested.
    groups : sequence of Group
        One for each combination of values of the grouping columns.
    row_tables : tuple of pyarrow.Table
        Every scored row, with ``per_row=True`` in the API; not part of the JSON document.
    """

    command = "score"

    signature: str
    inputs: tuple[str, ...]
    task: str
    columns: BoundColumns
    classes: tuple[str, ...]
    values: str
    unit: str
    rows: dict[str, int]
    weight_sum: float
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    cluster: ClusterCount | None = None
    about: dict[str, dict[str, str]] = {}  # noqa: RUF012 - a field that is never changed
    not_applicable: dict[str, str] = {}  # noqa: RUF012 - a field that is never changed
    conventions: tuple[ConventionScore, ...] = ()
    per_class: tuple[ClassLoss, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    decomposition: Decomposed | None = None
    groups: Sequence[Group] = ()
    worst: tuple[dict[str, Scalar], ...] = ()
    warnings: tuple[Note, ...] = ()
    row_tables: tuple[pa.Table, ...] = ()

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Every warning."""
        return tuple(("warning", one.message) for one in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.score/1``: None replaces numbers that JSON cannot write."""
        return {
            "schema": "ce.score/1",
            "version": __version__,
            "signature": self.signature,
            "inputs": list(self.inputs),
            "task": self.task,
            "columns": self.columns.to_dict(),
            "classes": list(self.classes),
            "values": self.values,
            "unit": self.unit,
            "rows": self.rows,
            "weight_sum": strict(self.weight_sum),
            "cluster": self.cluster and self.cluster.to_dict(),
            "metrics": strict_row(self.metrics),
            "intervals": intervals_document(self.intervals),
            "about": self.about,
            "not_applicable": self.not_applicable,
            "conventions": [one.to_dict() for one in self.conventions],
            "per_class": [one.to_dict() for one in self.per_class],
            "calibration": [one.to_dict() for one in self.calibration],
            "decomposition": self.decomposition and self.decomposition.to_dict(),
            "groups": [
                {
                    "by": group.by,
                    "rows": {"scored": group.rows},
                    "weight_sum": strict(group.weight_sum),
                    "metrics": strict_row(group.metrics),
                    "intervals": intervals_document(group.intervals),
                }
                for group in self.groups
            ],
            "worst": [strict_row(row) for row in self.worst],
            "warnings": [warning.to_dict() for warning in self.warnings],
        }

    def heading(self, name: str) -> str:
        """The name of a figure on pages, with the class that it is of."""
        heading = FIGURES[name].heading
        return f"{heading} of {self.class_of(name)}" if name in self.about else heading

    def class_of(self, name: str) -> str:
        """The class that a figure in `about` is of, for pages."""
        own = self.about[name]
        return f"class {sanitize(own['class'])}" if "class" in own else own["of"]

    def frame(self) -> pd.DataFrame:
        """One row per metric: its value, and the ends of its interval if it was computed."""
        import pandas as pd

        ends = {name: (one.low, one.high) for name, one in self.intervals.items()}
        rows = [
            (name, value, *ends.get(name, (math.nan, math.nan)))
            for name, value in self.metrics.items()
        ]
        return pd.DataFrame(rows, columns=["metric", "value", "low", "high"])

    def groups_frame(self) -> pd.DataFrame:
        """One row per group: its values, rows, cross-entropy and interval, then all others."""
        import pandas as pd

        columns = getattr(self.groups, "columns", None)  # of a table of groups
        frame = pd.DataFrame(columns() if columns else list(map(flat_group, self.groups)))
        by = list(frame.columns[: len(self.groups[0].by)]) if self.groups else []
        ends = ("cross_entropy_low", "cross_entropy_high")
        return beginning_with(frame, (*by, "rows", "cross_entropy", *ends))

    def per_class_frame(self) -> pd.DataFrame:
        """One row per class: rows, cross-entropy, interval if it was computed, and weight."""
        import pandas as pd

        frame = pd.DataFrame([one.row() for one in self.per_class])
        return beginning_with(frame, ("class", "rows", "cross_entropy", "low", "high"))

    def rows_frame(self) -> pd.DataFrame:
        """Every scored row: its number or id, label and loss; then probabilities and classes.

        Raises
        ------
        UsageError
            `score` was not called with ``per_row=True``.
        """
        import pyarrow as pa

        if not self.row_tables:
            raise UsageError("The rows were not kept: call score(..., per_row=True).")
        plain = [_with_texts(table) for table in self.row_tables]
        frame: pd.DataFrame = pa.concat_tables(plain).to_pandas()
        return beginning_with(frame, _ROW_FIRST)

    def worst_frame(self) -> pd.DataFrame:
        """One row for each of the most surprising rows, the worst first."""
        import pandas as pd

        return beginning_with(pd.DataFrame(list(self.worst)), _ROW_FIRST)


def _with_texts(table: pa.Table) -> pa.Table:
    """The table with texts in place of dictionaries, which pandas makes categories of."""
    import pyarrow as pa

    kinds = [pa.utf8() if pa.types.is_dictionary(kind) else kind for kind in table.schema.types]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def flat_group(group: Group) -> dict[str, Scalar]:
    """A group as one line of a table."""
    figures: dict[str, Scalar] = {"rows": group.rows, "weight_sum": group.weight_sum}
    figures |= group.metrics
    for name, interval in group.intervals.items():
        figures |= {f"{name}_low": interval.low, f"{name}_high": interval.high}
    by = {group_column(name, figures): value for name, value in group.by.items()}
    return {**by, **figures}


def group_column(name: str, figures: Collection[str]) -> str:
    """The header of a grouping column in a table with these figures."""
    return f"by_{name}" if name in figures else name


def intervals_document(intervals: Mapping[str, Interval]) -> dict[str, Any]:
    """Intervals as JSON can write them."""
    return {name: one.to_dict() for name, one in intervals.items()}
