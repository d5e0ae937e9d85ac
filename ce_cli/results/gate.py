"""The results of gates: frozen records that renderers read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.compare import Comparison
from ce_cli.results.document import strict
from ce_cli.results.result import CommandResult
from ce_cli.results.score import Interval, Note, Result

if TYPE_CHECKING:
    import pandas as pd

Operator = Literal["<=", "<", ">=", ">"]


class Check(Record):
    """One limit, checked against one number.

    Attributes
    ----------
    name : str
        The limit as it was written, for example ``cross_entropy.by(segment) <= 0.5``.
    metric : str
        The metric checked; ``regression`` is the difference from the baseline.
    by : dict of str to str or None, or None
        The group checked; None for all rows.
    operator : {"<=", "<", ">=", ">"}
        The relation that must hold between the value and the limit.
    limit : float
        In the unit of the value.
    relative : bool
        Whether value and limit are shares of the baseline (0.01 is 1 %).
    value : float
        The value of the metric; NaN if there is none.
    compared : float
        The number compared with the limit: the value, the less favourable end of its error of
        approximation, or a bound of its interval.
    interval : Interval or None
        The interval of the value, if there is one.
    passed : bool
        NaN never passes.
    reason : str
        One sentence on why it failed or what decided it; empty where the numbers are
        explanation enough.
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
        """The distance to the limit; negative where the limit is exceeded."""
        room = self.limit - self.compared
        return room if self.operator in ("<=", "<") else -room

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
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
        The name in the configuration; ``gate`` if it has none.
    score : Result
        The scored data.
    baseline : str or None
        The name of the baseline shown to the user.
    paired : bool
        Whether the baseline was predictions for the same rows instead of a document.
    mode : {"point", "confident", "proven"}
        How a regression is checked.
    comparisons : tuple of Comparison
        The comparison with the baseline on all rows; empty without a baseline.
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
        """Whether every check passed; a gate without checks does not pass."""
        return bool(self.checks) and all(check.passed for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
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


class Gated(CommandResult):
    """The result of `gate`: one or several gates; true if it passed, so that ``assert`` works."""

    command = "gate"

    gates: tuple[Gate, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate passed."""
        return bool(self.gates) and all(gate.passed for gate in self.gates)

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """The warnings of every gate, with its name if there are several."""
        several = len(self.gates) > 1
        return tuple(
            ("warning", f"{gate.name}: {one.message}" if several else one.message)
            for gate in self.gates
            for one in (*gate.score.warnings, *gate.warnings)
        )

    def __bool__(self) -> bool:
        return self.passed

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.gate/1``: None replaces numbers that JSON cannot write."""
        return {
            "schema": "ce.gate/1",
            "version": __version__,
            "passed": self.passed,
            "gates": [gate.to_dict() for gate in self.gates],
        }

    def frame(self) -> pd.DataFrame:
        """One row per check: whether it passed, its limit, and the value with its interval."""
        import pandas as pd

        rows = [_check_cells(check, gate) for gate in self.gates for check in gate.checks]
        return pd.DataFrame(rows)


def _check_cells(check: Check, gate: Gate) -> dict[str, object]:
    interval = check.interval
    return {
        "check": check.name,
        "passed": check.passed,
        "value": check.value,
        "limit": check.limit,
        "margin": check.margin,
        "reason": check.reason,
        "gate": gate.name,
        "metric": check.metric,
        "by": check.by,
        "low": interval.low if interval else math.nan,
        "high": interval.high if interval else math.nan,
    }
