"""Run ce in this process as if it were a process of its own: a start-up is most of a short run."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import types
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TextIO
from unittest import mock

import ce_cli
from ce_cli.cli import app

with mock.patch.dict(os.environ):  # what the parser reads of it, once, when it draws first
    for _name in ("GITHUB_ACTIONS", "FORCE_COLOR", "PY_COLORS", "TERMINAL_WIDTH"):
        os.environ.pop(_name, None)
    import typer.rich_utils  # noqa: F401

_PROGRAM = Path(ce_cli.__file__).with_name("__main__.py")
_CHUNK = 1 << 16


def run(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdin: bytes | None,
    cwd: Path | None,
) -> tuple[int, bytes, bytes]:
    """Run ``ce ARGUMENTS``; what a process could see is replaced for the run.

    The three standard streams are pipes on the file descriptors 0, 1 and 2 (the null device
    for no `stdin`), so that code which opens descriptors or ``/dev/stdout`` works as well.

    Returns
    -------
    int
        The exit code.
    bytes
        What was written to stdout.
    bytes
        What was written to stderr.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_stdin(stdin))
        written = [stack.enter_context(_captured(number)) for number in (1, 2)]
        with _program(arguments, environment, cwd):
            code = app.run()
    stdout, stderr = (b"".join(pieces) for pieces in written)
    return code, stdout, stderr


@contextlib.contextmanager
def _program(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path | None
) -> Iterator[None]:
    """Streams, arguments, environment, directory and warnings as a new process has them."""
    main = types.ModuleType("__main__")
    main.__package__ = ce_cli.__name__  # by which the parser finds what the program is called
    streams: dict[str, Any] = {
        "stdin": _stream(0, "r"),
        "stdout": _stream(1, "w"),
        "stderr": _stream(2, "w", errors="backslashreplace", buffering=1),
    }
    with (
        mock.patch.multiple(sys, argv=[str(_PROGRAM), *arguments], excepthook=sys.excepthook),
        mock.patch.multiple(sys, **streams),
        _main_module(main),
        mock.patch.dict(os.environ, environment, clear=True),
        mock.patch.object(tempfile, "tempdir", None),
        contextlib.chdir(cwd or Path.cwd()),
        _warnings_shown(),
    ):
        try:
            yield
        finally:
            for stream in streams.values():
                with contextlib.suppress(OSError):
                    stream.close()


@contextlib.contextmanager
def _main_module(main: types.ModuleType) -> Iterator[None]:
    """Only this one is put back: what a run imports stays, as in any program."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = main
    try:
        yield
    finally:
        sys.modules["__main__"] = before


def _stream(number: int, mode: str, **options: Any) -> IO[Any]:
    return open(number, mode, encoding="utf-8", closefd=False, **options)


@contextlib.contextmanager
def _warnings_shown() -> Iterator[None]:
    """Warnings on stderr by the filters of a new process: pytest would collect them."""

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))

    with warnings.catch_warnings(), mock.patch.object(warnings, "showwarning", show):
        warnings.resetwarnings()
        for ignored in (ImportWarning, PendingDeprecationWarning, DeprecationWarning):
            warnings.simplefilter("ignore", ignored)
        warnings.simplefilter("ignore", ResourceWarning)
        yield


@contextlib.contextmanager
def _stdin(data: bytes | None) -> Iterator[None]:
    """Standard input: a pipe that `data` comes through, or the null device."""
    if data is None:
        with _replaced(0, os.open(os.devnull, os.O_RDONLY)):
            yield
        return
    reading, writing = os.pipe()
    feeding = threading.Thread(target=_feed, args=(writing, data))
    feeding.start()
    with _replaced(0, reading):
        yield
    feeding.join()


def _feed(writing: int, data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as pipe:
        pipe.write(data)


@contextlib.contextmanager
def _captured(number: int) -> Iterator[list[bytes]]:
    """The pieces that are written to a file descriptor, complete when the context ends."""
    reading, writing = os.pipe()
    pieces: list[bytes] = []
    collecting = threading.Thread(target=_collect, args=(reading, pieces))
    collecting.start()
    with _replaced(number, writing):
        yield pieces
    collecting.join()


def _collect(reading: int, pieces: list[bytes]) -> None:
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        pieces.extend(iter(lambda: pipe.read(_CHUNK), b""))


@contextlib.contextmanager
def _replaced(number: int, by: int) -> Iterator[None]:
    """Make the file descriptor `number` mean what `by` does, which is closed."""
    before = os.dup(number)
    os.dup2(by, number)
    os.close(by)
    try:
        yield
    finally:
        os.dup2(before, number)
        os.close(before)
