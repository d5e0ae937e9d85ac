"""What gates decided: a frozen value that renderers read."""

from __future__ import annotations

from typing import Any, Literal

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.document import strict
from ce_cli.results.score import Interval, Note, Result

Operator = Literal["<=", "<", ">=", ">"]


class Check(Record):
    """One limit, held against one number.

    Attributes
    ----------
    name : str
        The limit as it was asked for, for example ``cross_entropy.by(segment) <= 0.5``.
    metric : str
        What was looked at; ``regression`` is the difference to the baseline.
    by : dict of str to str or None, or None
        The group that was looked at; None for all rows.
    operator : {"<=", "<", ">=", ">"}
        How the value has to lie to the limit.
    limit : float
        In the unit of the value.
    relative : bool
        Whether value and limit are shares of the baseline (0.01 is 1 %).
    value : float
        What was found; NaN if there is nothing to look at.
    compared : float
        The number that was held against the limit: the value, or a bound of its interval.
    interval : Interval or None
        Of the value, where there is one.
    passed : bool
        NaN never passes.
    reason : str
        Why it failed, or what made the difference, in one sentence; nothing where the numbers say
        it all.
    """

    name: str
    metric: str
    by: dict[str, str | None] | None
    operator: Operator
    limit: float
    relative: bool
    value: float
    compared: float
    interval: Interval | None
    passed: bool
    reason: str = ""

    @property
    def margin(self) -> float:
        """How much room there is up to the limit; below 0 where it is broken."""
        room = self.limit - self.compared
        return room if self.operator in ("<=", "<") else -room

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        return {
            "name": self.name,
            "metric": self.metric,
            "by": self.by,
            "operator": self.operator,
            "limit": strict(self.limit),
            "relative": self.relative,
            "value": strict(self.value),
            "compared": strict(self.compared),
            "interval": self.interval and self.interval.to_dict(),
            "margin": strict(self.margin),
            "passed": self.passed,
            "reason": self.reason,
        }


class Gate(Record):
    """A set of checks on one data set.

    Attributes
    ----------
    name : str
        From the configuration; ``gate`` if it has none.
    score : Result
        The figures.
    baseline : str or None
        What it was compared with, as it is shown.
    paired : bool
        Whether the baseline was predictions for the same rows, and not a document.
    mode : {"point", "confident", "proven"}
        How a regression is judged.
    comparisons : tuple of Comparison
        With the baseline, on all rows; none without one.
    """

    name: str
    score: Result
    checks: tuple[Check, ...]
    baseline: str | None = None
    paired: bool = False
    mode: Literal["point", "confident", "proven"] = "point"
    comparisons: tuple[Comparison, ...] = ()
    warnings: tuple[Note, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every check passed; a gate without checks does not."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        return {
            "name": self.name,
            "passed": self.passed,
            "baseline": self.baseline,
            "paired": self.paired,
            "mode": self.mode,
            "checks": [check.to_dict() for check in self.checks],
            "comparisons": [one.to_dict() for one in self.comparisons],
            "score": self.score.to_dict(),
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


class Gated(Record):
    """The result of `gate`: one or several gates."""

    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return bool(self.gates) and all(gate.passed for gate in self.gates)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.gate/1``: numbers that JSON cannot write are None."""
        return {
            "schema": "ce.gate/1",
            "version": __version__,
            "passed": self.passed,
            "gates": [gate.to_dict() for gate in self.gates],
        }
