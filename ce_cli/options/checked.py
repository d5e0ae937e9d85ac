"""Options of a call from Python: each has its default or a value of the type that it declares."""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Mapping
from functools import cache
from numbers import Integral, Real
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.options.option import Option, options_of
from ce_cli.text import closest, quoted_list, sanitize

_BINARY = (bytes, bytearray, memoryview)


def checked(options: Mapping[str, Any], declared: Any) -> dict[str, Any]:
    """Every option that a `TypedDict` declares, checked.

    Parameters
    ----------
    options : mapping
        Values by the names of `declared`; one that is missing or None has its default.
    declared : TypedDict
        Such as `ce_cli.options.commands.ScoreOptions`.

    Returns
    -------
    dict
        A number is an int or a float, a choice its text, and several texts are a tuple.

    Raises
    ------
    UsageError
        A value is not of the type of its option.
    """
    found: dict[str, Any] = {}
    for name, (option, types) in _declarations(declared).items():
        value = options.get(name)
        found[name] = option.default if value is None else _value(name, option, types, value)
    return found


@cache
def _declarations(declared: Any) -> dict[str, tuple[Option, frozenset[Any]]]:
    """Options, and the types that Python takes for them."""
    hints = get_type_hints(declared)
    found = {}
    for name, option in options_of(declared).items():
        hint = hints[name]
        alone = get_origin(hint) is Literal or not get_args(hint)
        found[name] = option, frozenset((hint,) if alone else get_args(hint)) - {NoneType}
    return found


def _value(name: str, option: Option, types: frozenset[Any], value: Any) -> Any:
    if option.is_secret:  # its own reader checks it, and shows nothing of it
        return value
    if option.typed == list[str] or name == "classes":
        return _texts(name, value)
    if len(types) == 1:
        (only,) = types
        if get_origin(only) is Literal:
            return _choice(name, get_args(only), value)
        return _READ.get(only, _unchanged)(name, value)
    if float in types and not isinstance(value, str | Real):
        with contextlib.suppress(UsageError):  # the option's own reader lists what it takes
            return _number(name, value)
    return value


def _choice(name: str, choices: tuple[str, ...], value: Any) -> str:
    text = str(value) if isinstance(value, str | Integral) else None
    if text not in choices:
        near = closest(text, choices) if text else ""
        raise UsageError(
            f"{name} must be one of {quoted_list(choices)}, not {_shown(value)}{near}."
        )
    return text


def _text(name: str, value: Any) -> str:
    """A text; a whole number may be a name, as of a column without a header."""
    if isinstance(value, str | Integral) and not isinstance(value, bool):
        return str(value)
    raise _refused(name, "text", value)


def _texts(name: str, value: Any) -> Any:
    """One text or several; a mapping remains one."""
    if isinstance(value, str | Mapping):
        return value
    if isinstance(value, _BINARY):
        raise _refused(name, "text", value)
    try:
        return values.names(value)
    except TypeError:  # such as an array of no dimensions
        raise _refused(name, "text, or several texts in a list", value) from None


def _switch(name: str, value: Any) -> bool:
    try:
        if value in (True, False):
            return bool(value)
    except (TypeError, ValueError):  # an array, or a missing value of pandas
        pass
    raise _refused(name, "True or False", value)


def _whole_number(name: str, value: Any) -> int:
    try:
        if not isinstance(value, bool):
            return operator.index(value)
    except TypeError:
        pass
    raise _refused(name, "a whole number", value)


def _number(name: str, value: Any) -> float:
    try:
        if not isinstance(value, bool | str | bytes | bytearray):
            return float(value)
    except (TypeError, ValueError, OverflowError):
        pass
    raise _refused(name, "a number", value)


def _unchanged(name: str, value: Any) -> Any:
    return value


_READ: dict[Any, Callable[[str, Any], Any]] = {
    str: _text,
    bool: _switch,
    int: _whole_number,
    float: _number,
}


def _refused(name: str, kind: str, value: Any) -> UsageError:
    return UsageError(f"{name} must be {kind}, not {_shown(value)}.")


def _shown(value: Any) -> str:
    """A value as a message shows it, unless it is long."""
    text = " ".join(repr(value).split())
    return sanitize(text) if len(text) <= 60 else f"this {type(value).__name__}"
