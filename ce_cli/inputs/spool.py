"""Files for random access: pipes are written to disk first."""

from __future__ import annotations

import contextlib
import io
import weakref
from typing import IO

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.process import temporary
from ce_cli.text import STDIN, display_name, system_reason

_CHUNK = 1 << 20


class Spool:
    """A file that is deleted with this object, or at exit."""

    def __init__(self, suffix: str) -> None:
        self.file, self.path = temporary.new_file(temporary.folder(), "ce-", suffix)
        weakref.finalize(self, _delete, self.file, self.path)


def on_disk(
    path: str, raw: io.BufferedReader, suffix: str, local: bool = False
) -> tuple[str, Spool | None]:
    """Spool anything that is not a file, or, with `local`, not a local one.

    Returns
    -------
    str
        The path or URI to open.
    Spool or None
        Keep this while reading: a spooled file is deleted with it.

    Raises
    ------
    StorageError
        It cannot be read, or there is no room for it.
    """
    is_local = "://" not in path
    if path != STDIN and raw.seekable() and (is_local or not local):
        return path, None
    try:
        with temporary.naming_the_folder():
            spool = Spool(suffix)
            for piece in iter(lambda: _read(path, raw), b""):
                spool.file.write(piece)
            spool.file.flush()
    except OSError as error:
        raise StorageError(
            f"{display_name(path)}: could not be copied to a file, which its format needs: "
            f"{system_reason(error)}."
        ) from error
    return spool.path, spool


def _read(path: str, raw: io.BufferedReader) -> bytes:
    with storage_errors(path):
        return raw.read1(_CHUNK)


def _delete(file: IO[bytes], path: str) -> None:
    with contextlib.suppress(OSError):  # what is still buffered may find no space
        file.close()
    temporary.remove(path)
