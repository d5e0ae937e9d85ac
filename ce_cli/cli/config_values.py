"""Values of options in configuration files and variables, checked as typed ones are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin

from ce_cli.errors import UsageError
from ce_cli.options.option import Option
from ce_cli.text import closest, quoted, quoted_list, sanitize

_LARGEST = 1 << 63  # of whole numbers in TOML; longer ones have no text and no float


def value_of(place: str, name: str, option: Option, value: Any) -> Any:
    """A value as the parser would return it.

    Raises
    ------
    UsageError
        It has another type, or is not valid for the option.
    """
    if option.is_secret:
        return _secret(place, value)
    numbers = () if option.is_path else (int, float)
    kind = option.typed
    if name == "classes" and isinstance(value, list):
        return _texts(place, value, numbers)
    if kind == list[str]:
        found: Any = _texts(place, value if isinstance(value, list) else [value], numbers)
    elif kind is bool:
        found = _of_type(place, value, (bool,), "true or false")
    elif kind is int:
        found = _of_type(place, value, (int,), "a whole number")
    elif kind is float:
        found = float(_of_type(place, value, (int, float), "a number"))
    else:
        found = _text(place, value, numbers)
        choices = get_args(kind) if get_origin(kind) is Literal else (found,)
        if found not in choices:
            near = closest(found, choices)
            raise UsageError(
                f"{place} must be one of {quoted_list(choices)}, not {quoted(found)}{near}."
            )
    try:
        for check in _checks(name, option):
            check(found)
    except UsageError as error:
        raise error.about(place) from None
    return found


def _secret(place: str, value: Any) -> list[str]:
    """Texts ``KEY=VALUE``, or a table of them; no error shows a value."""
    from ce_cli.storage.options import storage_options

    if isinstance(value, dict):
        plain = (str, bool, int, float)
        if not all(isinstance(one, plain) for one in value.values()):
            raise UsageError(f"{place} must be a table of texts, numbers, true and false.")
        pairs = value.items()
        value = [
            f"{name}={str(one).lower() if one is True or one is False else one}"
            for name, one in pairs
        ]
    several = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) for one in several):
        raise UsageError(f"{place} must be text, KEY=VALUE, or a table of keys and values.")
    try:
        storage_options(several)
    except UsageError as error:
        raise error.about(place) from None
    return several


def _checks(name: str, option: Option) -> Iterator[Callable[[Any], object]]:
    """Checks of a value, so that an error names the place where it is written."""
    from ce_cli import registry
    from ce_cli.gating.requirements import LIMITS
    from ce_cli.reading import Reading
    from ce_cli.spec import ALL, Spec

    if option.names == "format":
        yield lambda found: registry.find(registry.OUTPUTS, found, "format")
    if option.names == "input format":
        yield lambda found: registry.find(registry.INPUTS, found, "input format")
    if option.names == "engine":
        yield lambda found: registry.find(registry.ENGINES, found, "engine")
    if name == "metric":
        yield lambda found: [
            registry.find(registry.METRICS, one, "metric") for one in found if one != ALL
        ]
    yield lambda found: (Spec.from_options({name: found}), Reading.from_options({name: found}))
    if name in LIMITS:
        yield LIMITS[name]


def _texts(place: str, values: list[Any], numbers: tuple[type, ...]) -> list[str]:
    return [_text(place, value, numbers) for value in values]


def _text(place: str, value: Any, numbers: tuple[type, ...]) -> str:
    """A text; a number becomes the text that the command line would have."""
    value = _of_type(place, value, (str, *numbers), "text")
    return value if isinstance(value, str) else repr(value)


def _of_type(place: str, value: Any, types: tuple[type, ...], kind: str) -> Any:
    if isinstance(value, int) and abs(value) >= _LARGEST:
        raise UsageError(f"{place} must be {kind}, but the number is too large.")
    if isinstance(value, types) and (not isinstance(value, bool) or bool in types):
        return value
    raise UsageError(f"{place} must be {kind}, not {sanitize(repr(value))}.")
