"""The package itself as a file, for workers that lack it."""

from __future__ import annotations

import atexit
import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path

from ce_cli import __version__
from ce_cli.process.temporary import folder, new_folder, remove


@cache
def zipped_package() -> str:
    """The path of a zip of this package, which is there until the process ends.

    Workers may ask for it later. Its name tells contents apart, so that the same is sent once.
    """
    package = Path(__file__).parents[1]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for source in sorted(package.rglob("*.py")):
            archive.write(source, source.relative_to(package.parent))
    home = new_folder(folder(), "ce-")
    atexit.register(remove, home)
    digest = hashlib.blake2b(made.getbuffer(), digest_size=4).hexdigest()
    path = Path(home) / f"{package.name}-{__version__}-{digest}.zip"
    path.write_bytes(made.getbuffer())
    return str(path)
