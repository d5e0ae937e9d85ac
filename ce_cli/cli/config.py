"""Options in a configuration file, ce.toml or pyproject.toml.

Options at the top level are defaults for every command, those in a table with the name of a command
for that one; gates may have tables of their own below ``gate``.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ce_cli.errors import UsageError
from ce_cli.options.choices import CONFIGURATION, FORMULA, SUBJECT
from ce_cli.options.commands import COMMANDS, GateOptions
from ce_cli.options.option import Option, key, options_of
from ce_cli.record import Record
from ce_cli.registry import GROUPS
from ce_cli.text import STDIN, closest, display_name, sanitize

NAME = "ce.toml"
GATE = "gate"
FILES = "files"
_PROJECT = "pyproject.toml"
_LARGEST = 1 << 24  # bytes of a configuration
_TOOL = ("tool", "ce")
_FILES_OF_GATE = Option("The files of a gate.", CONFIGURATION, list[str], is_path=True)


class Config(Record):
    """The options of one file.

    Attributes
    ----------
    path : str
        The file.
    prefix : str
        The table that holds all others: ``tool.ce``, or nothing.
    shared : dict
        Options for every command, by name.
    commands : dict of dict
        Options for one command.
    gates : dict of dict
        Options of each named gate.
    """

    path: str
    prefix: str
    shared: dict[str, Any]
    commands: dict[str, dict[str, Any]]
    gates: dict[str, dict[str, Any]]

    @property
    def shown(self) -> str:
        """The file, for messages."""
        return display_name(self.path)

    @property
    def has_gates(self) -> bool:
        """Whether there is a table for gates."""
        return GATE in self.commands

    def table_of(self, *names: str) -> str:
        """A table, for messages."""
        return f"{self.shown}: {self.table_name(*names)}"

    def table_name(self, *names: str) -> str:
        """The name of a table of `ce` in the file."""
        return ".".join((*self.prefix.split("."), *map(sanitize, names))).lstrip(".")

    def options_for(self, command: str) -> dict[str, Any]:
        """The defaults that the file gives a command."""
        known = allowed(command)
        shared = {name: value for name, value in self.shared.items() if name in known}
        return {**with_format(shared), **with_format(self.commands.get(command, {}))}


def with_format(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of one place, with ``json`` as the format that it is short for."""
    kept = {name: value for name, value in options.items() if name != "json"}
    return {**kept, "format": "json"} if options.get("json") else kept


def allowed(command: str) -> dict[str, Option]:
    """The options of a command that a configuration file may have."""
    options = options_of(COMMANDS[command])
    own = {FILES: _FILES_OF_GATE} if command == GATE else {}
    kept = {
        name: option
        for name, option in options.items()
        if option.panel not in (CONFIGURATION, FORMULA, SUBJECT)
    }
    return {**own, **kept}


def configuration(path: str | None) -> Config | None:
    """Read `path`, or else the file in this directory or above, if there is one.

    Raises
    ------
    UsageError
        It is not TOML, or a name in it is unknown, or a value has the wrong type.
    StorageError
        It cannot be read.
    """
    if path is not None:
        found = _config(path, _parsed(path, _bytes_of(path)))
        if found is None:
            raise UsageError(f"{display_name(path)}: there is no table [{'.'.join(_TOOL)}].")
        if not (found.shared or found.commands):
            raise UsageError(f"{display_name(path)}: it has no option and no table for ce.")
        return found
    for shown in _candidates():
        text, name = _bytes_of(shown), Path(shown).name
        if name == _PROJECT and not re.search(rb"\bce\b", text):
            continue  # without reading it as TOML, which takes time
        found = _config(shown, _parsed(shown, text))
        if found is not None or name == NAME:
            return found
    return None


def _candidates() -> Iterator[str]:
    """Files here and above that may hold options; none where the directory is gone or closed."""
    with contextlib.suppress(OSError):
        for directory in (here := Path.cwd(), *here.parents):
            for name in (NAME, _PROJECT):
                if (directory / name).is_file():
                    yield os.path.relpath(directory / name)


def _bytes_of(path: str) -> bytes:
    from ce_cli.inputs.bytestream import storage_errors

    with storage_errors(path), Path(path).open("rb") as file:
        text = file.read(_LARGEST + 1)
    if len(text) > _LARGEST:
        raise UsageError(f"{display_name(path)}: has more than 16 MB, and is no configuration.")
    return text


def _parsed(path: str, text: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UsageError(f"{display_name(path)}: TOML must be UTF-8 text.") from None
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        reason = sanitize(str(error), 200)
        raise UsageError(f"{display_name(path)}: the file is not TOML: {reason}.") from None


def prefix_in(path: str) -> str:
    """The table of a file that holds all options of `ce`."""
    return ".".join(_TOOL) if Path(path).name == _PROJECT else ""


def _config(path: str, document: Mapping[str, Any]) -> Config | None:
    """The options of a document; None if it has no table for them."""
    table: Any = document
    if prefix_in(path):
        for name in _TOOL:
            table = table.get(name, {})
            if not isinstance(table, dict):
                raise UsageError(f"{display_name(path)}: {name} must be a table.")
        if _TOOL[-1] not in document.get(_TOOL[0], {}):
            return None
    config = Config(path, prefix_in(path), {}, {}, {})
    everywhere = {name: option for one in COMMANDS for name, option in allowed(one).items()}
    everywhere.pop(FILES)
    commands, rest = _tables_of_commands(config, table)
    shared = _fields(config, (), rest, everywhere, extra=tuple(COMMANDS))
    config = config.replace(shared=shared)
    found, gates = {}, {}
    for name, value in commands.items():
        if not isinstance(value, dict):
            where = ".".join(filter(None, (config.prefix, *name.split())))
            raise UsageError(f"{config.shown}: {where} must be a table: [{where}].")
        named = _named_gates(value) if name == GATE else {}
        own = {one: option for one, option in value.items() if one not in named}
        found[name] = _fields(config, tuple(name.split()), own, allowed(name))
        for gate, options in named.items():
            gates[gate] = _fields(config, (name, gate), options, options_of_gate())
    return config.replace(commands=found, gates=gates)


def _tables_of_commands(
    config: Config, table: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The tables of commands by the name of the command, and everything else.

    The table of ``ce calibrate fit`` is fit in the table calibrate.
    """
    commands = {name: value for name, value in table.items() if name in COMMANDS}
    rest = {name: value for name, value in table.items() if name not in COMMANDS}
    for group in GROUPS.keys() & rest.keys():
        own = rest.pop(group)
        known = [name.split()[1] for name in COMMANDS if name.split()[0] == group]
        if not isinstance(own, dict):
            raise UsageError(f"{config.table_of(group)} must be a table.")
        for word, value in own.items():
            if word not in known:
                raise UsageError(
                    f"{config.table_of(group, word)} is not known{closest(word, known)}; the "
                    f"tables are {', '.join(config.table_name(group, one) for one in known)}."
                )
            commands[f"{group} {word}"] = value
    return commands, rest


def options_of_gate() -> dict[str, Option]:
    """The options that the table of a gate may have: none about the whole run."""
    known = {FILES, *options_of(GateOptions)} - {"engine", "scheduler", "storage_options"}
    return {name: option for name, option in allowed(GATE).items() if name in known}


def _named_gates(table: Mapping[str, Any]) -> dict[str, Any]:
    known = {key(name) for name in options_of_gate()}
    return {
        name: value
        for name, value in table.items()
        if isinstance(value, dict) and name.replace("_", "-") not in known
    }


def _fields(
    config: Config,
    tables: tuple[str, ...],
    table: Mapping[str, Any],
    options: Mapping[str, Option],
    extra: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The options of one table, by name."""
    from ce_cli.cli.config_values import value_of

    known = {key(name): name for name in options}
    found: dict[str, Any] = {}
    for written, value in table.items():
        place = config.table_of(*tables, written)
        name = known.get(written.replace("_", "-"))
        if name is None:
            raise UsageError(f"{place} is not known{closest(written, [*known, *extra])}.")
        if name in found:
            raise UsageError(f"{place} is given twice, as {key(name)} and with an underscore.")
        found[name] = value_of(place, name, options[name], value)
        if options[name].is_path:
            found[name] = _relative_to(config.path, found[name])
        if name == "report":
            found[name] = [_report_relative_to(config.path, one) for one in found[name]]
    return found


def _relative_to(path: str, found: Any) -> Any:
    """A path of the configuration, relative to its directory."""
    if isinstance(found, list):
        return [_relative_to(path, one) for one in found]
    if found in ("", STDIN) or "://" in found:
        return found
    return str(Path(path).parent / found)


def _report_relative_to(path: str, report: str) -> str:
    """``FORMAT=FILE`` with the file relative to the configuration."""
    form, equals, file = report.partition("=")
    return f"{form}{equals}{_relative_to(path, file)}"
