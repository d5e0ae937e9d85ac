"""Gates that are written down: ``[gate]`` in ce.toml, ``[tool.ce.gate]`` in pyproject.toml."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from ce_cli.cli.gate_options import Limits
from ce_cli.cli.options import DataOptions
from ce_cli.errors import UsageError
from ce_cli.gating.requirements import at_least_rows, at_most, no_regression, requirement
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inspection.score_command import joined
from ce_cli.record import Record
from ce_cli.text import STDIN, closest, display_name, quoted, quoted_list, sanitize

NAME = "ce.toml"
_PROJECT = "pyproject.toml"
_GATE = "gate"
PATHS = ("files", "baseline", "labels")
_CHECKED: dict[str, Callable[[Any], object]] = {
    "max_": at_most,
    "min_rows": at_least_rows,
    "require": lambda texts: [requirement(text) for text in texts],
    "max_regression": no_regression,
}


class Key(Record):
    """What may stand in a table: an option, without its dashes, and what it takes."""

    name: str
    field: str
    kind: Any


def keys() -> dict[str, Key]:
    """Everything that may stand in the table of a gate, by its name."""
    found = [Key("files", "files", list[str])]
    for kind in (Limits, DataOptions):
        hints = get_type_hints(kind)
        found += [Key(option_name(field), field, hints[field]) for field in kind._fields]
    return {key.name: key for key in found}


def option_name(field: str) -> str:
    """What the option behind a field is called, without its dashes."""
    return field.rstrip("_").replace("_", "-")


class Config(Record):
    """The gates of one file.

    Attributes
    ----------
    path : str
        The file.
    prefix : str
        The table that holds the gates.
    shared : dict
        What holds for all gates, by field of `DataOptions` and `Limits`.
    gates : dict of dict
        What the named gates say beside that.
    """

    path: str
    prefix: str
    shared: dict[str, Any]
    gates: dict[str, dict[str, Any]]

    @property
    def table(self) -> str:
        """The table of all gates, for messages."""
        return f"{display_name(self.path)}: {self.prefix}"

    def table_of(self, gate: str) -> str:
        """The table of one gate, for messages."""
        return f"{self.table}.{sanitize(gate)}"


def configuration(path: str | None) -> Config | None:
    """Read `path`, or the file that is here or above, if there is one.

    Raises
    ------
    UsageError
        It is no TOML, or something in it is not known or of a wrong type.
    StorageError
        It cannot be read.
    """
    if path is not None:
        document = _parsed(path)
        if (found := _config(path, document)) is None:
            raise UsageError(f"{display_name(path)}: there is no table [{table_in(path)}].")
        return found
    for directory in (here := Path.cwd(), *here.parents):
        for name in (NAME, _PROJECT):
            if (directory / name).is_file():
                shown = os.path.relpath(directory / name)
                found = _config(shown, _parsed(shown))
                if found is not None or name == NAME:
                    return found
    return None


def _parsed(path: str) -> dict[str, Any]:
    import tomllib

    with storage_errors(path):
        text = Path(path).read_bytes()
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{display_name(path)}: is not UTF-8 text, as TOML has to be.") from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reason = sanitize(str(error), 200)
        raise UsageError(f"{display_name(path)}: is no TOML: {reason}.") from None


def table_in(path: str) -> str:
    """Which table of a file holds the gates."""
    return f"tool.ce.{_GATE}" if Path(path).name == _PROJECT else _GATE


def _config(path: str, document: Mapping[str, Any]) -> Config | None:
    """The gates of a document; None if it has no table for them."""
    prefix, table = table_in(path), document
    above, _, _ = prefix.rpartition(".")
    for name in above.split(".") if above else ():
        table = table.get(name, {})
        if not isinstance(table, dict):
            raise UsageError(f"{display_name(path)}: {name} has to be a table.")
    for name in table:
        if name != _GATE:
            place = f"{above}.{sanitize(name)}" if above else sanitize(name)
            near = closest(name, [_GATE])
            raise UsageError(f"{display_name(path)}: {place} is not known{near}.")
    if _GATE not in table:
        return None
    if not isinstance(table[_GATE], dict):
        raise UsageError(f"{display_name(path)}: {prefix} has to be a table: [{prefix}].")
    return _gates(path, prefix, table[_GATE])


def _gates(path: str, prefix: str, table: Mapping[str, Any]) -> Config:
    named = {
        name: value
        for name, value in table.items()
        if isinstance(value, dict) and name.replace("_", "-") not in keys()
    }
    rest = {name: value for name, value in table.items() if name not in named}
    config = Config(path, prefix, {}, {})
    shared = _fields(config.table, rest, path)
    gates = {name: _fields(config.table_of(name), own, path) for name, own in named.items()}
    return config.replace(shared=shared, gates=gates)


def _fields(where: str, table: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What one table says, by field."""
    known = keys()
    found: dict[str, Any] = {}
    for name, value in table.items():
        place = f"{where}.{sanitize(name)}"
        key = known.get(name.replace("_", "-"))
        if key is None:
            raise UsageError(f"{place} is not known{closest(name, list(known))}.")
        if key.field in found:
            raise UsageError(f"{place} stands there twice, as {key.name} and with an underscore.")
        found[key.field] = _value(place, key, value)
        try:
            _CHECKED.get(key.field, bool)(found[key.field])
        except UsageError as error:
            raise error.about(place) from None
        if key.field in PATHS:
            found[key.field] = _relative_to(path, found[key.field])
    return found


def _value(place: str, key: Key, value: Any) -> Any:
    """A value as the command line would give it.

    Raises
    ------
    UsageError
        It is of another type.
    """
    optional = get_origin(key.kind) in (Union, UnionType)
    kinds = get_args(key.kind) if optional else (key.kind,)
    kind = next(one for one in kinds if one is not NoneType)
    numbers_too = () if key.field in PATHS else (int, float)
    if key.field == "classes" and isinstance(value, list):
        return joined(_texts(place, value, numbers_too))
    if kind == list[str]:
        return _texts(place, value if isinstance(value, list) else [value], numbers_too)
    if kind is bool:
        return _of_type(place, value, (bool,), "true or false")
    if kind is int:
        return _of_type(place, value, (int,), "a whole number")
    if kind is float:
        return float(_of_type(place, value, (int, float), "a number"))
    text = _text(place, value, numbers_too)
    choices = get_args(kind) if get_origin(kind) is Literal else (text,)
    if text not in choices:
        near = closest(text, choices)
        raise UsageError(f"{place}: {quoted(text)} is none of {quoted_list(choices)}{near}.")
    return text


def _texts(place: str, values: list[Any], numbers: tuple[type, ...]) -> list[str]:
    return [_text(place, value, numbers) for value in values]


def _text(place: str, value: Any, numbers: tuple[type, ...]) -> str:
    """A text; a number is taken for how it is written, as on the command line."""
    value = _of_type(place, value, (str, *numbers), "text")
    return value if isinstance(value, str) else repr(value)


def _of_type(place: str, value: Any, types: tuple[type, ...], what: str) -> Any:
    if isinstance(value, types) and (not isinstance(value, bool) or bool in types):
        return value
    raise UsageError(f"{place} takes {what}, not {sanitize(repr(value))}.")


def _relative_to(path: str, found: Any) -> Any:
    """Paths of a configuration begin where it is."""
    if isinstance(found, list):
        return [_relative_to(path, one) for one in found]
    if found in ("", STDIN) or "://" in found:
        return found
    return str(Path(path).parent / found)
