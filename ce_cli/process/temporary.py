"""Temporary files and folders, which end with their use or with the process.

A signal may end the process between any two steps. So a path is noted before anything is made
there, and forgotten only when it is gone; then `remove_all` misses nothing, and only ``kill -9``
leaves something behind.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False  # a module of the first milliseconds: typing takes several
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

_WHERE = "for temporary files in"
_SET = "; set TMPDIR to another directory"
_noted: dict[str, None] = {}  # of the process, as are its files; each change is one operation


def folder() -> str:
    """The directory for temporary files: the first of the usual ones that can be written.

    Raises
    ------
    OSError
        There is none.
    """
    named = [os.environ[one] for one in ("TMPDIR", "TEMP", "TMP") if os.environ.get(one)]
    for one in (*named, "/tmp", "/var/tmp", "/usr/tmp", os.curdir):
        if os.path.isdir(one) and os.access(one, os.W_OK | os.X_OK):
            return one
    raise OSError(errno.ENOENT, f"no directory {_WHERE} the usual places{_SET}")


class naming_the_folder:  # noqa: N801 - reads as a phrase: with naming_the_folder()
    """Let an error about a temporary file say where these are: that is for the user to change."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError) and _WHERE not in str(error):
            reason = error.strerror or str(error)
            raise OSError(error.errno, f"{reason} {_WHERE} {folder()}{_SET}") from error


def new_file(parent: str, start: str, end: str, mode: int = 0o600) -> tuple[IO[bytes], str]:
    """Make a file in `parent` whose name nothing else has.

    Returns
    -------
    file
        The file, open for writing.
    str
        Its path.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    for path in _names(parent, start, end):
        try:
            return os.fdopen(os.open(path, flags, mode), "w+b"), path
        except FileExistsError:
            forget(path)
        except OSError:
            remove(path)
            raise
    raise AssertionError("there is always another name")


def new_folder(parent: str, start: str) -> str:
    """Make a folder in `parent`, for files."""
    for path in _names(parent, start, ""):
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            forget(path)
        except OSError:
            forget(path)
            raise
        else:
            return path
    raise AssertionError("there is always another name")


def remove(path: str) -> None:
    """Remove a file, or a folder of files, if it is still there."""
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            for entry in os.scandir(path):
                os.unlink(entry.path)
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        if os.path.exists(path):
            return  # the system keeps it; perhaps not until the end
    forget(path)


def forget(path: str) -> None:
    """Leave a path alone from now on: nothing temporary is there any more."""
    _noted.pop(path, None)


def remove_all() -> None:
    """Remove everything temporary, at any moment, since the process ends."""
    for path in list(_noted):
        remove(path)


def _names(parent: str, start: str, end: str) -> Iterator[str]:
    """Paths that nothing is likely to have, each of them noted."""
    while True:
        path = os.path.abspath(os.path.join(parent, f"{start}{os.urandom(6).hex()}{end}"))
        _noted[path] = None
        yield path
