"""From the configuration and the command line to what each gate reads and asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ce_cli.cli.config import FILES, GATE, Config
from ce_cli.errors import UsageError
from ce_cli.gating.request import GateRequest
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
        From the configuration; ``gate`` if it has none.
    files : tuple of str
        What is read; nothing for what is piped in.
    options : mapping
        The value of every option of a gate.
    origin : str
        The table of a configuration that it is from, for messages; nothing for the command line.
    """

    name: str
    files: tuple[str, ...]
    options: Mapping[str, Any]
    origin: str = ""

    def request(self, names: Sequence[str], limited: bool = True) -> GateRequest:
        """The gate as it is run on the files `names`; if `limited`, it has to have limits.

        Raises
        ------
        UsageError
            A limit cannot be read, there is none, or options do not fit together.
        """
        try:
            request = GateRequest.from_options(self.name, names, self.options)
            if limited:
                request.check_limits()
            return request
        except UsageError as error:
            raise UsageError(*map(self._placed, error.sentences)) from None

    def _placed(self, sentence: str) -> str:
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
        The configuration, if there is one.
    chosen : sequence of str
        Names of its gates; without any, all of them, or none of them where files are given.
    given : mapping
        Options that were typed, which go before those of the configuration.

    Raises
    ------
    UsageError
        There is no such gate, or it names no files.
    """
    if chosen and (config is None or not config.has_gates):
        raise UsageError(
            f"--gate {quoted(chosen[0])}: there is no table for gates in a ce.toml or "
            "pyproject.toml here or above."
        )
    shared = {} if config is None else config.options_for(GATE)
    if config is None or (not chosen and (FILES in given or not config.gates)):
        origin = config.table_of(GATE) if config is not None and config.has_gates else ""
        return (_plan(_UNNAMED, _together(shared, given), origin),)
    for name in chosen:
        if name not in config.gates:
            known = list(config.gates)
            there = f"there is {quoted_list(known)}" if known else "it has no named gates"
            near = closest(name, known)
            raise UsageError(
                f"{config.table_of(GATE)}: there is no gate {quoted(name)}{near}; {there}."
            )
    found = []
    for name in dict.fromkeys(chosen or config.gates):
        options = _together(shared, config.gates[name], given)
        origin = config.table_of(GATE, name)
        if not options.get(FILES):
            raise UsageError(f'{origin}: the gate names no files: files = ["preds.csv"].')
        found.append(_plan(name, options, origin))
    return tuple(found)


def _plan(name: str, options: Mapping[str, Any], origin: str) -> GatePlan:
    defaults = {one: option.default for one, option in options_of(GateOptions).items()}
    return GatePlan(
        sanitize(name), tuple(options.get(FILES) or ()), {**defaults, **options}, origin
    )


def _together(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers go before earlier ones; but limits add up, so that none is lost."""
    limits = [text for options in layers for text in options.get("require") or ()]
    merged = {name: value for options in layers for name, value in options.items()}
    return {**merged, "require": limits} if limits else merged
