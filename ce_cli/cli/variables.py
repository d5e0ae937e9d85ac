"""Options in CE_* variables: CE_BASE for --base, CE_MAX_REGRESSION for --max-regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ce_cli.cli.config import FILES, allowed
from ce_cli.cli.config_values import value_of
from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import Option, options_of, variable_of
from ce_cli.text import closest, quoted, sanitize

_VARIABLE = "CE_"
_OTHER_VARIABLES = ("TRACEBACK",)
_NEAR = 0.8  # how similar a variable and an option are if one is a typo of the other
_ON_OFF = {"1": True, "true": True, "yes": True, "on": True}
_ON_OFF |= {"0": False, "false": False, "no": False, "off": False}


def variables(environment: Mapping[str, str], command: str) -> dict[str, Any]:
    """The options that CE_* variables give a command; an empty variable gives none.

    Raises
    ------
    UsageError
        A value has the wrong type, or a name is nearly that of an option.
    """
    own = {name: text for name, text in environment.items() if name.startswith(_VARIABLE) and text}
    if not own:
        return {}
    names = {name for one in COMMANDS for name in (*allowed(one), "config")} - {FILES}
    known = {variable_of(name): name for name in names}
    options, found = options_of(COMMANDS[command]), {}
    for variable, text in own.items():
        name = known.get(variable)
        if name is None:
            _check_spelling(variable, list(known))
        elif name in options:
            value = _typed(variable, options[name], text)
            found[name] = value_of(variable, name, options[name], value)
    return found


def _check_spelling(variable: str, known: list[str]) -> None:
    own = [f"{_VARIABLE}{name}" for name in _OTHER_VARIABLES]
    if variable not in own and (near := closest(variable, [*known, *own], _NEAR)):
        raise UsageError(f"There is no option for the variable {sanitize(variable)}{near}.")


def _typed(variable: str, option: Option, text: str) -> Any:
    """The text of a variable as a value that a configuration file could have."""
    if option.typed == list[str]:
        try:
            return list(values.separated_names(text))
        except UsageError as error:
            if option.is_secret:
                raise UsageError(f"{variable} is not a list of KEY=VALUE between commas.") from None
            raise error.about(variable) from None
    if option.typed is bool:
        if text.lower() not in _ON_OFF:
            raise UsageError(f"{variable} must be true or false, not {quoted(text)}.")
        return _ON_OFF[text.lower()]
    if option.typed in (int, float):
        try:
            return option.typed(text)
        except ValueError:
            kind = "a whole number" if option.typed is int else "a number"
            raise UsageError(f"{variable} must be {kind}, not {quoted(text)}.") from None
    return text
