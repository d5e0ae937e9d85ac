"""Files for random access: pipes are written to disk first."""

from __future__ import annotations

import contextlib
import io
import shutil
import weakref
from pathlib import Path
from typing import IO

from ce_cli.inputs.bytestream import storage_errors
from ce_cli.text import STDIN


def on_disk(
    path: str, raw: io.BufferedReader, suffix: str, local: bool = False
) -> tuple[str, object]:
    """Spool anything that is not a file, or, with `local`, not a local one.

    Returns
    -------
    str
        The path or URI to open.
    object
        Keep this while reading: a spooled file is deleted with it, or at exit.
    """
    is_local = "://" not in path
    if path != STDIN and raw.seekable() and (is_local or not local):
        return path, None
    import tempfile

    spool = tempfile.NamedTemporaryFile(prefix="ce-", suffix=suffix, delete=False)  # noqa: SIM115
    weakref.finalize(spool, _delete, spool.file, spool.name)
    with storage_errors(path):
        shutil.copyfileobj(raw, spool, 1 << 20)
        spool.flush()
    return spool.name, spool


def _delete(file: IO[bytes], path: str) -> None:
    with contextlib.suppress(OSError):  # what is still buffered may find no space
        file.close()
    Path(path).unlink(missing_ok=True)
