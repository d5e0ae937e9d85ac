"""Writing without destroying: a file appears under its name only when it is whole."""

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
    """Open a new file beside `path` that takes its place at the end, if nothing fails.

    What is no regular file, such as ``/dev/stdout`` or a named pipe, is written to directly.

    Raises
    ------
    StorageError
        It cannot be written.
    """
    target = Path(path)
    try:
        if target.exists() and not target.is_file():
            if target.is_dir():
                raise StorageError(f"{sanitize(path, 200)}: is a directory.")
            with target.open("wb") as file:
                yield file
            return
        import tempfile

        target = target.resolve()
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part"
        )
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(name).chmod(_mode(target))
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise StorageError(f"{sanitize(path, 200)}: could not be written: {reason}.") from error


def _mode(target: Path) -> int:
    """What the file had before, or what a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
