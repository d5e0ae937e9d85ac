"""Writing files: a file appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from ce_cli.errors import StorageError
from ce_cli.process import temporary
from ce_cli.text import sanitize, system_reason

_DESCRIPTOR = re.compile(r"/dev/(?P<stream>stdout|stderr)|/(dev|proc/self)/fd/(?P<number>\d+)")
_SHOWN = 40  # letters of a name in that of its temporary file


def written(text: str, path: str | None, stream: TextIO | None) -> None:
    """Write `text` to `path`, or to `stream` if there is none."""
    if path is None or path == "-":
        if stream is None:
            raise StorageError("Standard output is closed.")
        stream.write(text)
        stream.flush()
        return
    with replacing(path) as file:
        file.write(text.encode())


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Open a new file beside `path` that replaces it at the end, unless something fails.

    It replaces it when all of it is on the disk, in one step, so that under this name there is
    always a whole file. A path that is not a regular file, such as ``/dev/stdout`` or a named
    pipe, is written directly.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    target = Path(path)
    if path.endswith(("/", os.sep)):
        raise StorageError(f"{sanitize(path, 200)} ends in a slash: name a file.")
    try:
        if stream := _stream(path):
            with stream as file:
                yield file
        elif target.exists() and not target.is_file():
            if target.is_dir():
                raise StorageError(f"{sanitize(path, 200)} is a directory: name a file.")
            with target.open("wb") as file:
                yield file
        else:
            with _replacing(_at_the_end_of_links(path)) as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error


def _at_the_end_of_links(path: str) -> Path:
    """The file that a path names, which is replaced where a link leads to it."""
    found = Path(os.path.realpath(path))
    if found.is_symlink():  # a link that leads to itself
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return found


def _stream(path: str) -> IO[bytes] | None:
    """A descriptor that is named as a file; opening it would write over what it is redirected to.

    ``--output /dev/stdout >> log`` appends, for example.
    """
    name = _DESCRIPTOR.fullmatch(path)
    if name is None:
        return None
    number = int(name["number"] or {"stdout": 1, "stderr": 2}[name["stream"]])
    if number in (1, 2) and (sys.stdout, sys.stderr)[number - 1] is None:
        raise StorageError(f"{path} could not be written: it is closed.")
    return os.fdopen(os.dup(number), "wb")


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[IO[bytes]]:
    start = target.name[:_SHOWN]  # a name may be as long as names can be
    new, part = temporary.new_file(str(target.parent), f".{start}.", ".part", 0o666)
    try:
        with new:
            yield new
            new.flush()
            _synchronize(new.fileno())
        if target.exists():
            _make_alike(part, target.stat())
        os.replace(part, target)  # noqa: PTH105 - part is a string, as temporary files are
        temporary.forget(part)
    except BaseException:
        temporary.remove(part)
        raise
    _synchronize_folder(target.parent)


def _synchronize(number: int) -> None:
    """Wait until a file is on the disk, where the file system can tell."""
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
            raise


def _synchronize_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; some systems cannot open one."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def _make_alike(path: str, status: os.stat_result) -> None:
    """Give a file the permissions of another and, where that is allowed, its owner."""
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):
            os.chown(path, status.st_uid, status.st_gid)
    os.chmod(path, status.st_mode & 0o777)  # noqa: PTH101


def appended(text: str, path: str) -> None:
    """Append `text` to the file `path`.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    try:
        with Path(path).open("ab") as file:
            file.write(text.encode())
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> StorageError:
    return StorageError(f"{sanitize(path, 200)} could not be written: {system_reason(error)}.")
