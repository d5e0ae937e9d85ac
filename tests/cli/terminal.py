"""A pseudo-terminal to run ce on, and the screen that it leaves."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Self

from tests.conftest import COMMAND, environment

TIMEOUT = 60.0  # seconds without any output after which a test gives up
_PAUSE = 0.01
_CONTROL = re.compile(r"\x1b\[(\??)(\d*(?:;\d+)*)([A-Za-z])")


def screen(written: bytes, columns: int = 80) -> list[str]:
    """The lines that a terminal shows after `written`, without trailing blanks.

    Anything but text, the controls below and colours is an error.
    """
    lines: list[list[str]] = [[]]
    row = column = place = 0
    text = written.decode()
    while place < len(text):
        letter = text[place]
        place += 1
        if letter == "\r":
            column = 0
        elif letter == "\n":
            row += 1
        elif letter == "\x1b":
            control = _CONTROL.match(text, place - 1)
            assert control is not None, text[place - 1 : place + 20]
            place = control.end()
            private, number, kind = control.groups()
            if kind == "A":
                row = max(0, row - int(number or 1))
            elif kind == "K":
                assert number in ("", "0", "2")
                del lines[row][0 if number == "2" else column :]
            else:
                assert kind == "m" or private + number + kind in ("?25l", "?25h"), control.group()
        else:
            assert letter.isprintable(), letter
            if column == columns:
                row, column = row + 1, 0
            _put(lines, row, column, letter)
            column += 1
        lines += [[] for _ in range(row + 1 - len(lines))]
    shown = ["".join(line).rstrip() for line in lines]
    while shown and not shown[-1]:
        shown.pop()
    return shown


def _put(lines: list[list[str]], row: int, column: int, letter: str) -> None:
    lines += [[] for _ in range(row + 1 - len(lines))]
    line = lines[row]
    line += " " * (column + 1 - len(line))
    line[column] = letter


class OnTerminal:
    """A process ``ce ARGS`` whose stderr and, unless it is given, stdout are one terminal.

    Attributes
    ----------
    written : bytes
        Everything that the terminal has received.
    """

    def __init__(
        self,
        args: Sequence[str],
        columns: int = 80,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        **streams: Any,
    ) -> None:
        self._end, terminal = pty.openpty()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        streams = {"stdin": subprocess.DEVNULL, "stdout": terminal} | streams
        variables = environment({"TERM": "xterm-256color", **(env or {})})
        process: Any = subprocess.Popen(
            [*command, *args], stderr=terminal, env=variables, **streams
        )
        self.process: subprocess.Popen[bytes] = process
        os.close(terminal)
        self.written = b""
        self.columns = columns

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._end)

    def wait_for(self, shows: Callable[[bytes], bool]) -> None:
        """Read until the terminal has received something."""
        while not shows(self.written):
            assert self._read(), self.written

    def finish(self) -> list[str]:
        """Read to the end, which comes soon, and return the last screen."""
        last = time.monotonic() + TIMEOUT
        while self._read():
            assert time.monotonic() < last, self.written[-1000:]
        self.process.wait(TIMEOUT)
        return screen(self.written, self.columns)

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._end], [], [], TIMEOUT)
        assert ready, self.written
        try:
            piece = os.read(self._end, 1 << 16)
        except OSError as error:
            if error.errno != errno.EIO:  # the other end is closed
                raise
            return b""
        self.written += piece
        return piece


@contextlib.contextmanager
def writing(path: str) -> Iterator[Callable[[bytes], None]]:
    """Write to a named pipe once it is read."""
    number = _opened(path)
    try:
        yield lambda data: _write_all(number, data)
    finally:
        os.close(number)


def _opened(path: str) -> int:
    for _ in range(int(TIMEOUT / _PAUSE)):
        try:
            return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:  # nobody reads it yet
                raise
        time.sleep(_PAUSE)
    raise AssertionError(f"nobody reads {path}")


def _write_all(number: int, data: bytes) -> None:
    os.set_blocking(number, True)
    while data:
        data = data[os.write(number, data) :]
