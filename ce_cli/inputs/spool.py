"""Files for random access: pipes are written to disk first."""

from __future__ import annotations

import io
import shutil
import tempfile

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
        Keep this while reading: a spooled file is deleted with it.
    """
    is_local = "://" not in path
    if path != STDIN and raw.seekable() and (is_local or not local):
        return path, None
    spool = tempfile.NamedTemporaryFile(prefix="ce-", suffix=suffix)  # noqa: SIM115
    with storage_errors(path):
        shutil.copyfileobj(raw, spool, 1 << 20)
        spool.flush()
    return spool.name, spool
