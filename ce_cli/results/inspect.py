"""The result of inspecting a file: frozen records that renderers read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.document import strict_value
from ce_cli.results.result import CommandResult, beginning_with

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

_KEYS = {"role": "part"}  # where the JSON key is not the name of the attribute


class Finding(Record):
    """One finding, with the fix where there is one.

    Attributes
    ----------
    code : str
        Stable, for programs.
    severity : {"error", "warning", "note"}
        error: ``ce score`` rejects the file; warning: its number is probably wrong; note: good to
        know.
    message : str
        One sentence, for people.
    count : int
        How many rows it concerns; 0 if it concerns all of them, or none in particular.
    rows : tuple of int
        The first few of these rows, counted from 1.
    options : str or None
        Options to add to ``ce score``, quoted for the shell.
    command : str or None
        A complete command that fixes the file or scores it correctly.
    """

    code: str
    severity: Severity
    message: str
    count: int = 0
    rows: tuple[int, ...] = ()
    options: str | None = None
    command: str | None = None


class ColumnSeen(Record):
    """A column and its role.

    Attributes
    ----------
    role : str or None
        label, prediction, weight, bytes, id or by; None for a column that is not used.
    of : str or None
        The class that a label or prediction column belongs to, if it belongs to one.
    why : str
        Why it has this role, or none.
    count, missing : int or None
        Values present and missing; None where the column was not read.
    low, high : float or None
        The range of numeric values.
    values : tuple of str
        The first few distinct texts.
    more : bool
        Whether there are more texts.
    """

    name: str
    type: str
    role: str | None
    of: str | None
    why: str
    count: int | None
    missing: int | None
    low: float | None
    high: float | None
    values: tuple[str, ...] = ()
    more: bool = False


class ClassSeen(Record):
    """A class: its rows, how many rows are predicted as it, and the mean loss of its rows."""

    name: str
    column: str | None
    rows: int
    share: float
    predicted: int | None
    cross_entropy: float


class Inspected(CommandResult):
    """The result of ``ce inspect``.

    Attributes
    ----------
    inputs : tuple of str
        The files read.
    format : str
        The format of the first file.
    rows : dict of str to int
        read, usable, skipped.
    task, values : str or None
        The task and the kind of the predictions; None where the columns could not be bound.
    figures : dict of str to float
        cross_entropy and baseline in nats, skill and accuracy of the usable rows.
    sums : (float, float) or None
        The smallest and the largest sum of the predictions of a row.
    findings : tuple of Finding
        The most serious first.
    next : str or None
        The command to run next; None if no option makes the data right.
    """

    command = "inspect"

    inputs: tuple[str, ...]
    format: str
    rows: dict[str, int]
    columns: tuple[ColumnSeen, ...]
    task: str | None
    values: str | None
    classes: tuple[ClassSeen, ...]
    figures: dict[str, float]
    sums: tuple[float, float] | None
    findings: tuple[Finding, ...]
    next: str | None

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Every finding that is more than a note."""
        return tuple((one.severity, one.message) for one in self.findings if one.severity != "note")

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.inspect/1``: None replaces numbers that JSON cannot write."""
        return {
            "schema": "ce.inspect/1",
            "version": __version__,
            "inputs": list(self.inputs),
            "format": self.format,
            "rows": self.rows,
            "columns": [_document(column) for column in self.columns],
            "task": self.task,
            "values": self.values,
            "classes": [_document(one) for one in self.classes],
            "figures": {name: strict_value(value) for name, value in self.figures.items()},
            "sums": self.sums
            and {"low": strict_value(self.sums[0]), "high": strict_value(self.sums[1])},
            "findings": [_document(finding) for finding in self.findings],
            "next": self.next,
        }

    def frame(self) -> pd.DataFrame:
        """One row per finding, the most serious first: its severity, message and fix."""
        return _frame(self.findings, Finding, ("severity", "message", "count", "options"))

    def columns_frame(self) -> pd.DataFrame:
        """One row per column of the data: its role, type, and the values seen."""
        return _frame(self.columns, ColumnSeen, ("name", "role", "of", "type", "why"))


def _frame(
    records: tuple[Record, ...], type_: type[Record], first: tuple[str, ...]
) -> pd.DataFrame:
    import pandas as pd

    rows = [[getattr(one, name) for name in type_._fields] for one in records]
    return beginning_with(pd.DataFrame(rows, columns=list(type_._fields)), first)


def _document(value: Record) -> dict[str, Any]:
    fields = {_KEYS.get(name, name): getattr(value, name) for name in type(value)._fields}
    document = {
        key: list(one) if isinstance(one, tuple) else strict_value(one)
        for key, one in fields.items()
    }
    if isinstance(value, ClassSeen):
        document["class"] = document.pop("name")
    return document
