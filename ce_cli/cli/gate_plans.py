"""From the configuration and the command line to what each gate reads and asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ce_cli.cli.gate_options import Limits
from ce_cli.cli.options import DataOptions
from ce_cli.errors import UsageError
from ce_cli.gating.request import GateRequest
from ce_cli.gating.requirements import (
    COUNTS,
    REGRESSION,
    Requirement,
    at_least_rows,
    at_most,
    groupings,
    no_regression,
    requirement,
)
from ce_cli.record import Record
from ce_cli.registry import TABLES
from ce_cli.spec import check_convention
from ce_cli.text import closest, quoted, quoted_list, sanitize

if TYPE_CHECKING:
    from ce_cli.cli.gate_config import Config
    from ce_cli.spec import Spec

HEADLINE = ("cross_entropy", "standard_error", "skill", "accuracy")
_UNNAMED = "gate"


class GatePlan(Record):
    """One gate before it is run.

    Attributes
    ----------
    name : str
        From the configuration; ``gate`` if it has none.
    files : tuple of str
        What is read; nothing for what is piped in.
    origin : str
        The table of a configuration that it is from, for messages; nothing for the command line.
    """

    name: str
    files: tuple[str, ...]
    asked: DataOptions
    limits: Limits
    origin: str = ""

    def requirements(self) -> tuple[Requirement, ...]:
        """Everything that is asked, once.

        Raises
        ------
        UsageError
            A limit cannot be read, nothing is asked, or a baseline is there without a limit on the
            regression, or the other way round.
        """
        limits, found = self.limits, list[Requirement]()
        if limits.max_ is not None:
            found.append(at_most(limits.max_))
        if limits.min_rows is not None:
            found.append(at_least_rows(limits.min_rows))
        found += map(requirement, limits.require or ())
        if limits.max_regression is not None:
            found.append(no_regression(limits.max_regression))
        regression = any(one.is_regression for one in found)
        if regression and limits.baseline is None:
            raise UsageError(self._told("a regression needs a baseline: say --baseline FILE."))
        if limits.baseline is not None and not regression:
            reason = "the baseline has no limit: say how much worse is allowed, for example "
            raise UsageError(self._told(f"{reason}--max-regression 1%."))
        if not found:
            reason = "nothing is asked: give a limit, for example --max 0.35 or --require "
            raise UsageError(self._told(f"{reason}'accuracy >= 0.9'; --init writes some."))
        return tuple(dict.fromkeys(found))

    def request(self, names: Sequence[str], requirements: Sequence[Requirement]) -> GateRequest:
        """The gate as it is run on the files `names`.

        Raises
        ------
        UsageError
            The options do not fit together.
        """
        try:
            spec, reading = self._spec(requirements), self.asked.reading()
        except UsageError as error:
            raise UsageError(*map(self._told, error.sentences)) from None
        return GateRequest(
            name=self.name,
            names=tuple(names),
            spec=spec,
            reading=reading,
            requirements=tuple(requirements),
            labels=self.asked.labels,
            baseline=self.limits.baseline,
            mode=self.limits.mode,
            confident=self.limits.confident,
            inner=self.limits.join == "inner",
        )

    def _spec(self, requirements: Sequence[Requirement]) -> Spec:
        """What to compute for these."""
        by = dict.fromkeys(name for columns in groupings(requirements) for name in columns)
        numberless = (*COUNTS, REGRESSION, *TABLES)
        needed = (one.metric for one in requirements if one.metric not in numberless)
        spec = self.asked.spec(
            by=tuple(by),
            convention=self.limits.convention,
            base=self.limits.base,
            confidence=self.limits.confidence,
            cluster=self.limits.cluster,
            metrics=tuple(dict.fromkeys((*HEADLINE, *needed))),
        )
        check_convention(spec)
        return spec

    def _told(self, sentence: str) -> str:
        """A sentence that begins with where the gate is from."""
        if self.origin:
            return f"{self.origin}: {sentence}"
        return sentence[0].upper() + sentence[1:]


def plans(
    config: Config | None, chosen: Sequence[str], given: Mapping[str, Any]
) -> tuple[GatePlan, ...]:
    """What to run.

    Parameters
    ----------
    config : Config or None
        What the configuration says, if there is one.
    chosen : sequence of str
        Names of its gates; without any, all of them, or none of them where files are given.
    given : mapping
        Fields that were given on the command line, which go before those of the configuration.

    Raises
    ------
    UsageError
        A gate is not there, or names no files.
    """
    if config is None:
        if chosen:
            raise UsageError(
                f"--gate {quoted(chosen[0])}: there is no ce.toml here or above, and no "
                "pyproject.toml with a table [tool.ce.gate]."
            )
        return (_plan(_UNNAMED, given, ""),)
    if not chosen and ("files" in given or not config.gates):
        return (_plan(_UNNAMED, _together(config.shared, given), config.table),)
    for name in chosen:
        if name not in config.gates:
            known = list(config.gates)
            there = f"there is {quoted_list(known)}" if known else "it has no named gates"
            near = closest(name, known)
            raise UsageError(f"{config.table}: there is no gate {quoted(name)}{near}; {there}.")
    found = []
    for name in dict.fromkeys(chosen or config.gates):
        fields = _together(config.shared, config.gates[name], given)
        origin = config.table_of(name)
        if not fields.get("files"):
            raise UsageError(f'{origin}: the gate names no files: files = ["preds.csv"].')
        found.append(_plan(name, fields, origin))
    return tuple(found)


def _plan(name: str, fields: Mapping[str, Any], origin: str) -> GatePlan:
    asked, limits = DataOptions(**_of(DataOptions, fields)), Limits(**_of(Limits, fields))
    return GatePlan(sanitize(name), tuple(fields.get("files") or ()), asked, limits, origin)


def _together(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers go before earlier ones; but limits add up, so that none is lost."""
    limits = [text for fields in layers for text in fields.get("require") or ()]
    merged = {name: value for fields in layers for name, value in fields.items()}
    return {**merged, "require": limits} if limits else merged


def _of(kind: type[Record], fields: Mapping[str, Any]) -> dict[str, Any]:
    return {field: fields[field] for field in kind._fields if field in fields}
