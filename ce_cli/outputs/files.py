"""Writing files: a file appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from ce_cli.errors import StorageError
from ce_cli.text import sanitize


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

    A path that is not a regular file, such as ``/dev/stdout`` or a named pipe, is written directly.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    target = Path(path)
    if path.endswith(("/", os.sep)):
        raise StorageError(f"{sanitize(path, 200)} ends in a slash: name a file.")
    try:
        if target.exists() and not target.is_file():
            if target.is_dir():
                raise StorageError(f"{sanitize(path, 200)} is a directory: name a file.")
            with target.open("wb") as file:
                yield file
            return
        target = target.resolve()
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                yield file
            if target.exists():
                part.chmod(target.stat().st_mode & 0o777)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        raise _unwritable(path, error) from error


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
    reason = (error.strerror or str(error)).lower()
    return StorageError(f"{sanitize(path, 200)} could not be written: {reason}.")
