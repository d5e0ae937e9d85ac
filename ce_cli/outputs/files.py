"""Writing files: a file appears under its name only when it is complete."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TextIO

from ce_cli.errors import StorageError, UsageError
from ce_cli.process import signals, temporary
from ce_cli.text import display_name, sanitize, system_reason

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


def written_together(texts: Sequence[tuple[str, str]], done: list[str]) -> None:
    """Write texts, each to a path: files replace the old ones when all of them are complete.

    Parameters
    ----------
    texts : sequence of (str, str)
        A text and its path.
    done : list of str
        Receives the paths that were written.

    Raises
    ------
    StorageError
        One of them cannot be written; then no file on a disk is replaced.
    """
    with contextlib.ExitStack() as stack:
        parts: list[tuple[_Part, str]] = []
        for text, path in texts:
            if not _is_replaced(path):
                continue
            with _sentences(path):
                part = stack.enter_context(_new_part(path))
                part.file.write(text.encode())
                part.complete()
                parts.append((part, path))
        for text, path in texts:
            if not _is_replaced(path):
                written(text, path, None)
                done.append(path)
        for part, path in parts:
            if part.uri:
                part.put()
                done.append(path)
        with signals.held():
            for part, path in parts:
                if not part.uri:
                    with _sentences(path):
                        part.put()
                    done.append(path)


@contextlib.contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Open a new file that replaces `path` at the end, unless something fails.

    It replaces it when all of it is on the disk, in one step, so that under this name there is
    always a whole file; so it is with a URI, whose file is first written here. A path that is not a
    regular file, such as ``/dev/stdout`` or a named pipe, is written directly.

    Raises
    ------
    StorageError
        The file cannot be written.
    """
    with _sentences(path):
        if stream := _stream(path):
            with stream as file:
                yield file
        elif not _is_replaced(path):
            with Path(path).open("wb") as file:
                yield file
        else:
            with _new_part(path) as part:
                yield part.file
                part.complete()
                part.put()


def check_target(path: str) -> None:
    """Check that a path can be written to, as far as that shows without writing.

    Raises
    ------
    UsageError
        It names no file, or nothing can be written to such a URI.
    StorageError
        There is no such directory or bucket, or it cannot be written to.
    """
    if not path:
        raise UsageError("The name of the file to write is empty: name a file.")
    if _is_remote(path):
        from ce_cli.storage import uploads

        uploads.check_target(path)
        return
    with _sentences(path):
        if _DESCRIPTOR.fullmatch(path) is None and _is_replaced(path):
            folder = _at_the_end_of_links(local_path(path)).parent
            folder.stat()
            for number, is_right in (
                (errno.ENOTDIR, folder.is_dir()),
                (errno.EACCES, os.access(folder, os.W_OK)),
            ):
                if not is_right:
                    raise OSError(number, os.strerror(number))


def _is_remote(path: str) -> bool:
    """Whether a path is a URI, and not one of a file on this machine."""
    if "://" not in path:
        return False
    from ce_cli.storage.file_systems import is_local

    return not is_local(path)


def local_path(path: str) -> str:
    """A path, or that of a URI ``file:///…``."""
    if "://" not in path or _is_remote(path):
        return path
    from ce_cli.storage.file_systems import local_path as of_uri
    from ce_cli.storage.sentences import storage_call

    with storage_call(path, "could not be written"):
        return of_uri(path)


def _is_replaced(path: str) -> bool:
    """Whether a new file takes the place of what a path names.

    Raises
    ------
    StorageError
        It names a directory.
    """
    if _is_remote(path):
        return True
    shown = sanitize(path, 200)
    if path.endswith(("/", os.sep)):
        raise StorageError(f"{shown} ends in a slash: name a file.")
    target = Path(local_path(path))
    if target.is_dir():
        raise StorageError(f"{shown} is a directory: name a file.")
    return _DESCRIPTOR.fullmatch(path) is None and (target.is_file() or not target.exists())


@contextlib.contextmanager
def _sentences(path: str) -> Iterator[None]:
    """Turn errors of the system about a path into a sentence."""
    try:
        yield
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
def _new_part(path: str) -> Iterator[_Part]:
    """A new file, which is removed at the end unless it took the place of another."""
    part = _Part(path)
    try:
        with part.file:
            yield part
    finally:
        part.remove()


class _Part:
    """A temporary file that becomes another: beside it, or for a URI where such files are.

    Attributes
    ----------
    uri : str
        The URI to write it to; empty for a file on a disk.
    file : file
        Open for writing.
    """

    def __init__(self, path: str) -> None:
        self.uri = path if _is_remote(path) else ""
        if self.uri:
            with temporary.naming_the_folder():
                self.file, self._name = temporary.new_file(temporary.folder(), ".ce.", ".part")
            return
        self._target = _at_the_end_of_links(local_path(path))
        start = self._target.name[:_SHOWN]  # a name may be as long as names can be
        folder = str(self._target.parent)
        self.file, self._name = temporary.new_file(folder, f".{start}.", ".part", 0o666)

    def complete(self) -> None:
        """Wait until all of it is on the disk."""
        self.file.flush()
        if not self.uri:
            _synchronize(self.file.fileno())
            if self._target.exists():
                _make_alike(self._name, self._target.stat())

    def put(self) -> None:
        """Let it take the place of the other, in one step."""
        if self.uri:
            from ce_cli.storage.uploads import upload

            upload(self.uri, self.file)
            return
        self.file.close()
        os.replace(self._name, self._target)  # noqa: PTH105 - a string, as temporary files are
        temporary.forget(self._name)
        _synchronize_folder(self._target.parent)

    def remove(self) -> None:
        """Remove it, if it is still there."""
        temporary.remove(self._name)


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
    with _sentences(path), Path(path).open("ab") as file:
        file.write(text.encode())


def _unwritable(path: str, error: OSError) -> StorageError:
    return StorageError(f"{display_name(path)} could not be written: {system_reason(error)}.")
