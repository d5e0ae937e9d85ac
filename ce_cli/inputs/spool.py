"""Files that have to be read from any place: pipes are written to disk first."""

from __future__ import annotations

import io
import shutil
import tempfile

from ce_cli.inputs.bytestream import storage_errors
from ce_cli.text import STDIN


def on_disk(
    path: str, raw: io.BufferedReader, suffix: str, local: bool = False
) -> tuple[str, object]:
    """Spool what is no file, or no local one where it has to be.

    Returns
    -------
    str
        What to open.
    object
        To be kept as long as that is read, since it takes a spooled file away when it goes.
    """
    is_local = "://" not in path
    if path != STDIN and raw.seekable() and (is_local or not local):
        return path, None
    spool = tempfile.NamedTemporaryFile(prefix="ce-", suffix=suffix)  # noqa: SIM115
    with storage_errors(path):
        shutil.copyfileobj(raw, spool, 1 << 20)
        spool.flush()
    return spool.name, spool
