"""The command line; the only place where an error becomes an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from ce_cli import __version__
from ce_cli.commands.score import score
from ce_cli.errors import CeError, StorageError

INTERRUPTED = 130
BUG = 70

app = typer.Typer(
    name="ce",
    help="How surprised is the model by what really happened? Cross-entropy from a file of "
    "labels and predictions.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(score)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ce {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of ce itself."""


def run() -> int:
    """Run the command line; the exit code says what happened."""
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except CeError as error:
        for sentence in error.sentences:
            typer.echo(f"ce: {sentence}", err=True)
        return error.exit_code
    except BrokenPipeError:
        _abandon_stdout()
        return 0
    except SystemExit as leaving:
        if not isinstance(leaving.__context__, BrokenPipeError):
            raise
        _abandon_stdout()  # the parser had caught it
        return 0
    except OSError as error:
        _abandon_stdout()
        typer.echo(f"ce: could not write: {(error.strerror or str(error)).lower()}.", err=True)
        return StorageError.exit_code
    except KeyboardInterrupt:
        typer.echo("ce: interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:
        return _refused(error)
    return code if isinstance(code, int) else 0


def _refused(error: Exception) -> int:
    """Wrong usage, told by the parser; everything else is a bug."""
    show = getattr(error, "show", None)
    if show is not None:
        show()
        return int(getattr(error, "exit_code", 2))
    if type(error).__name__ == "Abort":
        return INTERRUPTED
    if os.environ.get("CE_TRACEBACK"):
        raise error
    typer.echo(
        f"ce: this is a bug in ce ({type(error).__name__}: {error}); CE_TRACEBACK=1 shows where.",
        err=True,
    )
    return BUG


def _abandon_stdout() -> None:
    """Nothing more can be written, and nothing may complain about that at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
