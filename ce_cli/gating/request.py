"""The request for one gate, once the options are read and the files are known."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Self

from ce_cli import registry
from ce_cli.errors import UsageError
from ce_cli.gating.requirements import COUNTS, LIMITS, REGRESSION, Requirement, groupings
from ce_cli.options.choices import Mode
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import STDIN, display_name

HEADLINE = ("cross_entropy", "standard_error", "skill", "accuracy")


class GateRequest(Record):
    """One gate before it is run.

    Attributes
    ----------
    name : str
        The name in the configuration; ``gate`` if it has none.
    names : tuple of str
        The files, directories expanded.
    spec, reading : Spec, Reading
        What to compute, and how to read the files.
    requirements : tuple of Requirement
        The limits to check.
    labels : str or None
        The file with the labels, if they are in a separate one.
    baseline : str or None
        A score document, or predictions for the same rows.
    mode : {"point", "confident", "proven"}
        Which number has to pass for a regression: the value, or the near or the far end of its
        interval.
    confident : bool
        Whether the far end of the interval of every other metric has to pass.
    calibration : str or None
        The file of the calibration, if there is one.
    inner : bool
        Whether rows that only the data or only the baseline has are left out instead of
        rejected.
    """

    name: str
    names: tuple[str, ...]
    spec: Spec
    reading: Reading
    requirements: tuple[Requirement, ...] = ()
    labels: str | None = None
    baseline: str | None = None
    mode: Mode = "point"
    confident: bool = False
    inner: bool = False
    calibration: str | None = None

    @classmethod
    def from_options(cls, name: str, names: Sequence[str], options: Mapping[str, Any]) -> Self:
        """The gate that options of the command line, a file or Python describe.

        Parameters
        ----------
        name : str
            Of the gate.
        names : sequence of str
            The files, directories expanded.
        options : mapping
            The options of `ce_cli.options.commands.GateOptions`; without limits the data is scored
            and nothing is checked.

        Raises
        ------
        UsageError
            A limit cannot be read, or options do not fit together.
        """
        requirements, calibration = requirements_of(options), options.get("calibrate")
        return cls(
            name=name,
            names=tuple(names),
            spec=_spec(options, requirements),
            reading=Reading.from_options(options),
            requirements=requirements,
            labels=options.get("labels"),
            baseline=options.get("baseline"),
            mode=options.get("mode") or "point",
            confident=bool(options.get("confident")),
            inner=options.get("join") == "inner",
            calibration=calibration if isinstance(calibration, str) else None,
        )

    def check_limits(self) -> None:
        """Refuse a gate that checks nothing, or a baseline and a regression without each other.

        Raises
        ------
        UsageError
            Nothing is checked, or one of the two is missing.
        """
        regression = any(one.is_regression for one in self.requirements)
        if regression and self.baseline is None:
            raise UsageError("a regression needs a baseline: add --baseline FILE.")
        if self.baseline is not None and not regression:
            raise UsageError(
                "the baseline has no limit: say how much worse is allowed, for example "
                "--max-regression 1%."
            )
        if not self.requirements:
            raise UsageError(
                "there is no limit to check: add one, for example --max 0.35 or --require "
                "'accuracy >= 0.9'; --init writes some."
            )

    def check_mode(self) -> None:
        """Refuse a mode without a baseline, which it would not apply to.

        Raises
        ------
        UsageError
            There is none.
        """
        if self.mode != "point" and self.baseline is None:
            raise UsageError(
                f"--mode {self.mode} needs a baseline, whose regression it checks: add "
                "--baseline FILE and --max-regression 1%, or use --confident for other limits."
            )

    def check_other_baseline(self) -> None:
        """Refuse a file as its own baseline.

        Raises
        ------
        UsageError
            The baseline is one of the files.
        """
        baseline = self.baseline
        if baseline is None or baseline == STDIN:
            return
        if os.path.realpath(baseline) in map(os.path.realpath, self.names):
            raise UsageError(
                f"{display_name(baseline)} is both the data and the baseline, and cannot be worse "
                "than itself: name another baseline."
            )


def requirements_of(options: Mapping[str, Any]) -> tuple[Requirement, ...]:
    """Every limit that options set, once.

    Raises
    ------
    UsageError
        A limit cannot be read.
    """
    given = ((read, options.get(name)) for name, read in LIMITS.items())
    found = (one for read, value in given if value is not None for one in read(value))
    return tuple(dict.fromkeys(found))


def _spec(options: Mapping[str, Any], requirements: Sequence[Requirement]) -> Spec:
    """What to compute for these."""
    by = dict.fromkeys(name for columns in groupings(requirements) for name in columns)
    numberless = (*COUNTS, REGRESSION, *registry.TABLES)
    needed = (one.metric for one in requirements if one.metric not in numberless)
    metrics = tuple(dict.fromkeys((*HEADLINE, *needed)))
    if options.get("calibrate") is not None:
        from ce_cli.calibrating.document import with_calibration

        options = with_calibration(options)
    return Spec.from_options({**options, "by": tuple(by), "metric": metrics})
