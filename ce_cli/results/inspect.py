"""What was seen in a file before scoring: a frozen value that renderers read."""

from __future__ import annotations

from typing import Any, Literal

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.document import strict_value

Severity = Literal["error", "warning", "note"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


class Finding(Record):
    """One thing that was found, and the way out.

    Attributes
    ----------
    code : str
        Stable, for programs.
    severity : {"error", "warning", "note"}
        ``ce score`` refuses the file; it gives a number that is probably wrong; good to know.
    message : str
        One sentence, for people.
    count : int
        How many rows it concerns; 0 if it is about all of them, or about none.
    rows : tuple of int
        The first few of them, from 1.
    options : str or None
        What to add to ``ce score``, quoted for the shell.
    command : str or None
        A whole command that mends the file or scores it as it should be.
    """

    code: str
    severity: Severity
    message: str
    count: int = 0
    rows: tuple[int, ...] = ()
    options: str | None = None
    command: str | None = None


class ColumnSeen(Record):
    """A column, and its part.

    Attributes
    ----------
    part : str or None
        label, prediction, weight, bytes, id or by; None for a column that is not used.
    of : str or None
        The class that a prediction is for, where it is for one.
    why : str
        What gave it the part, or why it has none.
    count, missing : int or None
        Values that are there, and that are not; None where the column was not read.
    low, high : float or None
        Of numbers.
    values : tuple of str
        The first few texts.
    more : bool
        Whether there are more.
    """

    name: str
    type: str
    part: str | None
    of: str | None
    why: str
    count: int | None
    missing: int | None
    low: float | None
    high: float | None
    values: tuple[str, ...] = ()
    more: bool = False


class ClassSeen(Record):
    """A class: how many rows are of it, how many are predicted to be, and what its rows cost."""

    name: str
    column: str | None
    rows: int
    share: float
    predicted: int | None
    cross_entropy: float


class Inspected(Record):
    """The result of ``ce inspect``.

    Attributes
    ----------
    inputs : tuple of str
        The files read.
    format : str
        Of the first of them.
    rows : dict of str to int
        read, usable, skipped.
    task, values : str or None
        What is predicted and how; None where the columns could not be bound.
    figures : dict of str to float
        cross_entropy, baseline, skill and accuracy of the usable rows, in nats.
    sums : (float, float) or None
        The smallest and the largest sum of a row of predictions.
    findings : tuple of Finding
        The most serious first.
    next : str
        What to type next.
    """

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
    next: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.inspect/1``: numbers that JSON cannot write are None."""
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


def _document(value: Record) -> dict[str, Any]:
    fields = {name: getattr(value, name) for name in type(value)._fields}
    shown = {
        name: list(one) if isinstance(one, tuple) else strict_value(one)
        for name, one in fields.items()
    }
    if isinstance(value, ClassSeen):
        shown["class"] = shown.pop("name")
    return shown
