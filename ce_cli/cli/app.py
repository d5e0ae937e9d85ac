"""The command line; the only place where an error becomes an exit code."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ce_cli import __version__, registry
from ce_cli.errors import CeError, CheckFailed, StorageError, Suggestion, UsageError
from ce_cli.memory.limit import is_lack_of_memory, ran_out
from ce_cli.options.option import flag
from ce_cli.text import sanitize, shell_word, system_reason, without_secrets_of

BUG = 70
_SECRET = flag("storage_options")


class _InterruptError(CeError):
    """Ctrl-C."""

    exit_code = 130


def application(arguments: Sequence[str]) -> typer.Typer:
    """The parser of `arguments`.

    Preparing takes time, so it knows only the command that is called and the options that are
    typed, or else all commands; and it offers completion only if there is no command.
    """
    names = {entry.words[0] for entry in registry.COMMANDS}
    called = _called(arguments)
    app = typer.Typer(
        name="ce",
        help="How surprised is the model by what really happened? Cross-entropy from a file of "
        "labels and predictions.",
        no_args_is_help=True,
        add_completion=not called,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_common)
    if list(arguments[:1]) in (["--version"], ["-V"]):
        return app
    groups: dict[str, typer.Typer] = {}
    for entry in called or registry.COMMANDS:
        command, words = entry.load(), entry.words
        if len(called) == 1:
            command = command.for_arguments(arguments[len(words) :])
        elif arguments and (called or names.isdisjoint(arguments)):  # help, but no completion
            command = command.for_arguments(())
        within = app
        if len(words) > 1:
            within = groups[words[0]] = groups.get(words[0]) or _group(app, words[0])
        within.command(words[-1])(command)
    return app


def _called(arguments: Sequence[str]) -> list[registry.Entry]:
    """The command that is called; all of a group if none of them is."""
    every = registry.COMMANDS
    whole = [one for one in every if one.words == tuple(arguments[: len(one.words)])]
    return whole or [one for one in every if one.words[0] in arguments[:1]]


def _group(app: typer.Typer, name: str) -> typer.Typer:
    """The parser of several commands that have their first word in common."""
    group = typer.Typer(no_args_is_help=True)
    app.add_typer(group, name=name, help=registry.GROUPS[name])
    return group


def _show_version(is_set: bool) -> None:
    if is_set:
        typer.echo(f"ce {__version__}")
        raise typer.Exit


def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", "-V", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Options of ce itself."""


def run() -> int:
    """Run the command line and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = application(sys.argv[1:])(standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
    except BaseException as error:
        return _exit_code(error)
    return _not_a_gates(code if isinstance(code, int) else 0)


def _exit_code(error: BaseException) -> int:
    """Report an error: the exit code, and a sentence on stderr unless the reader is gone."""
    if isinstance(error, SystemExit) and isinstance(error.__context__, BrokenPipeError):
        error = error.__context__  # caught by the parser
    if isinstance(error, BrokenPipeError):
        _abandon_stdout()
        return 0
    if is_lack_of_memory(error):
        error = ran_out(error)
    elif isinstance(error, KeyboardInterrupt) or type(error).__name__ == "Abort":
        error = _InterruptError("interrupted.")
    elif isinstance(error, OSError):
        _abandon_stdout()
        error = _storage_error(error)
    if isinstance(error.__cause__, BrokenPipeError):
        _abandon_stdout()
    if isinstance(error, CeError):
        for sentence in error.with_commands(_command, _options).sentences:
            _report(f"ce: {sentence}")
        return error.exit_code
    return _usage_or_bug(error)


def _storage_error(error: OSError) -> StorageError:
    """What an error of the system is about that no file explains."""
    try:
        os.getcwd()  # noqa: PTH109 - all that is asked is whether it is there
    except FileNotFoundError:
        return StorageError("the current directory was deleted: change to another one.")
    return StorageError(f"could not write: {system_reason(error)}.")


def _command(suggestion: Suggestion) -> str:
    """The command that was typed, with options that resolve an error."""
    typed = _without_values(sys.argv[1:])
    words = ["ce", suggestion.command or typed[0], *typed[1:]]
    return f"{' '.join(map(shell_word, words))} {_options(suggestion)}"


def _without_values(typed: Sequence[str]) -> list[str]:
    """What was typed, with asterisks for the values of options that are secret."""
    shown = []
    for before, word in zip(("", *typed), typed, strict=False):
        if before == _SECRET:
            shown.append(f"{word.partition('=')[0]}=***")
        elif word.startswith(f"{_SECRET}="):
            shown.append("=".join([*word.split("=", 2)[:2], "***"]))
        else:
            shown.append(word)
    return shown


def _options(suggestion: Suggestion) -> str:
    return " ".join(shell_word(word) for option in suggestion.options for word in option)


def _usage_or_bug(error: BaseException) -> int:
    show = getattr(error, "show", None)
    if show is not None:  # the parser's own errors
        if type(error).__name__ == "NoArgsIsHelpError":
            with contextlib.suppress(OSError):
                show()
        else:
            _report(f"ce: {_parsing_problem(error)}")
        return UsageError.exit_code
    if isinstance(error, SystemExit):
        return _not_a_gates(error.code if isinstance(error.code, int) else 0)
    if os.environ.get("CE_TRACEBACK"):
        import traceback

        _report(_shown_trace("".join(traceback.format_exception(error)).rstrip()))
        return BUG
    reason = _shown_trace(f"{type(error).__name__}: {error}").replace("\n", " ")[:300]
    _report(f"ce: this is a bug in ce ({reason}); CE_TRACEBACK=1 shows where.")
    return BUG


def _shown_trace(text: str) -> str:
    """A traceback, a safe line for each of its own: what was typed may have secrets."""
    from ce_cli.storage.options import without_secrets

    text = without_secrets(text)
    for argument in sys.argv[1:]:
        text = without_secrets_of(argument, text)
    return "\n".join(sanitize(line, 1000) for line in text.split("\n"))


def _parsing_problem(error: Any) -> str:
    """What the parser says, which repeats what was typed, and where the options are listed."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "ce"
    return (
        f"{sanitize(error.format_message(), 300).rstrip('.')}; {path} --help lists what there is."
    )


def _not_a_gates(code: int) -> int:
    """The exit code, with 1 reserved for gates: if the parser exits with 1, the usage is wrong."""
    return UsageError.exit_code if code == CheckFailed.exit_code else code


def _report(text: str) -> None:
    """Write an error to stderr; if that is closed, the exit code is all there is."""
    with contextlib.suppress(OSError):
        typer.echo(text, err=True)


def _abandon_stdout() -> None:
    """Discard what is still to be written, so that flushing at exit raises no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
