"""From the configuration and the command line to the files and limits of each gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ce_cli.cli.config import FILES, GATE, Config
from ce_cli.errors import UsageError
from ce_cli.gating.request import GateRequest
from ce_cli.gating.requirements import LIMITS
from ce_cli.options.commands import GateOptions
from ce_cli.options.option import options_of
from ce_cli.record import Record
from ce_cli.text import closest, quoted, quoted_list, sanitize

_UNNAMED = "gate"


class GatePlan(Record):
    """One gate before it is run.

    Attributes
    ----------
    name : str
        Its name in the configuration, or else ``gate``.
    files : tuple of str
        The files to read; empty for standard input.
    options : mapping
        The value of every option of a gate.
    origin : str
        Its table in the configuration, for messages; empty for the command line.
    """

    name: str
    files: tuple[str, ...]
    options: Mapping[str, Any]
    origin: str = ""

    @property
    def limited(self) -> bool:
        """Whether an option sets a limit."""
        return any(self.options.get(name) is not None for name in LIMITS)

    def request(self, names: Sequence[str], limited: bool = True) -> GateRequest:
        """The gate for the files `names`; if `limited`, it must have limits.

        Raises
        ------
        UsageError
            A limit is not valid, there is none, or options contradict each other.
        """
        try:
            request = GateRequest.from_options(self.name, names, self.options)
            if limited:
                request.check_limits()
            return request
        except UsageError as error:
            raise UsageError(*map(self._placed, error.sentences)) from None

    def _placed(self, sentence: str) -> str:
        """A sentence that starts with the table of the gate."""
        if self.origin:
            return f"{self.origin}: {sentence}"
        return sentence[0].upper() + sentence[1:]


def plans(
    config: Config | None, chosen: Sequence[str], explicit: Mapping[str, Any]
) -> tuple[GatePlan, ...]:
    """The gates to run.

    Parameters
    ----------
    config : Config or None
        The configuration, if there is one.
    chosen : sequence of str
        Names of its gates; if empty, all of them, or none if files are typed.
    explicit : mapping
        Typed options, which override those of the configuration.

    Raises
    ------
    UsageError
        There is no such gate, or it has no files.
    """
    if chosen and (config is None or not config.has_gates):
        raise UsageError(
            f"--gate {quoted(chosen[0])}: there is no table of gates in a ce.toml or "
            "pyproject.toml in this directory or above."
        )
    shared = {} if config is None else config.options_for(GATE)
    if config is None or (not chosen and (FILES in explicit or not config.gates)):
        origin = config.table_of(GATE) if config is not None and config.has_gates else ""
        return (_plan(_UNNAMED, _together(shared, explicit), origin),)
    for name in chosen:
        if name not in config.gates:
            known = list(config.gates)
            others = f"choose from: {quoted_list(known)}" if known else "it has no named gates"
            near = closest(name, known)
            raise UsageError(
                f"{config.table_of(GATE)}: there is no gate {quoted(name)}{near}; {others}."
            )
    found = []
    for name in dict.fromkeys(chosen or config.gates):
        options = _together(shared, config.gates[name], explicit)
        origin = config.table_of(GATE, name)
        if not options.get(FILES):
            raise UsageError(f'{origin}: the gate has no files: add files = ["preds.csv"].')
        found.append(_plan(name, options, origin))
    return tuple(found)


def _plan(name: str, options: Mapping[str, Any], origin: str) -> GatePlan:
    defaults = {one: option.default for one, option in options_of(GateOptions).items()}
    return GatePlan(
        sanitize(name), tuple(options.get(FILES) or ()), {**defaults, **options}, origin
    )


def _together(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Merge options: later layers override earlier ones, but all requirements are kept."""
    limits = [text for options in layers for text in options.get("require") or ()]
    merged = {name: value for options in layers for name, value in options.items()}
    return {**merged, "require": limits} if limits else merged
