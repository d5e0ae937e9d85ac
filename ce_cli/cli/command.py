"""From declared options to a command of the parser, and from its arguments to a call."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property
from inspect import Parameter, Signature, cleandoc
from typing import Annotated, Any, Literal, get_args, get_origin

import typer

from ce_cli import registry
from ce_cli.cli.config import Config, configuration, with_format
from ce_cli.errors import CeError, DataError, UsageError
from ce_cli.memory.limit import limited
from ce_cli.options.choices import PANELS, Tool
from ce_cli.options.commands import COMMANDS
from ce_cli.options.data import DataOptions
from ce_cli.options.option import Option, flag, key, options_of
from ce_cli.record import Record
from ce_cli.text import sanitize

_FILES_HELP = (
    "Files, directories, URIs, or - for standard input; several are parts of one data set. "
    "Without files, piped input is read."
)


class Call(Record):
    """One call of a command.

    Attributes
    ----------
    command : str
        Its name.
    files : tuple of str
        The files as they were typed.
    options : dict
        The value of every option: typed, from a variable or the configuration, or its default.
    typed : dict
        The options that were typed.
    variables : dict
        The options that come from variables.
    config : Config or None
        The configuration file, if there is one.
    """

    command: str
    files: tuple[str, ...]
    options: dict[str, Any]
    typed: dict[str, Any]
    variables: dict[str, Any]
    config: Config | None = None

    @property
    def explicit(self) -> dict[str, Any]:
        """The options that were typed or come from variables."""
        return {**self.variables, **self.typed}

    @property
    def origins(self) -> str:
        """A line on the options that come from the configuration file or from variables."""
        written = {} if self.config is None else self.config.options_for(self.command)
        parts, file = [], self.config.shown if self.config else ""
        named = [_named({name: one}) for name, one in written.items() if name not in self.explicit]
        if self.config is not None and self.command == "gate" and not self.files:
            chosen = self.options["gate"] or tuple(self.config.gates)
            named += [f"[{self.config.table_name('gate', name)}]" for name in chosen]
        if named:
            parts.append(f"{file}: {', '.join(named)}")
        if own := {name: one for name, one in self.variables.items() if name not in self.typed}:
            parts.append(f"the environment: {_named(own)}")
        return f"Options from {'; '.join(parts)}" if parts else ""


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key(name)} = {_shown(name, one)}" for name, one in values.items())


def _shown(name: str, value: Any) -> str:
    """A value as the page shows it."""
    option = options_of(DataOptions).get(name)
    return "***" if option is not None and option.is_secret else sanitize(_written(value))


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def command(
    files_help: str = _FILES_HELP, name: str = "", metavar: str = "[FILES]..."
) -> Callable[[Callable[[Call], None]], Command]:
    """Make a function into a command, with the options that are declared for its name.

    Parameters
    ----------
    files_help : str
        The help of its files.
    name : str
        Its name, if that is not the name of the function.
    metavar : str
        The placeholder for its files.
    """
    return lambda function: Command(function, files_help, metavar, name or function.__name__)


class Command:
    """What the parser calls: a function with a parameter for each option.

    Parameters
    ----------
    function : function
        What the command does; its docstring is the help of the command.
    files_help, metavar : str
        The help of its files, and the placeholder for them.
    name : str
        Its name.
    among : sequence of str
        The options that the parser has to know, if not all.
    """

    def __init__(
        self,
        function: Callable[[Call], None],
        files_help: str,
        metavar: str,
        name: str,
        among: Sequence[str] | None = None,
    ) -> None:
        self.__name__, self.__doc__ = name, _unwrapped(function.__doc__ or "")
        self._function, self._among = function, among
        self._files_help, self._metavar = files_help, metavar
        self._options = options_of(COMMANDS[self.__name__])

    def __call__(self, files: list[str] | None = None, **typed: Any) -> None:
        """Run the command with the options that were typed."""
        call = _call(self.__name__, self._options, files or (), typed)
        try:
            with limited(call.options.get("max_memory")), _storage(call):
                self._function(call)
        except (UsageError, DataError) as error:
            raise _with_origin(error, call) from error

    def for_arguments(self, arguments: Sequence[str]) -> Command:
        """The same with no options but those in `arguments`; preparing each takes time.

        With anything else that may be an option (help, several letters after one dash, a
        mistake), all are there.
        """
        known = {flag(name): name for name in self._options}
        known |= {one.short: name for name, one in self._options.items() if one.short}
        typed = [word.partition("=")[0] for word in arguments if word[:1] == "-"]
        names = [known.get(word) for word in typed if word not in ("-", "--")]
        among = None if None in names else [name for name in self._options if name in names]
        return Command(self._function, self._files_help, self._metavar, self.__name__, among)

    @cached_property
    def __signature__(self) -> Signature:
        """What the parser reads; in this order, the help shows the options panel by panel."""
        among = self._options if self._among is None else self._among
        options = {name: self._options[name] for name in among}
        files = _files(self._files_help, self._metavar)
        return Signature([files, *_parameters(self.__name__, options)])

    @property
    def __annotations__(self) -> dict[str, Any]:  # type: ignore[override]
        return {name: one.annotation for name, one in self.__signature__.parameters.items()}


def _storage(call: Call) -> AbstractContextManager[None]:
    """The options of object storage, in force; most often there are none."""
    typed = call.options.get("storage_options")
    if typed is None:
        return nullcontext()
    from ce_cli.storage.options import using

    return using(typed)


def _with_origin(error: CeError, call: Call) -> CeError:
    """The error; one about a name that was not typed ends with the place that has it."""
    if not call.variables and call.config is None:
        return error
    from ce_cli.cli.origins import with_origin

    return with_origin(error, call)


def _unwrapped(text: str) -> str:
    """Paragraphs without line breaks, since the help breaks lines itself; examples as they are."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(one if one.startswith(" ") else one.replace("\n", " ") for one in paragraphs)


def _call(
    name: str, options: Mapping[str, Option], files: Sequence[str], typed: Mapping[str, Any]
) -> Call:
    """Merge options: typed ones override variables, then the configuration, then defaults."""
    typed = {one: value for one, value in typed.items() if not _is_absent(value)}
    own = _variables(name)
    config = configuration({**own, **typed}.get("config"))
    written = {} if config is None else config.options_for(name)
    defaults = {one: option.default for one, option in options.items()}
    merged = {**defaults, **written, **with_format(own), **with_format(typed)}
    return Call(name, tuple(files), merged, dict(typed), own, config)


def _completed(values: tuple[str, ...], option: Option) -> Callable[..., Iterator[str]] | None:
    """The completion of an option; the parser inspects each, so only a shell that asks gets any."""
    if "_CE_COMPLETE" not in os.environ:
        return None
    from ce_cli.cli.completion import completed

    return completed(values, option)


def _is_absent(value: Any) -> bool:
    """Whether an option was not typed; 0 is a typed value."""
    return value is None or value is False or value == []


def _files(help_: str, metavar: str) -> Parameter:
    argument = typer.Argument(metavar=metavar, help=help_, show_default=False)
    return Parameter(
        "files",
        Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[list[str] | None, argument],
    )


def _variables(command: str) -> dict[str, Any]:
    """The options that come from variables; most often there are none to look at."""
    if not any(name.startswith("CE_") for name in os.environ):
        return {}
    from ce_cli.cli.variables import variables

    return variables(os.environ, command)


def _parameters(command: str, options: Mapping[str, Option]) -> list[Parameter]:
    """A parameter for each option, panel by panel."""
    places = {name: PANELS.index(option.panel) for name, option in options.items()}
    ordered = sorted(options, key=places.__getitem__)
    return [_parameter(command, name, options[name]) for name in ordered]


def _parameter(command: str, name: str, option: Option) -> Parameter:
    values = choices(command, option)
    info = typer.Option(
        *(flag(name), option.short) if option.short else (flag(name),),
        metavar=option.metavar or None,
        help=_help(option, values),
        rich_help_panel=option.panel,
        show_default=False,
        autocompletion=_completed(values, option),
    )
    is_switch = option.typed is bool
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=False if is_switch else None,
        annotation=Annotated[option.typed if is_switch else option.typed | None, info],
    )


def _help(option: Option, values: tuple[str, ...]) -> str:
    """The help of an option, with its choices and its default."""
    is_shown = option.default not in (None, False, 0)
    default = f"default: {_written(option.default)}" if is_shown else ""
    notes = "; ".join(filter(None, [", ".join(values), default]))
    return f"{option.help} [{notes}]".replace("[", "\\[") if notes else option.help


def choices(command: str, option: Option) -> tuple[str, ...]:
    """The choices of an option; empty if any value is allowed."""
    if get_origin(option.typed) is Literal:
        return tuple(map(str, get_args(option.typed)))
    every = () if command == "gate" else ("all",)  # a requirement is about one metric
    named: dict[str, Callable[[], tuple[str, ...]]] = {
        "metric": lambda: (*every, *registry.FIGURES, *registry.TABLES),
        "convention": lambda: get_args(Tool),
        "format": lambda: registry.formats(command),
        "input format": lambda: tuple(entry.names[0] for entry in registry.INPUTS),
        "formula": lambda: tuple(entry.names[0] for entry in registry.FORMULAS),
        "engine": lambda: tuple(entry.names[0] for entry in registry.ENGINES),
    }
    return named[option.names]() if option.names in named else ()
