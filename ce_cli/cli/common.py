"""Parts that commands share: finding the input, checking paths, running and writing."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from ce_cli.errors import StorageError, UsageError
from ce_cli.text import STDIN, display_name

if TYPE_CHECKING:
    from ce_cli.cli.command import Call
    from ce_cli.inputs.dataset import DataSet
    from ce_cli.outputs.drawing.canvas import Canvas
    from ce_cli.reading import Reading
    from ce_cli.registry import Output
    from ce_cli.results.result import CommandResult
    from ce_cli.scoring.run import Run
    from ce_cli.spec import Spec

_NO_FILE = "Name a file to {command}, or pipe one in: ce {command} preds.csv"
_NO_FILES = {
    "compare": "Name the files to compare: ce compare old.csv new.csv",
    "explain": "Name a file, or type numbers to explain: ce explain --p 0.5,0.5 --q 0.9,0.1",
}


def paths_of(files: Sequence[str] | None, command: str) -> list[str]:
    """The files to read; if none are named, standard input.

    Raises
    ------
    UsageError
        No file is named, and nothing is piped in.
    """
    if files:
        return all_read(files, None)
    if not is_piped_in():
        raise UsageError(_NO_FILES.get(command, _NO_FILE).format(command=command))
    return ["-"]


def is_piped_in() -> bool:
    """Whether standard input can be read: it is not a terminal, nor the null device."""
    if sys.stdin is None:
        return False
    try:
        return not stat.S_ISCHR(os.fstat(sys.stdin.fileno()).st_mode)
    except OSError:
        return not sys.stdin.isatty()


def echo_notices(result: CommandResult) -> None:
    """Write warnings to stderr, where the output does not show them."""
    for severity, message in result.notices:
        typer.echo(f"ce: {severity}: {message}", err=True)


def all_read(names: Sequence[str], labels: str | None) -> list[str]:
    """The names of everything that is read.

    Raises
    ------
    UsageError
        Standard input would be read twice.
    """
    read = [*names] if labels is None else [*names, labels]
    if read.count(STDIN) > 1:
        raise UsageError("Standard input (-) can be read only once.")
    return read


def check_read_twice(spec: Spec, read: Sequence[str]) -> None:
    """Check that a pipe is not read twice.

    Raises
    ------
    UsageError
        The options need two passes over the data, and standard input allows one.
    """
    if spec.balanced and STDIN in read:
        raise UsageError(
            "--class-weight balanced reads the data twice, which a pipe does not allow: "
            "name a file."
        )


def passes(spec: Spec) -> int:
    """How often the data is read."""
    return 2 if spec.balanced else 1


def check_targets(inputs: Sequence[str], per_row: str | None, output: str | None) -> None:
    """Check the files of ``--per-row`` and ``--output``."""
    check_written(inputs, [("--per-row", per_row), ("--output", output)])


def check_written(inputs: Sequence[str], targets: Sequence[tuple[str, str | None]]) -> None:
    """Check what is to be written, before anything is read that takes time.

    Parameters
    ----------
    inputs : sequence of str
        What is read.
    targets : sequence of (str, str or None)
        Options, and the file that each names; None and ``-`` are standard output.

    Raises
    ------
    UsageError
        A name is empty, two are the same file, one is an input, or nothing can be written to it.
    StorageError
        There is no such directory or bucket, or the credentials are not accepted.
    """
    named = [(option, path) for option, path in targets if path is not None and path != STDIN]
    if not named:
        return
    from ce_cli.outputs.files import check_target

    read, seen = {_file_at(path) for path in inputs if path != STDIN}, dict[str, str]()
    for option, path in named:
        if not path:
            raise UsageError(f"{option} needs the name of a file.")
        target = _file_at(path)
        if other := seen.get(target):
            options = option if other == option else f"{other} and {option}"
            raise UsageError(f"{options} cannot write to the same file.")
        seen[target] = option
        is_kept = "://" in target or Path(target).is_file() or Path(target).is_fifo()
        if target in read and is_kept:
            raise UsageError(f"{display_name(target)} is an input and cannot be overwritten.")
    for _, path in named:
        check_target(path)


def _file_at(path: str) -> str:
    """What two names of the same file have in common."""
    if "://" not in path:
        return os.path.realpath(path)
    from ce_cli.storage.file_systems import identity

    return identity(path)


def data_of(
    paths: Sequence[str], labels: str | None, spec: Spec, reading: Reading
) -> tuple[DataSet, list[str]]:
    """The data set of `paths`, with directories expanded, and the names of all that is read."""
    from ce_cli.binding.data_set import data_set
    from ce_cli.inputs.locate import located

    names = located(paths)
    return data_set(names, reading, spec, labels), all_read(names, labels)


@contextlib.contextmanager
def running(call: Call, workers: int, paths: Sequence[str]) -> Iterator[Run]:
    """A run that shows its progress and wipes it at the end.

    Parameters
    ----------
    call : Call
        The command, which may be quiet.
    workers : int
        How many blocks are worked on at once.
    paths : sequence of str
        The files, each as often as it is read.
    """
    from ce_cli.cli.progress import shown
    from ce_cli.scoring.run import run_on

    rows_on_terminal = call.options.get("per_row") == STDIN and sys.stdout.isatty()
    quiet = call.options["quiet"]
    engine, scheduler = call.options["engine"], call.options["scheduler"]
    with contextlib.nullcontext() if quiet or rows_on_terminal else shown(paths) as progress:
        say = None if quiet else _say
        with contextlib.closing(run_on(engine, workers, progress, scheduler, say)) as run:
            yield run


def _say(sentence: str) -> None:
    typer.echo(f"ce: {sentence}", err=True)


def show(result: CommandResult, call: Call, form: Output, stream: TextIO) -> None:
    """Write a result to the file of ``--output``, or to `stream`; notices it lacks to stderr."""
    from ce_cli.outputs.files import written

    output = call.options["output"]
    written(drawn(result, call, form, stream, output), output, stream)
    if "table" not in form.names:
        echo_origins(call)
    is_seen = stream is sys.stderr or (form.shows_warnings and not output)
    if not (call.options["quiet"] or is_seen):
        echo_notices(result)


@contextlib.contextmanager
def naming_what_is_written(paths: Sequence[str]) -> Iterator[None]:
    """Say which files are complete when a later output cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise
    except (OSError, StorageError):
        if names := [display_name(path) for path in paths if path != STDIN]:
            verb = "was" if len(names) == 1 else "were"
            with contextlib.suppress(OSError):
                typer.echo(f"ce: {', '.join(names)} {verb} written, but not all output.", err=True)
        raise


def drawn(
    result: CommandResult, call: Call, form: Output, stream: TextIO, output: str | None
) -> str:
    """A result as text; a page ends with the options that were not typed."""
    text: str = form.load()(result, canvas_of(stream, output))
    return f"{text}{call.origins}\n" if call.origins and "table" in form.names else text


def echo_origins(call: Call) -> None:
    """Write to stderr which options were not typed, and where they come from."""
    if call.origins and not call.options["quiet"]:
        typer.echo(f"ce: {call.origins}", err=True)


def canvas_of(stream: TextIO | None, output: str | None) -> Canvas:
    """The width of the output, and whether it shows colours."""
    from ce_cli.outputs.drawing.canvas import Canvas

    if output is not None or stream is None:
        return Canvas()
    forced = bool(os.environ.get("FORCE_COLOR"))
    colour = (stream.isatty() or forced) and not os.environ.get("NO_COLOR")
    if not stream.isatty():
        return Canvas(colour=colour)
    return Canvas(shutil.get_terminal_size().columns, colour)
